"""Points and tiers: from confirmed verdicts alone; they add up by year and repair, and fall with their verdict."""

import shutil
from datetime import date
from decimal import Decimal

import pytest

from data.errors import UsageError
from data.warehouse.connection import FILE_NAME, open_warehouse
from models.casebook import points
from tests.models import offices

ARTICLE_38 = "《医疗保障基金使用监督管理条例》第三十八条第（三）项"
ARTICLE_40 = "《医疗保障基金使用监督管理条例》第四十条第一款第（一）项"


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    home = offices.make_home(tmp_path_factory.mktemp("home"))
    with open_warehouse(home) as con:
        con.execute(
            "insert into feature.practitioner (practitioner_id, institution_id) values ('D1', 'H1'), ('D2', 'H2')"
        )
        offices.ranked(con, "20250601-aaaa", offices.source("institution_id in ('H1', 'H2')"))
    return home


@pytest.fixture
def con(home, tmp_path):
    shutil.copy(home / FILE_NAME, tmp_path)
    with open_warehouse(tmp_path) as con:
        yield con


@pytest.fixture
def judge(con):
    """Append a verdict; its number says in which order."""
    counter = iter(range(1, 1000))

    def verdict(subject, day, conclusion="confirmed", case=None, kind="practitioner", **more):
        number = next(counter)
        values = {
            "verdict_id": f"V{number}", "imported_at": "2025-01-01 00:00:00", "file": "f",
            "row_number": number, "subject_type": kind, "subject_id": subject, "conclusion": conclusion,
            "conclusion_said": conclusion, "decided_on": day, "is_closing": True, "event_number": number, "case_no": case,
        } | more  # fmt: skip
        names = ", ".join(values)
        con.execute(
            f"insert into casebook.verdict ({names}) values ({', '.join('?' * len(values))})", [*values.values()]
        )
        return f"V{number}"

    return verdict


def of_year(con, year=2025):
    return {r["subject_id"]: r for r in points.proposal(con, year).points.iter_rows(named=True)}


def noted(con, subject, kind, day, amount=None, **more):
    return points.note(con, subject, kind, "经培训考核合格", date.fromisoformat(day), lambda what: None, amount, **more)


def test_nobody_has_points_or_a_tier_from_suspicion(con, judge):
    assert con.sql("select count(*) from model.finding").fetchall()[0][0] > 0
    judge("D1", "2025-03-01", "unsure")
    judge("D2", "2025-03-01", "dismissed")
    made = points.proposal(con, 2025)
    assert made.points.height == 0 and made.events.height == 0 and made.cards.height == 0
    assert made.tiers["tier"].null_count() == made.tiers.height == 6
    assert made.tiers["reasons_zh"].unique().to_list() == ["本年无核查结论，不评定"]


@pytest.mark.parametrize(
    ("more", "band", "least"),
    [
        ({}, "contract", 1),
        ({"penalty_amount": 500, "legal_basis": ARTICLE_38}, "penalty", 4),
        ({"measures": "行政处罚", "legal_basis": "条例第39条"}, "penalty", 4),
        ({"penalty_amount": 500, "legal_basis": ARTICLE_40}, "fraud", 10),
        ({"legal_basis": ARTICLE_40}, "contract", 1),
        ({"penalty_amount": 500}, "contract", 1),
        ({"penalty_amount": 500, "legal_basis": "《社会保险法》第四十条；条例第三十八条"}, "penalty", 4),
    ],
)
def test_the_band_follows_the_clause_of_a_penalty_and_the_least_counts(con, judge, more, band, least):
    judge("D1", "2025-03-01", case="A", **more)
    made = points.proposal(con, 2025)
    assert made.events.select("band", "points").rows() == [(band, least)]
    assert made.points["is_share_open"].to_list() == [True] and made.points["draft"].to_list() == [points.DRAFT]


def test_points_add_up_in_a_year_and_start_again(con, judge):
    judge("D1", "2025-02-01", case="A", penalty_amount=1, legal_basis=ARTICLE_38)
    judge("D1", "2025-05-01", case="B", penalty_amount=1, legal_basis=ARTICLE_38)
    judge("D1", "2026-01-02", case="C")
    judge("D1", "2024-05-01", case="D")
    noted(con, "D1", "share", "2025-05-02", matter="B", share="main")
    row = of_year(con)["D1"]
    assert (row["matters"], row["points"], row["line"]) == (2, 4 + 6, 9)
    assert of_year(con, 2026)["D1"]["points"] == 1 and of_year(con, 2026)["D1"]["line"] is None
    before = of_year(con, 2024)["D1"]
    assert before["points"] == 0 and before["is_without_rule"], "there were no points before September 2024"


def test_several_rules_of_one_matter_count_once_and_the_highest(con, judge):
    judge("D1", "2025-02-01", lead_id="L", rule="a")
    judge("D1", "2025-02-01", lead_id="L", rule="b", penalty_amount=1, legal_basis=ARTICLE_38)
    judge("D1", "2025-02-01", lead_id="L", case="A")
    assert (of_year(con)["D1"]["matters"], of_year(con)["D1"]["points"]) == (1, 4)


def test_the_same_again_in_the_year_is_the_third_band_and_in_the_next_is_not(con, judge):
    judge("D1", "2025-02-01", case="A", rule="7")
    judge("D1", "2025-06-01", case="B", rule="7")
    judge("D1", "2025-07-01", case="C", rule="8")
    judge("D1", "2026-02-01", case="D", rule="7")
    assert points.proposal(con, 2025).events["points"].to_list() == [1, 7, 1]
    assert of_year(con, 2026)["D1"]["points"] == 1


def test_points_that_were_decided_stand_as_they_are_and_count_in_the_year_of_the_penalty(con, judge):
    judge("D1", "2024-12-20", case="A", penalty_amount=1, penalty_on="2025-01-10", legal_basis=ARTICLE_38, points=6)
    judge("H1", "2025-02-01", case="B", kind="institution", points=12)
    assert [(i, r["points"]) for i, r in of_year(con).items()] == [("D1", 6)] and not of_year(con, 2024)


def test_a_year_has_at_most_twelve(con, judge):
    for case in "AB":
        judge("D1", "2025-02-01", case=case, penalty_amount=1, legal_basis=ARTICLE_40)
    row = of_year(con)["D1"]
    assert (row["scored"], row["points"], row["line"]) == (20, 12, 12)


@pytest.mark.parametrize("again", ["dismissed", "unsure"])
def test_a_verdict_dismissed_or_withdrawn_takes_its_points_back(con, judge, again):
    judge("D1", "2025-02-01", case="A", penalty_amount=1, legal_basis=ARTICLE_38)
    judge("D1", "2025-03-01", case="B")
    judge("D1", "2025-04-01", again, case="A")
    assert of_year(con)["D1"]["points"] == 1
    judge("D1", "2025-05-01", again, case="B")
    assert not of_year(con)


def test_a_later_word_on_the_whole_lead_takes_back_what_was_said_of_its_rules(con, judge):
    judge("D1", "2025-02-01", lead_id="L", rule="a")
    judge("D1", "2025-03-01", "dismissed", lead_id="L")
    assert not of_year(con)
    judge("D1", "2025-04-01", lead_id="L", rule="a")
    assert of_year(con)["D1"]["points"] == 1, "confirmed again after it"


def test_repair_takes_back_what_stands_and_is_not_saved_up(con, judge):
    judge("D1", "2025-03-01", case="A", penalty_amount=1, legal_basis=ARTICLE_38)
    judge("D1", "2025-08-01", case="B")
    noted(con, "D1", "repair", "2025-01-10", 3)
    assert of_year(con)["D1"]["points"] == 5, "before there was anything to repair"
    noted(con, "D1", "repair", "2025-05-01", 12)
    row = of_year(con)["D1"]
    assert (row["points"], row["repaired"]) == (1, 4), "what comes later counts in full; twelve noted, four stood"
    noted(con, "D1", "repair", "2026-05-01", 1)
    assert of_year(con)["D1"]["points"] == 1, "another year's"
    assert not noted(con, "D1", "repair", "2025-05-01", 12)["is_new"], "the same note twice is one"


def test_an_area_s_cap_holds_over_the_repairs_of_a_year(con, judge):
    con.execute("update knowledge.points_repair set max_points = 4")
    judge("D1", "2025-03-01", case="A", penalty_amount=1, legal_basis=ARTICLE_40)
    for day in ("2025-04-01", "2025-05-01", "2025-06-01"):
        noted(con, "D1", "repair", day, 3)
    row = of_year(con)["D1"]
    assert (row["scored"], row["repaired"], row["points"], row["line"]) == (10, 4, 6, 9)


def test_an_objection_is_shown_and_upheld_takes_back_its_matter_alone(con, judge):
    judge("D1", "2025-03-01", case="A", penalty_amount=1, legal_basis=ARTICLE_38)
    judge("D1", "2025-04-01", case="B")
    noted(con, "D1", "objection", "2025-05-01", matter="A")
    row = of_year(con)["D1"]
    assert (row["points"], row["open_objections"]) == (5, 1) and "经培训考核合格" in row["objections"]
    noted(con, "D1", "objection", "2025-06-01", 9, matter="A")
    assert (of_year(con)["D1"]["points"], of_year(con)["D1"]["taken_back"]) == (1, 4)
    judge("D1", "2025-07-01", "dismissed", case="A")
    assert of_year(con)["D1"]["points"] == 1, "not taken back twice"


def test_who_answers_for_an_institution_s_matter_is_noted_and_can_be_taken_back(con, judge):
    judge("H1", "2025-03-01", kind="institution", case="A", penalty_amount=1, legal_basis=ARTICLE_40)
    assert not of_year(con), "the institution's matter is nobody's until somebody says whose"
    noted(con, "D1", "share", "2025-04-01", matter="A", share="important")
    assert of_year(con)["D1"]["points"] == 11
    noted(con, "D1", "share", "2025-04-02", matter="A", share="无责任")
    assert not of_year(con)


@pytest.mark.parametrize(
    ("subject", "kind", "more", "why"),
    [
        ("D9", "repair", {"points": 1}, "knows no practitioner, institution or drugstore 'D9'"),
        ("D1", "praise", {}, "--kind is 'praise'"),
        ("D1", "repair", {}, "--points how many"),
        ("D1", "repair", {"points": 13}, "at most 12"),
        ("D1", "repair", {"points": 0}, "above 0"),
        ("D1", "share", {"share": "main"}, "which matter"),
        ("D1", "share", {"share": "main", "matter": "Z"}, "goes by 'Z'"),
        ("H1", "share", {"share": "main", "matter": "Z"}, "is a practitioner's"),
        ("D1", "repair", {"points": 1, "day": "2999-01-01"}, "has not come yet"),
        ("D1", "repair", {"points": 1, "text": ""}, "--text"),
    ],
)
def test_what_cannot_be_noted(con, subject, kind, more, why):
    given = {"text": "t", "day": "2025-01-01"} | more
    with pytest.raises(UsageError, match=why):
        points.note(
            con, subject, kind, given["text"], date.fromisoformat(given["day"]), lambda what: None,
            given.get("points"), given.get("matter"), given.get("share"),
        )  # fmt: skip
    assert con.sql("select count(*) from casebook.points_note").fetchall() == [(0,)]


def test_a_delivered_inspection_counts_as_a_verdict_does_and_once(con, judge):
    con.execute(
        """
        insert into record.inspection_result (case_id, subject_type, subject_id, inspected_on, result, violation_amount,
            penalty_amount)
        values ('AJ1', 'institution', 'H1', '2025-02-01', 'confirmed', 90, 10),
            ('AJ2', 'institution', 'H2', '2025-02-01', 'rejected', 0, 0),
            ('AJ3', 'institution', 'Y1', '2025-02-01', '还在办', 5, 0)
        """
    )
    made = points.proposal(con, 2025)
    rows = {r["subject_id"]: r for r in made.tiers.iter_rows(named=True)}
    assert (rows["H1"]["matters"], rows["H1"]["taken"]) == (1, Decimal(13)), "a matter and a penalty"
    assert (
        "cannot be scored: confirmed money" in rows["H1"]["reasons"]
        and "无法计分：查实金额" in rows["H1"]["reasons_zh"]
    )
    assert (rows["H2"]["tier"], rows["H2"]["reasons"]) == ("A", "checked in the year, nothing confirmed")
    assert rows["Y1"]["tier"] is None and rows["Y1"]["reasons"].startswith("nobody judged it")
    judge("H1", "2025-02-01", kind="institution", case="AJ1", confirmed_amount=90, confirmed_fund_amount=12)
    again = {r["subject_id"]: r for r in points.proposal(con, 2025).tiers.iter_rows(named=True)}["H1"]
    assert again["matters"] == 1 and "cannot" not in again["reasons"], "the casebook's word on the case stands alone"


def test_a_place_s_card_by_year_with_repair(con, judge):
    judge("H1", "2025-03-01", "dismissed", kind="institution", case="0")
    judge("H2", "2025-03-01", kind="institution", case="A", penalty_amount=9, legal_basis=ARTICLE_40, rule="7")
    judge("H2", "2025-05-01", kind="institution", case="B", rule="7", confirmed_fund_amount=12)
    judge("H2", "2025-06-01", "dismissed", kind="institution", case="C")
    made = points.proposal(con, 2025)
    rows = {r["subject_id"]: r for r in made.tiers.iter_rows(named=True)}
    assert (rows["H1"]["tier"], rows["H1"]["score"], rows["H1"]["reasons_zh"]) == ("A", 100, "本年核查未查实问题")
    card = dict(made.cards.filter(made.cards["subject_id"] == "H2").select("item", "taken").rows())
    # 15 bills of 40 yuan of the funds: 12 yuan are two per cent.
    expected = {"matter": 6, "penalty": 0, "fraud": 40, "repeat": 6, "amount_share": 4}
    assert card == {item: Decimal(taken) for item, taken in expected.items()}
    assert (rows["H2"]["tier"], rows["H2"]["score"], rows["H2"]["matters"]) == ("D", 44, 2)
    noted(con, "H2", "repair", "2025-09-01", 20)
    rows = {r["subject_id"]: r for r in points.proposal(con, 2025).tiers.iter_rows(named=True)}
    assert (rows["H2"]["tier"], rows["H2"]["score"], rows["H2"]["given_back"]) == ("C", 64, 20)
    noted(con, "H2", "repair", "2025-10-01", 99)
    rows = {r["subject_id"]: r for r in points.proposal(con, 2025).tiers.iter_rows(named=True)}
    assert rows["H2"]["score"] == 100, "no more comes back than was taken"
    assert rows["Y1"]["tier"] is None and points.proposal(con, 2026).tiers["tier"].null_count() == 6
