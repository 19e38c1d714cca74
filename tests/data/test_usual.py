"""A cell that passes for usual is read as the long way reads it, with the same fault."""

import duckdb
import pytest

from data.contract import mapping
from data.ingest import moments, normalise, usual
from data.ingest.survey import ODD

#: One field of every kind and need, and those that their names treat in a way of their own.
FIELDS = [
    ("setl_d", "setl_id"),
    ("setl_d", "psn_no"),
    ("setl_d", "mdtrt_id"),
    ("setl_d", "begndate"),
    ("setl_d", "brdy"),
    ("setl_d", "setl_time"),
    ("setl_d", "medfee_sumamt"),
    ("setl_d", "gend"),
    ("setl_d", "refd_setl_flag"),
    ("setl_d", "med_type"),
    ("setl_d", "fixmedins_code"),
    ("fee_list_d", "cnt"),
    ("fee_list_d", "pric"),
    ("fee_list_d", "selfpay_prop"),
    ("fee_list_d", "hilist_code"),
    ("fee_list_d", "rx_drord_no"),
    ("fee_list_d", "bilg_dr_code"),
    ("fee_list_d", "prd_days"),
    ("fee_list_d", "hilist_name"),
    ("mdcs_fund_setl_list_diag_d", "diag_code"),
]
TEXTS = [
    *normalise.NONE,
    *normalise.ERRORS,
    *normalise.YES,
    *normalise.NO,
    *normalise.SEXES,
    *("1", "2", "9", "3", "01", "11.0", "2.00", "0", "00", "-0", "+5", "7.", ".5", "1e5", "1E+05", "1.00E+03", "-1.5"),
    *("1,250", "1,25", "1.250,00", "(12.5)", "12.5-", "¥12.50", "12元", "50%", "0.5", "1.01", "100", "inf", "nan"),
    *("99999999999999.99", "123456789012345678", "1 2", "1'234", "'0012", "0012", "１２", "３.５", "12\t", "\x001"),
    *("2025-03-01", "2025-3-1", "2025-02-30", "2025-03-01 08:00:00", "2025-03-01T08:00:00", "2025-03-01 24:00:00"),
    *("20250301", "2025/03/01", "1900-01-01", "1901-01-01", "1970-01-01", "1970-01-01 00:00:00", "2089-12-31"),
    *("2090-01-01", "9999-12-31", "0001-01-01", "0000-00-00", "25-01-12 ", "2025年3月1日", "45716", "1741000000"),
    *("H34010000001", "h34010000001", "张三D340100000001", "D340100000001 张三", "XA01AB01", "xa01ab0112", "i10.x00"),
    *("I10.x00", "A+B", "12.0", "110000.0", "0011010000100000", "3.40101199001E+17", "a b", "12 34", "男性", "11普通"),
    *("\ufffd12", "无", "自费", "是 ", "作废", "正常", "true", "TRUE", "", None),
]


@pytest.fixture(scope="module")
def texts():
    with duckdb.connect() as con:
        con.execute("create table cell (text varchar)")
        con.executemany("insert into cell values (?)", [[text] for text in TEXTS])
        yield con


def table_of(con, field):
    """text, whether it is odd, and what either way makes of it."""
    local, long_local = usual.moment("t_x", field), normalise.moment("t_x", field)
    moment_columns = f", {local} as m_x, {long_local} as l_x" if local else ""
    value, long_value = usual.typed("t_x", field, "m_x", ODD), normalise.typed("t_x", field, "l_x", ODD)
    return con.execute(
        f"""
        with texts as (select text as t_x from cell), local as (select *{moment_columns} from texts)
        select t_x, coalesce({usual.odd("t_x", field, value, "m_x", ODD) or "false"}, false), {value}, {long_value},
            {usual.fault("t_x", value, field, ODD) or "null"},
            {normalise.fault("t_x", long_value, field, "l_x", ODD) or "null"}
        from local
        """
    ).fetchall()


@pytest.mark.parametrize(("source", "name"), FIELDS)
def test_either_way_reads_a_usual_cell_alike(texts, source, name):
    field = next(f for f in mapping.tables()[source].fields if f.source == name)
    rows = table_of(texts, field)
    read_as_usual = [row for row in rows if not row[1]]
    for text, _, value, long_value, fault, long_fault in read_as_usual:
        assert (value, fault) == (long_value, long_fault), text
    assert any(text is not None and value is not None for text, _, value, *_ in read_as_usual)


def test_the_usual_forms_are_those_of_moments(texts):
    assert moments.usual("t") in moments.moment("t", normalise.half("t"))


def test_a_column_is_tried_where_its_first_cells_are_usual():
    fields = {
        f.column: (f.source, f) for f in mapping.tables()["setl_d"].fields if f.source in ("setl_id", "brdy", "gend")
    }
    order = list(fields)
    cells = {"settlement_id": "4401", "birth_on": "1970-01-01", "sex": "男"}
    rows = [[cells.get(c) for c in order]]
    assert usual.columns(fields, rows, {}) == {c for c in order if cells.get(c) != "男"}
    assert usual.columns(fields, [], {}) == set(order)
