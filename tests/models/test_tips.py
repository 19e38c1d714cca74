"""Tips: none vanishes, whoever it is about; nobody is led to the one who gave it."""

import shutil
from datetime import date
from decimal import Decimal

import polars as pl
import pytest

from data.knowledge import load as knowledge_load
from data.warehouse.connection import FILE_NAME, open_warehouse
from features import build
from models.casebook import suppressions, verdicts
from models.casebook.read import read
from models.ranking import tips
from models.ranking.rank import rank
from models.ranking.tip_words import masked
from models.sources.card import make
from models.sources.source import Source, run

CARD = make(
    {
        "title": "Title",
        "title_zh": "标题",
        "violation": "v",
        "sentence": "s",
        "sentence_zh": "s",
        "basis": ["clause"],
        "subjects": ["institution"],
        "certainty": "definite",
        "official": [1],
    }
)


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """HOME of four hospitals, two drugstores, a practitioner and their settlements, features built."""
    home = tmp_path_factory.mktemp("built")
    with open_warehouse(home) as con:
        knowledge_load.load(con)
        con.execute(
            """
            insert into record.hospital (institution_id, institution_name) values
                ('H0', '安泽县第一人民医院'), ('H1', '安泽县（城关）中医医院'), ('H2', '康宁医院有限公司'),
                ('H3', '康宁医院 分院')
            """
        )
        con.execute(
            """
            insert into record.pharmacy (institution_id, institution_name) values
                ('Y1', '百信大药房'), ('Y2', '百信大药房'), ('Y3', '仁和大药房有限责任公司')
            """
        )
        con.execute("insert into record.practitioner (practitioner_id, practitioner_name) values ('D1', '王医')")
        con.execute(
            """
            insert into record.settlement (settlement_id, encounter_id, person_id, institution_id, started_on,
                ended_on, settled_at, medical_category, total_amount, eligible_amount, fund_amount)
            select 'S' || i, 'E' || i, 'P' || (i % 3), 'H' || (i % 3), date '2025-01-01', date '2025-01-01',
                timestamp '2025-01-01 10:00:00', '11', 100, 80, 40
            from range(12) as t(i)
            """
        )
        con.execute(
            """
            insert into record.fee_line (line_id, encounter_id, settlement_id, person_id, institution_id, charged_at,
                item_code, quantity, unit_price, amount, eligible_amount)
            select 'L' || i, 'E' || i, 'S' || i, 'P' || (i % 3), 'H' || (i % 3), timestamp '2025-01-01 10:00:00', 'X',
                1, 100, 100, 80
            from range(12) as t(i)
            """
        )
        build.build(con, "test")
    return home


@pytest.fixture
def con(built, tmp_path):
    shutil.copy(built / FILE_NAME, tmp_path)
    with open_warehouse(tmp_path) as con:
        yield con


def judge(con, params):
    """Something about H1 alone."""
    con.execute(
        """
        insert into judged by name
        select 'hit' as outcome, null as reason, settlement_id, line_id, encounter_id, person_id, institution_id,
            null as practitioner_id, charged_on as occurred_on, cast(40 as decimal(16,2)) as amount,
            cast(null as varchar) as detail, cast(null as varchar) as part, cast(null as double) as weight,
            cast(null as varchar) as group_key, 1 as units
        from feature.fee_line where institution_id = 'H1'
        """
    )


SOURCES = [Source("a", "rule", CARD, {}, "a", judge)]


def tip(con, number, kind="institution", code=None, name=None, day="2025-03-01", content="多收了检查费"):
    con.execute(
        "insert into record.tip (tip_id, received_on, subject_type, subject_id, subject_name, channel, content)"
        " values ($n, $day, $kind, $code, $name, '来信', $content)",
        {"n": number, "day": day, "kind": kind, "code": code, "name": name, "content": content},
    )


def ranked(con, run_id="run-1"):
    run(con, SOURCES[0], "x")
    rank(con, SOURCES, run_id)
    rows = con.sql("select * from model.lead order by subject_type, rank")
    names = [d[0] for d in rows.description]
    return {row[names.index("subject_id")]: dict(zip(names, row, strict=True)) for row in rows.fetchall()}


def unmatched(con):
    return dict(con.sql("select tip_id, why from model.tip_unmatched").fetchall())


def close(con, tmp_path, lead_id, day="2025-06-01"):
    path = tmp_path / "v.csv"
    path.write_text(f"lead_id,conclusion,date\n{lead_id},排除,{day}\n", encoding="utf-8")
    made = verdicts.plan(con, read(path), SOURCES, date(2025, 12, 31))
    return verdicts.append(con, made)


@pytest.mark.parametrize(
    ("kind", "code", "listed"),
    [
        ("institution", "H2", "institution"),
        ("医院", "H2", "institution"),
        ("institution", "Y1", "pharmacy"),
        ("药店", "Y1", "pharmacy"),
        ("practitioner", "D1", "practitioner"),
        ("参保人", "P2", "person"),
        (None, "H2", "institution"),
    ],
)
def test_a_tip_about_somebody_without_findings_is_a_lead_of_their_list(con, kind, code, listed):
    tip(con, "T1", kind, code)
    lead = ranked(con)[code]
    assert (lead["subject_type"], lead["tier"], lead["rules"], lead["status"]) == (listed, "C", "tip", "new")
    assert (lead["findings"], lead["settlements"], lead["persons"]) == (0, 0, 0)
    assert {lead["amount_at_risk"], lead["fund_at_risk"], lead["expected_yield"]} == {Decimal("0.00")}
    assert lead["reasons"] == "tip of 2025-03-01: 多收了检查费"
    assert lead["reasons_zh"] == "举报2025-03-01：多收了检查费"
    assert unmatched(con) == {}


def test_leads_of_tips_alone_stand_below_every_lead_with_findings_and_keep_their_ids(con):
    tip(con, "T1", code="H0", day="2025-01-01")
    tip(con, "T2", code="H2", day="2025-02-01")
    first = ranked(con)
    assert [(s, first[s]["rank"]) for s in ("H1", "H2", "H0")] == [("H1", 1), ("H2", 2), ("H0", 3)]
    assert first["H1"]["score"] > first["H2"]["score"] == first["H0"]["score"] == 0
    assert (first["H2"]["rank_low"], first["H2"]["rank_high"]) == (2, 3)
    again = ranked(con, "run-2")
    assert {s: row["lead_id"] for s, row in again.items()} == {s: row["lead_id"] for s, row in first.items()}
    assert again["H2"]["status"] == "persisting"


def test_a_tip_beside_findings_is_said_in_the_reasons_and_adds_no_second_lead(con):
    before = ranked(con)["H1"]
    tip(con, "T1", name="安泽县(城关)中医医院", kind="医院")
    lead = ranked(con)["H1"]
    assert lead["lead_id"] == before["lead_id"] and lead["rules"] == "a" and lead["tips"] == 1
    assert lead["reasons"] == before["reasons"] + "; tip of 2025-03-01: 多收了检查费"
    assert lead["score"] > before["score"] and lead["amount_at_risk"] == before["amount_at_risk"]


def test_long_and_many_tips_are_cut_in_the_reasons(con):
    for n in range(4):
        tip(con, f"T{n}", code="H2", day=f"2025-03-0{n + 1}", content="长" * 60)
    said = ranked(con)["H2"]["reasons_zh"]
    assert said.startswith("举报2025-03-04：" + "长" * 40 + "…；举报2025-03-03") and said.endswith("；另有举报2件")


@pytest.mark.parametrize(
    ("kind", "name", "found"),
    [
        ("institution", "安泽县第一人民医院", "H0"),
        ("institution", " 安泽县 第一人民医院　", "H0"),
        ("institution", "安泽县城关中医医院", "H1"),
        (None, "康宁医院分院", "H3"),
        ("pharmacy", "仁和大药房", "Y3"),
        ("pharmacy", "仁和大药房有限公司", "Y3"),
        ("institution", "仁和大药房有限责任公司", "Y3"),
        ("practitioner", "王医", "D1"),
    ],
)
def test_a_tip_without_code_is_matched_by_the_name_that_one_carries(con, kind, name, found):
    tip(con, "T1", kind, name=name)
    leads = ranked(con)
    assert leads[found]["tips"] == 1 and unmatched(con) == {}
    assert con.sql("select matched_by from model.lead_tip").fetchall()[0][0].startswith("name")


def test_a_name_in_the_place_of_the_code_and_a_wrong_code_beside_a_name_are_matched_by_name(con):
    tip(con, "T1", code="安泽县第一人民医院")
    tip(con, "T2", code="H77", name="仁和大药房")
    leads = ranked(con)
    assert leads["H0"]["tips"] == leads["Y3"]["tips"] == 1 and unmatched(con) == {}


def test_what_is_about_nobody_for_sure_goes_to_the_clerk_with_its_reason_and_candidates(con):
    tip(con, "T1", "药店", name="百信大药房")
    tip(con, "T2", name="第一人民医院")
    tip(con, "T3", code="H99")
    tip(con, "T4", "person", name="王医")
    tip(con, "T5", "person", code="P9")
    tip(con, "T6", None)
    tip(con, "T7", "group", code="G1")
    tip(con, "T8", name="公司")
    leads = ranked(con)
    assert unmatched(con) == {
        "T1": "several", "T2": "unknown_name", "T3": "unknown_code", "T4": "person_by_name", "T5": "unknown_code",
        "T6": "no_subject", "T7": "group", "T8": "unknown_name",
    }  # fmt: skip
    assert set(leads) == {"H1"}
    candidates = dict(con.sql("select tip_id, candidates from model.tip_unmatched").fetchall())
    assert candidates["T1"] == "Y1 百信大药房; Y2 百信大药房" and candidates["T2"] == "H0 安泽县第一人民医院"
    assert candidates["T4"] is None
    assert tips.summary(con) == (
        "8 tips: 0 to handle on the lists (0 leads rest on tips alone),"
        " 8 about nobody known for sure, see tips_unmatched.csv"
    )


def test_after_its_verdict_a_tip_is_handled_and_a_new_one_opens_a_lead_that_names_the_old(con, tmp_path):
    tip(con, "T1", code="H2")
    tip(con, "T0", code="H1")
    first = ranked(con)
    assert close(con, tmp_path, first["H2"]["lead_id"]) == 1
    assert "H2" not in ranked(con, "run-2")
    assert tips.summary(con).endswith("1 handled or left off before")
    tip(con, "T2", code="H2", day="2025-03-02", content="又多收了")
    lead = ranked(con, "run-3")["H2"]
    assert lead["status"] == "reopened" and lead["lead_id"] != first["H2"]["lead_id"]
    assert lead["reasons"] == "tip of 2025-03-02: 又多收了"
    known = "select tip_id, is_open from model.lead_tip where lead_id = $l order by 1"
    assert con.execute(known, {"l": lead["lead_id"]}).fetchall() == [("T1", False), ("T2", True)]
    cases = "select conclusion, case_no from model.lead_case where lead_id = $l"
    assert con.execute(cases, {"l": lead["lead_id"]}).fetchall() == [("dismissed", first["H2"]["lead_id"])]


def test_a_verdict_on_findings_deals_with_the_tip_beside_them(con, tmp_path):
    tip(con, "T1", code="H1")
    close(con, tmp_path, ranked(con)["H1"]["lead_id"])
    assert ranked(con, "run-2") == {}


def test_a_tip_that_is_corrected_to_another_subject_is_open_there(con, tmp_path):
    tip(con, "T1", code="H2")
    close(con, tmp_path, ranked(con)["H2"]["lead_id"])
    con.execute("update record.tip set subject_id = 'H0'")
    assert ranked(con, "run-2")["H0"]["rules"] == "tip"


@pytest.mark.parametrize(("until", "day", "is_listed"), [
    (None, "2025-03-01", False), (None, "2999-01-01", True),
    (date(2025, 6, 1), "2025-03-01", False), (date(2025, 6, 1), "2025-07-01", True),
])  # fmt: skip
def test_a_subject_left_off_the_lists_comes_back_with_a_later_tip(con, until, day, is_listed):
    tip(con, "T1", code="H2", day="2025-02-01")
    ranked(con)
    suppressions.add(
        con, "institution", "H2", source=None, until=until, reason="另案办理", owner="", lift=False
    )  # known by its lead alone
    tip(con, "T2", code="H2", day=day)
    assert ("H2" in ranked(con, "run-2")) is is_listed


def test_earlier_cases_are_on_the_lead_once_each_and_counted_also_without_findings(con):
    tip(con, "T1", code="H2")
    con.execute(
        """
        insert into record.inspection_result (case_id, subject_type, subject_id, rule_id, inspected_on, result,
            violation_amount) values
        ('C1', 'institution', 'H2', 'GZ1', date '2023-05-01', 'confirmed', 100),
        ('C2', '医院', 'H2', null, date '2024-05-01', '证据不足—暂缓', null),
        ('C3', 'person', 'P2', null, date '2024-06-01', 'confirmed', 5)
        """
    )
    con.execute(
        """
        insert into casebook.verdict (verdict_id, imported_at, file, row_number, subject_type, subject_id, conclusion,
            conclusion_said, decided_on, is_closing, case_no, confirmed_amount)
        values ('V1', now(), 'f', 1, 'institution', 'H2', 'confirmed', '查实', date '2023-05-01', true, 'C1', 100)
        """
    )
    lead = ranked(con)["H2"]
    assert lead["prior_confirmed"] == 1
    query = (
        "select case_no, decided_on, conclusion, confirmed_amount from model.lead_case where lead_id = $l order by 1"
    )
    assert con.execute(query, {"l": lead["lead_id"]}).fetchall() == [
        ("C1", date(2023, 5, 1), "confirmed", Decimal("100.00")),
        ("C2", date(2024, 5, 1), "unsure", None),
    ]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("举报人：张建国，电话13812345678，该院空挂床", "举报人：***，电话***，该院空挂床"),
        ("我叫李四，微信号abc_12345，药店卖米", "我叫***，微信号***，药店卖米"),
        ("联系人 欧阳小红 0874-1234567 反映多收费", "联系人 *** *** 反映多收费"),
        ("１３８１２３４５６７８来电，身份证510101198001010011", "***来电，身份证***"),
        ("举报人王建国反映冒名住院", "举报人***反映冒名住院"),
        ("138 1234 5678 或 a.b@c.cn", "*** 或 ***"),
        ("2025年3月收费1200元，项目120400001", "2025年3月收费1200元，项目120400001"),
        ("邻居常年开药去卖", "邻居常年开药去卖"),
        (None, None),
    ],
)
def test_nothing_leads_to_who_gave_the_tip(content, said):
    assert pl.DataFrame({"c": [content]}, schema={"c": pl.String}).select(masked(pl.col("c"))).item() == said


def test_the_name_of_a_person_a_tip_is_about_is_masked_in_its_words(con):
    tip(con, "T1", "person", "P2", name="李小明", content="李小明倒卖药品")
    assert ranked(con)["P2"]["reasons_zh"] == "举报2025-03-01：李**倒卖药品"


def test_a_tip_without_a_day_is_said_without_one(con):
    tip(con, "T1", code="H2", day=None)
    lead = ranked(con)["H2"]
    assert (lead["reasons"], lead["reasons_zh"]) == ("tip: 多收了检查费", "举报：多收了检查费")
