"""suppress: who is left off comes back when it ends or is lifted; the findings stay."""

import dataclasses
import json
import shutil

import pytest

from data.warehouse.connection import open_warehouse
from flows import steps
from flows.cli import main


@pytest.fixture
def home(finished, tmp_path):
    shutil.copytree(finished[0].home, tmp_path / "home")
    return dataclasses.replace(finished[0], home=tmp_path / "home", out=None)


def ranked(settings):
    """(subject ids of the hospitals' list in order, its first subject's rules) after ranking anew."""
    steps.perform(next(s for s in steps.STEPS if s.name == "rank"), settings)
    with open_warehouse(settings.home, read_only=True) as con:
        rows = con.sql(
            "select subject_id, rules from model.lead where subject_type = 'institution' order by rank"
        ).fetchall()
    return [r[0] for r in rows], dict(rows)


def suppress(settings, *words):
    return main(["suppress", *words, "--home", str(settings.home), "--quiet"])


def test_a_subject_is_left_off_until_it_is_lifted(home, capsys):
    before, _ = ranked(home)
    suppress(home, "institution", before[0], "--reason", "another unit works on it", "--owner", "unit 2")
    without, _ = ranked(home)
    assert before[0] not in without and set(before) - set(without) == {before[0]}
    with open_warehouse(home.home, read_only=True) as con:
        assert con.execute("select count(*) from model.finding where subject_id = $id", {"id": before[0]}).fetchall()[
            0
        ][0]
    logged = json.loads((home.home / "audit.log").read_text(encoding="utf-8").splitlines()[-1])
    assert (logged["event"], logged["subject_id"], logged["reason"]) == (
        "suppress", before[0], "another unit works on it",
    )  # fmt: skip
    suppress(home, "institution", before[0], "--reason", "done", "--lift")
    again, _ = ranked(home)
    assert again == before


def test_one_rule_s_findings_up_to_a_day(home):
    _, rules = ranked(home)
    subject, said = next((s, r) for s, r in rules.items() if ";" in r)
    source = said.split(";")[0]
    suppress(
        home, "institution", subject, "--source", source, "--until", "1999-12-31", "--reason", "approved until then"
    )
    assert source in ranked(home)[1][subject].split(";"), "what occurred later counts"
    suppress(home, "institution", subject, "--source", source, "--reason", "approved")
    assert source not in ranked(home)[1].get(subject, "").split(";")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("institution", "H0"), "the reason"),
        (("institution", "H0", "--reason", "x"), "No institution has the id H0"),
        (("group", "L0", "--reason", "x"), "cannot be left off"),
        (("institution", "H0", "--reason", "x", "--lift"), "nothing can be lifted"),
        (("institution", "H0", "--reason", "x", "--source", "no_such"), "no_such"),
        (("institution", "H0", "--reason", "x", "--until", "soon"), "2025-12-31"),
    ],
)
def test_what_cannot_be_is_one_sentence(home, capsys, words, said):
    with pytest.raises(SystemExit) as stopped:
        suppress(home, *words)
    assert stopped.value.code == 2 and said in capsys.readouterr().err
    with open_warehouse(home.home, read_only=True) as con:
        assert con.sql("select count(*) from casebook.suppression").fetchall() == [(0,)]
