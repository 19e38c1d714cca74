"""Golden runs: what must stay equal, byte for byte, while the house is rebuilt.

    python -m tests.tools.golden make FOLDER [--sample EXPORT]      runs of three towns (and an export), kept
    python -m tests.tools.golden runs FOLDER_BEFORE FOLDER_AFTER    their published folders, file by file
    python -m tests.tools.golden sources FOLDER [ID ...]            judge again with these sources, compare findings

`sources` takes the warehouses of FOLDER, features and all, so that a source can be rewritten and tried in seconds.
"""

from __future__ import annotations

import argparse
import csv
import json
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import duckdb

#: Columns that say how long something took or which run it was.
PASSING = {"seconds", "run_id", "finished_at"}
TOWNS = (1, 2, 3)
PERSONS = 3000


def make(folder: Path, sample: Path | None) -> None:
    """One HOME a town and one for the export below `folder`: town1 ... and sample."""
    from data.simulate import simulate
    from flows import steps
    from flows.home.settings import Settings

    inputs = {}
    for seed in TOWNS:
        simulate(folder / f"export{seed}", persons=PERSONS, seed=seed, violations=True)
        inputs[f"town{seed}"] = folder / f"export{seed}"
    if sample is not None:
        inputs["sample"] = sample
    for name, export in inputs.items():
        settings = Settings(home=folder / name, input=export)
        for step in steps.STEPS:
            print(f"{name}: {step.name}: {steps.perform(step, settings)}", flush=True)


def runs(before: Path, after: Path) -> list[str]:
    """What differs between the newest published folders of two golden folders, one line each."""
    lines = []
    for home in sorted(p.name for p in before.iterdir() if (p / "runs").is_dir()):
        old, new = _newest(before / home), _newest(after / home)
        names = sorted({*_files(old), *_files(new)} - {"manifest.json"})
        for name in names:
            if name.endswith("manifest.json"):
                continue
            one, other = old / name, new / name
            if not (one.is_file() and other.is_file()):
                lines.append(f"{home}/{name}: only {'before' if one.is_file() else 'after'}")
            elif _content(one) != _content(other):
                lines.append(f"{home}/{name}: differs")
    return lines


def sources(folder: Path, ids: list[str]) -> list[str]:
    """What differs between the findings that the warehouses hold and those that the sources find now."""
    from models import detectors
    from models.sources import rule, source

    lines = []
    every = {s.id: s for s in [*rule.load(), *detectors.load()]}
    for home in sorted(p for p in folder.iterdir() if (p / "warehouse.duckdb").is_file()):
        with tempfile.TemporaryDirectory() as aside:
            with duckdb.connect(str(shutil.copy(home / "warehouse.duckdb", Path(aside) / "w.duckdb"))) as con:
                _grow(con)
                for name in ids or sorted(every):
                    con.execute("create or replace temp table before_finding as"
                                " select * from model.finding where source = $id", {"id": name})  # fmt: skip
                    was = _coverage(con, name)
                    con.execute("create or replace temp table before_member as"
                                " select * from model.group_member where group_key in"
                                " (select subject_id from before_finding)")  # fmt: skip
                    source.run(con, every[name], "golden")
                    is_now = _coverage(con, name)
                    if was != is_now:
                        lines.append(f"{home.name} {name}: coverage was {was}, is {is_now}")
                    lines += [f"{home.name} {name}: {line}" for line in _differences(con, name)]
                    print(f"{home.name} {name}: {is_now}", file=sys.stderr)
    return lines


def _coverage(con: duckdb.DuckDBPyConnection, name: str) -> tuple[object, ...]:
    rows = con.execute(
        "select status, judged, hits, cannot_judge, reason from model.coverage where source = $id", {"id": name}
    ).fetchall()
    return rows[0] if rows else ()


def _differences(con: duckdb.DuckDBPyConnection, name: str) -> Iterator[str]:
    """Columns of findings that differ; a detail may lose what stands in a column of the finding."""
    counts = con.execute(
        "select (select count(*) from before_finding), (select count(*) from model.finding where source = $id)",
        {"id": name},
    ).fetchall()[0]
    if counts[0] != counts[1]:
        yield f"{counts[0]} findings before, {counts[1]} after"
    lost, new = con.execute(
        "select count(*) filter (where a.finding_id is null), count(*) filter (where b.finding_id is null)"
        " from before_finding as b full join (select * from model.finding where source = $id) as a"
        " on a.finding_id = b.finding_id",
        {"id": name},
    ).fetchall()[0]
    if lost or new:
        yield f"{lost} findings lost, {new} new"
    columns = [r[0] for r in con.execute("describe before_finding").fetchall() if r[0] != "finding_id"]
    plain = [c for c in columns if c not in ("detail", "weight", "source_version", "indicator", "indicator_title",
             "indicator_title_zh", "unit", "own", "usual", "peers", "percentile")]  # fmt: skip
    for column in plain:
        (n,) = con.execute(
            f"select count(*) from before_finding as b join model.finding as a on a.finding_id = b.finding_id"
            f" where a.{column} is distinct from b.{column}"
        ).fetchall()[0]
        if n:
            yield f"{column} differs in {n}"
    pairs = con.execute(
        "select b.weight, a.weight, b.detail, a.detail from before_finding as b"
        " join model.finding as a on a.finding_id = b.finding_id"
        " where a.weight is distinct from b.weight or a.detail is distinct from b.detail"
    ).fetchall()
    far = [p for p in pairs if abs(p[0] - p[1]) > 0.00011]
    if far:
        yield f"weight differs in {len(far)}, as {far[0][0]} and {far[0][1]}"
    keys: dict[str, int] = {}
    for _, _, old, new in pairs:
        was, is_now = json.loads(old or "{}"), json.loads(new or "{}")
        renamed = {"peer_median": "usual", "peer_percentile": "percentile"}
        was = {renamed.get(k, k) if renamed.get(k, k) in is_now else k: v for k, v in was.items()}
        for key in {*was, *is_now}:
            if was.get(key, "-") != is_now.get(key, "-"):
                how = "changed" if key in was and key in is_now else "lost" if key in was else "gained"
                keys[f"detail {key} {how}"] = keys.get(f"detail {key} {how}", 0) + 1
    yield from (f"{key} in {n}" for key, n in sorted(keys.items()))
    (n,) = con.execute(
        "select count(*) from (select group_key, person_id, share from before_member) as b full join"
        " (select * from model.group_member where source = $id) as a using (group_key, person_id)"
        " where a.share is distinct from b.share",
        {"id": name},
    ).fetchall()[0]
    if n:
        yield f"{n} group members differ"


def _grow(con: duckdb.DuckDBPyConnection) -> None:
    """Give a warehouse of before what the schema has gained since."""
    from data.warehouse import connection

    con.execute(connection.ddl())
    connection._grow(con)


def _newest(home: Path) -> Path:
    return max((home / "runs").iterdir(), key=lambda p: (p.stat().st_mtime, p.name))


def _files(folder: Path) -> set[str]:
    return {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}


def _content(path: Path) -> object:
    """The bytes; of a table without what passes; of Parquet its rows."""
    if path.suffix == ".parquet":
        return duckdb.sql(f"select * from read_parquet('{path}') order by all").fetchall()
    if path.suffix == ".csv":
        with path.open(encoding="utf-8-sig", newline="") as handle:
            return [{k: v for k, v in row.items() if k not in PASSING} for row in csv.DictReader(handle)]
    if path.suffix == ".xlsx":
        import polars as pl

        sheets = pl.read_excel(path, sheet_id=0)
        run = _run_of(path)
        return {
            name: [[cell.replace(run, "RUN") if isinstance(cell, str) else cell for cell in row] for row in rows]
            for name, rows in ((name, sheet.drop(PASSING, strict=False).rows()) for name, sheet in sheets.items())
        }
    text = path.read_text(encoding="utf-8", errors="replace")
    return text.replace(_run_of(path), "RUN")


def _run_of(path: Path) -> str:
    return next((p.parent.name for p in [path, *path.parents] if p.parent.parent.name == "runs"), "no run")


def main() -> int:
    """The command line; 1 where something differs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    kinds = parser.add_subparsers(dest="what", required=True)
    one = kinds.add_parser("make")
    one.add_argument("folder", type=Path)
    one.add_argument("--sample", type=Path)
    one = kinds.add_parser("runs")
    one.add_argument("before", type=Path)
    one.add_argument("after", type=Path)
    one = kinds.add_parser("sources")
    one.add_argument("folder", type=Path)
    one.add_argument("ids", nargs="*")
    chosen = parser.parse_args()
    if chosen.what == "make":
        make(chosen.folder, chosen.sample)
        return 0
    lines = runs(chosen.before, chosen.after) if chosen.what == "runs" else sources(chosen.folder, chosen.ids)
    print("\n".join(lines) or "equal")
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
