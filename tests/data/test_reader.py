"""Tables as programs and people write them: read right, or refused by name; never silently something else."""

import csv
import io
import zipfile
from decimal import Decimal

import duckdb
import pytest
import xlsxwriter

from data.errors import InputRefused, UsageError
from data.ingest import Intake, ingest
from data.warehouse.connection import ddl
from tests import xls

MANY = 40


def text_of(rows, delimiter=",", end="\n", quoting=csv.QUOTE_MINIMAL):
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator=end, quoting=quoting)
    writer.writerow(rows[0])
    writer.writerows(r.values() for r in rows)
    return out.getvalue()


def put(folder, name, text, encoding="utf-8"):
    (folder / name).write_bytes(text.encode(encoding) if isinstance(text, str) else text)
    return folder


def book(path, sheets, hidden=()):
    """Write an xlsx; a cell ('=', formula) is one without a stored result, ('#', text) an error."""
    with xlsxwriter.Workbook(path) as made:
        for name, rows in sheets.items():
            page = made.add_worksheet(name)
            if name in hidden:
                page.hide()
            for r, row in enumerate(rows):
                for c, value in enumerate(row):
                    if isinstance(value, tuple):
                        page.write_formula(r, c, "=A1", None, value[1] if value[0] == "#" else "")
                    elif value is not None and value != "":
                        page.write(r, c, value) if not isinstance(value, str) else page.write_string(r, c, value)


def cells(rows):
    return [list(rows[0]), *(list(r.values()) for r in rows)]


@pytest.fixture
def con():
    with duckdb.connect() as con:
        con.execute("set threads = 1")
        con.execute(ddl())
        for table in ("mdtrt_d", "fee_list_d"):  # they came before
            con.execute(f"insert into run.input_file (file_id, file, source_table) values ('{table}', 'x', '{table}')")
        yield con


@pytest.fixture
def many(rows):
    """Enough settlements that one faulty one does not spoil the file."""
    return {"setl_d.csv": [rows.settlement(n, dise_name=f"disease {n}") for n in range(1, MANY + 1)]}


@pytest.fixture
def read(con):
    """Ingest a folder; gives (settlements, yuan, account of the settlements, what was said)."""

    def run(folder, **how):
        said = []
        accounts = ingest(con, folder, said.append, Intake(**how))
        count, yuan = con.sql("select count(*), sum(total_amount) from record.settlement").fetchall()[0]
        files = [a for a in accounts if a.source_table == "setl_d"]
        return count, yuan, files, "\n".join(said)

    return run


WHOLE = (MANY, Decimal(50 * MANY))


# ------------------------------------------------------------------------------------------ quotation marks


@pytest.mark.parametrize("delimiter", [",", "\t", "|"])
@pytest.mark.parametrize(
    ("first", "second"),
    [
        ('"open', '"open too'),
        ('"open', 'closed" far below'),
        ('5" wide', '12" wide'),
        ('"open', None),
        ('""', '"'),
        ('"open', '"closed"'),
    ],
)
def test_a_quotation_mark_that_nobody_closes_swallows_no_row(read, con, delivery, many, delimiter, first, second):
    lines = text_of(many["setl_d.csv"], delimiter).splitlines()
    place = list(many["setl_d.csv"][0]).index("dise_name")
    for line, name in ((5, first), (30, second)):
        if name is not None:
            row = lines[line].split(delimiter)
            lines[line] = delimiter.join([*row[:place], name, *row[place + 1 :]])
    count, yuan, (account,), _ = read(put(delivery(many), "setl_d.csv", "\n".join(lines) + "\n"))
    assert account.rows_in == MANY and count >= MANY - 2 and count + account.rejected == MANY
    assert yuan == 50 * count
    kept = con.sql(
        "select settlement_id, disease_name from record.settlement where settlement_id in ('S5', 'S6', 'S31')"
    )
    assert dict(kept.fetchall())["S6"] == "disease 6"
    assert all("\n" not in (name or "") for _, name in kept.fetchall())


def test_two_open_marks_on_neighbouring_lines_and_in_the_last_line(read, con, delivery, many):
    for n in (4, 5, MANY - 1):
        many["setl_d.csv"][n]["dise_name"] = f"@open {n}"
    text = text_of(many["setl_d.csv"]).replace("@", '"')
    count, yuan, (account,), said = read(put(delivery(many), "setl_d.csv", text))
    assert (count, yuan, account.rejected) == (*WHOLE, 0) and "3 rows hold a quotation mark" in said
    assert con.sql("select count(*) from record.settlement where starts_with(disease_name, '\"open')").fetchall() == [
        (3,)
    ]


def test_an_open_mark_with_a_delimiter_behind_it_costs_its_own_row(read, con, delivery, many):
    many["setl_d.csv"][4]["dise_name"] = "@a;b"
    text = text_of(many["setl_d.csv"]).replace("@", '"').replace("a;b", "a,b")
    count, _, (account,), _ = read(put(delivery(many), "setl_d.csv", text))
    assert (count, account.rejected, account.rows_in) == (MANY - 1, 1, MANY)
    assert con.sql("select row_number, reason from run.rejected").fetchall() == [(5, "a quotation mark is not closed")]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("where", ["dise_name", "manl_reim_rea"])
def test_values_of_several_lines_stay_one(read, con, delivery, many, end, where):
    long = 'one, two\n\n"three", four\nS9,E9 five'
    many["setl_d.csv"] = [{"setl_id": r["setl_id"], "manl_reim_rea": "", **r} for r in many["setl_d.csv"]]
    for n in (3, 20, MANY - 1):
        many["setl_d.csv"][n][where] = long
    count, yuan, (account,), _ = read(put(delivery(many), "setl_d.csv", text_of(many["setl_d.csv"], end=end)))
    assert (count, yuan, account.rejected) == (*WHOLE, 0)
    column = {"dise_name": "disease_name", "manl_reim_rea": "manual_reimbursement_reason"}[where]
    assert con.sql(f"select {column} from record.settlement where settlement_id = 'S21'").fetchall() == [(long,)]


def test_a_table_of_two_columns(read, con, delivery, clean):
    codes = [{"bkkp_sn": f"5199{n:04}", "drug_trac_codg": f"8114{n:04}"} for n in range(30)]
    codes[3]["drug_trac_codg"] = "@8114"
    codes[20]["drug_trac_codg"] = "@8115"
    folder = put(delivery(clean), "drug_trac_d.csv", text_of(codes).replace("@", '"'))
    read(folder)
    assert con.sql("select count(*), count(distinct line_id) from record.trace_code").fetchall() == [(30, 30)]


def test_rows_read_that_are_not_the_rows_counted_refuse_the_file(read, delivery, many, monkeypatch):
    from data.ingest import survey

    monkeypatch.setattr(survey, "look", lambda *_: survey.Survey(MANY + 8, True))
    with pytest.raises(InputRefused, match=r"setl_d.csv: 47 rows were counted and 40 read"):
        read(delivery(many))


# ------------------------------------------------------------------------------------------ no record


TOTALS = {
    "in the key": {"setl_id": "合计"},
    "with blanks": {"setl_id": " 合  计： "},
    "of the page": {"dise_name": "本页合计"},
    "by place": {"fixmedins_code": "H1", "dise_name": "小计"},
    "in English": {"psn_no": "Grand Total"},
    "with the rows counted": {"setl_id": "总计", "mdtrt_id": "40"},
    "of a group": {"fixmedins_code": "H51990410098 汇总"},
}


@pytest.mark.parametrize("form", ["csv", "xlsx", "xls"])
@pytest.mark.parametrize("what", TOTALS)
def test_a_total_is_no_settlement(read, delivery, many, form, what):
    total = dict.fromkeys(many["setl_d.csv"][0], "") | {"medfee_sumamt": "2000.00"} | TOTALS[what]
    folder = delivery(many)
    (folder / "setl_d.csv").unlink()
    written = [*many["setl_d.csv"][:20], total, *many["setl_d.csv"][20:]]
    if form == "csv":
        put(folder, "setl_d.csv", text_of(written))
    elif form == "xlsx":
        book(folder / "setl_d.xlsx", {"Sheet1": cells(written)})
    else:
        xls.write(folder / "setl_d.xls", {"Sheet1": cells(written)})
    count, yuan, (account,), said = read(folder)
    assert (count, yuan) == WHOLE and (account.rows_in, account.left_out) == (MANY + 1, 1)
    assert account.yuan_in == yuan and "1 total line left out" in said and "data row 21" in said


@pytest.mark.parametrize(
    "line",
    [
        "合计,2000.00",
        "共 40 条",
        "导出时间：2025-04-01 10:00:00",
        "制表人：张三,审核人：李四",
        "--------",
        "40 rows selected.",
        "合计：40条，2000.00元",
        "SQL> spool off",
        "[数据导出完毕]",
        "以下空白",
    ],
)
def test_lines_that_a_program_writes_below_the_table(read, delivery, many, line):
    for text in (line, line + "," * 12):
        many["setl_d.csv"] = [r | {"setl_time": f"2025-03-01 10:00:{len(text) % 60:02}"} for r in many["setl_d.csv"]]
        count, yuan, (account,), _ = read(put(delivery(many), "setl_d.csv", text_of(many["setl_d.csv"]) + "\n" + text))
        assert (count, yuan) == WHOLE and (account.left_out, account.rejected) == (1, 0), text


def test_labels_units_rulers_and_a_second_header_are_no_records(read, con, delivery, many):
    lines = text_of(many["setl_d.csv"]).splitlines()
    header = lines[0].split(",")
    names = {"setl_id": "结算ID", "psn_no": "人员编号", "medfee_sumamt": "医疗费总额"}
    units = {"setl_id": "varchar(30)", "medfee_sumamt": "decimal(16,2)", "begndate": "date"}
    labels = ",".join(names.get(c, "") for c in header)
    kinds = ",".join('"' + units.get(c, "varchar2(40)") + '"' for c in header)
    written = [lines[0], labels, kinds, *lines[1:20], lines[0], *lines[20:]]
    count, yuan, (account,), said = read(put(delivery(many), "setl_d.csv", "\n".join(written) + "\n"))
    assert (count, yuan) == WHOLE and (account.left_out, account.rejected) == (3, 0)
    assert "2 lines of labels, 1 line of units left out" in said
    assert con.sql("select min(row_number), max(row_number) from record.settlement").fetchall() == [(3, MANY + 3)]


@pytest.mark.parametrize("labels", ["记账流水号,药品追溯码", "流水号,追溯码", "bkkp_sn,drug_trac_codg"])
def test_a_line_of_labels_where_every_column_is_text(read, con, delivery, clean, labels):
    codes = [{"bkkp_sn": f"5199{n:04}", "drug_trac_codg": f"8114{n:04}"} for n in range(30)]
    header, *lines = text_of(codes).splitlines()
    read(put(delivery(clean), "drug_trac_d.csv", "\n".join([header, labels, *lines]) + "\n"))
    assert con.sql("select count(*), min(line_id) from record.trace_code").fetchall() == [(30, "51990000")]


def test_records_are_never_taken_for_totals(read, con, delivery, many):
    odd = many["setl_d.csv"]
    odd[0]["dise_name"], odd[1]["dise_name"], odd[2]["fixmedins_name"] = "合计", "小计", "总计医院"
    odd[3]["setl_id"] = ""
    odd[4]["psn_no"] = "sum"
    for row in odd[5:]:
        row["fixmedins_name"] = "甲"
    for row in odd[:5]:
        row.setdefault("fixmedins_name", "甲")
    odd[4]["dise_name"] = "导出时间：无"
    columns = sorted(odd[0])
    count, _, (account,), _ = read(
        put(delivery(many), "setl_d.csv", text_of([{c: r[c] for c in columns} for r in odd]))
    )
    assert (count, account.rejected, account.left_out) == (MANY - 1, 1, 0)
    assert con.sql("select row_number, field from run.rejected").fetchall() == [(4, "setl_id")]


def test_empty_rows_of_a_spreadsheet_are_no_records(read, delivery, many):
    text = text_of(many["setl_d.csv"]) + ("," * (len(many["setl_d.csv"][0]) - 1) + "\n") * 30 + "\n\n   \n"
    count, yuan, (account,), _ = read(put(delivery(many), "setl_d.csv", text))
    assert (count, yuan) == WHOLE and (account.left_out, account.rejected) == (30, 0)


# ------------------------------------------------------------------------------------------ headers


@pytest.mark.parametrize("form", ["csv", "xlsx", "xls", "html"])
@pytest.mark.parametrize(
    "above",
    [
        [["某县2025年医保结算信息"]],
        [["某县2025年医保结算信息"], ["统计期：2025-01-01 至 2025-12-31", "", "单位：元"], []],
        [["sep=,"]],
        [[], [], ["标题"]],
    ],
)
def test_titles_above_the_header(read, delivery, many, form, above):
    rows = cells(many["setl_d.csv"])
    folder = delivery(many)
    (folder / "setl_d.csv").unlink()
    if form == "csv":
        out = io.StringIO()
        csv.writer(out, lineterminator="\n").writerows([*above, *rows])
        put(folder, "setl_d.csv", out.getvalue())
    elif form == "xlsx":
        book(folder / "setl_d.xlsx", {"Sheet1": [*above, *rows], "Sheet2": [], "Sheet3": []})
    elif form == "xls":
        xls.write(folder / "setl_d.xls", {"Sheet1": [*above, *rows]})
    else:
        page = "".join("<tr>" + "".join(f"<td>{c}</td>" for c in row) + "</tr>" for row in [*above, *rows])
        put(folder, "setl_d.xls", f"<html><meta charset=utf-8><table>{page}</table></html>", "utf-8-sig")
    count, yuan, (account,), said = read(folder)
    assert (count, yuan) == WHOLE and account.rejected == 0 and "above the header left out" in said


def test_a_header_of_two_lines_with_merged_cells(read, con, delivery, many):
    over = {"medfee_sumamt": "费用", "begndate": "日期"}
    chinese = {
        "setl_id": "结算ID", "mdtrt_id": "就诊ID", "psn_no": "人员编号", "begndate": "开始日期", "enddate": "结束日期",
        "medfee_sumamt": "医疗费\n总额", "fund_pay_sumamt": "基金支付总额（元）",
    }  # fmt: skip
    names = list(many["setl_d.csv"][0])
    upper = [
        chinese.get(n, n) if n not in ("begndate", "enddate", "medfee_sumamt", "fund_pay_sumamt") else over.get(n, "")
        for n in names
    ]
    lower = [chinese[n] if n in ("begndate", "enddate", "medfee_sumamt", "fund_pay_sumamt") else "" for n in names]
    folder = delivery(many)
    (folder / "setl_d.csv").unlink()
    book(folder / "结算信息表.xlsx", {"导出": [["标题"], upper, lower, *cells(many["setl_d.csv"])[1:]]})
    count, yuan, _, _ = read(folder)
    assert (count, yuan) == WHOLE
    assert con.sql("select distinct started_on is not null and fund_amount = 20 from record.settlement").fetchall() == [
        (True,)
    ]


@pytest.mark.parametrize(
    ("left", "right", "row_left", "row_right"),
    [
        ("", ",,", "", ",,"),
        ("rn,", "", "{n},", ""),
        ("序号,", ",备注,备注", "{n},", ",,"),
        (",", ",,", ",", ""),
        ("", "", "", ","),
        ("rn,", ",X,x", "{n},", ",1,2"),
    ],
)
def test_columns_that_say_nothing(read, delivery, many, left, right, row_left, row_right):
    header, *lines = text_of(many["setl_d.csv"]).splitlines()
    written = [left + header + right, *(row_left.format(n=n) + line + row_right for n, line in enumerate(lines))]
    count, yuan, (account,), _ = read(put(delivery(many), "setl_d.csv", "\n".join(written) + "\n"))
    assert (count, yuan) == WHOLE and account.rejected == 0


@pytest.mark.parametrize("rows_end", ["", ","])
def test_a_comma_within_a_name_shifts_no_cell(read, con, delivery, many, rows_end):
    """Its last cell is empty, so the row looks as long as others that have an empty cell too many."""
    rows = [r | {"memo": ""} for r in many["setl_d.csv"]]
    rows[4]["dise_name"] = "flu, mild"
    lines = [",".join(rows[0]), *(",".join(r.values()) + rows_end for r in rows)]
    count, yuan, (account,), _ = read(put(delivery(many), "setl_d.csv", "\n".join(lines) + "\n"))
    assert (count, yuan, account.rejected) == (MANY - 1, 50 * (MANY - 1), 1)
    assert con.sql("select row_number from run.rejected").fetchall() == [(5,)]


@pytest.mark.parametrize(("other", "is_read"), [("same", True), ("empty", True), ("another", False)])
def test_a_column_that_a_join_brings_twice(read, delivery, many, other, is_read):
    rows = cells(many["setl_d.csv"])
    place = rows[0].index("psn_no")
    more = {"same": lambda row: row[place], "empty": lambda row: "", "another": lambda row: "P9"}[other]
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([[*rows[0], "psn_no"], *([*r, more(r)] for r in rows[1:])])
    folder = put(delivery(many), "setl_d.csv", out.getvalue())
    if is_read:
        assert read(folder)[:2] == WHOLE
    else:
        with pytest.raises(InputRefused, match=r"names 人员编号 \(psn_no\) twice.*40 rows say different things"):
            read(folder)


@pytest.mark.parametrize(
    ("above", "header", "under"),
    [
        ("单位：万元\n", "medfee_sumamt", ""),
        ("", "医疗费总额(万元)", ""),
        ("", "医疗费总额（分）", ""),
        ("", "medfee_sumamt", "万元"),
    ],
)
def test_amounts_in_another_unit_are_refused(read, delivery, many, above, header, under):
    rows = cells(many["setl_d.csv"])
    place = rows[0].index("medfee_sumamt")
    rows[0][place] = header
    if under:
        rows.insert(1, ["" if i != place else under for i in range(len(rows[0]))])
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    with pytest.raises(InputRefused, match=r"setl_d.csv: .*amounts are in (万元|分); they are read in yuan"):
        read(put(delivery(many), "setl_d.csv", above + out.getvalue()))


def test_rows_with_another_delimiter_than_the_header(read, delivery, many):
    header, *lines = text_of(many["setl_d.csv"]).splitlines()
    written = [header, *(line.replace(",", "\t" if n % 2 else ",") for n, line in enumerate(lines))]
    count, yuan, _, _ = read(put(delivery(many), "setl_d.csv", "\n".join(written) + "\n"))
    assert (count, yuan) == WHOLE


@pytest.mark.parametrize("mark", ["|+|", "@|@", "||", "\x1e", "，", "#"])
def test_marks_that_programs_choose_lest_a_value_holds_them(read, con, delivery, many, mark):
    many["setl_d.csv"][3]["dise_name"] = "one, two | three"
    lines = [mark.join(many["setl_d.csv"][0]), *(mark.join(r.values()) for r in many["setl_d.csv"])]
    lines[10] = lines[10].replace("50.00", "fifty")
    folder = put(delivery(many), "setl_d.csv", "\n".join(lines) + "\n")
    count, _, (account,), _ = read(folder)
    assert (count, account.rejected) == (MANY - 1, 1)
    name = con.sql("select disease_name from record.settlement where settlement_id = 'S4'").fetchall()
    assert name == [("one, two | three",)]
    ((raw, delimiter),) = con.sql(
        "select r.raw, i.delimiter from run.rejected as r join run.input_file as i using (file_id)"
    ).fetchall()
    assert raw.split(delimiter)[0] == "S10"


@pytest.mark.parametrize("delimiter", ["\x01", "^", "~", ";"])
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "gb18030"])
def test_delimiters_and_encodings_of_databases(read, delivery, many, delimiter, encoding):
    for row in many["setl_d.csv"]:
        row["dise_name"] = "高血压"
    count, yuan, _, _ = read(put(delivery(many), "setl_d.csv", text_of(many["setl_d.csv"], delimiter), encoding))
    assert (count, yuan) == WHOLE


def test_rows_above_the_header_are_not_titles(read, delivery, many):
    header, *lines = text_of(many["setl_d.csv"]).splitlines()
    with pytest.raises(InputRefused, match=r"setl_d.csv: 5 lines above its header \(line 6\) look like rows"):
        read(put(delivery(many), "setl_d.csv", "\n".join([*lines[:5], header, *lines[5:]]) + "\n"))


def test_a_file_called_as_a_table_without_any_header_says_so(read, delivery, clean):
    folder = put(delivery(clean), "psn_info_b.csv", "a,b\n1,2\n")
    with pytest.raises(InputRefused, match=r"psn_info_b.csv .*none of its first 40 lines names the columns"):
        read(folder)


# ------------------------------------------------------------------------------------------ containers


def test_values_in_apostrophes(read, con, delivery, many):
    many["setl_d.csv"][3]["dise_name"] = "one, two"
    many["setl_d.csv"][4]["dise_name"] = "O''Brien"
    many["setl_d.csv"][5]["dise_name"] = r"O\'Brien"
    header, *_ = text_of(many["setl_d.csv"]).splitlines()
    lines = [",".join(f"'{v}'" if v else "" for v in r.values()) for r in many["setl_d.csv"]]
    lines = [f"'{n}'," + line for n, line in enumerate(lines)]
    count, yuan, (account,), _ = read(put(delivery(many), "setl_d.csv", "rn," + "\r\n".join([header, *lines]) + "\r\n"))
    assert (count, yuan, account.rejected) == (*WHOLE, 0)
    assert con.sql("select disease_name from record.settlement where row_number between 4 and 6 order by row_number").fetchall() == [
        ("one, two",), ("O'Brien",), ("O'Brien",),
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["setl_d.xls", "结算信息表.et", "setl_d.csv", "export.xls"])
def test_old_workbooks_whatever_they_are_called(read, delivery, many, name):
    folder = delivery(many)
    (folder / "setl_d.csv").unlink()
    xls.write(folder / name, {"Sheet1": cells(many["setl_d.csv"])})
    count, yuan, _, _ = read(folder)
    assert (count, yuan) == WHOLE


def test_text_and_workbooks_under_each_other_s_name(read, delivery, many, clean):
    folder = delivery(clean | many)
    (folder / "setl_d.csv").rename(folder / "setl_d.xls")
    book(folder / "mdtrt_d.csv", {"x": cells(clean["mdtrt_d.csv"])})
    with zipfile.ZipFile(folder / "fee.zip", "w") as inner:
        inner.write(folder / "fee_list_d.csv", "fee_list_d.csv")
    with zipfile.ZipFile(folder / "all.zip", "w") as outer:
        outer.write(folder / "fee.zip", "内/fee.zip")
    for name in ("fee.zip", "fee_list_d.csv"):
        (folder / name).unlink()
    count, yuan, _, said = read(folder)
    assert (count, yuan) == WHOLE and "all.zip!内/fee.zip!fee_list_d.csv: 2 rows in = 2 loaded" in said


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("psn_status_d.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 504, r"psn_status_d.xls cannot be read as a workbook.*xlsx or CSV"),
        ("死亡名单.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 504, r"死亡名单.xls cannot be read as a workbook"),
        ("setl_d.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 504 + "EncryptedPackage".encode("utf-16-le"), r"setl_d.xlsx is protected with a password"),
        ("psn_status_d.dbf", b"\x03\x7d\x01\x01" + b"\0" * 99, r"psn_status_d.dbf is a dump or script"),
        ("export.sql", b"create table x (a int);\ninsert into psn_info_b values (1)", r"export.sql is a dump or script"),
        ("expdat.dmp", b"\3\3TEXPORT:V11", r"expdat.dmp is a dump or script"),
        ("name.json", b'[{"a": 1}, {"a": 2}]', r"name.json is a dump or script"),
        ("name.xml", b"<rows><psn_no>1</psn_no></rows>", r"name.xml is a dump or script"),
        ("name.txt", b'{"psn_no": "1", "begndate": "2025-01-01"}\n', r"name.txt holds records of JSON"),
        ("name.txt", b"psn_no       stas_type  begndate\n1            death      2025-01-01\n", r"name.txt parts its columns by blanks"),
        ("psn_status_d.csv", b"", r"psn_status_d.csv holds nothing"),
        ("psn_status_d.csv", b"\xef\xbb\xbf \n", r"psn_status_d.csv holds nothing"),
        ("作废清单.csv", "结算ID\nS1\n".encode(), r"作废清单.csv is called a list of deleted rows"),
        ("lists.7z", b"7z\xbc\xaf\x27\x1c" + b"\0" * 20, r"lists.7z is an archive that cannot be opened here. Unpack it"),
        ("lists.rar", b"Rar!\x1a\x07\x00", r"lists.rar is an archive"),
        ("export.zip.001", b"PK\x03\x04" + b"\0" * 20, r"export.zip.001 is an archive"),
        ("psn_info_b.xls", b"<?xml version='1.0'?><Workbook xmlns='urn:schemas-microsoft-com:office:spreadsheet'/>", r"saved as XML"),
    ],
)  # fmt: skip
def test_what_may_be_a_table_and_cannot_be_read_refuses_the_delivery(read, delivery, clean, name, content, sentence):
    with pytest.raises(InputRefused, match=sentence):
        read(put(delivery(clean), name, content))


def test_a_locked_archive_and_archives_without_end_are_refused(read, delivery, clean):
    folder = delivery(clean)
    inner = b"x"
    for name in ("a.csv", "b.zip", "c.zip", "d.zip", "e.zip"):
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr(name, inner)
        inner = packed.getvalue()
    with pytest.raises(InputRefused, match="archives within archives"):
        read(put(folder, "deep.zip", inner))


STRAY = [
    "~$setl_d.xlsx", ".~lock.setl_d.csv#", "._setl_d.csv", "Thumbs.db", "desktop.ini", ".DS_Store", "setl_d.csv.tmp",
    "setl_d.xlsx.crdownload", "~WRL0001.tmp", "setl_d.csv.bak", "__MACOSX/._setl_d.csv", ".git/setl_d.csv", "setl_d.csv~",
]  # fmt: skip


def test_what_programs_leave_is_left_alone_and_named(read, delivery, many):
    folder = delivery(many)
    for name in STRAY:
        (folder / name).parent.mkdir(exist_ok=True)
        put(folder, name, b"\x00\x05\x16\x07 nothing")
    with zipfile.ZipFile(folder / "more.zip", "w") as archive:
        archive.writestr("__MACOSX/._mdtrt_d.csv", b"\x00\x05")
        archive.writestr("~$mdtrt_d.xlsx", b"x")
    put(folder, "结算信息表说明.docx", b"PK\x03\x04 x")
    put(folder, "setl_d说明.txt", "这里写说明")
    put(folder, "setl_d.pdf", b"%PDF")
    count, yuan, _, said = read(folder)
    assert (count, yuan) == WHOLE
    for name in (
        "~$setl_d.xlsx",
        "Thumbs.db",
        "__MACOSX/",
        ".git/",
        "more.zip!~$mdtrt_d.xlsx",
        "setl_d说明.txt",
        "setl_d.pdf",
    ):
        assert f"{name}: " in said, name


def test_a_missing_table_names_the_download_that_did_not_end(read, con, delivery, clean):
    folder = delivery(clean)
    (folder / "setl_d.csv").rename(folder / "setl_d.csv.crdownload")
    with pytest.raises(
        InputRefused, match=r"lacks the indispensable table setl_d.*setl_d.csv.crdownload is a download"
    ):
        read(folder)


def test_names_with_brackets_are_names(read, delivery, many, rows):
    folder = delivery(many)
    (folder / "setl_d.csv").rename(folder / "setl_d[1].csv")
    put(folder, "setl_d1.csv", text_of([rows.settlement(900)]))
    count, _, accounts, _ = read(folder)
    assert count == MANY + 1 and {a.loaded for a in accounts} == {1, MANY}


# ------------------------------------------------------------------------------------------ sheets


def test_rows_go_on_in_further_sheets(read, con, delivery, many):
    rows = cells(many["setl_d.csv"])
    folder = delivery(many)
    (folder / "setl_d.csv").unlink()
    book(folder / "setl_d.xlsx", {"Sheet1": rows[:20], "Sheet2": rows[20:30], "Sheet3": [rows[0], *rows[30:]]})
    count, yuan, accounts, _ = read(folder)
    assert (count, yuan) == WHOLE and [a.loaded for a in accounts] == [19, 10, 11]
    assert con.sql("select min(row_number) from record.settlement where settlement_id = 'S20'").fetchall() == [(1,)]


def test_a_file_that_was_cut_in_two_goes_on_without_a_header(read, delivery, many):
    header, *lines = text_of(many["setl_d.csv"]).splitlines()
    folder = delivery(many)
    (folder / "setl_d.csv").unlink()
    put(folder, "setl_d_1.csv", "\n".join([header, *lines[:25]]) + "\n")
    put(folder, "setl_d_2.csv", "\n".join(lines[25:]) + "\n")
    assert read(folder)[:2] == WHOLE


def test_parts_of_a_cluster_of_which_the_first_alone_has_a_header(read, delivery, many):
    header, *lines = text_of(many["setl_d.csv"]).splitlines()
    folder = delivery(many)
    (folder / "setl_d.csv").unlink()
    (folder / "setl_d").mkdir()
    put(folder, "setl_d/part-00000-1a2b-c000.csv", "\n".join([header, *lines[:25]]) + "\n")
    put(folder, "setl_d/part-00001-3c4d-c000.csv", "\n".join(lines[25:]) + "\n")
    assert read(folder)[:2] == WHOLE
    (folder / "setl_d" / "part-00001-3c4d-c000.csv").rename(folder / "rest.csv")
    with pytest.raises(
        InputRefused, match=r"rest.csv has no header, and its rows look like those of setl_d/part-00000"
    ):
        read(folder)


def test_a_wide_sheet_without_header_that_holds_other_values_refuses_the_workbook(read, delivery, many):
    rows = cells(many["setl_d.csv"])
    folder = delivery(many)
    (folder / "setl_d.csv").unlink()
    book(folder / "setl_d.xlsx", {"Sheet1": rows, "Sheet2": [["x"] * len(rows[0])] * 3, "说明": [["导出说明"]]})
    with pytest.raises(InputRefused, match=r"Sheet2 has as many columns as setl_d.xlsx!Sheet1 and no header"):
        read(folder)


@pytest.mark.parametrize("form", ["xlsx", "xls"])
@pytest.mark.parametrize(("column", "among"), [("psn_no", range(1, 3)), ("setl_id", range(1, MANY + 1))])
def test_ids_in_number_cells_have_lost_their_last_digits(read, con, delivery, many, form, column, among):
    """As floats they are other numbers of as many digits, which no look at them tells."""
    many["setl_d.csv"] = [
        r | {"psn_no": f"51990000001249{n:04}", "setl_id": f"51992500000000{n:04}"}
        for n, r in enumerate(many["setl_d.csv"])
    ]
    rows = cells(many["setl_d.csv"])
    place = rows[0].index(column)
    for n in among:
        rows[n][place] = int(rows[n][place])
    folder = delivery(many)
    (folder / "setl_d.csv").unlink()
    (book if form == "xlsx" else xls.write)(folder / f"setl_d.{form}", {"Sheet1": rows})
    if len(among) == MANY:
        with pytest.raises(InputRefused, match=rf"{column} is scientific notation: the id cannot be restored"):
            read(folder)
    else:
        assert read(folder)[0] == MANY - len(among)
        assert {f for (f,) in con.sql("select field from run.rejected").fetchall()} == {column}


def test_hidden_sheets(read, delivery, many):
    old = [r | {"medfee_sumamt": "1.00"} for r in many["setl_d.csv"]]
    folder = delivery(many)
    (folder / "setl_d.csv").unlink()
    book(
        folder / "export.xlsx",
        {"setl_d": cells(many["setl_d.csv"]), "setl_d_old": cells(old), "字典": [["a", "b"]]},
        ("setl_d_old", "字典"),
    )
    count, yuan, _, said = read(folder)
    assert (count, yuan) == WHOLE and "export.xlsx!setl_d_old: a hidden sheet, left alone" in said
    book(folder / "export.xlsx", {"x": [["nothing"]], "setl_d": cells(old)}, ("setl_d",))
    with pytest.raises(InputRefused, match=r"export.xlsx!setl_d is hidden, and nothing else of the delivery is setl_d"):
        read(folder)


@pytest.mark.parametrize("column", ["medfee_sumamt", "fund_pay_sumamt", "setl_time"])
def test_formulas_without_results_are_no_values(read, delivery, many, column):
    rows = cells(many["setl_d.csv"])
    place = rows[0].index(column)
    folder = delivery(many)
    (folder / "setl_d.csv").unlink()
    book(folder / "setl_d.xlsx", {"Sheet1": [rows[0], *([*r[:place], ("=", ""), *r[place + 1 :]] for r in rows[1:])]})
    with pytest.raises(InputRefused, match=rf"setl_d.xlsx!Sheet1.*{column} is empty"):
        read(folder)


@pytest.mark.parametrize(
    ("column", "shown"), [("medfee_sumamt", "#REF!"), ("psn_no", "#N/A"), ("inscp_amt", "#VALUE!")]
)
def test_error_cells_reject_their_row(read, con, delivery, many, column, shown):
    rows = cells(many["setl_d.csv"])
    rows[7][rows[0].index(column)] = ("#", shown)
    folder = delivery(many)
    (folder / "setl_d.csv").unlink()
    book(folder / "setl_d.xlsx", {"Sheet1": rows})
    assert read(folder)[0] == MANY - 1
    ((row, field, raw),) = con.sql("select row_number, field, raw from run.rejected").fetchall()
    assert (row, field) == (7, column) and shown in raw


# ------------------------------------------------------------------------------------------ contradictions


def old_copy(many, delivery, name):
    folder = delivery(many)
    (folder / name).parent.mkdir(exist_ok=True)
    return put(folder, name, text_of([r | {"medfee_sumamt": "1.00"} for r in many["setl_d.csv"]]))


@pytest.mark.parametrize("name", ["setl_d_old.csv", "备份/setl_d.csv", "setl_d - 副本.csv", "copy of setl_d.csv"])
def test_two_contents_that_contradict_each_other_are_refused_by_both_names(read, con, many, delivery, name):
    with pytest.raises(InputRefused, match=r"contradict each other.*setl_id.*--newer FILE") as refused:
        read(old_copy(many, delivery, name))
    assert name in str(refused.value) and "setl_d.csv" in str(refused.value) and "S1" not in str(refused.value)
    assert con.sql("select count(*) from record.settlement").fetchall() == [(0,)]


@pytest.mark.parametrize(("newer", "yuan"), [("setl_d.csv", 50 * MANY), ("setl_d_old.csv", MANY)])
def test_a_person_says_which_of_the_two_stands(read, con, many, delivery, newer, yuan):
    folder = old_copy(many, delivery, "setl_d_old.csv")
    with pytest.raises(UsageError, match="holds no table of that name"):
        read(folder, newer=["setl_d_new.csv"])
    count, total, accounts, _ = read(folder, newer=[newer])
    assert (count, total) == (MANY, yuan) and sum(a.yuan_loaded for a in accounts) == yuan
    assert con.sql("select file from run.input_file where is_newer").fetchall() == [(newer,)]


@pytest.mark.parametrize(("newer", "yuan"), [([], MANY), (["setl_d.csv"], 50 * MANY)])
def test_a_replay_takes_what_stood(read, many, delivery, newer, yuan):
    assert read(old_copy(many, delivery, "setl_d_old.csv"), newer=newer, is_replay=True)[:2] == (MANY, yuan)


def test_rows_of_one_file_that_contradict_each_other_are_rejected(read, con, many, delivery):
    many["setl_d.csv"] += [many["setl_d.csv"][0], many["setl_d.csv"][1] | {"medfee_sumamt": "1.00"}]
    count, _, (account,), _ = read(delivery(many))
    assert (count, account.rejected, account.duplicate) == (MANY - 1, 2, 1)
    reasons = con.sql("select row_number, reason from run.rejected order by all").fetchall()
    assert [row for row, _ in reasons] == [2, MANY + 2]
    assert all("no update time says which stands" in reason for _, reason in reasons)


def test_an_update_time_says_which_row_of_one_file_stands(read, con, many, delivery):
    rows = [r | {"updt_time": "2025-04-01 00:00:00"} for r in many["setl_d.csv"]]
    rows.append(rows[0] | {"medfee_sumamt": "1.00", "updt_time": "2025-03-01 00:00:00"})
    rows.append(rows[1] | {"medfee_sumamt": "1.00", "updt_time": "2025-05-01 00:00:00"})
    many["setl_d.csv"] = rows
    count, yuan, (account,), _ = read(delivery(many))
    assert (count, yuan, account.rejected) == (MANY, 50 * (MANY - 1) + 1, 0)


@pytest.mark.parametrize(("flag", "amount", "rejected"), [("1", "-50.00", 1), ("0", "45.00", 0), ("1", "50.00", 0)])
def test_a_refund_under_the_number_of_its_bill_takes_no_bill_s_place(
    read, con, many, delivery, tmp_path, flag, amount, rejected
):
    read(delivery(many))
    later = [r | {"medfee_sumamt": "49.00"} for r in many["setl_d.csv"]]
    later[0] |= {"refd_setl_flag": flag, "medfee_sumamt": amount}
    count, _, (account,), _ = read(delivery({"setl_d.csv": later}, tmp_path / "later"))
    assert (count, account.rejected) == (MANY, rejected)
    (standing,) = con.sql("select total_amount from record.settlement where settlement_id = 'S1'").fetchall()[0]
    assert standing == (50 if rejected else Decimal(amount))


# ------------------------------------------------------------------------------------------ struck out, cut off


@pytest.mark.parametrize(
    ("column", "marked", "others"),
    [
        ("op_type", "D", "I"),
        ("del_flag", "1", "0"),
        ("is_deleted", "true", "false"),
        ("作废标志", "是", "否"),
        ("t.del_flag", "2", "0"),
    ],
)
def test_rows_that_an_unknown_column_marks_as_deleted_are_no_rows(read, many, delivery, column, marked, others):
    rows = [r | {column: others} for r in many["setl_d.csv"]]
    assert read(put(delivery(many), "setl_d.csv", text_of(rows)))[:2] == WHOLE
    rows[3][column] = marked
    with pytest.raises(InputRefused, match=rf"the column {column} marks 1 rows as deleted"):
        read(put(delivery(many), "setl_d.csv", text_of(rows)))


@pytest.mark.parametrize(
    ("name", "is_called"),
    [
        ("setl_d_deleted.csv", True),
        ("del/setl_d.csv", True),
        ("a.zip!作废结算.csv", True),
        ("setl_d.del", False),
        ("结算_删除重复后.csv", False),
        ("model.csv", False),
        ("delivery/setl_d.csv", False),
        ("已删除姓名/setl_d.csv", False),
    ],
)
def test_what_a_list_of_deleted_rows_is_called(name, is_called):
    from data.ingest import struck

    assert struck.is_called_deleted(name) == is_called


@pytest.mark.parametrize(
    ("line", "unit"),
    [
        ("单位：万元", "万元"),
        ("（单位: 人民币千元）", "千元"),
        ("单位：元", ""),
        ("填报单位：分宜县医保局", ""),
        ("单位 分", "分"),
    ],
)
def test_the_unit_of_amounts_that_a_title_names(line, unit):
    from data.ingest import heading

    assert heading._unit([line]) == unit


@pytest.mark.parametrize("name", ["setl_d_deleted.csv", "结算信息表_作废.csv", "已删除/setl_d.csv"])
def test_a_list_of_deleted_rows_brings_none_to_life(read, many, rows, delivery, name):
    folder = delivery(many)
    (folder / name).parent.mkdir(exist_ok=True)
    put(folder, name, text_of([rows.settlement(99, vali_flag="0")]))
    assert read(folder)[0] == MANY + 1
    put(folder, name, text_of([rows.settlement(98, vali_flag="1"), rows.settlement(99, vali_flag="0")]))
    with pytest.raises(InputRefused, match="is called a list of deleted rows, and 1 of them stand as valid"):
        read(folder)


@pytest.mark.parametrize(
    ("rows", "beside", "outcome"),
    [
        (65_535, 0, "refused"),
        (1_048_575, 0, "refused"),
        (1_048_575, 1, "as many as a sheet"),
        (50_000, 0, "query tools"),
        (50_001, 0, None),
    ],
)
def test_a_content_as_long_as_a_sheet_is_cut_off(rows, beside, outcome):
    from data.contract import mapping
    from data.ingest import cut
    from data.ingest.delivery import Delivery

    table = mapping.tables()["setl_d"]
    delivery = Delivery(None, "setl_d.csv", table, "1", "text", "utf-8", ",", ("setl_id",), {}, None)
    if outcome == "refused":
        with pytest.raises(InputRefused, match="what came after is cut off"):
            cut.refuse_full(delivery, rows, [delivery] * beside)
    else:
        notes = cut.refuse_full(delivery, rows, [delivery] * beside)
        assert outcome in notes[0] if outcome else not notes


def test_an_indispensable_table_without_a_row_is_refused_once(read, con, many, delivery, tmp_path):
    many["setl_d.csv"] = many["setl_d.csv"][:3]
    folder = put(delivery(many), "setl_d.csv", text_of(many["setl_d.csv"]).splitlines()[0] + "\n")
    with pytest.raises(InputRefused, match=r"setl_d.csv has no row below its header, and setl_d .*is indispensable"):
        read(folder)
    read(delivery(many))
    folder = put(delivery(many, tmp_path / "none"), "setl_d.csv", text_of(many["setl_d.csv"]).splitlines()[0] + "\n")
    assert read(folder)[0] == 3


@pytest.mark.parametrize(
    "line", ["ORA-01555: snapshot too old", "ERROR at line 1:", "java.sql.SQLException: closed", "导出失败"]
)
def test_an_export_that_broke_off_is_refused(read, many, delivery, line):
    with pytest.raises(InputRefused, match=r"data row 41: the program that wrote it says .*broke off"):
        read(put(delivery(many), "setl_d.csv", text_of(many["setl_d.csv"]) + line + "\n"))


def test_equal_rows_and_rows_with_update_times_are_no_contradiction(read, con, many, delivery):
    folder = delivery(many)
    put(folder, "setl_d_again.csv", text_of(many["setl_d.csv"][:10]))
    assert read(folder)[:2] == WHOLE
    newer = [r | {"setl_id": f"N{n}", "updt_time": "2025-05-01 00:00:00"} for n, r in enumerate(many["setl_d.csv"])]
    many["setl_d.csv"] = newer
    folder = put(
        delivery(many),
        "setl_d_again.csv",
        text_of([r | {"medfee_sumamt": "1.00", "updt_time": "2025-04-01 00:00:00"} for r in newer]),
    )
    assert read(folder)[:2] == (2 * MANY, 2 * WHOLE[1])


# ------------------------------------------------------------------------------------------ lines and words


@pytest.mark.parametrize(
    "ends",
    [["\r\n", "\n"], ["\r", "\n"], ["\r"], ["\r\n", "\n\n"], ["\n", "\n", "\r\n\r\n"], ["\r\r\n"]],
)
def test_line_ends_of_every_kind(read, delivery, many, ends):
    lines = text_of(many["setl_d.csv"]).splitlines()
    text = "".join(line + ends[n % len(ends)] for n, line in enumerate(lines))
    count, yuan, (account,), _ = read(put(delivery(many), "setl_d.csv", text))
    assert (count, yuan) == WHOLE and (account.rows_in, account.rejected) == (MANY, 0)


def test_a_line_below_a_table_of_carriage_returns_is_none_of_its_last_row(read, con, delivery, many):
    text = text_of(many["setl_d.csv"], end="\r") + "40 rows selected.\r"
    count, yuan, (account,), _ = read(put(delivery(many), "setl_d.csv", text))
    assert (count, yuan, account.left_out) == (*WHOLE, 1)
    assert con.sql("select count(*) from record.settlement where disease_name like '%selected%'").fetchall() == [(0,)]


def test_a_carriage_return_within_a_value(read, con, delivery, many):
    many["setl_d.csv"][3]["dise_name"] = "one@two"
    count, yuan, _, _ = read(put(delivery(many), "setl_d.csv", text_of(many["setl_d.csv"]).replace("@", "\r")))
    assert (count, yuan) == WHOLE
    assert con.sql("select disease_name from record.settlement where settlement_id = 'S4'").fetchall() == [
        ("one\ntwo",)
    ]


WORDS = [
    "-",
    "—",
    "--",
    "/",
    "\\N",
    "NULL",
    "(null)",
    "None",
    "none",
    "NA",
    "N/A",
    "nan",
    "无",
    "空",
    "未填",
    "不详",
    " -   ",
    "¥ -",
    "－",
]


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_words_for_none_in_numbers_and_days(read, con, delivery, many, form):
    for row, word in zip(many["setl_d.csv"], WORDS * 3, strict=False):
        row |= {"maf_pay": word, "brdy": word, "age": word, "inscp_amt": word}
    folder = delivery(many)
    if form == "xlsx":
        (folder / "setl_d.csv").unlink()
        book(folder / "setl_d.xlsx", {"Sheet1": cells(many["setl_d.csv"])})
    count, yuan, (account,), _ = read(folder)
    assert (count, yuan, account.rejected) == (*WHOLE, 0)
    assert con.sql(
        "select count(assistance_fund_amount), count(birth_on), count(age_years) from record.settlement"
    ).fetchall() == [(0, 0, 0)]


@pytest.mark.parametrize(
    ("column", "word", "reason"),
    [
        ("medfee_sumamt", "-", "not a number"),
        ("begndate", "无", "not a date"),
        ("medfee_sumamt", "", "empty, and it is an amount that every row has"),
        ("fund_pay_sumamt", "NULL", "empty, and it is an amount that every row has"),
        ("setl_time", "", "empty, and it is a day that every row has"),
        ("enddate", "\\N", "empty, and it is a day that every row has"),
        ("psn_no", "", "empty, and it says whose the row is"),
        ("fixmedins_code", "(null)", "empty, and it says whose the row is"),
        ("psn_no", "5199 0000", "holding a blank between its digits"),
        ("maf_pay", "约20", "not a number"),
    ],
)
def test_what_a_row_must_have_is_not_none(read, con, delivery, many, column, word, reason):
    for row in many["setl_d.csv"]:
        row.setdefault(column, "")
    many["setl_d.csv"][5][column] = word
    count, _, (account,), _ = read(delivery(many))
    assert (count, account.rejected) == (MANY - 1, 1)
    assert con.sql("select row_number, field, reason from run.rejected").fetchall() == [(6, column, reason)]


def test_a_required_amount_that_is_empty_everywhere_refuses_the_file(read, delivery, many):
    for row in many["setl_d.csv"]:
        row["medfee_sumamt"] = ""
    with pytest.raises(InputRefused, match=r"medfee_sumamt is empty, and it is an amount"):
        read(delivery(many))
