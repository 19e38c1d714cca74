"""The command line as its user meets it: answers, sentences, exit codes."""

import json
import os
import re
import signal
import subprocess
import sys
import time
import tomllib
from pathlib import Path

import pytest

from data.warehouse.connection import open_warehouse


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


@pytest.mark.slow
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
    assert code == 0 and sum(row["items"] for row in json.loads(out)["areas"]) == 260


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
        (["run"], 2, "INPUT is missing. Try `fundwatch run --help`"),
        (["run", "{tmp}", "--objective", "luck"], 2, "hit_rate"),
        (["frobnicate"], 2, "Unknown command"),
        (["watchlist", "dentist"], 2, "no list of 'dentist'"),
        (["watchlist", "person"], 2, "no warehouse yet"),
        (["detect"], 2, "no warehouse yet"),
        (["run", "{tmp}", "extra"], 2, "'extra' is more than this command takes"),
        (["watchlist", "--top", "0"], 2, "--top is '0'; it must be a whole number of at least 1"),
        (["watchlist", "--top", "-3"], 2, "--top is '-3'"),
        (["watchlist", "--top", "2.5"], 2, "--top is '2.5'"),
        (["explain", "L1", "--lines", "-1"], 2, "--lines is '-1'"),
        (["prices", "--top", "0"], 2, "--top is '0'"),
        (["run", "{tmp}", "--top", "0"], 2, "--top is '0'"),
        (["simulate", "{tmp}/t", "--dose", "abc"], 2, "--dose is 'abc'; it must be a number"),
        (["run", "{tmp}", "--seed", "-1"], 2, "--seed is -1"),
        (["explain"], 2, "LEAD_ID is missing. Try `fundwatch explain --help`"),
        (["rule", "show", "nothing"], 2, "no rule 'nothing'"),
        (["rule", "show", "split_admision"], 2, "Did you mean 'split_admission'?"),
        (["rule", "test", "idle_stays"], 2, "Did you mean 'idle_stay'?"),
        (["watchlist", "persons"], 2, "Did you mean 'person'?"),
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
        ("seed = -1", "seed is -1"),
        ('memory_limit = "lots"', "fundwatch.toml: memory_limit is 'lots'; it must be"),
        ("memory_limit = 3", "memory_limit is 3"),
        ('memory_limit = "0GB"', "memory_limit is '0GB'"),
        ("threads = -1", "threads is -1"),
        ("threads = true", "threads is true"),
        ('pseudonyms = "yes"', "pseudonyms is 'yes'; it must be true or false"),
        ("burden_line = -5", "burden_line is -5"),
        ("burden_line = nan", "burden_line is nan"),
        ("cron = 5", "cron is 5"),
        ('language = "de"', "fundwatch.toml: language is 'de'; it must be en or zh"),
        ("capacity = 3", "capacity is 3"),
        (
            "[rules.split_admission]\nmax_gap = -99999",
            "[rules.split_admission] in fundwatch.toml: max_gap is -99999; it must be a number (days), not below 0.",
        ),
        ("[rules.split_admission]\nmax_gap = inf", "max_gap is inf"),
        ("[detectors.person_ensemble]\ntrees = 0", "[detectors.person_ensemble] in fundwatch.toml: trees is 0"),
        (
            "[detectors.co_visit_ring]\nshare = 1.5",
            "share is 1.5; it must be a number (share), not below 0 and not above 1.",
        ),
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
    assert code == 2 and words in err and plain(err)
    code, out, _ = call("doctor", "--home", tmp_path, "--json")
    assert code == 1 and any(words in line["said"] for line in json.loads(out) if line["state"] == "bad")


def test_a_second_writer_is_told_who_holds_the_home(call, hamlet, tmp_path):
    from flows.home import lock

    with lock.hold(tmp_path):
        said = subprocess.run(
            [sys.executable, "-m", "flows.cli", "run", str(hamlet), "--home", str(tmp_path)],
            capture_output=True,
            text=True,
        )
    assert said.returncode == 1 and "is in use by process" in said.stderr


@pytest.mark.parametrize(("name", "value"), [("THREADS", "-2"), ("PSEUDONYMS", "maybe"), ("MEMORY_LIMIT", "much")])
def test_a_wrong_variable_is_named(call, tmp_path, monkeypatch, name, value):
    monkeypatch.setenv(f"FUNDWATCH_{name}", value)
    code, _, err = call("rule", "list", "--home", tmp_path)
    assert code == 2 and f"FUNDWATCH_{name} is " in err and plain(err)


@pytest.mark.parametrize(
    "words",
    ["features", "detect", "rank", "publish", "check", "screen {new}", "watchlist", "explain L1", "runs", "fund", "prices",
     "suppress person P1 --reason x", "verdict import {new}/setl_d.csv", "verdict form {new}/f.csv", "replay 20260101-x"],
)  # fmt: skip
def test_a_mistyped_home_makes_no_folder(call, tmp_path, delivery, clean, words):
    new = delivery(clean)
    home = tmp_path / "hoem"
    code, _, err = call(*words.format(new=new).split(), "--home", home, "--quiet")
    assert code == 2 and plain(err) and str(home) in err and "no warehouse" in err
    assert not home.exists()


def test_with_json_an_error_is_a_json_document_too(call, tmp_path):
    for arguments, code in ((["run", tmp_path / "nowhere"], 3), (["watchlist"], 2), (["watchlist", "--top", "0"], 2)):
        found, out, err = call(*arguments, "--home", tmp_path / "home", "--quiet", "--json")
        assert found == code and plain(err)
        assert json.loads(out) == {"error": err.strip().removeprefix("fundwatch: "), "exit_code": code}
    code, out, _ = call("doctor", tmp_path / "nowhere", "--home", tmp_path / "home", "--json")
    assert code == 1 and isinstance(json.loads(out), list)  # the report alone: one document


def test_run_answers_with_data(call, finished, tmp_path):
    import shutil

    settings, outcomes = finished
    home = shutil.copytree(settings.home, tmp_path / "home")
    code, out, _ = call("run", settings.input, "--home", home, "--quiet", "--json")
    told, run_id = json.loads(out), outcomes["publish"].run_id
    assert code == 0 and told["run_id"] == run_id and told["folder"] == str(home.resolve() / "runs" / run_id)
    assert list(told["steps"]) == ["ingest", "check", "features", "detect", "rank", "publish"]
    assert all(step["sentence"] and " ..." not in step["sentence"] for step in told["steps"].values())
    assert told["steps"]["ingest"]["loaded"] == 0 and told["steps"]["ingest"]["rows"] > 0
    assert told["steps"]["rank"]["person"] == outcomes["rank"].counts["person"] > 0
    assert outcomes["ingest"].counts["loaded"] > 0 and f"{outcomes['detect'].counts['hits']:,} hits" in str(
        outcomes["detect"]
    )


def test_the_version_is_the_release_and_the_code(call):
    from flows.home import version

    code, out, _ = call("--version")
    assert code == 0 and out.strip() == f"fundwatch {version.__version__} (code {version.code()})"
    assert re.fullmatch(r"20\d\d\.(0?[1-9]|1[0-2])(\.\d+)?", version.__version__)
    wanted = tomllib.loads((Path(version.ROOT) / "pyproject.toml").read_text(encoding="utf-8"))
    assert (
        "version" in wanted["project"]["dynamic"]
        and wanted["tool"]["hatch"]["version"]["path"] == "flows/home/version.py"
    )


@pytest.mark.slow
@pytest.mark.parametrize("moment", ["check ...", "detect ..."])
def test_ctrl_c_is_one_sentence_and_the_next_run_goes_on(hamlet, tmp_path, few, moment):
    home = few(tmp_path / "home")
    command = [sys.executable, "-m", "flows.cli", "run", str(hamlet), "--home", str(home)]
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    while moment not in process.stderr.readline():
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130 and "Traceback" not in err and out == ""
    assert err.strip().splitlines()[-1] == "fundwatch: Stopped; run again to go on. What was finished stays."
    if moment == "detect ...":
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.returncode == 0 and "ingest: nothing new" in done.stdout and "publish: run " in done.stdout


STOPPED_EN = "fundwatch: Stopped; run again to go on. What was finished stays.\n"
STOPPED_ZH = "fundwatch: 已停止；重新运行即可继续，已完成的部分保留。\n"


@pytest.mark.parametrize(
    ("moment", "arguments", "environ", "sentence"),
    [
        ("cyclopts", [], {}, STOPPED_EN),
        ("flows.cli", ["run", "x", "--language", "en"], {"FUNDWATCH_LANGUAGE": "zh"}, STOPPED_EN),
        ("flows.commands.common", ["run", "x", "--language=zh"], {}, STOPPED_ZH),
        ("flows.language", ["run", "x"], {"FUNDWATCH_LANGUAGE": "zh"}, STOPPED_ZH),
        ("flows.cli", ["run", "x", "--home", "HOME"], {}, STOPPED_ZH),
    ],
)
def test_ctrl_c_while_the_modules_are_read_is_one_sentence(tmp_path, moment, arguments, environ, sentence):
    (tmp_path / "fundwatch.toml").write_text('language = "zh"\n', encoding="utf-8")
    begin = (
        "import os, signal, sys\n"
        "class Press:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        f"        if name == {moment!r}: os.kill(os.getpid(), signal.SIGINT)\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "sys.meta_path.insert(0, Press())\n"
        "from flows.start import main\n"
        "main()\n"
    )
    words = [str(tmp_path) if word == "HOME" else word for word in arguments]
    clean = {name: value for name, value in os.environ.items() if not name.startswith("FUNDWATCH_")}
    ended = subprocess.run(
        [sys.executable, "-c", begin, *words], env=clean | environ, capture_output=True, text=True, cwd=tmp_path.parent
    )
    assert ended.returncode == 130 and ended.stdout == "" and ended.stderr == sentence


def test_an_out_that_cannot_be_written_is_refused_before_the_work(call, hamlet, tmp_path):
    (tmp_path / "file").write_text("x", encoding="utf-8")
    home = tmp_path / "home"
    for out in (tmp_path / "file", tmp_path / "file" / "lists", Path("/proc/x")):
        code, _, err = call("run", hamlet, "--home", home, "--out", out, "--quiet")
        assert code == 2 and plain(err) and f"--out {out} cannot be written" in err and "nothing was done" in err
    with open_warehouse(home, read_only=True) as con:
        assert con.sql("select count(*) from run.input_file").fetchall() == [(0,)]
    assert not (home / "runs").exists()


def test_publish_refuses_such_an_out_too_and_a_later_failure_says_that_the_run_stands(
    call, finished, tmp_path, monkeypatch
):
    import shutil

    from flows.publish import publish

    home = shutil.copytree(finished[0].home, tmp_path / "home")
    (tmp_path / "file").write_text("x", encoding="utf-8")
    shutil.rmtree(home / "runs")
    code, _, err = call("publish", "--home", home, "--out", tmp_path / "file", "--quiet")
    assert code == 2 and not (home / "runs").exists()

    def full(*_):
        raise OSError(28, "No space left on device", str(tmp_path / "out" / "x"))

    monkeypatch.setattr(publish, "_copy", full)
    code, _, err = call("publish", "--home", home, "--out", tmp_path / "out", "--quiet")
    (run,) = json.loads(call("runs", "--home", home, "--json")[1])
    assert code == 1 and plain(err) and f"Run {run['run_id']} is published in" in err and "as it was" not in err
    assert Path(run["folder"], "manifest.json").exists()


def test_options_beat_environment_beats_file(tmp_path):
    from flows.home.settings import load

    (tmp_path / "fundwatch.toml").write_text("seed = 1\nobjective = 'money'\nlanguage = 'zh'\n", encoding="utf-8")
    environ = {"FUNDWATCH_SEED": "2", "FUNDWATCH_OBJECTIVE": "hit_rate"}
    settings = load(tmp_path, environ, seed=3)
    assert (settings.seed, settings.objective, settings.language) == (3, "hit_rate", "zh")


def test_demo_shows_every_list_beside_the_truth(call, tmp_path, few):
    code, out, _ = call("demo", "--persons", 600, "--home", few(tmp_path / "demo").parent, "--quiet")
    assert code == 0
    for word in ("watchlist: institution", "watchlist: group", "planted truth", "Everything is in"):
        assert word in out
