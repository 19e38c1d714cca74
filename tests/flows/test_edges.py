"""Damaged files and impossible orders end in one plain sentence with the right exit code; nothing is changed."""

import os
import random
import re
import sqlite3
import subprocess
import sys

import duckdb
import polars as pl
import pytest

from data.ingest import cells
from data.warehouse import damage
from data.warehouse.connection import FILE_NAME, open_warehouse
from flows import doctor
from flows.home.settings import Settings
from flows.publish.safe import table
from models.workbench import template

READERS = (("watchlist", "institution"), ("runs",), ("suppress",), ("publish",), ("verdict", "form", "f.csv"))
WRITTEN_AND_KILLED = """
import os, sys, duckdb
con = duckdb.connect(sys.argv[1])
con.execute("set checkpoint_threshold = '1TB'")
con.execute("create table casebook.more as select range as a from range(1000)")
os._exit(9)
"""


@pytest.fixture
def home(tmp_path):
    """A HOME with tables in it and no run."""
    with open_warehouse(tmp_path / "home") as con:
        con.execute("insert into record.person (person_id) select range from range(20000)")
    return tmp_path / "home"


def refused(call, home, code, *words):
    """Every reader says one sentence with these words, and doctor a line."""
    before = (home / FILE_NAME).read_bytes()
    for command in READERS:
        left, _, said = call(*command, "--home", home, "--quiet")
        assert left == code and said.count("\n") == 1 and "Traceback" not in said, (command, said)
        assert all(w in said for w in words), said
    assert (home / FILE_NAME).read_bytes() == before
    lines = [(state, text) for what, state, text in doctor.look(Settings(home=home)) if what == "home"]
    assert lines and lines[0][0] == ("bad" if code == 1 else "off")


def test_an_sqlite_file_is_no_warehouse_and_nothing_is_fetched_to_read_it(call, home):
    (home / FILE_NAME).unlink()
    with sqlite3.connect(home / FILE_NAME) as con:
        con.execute("create table t (a)")
    refused(call, home, 1, "an SQLite database")


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04" + bytes(5000), b"\0" * 20000])
def test_nor_is_another_file(call, home, content):
    (home / FILE_NAME).write_bytes(content)
    refused(call, home, 1, "is no warehouse")


@pytest.mark.parametrize("seed", range(3))
def test_flipped_bits_are_called_damage(call, home, seed):
    data, draw = bytearray((home / FILE_NAME).read_bytes()), random.Random(seed)
    for _ in range(2000):
        data[draw.randrange(12288, len(data))] ^= 1 << draw.randrange(8)
    (home / FILE_NAME).write_bytes(data)
    refused(call, home, 1, "damaged", "copy")


def test_a_damaged_wal_is_named_with_what_to_do(call, home):
    subprocess.run([sys.executable, "-c", WRITTEN_AND_KILLED, str(home / FILE_NAME)])
    wal = home / f"{FILE_NAME}.wal"
    data, draw = bytearray(wal.read_bytes()), random.Random(5)
    for _ in range(30):
        data[draw.randrange(len(data))] ^= 4
    wal.write_bytes(data)
    refused(call, home, 1, ".wal", "damaged", "copy")


def test_a_warehouse_without_tables_is_one_nothing_was_loaded_into(call, tmp_path):
    duckdb.connect(str(tmp_path / FILE_NAME)).close()
    for command in (
        ("watchlist", "institution"),
        ("runs",),
        ("suppress",),
        ("rejected", "list"),
        ("burden", "--line", 5),
    ):
        left, _, said = call(*command, "--home", tmp_path, "--quiet")
        assert left == 2 and "holds no tables yet" in said, command


@pytest.mark.parametrize("text", ["{}", "[]", "null", "5", '"x"', '{"fingerprint": 1}', "{", '{"inputs": [1]}'])
def test_a_damaged_manifest_is_said(call, home, text):
    (home / "runs" / "R").mkdir(parents=True)
    (home / "runs" / "R" / "manifest.json").write_text(text)
    left, _, said = call("replay", "R", "--home", home, "--quiet")
    assert left == 1 and "manifest of run R is damaged" in said and said.count("\n") == 1
    assert call("doctor", "--home", home, "--quiet")[0] == 1


@pytest.mark.parametrize(
    "text",
    [
        "memory_limit = 5", 'memory_limit = "abc"', 'memory_limit = "-1GB"', 'memory_limit = "99999999TB"',
        'memory_limit = "0GB"', "threads = -1", "threads = 1000000000", "threads = true", "seed = -1",
        "seed = 99999999999999999999", "rules = 5", "capacity = 5", "detectors = []", "least_yuan = nan",
        "[capacity]\nperson = nan", "[capacity]\ndesk = inf",
    ],
)  # fmt: skip
def test_settings_out_of_range_are_refused_before_anything_is_done(call, tmp_path, text):
    (tmp_path / "fundwatch.toml").write_text(text)
    left, _, said = call("run", tmp_path, "--home", tmp_path, "--quiet")
    assert left == 2 and said.count("\n") == 1 and text.split()[0].strip("[]") in said


@pytest.mark.parametrize(
    "words",
    [
        ("run", ""), ("ingest", " "), ("screen", ""), ("runs", "--home", ""), ("publish", "--out", ""),
        ("publish", "--days", "nan"), ("publish", "--days", "inf"), ("simulate", "t", "--dose", "nan"),
        ("simulate", "t", "--dose", "inf"), ("simulate", "t", "--seed", "-1"), ("burden", "--line", "nan"),
        ("serve", "--input", ".", "--timezone", "no/where"), ("verdict", "form", "f.csv"),
    ],
)  # fmt: skip
def test_impossible_orders_are_usage(call, home, words):
    more = () if "--home" in words or words[0] == "simulate" else ("--home", home)
    left, _, said = call(*words, *more)
    assert left == 2 and said.count("\n") == 1, said


def test_the_machine_bounds_threads_and_memory():
    assert damage.within_threads(10**6) <= 1024 and damage.within_threads(1) == 1
    assert damage.within_memory("100MB") == "100MB" and damage.within_memory("75%") == "75%"
    assert damage.within_memory("900TB").endswith("KiB")


def test_a_lack_of_memory_is_not_blamed_on_the_file():
    with pytest.raises(duckdb.OutOfMemoryException):
        cells.plain(None, duckdb.OutOfMemoryException("failed to allocate"))


def test_full_width_signs_are_disarmed_like_the_plain_ones():
    texts = ["＝1+1", "＋1", "－1", "＠x", "=1", "x＝1"]
    assert table(pl.DataFrame({"a": texts}))["a"].to_list() == [*("'" + t for t in texts[:5]), "x＝1"]


def test_markup_in_a_name_is_a_name(call, home):
    names = ("仁和医院[/b]", "[a]仁和医院", "[bold]x[/bold]", ":smile:")
    with open_warehouse(home) as con:
        for number, name in enumerate(names):
            con.execute(
                "insert into casebook.suppression values"
                " ('institution', $id, null, null, $name, null, false, now()::timestamp, $number)",
                {"id": str(number), "name": name, "number": number + 1},
            )
    left, said, _ = call("suppress", "--home", home)
    assert left == 0 and all(name in said for name in names)


@pytest.mark.parametrize(
    "words",
    [
        "appeal form H1 {out}",
        "appeal list",
        "prices",
        "selfcheck compare",
        "suppress institution H1 --reason r",
        "tiers",
        "transfer L1 --to police",
    ],
)
def test_before_the_first_run_every_command_answers_or_says_so(call, home, tmp_path, words):
    words = [word.format(out=tmp_path / "out.html") for word in words.split()]
    code, _, err = call(*words, "--home", home)
    assert code in (0, 2) and err.count("\n") == (code > 0), err


def test_what_a_terminal_acts_on_is_written_out(call, home, tmp_path):
    """A name from a delivery clears no screen, hides no row and turns no sentence round, in no answer and no error."""
    name = "\x1b[2J\x9b1m仁和\u202e\x07医院"
    with open_warehouse(home) as con:
        con.execute(
            "insert into casebook.suppression by name select 'institution' as subject_type, $n as subject_id, 'r' as"
            " reason, false as is_lifted, now()::timestamp as made_at",
            {"n": name},
        )
    answers = (
        call("suppress", "--home", home),
        call("transfer", name, "--to", "police", "--home", home),
        call("case", "show", name, "--home", home, "--language", "zh"),
    )
    for _, out, err in answers:
        assert "仁和" in out + err
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]", out + err), (out, err)


def test_a_new_rule_on_a_full_disk_leaves_nothing_that_every_command_would_trip_over(tmp_path, monkeypatch):
    def full(handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        template.write(tmp_path, "my_rule")
    assert list((tmp_path / "rules").iterdir()) == []
    monkeypatch.undo()
    assert all(path.stat().st_size for path in template.write(tmp_path, "my_rule"))
    assert len(list((tmp_path / "rules").iterdir())) == 2
