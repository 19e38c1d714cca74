"""Two years of monthly deliveries into one HOME: it grows with its data, and old runs keep what proves them."""

import polars as pl
import pytest

from data.simulate import simulate
from data.warehouse.connection import FILE_NAME, open_warehouse
from flows import steps
from flows.home.housekeeping import vacuum
from flows.home.settings import Settings

MONTHS, KEPT = 24, 3
OF_THE_MONTH = ("setl_d", "mdtrt_d", "fee_list_d", "mdcs_fund_setl_list_diag_d")
REGISTERS = ("psn_info_b", "psn_insu_d", "medins_info_b", "hilist_b", "dr_info_b")


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    folder = tmp_path_factory.mktemp("town")
    simulate(folder, persons=400, seed=7)
    return {
        name: pl.read_csv(next(folder.glob(f"{name}.csv*")), infer_schema=False) for name in (*OF_THE_MONTH, *REGISTERS)
    }


def deliver(tables, month, folder):
    """What was settled in a month, and the registers; the second year is the first once more under new numbers."""
    folder.mkdir()
    later, number = divmod(month, 12)
    settled = tables["setl_d"].filter(pl.col("setl_time").str.slice(5, 2).cast(pl.Int64) == number + 1)
    for name in OF_THE_MONTH:
        key = "mdtrt_id" if name == "mdtrt_d" else "setl_id"
        rows = tables[name].join(settled.select(key).unique(), on=key, how="semi")
        if later:
            own = {"setl_id", "mdtrt_id", "bkkp_sn", "init_setl_id", "init_feedetl_sn"} & set(rows.columns)
            rows = rows.with_columns(
                pl.col(own).str.replace("^9901", "9902"), pl.exclude(own).str.replace("^2025", "2026")
            )
        rows.write_csv(folder / f"{name}.csv")
    for name in REGISTERS:
        tables[name].write_csv(folder / f"{name}.csv")


@pytest.mark.long
def test_two_years_of_months(tables, few, tmp_path):
    home = few(tmp_path / "home")
    for month in range(MONTHS):
        deliver(tables, month, tmp_path / f"{month}")
        for step in steps.STEPS:
            steps.perform(step, Settings(home=home, input=tmp_path / f"{month}", keep_runs=KEPT))
        with open_warehouse(home, read_only=True) as con:
            in_all, free = con.execute("select total_blocks, free_blocks from pragma_database_size()").fetchall()[0]
            lines = con.execute("select count(*) from record.fee_line").fetchall()[0][0]
        assert free <= in_all - free  # a table that is made anew stands twice at most
    assert lines == 2 * tables["fee_list_d"].height
    folders = sorted((home / "runs").iterdir(), key=lambda folder: folder.stat().st_mtime)
    assert len(folders) == MONTHS and all((folder / "manifest.json").exists() for folder in folders)
    assert sum((folder / "pruned.json").exists() for folder in folders) == MONTHS - KEPT
    grown = (home / FILE_NAME).stat().st_size
    vacuum(home)
    assert grown <= 1.6 * (home / FILE_NAME).stat().st_size
