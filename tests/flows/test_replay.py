"""replay: a past run is rebuilt from its manifest; a changed input, code or output is named."""

import dataclasses
import json
import shutil

import polars as pl
import pytest

from data.errors import InputRefused, UsageError
from data.warehouse.connection import open_warehouse
from flows import casebook_before, replay, steps
from flows.cli import main
from flows.home.settings import Settings

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def place(tmp_path_factory, few):
    """A small home with two runs, the second after a second delivery: (settings, run id, later run id)."""
    from data.simulate import simulate

    folder = tmp_path_factory.mktemp("replay")
    simulate(folder / "town", persons=300, seed=5)
    settings = Settings(home=few(folder / "home"), input=folder / "town", seed=3, language="zh")
    said = [steps.perform(step, settings) for step in steps.STEPS]
    first = said[-1].run_id
    (folder / "more").mkdir()
    bills = pl.read_csv(folder / "town" / "setl_d.csv.gz", infer_schema=False).head(1)
    bills.with_columns(setl_id=pl.lit("S-LATER")).write_csv(folder / "more" / "setl_d.csv")
    said = [steps.perform(step, dataclasses.replace(settings, input=folder / "more")) for step in steps.STEPS]
    return settings, first, said[-1].run_id


def copy_of(place, tmp_path):
    """The home where a test may spoil it."""
    settings, run_id, _ = place
    home = tmp_path / "home"
    shutil.copytree(settings.home, home)
    return dataclasses.replace(settings, home=home), run_id


def test_a_first_run_is_rebuilt_to_the_byte_after_later_deliveries(place, capsys):
    settings, run_id, _ = place
    main(["replay", run_id, "--home", str(settings.home), "--json", "--quiet"])
    found = json.loads(capsys.readouterr().out)
    assert found["identical"] and found["compared"] >= 8 and found["notes"] == []
    assert not list(settings.home.parent.glob(".home.replay"))


def test_a_later_run_takes_its_open_leads_from_the_casebook(place):
    settings, first, later = place
    manifest = replay.read_manifest(settings.home / "runs" / later)
    assert first != later and {one["load"] for one in manifest["inputs"]} == {1, 2}
    found = replay.replay(settings, later)
    assert found.differing == [] and "follow from the casebook" in found.notes[0]


def test_the_casebook_before_a_run_knows_only_what_was_decided_before_it(place, tmp_path):
    settings, first, later = place
    home = tmp_path / "home"
    shutil.copytree(settings.home, home)
    with open_warehouse(home) as con:
        ids = [row[0] for row in con.sql("select lead_id from casebook.lead_register order by 1 limit 2").fetchall()]
        for number, lead_id in enumerate(ids):
            con.execute(
                """
                insert into casebook.verdict by name
                select 'V' || $number as verdict_id, 'f' as file, 1 as row_number, $lead as lead_id,
                    'person' as subject_type, 'P' as subject_id, 'dismissed' as conclusion, '排除' as conclusion_said,
                    date '2026-01-01' as decided_on, true as is_closing,
                    timestamp '2000-01-01' as imported_at,
                    max(event_number) + 2 * $number - 1 as event_number
                from run.run
                """,
                {"number": number, "lead": lead_id},
            )
            con.execute("insert into casebook.judged_finding values ($lead, 'F')", {"lead": lead_id})
        con.execute(
            "update casebook.lead_register set closed_on = date '2026-01-01' where lead_id in $ids", {"ids": ids}
        )
        then = casebook_before.before(con, later).tables
        assert casebook_before.before(con, first).tables["lead_register"].is_empty()
    closed = then["lead_register"].filter(pl.col("closed_on").is_not_null())
    assert closed["lead_id"].to_list() == ids[:1]
    assert then["verdict"]["verdict_id"].to_list() == ["V0"]
    assert then["judged_finding"]["lead_id"].to_list() == ids[:1]


def test_the_manifest_holds_what_replay_needs(place):
    settings, run_id, _ = place
    manifest = json.loads((settings.home / "runs" / run_id / "manifest.json").read_text(encoding="utf-8"))
    assert {one["load"] for one in manifest["inputs"]} == {1}
    assert {"duckdb", "polars", "python"} <= set(manifest["libraries"])
    assert manifest["settings"]["seed"] == 3 and manifest["settings"]["language"] == "zh"
    assert str(settings.input) not in json.dumps(manifest)


def test_what_differs_is_named_with_what_differs_around_it(place, tmp_path, capsys, monkeypatch):
    settings, run_id = copy_of(place, tmp_path)
    folder = settings.home / "runs" / run_id
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    rebuilt = json.loads(json.dumps(manifest))
    for one in rebuilt["outputs"]:
        one["sha256"] = "0" * 64 if one["file"] == "watchlist_person.csv" else one["sha256"]
    monkeypatch.setattr(replay, "_rebuild", lambda *_: rebuilt)
    manifest["code"], manifest["libraries"]["duckdb"] = "0" * 16, "1.0"
    manifest["settings"]["forgotten"] = True
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    with (folder / "account.csv").open("a") as handle:
        handle.write("x\n")
    with pytest.raises(SystemExit) as left:
        main(["replay", run_id, "--home", str(settings.home), "--quiet"])
    said = capsys.readouterr()
    assert left.value.code == 1 and "is not identical: 1 of " in said.err
    assert "differs: watchlist_person.csv\n" in said.out
    assert "changed since it was published: account.csv\n" in said.out
    for words in ("code differs: 0000", "duckdb differs: 1.0 then", "settings that no longer exist: forgotten"):
        assert f"note: {words}" in said.out


def test_a_missing_or_changed_input_is_named(place, tmp_path, capsys):
    settings, run_id, _ = place
    path = settings.input / "psn_status_d.csv"
    content = path.read_bytes()
    try:
        path.write_bytes(content + b"\n")
        with pytest.raises(InputRefused, match=r"psn_status_d\.csv .* is not what the run was made from"):
            replay.replay(settings, run_id)
        path.unlink()
        with pytest.raises(SystemExit) as left:
            main(["replay", run_id, "--home", str(settings.home), "--quiet"])
        assert left.value.code == 3 and "psn_status_d.csv is missing" in capsys.readouterr().err
    finally:
        path.write_bytes(content)


def test_a_run_that_does_not_exist(place):
    with pytest.raises(UsageError, match="There is no run 20200101-ffffffff"):
        replay.replay(place[0], "20200101-ffffffff")
