"""Draws from the warehouse: whom the frame holds, rechecks and what they say, the year's coverage."""

import shutil
from datetime import date
from decimal import Decimal

import pytest

from data.errors import InputRefused, UsageError
from data.warehouse.connection import FILE_NAME, open_warehouse
from models.casebook import cases, coverage, draws, rechecks, verdicts
from models.casebook.handed import read
from models.casebook.read import read as read_verdicts
from tests.models import offices

FOUND = offices.source("institution_id in ('H1', 'H2', 'H3')")
ON = date(2026, 5, 1)


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    home = offices.make_home(tmp_path_factory.mktemp("home"))
    with open_warehouse(home) as con:
        offices.ranked(con, "20260101-aaaa", FOUND)
    return home


@pytest.fixture
def con(home, tmp_path):
    shutil.copy(home / FILE_NAME, tmp_path)
    with open_warehouse(tmp_path) as con:
        yield con


@pytest.fixture
def leads(con):
    return dict(con.sql("select subject_id, lead_id from model.lead").fetchall())


@pytest.fixture
def write(tmp_path):
    def to(text, name="f.csv"):
        (tmp_path / name).write_text(text, encoding="utf-8")
        return tmp_path / name

    return to


def judge(con, write, rows):
    path = write("lead_id,conclusion,confirmed_amount,date,handled_by\n" + "".join(f"{r}\n" for r in rows), "v.csv")
    return verdicts.append(con, verdicts.plan(con, read_verdicts(path), [FOUND], date(2026, 12, 31)))


def frame_of(con, places=3, **more):
    return draws.visit_frame(con, places, ON, draws.weights("visit", ""), **more)


def test_the_frame_holds_every_contracted_place_with_the_weight_of_its_tier(con):
    con.execute("update feature.institution set contract_to = date '2026-04-30' where institution_id = 'Y2'")
    rows = {r["unit"]: r for r in frame_of(con).units.iter_rows(named=True)}
    assert set(rows) == {"H1", "H2", "H3", "H4", "Y1"}, "whose contract has ended is not drawn"
    assert {rows[h]["weight"] for h in ("H4", "Y1")} == {100}
    tier = rows["H1"]["group_name"]
    assert rows["H1"]["weight"] == 100 * draws.WEIGHTS["visit"][tier] > 100
    assert sum(r["probability"] for r in rows.values()) == pytest.approx(3)
    assert set(frame_of(con, kinds=["pharmacy"]).units["unit"]) == {"Y1"}


def test_who_was_checked_lately_may_be_left_out(con, write, leads):
    judge(con, write, [f"{leads['H1']},查实,10,2026-03-01,王"])
    rows = {r["unit"]: r["checked_on"] for r in frame_of(con).units.iter_rows(named=True)}
    assert rows["H1"] == date(2026, 3, 1) and rows["H2"] is None
    assert "H1" not in frame_of(con, not_since=date(2026, 1, 1)).units["unit"].to_list()


@pytest.mark.parametrize("text", ["A", "A=x", "D=2", "A=-1"])
def test_weights_that_are_none_are_refused(text):
    with pytest.raises(UsageError, match="--weights has"):
        draws.weights("visit", text)


def test_a_conflict_that_cannot_be_read_stops_the_draw(con, write):
    path = write("姓名,单位,回避机构\n王一,科,康宁医院；H1\n李二,科,没有的医院\n王一,科,\n")
    with pytest.raises(InputRefused) as refusal:
        draws.inspectors(con, read(path, draws.INSPECTORS))
    first, second = str(refusal.value).splitlines()
    assert "f.csv row 2: avoid names '没有的医院'" in first and "row 3: 王一 stands there twice" in second
    path = write("姓名,单位,回避机构\n王一,科,康宁医院；H1\n李二,科,\n")
    rows = draws.inspectors(con, read(path, draws.INSPECTORS))
    assert rows["avoids"].to_list() == ["H1;H3", ""]


def test_a_recheck_is_drawn_from_what_is_closed_and_nobody_reads_his_own(con, write, leads):
    case = cases.open_(con, "事项", "daily", [leads["H1"]], date(2026, 2, 1), lambda what: None, owner="赵三")
    judge(con, write, [f"{leads['H1']},查实,100,2026-02-03,王一", f"{leads['H2']},排除,0,2026-02-04,李二"])
    cases.act(con, case, "close", date(2026, 2, 5), lambda what: None, text="完", state="concluded")
    who = draws.inspectors(con, read(write("姓名\n王一\n李二\n赵三\n"), draws.INSPECTORS))
    settled = draws.recheck_frame(con, 5, date(2026, 1, 1), ON, draws.weights("recheck", ""), who)
    assert sorted(settled.units["unit"]) == sorted([case, leads["H2"]])
    for seed in range(20):
        chosen = dict(draws.draw(settled, seed).select("unit", "inspectors").iter_rows())
        assert chosen[case] == "李二" and chosen[leads["H2"]] in ("王一", "赵三")
    with pytest.raises(UsageError, match="nobody to draw from"):
        draws.recheck_frame(con, 5, date(2025, 1, 1), date(2025, 12, 31), draws.weights("recheck", ""), who)


@pytest.fixture
def second(con, write, leads):
    """Three leads judged, all three drawn; gives what takes a filled-in form."""
    judge(
        con,
        write,
        [
            f"{leads['H1']},查实,100,2026-02-03,王一",
            f"{leads['H2']},排除,0,2026-02-04,李二",
            f"{leads['H3']},查实,50,2026-02-05,王一",
        ],
    )
    settled = draws.recheck_frame(con, 3, date(2026, 1, 1), ON, draws.weights("recheck", ""))
    draws.keep(con, "D2026-01", settled, draws.draw(settled, 1), 1, ON, lambda what: None)

    def take(*rows):
        path = write(
            "draw_id,lead_id,复查结论,复查金额,复查人,复查日期,复查意见\n" + "".join(f"D2026-01,{r}\n" for r in rows)
        )
        made = rechecks.plan(con, read(path, rechecks.FORM))
        rechecks.append(con, made, lambda what: None)
        return made.rows

    return take


def test_the_form_says_nothing_of_what_was_found_before(con, second, leads):
    rows = rechecks.form(con, "D2026-01")
    assert sorted(rows["lead_id"]) == sorted([leads["H1"], leads["H2"], leads["H3"]])
    assert set(rows.columns) == {"draw_id", "unit", "lead_id", "subject_type", "subject_id"}


def test_second_readers_are_compared_with_the_verdicts(second, leads):
    rows = second(
        f"{leads['H1']},查实,90,赵三,2026-05-02,",
        f"{leads['H2']},查实,30,王一,2026-05-03,有票据",
        f"{leads['H3']},查实,50,李二,2026-05-03,",
    )
    told = rechecks.agreement(rows)
    assert (told["read"], told["agreeing"], told["first_amount"], told["second_amount"]) == (
        3,
        2,
        Decimal("150.00"),
        Decimal("170.00"),
    )
    assert told["kappa"] == 0.0  # observed 2/3; expected 2/3 x 1 + 1/3 x 0
    differing = rechecks.differing(rows)
    assert differing["lead_id"].to_list() == [leads["H2"], leads["H1"]]
    assert differing["difference"].to_list() == [Decimal("30.00"), Decimal("-10.00")]


def test_the_same_form_twice_is_one(con, second, leads):
    row = f"{leads['H1']},查实,90,赵三,2026-05-02,"
    assert second(row)["state"].to_list() == ["new"] and second(row, row)["state"].to_list() == ["known", "known"]
    assert second(f"{leads['H3']},,,,,")["state"].to_list() == ["blank"]
    assert con.sql("select count(*) from casebook.recheck").fetchall() == [(1,)]


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("L0,查实,1,赵三,2026-05-02,", "there is no lead L0"),
        ("{H1},不明,1,赵三,2026-05-02,", "conclusion is '不明', which is not known"),
        ("{H1},查实,1,王一,2026-05-02,", "王一 handled the lead"),
        ("{H1},查实,1,赵三,2026-01-02,", "before the verdict of 2026-02-03"),
        ("{H1},查实,x,赵三,2026-05-02,", "复查金额 is 'x', not a number"),
        ("{H1},,5,赵三,2026-05-02,", "it has no conclusion"),
    ],
)
def test_a_bad_row_of_a_recheck_is_refused_in_one_sentence(second, leads, row, why):
    rows = second(row.format(**leads), f"{leads['H3']},查实,50,李二,2026-05-03,")
    assert rows["state"].to_list() == ["refused", "new"] and why in rows["why"][0]


def covered(con, on, **more):
    return {r["subject_id"]: r for r in coverage.plan(con, [FOUND], 2026, on, **more).iter_rows(named=True)}


def test_the_year_s_coverage_says_who_is_owed_and_until_when(con, write, leads):
    rows = covered(con, date(2026, 6, 30))
    assert set(rows) == {"H1", "H2", "H3", "H4", "Y1", "Y2"} and all(r["owed"] == r["wanted"] for r in rows.values())
    assert rows["H1"]["due_by"] < rows["H4"]["due_by"] <= date(2026, 12, 31), "the riskiest first"
    judge(con, write, [f"{leads['H1']},查实,10,2026-03-01,王", f"{leads['H2']},排除,0,2025-12-31,王"])
    rows = covered(con, date(2026, 6, 30))
    assert (rows["H1"]["done"], rows["H1"]["last_on"]) == (1, date(2026, 3, 1)) and rows["H1"]["owed"] == rows["H1"][
        "wanted"
    ] - 1
    assert rows["H2"]["done"] == 0, "last year's check is last year's"
    assert covered(con, date(2026, 2, 1))["H1"]["done"] == 0, "as it stood on that day"


def test_how_often_may_be_said(con):
    assert covered(con, date(2026, 6, 30), often="none=4")["H4"]["wanted"] == 4
    with pytest.raises(UsageError, match="--often has 'D=1'"):
        covered(con, date(2026, 6, 30), often="D=1")
