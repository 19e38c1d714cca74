"""Old and new price codes: rows follow a bureau's map both ways, and a month whose codes nobody knows is warned of."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from data.checks import checking
from data.knowledge import load as knowledge_load
from data.warehouse.connection import ddl

BED, VISIT, WARM, NEW, OTHER = (
    "001109000010000",
    "001102000050000",
    "001104000010000",
    "011101000010000",
    "011101000020000",
)
MAP = "new_code,old_code,basis\n"
FREQUENCY = "item_code,max_quantity,time_window,official,basis\n"
CHECK = next(c for c in checking.load() if c.name == "coverage_service_code")


@pytest.fixture
def con():
    with duckdb.connect() as connection:
        connection.execute(ddl())
        yield connection


def _load(con, folder: Path, **files: str) -> None:
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    knowledge_load.load(con, folder)


def _limits(con, code: str) -> list[tuple[int, str]]:
    return con.execute(
        "select max_quantity::integer, layer from knowledge.item_frequency where item_code = $1", [code]
    ).fetchall()


def test_a_new_code_takes_over_what_its_old_one_says(con, tmp_path):
    _load(con, tmp_path / "k", price_code_map=f"{MAP}{NEW},{BED},省文件\n")
    assert _limits(con, NEW) == [(1, "derived")] and _limits(con, BED) == [(1, "nation")]


def test_an_old_code_takes_over_what_its_new_one_says(con, tmp_path):
    old = "001199000990000"
    own = f"{FREQUENCY}{NEW},3,day,27,省文件\n"
    _load(con, tmp_path / "k", price_code_map=f"{MAP}{NEW},{old},省文件\n", item_frequency=own)
    assert _limits(con, old) == [(3, "derived")] and _limits(con, NEW) == [(3, "city")]


def test_of_several_old_codes_all_must_say_the_same(con, tmp_path):
    same = f"{MAP}{NEW},{BED},省文件\n{NEW},{VISIT},省文件\n"
    _load(con, tmp_path / "k", price_code_map=same)
    assert _limits(con, NEW) == [(1, "derived")]
    unknown = f"{MAP}{NEW},{BED},省文件\n{NEW},001199000990000,省文件\n"
    _load(con, tmp_path / "k", price_code_map=unknown)
    assert _limits(con, NEW) == []
    differing = f"{FREQUENCY}{WARM},5,day,27,省文件\n"
    _load(con, tmp_path / "k", price_code_map=f"{MAP}{NEW},{BED},文\n{NEW},{WARM},文\n", item_frequency=differing)
    assert _limits(con, NEW) == []


def test_one_old_code_may_have_become_several_and_pairs_follow(con, tmp_path):
    knowledge_load.load(con)
    a, b = con.sql("select item_a_code, item_b_code from knowledge.exclusive_pair order by 1, 2 limit 1").fetchall()[0]
    _load(con, tmp_path / "k", price_code_map=f"{MAP}{NEW},{a},文\n{OTHER},{b},文\n")
    pairs = con.execute(
        "select item_a_code, item_b_code, layer from knowledge.exclusive_pair"
        " where item_a_code in ($1, $2) and item_b_code in ($3, $4) order by 1, 2",
        [a, NEW, b, OTHER],
    ).fetchall()
    assert pairs == [(a, b, "nation"), (a, OTHER, "derived"), (NEW, b, "derived"), (NEW, OTHER, "derived")]


def test_beginnings_of_codes_reach_the_new_ones(con, tmp_path):
    """A scan under a new code still is one: contrast medium beside it lacks nothing."""
    _load(con, tmp_path / "k", price_code_map=f"{MAP}{NEW},002103000010000,文\n")
    found = con.execute("select group_id, layer from knowledge.item_group where item_prefix = $1", [NEW]).fetchall()
    assert found == [("ct", "derived")]


def _lines(con, institution: str, month: str, code: str, count: int) -> None:
    con.execute(
        "insert into record.fee_line (line_id, encounter_id, institution_id, item_code, charged_at)"
        " select $1 || n, 'E', $2, $3, cast($4 as timestamp) from generate_series(1, $5) as t(n)",
        [f"{institution}{month}{code}", institution, code, f"{month}-05 10:00:00", count],
    )


def test_months_in_unknown_codes_are_warned_of(con, tmp_path):
    knowledge_load.load(con)
    _lines(con, "H1", "2025-05", BED, 30)
    _lines(con, "H1", "2025-06", BED, 25)
    _lines(con, "H1", "2025-06", NEW, 5)
    _lines(con, "H2", "2025-06", NEW, 19)
    result, _ = checking.judge(con, CHECK)
    assert (result.rows, result.of, result.state) == (1, 3, "warn")
    assert "H1" in (result.example or "") and "2025-06" in (result.example or "")
    _load(con, tmp_path / "k", price_code_map=f"{MAP}{NEW},{BED},文\n")
    assert checking.judge(con, CHECK)[0].state == "ok"
