"""watchlist, explain and runs as their user meets them: on a narrow terminal, after a move, while a run is on."""

import json
import re
import shutil
import subprocess
import sys

import polars as pl
import pytest

from data.warehouse.connection import open_warehouse
from flows.home.settings import Settings
from flows.publish import areas, watchlists
from flows.publish.labels import NOTHING


@pytest.fixture(scope="module")
def home(finished, tmp_path_factory):
    """A copy of the finished run's home; tests here only read it."""
    place = tmp_path_factory.mktemp("lists") / "home"
    shutil.copytree(finished[0].home, place)
    return place


@pytest.fixture
def own(home, tmp_path):
    """A copy that a test may change."""
    shutil.copytree(home, tmp_path / "home")
    return tmp_path / "home"


@pytest.fixture
def lists(call, home):
    """Every lead of the last run."""
    kinds = ("institution", "pharmacy", "practitioner", "person", "group")
    return [r for k in kinds for r in json.loads(call("watchlist", k, "--top", 500, "--home", home, "--json")[1])]


def test_numbers_are_numbers_in_json(lists):
    for lead in lists:
        for name in ("rank", "score", "amount_at_risk", "fund_at_risk", "expected_yield", "findings"):
            assert isinstance(lead[name], int | float), (name, lead[name])


@pytest.mark.parametrize("kind", ["institution", "person", "group"])
def test_ids_and_amounts_stay_whole_on_a_narrow_terminal(call, home, lists, monkeypatch, kind):
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    code, out, _ = call("watchlist", kind, "--home", home)
    out = re.sub(r"\x1b\[[0-9;]*m", "", out)
    words = out.split()
    wanted = [r for r in lists if r["subject_type"] == kind][:20]
    assert code == 0 and wanted
    for lead in wanted:
        assert {lead["lead_id"], lead["subject_id"], f"{lead['amount_at_risk']:.2f}"} <= set(words)
    assert max(map(len, out.splitlines())) <= 80


def test_explain_names_the_subject_and_orders_rules_by_money(call, home, lists):
    lead = max((r for r in lists if r["subject_type"] == "institution"), key=lambda r: len(r["rules"].split(";")))
    code, out, _ = call("explain", lead["lead_id"], "--home", home)
    assert code == 0 and lead["subject_name"] in out.splitlines()[0]
    evidence = json.loads(call("explain", lead["lead_id"], "--home", home, "--json")[1])["evidence"]
    yuan = {}
    for row in evidence:
        yuan[row["source"]] = yuan.get(row["source"], 0) + (row["amount"] or 0)
    shown = [line.split(" [")[1].split("]")[0] for line in out.splitlines() if " findings, " in line and " [" in line]
    assert len(shown) > 1 and [yuan[s] for s in shown] == sorted(yuan.values(), reverse=True)


def test_explain_says_where_the_rest_stands_and_it_stands_there(call, home, lists):
    """Tiers A and B have a file with the rest; tier C has none, and is told how to see all."""
    seen = set()
    for lead in lists:
        tier = "C" if lead["tier"] == "C" else "AB"
        if tier in seen or lead["findings"] < 2:
            continue
        code, out, _ = call("explain", lead["lead_id"], "--home", home, "--lines", 1)
        more = [line for line in out.splitlines() if line.startswith("  and ")]
        if code == 0 and more:
            seen.add(tier)
            path = home.resolve() / "runs" / lead["run_id"] / "leads" / lead["lead_id"] / "evidence.csv"
            if tier == "AB":
                assert path.exists() and all(line.endswith(f" more in {path}") for line in more)
            else:
                assert not path.exists() and "evidence.csv" not in out
                lines = max(int(line.split("--lines ")[1]) for line in more)
                full = call("explain", lead["lead_id"], "--home", home, "--lines", lines)[1]
                assert full.count("  - ") == lead["findings"] and "  and " not in full
    assert seen == {"AB", "C"}


def test_a_closed_lead_is_explained_from_the_register(call, own, lists, tmp_path):
    lead = lists[0]
    file = tmp_path / "v.csv"
    file.write_text(
        f"线索编号,核查结论,确认违规金额,核查日期,理由\n{lead['lead_id']},查实,12.50,2026-01-31,有记录\n",
        encoding="utf-8",
    )
    assert call("verdict", "import", file, "--yes", "--home", own)[0] == 0
    code, out, _ = call("explain", lead["lead_id"], "--home", own)
    assert code == 0 and "Verdict of 2026-01-31: confirmed (查实, 12.50 yuan confirmed, 有记录)" in out
    with open_warehouse(own) as con:
        con.execute("delete from model.lead where lead_id = $lead", {"lead": lead["lead_id"]})
    code, out, _ = call("explain", lead["lead_id"], "--home", own)
    assert code == 0 and lead["subject_id"] in out and "closed on 2026-01-31" in out and "confirmed" in out
    told = json.loads(call("explain", lead["lead_id"], "--home", own, "--json")[1])
    assert told["conclusion"] == "confirmed" and told["confirmed_amount"] == 12.5
    code, _, err = call("explain", "L0", "--home", own)
    assert code == 2 and "No run ever opened a lead L0" in err


def test_a_lead_that_is_found_no_more_is_explained_too(call, own, lists):
    with open_warehouse(own) as con:
        con.execute("delete from model.lead where lead_id = $lead", {"lead": lists[0]["lead_id"]})
    code, out, _ = call("explain", lists[0]["lead_id"], "--home", own)
    assert code == 0 and "does not find it any more" in out


def test_runs_name_folders_that_hold_wherever_one_stands_and_home_is(call, own, tmp_path, monkeypatch):
    moved = tmp_path / "elsewhere"
    own.rename(moved)
    monkeypatch.chdir("/")
    (row,) = json.loads(call("runs", "--home", moved, "--json")[1])
    assert row["folder"] == str(moved / "runs" / row["run_id"])
    with open_warehouse(moved) as con:
        assert con.sql("select folder from run.run").fetchall() == [(f"runs/{row['run_id']}",)]
        con.execute("update run.run set folder = 'old_home/runs/x'")  # as earlier versions wrote it
    assert json.loads(call("runs", "--home", moved, "--json")[1]) == [row]


@pytest.fixture
def busy(home):
    """Another process that has the warehouse open to write, as a run has."""
    code = (
        "import sys, pathlib\nfrom data.warehouse.connection import open_warehouse\n"
        "with open_warehouse(pathlib.Path(sys.argv[1])):\n    print('open', flush=True)\n    sys.stdin.read()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(home)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "open\n"
    yield
    process.stdin.close()
    process.wait(timeout=30)
    process.stdout.close()


def test_while_a_run_is_on_the_published_run_is_read(call, home, lists, busy):
    for kind in ("institution", "person", "group"):
        code, out, err = call("watchlist", kind, "--top", 500, "--home", home, "--json")
        assert code == 0 and "as it was published" in err
        told, wanted = json.loads(out), [r for r in lists if r["subject_type"] == kind]
        for name in ("lead_id", "subject_id", "rank", "score", "amount_at_risk", "status", "reasons", "first_on"):
            assert [r[name] for r in told] == [r[name] for r in wanted], name
    code, out, _ = call("runs", "--home", home, "--json")
    assert code == 0 and [r["folder"] for r in json.loads(out)] == [str(home / "runs" / lists[0]["run_id"])]
    for lead in (next(r for r in lists if r["tier"] in "AB"), next(r for r in lists if r["tier"] == "C")):
        code, out, _ = call("explain", lead["lead_id"], "--home", home)
        assert code == 0 and lead["subject_id"] in out and (" - " in out or lead["reasons"] in out)
    assert call("explain", "L0", "--home", home)[0] == 2


SAID = (
    "finding_id",
    "source",
    "title",
    "clause",
    "explanation",
    "certainty",
    "amount",
    "counted_amount",
    "occurred_on",
)
LANGUAGES = ("en", "zh")
WORDED = ("institution", "person", "group")


@pytest.fixture
def in_words(call, home, lists):
    """Lists and leads in both languages while nobody has the warehouse: (language, kind or lead) -> what is told."""
    answers = {}
    for language in LANGUAGES:
        for kind in WORDED:
            answers[language, kind] = json.loads(
                call("watchlist", kind, "--top", 500, "--home", home, "--language", language, "--json")[1]
            )
        for lead in some(lists):
            answers[language, lead] = json.loads(
                call("explain", lead, "--home", home, "--language", language, "--json")[1]
            )
    return answers


def some(lists):
    """A place and a group, and a lead without a folder."""
    group = next(r["lead_id"] for r in lists if r["subject_type"] == "group")
    return [lists[0]["lead_id"], group, next(r["lead_id"] for r in lists if r["tier"] == "C")]


@pytest.mark.slow
def test_while_a_run_is_on_the_answer_comes_in_the_language_asked_for(call, home, lists, in_words, busy):
    for (language, what), wanted in in_words.items():
        if what in WORDED:
            code, out, _ = call("watchlist", what, "--top", 500, "--home", home, "--language", language, "--json")
            assert code == 0 and json.loads(out) == wanted, (language, what)
            continue
        code, out, _ = call("explain", what, "--home", home, "--language", language, "--json")
        answer = json.loads(out)
        findings, free = (
            pl.DataFrame(e, infer_schema_length=None) for e in (answer.pop("evidence"), wanted["evidence"])
        )
        assert code == 0 and findings.height and answer == {name: wanted[name] for name in answer}, (language, what)
        assert findings.select(SAID).equals(free.select(SAID)), (language, what)
    assert re.search(r"[\u4e00-\u9fff]", in_words["zh", "institution"][0]["reasons"])


def asked(call, home, *command):
    """The answer of a command as JSON and what it said beside it."""
    code, out, err = call(*command, "--home", home, "--json")
    assert code == 0, (command, err)
    return json.loads(out), err


FIGURES = (
    ("fund",),
    ("fund", "--insurance", "310"),
    ("prices",),
    ("prices", "--kind", "pharmacy", "--above", "1.2", "--peers", "3"),
    ("rule", "coverage"),
)


@pytest.fixture
def free(call, home):
    """What the figures are while nobody has the warehouse."""
    return {command: asked(call, home, *command)[0] for command in FIGURES}


def test_figures_that_a_run_kept_are_read_while_the_next_one_is_on(call, home, free, busy, tmp_path):
    for command in FIGURES:
        told, err = asked(call, home, *command)
        assert told == free[command] and told and "as it was published" in err, command
    account = tmp_path / "account.csv"
    account.write_text("月份,险种,累计结余\n2025-01,310,1000000\n", encoding="utf-8")
    told, _ = asked(call, home, "fund", "--account", str(account))
    assert any(month["balance"] for month in told["months"]), "the account is asked all the same"


def test_what_no_run_keeps_says_who_has_the_warehouse_and_what_can_be_read_meanwhile(call, home, busy):
    for command in (("burden", "--line", "100"), ("suppress",), ("rejected", "list"), ("verdict", "form", "f.csv")):
        code, out, err = call(*command, "--home", home)
        assert code == 1 and not out and err.count("\n") == 1, command
        assert "is in use by process" in err and "Ask again when it is done" in err and "`fund`" in err
        _, _, told = call(*command, "--home", home, "--language", "zh")
        assert "使用。请待其结束后再试；其间可用" in told
    assert call("doctor", "--home", home)[0] == 0


def test_lists_of_an_earlier_version_say_that_their_language_is_that_of_the_run(call, home, lists, busy):
    aside = (home / "kept").rename(home / "kept_aside")
    lead = next(r for r in lists if r["tier"] in "AB")
    try:
        answers = [call(*c, "--home", home, "--language", "zh") for c in (("watchlist",), ("explain", lead["lead_id"]))]
    finally:
        aside.rename(home / "kept")
    assert [(code, "以下文字为当时所用的语言" in err) for code, _, err in answers] == [(0, True)] * 2
    assert lead["lead_id"] in answers[1][1]


def test_a_home_that_kept_nothing_says_that_it_is_in_use(call, home, busy):
    aside = (home / "kept").rename(home / "kept_aside")
    try:
        code, _, err = call("fund", "--home", home)
    finally:
        aside.rename(home / "kept")
    assert code == 1 and "is in use by process" in err


def test_only_the_last_run_is_kept_and_it_names_nobody(home):
    (run,) = (home / "kept").iterdir()
    assert (home / "runs" / run.name / "manifest.json").exists()
    columns = {name for path in run.glob("*.parquet") for name in pl.read_parquet_schema(path)}
    assert {"price", "month", "hits"} <= columns and not columns & {"person_id", "person_name", "psn_no"}


def test_an_area_s_list_is_that_of_the_whole_cut(call, home, lists, tmp_path):
    with open_warehouse(home, read_only=True) as con:
        held = areas.held(con)
        whole = watchlists.lists(con, "R", language="en", unmask=False)
        area = whole["institution"]["region"][0]
        assert areas.write(con, Settings(home=home), whole, tmp_path, NOTHING) == {}
        assert set(areas.write(con, Settings(home=home, areas={area: {}}), whole, tmp_path, NOTHING)) == {"areas"}
        everywhere = {place: areas.cut(con, whole["group"], place)["lead_id"].to_list() for place in held}
    assert [p.name for p in tmp_path.iterdir()] == ["areas"]
    for kind, rows in whole.items():
        read = pl.read_csv(tmp_path / "areas" / area / f"watchlist_{kind}.csv", infer_schema=False)
        assert read.columns == rows.columns and (kind != "institution" or 0 < read.height < rows.height)
        assert [int(r) for r in read["rank"]] == sorted(int(r) for r in read["rank"])
        code, out, _ = call("watchlist", kind, "--area", area, "--top", 500, "--home", home, "--json")
        assert code == 0 and [r["lead_id"] for r in json.loads(out)] == read["lead_id"].to_list()
    # a group is in the list of every area in which it has been, and in one at least
    assert {lead for found in everywhere.values() for lead in found} == set(whole["group"]["lead_id"])
    code, _, err = call("watchlist", "--area", "11", "--home", home)
    assert code == 2 and "No place of the record lies in area '11'" in err
    code, _, err = call("watchlist", "--area", area, "--domain", "oncology", "--home", home)
    assert code == 2 and "Give --area or --domain, not both." in err
