"""A negative control: the same export with its encounters dealt to the institutions anew.

Each institution keeps its number of encounters of every medical category; what it did is no longer its own,
so a list of institutions that still finds the planted ones finds something else than what they did.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb

from data.warehouse.paths import escaped, quoted

INSTITUTION = ("fixmedins_code", "fixmedins_name", "hosp_lv", "fix_blng_admdvs")


def permute(export: Path, target: Path, seed: int) -> None:
    """Write the export with permuted institution ids to `target`; tables without encounters are copied.

    The same seed deals the same. The truth folder is left out.
    """
    target.mkdir(parents=True, exist_ok=True)
    con = duckdb.connect()
    try:
        con.execute(f"set temp_directory = '{escaped(target / 'spill')}'")
        con.execute("set memory_limit = '2GB'")
        encounters = next(export.glob("mdtrt_d.csv*"))
        deal = ", ".join(f"o.{c}" for c in INSTITUTION)
        con.execute(
            f"""
            create temp table dealt as
            with own as (
                select *, row_number() over (partition by med_type order by mdtrt_id) as place
                from {_scan(encounters)}
            ),
            shuffled as (
                select mdtrt_id, med_type,
                    row_number() over (partition by med_type order by md5(mdtrt_id || '{int(seed)}'), mdtrt_id) as place
                from own
            )
            select s.mdtrt_id, {deal}
            from shuffled as s join own as o on o.med_type = s.med_type and o.place = s.place
            """
        )
        for path in sorted(export.glob("*.csv*")):
            columns = [d[0] for d in con.execute(f"select * from {_scan(path)} limit 0").description or []]
            if {"mdtrt_id", "fixmedins_code"} <= set(columns):
                _deal(con, path, target / path.name, columns)
            else:
                shutil.copy(path, target / path.name)
    finally:
        con.close()


def _deal(con: duckdb.DuckDBPyConnection, path: Path, target: Path, columns: list[str]) -> None:
    swapped = ", ".join(f"coalesce(d.{c}, t.{c}) as {c}" for c in INSTITUTION if c in columns)
    packed = "gzip" if path.name.endswith(".gz") else "none"
    con.execute(
        f"""
        copy (select t.* replace ({swapped}) from {_scan(path)} as t left join dealt as d on d.mdtrt_id = t.mdtrt_id)
        to '{escaped(target)}' (header, compression {packed})
        """
    )


def _scan(path: Path) -> str:
    return f"read_csv('{quoted(path)}', header = true, all_varchar = true)"
