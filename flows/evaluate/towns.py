"""Towns of any size on disk, for measuring: a small simulated town, copied by SQL with numbers, places and persons of
its own in every copy. What was made is kept and taken again."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import duckdb

from data.ingest.normalise import WEIGHTS, quoted
from data.warehouse.paths import escaped

#: Fee lines of a simulated town for each of its persons, and the most that are simulated: the rest is copied.
LINES_A_PERSON, MOST_SIMULATED = 32, 1_000_000
#: Numbers that name one thing of the town: a copy's have its own number behind.
IDS = frozenset(
    "setl_id mdtrt_id init_setl_id init_feedetl_sn bkkp_sn psn_no psn_insu_rlts_id trt_dcla_detl_sn sign_sn"
    " fixmedins_code medins_code rtal_phac_code main_pracins_no ide_fixmedins_no dr_code chfpdr_code bilg_dr_code"
    " acord_dr_code oper_dr_code opter_id emp_no invono uscc fixmedins_name medins_name rtal_phac_name"
    " ide_fixmedins_name addr live_addr".split()
)
#: How far the packs' codes of two copies are apart, of the thirteen digits behind the product's.
STEP, DIGITS = 10_000_000_019, 13
SUFFIXES = {"k": 1_000, "m": 1_000_000}


def lines_of(text: str) -> int:
    """The number that `250k`, `1m` or `20000` stands for. Raises ValueError."""
    written = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)([km]?)", text.strip().lower())
    lines = round(float(written[1]) * SUFFIXES.get(written[2], 1)) if written else 0
    if lines < 1:
        raise ValueError(text)
    return lines


def town(folder: Path, lines: int, seed: int, say: Callable[[str], None] = lambda _: None) -> Path:
    """The export of a town of about so many fee lines below `folder`, made where it is not there yet."""
    place = folder / f"lines{lines}-seed{seed}"
    if (place / DONE).exists():
        return place
    shutil.rmtree(place, ignore_errors=True)
    simulated = min(lines, MOST_SIMULATED)
    copies = max(1, round(lines / simulated))
    base = folder / f"base{simulated}-seed{seed}"
    if not (base / DONE).exists():
        say(f"simulating {simulated:,} fee lines ...")
        _simulate(base, simulated // LINES_A_PERSON, seed)
    say(f"writing {copies} times {simulated:,} fee lines ...")
    place.mkdir(parents=True)
    with duckdb.connect() as con:
        con.execute(f"set temp_directory = '{escaped(place / 'spill')}'")
        for path in sorted(base.glob("*.csv*")):
            _copy(con, path, place / f"{path.name.partition('.')[0]}.csv", copies)
    (place / DONE).touch()
    return place


#: Stands in a folder whose tables are all written.
DONE = ".whole"


def _simulate(base: Path, persons: int, seed: int) -> None:
    from data.simulate import simulate

    shutil.rmtree(base, ignore_errors=True)
    simulate(base, persons=max(100, persons), seed=seed, violations=True)  # packs, sign-ins and stocks come with them
    shutil.rmtree(base / "truth", ignore_errors=True)
    (base / DONE).touch()


def _copy(con: duckdb.DuckDBPyConnection, source: Path, target: Path, copies: int) -> None:
    """A table once for each copy, or once where nothing in it is the town's own: catalogues, prices."""
    # told how it is quoted: where only empty cells are, the engine's guess takes their marks for text
    rows = f"read_csv('{escaped(source)}', header = true, all_varchar = true, delim = ',', quote = '\"', escape = '\"')"
    names = [str(row[0]) for row in con.execute(f"describe select * from {rows}").fetchall()]
    values = {name: own(name) for name in names}
    is_own = any(value is not None for value in values.values())
    columns = ", ".join(f"{values[n] or quoted(n)} as {quoted(n)}" for n in names)
    con.execute(
        f"copy (select {columns} from {rows} as town cross join range({copies if is_own else 1}) as c (copy))"
        f" to '{escaped(target)}' (header, delimiter ',')"
    )


def own(name: str) -> str | None:
    """SQL for a column's value in copy number `copy`; None where all copies share it. Copy 0 is the town itself."""
    cell = quoted(name)
    if name in IDS:
        return f"case when copy = 0 then {cell} else {cell} || lpad(copy::varchar, 3, '0') end"
    if name == "drug_trac_codg":
        tail = f"try_cast(right({cell}, {DIGITS}) as bigint)"
        moved = f"lpad((({tail} + copy * {STEP}) % 1{'0' * DIGITS})::varchar, {DIGITS}, '0')"
        return f"case when copy = 0 or {tail} is null then {cell} else left({cell}, -{DIGITS}) || {moved} end"
    if name == "certno":
        moved = (
            f"left({cell}, 2) || lpad(((substr({cell}, 3, 4)::integer + copy * 100) % 10000)::varchar, 4, '0')"
            f" || substr({cell}, 7, 11)"
        )
        sound = f"copy > 0 and regexp_full_match({cell}, '[0-9]{{17}}[0-9X]')"
        return (
            f"case when {sound} then list_transform([{moved}], lambda n: n || {_check_digit('n')})[1] else {cell} end"
        )
    if name == "tel":
        return f"(try_cast({cell} as bigint) + copy * 100000000)::varchar"
    if name in ("lnt", "lat"):
        return f"(try_cast({cell} as decimal(12,6)) + copy // 10 * 0.5 + copy % 10 * 0.5)::varchar"
    return None


def _check_digit(number: str) -> str:
    weighed = " + ".join(f"{number}[{i}]::integer * {w}" for i, w in enumerate(WEIGHTS, 1))
    return f"substr('10X98765432', ({weighed}) % 11 + 1, 1)"
