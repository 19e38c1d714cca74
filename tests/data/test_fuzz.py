"""Whatever the bytes: ingest answers with an account that balances or one plain sentence, never a traceback."""

import csv
import io
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data.errors import FundwatchError
from data.ingest import ingest
from data.warehouse.connection import open_warehouse

CELLS = st.one_of(
    st.text(max_size=20),
    st.sampled_from(
        ["", "0", "1", "2025-03-01", "50.00", "-1", "1e99", "5E+17", '"', "a\nb", "\t", "NULL", "＝", "'=1+1"]
    ),
)

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def con():
    with tempfile.TemporaryDirectory() as home, open_warehouse(Path(home)) as con:
        yield con


def attempt(con, name, content):
    """Ingest one content beside sound tables; the record is emptied again."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        for table, rows in SOUND.items():
            write(folder / table, rows)
        (folder / name).write_bytes(content)
        try:
            accounts = ingest(con, folder)
        except FundwatchError as refused:
            assert "\n" not in str(refused)
            assert con.sql("select count(*) from run.input_file").fetchall() == [(0,)]
            return
        finally:
            tables = con.sql(
                "select schema_name || '.' || table_name from duckdb_tables()"
                " where schema_name in ('record', 'run') and table_name <> 'warehouse'"
            ).fetchall()
            held = con.sql("select count(*) from record.settlement").fetchall()[0][0]
            for (table,) in tables:
                con.execute(f"delete from {table}")
        for account in accounts:
            assert account.rows_in == sum(
                (account.loaded, account.duplicate, account.replaced, account.rejected, account.left_out)
            )
            account.check()
        settled = [a for a in accounts if a.source_table == "setl_d"]
        assert held <= sum(a.loaded + a.replaced for a in settled)


def write(path, rows):
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)


SETTLEMENT = {
    "setl_id": "S1",
    "mdtrt_id": "E1",
    "psn_no": "P1",
    "insutype": "310",
    "insu_admdvs": "990101",
    "fixmedins_code": "H1",
    "begndate": "2025-03-01",
    "enddate": "2025-03-01",
    "setl_time": "2025-03-01",
    "med_type": "11",
    "medfee_sumamt": "50",
    "fund_pay_sumamt": "20",
    "refd_setl_flag": "0",
}
SOUND = {
    "mdtrt_d.csv": [
        {"mdtrt_id": "E1", "psn_no": "P1", "fixmedins_code": "H1", "med_type": "11", "begntime": "2025-03-01"}
    ],
    "fee_list_d.csv": [
        {
            "bkkp_sn": "1",
            "mdtrt_id": "E1",
            "setl_id": "S1",
            "fee_ocur_time": "2025-03-01",
            "fixmedins_code": "H1",
            "psn_no": "P1",
            "cnt": "1",
            "pric": "50",
            "det_item_fee_sumamt": "50",
            "hilist_code": "X",
            "hilist_name": "x",
        }
    ],
}
CALM = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)


@CALM
@given(st.lists(st.lists(CELLS, min_size=len(SETTLEMENT), max_size=len(SETTLEMENT) + 1), max_size=30))
def test_any_cells(con, rows):
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(SETTLEMENT)
    writer.writerows([list(SETTLEMENT.values())] * 30 + rows)
    attempt(con, "setl_d.csv", out.getvalue().encode("utf-8", "replace"))


@CALM
@given(st.binary(max_size=400), st.integers(0, 400))
def test_any_bytes_anywhere(con, noise, where):
    text = ",".join(SETTLEMENT) + "\n" + (",".join(SETTLEMENT.values()) + "\n") * 30
    data = text.encode()
    attempt(con, "setl_d.csv", data[:where] + noise + data[where:])


@CALM
@given(st.lists(st.one_of(st.text(max_size=12), st.sampled_from(sorted(SETTLEMENT))), max_size=20))
def test_any_header(con, header):
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(header)
    writer.writerow(SETTLEMENT.values())
    attempt(con, "setl_d.csv", out.getvalue().encode("utf-8", "replace"))


@CALM
@given(
    st.binary(max_size=300), st.sampled_from(["setl_d.zip", "setl_d.xlsx", "setl_d.parquet", "setl_d.csv.gz", "x.txt"])
)
def test_any_container(con, noise, name):
    attempt(con, name, noise)
