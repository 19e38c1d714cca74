"""Ids, codes and days of a delivery as they really come: restored where they prove themselves, else named."""

from decimal import Decimal

import duckdb
import pytest

from data.errors import InputRefused
from data.ingest import ingest
from data.warehouse.connection import ddl
from tests.data.test_reader import MANY, put, text_of


@pytest.fixture
def con():
    with duckdb.connect() as con:
        con.execute("set threads = 1")
        con.execute(ddl())
        for table in ("setl_d", "mdtrt_d", "fee_list_d"):  # they came before
            con.execute(f"insert into run.input_file (file_id, file, source_table) values ('{table}', 'x', '{table}')")
        yield con


@pytest.fixture
def load(con, rows, tmp_path):
    """Load settlements of which number 1 has other values; gives what was said."""

    def run(folder="in", first=None, everyone=None, table="setl_d", make=None):
        place = tmp_path / folder
        place.mkdir()
        make = make or (lambda n: rows.settlement(n, dise_name="flu"))
        empty = dict.fromkeys(first or {}, "")
        usual = [make(n) for n in range(1, MANY + 1)]
        given = [empty | row | (everyone or {}) for row in usual]
        given[0] |= first or {}
        put(place, f"{table}.csv", text_of(given))
        lines = []
        ingest(con, place, lines.append)
        return "\n".join(lines)

    return run


def one(con, column, table="settlement"):
    return con.sql(f"select distinct {column} from record.{table} order by all limit 1").fetchall()[0][0]


def rejected(con):
    return con.sql("select row_number, field, reason from run.rejected order by all").fetchall()


@pytest.mark.parametrize(
    "mark", ["\u200b{}", "{}\u200b", "\x1f{}", "\ufeff{}", "{}\u200e", "\u2060{}", "\xad{}", "{}\x7f"]
)
def test_what_nobody_sees_is_no_part_of_an_id(con, load, rows, mark):
    plain = rows.settlement(1)["setl_id"]
    lines = load(first={"setl_id": mark.format(plain)})
    assert con.sql(f"select count(*) from record.settlement where settlement_id = '{plain}'").fetchall() == [(1,)]
    assert "1 cells hold invisible characters, taken out" in lines


@pytest.mark.parametrize("mark", ['="{}"', ' ="{}"\t', "'{}", "{}.0", " {} "])
def test_marks_around_an_id(con, load, rows, mark):
    load(everyone={"psn_no": mark.format("5199000000")})
    assert con.sql("select distinct person_id from record.settlement").fetchall() == [("5199000000",)]


@pytest.mark.parametrize("damaged", ["5.19925E+17", "5.199250000000023e17", "5.19925e+17"])
def test_a_float_is_no_id(con, load, damaged):
    load(first={"psn_no": damaged})
    ((row, field, reason),) = rejected(con)
    assert (row, field) == (1, "psn_no") and reason.startswith("scientific notation")


def test_ids_that_lost_their_last_digits_are_refused_by_name(con, load, rows):
    with pytest.raises(
        InputRefused, match=r"setl_d\.csv: setl_id has lost its digits after the fifteenth, 51992500000000"
    ):
        load(make=lambda n: rows.settlement(n, setl_id=f"5199250000000{n:02}000"))
    assert con.sql("select count(*) from record.settlement").fetchall() == [(0,)]


def test_one_settlement_number_of_two_bills_is_rejected_not_replaced(con, load, rows):
    second = rows.settlement(2)["setl_id"]
    load(first={"setl_id": second, "fixmedins_code": "H99999999999", "begndate": "2025-07-01", "enddate": "2025-07-01"})
    assert [(row, field) for row, field, _ in rejected(con)] == [(1, "setl_id"), (2, "setl_id")]
    assert all("the number of two" in reason for *_, reason in rejected(con))
    assert con.sql("select count(*) from record.settlement").fetchall() == [(MANY - 2,)]


def test_a_corrected_row_still_replaces(con, load):
    load()
    load("later", first={"psn_no": "5199000000000000999"})
    assert not rejected(con) and con.sql("select count(*) from record.settlement").fetchall() == [(MANY,)]
    assert con.sql("select count(*) from record.settlement where person_id = '5199000000000000999'").fetchall() == [
        (1,)
    ]


def test_a_number_in_the_record_of_another_bill_is_rejected_later(con, load):
    load()
    load("later", first={"psn_no": "X", "fixmedins_code": "H9", "begndate": "2025-07-01", "enddate": "2025-07-01"})
    assert [(row, field) for row, field, _ in rejected(con)] == [(1, "setl_id")]


def test_one_person_number_of_two_persons(con, load):
    same = {"psn_no": "P1", "psn_name": "甲", "certno": "110101198001010010"}
    load(everyone={"psn_no": "P2", "psn_name": "丙", "certno": "110101198001010037"})
    assert not rejected(con)
    load("later", everyone=same, first={"psn_name": "乙", "certno": "110101199002020029", "psn_no": "P2"})
    ((row, field, reason),) = rejected(con)
    assert (row, field) == (1, "psn_no") and "two names and two identity numbers" in reason


@pytest.mark.parametrize("more", [{"psn_name": "丁"}, {"certno": "110101800101001"}])
def test_a_new_name_or_an_old_card_is_the_same_person(con, load, more):
    load(everyone={"psn_no": "P2", "psn_name": "丙", "certno": "11010119800101001X"})
    load("later", everyone={"psn_no": "P2", "psn_name": "丙", "certno": "11010119800101001X"}, first=more)
    assert not rejected(con)


@pytest.mark.parametrize(
    ("column", "written", "kept"),
    [
        ("hilist_code", "xl01bca105a00101010100835", "XL01BCA105A00101010100835"),
        ("hilist_code", "1102000020000", "001102000020000"),
        ("hilist_code", "t001700123", "T001700123"),
        ("hilist_code", "lc-own", "lc-own"),
        ("fixmedins_code", "h51990410280", "H51990410280"),
        ("chrgitm_lv", "1", "01"),
        ("chrgitm_lv", "1.0", "01"),
        ("chrgitm_lv", "甲类", "01"),
        ("list_type", "医用耗材", "301"),
        ("med_chrgitm_type", "9", "09"),
    ],
)
def test_codes_of_lines(con, load, rows, column, written, kept):
    load(table="fee_list_d", make=rows.fee_line, everyone={column: written})
    target = {"hilist_code": "item_code", "fixmedins_code": "institution_id", "chrgitm_lv": "item_class"}
    target |= {"list_type": "catalogue_type", "med_chrgitm_type": "fee_category"}
    assert one(con, target[column], "fee_line") == kept


def test_a_short_code_stays_where_others_have_their_zeros(con, load, rows):
    """A bureau's own code of thirteen digits is no national one that lost its zeros."""
    load(
        table="fee_list_d",
        make=rows.fee_line,
        everyone={"hilist_code": "1102000020000"},
        first={"hilist_code": "001102000020000"},
    )
    assert con.sql("select count(distinct item_code) from record.fee_line").fetchall() == [(2,)]


@pytest.mark.parametrize(
    ("column", "target", "written", "kept"),
    [
        ("insutype", "insurance_type", "职工", "310"),
        ("insutype", "insurance_type", "城乡居民基本医疗保险", "390"),
        ("med_type", "medical_category", "普通住院", "21"),
        ("med_type", "medical_category", "药店购药", "41"),
        ("gend", "sex", "男性", "1"),
        ("gend", "sex", "F", "2"),
        ("hosp_lv", "institution_grade", "三级甲等", "02"),
        ("vali_flag", "is_valid", "无效", False),
        ("vali_flag", "is_valid", "有效", True),
        ("refd_setl_flag", "is_refund", "否", False),
        ("refd_setl_flag", "is_refund", "正常", False),
        ("refd_setl_flag", "is_refund", "退费", True),
        ("vali_flag", "is_valid", "正常", True),
        ("init_setl_id", "original_settlement_id", "无", None),
        ("init_setl_id", "original_settlement_id", "0", None),
        ("init_setl_id", "original_settlement_id", "-", None),
    ],
)  # fmt: skip
def test_words_for_codes(con, load, column, target, written, kept):
    load(everyone={column: written})
    assert con.sql(f"select distinct {target} from record.settlement").fetchall() == [(kept,)]


def test_a_word_of_no_code_is_said_with_its_rows(con, load):
    lines = load(first={"med_type": "门诊大病（旧）"})
    assert "med_type: words for no known code, read as they stand: 门诊大病（旧） (1)" in lines and "mappings" in lines


@pytest.mark.parametrize(
    ("header", "written"),
    [("selfpay_prop", "10%"), ("自付比例(%)", "10"), ("自付比例（％）", "10%"), ("selfpay_prop", "0.1")],
)
def test_shares_in_hundredths(con, load, rows, header, written):
    load(table="fee_list_d", make=rows.fee_line, everyone={header: written})
    assert con.sql("select distinct first_paid_share from record.fee_line").fetchall() == [(Decimal("0.1000"),)]


@pytest.mark.parametrize("written", ["10", "-0.1", "150%", "a tenth"])
def test_what_is_no_share_is_not_read_as_one(con, load, rows, written):
    load(table="fee_list_d", make=rows.fee_line, everyone={"selfpay_prop": "0.1"}, first={"selfpay_prop": written})
    ((row, field, reason),) = rejected(con)
    assert (row, field) == (1, "selfpay_prop") and ("no share" in reason or reason == "not a number")


def test_a_mark_that_is_neither_yes_nor_no_is_rejected(con, load):
    """An optional mark too: a row that somebody struck out must not pass for one that stands."""
    load(first={"vali_flag": "待核"})
    assert rejected(con) == [(1, "vali_flag", "not a known word: 待核; one of 0, 1")]


def test_a_day_that_means_none_is_read_as_none_and_said(con, load):
    lines = load(everyone={"brdy": "1900-01-01"})
    assert con.sql("select count(birth_on) from record.settlement").fetchall() == [(0,)]
    assert f"brdy: {MANY} rows hold 1900-01-01 or the like, read as no day" in lines


def test_a_day_that_every_row_has_and_means_none_is_rejected(con, load):
    load(first={"setl_time": "1900-01-01 00:00:00"})
    assert rejected(con) == [(1, "setl_time", "a day that means none, and every row has one")]


@pytest.mark.parametrize(
    "form", ["20250415101112", "2025年4月15日 10:11:12", "2025/4/15 10:11", "2025-04-15T02:11:12Z"]
)
def test_a_correction_stands_whatever_the_form_of_its_update_time(con, load, form):
    load(everyone={"updt_time": "2025-03-01 09:00:00"})
    load("later", everyone={"updt_time": form, "medfee_sumamt": "999.99"})
    assert con.sql("select distinct total_amount from record.settlement").fetchall() == [(Decimal("999.99"),)]


def test_an_update_time_that_cannot_be_read_rejects_its_row(con, load):
    load(first={"updt_time": "soon"}, everyone={"updt_time": "2025-03-01 09:00:00"})
    assert rejected(con) == [(1, "updt_time", "not a date and time")]
