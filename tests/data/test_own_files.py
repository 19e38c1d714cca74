"""Files that people write for fundwatch itself, as their programs save them."""

import csv
import io
from decimal import Decimal

import duckdb
import pytest
import xlsxwriter

from data.contract import mapping
from data.errors import InputRefused, UsageError
from data.ingest import Intake, ingest
from data.knowledge import load as knowledge
from data.knowledge.published.workbook import read_workbook
from data.warehouse.connection import ddl
from flows.home import settings
from flows.publish.outlook import read_account
from models.casebook import read as verdicts
from models.workbench import ruleset
from tests import xls

ENCODINGS = ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le"]


def put(path, text, encoding):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode(encoding))
    return path


@pytest.fixture
def con():
    with duckdb.connect() as con:
        con.execute("set threads = 1")
        con.execute(ddl())
        for table in ("mdtrt_d", "fee_list_d"):
            con.execute(f"insert into run.input_file (file_id, file, source_table) values ('{table}', 'x', '{table}')")
        yield con


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_settings_and_switches(tmp_path, encoding, end):
    put(tmp_path / settings.FILE_NAME, f"# 某市{end}seed = 7{end}language = 'zh'{end}", encoding)
    read = settings.load(tmp_path, {})
    assert (read.seed, read.language) == (7, "zh")
    put(tmp_path / ruleset.SWITCHES, f'[batch_visits]{end}status = "retired"{end}reason = "本市不适用"{end}', encoding)
    assert ruleset.switches(tmp_path)["batch_visits"].reason == "本市不适用"


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize(
    "form",
    [
        "table,name,field\n*,人员号,psn_no\nsetl_d,js_main,\n",
        "sep=;\nTable;name;field\n\n*; 人员号 ;psn_no\nsetl_d;js_main\n",
    ],
)
def test_a_city_s_names(tmp_path, encoding, form):
    mapping.names.cache_clear()
    put(tmp_path / "city.csv", form.replace("Table", "table"), encoding)
    put(tmp_path / "~$city.csv", "x", "utf-8")
    names = mapping.names(tmp_path)
    assert names.of_field["mdtrt_d", "人员号"] == "psn_no" and names.of_table["js_main"] == "setl_d"


def test_names_that_nothing_reads_are_said(tmp_path):
    mapping.names.cache_clear()
    put(tmp_path / "city.xlsx", "x", "utf-8")
    with pytest.raises(UsageError, match=r"city.xlsx is not read: save the names as CSV UTF-8, city.csv"):
        mapping.names(tmp_path)


@pytest.fixture
def spoiled(con, delivery, rows):
    """A delivery with one row rejected."""
    many = [rows.settlement(n, psn_name="甲乙丙") for n in range(40)]
    many[4]["medfee_sumamt"] = "壹佰元"
    ingest(con, delivery({"setl_d.csv": many}))
    file, number, reason, raw = con.sql("select file, row_number, reason, raw from run.rejected").fetchall()[0]
    return [file, str(number), "setl_d", "medfee_sumamt", reason, raw.replace("壹佰元", "100.00")]


ENGLISH = ["file", "row_number", "table", "field", "reason", "raw"]
CHINESE = ["文件", "行号", "表", "字段", "拒收原因", "原始内容"]


def mended_and_loaded(con, folder):
    (account,) = ingest(con, folder)
    assert (account.rows_in, account.loaded, account.rejected) == (1, 1, 0)
    assert con.sql("select total_amount from record.settlement where settlement_id = 'S4'").fetchall() == [
        (Decimal(100),)
    ]
    assert con.sql("select count(*) from run.rejected where mended_by is null").fetchall() == [(0,)]


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("header", [ENGLISH, CHINESE])
@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_mended_rows_in_any_encoding(con, spoiled, tmp_path, encoding, header, delimiter):
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows([header, spoiled])
    put(tmp_path / "mended" / "更正.csv", out.getvalue(), encoding)
    mended_and_loaded(con, tmp_path / "mended")


def test_mended_rows_in_a_workbook(con, spoiled, tmp_path):
    (tmp_path / "mended").mkdir()
    with xlsxwriter.Workbook(tmp_path / "mended" / "rejected.xlsx") as book:
        page = book.add_worksheet("rejected")
        for r, row in enumerate([CHINESE, spoiled]):
            for c, value in enumerate(row):
                page.write_string(r, c, value)
    mended_and_loaded(con, tmp_path / "mended")


def test_mended_rows_that_lost_a_column_are_refused(con, spoiled, tmp_path):
    put(tmp_path / "mended" / "rejected.csv", ",".join(ENGLISH) + "\nsetl_d.csv,5\n", "gb18030")
    with pytest.raises(InputRefused, match="lacks one of its columns"):
        ingest(con, tmp_path / "mended", intake=Intake())


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_bureau_s_own_knowledge(tmp_path, encoding):
    columns, _ = knowledge.tables()["division"]
    row = dict.fromkeys(columns, "") | {"division": "990199", "name_zh": "某县", "basis": "本市文件"}
    text = ",".join(columns) + "\n" + ",".join(row[c] for c in columns) + "\n"
    put(tmp_path / "division.csv", text, encoding)
    with duckdb.connect() as con:
        con.execute(ddl())
        knowledge._lay(con, "division", tmp_path / "division.csv")
        assert con.sql("select count(*) from knowledge.division where division = '990199'").fetchall() == [(1,)]
    put(tmp_path / "division.xlsx", "x", "utf-8")
    with pytest.raises(UsageError, match=r"division.xlsx is not read: save it as CSV"):
        knowledge.version(tmp_path)


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("above", ["", "核查结果反馈表,,\n"])
def test_verdicts(tmp_path, encoding, above):
    path = put(
        tmp_path / "反馈.csv",
        above + "线索编号,核查结论,核实\n金额,,\nL1,确认违规,说明\n".replace("核实\n金额,,\n", "备注\n"),
        encoding,
    )
    told = verdicts.read(path)
    assert told.rows.select("lead_id", "conclusion").rows() == [("L1", "确认违规")] and told.ignored == ("备注",)


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_the_fund_s_own_account(tmp_path, encoding):
    path = put(tmp_path / "account.csv", '基金收支情况表\n月份,险种,收入,结余\n2025-01,310,"1,000",5\n', encoding)
    assert read_account(path).select("insurance_type", "income", "balance").rows() == [("310", 1000.0, 5.0)]


def test_a_knowledge_workbook_of_the_old_form_with_a_hidden_sheet(tmp_path):
    header = ["序号", "规则名称", "药品通用名", "药品代码", "限定"]
    rows = [["知识点目录"], header, ["1", "药品区分性别使用", "黄体酮", "XG03DAH100", "限女性"], ["合计", "1"]]
    xls.write(tmp_path / "知识点.et", {"旧": [["废止"]], "目录": rows}, hidden=("旧",))
    points, codes = read_workbook(tmp_path / "知识点.et")
    assert points["item_name_zh"].to_list() == ["黄体酮"] and codes["med_list_codg"].to_list() == ["XG03DAH100"]
