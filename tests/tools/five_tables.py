"""A delivery as inspection teams get it: five tables with the columns of a real export, and no register at all.

    python -m tests.tools.five_tables make EXPORT FOLDER             five tables of a full export, in FOLDER
    python -m tests.tools.five_tables compare TRUTH FULL FIVE [--without SCHEME ...]
                                                                     two HOMEs beside the town's truth folder

`compare` prints the average precision of each list on both, what the five tables lose of each scheme, and every live
source that finds what the full delivery does not have. Who is planted only by the schemes of `--without`, those that
only a register can show, stands in neither list.
"""

from __future__ import annotations

import argparse
import math
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb
import polars as pl

from data.warehouse.connection import frame

#: What is kept, under the names that inspection teams see, and what real exports carry beyond the simulator's columns,
#: filled from the registers: new column -> SQL over the row t and the registers joined to it.
KEPT = {"setl_d": "setl_d", "mdtrt_d": "mdtrt_d", "fee_list_d": "fee_list_d",
        "mdcs_fund_setl_list_diag_d": "SETL_LIST_DIAG_D", "mdcs_fund_setl_list_oprn_d": "SETL_LIST_OPRN_D"}  # fmt: skip
NEWBORN = "case when date_diff('day', cast(t.brdy as date), cast(t.{} as date)) between 0 and 28 then '1' else '0' end"
JOINS = {
    "setl_d": "left join psn_insu_d as i on i.psn_no = t.psn_no",
    "mdtrt_d": "left join psn_insu_d as i on i.psn_no = t.psn_no left join psn_info_b as p on p.psn_no = t.psn_no",
    "fee_list_d": "left join place as h on h.code = t.fixmedins_code left join doctor as d on d.code = t.acord_dr_code",
    "mdcs_fund_setl_list_diag_d": "",
    "mdcs_fund_setl_list_oprn_d": "left join doctor as d on d.code = t.oper_dr_code",
}
ADDED = {
    "setl_d": {"psn_insu_rlts_id": "i.psn_insu_rlts_id", "nwb_flag": NEWBORN.format("begndate")},
    "mdtrt_d": {
        "psn_insu_rlts_id": "i.psn_insu_rlts_id",
        "psn_cert_type": "p.psn_cert_type",
        "certno": "p.certno",
        "age": "date_diff('year', cast(t.brdy as date), cast(t.begntime as date))",
        "psn_type": "i.psn_type",
        "nwb_flag": NEWBORN.format("begntime"),
        "dscg_dept_name": "case when t.dscg_dept_codg = t.adm_dept_codg then t.adm_dept_name end",
    },
    "fee_list_d": {"fixmedins_name": "h.name", "acord_dr_name": "d.name"},
    "mdcs_fund_setl_list_diag_d": {},
    "mdcs_fund_setl_list_oprn_d": {"oper_dr_name": "d.name"},
}


def make(export: Path, folder: Path) -> None:
    """Write the five tables of a full export into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    con = duckdb.connect()
    con.execute("set preserve_insertion_order = true")
    for name in ("psn_info_b", "psn_insu_d", "medins_info_b", "rtal_phac_b", "dr_info_b"):
        con.execute(f"create view {name} as select * from {_read(export, name)}")
    con.execute(
        "create view place as select medins_code as code, any_value(medins_name) as name from medins_info_b group by 1"
        " union all select rtal_phac_code, any_value(rtal_phac_name) from rtal_phac_b group by 1"
    )
    con.execute("create view doctor as select dr_code as code, min(dr_name) as name from dr_info_b group by 1")
    for source, name in KEPT.items():
        added = "".join(f", {value} as {column}" for column, value in ADDED[source].items())
        con.execute(
            f"copy (select t.*{added} from {_read(export, source)} as t {JOINS[source]})"
            f" to '{folder / name}.csv' (header, delimiter ',')"
        )
    con.close()


def precision(home: Path, truth_folder: Path, without: Sequence[str] = ()) -> dict[str, float]:
    """List -> average precision of HOME's list against the truth."""
    from models.evaluation import measure
    from models.evaluation.metrics import metrics

    with _beside_truth(home, truth_folder) as con:
        apart = frame(
            con,
            "select subject_type, subject_id from truth.scheme_subject"
            " group by all having bool_and(list_contains($without, scheme))",
            {"without": list(without)},
        )
        everyone = measure.population(con).join(apart, on=["subject_type", "subject_id"], how="anti")
    figures = {}
    for kind in measure.KINDS:
        part = everyone.filter(subject_type=kind)
        order = -part["rank"].cast(pl.Float64).fill_null(math.nan).to_numpy()
        figures[kind] = metrics(order, part["is_planted"].to_numpy(), part["yuan"].to_numpy())["average_precision"]
    return figures


def schemes(home: Path, truth_folder: Path) -> dict[tuple[str, str], tuple[int, float]]:
    """(scheme, subject type) -> planted subjects, and the share of them anywhere on HOME's list."""
    from models.evaluation import measure

    with _beside_truth(home, truth_folder) as con:
        rows = measure.schemes(con).select("scheme", "subject_type", "planted", "listed").rows()
    return {(scheme, kind): (planted, listed) for scheme, kind, planted, listed in rows}


def beyond(full: Path, five: Path) -> list[tuple[str, str, int, int]]:
    """(source, subject type, findings, examples' count) of live findings that the full delivery does not have.

    A finding is the same where source, subject, settlement, line, encounter and day are: amounts may differ.
    """
    with duckdb.connect() as con:
        for name, home in (("full_run", full), ("five_run", five)):
            con.execute(f"attach '{home / 'warehouse.duckdb'}' as {name} (read_only)")
        return con.execute(
            """
            with found as (
                select f.source, f.subject_type, f.subject_id, f.settlement_id, f.line_id, f.encounter_id, f.occurred_on
                from five_run.model.finding as f
                join five_run.model.coverage as c on c.source = f.source
                where c.status = 'live'
            ),
            extra as (
                select * from found
                except
                select source, subject_type, subject_id, settlement_id, line_id, encounter_id, occurred_on
                from full_run.model.finding
            )
            select source, subject_type, count(*), count(distinct subject_id) from extra group by 1, 2 order by 1, 2
            """
        ).fetchall()


def lost(full: Path, five: Path) -> list[tuple[str, int, int, str | None]]:
    """(source, findings of the full delivery, findings of the five tables, reason) of live sources that found less."""
    with duckdb.connect() as con:
        for name, home in (("full_run", full), ("five_run", five)):
            con.execute(f"attach '{home / 'warehouse.duckdb'}' as {name} (read_only)")
        return con.execute(
            """
            select b.source, b.hits, a.hits, a.reason
            from full_run.model.coverage as b
            join five_run.model.coverage as a on a.source = b.source
            where b.status = 'live' and a.hits <> b.hits
            order by b.source
            """
        ).fetchall()


def _read(export: Path, source: str) -> str:
    path = next(p for p in sorted(export.iterdir()) if p.name in (f"{source}.csv", f"{source}.csv.gz"))
    return f"read_csv('{path}', header = true, all_varchar = true)"


@contextmanager
def _beside_truth(home: Path, truth_folder: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    from models.evaluation import truth

    with tempfile.TemporaryDirectory() as aside:
        copied = shutil.copy(home / "warehouse.duckdb", Path(aside) / "w.duckdb")
        with duckdb.connect(str(copied)) as con:
            truth.load(con, truth_folder)
            yield con


def _compared(truth_folder: Path, full: Path, five: Path, without: Sequence[str]) -> Iterator[str]:
    whole, part = precision(full, truth_folder, without), precision(five, truth_folder, without)
    for kind, figure in whole.items():
        yield f"{kind}: average precision {figure:.3f} in full, {part[kind]:.3f} of five tables"
    shown, seen = schemes(full, truth_folder), schemes(five, truth_folder)
    for (scheme, kind), (planted, listed) in shown.items():
        if seen[scheme, kind][1] < listed:
            yield f"scheme {scheme} {kind}: {listed:.2f} of {planted} listed in full, {seen[scheme, kind][1]:.2f}"
    for source, kind, findings, subjects in beyond(full, five):
        yield f"beyond the full delivery: {source} {kind} {findings} findings of {subjects} subjects"
    for source, hits, fewer, reason in lost(full, five):
        yield f"hits: {source} {hits} in full, {fewer} of five tables ({reason or '-'})"


def main(arguments: list[str]) -> int:
    """See the module's first lines."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    making = commands.add_parser("make")
    making.add_argument("export", type=Path)
    making.add_argument("folder", type=Path)
    comparing = commands.add_parser("compare")
    for name in ("truth", "full", "five"):
        comparing.add_argument(name, type=Path)
    comparing.add_argument("--without", nargs="*", default=[])
    chosen = parser.parse_args(arguments)
    if chosen.command == "make":
        make(chosen.export, chosen.folder)
    else:
        for line in _compared(chosen.truth, chosen.full, chosen.five, chosen.without):
            print(line)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
