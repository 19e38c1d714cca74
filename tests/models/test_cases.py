"""Cases: a year of leads, notes, dates kept or overdue; nothing lost, nothing doubled, each yuan once."""

import shutil
from datetime import date
from decimal import Decimal

import pytest

from data.errors import UsageError
from data.warehouse.connection import FILE_NAME, open_warehouse
from models.casebook import cases, lead_runs, verdicts
from models.casebook.read import read
from tests.models import offices


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return offices.make_home(tmp_path_factory.mktemp("home"))


@pytest.fixture
def con(home, tmp_path):
    shutil.copy(home / FILE_NAME, tmp_path)
    with open_warehouse(tmp_path) as con:
        yield con


@pytest.fixture
def log():
    return []


@pytest.fixture
def leads(con):
    return offices.ranked(con, "20250601-aaaa", offices.source("institution_id in ('H1', 'H2')"))


def close(con, tmp_path, lead_id, word="查实", amount=120, day="2025-07-01", reason="重复收费"):
    path = tmp_path / "v.csv"
    path.write_text(
        f"lead_id,conclusion,confirmed_amount,date,reason\n{lead_id},{word},{amount},{day},{reason}\n", encoding="utf-8"
    )
    sources = [offices.source("institution_id in ('H1', 'H2')")]
    return verdicts.append(con, verdicts.plan(con, read(path), sources, date(2025, 12, 31)))


def opened(con, of, log, **more):
    said = {
        "title": "住院问题",
        "kind": "special",
        "leads": [of["H1"], of["H2"]],
        "on": date(2025, 6, 2),
        "witness": log.append,
    }
    return cases.open_(con, **(said | more))


def listed(con, on, **more):
    return {row["case_id"]: row for row in cases.listed(con, on, **more).iter_rows(named=True)}


def test_a_year_of_a_case(con, leads, log, tmp_path):
    case = opened(con, leads, log, owner="王", due_on=date(2025, 6, 30))
    assert case == "C2025-0001"
    assert cases.act(con, case, "note", date(2025, 6, 5), log.append, text="去了医院", state="on_site")
    assert cases.act(con, case, "assign", date(2025, 6, 20), log.append, owner="李")
    assert listed(con, date(2025, 6, 10))[case]["owner"] == "王", "as it stood on that day"
    assert listed(con, date(2025, 6, 30))[case]["timing"] == "open"
    row = listed(con, date(2025, 7, 3), overdue=True)[case]
    assert (row["timing"], row["days_over"], row["owner"], row["state"]) == ("overdue", 3, "李", "on_site")
    assert cases.act(con, case, "due", date(2025, 7, 3), log.append, due_on=date(2025, 7, 31))
    assert not listed(con, date(2025, 7, 3), overdue=True)
    close(con, tmp_path, leads["H1"])
    assert cases.act(con, case, "close", date(2025, 8, 2), log.append, text="处理完毕", state="concluded")
    row = listed(con, date(2025, 12, 31), closed=True)[case]
    assert (row["timing"], row["days_over"], row["state"], row["judged_leads"]) == ("late", 2, "concluded", 1)
    assert row["confirmed_amount"] == Decimal("120.00") and not listed(con, date(2025, 12, 31))
    head, held, acts = cases.shown(con, case)
    assert acts["act"].to_list() == ["open", "add", "add", "note", "assign", "due", "close"]
    assert acts["number"].is_sorted() and head["notes"] == 1
    first = held.row(0, named=True)
    assert (first["standing"], first["conclusion"], first["reason"]) == ("closed", "confirmed", "重复收费")
    assert [e["act"] for e in log] == ["open", "note", "assign", "due", "close"]
    assert "去了医院" not in str(log) and "处理完毕" not in str(log), "what a note says stays in the casebook"


def test_money_of_a_case_stands_once(con, log):
    """Two sources on the same bills, and a lead of the place twice in words: each yuan once over the case."""
    leads = offices.ranked(
        con,
        "20250601-aaaa",
        offices.source("institution_id = 'H1'"),
        offices.source("institution_id in ('H1', 'H2')", "b"),
    )
    case = opened(con, leads, log)
    (whole,) = con.sql("select sum(amount_at_risk) from model.lead").fetchall()[0]
    assert listed(con, date(2025, 6, 3))[case]["amount_at_risk"] == whole == Decimal("1200.00")


def test_the_same_act_twice_is_one(con, leads, log):
    case = opened(con, leads, log)
    note = {"text": "电话联系", "state": None}
    assert cases.act(con, case, "note", date(2025, 6, 5), log.append, **note)
    assert not cases.act(con, case, "note", date(2025, 6, 5), log.append, **note)
    assert cases.act(con, case, "note", date(2025, 6, 6), log.append, **note), "another day is another note"
    assert cases.act(con, case, "assign", date(2025, 6, 6), log.append, owner="王")
    assert cases.act(con, case, "assign", date(2025, 6, 6), log.append, owner="李")
    assert cases.act(con, case, "assign", date(2025, 6, 6), log.append, owner="王"), "given back the same day"
    assert listed(con, date(2025, 6, 7))[case]["owner"] == "王"
    assert cases.add(con, case, [leads["H1"], leads["H2"]], date(2025, 6, 7), log.append) == 0
    assert listed(con, date(2025, 6, 7))[case]["leads"] == 2


def test_a_lead_is_in_one_open_case(con, leads, log):
    case = opened(con, leads, log, leads=[leads["H1"]])
    with pytest.raises(UsageError, match=f"in case {case} already"):
        opened(con, leads, log)
    cases.act(con, case, "close", date(2025, 6, 3), log.append, text="并入", state="merged")
    assert opened(con, leads, log) == "C2025-0002"
    assert opened(con, leads, log, leads=[], on=date(2024, 5, 1)) == "C2024-0001"


@pytest.mark.parametrize(
    ("act", "why"),
    [
        (lambda c, log: cases.act(c, "C2025-9", "note", date(2025, 6, 5), log.append, text="x", state=None), "There is no case"),
        (lambda c, log: cases.act(c, "C2025-0001", "note", date(2025, 6, 1), log.append, text="x", state=None), "was opened on 2025-06-02"),
        (lambda c, log: cases.act(c, "C2025-0001", "note", date(2999, 6, 1), log.append, text="x", state=None), "has not come yet"),
        (lambda c, log: cases.act(c, "C2025-0001", "due", date(2025, 6, 5), log.append, due_on=date(2025, 5, 1)), "cannot be due before"),
        (lambda c, log: cases.add(c, "C2025-0001", ["L0"], date(2025, 6, 5), log.append), "There is no lead L0"),
        (lambda c, log: cases.add(c, "C2025-0001", [], date(2025, 6, 5), log.append), "Name the leads"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_one_sentence_and_leaves_no_trace(con, leads, log, act, why):
    opened(con, leads, log)
    before = con.sql("select count(*) from casebook.case_event").fetchall()
    with pytest.raises(UsageError, match=why):
        act(con, log)
    assert con.sql("select count(*) from casebook.case_event").fetchall() == before and len(log) == 1


def test_a_closed_case_takes_notes_alone(con, leads, log):
    case = opened(con, leads, log)
    cases.act(con, case, "close", date(2025, 6, 3), log.append, text="完", state="excluded")
    assert cases.act(con, case, "note", date(2025, 7, 3), log.append, text="回访", state=None)
    for name, values in (
        ("assign", {"owner": "李"}),
        ("due", {"due_on": date(2025, 9, 1)}),
        ("note", {"text": "x", "state": "handling"}),
    ):
        with pytest.raises(UsageError, match="was closed on 2025-06-03"):
            cases.act(con, case, name, date(2025, 7, 3), log.append, **values)


def test_an_act_that_the_log_cannot_witness_did_not_happen(con, leads):
    def refuse(what):
        raise OSError("disk full")

    with pytest.raises(OSError):
        opened(con, leads, [], witness=refuse)
    assert con.sql("select count(*) from casebook.case_event").fetchall() == [(0,)]
    assert opened(con, leads, []) == "C2025-0001"


def test_how_a_lead_stood_in_each_run_and_when_it_was_gone(con, leads, tmp_path):
    lead = leads["H2"]
    offices.ranked(con, "20250701-bbbb", offices.source("institution_id in ('H1', 'H2') and line_id <> 'L1'"))
    offices.ranked(con, "20250701-bbbb", offices.source("institution_id in ('H1', 'H2') and line_id <> 'L1'"))  # again
    for run_id in ("20250801-cccc", "20250901-dddd"):
        offices.ranked(con, run_id, offices.source("institution_id = 'H1'"))
    rows = lead_runs.of_leads(con, lead).rows(named=True)
    assert [(r["run_id"], r["is_gone"]) for r in rows] == [
        ("20250601-aaaa", False), ("20250701-bbbb", False), ("20250801-cccc", True),
    ]  # fmt: skip
    assert rows[0]["amount_at_risk"] == Decimal("600.00") and rows[1]["amount_at_risk"] == Decimal("560.00")
    offices.ranked(con, "20251001-eeee", offices.source("institution_id in ('H1', 'H2')"))
    assert [r["is_gone"] for r in lead_runs.of_leads(con, lead).rows(named=True)] == [False, False, True, False]
    close(con, tmp_path, leads["H1"], "排除", 0, "2025-12-31")
    offices.ranked(con, "20251201-ffff", offices.source("institution_id = 'H2'"))
    assert not any(r["is_gone"] for r in lead_runs.of_leads(con, leads["H1"]).rows(named=True)), "judged is not gone"
