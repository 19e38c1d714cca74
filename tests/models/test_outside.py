"""Leads from outside: none lost, none doubled, each placed or said; whoever gave a tip is found in the casebook alone."""

import shutil
from datetime import date
from decimal import Decimal

import pytest

from data.errors import InputRefused, UsageError
from data.warehouse.connection import FILE_NAME, frame, open_warehouse
from flows.publish import outside as files
from models.casebook import outside, verdicts
from models.casebook.handed import read
from models.casebook.read import read as read_verdicts
from tests.models import offices

TODAY = date(2026, 6, 30)
PHONE = "13812345678"
FOUND = offices.source("institution_id = 'H1'")


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return offices.make_home(tmp_path_factory.mktemp("home"))


@pytest.fixture
def con(home, tmp_path):
    shutil.copy(home / FILE_NAME, tmp_path)
    with open_warehouse(tmp_path) as con:
        yield con


@pytest.fixture
def hand(con, tmp_path):
    """Hand in a file: its plan, appended."""

    def take(text, name="leads.csv", kind=None, office=None, append=True):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        handed = read(path, outside.FORM)
        made = outside.plan(con, handed, outside.kind_of(handed, kind), office, None, TODAY)
        if append:
            outside.append(con, made, lambda what: None)
        return made

    return take


def stood(con, **more):
    return {row["tip_id"]: row for row in outside.listed(con, **more).iter_rows(named=True)}


def states(made):
    return made.rows["state"].to_list()


TIPS = f"""举报编号,受理日期,被举报单位,机构编码,举报渠道,举报内容,举报人,联系电话,办结期限,反馈期限
JB1,2026-01-05,安泽县第一人民医院,,张建国来信,举报人张建国称空挂床，手机{PHONE},张建国,{PHONE},2026-02-28,2026-03-10
JB2,2026-01-06,康宁医院,,来电,多收检查费,,,2026-03-01,2026-03-15
JB3,2026-01-07,没有的医院,,来电,收费太贵,李小花,,,2026-02-07
"""


def test_found_or_not_every_placed_tip_has_a_lead_and_the_rest_is_said(con, hand):
    assert states(hand(TIPS)) == ["new"] * 3
    assert {row["state"] for row in stood(con).values()} == {"waiting"}
    leads = offices.ranked(con, "20260201-aaaa", FOUND)
    rows = stood(con)
    assert [rows[t]["state"] for t in ("JB1", "JB2", "JB3")] == ["joined", "own_lead", "unmatched"]
    assert (rows["JB1"]["lead_id"], rows["JB2"]["lead_id"]) == (leads["H1"], leads["H3"])
    (lead,) = con.sql(
        "select findings, tier, rules, tips, amount_at_risk from model.lead where subject_id = 'H3'"
    ).fetchall()
    assert lead == (0, "C", "tip", 1, Decimal("0.00"))


def test_the_same_rows_again_are_known_also_from_another_file(con, hand):
    hand(TIPS)
    assert states(hand(TIPS)) == ["known"] * 3
    lines = TIPS.splitlines()
    assert states(hand("\n".join([lines[0], lines[3], lines[1], lines[1]]), "again.csv")) == ["known"] * 3
    without = "受理日期,机构编码,举报内容\n2026-01-05,H1,空挂床\n2026-01-05,H1,空挂床\n2026-01-05,H1,多收费\n"
    assert states(hand(without)) == ["new", "known", "new"] and states(hand(without)) == ["known"] * 3
    assert con.sql("select count(*), count(distinct outside_id) from casebook.outside_lead").fetchall() == [(5, 5)]


def test_a_number_that_says_something_else_is_refused_and_not_swallowed(con, hand):
    hand(TIPS)
    made = hand(
        "举报编号,受理日期,机构编码,举报内容\nJB2,2026-01-09,H4,另一件事\nJB9,2026-01-09,H4,甲\nJB9,2026-01-09,H4,乙\n"
    )
    assert states(made) == ["refused", "new", "refused"]
    assert "'JB2' came before and says something else" in made.rows["why"][0]


def test_numbers_of_several_offices_do_not_meet(con, hand):
    hand(TIPS)
    hand("交办编号,交办单位,机构编码,线索内容\nJB1,省局,H2,住院\nJB1,市局,H2,收费\n")
    con.execute(
        "insert into record.tip (tip_id, subject_type, subject_id) values ('JB2', 'institution', 'H3'), ('T1', 'institution', 'H4')"
    )
    ids = [row for (row,) in con.sql("select tip_id from casebook.heard_tip order by 1").fetchall()]
    assert len(ids) == len(set(ids)) == 6 and {"JB1", "JB2", "JB3", "T1", "交办-JB1"} <= set(ids)
    assert con.sql("select count(*) from casebook.heard_tip where tip_id = 'JB2'").fetchall() == [(1,)], (
        "one tip, two ways"
    )


def test_who_gave_a_tip_is_nowhere_but_in_the_casebook(con, hand, tmp_path):
    seen = []
    path = tmp_path / "张建国举报.csv"
    path.write_text(TIPS, encoding="utf-8")
    made = outside.plan(con, read(path, outside.FORM), "tip", None, None, TODAY)
    outside.append(con, made, seen.append)
    assert con.sql("select name, phone from casebook.informant order by all").fetchall() == [
        ("张建国", PHONE),
        ("李小花", None),
    ]
    assert "张建国" not in str(seen)
    offices.ranked(con, "20260201-aaaa", FOUND)
    out = tmp_path / "out"
    out.mkdir()
    files.write(files.tables(con, "20260201-aaaa", "zh"), out, labels="zh")
    told = [files.shown(outside.listed(con)).write_json(), *(p.read_text(encoding="utf-8-sig") for p in out.iterdir())]
    told += [
        str(con.sql(f"select * from {t}").fetchall())
        for t in ("model.lead", "model.lead_tip", "model.tip_unmatched", "casebook.outside_lead")
    ]
    for text in told:
        assert "张建国" not in text and "李小花" not in text and PHONE not in text
    assert "空挂床" in told[0], "what it says stays"


def test_a_fault_does_not_print_what_must_not_be_seen(hand):
    made = hand(f"举报编号,受理日期,机构编码,举报内容\nJB1,{PHONE},H1,空挂床\n")
    assert states(made) == ["refused"] and PHONE not in made.rows["why"][0] and "受理日期" in made.rows["why"][0]


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("A1,2026-13-01,H1,空挂床,,", "受理日期 is '2026-13-01', not a date; write the day as 2025-12-31"),
        ("A1,2026-01-01,,空挂床,,", "neither a code nor a name"),
        ("A1,2027-01-01,H1,空挂床,,", "has not come yet"),
        ("A1,2026-01-05,H1,空挂床,2026-01-04,", "due_on is 2026-01-04, before it came"),
        ("A1,2026-01-05,H1,空挂床,,2026-01-04", "feedback_due_on is 2026-01-04, before it came"),
        ("A1,2026-01-05,5.1E+17,空挂床,,", "机构编码 is '5.1E+17', scientific notation"),
        (",,H1,,,", "neither a number nor what it is about"),
    ],
)
def test_a_bad_row_is_refused_in_one_sentence_and_the_others_are_taken(hand, row, why):
    made = hand(f"编号,受理日期,机构编码,内容,办理期限,反馈期限\n{row}\nB1,2026-01-05,H2,收费,,\n", kind="tip")
    assert states(made) == ["refused", "new"] and why in made.rows["why"][0] and "\n" not in made.rows["why"][0]


@pytest.mark.parametrize(
    ("text", "words"),
    [("a,b\n1,2\n", "does not hold leads from outside"), ("机构编码,举报内容\n", "has a header and no rows")],
)
def test_a_file_that_is_none_is_refused(hand, text, words):
    with pytest.raises(InputRefused, match=words):
        hand(text)


def test_a_file_that_says_no_kind_asks_for_it(hand):
    with pytest.raises(UsageError, match="Say it with --kind: tip"):
        hand("机构编码,内容\nH1,收费\n")


def test_dates_are_kept_or_overdue_and_the_reward_has_its_base(con, hand, tmp_path):
    hand(TIPS)
    leads = offices.ranked(con, "20260201-aaaa", FOUND)
    assert stood(con, on=date(2026, 2, 28))["JB1"]["timing"] == "open"
    assert stood(con, on=date(2026, 3, 1))["JB1"]["timing"] == "overdue"
    assert stood(con, on=date(2026, 2, 8))["JB3"]["timing"] == "feedback_overdue"
    path = tmp_path / "v.csv"
    path.write_text(
        f"lead_id,conclusion,confirmed_amount,date\n{leads['H1']},查实,321.5,2026-02-20\n", encoding="utf-8"
    )
    verdicts.append(con, verdicts.plan(con, read_verdicts(path), [FOUND], date(2026, 12, 31)))
    row = stood(con, on=date(2026, 3, 1))["JB1"]
    assert (row["state"], row["timing"], row["reward_base"]) == ("dealt_with", "feedback_owed", Decimal("321.50"))
    assert outside.feedback(con, "JB1", "已答复", date(2026, 3, 9), lambda what: None)
    assert not outside.feedback(con, "JB1", "已答复", date(2026, 3, 9), lambda what: None)
    row = stood(con, on=date(2026, 6, 1))["JB1"]
    assert (row["timing"], row["feedback_on"]) == ("kept", date(2026, 3, 9))
    outside.feedback(con, "JB3", "已答复", date(2026, 3, 9), lambda what: None)
    leads = offices.ranked(con, "20260401-bbbb", FOUND)
    assert stood(con)["JB1"]["state"] == "dealt_with" and stood(con)["JB1"]["reward_base"] == Decimal("321.50")
    with pytest.raises(UsageError, match="was not answered on 2026-01-01"):
        outside.feedback(con, "JB2", "x", date(2026, 1, 1), lambda what: None)
    with pytest.raises(UsageError, match="no tip or other lead from outside JB8"):
        outside.feedback(con, "JB8", "x", date(2026, 3, 9), lambda what: None)


def test_what_nobody_could_place_a_person_places(con, hand):
    hand(TIPS)
    offices.ranked(con, "20260201-aaaa", FOUND)
    with pytest.raises(UsageError, match="knows no institution H9"):
        outside.place(con, "JB3", "institution", "H9", date(2026, 2, 2), lambda what: None)
    before = outside.version(con)
    outside.place(con, "JB3", "institution", "H4", date(2026, 2, 2), lambda what: None)
    assert outside.version(con) != before, "the next run ranks anew"
    leads = offices.ranked(con, "20260301-bbbb", FOUND)
    assert stood(con)["JB3"]["state"] == "own_lead" and stood(con)["JB3"]["lead_id"] == leads["H4"]


PLATFORM = """疑点编号,规则名称,机构编码,机构名称,结算ID,违规金额,审核日期
Y1,重复收费,H1,安泽县第一人民医院,S0,40,2026-01-02
Y2,重复收费,H1,安泽县第一人民医院,S4,40,2026-01-02
Y2,重复收费,H1,安泽县第一人民医院,S8,40,2026-01-02
Y3,超限定,H2,安泽县中医医院,S1,80,2026-01-02
"""


def beyond(con, tmp_path):
    files.write(files.tables(con, "20260201-aaaa", "en"), tmp_path, labels="names")
    return {r["lead_id"]: r for r in frame(con, files._query("beyond_platform")).iter_rows(named=True)}


def test_what_is_new_beside_the_platform_s_suspicions(con, hand, tmp_path):
    """H1 has fifteen bills at 40; the platform names three of them. H2 has a lead of its own though we find nothing."""
    assert states(hand(PLATFORM)) == ["new"] * 4
    leads = offices.ranked(con, "20260201-aaaa", FOUND, offices.source("institution_id = 'H3'", "b"))
    rows = beyond(con, tmp_path)
    h1 = rows[leads["H1"]]
    assert (h1["suspicions"], h1["amount_at_risk"], h1["beyond_amount"], h1["beyond"]) == (
        3,
        Decimal("600.00"),
        Decimal("480.00"),
        "more",
    )
    assert (rows[leads["H3"]]["beyond"], rows[leads["H3"]]["beyond_amount"]) == ("new", Decimal("600.00"))
    assert leads["H2"] not in rows and stood(con)["Y3"]["state"] == "own_lead"
    (lead,) = con.sql("select rules, tips, reasons_zh from model.lead where subject_id = 'H2'").fetchall()
    assert lead == ("platform", 0, "平台疑点2026-01-02：超限定"), "a machine's suspicion is no tip"


def test_the_platform_s_suspicions_lift_nobody(con, hand):
    base = offices.ranked(con, "20260201-aaaa", FOUND)
    before = con.sql("select score, propensity from model.lead where subject_id = 'H1'").fetchall()
    hand(PLATFORM)
    assert offices.ranked(con, "20260202-bbbb", FOUND)["H1"] == base["H1"]
    assert con.sql("select score, propensity from model.lead where subject_id = 'H1'").fetchall() == before


def test_where_the_platform_names_no_bill_nothing_is_called_new(con, hand, tmp_path):
    hand("疑点编号,规则名称,机构编码\nY1,重复收费,H1\n")
    leads = offices.ranked(con, "20260201-aaaa", FOUND)
    row = beyond(con, tmp_path)[leads["H1"]]
    assert (row["beyond"], row["beyond_amount"]) == ("cannot_tell", None)


def test_without_the_platform_nothing_is_said_of_it(con, hand, tmp_path):
    hand(TIPS)
    offices.ranked(con, "20260201-aaaa", FOUND)
    assert beyond(con, tmp_path) == {}


def test_a_department_s_list_is_matched_by_identity_number(con, hand, tmp_path):
    made = hand(
        "身份证号,姓名,状态类型,提供日期\n519925194901265317,吕某,死亡,2026-01-03\n519925194901269999,吴某,死亡,2026-01-03\n",
        kind="部门数据",
        office="民政局",
    )
    assert states(made) == ["new", "new"]
    leads = offices.ranked(con, "20260201-aaaa", FOUND)
    rows = sorted(stood(con).values(), key=lambda r: r["state"])
    assert [(r["state"], r["office"], r["lead_id"]) for r in rows] == [
        ("own_lead", "民政局", leads["P1"]),
        ("unmatched", "民政局", None),
    ]
    (row,) = frame(con, files._query("outside_lists")).rows(named=True)
    assert (row["office"], row["received_on"], row["delivered"], row["matched"], row["leads"]) == (
        "民政局",
        date(2026, 1, 3),
        2,
        1,
        1,
    )
    shown = files.shown(outside.listed(con))
    assert "519925194901269999" not in str(shown.rows()) and "吴某" not in str(shown.rows())


def test_a_merged_lead_keeps_its_origin(con, hand):
    hand(TIPS)
    hand("交办编号,交办单位,机构编码,线索内容,办理期限\nJ7,省局,H1,住院问题,2026-04-01\n")
    offices.ranked(con, "20260201-aaaa", FOUND)
    rows = con.sql(
        "select tip_id, kind, office from model.lead_tip as t join model.lead as l using (lead_id) where l.subject_id = 'H1' order by 1"
    ).fetchall()
    assert rows == [("J7", "hand_down", "省局"), ("JB1", "tip", None)]
    (told,) = con.sql("select reasons_zh from model.lead where subject_id = 'H1'").fetchall()[0]
    assert "举报2026-01-05" in told and "交办" in told
