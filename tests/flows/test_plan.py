"""plan: what the command keeps, writes and refuses."""

import json
import shutil
from datetime import date

import polars as pl
import pytest

from data.warehouse.connection import open_warehouse

MONDAY = "2026-03-02"


@pytest.fixture(scope="module")
def home(finished, tmp_path_factory):
    return shutil.copytree(finished[0].home, tmp_path_factory.mktemp("plan") / "home")


def test_a_plan_is_drafted_kept_written_and_noted(home, call, tmp_path, read_csv):
    asked = ("--home", home, "--staff", 3, "--days", 20, "--from", MONDAY, "--json")
    code, out, _ = call("plan", *asked, "--draft")
    draft = json.loads(out)
    assert code == 0 and draft["plan_id"] is None and len(draft["visits"]) > 2
    code, out, _ = call("plan", *asked, "--out", tmp_path)
    kept = json.loads(out)
    same = [{**v, "visit_id": None} for v in kept["visits"]]
    assert same == draft["visits"], "a draft is what the plan would be"
    assert kept["inspector_days"] <= 60 == kept["staff_days"] and kept["from"] == MONDAY
    rows = read_csv(tmp_path / "plan.csv")
    assert [r["visit_id"] for r in rows] == [v["visit_id"] for v in kept["visits"]]
    sheet = pl.read_excel(tmp_path / "plan.xlsx")
    assert sheet.height == len(rows) and (tmp_path / "plan.html").read_text(encoding="utf-8").count(
        "V2026-001-"
    ) == len(rows)
    first = kept["visits"][0]
    code, out, _ = call("plan", "--home", home, "--done", first["institution_id"], "--on", MONDAY)
    assert code == 0 and first["visit_id"] in out
    code, out, _ = call("plan", "--home", home, "--json")
    assert len(json.loads(out)) == len(rows) - 1
    logged = [json.loads(line)["event"] for line in (home / "audit.log").read_text(encoding="utf-8").splitlines()]
    assert logged[-4:] == ["draw", "draw", "plan", "plan"], "the frame is written down before the draw, of a draft too"
    with open_warehouse(home, read_only=True) as con:
        planned = con.sql("select distinct leads is not null from casebook.plan_visit where why = 'yield'").fetchall()
    assert planned == [(True,)]


def test_the_plan_is_chinese(home, call, tmp_path):
    asked = ("--home", home, "--staff", 1, "--days", 2, "--from", "2027-03-01", "--draft", "--language", "zh")
    code, out, _ = call("plan", *asked, "--out", tmp_path)
    page = (tmp_path / "plan.html").read_text(encoding="utf-8")
    assert code == 0 and "核查编号" in out and "草案" in out and "逾期" in page and "现场检查计划" in page


def test_nobody_is_in_two_places_whether_they_go_in_pairs_or_alone(home, call):
    days = ("--from", "2027-05-10", "--to", "2027-05-14", "--staff", 2)
    pair = json.loads(call("plan", "--home", home, *days, "--days", 2, "--team", 2, "--json")[1])
    assert pair["visits"]
    call("plan", "--home", home, "--done", pair["visits"][0]["visit_id"], "--on", pair["visits"][0]["end_on"])
    alone = json.loads(call("plan", "--home", home, *days, "--days", 5, "--team", 1, "--json")[1])
    ends = [(v["end_on"], v["end_half"]) for v in pair["visits"]]
    assert alone["visits"] and min((v["start_on"], v["start_half"]) for v in alone["visits"]) > max(ends)
    assert alone["inspector_days"] <= alone["staff_days"] == 10 - pair["inspector_days"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--staff", 3), "Give both"),
        (("--staff", 3, "--days", 0), "between 0.5 and 260"),
        (("--staff", 0, "--days", 5), "--staff is '0'"),
        (("--staff", 1, "--days", 5, "--team", 2), "no more can go together"),
        (("--staff", 1, "--days", 5, "--control", 2), "a share is between 0 and 1"),
        (("--staff", 1, "--days", 5, "--control", 0.6, "--unvisited", 0.6), "at most 1"),
        (("--staff", 1, "--days", 5, "--from", "2. 3. 2026"), "2025-12-31"),
        (("--staff", 1, "--days", 5, "--from", "2026-03-09", "--to", MONDAY), "is before"),
        (("--staff", 1, "--days", 5, "--from", "2026-03-07", "--to", "2026-03-08"), "no working day"),
        (("--drop", "H1"), "--note"),
        (("--done", "H1", "--drop", "H1"), "not both"),
        (("--done", "V9999-001-01"), "No open visit"),
    ],
)
def test_what_cannot_be_is_one_sentence(home, call, words, said):
    code, out, err = call("plan", "--home", home, *words)
    assert code == 2 and said in err and len(err.strip().splitlines()) == 1 and not out


def test_nothing_is_kept_where_nothing_fits(home, call):
    words = ("plan", "--home", home, "--staff", 1, "--days", 1, "--from", "2028-05-08")
    assert call(*words)[0] == 0
    code, out, _ = call(*words)
    assert code == 0 and "no plan was kept" in out
    with open_warehouse(home, read_only=True) as con:
        assert con.sql("select count(*) from casebook.plan where from_on >= '2028-01-01'").fetchall() == [(1,)]


def test_a_home_of_an_earlier_version_can_be_drafted_for(home, call, tmp_path):
    import duckdb

    old = shutil.copytree(home, tmp_path / "old")
    with duckdb.connect(str(old / "warehouse.duckdb")) as con:
        con.execute("drop view casebook.current_plan_visit")
        con.execute("drop table casebook.plan_visit")
        con.execute("drop table casebook.plan")
        con.execute("delete from run.step where step = 'schema'")
    asked = ("--home", old, "--staff", 2, "--days", 5, "--from", MONDAY)
    code, out, _ = call("plan", *asked, "--draft", "--json")
    assert code == 0 and json.loads(out)["visits"]
    code, out, _ = call("plan", "--home", old)
    assert code == 0 and "No visit is planned" in out
    code, out, _ = call("plan", *asked)
    assert code == 0 and f"V{date.fromisoformat(MONDAY).year}-001" in out
