"""Deliveries as they really come: nothing lost, nothing doubled, whatever they are wrapped in."""

import gzip
import zipfile
from datetime import date, datetime
from decimal import Decimal

import polars as pl
import pytest

from data.contract import mapping
from data.errors import FundwatchError, InputRefused, UsageError
from data.ingest import Intake, Pseudonyms, ingest
from data.ingest.find import find
from data.warehouse.connection import open_warehouse
from tests.tools import dirty


@pytest.fixture
def con(tmp_path):
    with open_warehouse(tmp_path / "home") as con:
        yield con


def record(con):
    """Every record table's rows, without where they came from."""
    tables = con.sql("select table_name from duckdb_tables() where schema_name = 'record' order by 1").fetchall()
    return {
        t: con.sql(
            f"select columns(lambda c: c not in ('file_id', 'row_number', 'updated_at')) from record.{t} order by all"
        ).fetchall()
        for (t,) in tables
    }


@pytest.mark.slow
def test_a_dirty_delivery_says_the_same_as_the_clean_one(con, hamlet, tmp_path):
    ingest(con, hamlet)
    wanted = record(con)
    dirty.soil(hamlet, tmp_path / "dirty", seed=3)
    with open_warehouse(tmp_path / "other") as other:
        accounts = ingest(other, tmp_path / "dirty")
        found = record(other)
    assert {t: len(r) for t, r in found.items()} == {t: len(r) for t, r in wanted.items()}
    for table, rows in wanted.items():
        assert found[table] == rows, table
    assert sum(a.duplicate for a in accounts) >= 3 and sum(a.rejected for a in accounts) == 0


def test_spoiled_cells_are_rejected_with_their_row_and_can_be_mended(con, hamlet, tmp_path):
    harmed = dirty.soil(hamlet, tmp_path / "dirty", seed=4, harm=5)
    account = next(a for a in ingest(con, tmp_path / "dirty") if a.source_table == "fee_list_d")
    assert account.rejected == 5 and account.loaded == account.rows_in - 5
    rejected = con.sql("select * from run.rejected order by row_number").pl()
    assert rejected["row_number"].to_list() == [row for _, row, _, _ in harmed]
    assert set(rejected["field"]) == {"det_item_fee_sumamt"} and set(rejected["reason"]) == {"not a number"}
    mended = rejected.select("file", "row_number", pl.col("source_table").alias("table"), "field", "reason", "raw")
    mended = mended.with_columns(
        raw=pl.struct("raw", value=pl.Series([h[3] for h in harmed])).map_elements(
            lambda s: s["raw"].replace("unknown", s["value"]), return_dtype=pl.String
        )
    )
    (tmp_path / "mended").mkdir()
    mended.write_csv(tmp_path / "mended" / "rejected.csv", include_bom=True)
    (again,) = ingest(con, tmp_path / "mended")
    assert (again.loaded, again.rejected) == (5, 0)
    with open_warehouse(tmp_path / "whole") as whole:
        ingest(whole, hamlet)
        assert record(con)["fee_line"] == record(whole)["fee_line"]


@pytest.mark.parametrize(
    ("written", "wanted"),
    [
        ("2025-03-01", date(2025, 3, 1)),
        ("2025-3-1", date(2025, 3, 1)),
        ("2025/3/1", date(2025, 3, 1)),
        ("2025.03.01", date(2025, 3, 1)),
        ("20250301", date(2025, 3, 1)),
        ("2025-03-01 08:09:10", date(2025, 3, 1)),
        ("2025-03-01T08:09:10", date(2025, 3, 1)),
        ("20250301080910", date(2025, 3, 1)),
        ("2025年3月1日", date(2025, 3, 1)),
        ("45717", date(2025, 3, 1)),
        ("45717.5", date(2025, 3, 1)),
        ("２０２５-０３-０１", date(2025, 3, 1)),
    ],
)
def test_written_dates(con, delivery, clean, rows, written, wanted):
    clean["setl_d.csv"] = [rows.settlement(1, begndate=written, enddate=written)]
    ingest(con, delivery(clean))
    assert con.sql("select started_on, ended_on from record.settlement").fetchall() == [(wanted, wanted)]


@pytest.mark.parametrize(
    ("written", "wanted"),
    [
        ("1234.5", "1234.50"),
        ("1,234.50", "1234.50"),
        ("¥1,234.50", "1234.50"),
        ("￥1234.5元", "1234.50"),
        ("１２３４．５", "1234.50"),
        ("'1234.50", "1234.50"),
        ("-1,234,567.89", "-1234567.89"),
        (" 1234.50\t", "1234.50"),
        ("(1,234.50)", "-1234.50"),
        ("1234.50-", "-1234.50"),
        ("¥-1 234.50", "-1234.50"),
        ("RMB 1234.5", "1234.50"),
    ],
)
def test_written_amounts(con, delivery, clean, rows, written, wanted):
    clean["setl_d.csv"] = [rows.settlement(1, medfee_sumamt=written)]
    ingest(con, delivery(clean))
    assert con.sql("select total_amount from record.settlement").fetchall() == [(Decimal(wanted),)]


@pytest.mark.parametrize("written", ["1,23", "12,34.5", "1.2.3", "abc", "12元50", "12 50", "(-5)"])
def test_what_is_no_number_is_not_guessed(con, delivery, clean, rows, written):
    clean["setl_d.csv"] = [rows.settlement(i) for i in range(40)]
    clean["setl_d.csv"][7]["medfee_sumamt"] = written
    ingest(con, delivery(clean))
    assert con.sql("select row_number, field, reason from run.rejected").fetchall() == [
        (8, "medfee_sumamt", "not a number")
    ]


@pytest.mark.parametrize(
    ("written", "wanted"),
    [
        ("P1\t", "P1"),
        ("'P1", "P1"),
        ("Ｐ１", "P1"),
        (" P1　", "P1"),
        ("007", "007"),
        ("330102199001011234", "330102199001011234"),
    ],
)
def test_ids_stay_text(con, delivery, clean, rows, written, wanted):
    clean["setl_d.csv"] = [rows.settlement(1, psn_no=written)]
    ingest(con, delivery(clean))
    assert con.sql("select person_id from record.settlement").fetchall() == [(wanted,)]


def test_an_id_in_scientific_notation_is_rejected_not_guessed(con, delivery, clean, rows):
    clean["setl_d.csv"] = [rows.settlement(i) for i in range(40)]
    clean["setl_d.csv"][0]["psn_no"] = "5.199E+17"
    ingest(con, delivery(clean))
    ((row, field, reason, raw),) = con.sql("select row_number, field, reason, raw from run.rejected").fetchall()
    assert (row, field) == (1, "psn_no") and "scientific" in reason and "5.199E+17" in raw


def test_codes_in_both_paddings_and_in_words(con, delivery, clean, rows):
    clean["setl_d.csv"] = [
        rows.settlement(1, hosp_lv="3", gend="男", refd_setl_flag="否", vali_flag="是", med_type="11.0"),
        rows.settlement(2, hosp_lv="03", gend="2", refd_setl_flag="00", vali_flag="1", med_type="11"),
    ]
    ingest(con, delivery(clean))
    assert con.sql(
        "select institution_grade, sex, is_refund, is_valid, medical_category from record.settlement order by sex"
    ).fetchall() == [("03", "1", False, True, "11"), ("03", "2", False, True, "11")]


def test_a_workbook_with_several_sheets(con, clean, tmp_path):
    import xlsxwriter

    (tmp_path / "x").mkdir()
    with xlsxwriter.Workbook(tmp_path / "x" / "导出.xlsx") as book:
        for name, sheet in (("结算信息表", "setl_d.csv"), ("mdtrt_d", "mdtrt_d.csv"), ("费用明细", "fee_list_d.csv")):
            page = book.add_worksheet(name)
            for column, field in enumerate(clean[sheet][0]):
                page.write(0, column, field)
                for row, values in enumerate(clean[sheet], 1):
                    value = values[field]
                    if field == "begndate":
                        page.write_datetime(
                            row, column, datetime(2025, 3, 1), book.add_format({"num_format": "yyyy/m/d"})
                        )
                    elif field in ("medfee_sumamt", "cnt"):
                        page.write_number(row, column, float(value))
                    else:
                        page.write_string(row, column, value)
    accounts = ingest(con, tmp_path / "x")
    assert {(a.source_table, a.loaded) for a in accounts} == {("setl_d", 2), ("mdtrt_d", 2), ("fee_list_d", 2)}
    assert con.sql("select started_on, total_amount from record.settlement limit 1").fetchall() == [
        (date(2025, 3, 1), Decimal("50.00"))
    ]


def test_a_table_is_recognised_by_its_header_and_quoted_line_breaks_are_kept(con, delivery, clean, rows):
    clean["setl_d.csv"] = [rows.settlement(1, dise_name='one\n"two", three')]
    folder = delivery(clean)
    (folder / "setl_d.csv").rename(folder / "导出文件1.csv")
    ingest(con, folder)
    assert con.sql("select disease_name from record.settlement").fetchall() == [('one\n"two", three',)]


def test_odd_bytes_that_come_late_are_read_as_gb18030(con, delivery, clean, rows):
    clean["setl_d.csv"] = [rows.settlement(i, dise_name="x" * 400) for i in range(4000)]
    clean["setl_d.csv"].append(rows.settlement(4001, dise_name="高血压"))
    folder = delivery(clean)
    path = folder / "setl_d.csv"
    path.write_bytes(path.read_text(encoding="utf-8").encode("gb18030"))
    ingest(con, folder)
    assert con.sql("select disease_name from record.settlement where settlement_id = 'S4001'").fetchall() == [
        ("高血压",)
    ]


def test_a_few_broken_bytes_do_not_turn_utf_8_into_something_else(con, delivery, clean, rows):
    clean["setl_d.csv"] = [rows.settlement(i, dise_name="高血压") for i in range(50)]
    folder = delivery(clean)
    path = folder / "setl_d.csv"
    path.write_bytes(path.read_bytes().replace("高血压".encode(), "高血".encode() + b"\xff", 1))
    ingest(con, folder)
    names = {n for (n,) in con.sql("select distinct disease_name from record.settlement").fetchall()}
    assert names == {"高血压", "高血\ufffd"}


def test_rows_that_do_not_fit_the_header_are_kept_as_rejects(con, delivery, clean, rows):
    clean["setl_d.csv"] = [rows.settlement(i) for i in range(60)]
    folder = delivery(clean)
    lines = (folder / "setl_d.csv").read_text(encoding="utf-8").splitlines()
    lines[5] += ",more"
    lines[20] = "S19,short"
    lines[30] = lines[30].replace("50.00", "fifty", 1)
    (folder / "setl_d.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    account = next(a for a in ingest(con, folder) if a.source_table == "setl_d")
    assert (account.rows_in, account.loaded, account.rejected) == (60, 57, 3)
    found = con.sql("select row_number, reason, raw from run.rejected order by 1").fetchall()
    assert [r for r, _, _ in found] == [5, 20, 30]
    assert found[1][2] == "S19,short" and "fifty" in found[2][2] and "columns of the header" in found[0][1]
    assert con.sql("select row_number from record.settlement where settlement_id = 'S40'").fetchall() == [(41,)]


def test_the_newer_version_stands_whatever_comes_last(con, delivery, clean, rows):
    clean["setl_d.csv"] = [rows.settlement(1, medfee_sumamt="70.00") | {"updt_time": "2025-05-02 00:00:00"}]
    ingest(con, delivery(clean))
    clean["setl_d.csv"] = [rows.settlement(1, medfee_sumamt="60.00") | {"updt_time": "2025-05-01 00:00:00"}]
    account = next(a for a in ingest(con, delivery(clean)) if a.source_table == "setl_d")
    assert account.replaced == 1
    assert con.sql("select total_amount from record.settlement").fetchall() == [(70,)]


def test_a_city_s_dialect_is_one_more_file(con, delivery, clean, tmp_path):
    dialects = tmp_path / "mappings"
    dialects.mkdir()
    (dialects / "city.csv").write_text(
        "table,name,field\nsetl_d,总费用,medfee_sumamt\n*,人员号,psn_no\nsetl_d,js_main,\n", encoding="utf-8"
    )
    folder = delivery(clean)
    text = (folder / "setl_d.csv").read_text(encoding="utf-8")
    (folder / "JS_MAIN_2025.csv").write_text(
        text.replace("medfee_sumamt", "总费用", 1).replace("psn_no", "人员号", 1), encoding="utf-8"
    )
    (folder / "setl_d.csv").unlink()
    ingest(con, folder, intake=Intake(dialects=dialects))
    assert con.sql("select sum(total_amount), max(person_id) from record.settlement").fetchall() == [(100, "P1")]
    (dialects / "wrong.csv").write_text("table,name,field\nsetl_d,x,no_such_field\n", encoding="utf-8")
    mapping.names.cache_clear()
    with pytest.raises(UsageError, match=r"wrong.csv, line 2: setl_d has no field no_such_field"):
        mapping.names(dialects)


@pytest.mark.parametrize(
    ("cell", "named"),
    [
        ("t.setl_id", "setl_id"),
        ("setl_d.PSN_NO", "psn_no"),
        ('"HSA"."SETL_D"."SETL_ID"', "setl_id"),
        ("`setl_id`", "setl_id"),
        ("结算ID/setl_id", "setl_id"),
        ("psn_no 人员编号", "psn_no"),
        ("结算ID(setl_id)", "setl_id"),
        ("setl_id（结算ID）", "setl_id"),
        ("医疗费总额(元)", "medfee_sumamt"),
        ("医疗费总额(fund_pay_sumamt)", None),  # two fields at once are none
        ("原 结算ID", "init_setl_id"),
        ("setl_id/psn_no", None),
        ("结算ID备注", None),
    ],
)
def test_a_column_named_with_more_than_its_name(cell, named):
    assert mapping.names().field("setl_d", cell) == named


@pytest.mark.parametrize("cell", ["updt_time", "t.UPDT_TIME", "数据更新时间", "updt_time(数据更新时间)", "更新时间"])
def test_the_update_time_is_known_by_its_names(cell):
    assert mapping.updated(["setl_id", cell]) == cell and mapping.updated(["setl_id", "crte_time"]) is None


def test_interface_layer_and_chinese_headers(tmp_path, delivery, clean):
    folder = delivery(clean)
    text = (folder / "fee_list_d.csv").read_text(encoding="utf-8")
    (folder / "fee_list_d.csv").write_text(
        text.replace("bkkp_sn", "feedetl_sn", 1).replace("inscp_amt", "inscp_scp_amt", 1).replace("cnt", "数量", 1),
        encoding="utf-8",
    )
    found = find(folder, tmp_path)
    fields = {f.source for d in found.deliveries if d.table.source == "fee_list_d" for f in d.fields.values()}
    assert {"bkkp_sn", "inscp_amt", "cnt"} <= fields


def test_pseudonyms_hide_ids_and_still_match(con, delivery, clean, rows, tmp_path):
    clean["setl_d.csv"] = [rows.settlement(1, psn_no="P1", certno="990101198001010029")]
    clean["psn_info_b.csv"] = [{"psn_no": "P1", "certno": "990101198001010029", "gend": "2"}]
    key = Pseudonyms.of(tmp_path)
    ingest(con, delivery(clean), intake=Intake(pseudonyms=key))
    import hashlib
    import hmac

    wanted = hmac.new(key.key, b"P1", hashlib.sha256).hexdigest()[:24]
    assert con.sql("select distinct person_id from record.settlement").fetchall() == [(wanted,)]
    assert con.sql("select distinct person_id from record.fee_line").fetchall() == [(wanted,)]
    identity = con.sql("select distinct id_number, id_sex, id_birth_on from record.person_identity").fetchall()
    assert identity == [
        (hmac.new(key.key, b"990101198001010029", hashlib.sha256).hexdigest()[:24], "2", date(1980, 1, 1))
    ]
    assert oct((tmp_path / "pseudonym.key").stat().st_mode)[-3:] == "600"
    assert Pseudonyms.of(tmp_path) == key
    (tmp_path / "pseudonym.key").write_text("", encoding="ascii")
    with pytest.raises(FundwatchError, match="damaged"):
        Pseudonyms.of(tmp_path)


def test_unsafe_archives_and_links_are_refused(con, delivery, clean, tmp_path):
    folder = delivery(clean)
    with zipfile.ZipFile(folder / "a.zip", "w") as archive:
        archive.writestr("../../outside/setl_d.csv", "x")
    with pytest.raises(InputRefused, match="leads out of the archive"):
        ingest(con, folder)
    (folder / "a.zip").write_bytes(b"PK\x03\x04 broken")
    with pytest.raises(InputRefused, match="cannot be unpacked"):
        ingest(con, folder)
    (folder / "a.zip").unlink()
    (folder / "setl_d_2.csv").symlink_to("/etc/hostname")
    with pytest.raises(InputRefused, match="link that leads out"):
        ingest(con, folder)


def test_a_zip_bomb_is_refused_before_it_unpacks(con, delivery, clean):
    folder = delivery(clean)
    with (
        zipfile.ZipFile(folder / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("setl_d.csv", "w", force_zip64=True) as member,
    ):
        for _ in range(150):
            member.write(b"\0" * (1 << 20))
    with pytest.raises(InputRefused, match="times its size"):
        ingest(con, folder)


def test_a_line_of_gigabytes_and_a_cut_gzip_are_refused(con, delivery, clean):
    folder = delivery(clean)
    text = (folder / "setl_d.csv").read_text(encoding="utf-8")
    (folder / "setl_d.csv").write_text(text + "x" * 40_000_000, encoding="utf-8")
    with pytest.raises(InputRefused, match="a line of over"):
        ingest(con, folder)
    (folder / "setl_d.csv").write_text(text, encoding="utf-8")
    packed = gzip.compress((folder / "fee_list_d.csv").read_bytes() * 50)
    (folder / "fee_list_d.csv").unlink()
    (folder / "fee_list_d.csv.gz").write_bytes(packed[: len(packed) // 2])
    with pytest.raises(InputRefused):
        ingest(con, folder)
    assert con.sql("select count(*) from record.settlement").fetchall() == [(0,)]


def test_hostile_column_names_are_only_names(con, delivery, clean):
    for row in clean["setl_d.csv"]:
        row['x"; drop table record.settlement; --'] = "1"
        row["'); select 1 --"] = "2"
    assert sum(a.loaded for a in ingest(con, delivery(clean))) == 6
