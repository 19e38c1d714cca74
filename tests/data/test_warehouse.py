"""One writer, no overwriting of what is not ours, all or nothing."""

import subprocess
import sys

import duckdb
import pytest

from data.errors import FundwatchError
from data.warehouse.catalogue import has
from data.warehouse.connection import FILE_NAME, open_warehouse, transaction


def test_a_second_process_is_told_who_holds_it(tmp_path):
    with open_warehouse(tmp_path):
        code = (
            "import sys; from pathlib import Path; from data.warehouse import connection; connection.PATIENCE = 0.2\n"
            "from data.warehouse.connection import open_warehouse\n"
            "from data.errors import FundwatchError\n"
            "try:\n with open_warehouse(Path(sys.argv[1])): pass\n"
            "except FundwatchError as e: print(e)"
        )
        said = subprocess.run(
            [sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True
        ).stdout
    assert "in use by process" in said


def test_a_reader_does_not_end_a_run_a_writer_waits_for_it(tmp_path):
    with open_warehouse(tmp_path):
        pass
    code = (
        "import sys, time; from pathlib import Path; from data.warehouse.connection import open_warehouse\n"
        "with open_warehouse(Path(sys.argv[1]), read_only=True):\n    print('open', flush=True)\n    time.sleep(1)"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True) as reader:
        assert reader.stdout.readline() == "open\n"
        with open_warehouse(tmp_path) as con:
            con.execute("update run.warehouse set format = format")
    assert reader.returncode == 0


def test_a_file_that_is_no_warehouse_is_left_alone(tmp_path):
    (tmp_path / FILE_NAME).write_bytes(b"not a database, but somebody's work" * 100)
    with pytest.raises(FundwatchError, match="left as it is"), open_warehouse(tmp_path):
        pass
    assert (tmp_path / FILE_NAME).read_bytes().startswith(b"not a database")


def test_a_newer_warehouse_is_not_opened(tmp_path):
    with open_warehouse(tmp_path) as con:
        con.execute("update run.warehouse set format = 99")
    with pytest.raises(FundwatchError, match="newer fundwatch"), open_warehouse(tmp_path):
        pass


def test_a_failed_transaction_leaves_nothing(tmp_path):
    with open_warehouse(tmp_path) as con:
        with pytest.raises(ZeroDivisionError), transaction(con):
            con.execute("insert into run.step values ('x', 'y', null, null, null)")
            raise ZeroDivisionError
        assert con.sql("select count(*) from run.step where step = 'x'").fetchall() == [(0,)]


def test_reading_an_empty_home_says_what_to_do(tmp_path):
    with pytest.raises(FundwatchError, match="fundwatch run"), open_warehouse(tmp_path, read_only=True):
        pass


def test_an_older_warehouse_gains_the_columns_it_lacks(tmp_path):
    with open_warehouse(tmp_path) as con:
        con.execute("alter table record.fee_line drop column created_at")
        con.execute("update run.step set fingerprint = 'older' where step = 'schema'")
        con.execute("insert into record.fee_line (encounter_id, line_id) values ('E1', '1')")
    with open_warehouse(tmp_path) as con:
        assert con.sql("select line_id, created_at from record.fee_line").fetchall() == [("1", None)]


@pytest.mark.parametrize(
    ("table", "column", "is_there"),
    [
        ("run.t", None, True),
        ("run.t", "a", True),
        ("run.seen", "a", True),
        ("run.t", "t", False),  # a table's own name means its whole row, and is no column
        ("run.t", "b", False),
        ("run.other", None, False),
        ("nowhere.t", None, False),
    ],
)
def test_a_table_and_its_column_are_known_by_name_and_asking_breaks_no_transaction(table, column, is_there):
    with duckdb.connect() as con:
        con.execute("create schema run; create table run.t (a int); create view run.seen as select a from run.t")
        con.execute("begin")
        con.execute("insert into run.t values (1)")
        assert has(con, table, column) is is_there
        con.execute("commit")
        assert con.execute("select count(*) from run.t").fetchall() == [(1,)]
