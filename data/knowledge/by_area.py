"""Knowledge of single pooling areas (统筹区): HOME/knowledge/areas/<code>/<table>.csv, laid over that of everybody.

Schema knowledge_of_area has, of every table that an area sets, the rows as they hold there, all of them: `for_area`,
then the table's own columns. It is there only where an area sets something. A table in BY_COLUMN has a column `area`
instead, for features read it, which are made once for all areas.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path

import duckdb

from data import area as codes
from data.errors import UsageError

FOLDER, SCHEMA = "areas", "knowledge_of_area"
#: Tables of codes that features read row by row, each with the area of its row.
BY_COLUMN = frozenset({"medical_category", "payment_method"})
#: Tables that rules and detectors read and no feature is made of, but for the gaps between editions of the catalogue,
#: which are the nation's; tests hold this list against what is read.
SETTABLE = frozenset(
    """
    antibiotic complication composite_item consumable_limit consumable_per_service consumable_requires_service
    consumable_sex contained_service department_alias diagnosis_age diagnosis_procedure diagnosis_requires_item
    disease_drug_list drug_contraindication drug_dose drug_group drug_interaction drug_requires_service elder_caution
    exclusive_pair first_line_drug herb_limit herb_pair herb_unpaid indication_diagnosis internet_forbidden item_age
    item_care_setting item_course item_department item_frequency item_includes_consumable item_indication
    item_insurance item_period item_sex newborn_item operation_discount procedure_code_sex procedure_item
    procedure_sex prophylaxis_limit routine_test second_line_drug service_limit staged_operation total_limit
    """.split()
)

Lay = Callable[[duckdb.DuckDBPyConnection, str, Path], None]
Spread = Callable[[duckdb.DuckDBPyConnection, str], None]
Files = Callable[[Path | None], list[Path]]


def folders(overlay: Path | None, files: Files) -> dict[str, list[Path]]:
    """The files of each area, by how the area's codes begin; the widest area first.

    Raises UsageError for a folder that names no area, and for one area that has two.
    """
    above = overlay / FOLDER if overlay else None
    if above is None or not above.is_dir():
        return {}
    found: dict[str, list[Path]] = {}
    places = sorted(p for p in above.iterdir() if not p.name.startswith((".", "~")))
    for place in sorted(places, key=lambda p: (len(codes.digits(p.name)), p.name)):
        if not place.is_dir() or not re.fullmatch(codes.CODE, place.name):
            raise UsageError(f"{place} is no folder of an area; name it by the area's code or how it begins: 3401.")
        if codes.digits(place.name) in found:
            raise UsageError(f"{place} is of an area that has another folder beside it; keep one of them.")
        found[codes.digits(place.name)] = files(place)
    return found


def check(paths: Mapping[str, list[Path]]) -> None:
    """Raises UsageError for a file of a table that no single area can set."""
    for files in paths.values():
        for path in files:
            if path.stem not in SETTABLE | BY_COLUMN:
                can = ", ".join(sorted(SETTABLE | BY_COLUMN))
                raise UsageError(f"{path}: {path.stem} is one for all areas; an area can set {can}.")


def place(con: duckdb.DuckDBPyConnection, path: Path, area: str) -> None:
    """Give the rows of table `overlay` their area: that of the file's folder, else each its own, as codes begin."""
    has_areas = "area" in [str(name) for name, *_ in con.execute("describe overlay").fetchall()]
    if area and has_areas:
        raise UsageError(f"{path} has a column area, and its folder is one; leave the column out.")
    if area:
        con.execute(f"alter table overlay add column area varchar default '{area}'")
    elif has_areas:
        for (given,) in con.execute("select distinct area from overlay where area is not null").fetchall():
            if not re.fullmatch(codes.CODE, given):
                raise UsageError(f"{path}: area is '{given}'; write an area's code or how it begins, such as 3401.")
            con.execute("update overlay set area = $1 where area = $2", [codes.digits(given), given])


def load(con: duckdb.DuckDBPyConnection, paths: Mapping[str, list[Path]], lay: Lay, spread: Spread) -> None:
    """Fill schema knowledge_of_area, once the knowledge of everybody stands.

    `lay` lays one file over a table, `spread` adds to a table what follows from its rows for codes of another list.
    """
    if con.execute("select 1 from duckdb_schemas() where schema_name = $1", [SCHEMA]).fetchall():
        con.execute(f"drop schema {SCHEMA} cascade")
    settable = {area: [p for p in files if p.stem in SETTABLE] for area, files in paths.items()}
    if not any(settable.values()):
        return
    con.execute(f"create schema {SCHEMA}")
    for area in settable:
        within = [path for wider in codes.covering(area, settable) for path in settable[wider]]
        for table in sorted({path.stem for path in within}):
            con.execute(f"create or replace temp table of_everybody as from knowledge.{table}")
            for path in within:
                if path.stem == table:
                    lay(con, table, path)
            spread(con, table)
            rows = f"select cast($area as varchar) as for_area, * from knowledge.{table}"
            con.execute(f"create table if not exists {SCHEMA}.{table} as {rows} limit 0", {"area": area})
            con.execute(f"insert into {SCHEMA}.{table} {rows}", {"area": area})
            con.execute(f"delete from knowledge.{table}")
            con.execute(f"insert into knowledge.{table} from of_everybody")
    con.execute("drop table of_everybody")
