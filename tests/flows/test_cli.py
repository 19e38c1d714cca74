"""The command line as its user meets it: answers, sentences, exit codes."""

import json
import subprocess
import sys
import time

import pytest

from flows.cli import main


@pytest.fixture
def call(capsys):
    """Run a command in this process: (exit code, standard output, standard error)."""

    def run(*arguments):
        code = 0
        try:
            main([str(a) for a in arguments])
        except SystemExit as left:
            code = left.code or 0
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


def plain(sentence):
    return sentence.startswith("fundwatch: ") and "Traceback" not in sentence and sentence.count("\n") == 1


def test_help_answers_fast_and_imports_nothing_heavy():
    best = 9.9
    for _ in range(3):
        started = time.perf_counter()
        said = subprocess.run([sys.executable, "-m", "flows.cli", "--help"], capture_output=True, text=True)
        best = min(best, time.perf_counter() - started)
    assert "watchlists" in said.stdout and said.returncode == 0
    code = "import sys, flows.cli; print([m for m in ('prefect', 'sklearn', 'pyod', 'polars') if m in sys.modules])"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout
    assert loaded.strip() == "[]"
    assert best < 2.0  # a broken laziness costs seconds; the promise of half a second is measured by the benchmark


def test_steps_one_by_one_then_results(call, hamlet, tmp_path, few):
    home = few(tmp_path / "home")
    code, out, _ = call("ingest", hamlet, "--home", home)
    assert code == 0 and "rows loaded" in out
    for step, word in (
        ("features", "feature tables built"),
        ("detect", "hits"),
        ("rank", "leads"),
        ("publish", "run "),
    ):
        code, out, _ = call(step, "--home", home, "--quiet")
        assert code == 0 and word in out
    code, out, _ = call("watchlist", "person", "--home", home, "--json")
    leads = json.loads(out)
    assert code == 0 and leads[0]["rank"] == 1
    code, out, _ = call("explain", leads[0]["lead_id"], "--home", home)
    assert code == 0 and leads[0]["subject_id"] in out and "yuan at risk" in out
    code, out, _ = call("explain", leads[0]["lead_id"], "--home", home, "--language", "zh", "--json")
    told = json.loads(out)
    assert told["evidence"][0]["explanation"]
    named = {place["institution_name"] for place in told["places"]}
    assert named and named == {row["institution_name"] for row in told["evidence"]}
    code, out, _ = call("explain", leads[0]["lead_id"], "--home", home)
    assert code == 0 and all(name in out for name in named)
    code, out, _ = call("runs", "--home", home, "--json")
    assert len(json.loads(out)) == 1
    code, out, _ = call("rule", "coverage", "--home", home, "--json")
    assert {r["source"] for r in json.loads(out)} >= {"item_for_other_sex", "co_visit_ring"}
    code, out, _ = call("doctor", "--home", home)
    assert code == 0 and "settlements" in out


def test_run_prints_the_account_and_a_second_run_says_nothing_new(call, hamlet, tmp_path, few):
    home, out_dir = few(tmp_path / "home"), tmp_path / "out"
    code, out, err = call("run", hamlet, "--home", home, "--out", out_dir)
    assert code == 0 and "rows in =" in err and "yuan" in err
    assert sorted(p.name for p in out_dir.iterdir())[0] == "watchlist_group.csv"
    code, out, _ = call("run", hamlet, "--home", home)
    assert code == 0 and out.count("nothing new") == 6


def test_coverage_of_the_official_problem_items(call, tmp_path):
    code, out, _ = call("rule", "coverage", "--problems", "--home", tmp_path, "--json")
    assert code == 0 and sum(row["items"] for row in json.loads(out)["areas"]) == 202


def test_rules_can_be_listed_and_shown_with_overrides(call, tmp_path):
    (tmp_path / "fundwatch.toml").write_text("[rules.split_admission]\nmax_gap = 3\n", encoding="utf-8")
    code, out, _ = call("rule", "list", "--home", tmp_path, "--json")
    assert code == 0 and len(json.loads(out)) >= 15
    code, out, _ = call("rule", "show", "split_admission", "--home", tmp_path)
    assert code == 0 and "max_gap = 3 (set in fundwatch.toml)" in out and "select" in out


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["run", "{tmp}/nowhere"], 3, "does not exist"),
        (["run", "{tmp}"], 3, "no table of the national export"),
        (["run"], 2, "requires an argument"),
        (["run", "{tmp}", "--objective", "luck"], 2, "hit_rate"),
        (["frobnicate"], 2, "Unknown command"),
        (["watchlist", "dentist"], 2, "no list of 'dentist'"),
        (["watchlist", "person"], 2, "no warehouse yet"),
        (["detect"], 2, "The warehouse is empty"),
        (["rule", "show", "nothing"], 2, "no rule 'nothing'"),
        (["simulate", "{tmp}/t", "--persons", "3"], 2, "at least 200"),
        (["serve", "--input", "{tmp}/nowhere"], 3, "does not exist"),
        (["doctor", "{tmp}/nowhere"], 1, "bad"),
    ],
)
def test_what_goes_wrong_is_one_plain_sentence_with_its_exit_code(call, tmp_path, arguments, code, words):
    given = [a.format(tmp=tmp_path) for a in arguments]
    if given != ["frobnicate"]:
        given += ["--home", str(tmp_path / "home")]
    found, out, err = call(*given, *([] if given == ["frobnicate"] else ["--quiet"]))
    last = err.strip().splitlines()[-1] + "\n"
    assert found == code and words in last + out, err
    assert plain(last)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("colour = 1", "sets colour"),
        ("seed = 'x'", "whole number"),
        ("seed = ", "not TOML"),
        ("[rules.nothing]\na = 1", "names no rule"),
        ("[rules.split_admission]\nnothing = 1", "no parameter nothing"),
        ("rules.split_admission = 1", "write [rules.ID]"),
        ("rules.split_admission.max_gap = {value = 3, reason = 'a'}", "it needs value, reason, owner, date"),
        (
            "rules.split_admission.max_gap = {value = 3, reason = ' ', owner = 'Li', date = 2026-03-01}",
            "reason is empty",
        ),
        ("rules.split_admission.max_gap = {value = 3, reason = 'a', owner = 'Li', date = '2026-03'}", "must be a day"),
    ],
)
def test_a_wrong_settings_file_is_named(call, tmp_path, text, words):
    (tmp_path / "fundwatch.toml").write_text(text, encoding="utf-8")
    code, _, err = call("rule", "list", "--home", tmp_path)
    assert code == 2 and words in err


def test_a_second_writer_is_told_who_holds_the_home(call, hamlet, tmp_path):
    from flows import lock

    with lock.hold(tmp_path):
        said = subprocess.run(
            [sys.executable, "-m", "flows.cli", "run", str(hamlet), "--home", str(tmp_path)],
            capture_output=True,
            text=True,
        )
    assert said.returncode == 1 and "is in use by process" in said.stderr


def test_options_beat_environment_beats_file(tmp_path):
    from flows.settings import load

    (tmp_path / "fundwatch.toml").write_text("seed = 1\nobjective = 'money'\nlanguage = 'zh'\n", encoding="utf-8")
    environ = {"FUNDWATCH_SEED": "2", "FUNDWATCH_OBJECTIVE": "hit_rate"}
    settings = load(tmp_path, environ, seed=3)
    assert (settings.seed, settings.objective, settings.language) == (3, "hit_rate", "zh")


def test_demo_shows_every_list_beside_the_truth(call, tmp_path, few):
    code, out, _ = call("demo", "--persons", 600, "--home", few(tmp_path / "demo").parent, "--quiet")
    assert code == 0
    for word in ("watchlist: institution", "watchlist: group", "planted truth", "Everything is in"):
        assert word in out
