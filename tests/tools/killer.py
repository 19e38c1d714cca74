"""Kill a run at random moments, run again, compare every byte with an undisturbed run.

python -m tests.tools.killer [FOLDER] --kills 50 --seed 1      FOLDER: an export; without it a small town is made
python -m tests.tools.killer [FOLDER] --second                 the same while a second delivery comes into a home

Every third trial is killed twice. Left out of the comparison: coverage.csv, which holds seconds.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
TIMED = "coverage.csv"
#: What must be the same whatever was killed; of the delivery its rows and what was rejected of it.
TABLES = (
    "casebook.lead_register",
    "casebook.group_membership",
    "model.finding",
    "model.lead",
    "record.settlement",
    "record.fee_line",
    "run.rejected",
    "run.account",
)


def start(folder: Path, home: Path, log: Path, *words: object) -> subprocess.Popen[bytes]:
    """A run, or the command of these words, in a process of its own; its progress lines go to `log`."""
    environ = {k: v for k, v in os.environ.items() if not k.startswith(("FUNDWATCH_", "PREFECT_"))}
    what = words or ("run", folder, "--out", home / "out", "--top", "10")
    command = [sys.executable, "-m", "flows.cli", *what, "--home", home]
    with log.open("wb") as said:
        return subprocess.Popen(list(map(str, command)), cwd=ROOT, env=environ, stdout=said, stderr=said)


def finish(folder: Path, home: Path, log: Path) -> float:
    """Run to the end; returns the seconds. Raises SystemExit with what the run said when it fails."""
    started = time.perf_counter()
    if start(folder, home, log).wait() != 0:
        raise SystemExit(f"the run failed:\n{log.read_text(encoding='utf-8')}")
    return time.perf_counter() - started


def kill_after(folder: Path, home: Path, log: Path, delay: float) -> str:
    """Kill a run after `delay` seconds; returns the last line it said."""
    process = start(folder, home, log)
    try:
        process.wait(delay)
        return "(had finished)"
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    return lines[-1].strip() if lines else "(not a word yet)"


def state(home: Path) -> dict[str, str]:
    """Hash of every output, whatever its name, and of the record, the rejected rows, the casebook and the leads."""
    import duckdb

    files = [p for top in ("runs", "out") for p in (home / top).rglob("*") if p.is_file() and p.name != TIMED]
    found = {p.relative_to(home).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as con:
        for table in TABLES:
            rows = con.sql(f"select * from {table} order by all").fetchall()
            found[table] = hashlib.sha256(repr(rows).encode()).hexdigest()
    return found


def differences(want: dict[str, str], home: Path) -> list[str]:
    """Outputs that differ, are missing or are too many, and a broken audit log."""
    from flows.home import audit_log

    have = state(home)
    wrong = sorted(name for name in want.keys() | have.keys() if want.get(name) != have.get(name))
    _, fault = audit_log.verify(home)
    missing = {name.split("/")[1] for name in want if name.startswith("runs/")} - audit_log.published(home)
    return wrong + [f"audit.log: {w}" for w in (fault, *missing) if w]


def trial(folder: Path, base: Path, home: Path, delays: list[float], want: dict[str, str]) -> tuple[str, list[str]]:
    """From a copy of the home `base`: kill once for each delay, run to the end; (where killed, what differs)."""
    shutil.copytree(base, home)
    log = home.with_suffix(".log")
    where = [kill_after(folder, home, log, delay) for delay in delays]
    finish(folder, home, log)
    return ", then ".join(where), differences(want, home)


def main() -> int:
    arguments = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    arguments.add_argument("folder", nargs="?", type=Path, help="an export; default: a town is made")
    arguments.add_argument("--kills", type=int, default=50)
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--second", action="store_true", help="kill the run of a second delivery")
    arguments.add_argument("--persons", type=int, default=600, help="of the town")
    given = arguments.parse_args()
    chance = random.Random(given.seed)
    with tempfile.TemporaryDirectory(prefix="kill-test-") as place:
        folder = given.folder.resolve() if given.folder else _town(Path(place) / "town", given.persons)
        base, home = Path(place) / "base", Path(place) / "undisturbed"
        base.mkdir()
        if given.second:
            first, folder = halves(folder, Path(place))
            finish(first, base, base.with_suffix(".log"))
        shutil.copytree(base, home)
        seconds = finish(folder, home, home.with_suffix(".log"))
        want = state(home)
        print(f"undisturbed: {seconds:.1f} s, {len(want)} outputs compared\n  no  killed after  result     at")
        bad = early = 0
        for number in range(1, given.kills + 1):
            started = time.perf_counter()
            delays = [chance.uniform(0, seconds) for _ in range(2 if number % 3 == 0 else 1)]
            where, wrong = trial(folder, base, Path(place) / f"home{number}", delays, want)
            shutil.rmtree(Path(place) / f"home{number}")
            was_early = "(had finished)" not in where
            bad, early = bad + bool(wrong), early + was_early
            if not was_early:  # a machine that has become faster: the next kills come sooner
                seconds = min(seconds, time.perf_counter() - started)
            result = f"DIFFERS {', '.join(wrong[:5])}" if wrong else "identical"
            print(f"{number:4}  {' + '.join(f'{d:.2f}' for d in delays):>12}  {result}  {where}", flush=True)
    print(f"{given.kills} trials, {early} killed before they had finished, {bad} ended different")
    return 1 if bad else 0


def halves(folder: Path, place: Path) -> tuple[Path, Path]:
    """The export as two deliveries: settlements up to the middle day and all else, then the later settlements."""
    import polars as pl

    files = {p.name: pl.read_csv(p, infer_schema=False) for p in sorted(folder.glob("*_[bd].csv*"))}
    bills = next(f for name, f in files.items() if name.startswith("setl_d"))
    middle = bills["enddate"].sort()[bills.height // 2]
    late = {key: set(bills.filter(pl.col("enddate") > middle)[key]) for key in ("setl_id", "mdtrt_id")}
    targets = place / "first", place / "second"
    for target in targets:
        target.mkdir()
    for name, rows in files.items():
        key = next((k for k in late if k in rows.columns), None)
        is_late = pl.col(key).is_in(list(late[key])) if key else pl.lit(False)
        for target, part in zip(targets, (rows.filter(~is_late), rows.filter(is_late)), strict=True):
            if part.height:
                part.write_csv(target / name.removesuffix(".gz"))
    return targets


def _town(folder: Path, persons: int) -> Path:
    from data.simulate import simulate

    simulate(folder, persons=persons, seed=1)
    blemish(folder)
    return folder


def blemish(folder: Path) -> None:
    """What real deliveries bring: rows that cannot be read, settlements taken back, rows corrected further down."""
    import polars as pl

    lines_file, bills_file = folder / "fee_list_d.csv.gz", folder / "setl_d.csv.gz"
    lines, bills = (pl.read_csv(p, infer_schema=False).with_row_index("place") for p in (lines_file, bills_file))
    is_spoilt = pl.col("place").is_in(range(10, lines.height, lines.height // 12))
    spoilt = lines.with_columns(fee_ocur_time=pl.when(is_spoilt).then(pl.lit("2025-13-45")).otherwise("fee_ocur_time"))
    money = ["medfee_sumamt", "inscp_amt", "fund_pay_sumamt", "hifp_pay", "psn_pay", "cash_payamt", "acct_pay"]
    negated = [(-pl.col(c).cast(pl.Decimal(16, 2))).cast(pl.String).alias(c) for c in money if c in bills.columns]
    back = bills.gather_every(bills.height // 8).with_columns(
        *negated, init_setl_id="setl_id", setl_id=pl.col("setl_id") + "R", refd_setl_flag=pl.lit("1")
    )
    corrected = bills.gather_every(bills.height // 7, 3).with_columns(dise_name=pl.lit("更正后的诊断"))
    days = ("2026-01-01", "2026-01-01", "2026-02-01")  # of two versions the update time says which stands
    parts = zip((bills, back, corrected), days, strict=True)
    whole = pl.concat([rows.with_columns(updt_time=pl.lit(f"{day} 08:00:00")) for rows, day in parts])
    for path, rows in ((lines_file, spoilt), (bills_file, whole)):
        with gzip.open(path, "wb") as out:
            rows.drop("place").write_csv(out)


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    sys.exit(main())
