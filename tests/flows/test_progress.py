"""Progress: what a person sees on a terminal, what a log gets, and what the last run's seconds are worth."""

import io
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console as Rich

from data.warehouse.connection import open_warehouse
from data.warehouse.parts import NO_DATA, Parts, Watcher
from flows import progress
from flows.cli import main
from flows.console import Console

ROOT = Path(__file__).parents[2]


class Terminal(io.StringIO):
    def isatty(self):
        return True


class Heard(Watcher):
    def __init__(self):
        self.begun = []

    def begin(self, part):
        self.begun.append(part)


def work(say, names=("idle_stay", "long_stay"), seconds=None):
    parts = Parts(say, "sources", names, seconds)
    for name in names:
        parts.begin(name)
        parts.end(NO_DATA if name == "long_stay" else "OK")


@pytest.fixture
def drawn(monkeypatch):
    """A run of two steps on a terminal of that width: what it wrote, and each picture as plain text."""

    def draw(width):
        screen, pictures = Terminal(), []
        out = Rich(file=screen, force_terminal=True, width=width, highlight=False, markup=False, emoji=False)
        monkeypatch.setattr(progress, "_terminal", lambda: out)
        paper = Rich(file=io.StringIO(), width=width)

        def look(bar):
            with paper.capture() as seen:
                paper.print(bar.picture())
            pictures.append(seen.get())

        with progress.shown(Console(), 2) as bar:
            with bar.step("features"):
                look(bar)
            with bar.step("detect") as watcher:
                watcher("warn: [bold]a line[/bold]")
                parts = Parts(watcher, "sources", ["idle_stay", "long_stay"], {"idle_stay": 60.0, "long_stay": 600.0})
                for name in ("idle_stay", "long_stay"):
                    parts.begin(name)
                    look(bar)
                    parts.end()
        return screen.getvalue(), pictures

    return draw


@pytest.mark.parametrize("width", [60, 100])
def test_a_terminal_shows_step_count_source_times_and_the_total_and_is_left_clean(drawn, width):
    screen, (before, first, second) = drawn(width)
    assert "step 1 of 2: features" in before and "so far" in before
    assert "step 2 of 2: detect" in first and "1 of 2 sources" in first and "2 of 2 sources" in second
    assert "idle_stay" in first and "about 11:00 left of detect" in first and "long_stay" in second
    assert all(picture.count("\n") == 2 for picture in (before, first, second))  # lines that wrap leave rags behind
    assert "step 2 of 2: detect" in screen and "[bold]a line[/bold]" in screen
    assert re.search(r"1 of 2 OK features \[\d+\.\d\ds\]", screen)
    assert screen.rstrip().endswith("run: done in 0:00")
    assert screen.count("\x1b[?25l") == screen.count("\x1b[?25h") == 1  # the cursor is hidden and comes back


def test_ctrl_c_gives_the_cursor_back_and_says_no_total(monkeypatch):
    screen = Terminal()
    monkeypatch.setattr(progress, "_terminal", lambda: Rich(file=screen, force_terminal=True, width=80))
    with pytest.raises(KeyboardInterrupt), progress.shown(Console(), 2) as bar, bar.step("detect"):
        raise KeyboardInterrupt
    assert screen.getvalue().count("\x1b[?25h") == 1 and screen.getvalue().endswith("\x1b[2K")
    assert "done in" not in screen.getvalue() and "OK" not in screen.getvalue()


def test_a_log_gets_a_line_for_each_source_with_its_place_and_seconds(capsys):
    with progress.shown(Console(), 1) as lines, lines.step("detect") as watcher:
        work(watcher)
    out, err = capsys.readouterr()
    assert out == ""
    assert re.sub(r"\d\.\d\ds", "0.21s", err).splitlines() == [
        "  1 of 2 OK idle_stay [0.21s]",
        "  2 of 2 NO DATA long_stay [0.21s]",
        "detect: done in 0:00",
    ]


def test_quiet_says_nothing(capsys, monkeypatch):
    monkeypatch.setattr(sys, "stderr", Terminal())
    with progress.shown(Console(quiet=True), 2) as silent, silent.step("detect") as watcher:
        work(watcher)
        watcher("a line")
    assert sys.stderr.getvalue() == "" and capsys.readouterr().out == ""


@pytest.mark.parametrize(("term", "is_drawn"), [("xterm", True), ("dumb", False)])
def test_a_terminal_that_cannot_be_drawn_on_gets_lines(monkeypatch, term, is_drawn):
    monkeypatch.setattr(sys, "stderr", Terminal())
    monkeypatch.setenv("TERM", term)
    with progress.shown(Console()) as shown, shown.step("detect") as watcher:
        work(watcher)
    assert ("\x1b[" in sys.stderr.getvalue()) is is_drawn
    assert ("1 of 2 OK idle_stay" in sys.stderr.getvalue()) is not is_drawn


def test_another_listener_hears_the_names_as_ever():
    heard = []
    work(heard.append)
    assert heard == ["idle_stay", "long_stay"]


def test_the_remainder_is_that_of_the_last_run_at_the_pace_of_this_one(monkeypatch):
    now = [0.0]
    monkeypatch.setattr("data.warehouse.parts.time.perf_counter", lambda: now[0])

    def rests(seconds, took):
        heard = Heard()
        parts = Parts(heard, "sources", list(took), seconds)
        for name, spent in took.items():
            parts.begin(name)
            now[0] += spent
            parts.end()
        return [part.rest for part in heard.begun]

    assert rests({"a": 10.0, "b": 30.0, "c": 60.0}, {"a": 10, "b": 30, "c": 60}) == pytest.approx([100, 90, 60])
    assert rests({"a": 10.0, "c": 50.0}, {"a": 10, "b": 30, "c": 50})[0] == pytest.approx(90)  # a new one: the mean
    slower = rests({"a": 10.0, "b": 30.0, "c": 60.0}, {"a": 20, "b": 60, "c": 120})
    assert slower[0] == pytest.approx(100) and 90 < slower[1] < 180 and 60 < slower[2] < 120
    assert rests(None, {"a": 3, "b": 3, "c": 3}) == [None, 6, 3]  # nothing known: a share
    assert rests({"a": 0.0, "b": 0.0}, {"a": 0, "b": 0})[0] is not None  # all of them without data, last time


def test_without_a_terminal_rich_is_not_imported():
    code = (
        "import sys\nfrom flows import progress\nfrom flows.console import Console\n"
        "with progress.shown(Console(), 2) as work, work.step('detect'):\n    pass\nprint('rich' in sys.modules)"
    )
    answer = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert answer.stdout == "False\n" and "1 of 2 OK detect" in answer.stderr, answer.stderr


@pytest.mark.slow
def test_a_run_counts_in_the_log_and_draws_on_a_terminal_and_its_answer_stays_json(
    hamlet, few, tmp_path, capsys, monkeypatch
):
    home = few(tmp_path / "home")
    main(["run", str(hamlet), "--home", str(home), "--json"])
    out, err = capsys.readouterr()
    assert list(json.loads(out)["steps"]) == ["ingest", "check", "features", "detect", "rank", "publish"]
    with open_warehouse(home) as con:
        judged = {source for (source,) in con.sql("select source from model.coverage").fetchall()}
        con.execute("update model.coverage set fingerprint = 'of another day', seconds = 100")
    sources = re.findall(r"^  (\d+) of (\d+) (?:OK|NO DATA) (\w+) \[\d+\.\d\ds\]$", err, re.M)
    assert [int(place) for place, _, _ in sources] == list(range(1, len(judged) + 1))
    assert {name for _, _, name in sources} == judged and {total for _, total, _ in sources} == {str(len(judged))}
    assert re.search(r"^  1 of \d+ OK feature\.\w+ \[", err, re.M) and re.search(r"^4 of 6 OK detect \[", err, re.M)
    assert re.fullmatch(r"run: done in \d+:\d\d", err.splitlines()[-1]) and "\x1b" not in err

    screen = Terminal()
    monkeypatch.setattr(progress, "_terminal", lambda: Rich(file=screen, force_terminal=True, width=100))
    monkeypatch.setattr(progress, "PER_SECOND", 50)
    main(["detect", "--home", str(home), "--json"])
    out, err = capsys.readouterr()
    assert json.loads(out)["steps"]["detect"]["judged"] == len(judged) > 0 and err == ""
    drawn = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", screen.getvalue())
    assert f"of {len(judged)} sources" in drawn and any(f", {name}" in drawn for name in judged)
    assert re.search(r"about \d+:\d\d left of detect", drawn) and "detect: done in 0:" in drawn
