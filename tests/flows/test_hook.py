"""after_success, after_failure: what HOME's file names runs after a run, hears how it ended, and changes nothing."""

import json
import sys

import pytest

from data.errors import InputRefused, UsageError
from flows import hook, options
from flows.cli import main
from flows.commands import run
from flows.home.settings import Settings, load
from flows.outcome import Outcome

#: Writes what its environment tells into a file of HOME, its working folder.
TELL = (
    "import json, os; json.dump({k: v for k, v in os.environ.items() if k.startswith(('FUNDWATCH', 'PREFECT'))},"
    " open('heard.json', 'w'))"
)


def toml(home, **commands):
    home.mkdir(exist_ok=True)
    (home / "fundwatch.toml").write_text("".join(f"{k} = {json.dumps(v)}\n" for k, v in commands.items()))


def heard(home):
    return json.loads((home / "heard.json").read_text())


@pytest.fixture
def home(tmp_path):
    toml(tmp_path / "home", after_success=[sys.executable, "-c", TELL], after_failure=[sys.executable, "-c", TELL])
    return tmp_path / "home"


def test_a_run_that_published_says_where(home, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("FUNDWATCH_SERVICE", "secret")
    monkeypatch.setenv("PREFECT_API_AUTH_STRING", "secret")
    published = {"publish": Outcome("done", {}, "R1", home / "runs" / "R1")}
    monkeypatch.setattr(run, "run_directly", lambda settings, common: published)
    main(["run", str(tmp_path), "--home", str(home), "--out", str(tmp_path / "out"), "--no-prefect", "--json"])
    assert heard(home) == {
        "FUNDWATCH_HOME": str(home),
        "FUNDWATCH_EXIT": "0",
        "FUNDWATCH_STATE": "completed",
        "FUNDWATCH_RUN_ID": "R1",
        "FUNDWATCH_FOLDER": str(home / "runs" / "R1"),
        "FUNDWATCH_OUT": str(tmp_path / "out"),
    }
    assert json.loads(capsys.readouterr().out)["run_id"] == "R1"


@pytest.mark.parametrize(("error", "code"), [(InputRefused("refused"), 3), (RuntimeError("unforeseen"), 1)])
def test_a_run_that_failed_says_how(home, tmp_path, monkeypatch, capsys, error, code):
    def fail(settings, common):
        raise error

    monkeypatch.setattr(run, "run_directly", fail)
    with pytest.raises((SystemExit, RuntimeError)):
        main(["run", str(tmp_path), "--home", str(home), "--no-prefect"])
    variables = heard(home)
    assert (variables["FUNDWATCH_EXIT"], variables["FUNDWATCH_STATE"]) == (str(code), "failed")
    assert (variables["FUNDWATCH_RUN_ID"], variables["FUNDWATCH_OUT"]) == ("", "")


def test_who_stops_a_run_is_there_and_hears_nothing(home, tmp_path, monkeypatch, capsys):
    def stop(settings, common):
        raise KeyboardInterrupt

    monkeypatch.setattr(run, "run_directly", stop)
    with pytest.raises(SystemExit) as left:
        main(["run", str(tmp_path), "--home", str(home), "--no-prefect"])
    assert left.value.code == 130
    assert not (home / "heard.json").exists()


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        (["/no/such/program"], "after_success could not be started: No such file or directory."),
        ([sys.executable, "-c", "raise SystemExit('no network')"], "after_success ended with 1: no network."),
        (
            [sys.executable, "-c", "import subprocess, time; subprocess.Popen(['sleep', '9']); time.sleep(9)"],
            "after_success was ended after 0.5 seconds.",
        ),
    ],
)
def test_what_goes_wrong_with_it_is_said_and_the_run_stands(tmp_path, command, sentence):
    sentences = []
    hook.call(Settings(home=tmp_path, after_success=tuple(command)), 0, sentences.append, seconds=0.5)
    assert sentences == [f"{sentence} The run stands as it is."]


@pytest.mark.parametrize("value", ["notify lists", [], ["notify", 1], [""]])
def test_it_is_a_list_of_words(tmp_path, value):
    toml(tmp_path / "home", after_success=value)
    with pytest.raises(UsageError, match=r"fundwatch\.toml: after_success is .*; it must be a list of words"):
        load(tmp_path / "home", {})


def test_no_environment_and_no_caller_names_one(tmp_path):
    assert load(tmp_path, {"FUNDWATCH_AFTER_SUCCESS": "notify"}).after_success == ()
    with pytest.raises(UsageError, match="cannot be asked for after_success"):
        options.of({"home": str(tmp_path), "input": str(tmp_path)}, {"after_success": ["notify"]})
