"""One known record in every form that offices send it in: `python -m tests.forms 10000` tries so many combinations.

A form is a function under a name in one of the lists below, in the order in which they are laid over the record: how
a value is written (CELLS, VALUES), which lines stand among the rows (ROWS), what is round the table (GRIDS), how the text is
written (TEXTS), what holds it (HOLDERS), what lies beside it (BESIDE). Another way of writing is one more function.
"""

from __future__ import annotations

import csv
import gzip
import io
import random
import re
import sys
import tempfile
import zipfile
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

import duckdb
import polars as pl
import xlsxwriter

from data.errors import InputRefused
from data.ingest import ingest
from data.warehouse.connection import ddl
from tests import xls

HEADER = (
    "setl_id mdtrt_id psn_no insutype insu_admdvs fixmedins_code begndate enddate setl_time med_type medfee_sumamt"
    " inscp_amt maf_pay fund_pay_sumamt refd_setl_flag dise_name"
).split()
CHINESE = dict(
    zip(
        HEADER,
        "结算ID 就诊ID 人员编号 险种类型 参保所属医保区划 定点医药机构编号 开始日期 结束日期 结算时间 医疗类别 医疗费总额 符合范围金额"
        " 医疗救助基金支出 基金支付总额 退费结算标志 病种名称".split(),
        strict=True,
    )
)
AMOUNTS = ("medfee_sumamt", "inscp_amt", "fund_pay_sumamt")
DAYS = ("begndate", "enddate")
COUNT = 12


def record():
    """The rows as dicts of texts, plainly written."""
    rows = []
    for n in range(1, COUNT + 1):
        day = f"2025-03-{n:02}"
        values = (
            f"51992500000000{n:04}", f"51991100000000{n:04}", f"5199000000124{n:05}", "310", "519921", "H51990410098",
            day, day, f"{day} 10:{n:02}:00", "11", f"{1000 + n}.50", f"{900 + n}.25", "", f"{500 + n}.00", "0",
            ("原发性高血压", "Diabetes, type 2", "")[n % 3],
        )  # fmt: skip
        rows.append(dict(zip(HEADER, values, strict=True)))
    return rows


@dataclass(frozen=True)
class Table:
    """A table on its way into a file."""

    header: list
    rows: list  # of lists of texts
    above: list = field(default_factory=list)
    below: list = field(default_factory=list)
    delimiter: str = ","
    quoting: str = "minimal"
    ends: tuple = ("\n",)
    encoding: str = "utf-8"

    @property
    def grid(self):
        return [*self.above, self.header, *self.rows, *self.below]


def column(table, name):
    """Its place, whatever stands around its name."""
    header = [re.sub("^[0-9]+[、.]", "", c.replace("\n", "")).rpartition(".")[2] for c in table.header]
    header = [
        re.split(
            r"[(（/ |:]", re.sub("([A-Z])", lambda m: "_" + m[1].lower(), c) if c[:1].islower() and c.isalpha() else c
        )[0]
        for c in header
    ]
    return header.index(name) if name in header else header.index(CHINESE[name])


def changed(names, write):
    """A form of values: the cells of these columns, each by chance."""

    def form(table, draw):
        places = {column(table, n) for n in names}

        def one(value):
            if not value or draw.random() < 0.5:
                return value
            try:
                return write(value, draw)
            except ValueError:  # it is written in another way already
                return value

        return replace(table, rows=[[one(v) if i in places else v for i, v in enumerate(r)] for r in table.rows])

    return form


def none_words(table, draw):
    place = column(table, "maf_pay")
    words = ["-", "—", "NULL", "(null)", "None", "nan", "无", "不详", "\\N", "N/A", ""]
    return replace(table, rows=[[draw.choice(words) if i == place else v for i, v in enumerate(r)] for r in table.rows])


CELLS = {
    "plain": lambda table, draw: table,
    "thousands": changed(AMOUNTS, lambda v, draw: f"{float(v):,.2f}"),
    "yuan": changed(AMOUNTS, lambda v, draw: draw.choice(["¥", "￥"]) + v),
    "slashes": changed(DAYS, lambda v, draw: v.replace("-", "/")),
    "compact": changed(DAYS, lambda v, draw: v.replace("-", "")),
    "blanks": changed((*AMOUNTS, "psn_no"), lambda v, draw: draw.choice([v + " ", "\t" + v, v + "\u3000"])),
    "none": none_words,
}


def other_zone(v, draw):
    hour = int(v[11:13])
    return draw.choice(
        [f"{v[:10]}T{hour - 8:02}{v[13:]}Z", f"{v[:10]} {hour - 8:02}{v[13:]} UTC", v + "+08:00", v + " +0800"]
    )


def half_of_day(v, draw):
    day, clock = v.split(" ")
    return draw.choice([f"{v} AM", f"{day} 上午{clock}", f"{day} {clock} a.m.", f"{day.replace('-', '/')} {clock} AM"])


def oracle(v, draw):
    return f"{v[8:10]}-{int(v[5:7])}月 -{v[:4]} {v[11:].replace(':', '.')}.000000 上午"


def since_1970(v, draw):
    """So many seconds or thousandths, as Java and Hive keep times; dates are Chinese midnights."""
    seconds = int(datetime.fromisoformat(f"{v}+08:00" if len(v) > 10 else f"{v} 00:00:00+08:00").timestamp())
    return draw.choice([f"{seconds}", f"{seconds}000", f"{seconds}000.0"])


def other_programs(v, draw):
    """Times as databases, mail programs and browsers write them."""
    moment = datetime.fromisoformat(v)
    forms = ("%b %d %Y %I:%M:%S %p", "%Y/%m/%d %H:%M:%S:000", "%Y-%m-%d %H:%M:%S 星期六", "%Y年%m月%d号 %H:%M:%S")
    forms += ("%a, %d %b %Y %H:%M:%S +0800", "%a %b %d %Y %H:%M:%S GMT+0800 (中国标准时间)", "%Y %m %d %H:%M:%S")
    return moment.strftime(draw.choice(forms))


def code_and_word(table, draw):
    words = {"insutype": "职工基本医疗保险", "med_type": "普通门诊"}
    places = {column(table, name): word for name, word in words.items()}
    mark = draw.choice([" ", "-", "|", ""])
    return replace(
        table,
        rows=[
            [v + mark + places[i] if i in places and v.isdigit() else v for i, v in enumerate(r)] for r in table.rows
        ],
    )


def full_width(v, draw):
    return v.translate({ord(c): ord(c) + 0xFEE0 for c in "0123456789."})


def words(table, draw):
    """Words in place of codes."""
    said = {
        "insutype": ["职工", "职工基本医疗保险"],
        "refd_setl_flag": ["否", "正常", "N", "false"],
        "med_type": ["普通门诊"],
    }
    places = {column(table, name): own for name, own in said.items()}
    return replace(
        table, rows=[[draw.choice(places[i]) if i in places else v for i, v in enumerate(r)] for r in table.rows]
    )


IDS = ("setl_id", "mdtrt_id", "psn_no")
TIMES = ("setl_time",)
VALUES = {
    "plain": lambda table, draw: table,
    "zones": changed(TIMES, other_zone),
    "half of the day": changed(TIMES, half_of_day),
    "oracle": changed(TIMES, oracle),
    "fractions": changed(TIMES, lambda v, draw: v + draw.choice([".0", ".000", ",000"])),
    "chinese days": changed(DAYS, lambda v, draw: f"{v[:4]}年{int(v[5:7])}月{int(v[8:])}日"),
    "float days": changed(DAYS, lambda v, draw: v.replace("-", "") + ".0"),
    "since 1970": changed((*DAYS, *TIMES), since_1970),
    "thin blanks": changed(AMOUNTS, lambda v, draw: f"{float(v):,.2f}".replace(",", draw.choice("\u00a0\u202f\u2009"))),
    "short days": changed(DAYS, lambda v, draw: f"{v[:4]}-{int(v[5:7])}-{int(v[8:])}"),
    "serial days": changed(DAYS, lambda v, draw: str(45716 + int(v[8:]))),
    "midnights": changed(DAYS, lambda v, draw: v + " 00:00:00"),
    "full width": changed((*AMOUNTS, *IDS), full_width),
    "yuan behind": changed(AMOUNTS, lambda v, draw: v + draw.choice(["元", " 元", "圆"])),
    "rmb": changed(AMOUNTS, lambda v, draw: draw.choice(["RMB ", "CNY", "人民币"]) + v),
    "thousands apart": changed(AMOUNTS, lambda v, draw: f"{float(v):,.2f}".replace(",", " ")),
    "apostrophe": changed(IDS, lambda v, draw: "'" + v),
    "formula": changed(IDS, lambda v, draw: f'="{v}"'),
    "invisible": changed(IDS, lambda v, draw: draw.choice(["\u200b" + v, v + "\u200e", "\ufeff" + v, v + "\x1f"])),
    "number format": changed(IDS, lambda v, draw: draw.choice([f"{int(v):,}", v + ".00"])),
    "code and name": changed(
        ("fixmedins_code",), lambda v, draw: draw.choice([f"{v} 某某医院", f"某某医院({v})", f"{v}-某院"])
    ),
    "code and word": lambda table, draw: code_and_word(table, draw),
    "other programs": changed(TIMES, other_programs),
    "small letters": changed(("fixmedins_code",), lambda v, draw: v.lower()),
    "words": words,
    "points": changed(("insutype", "med_type", "refd_setl_flag"), lambda v, draw: v + ".0"),
}
#: Values that hold no more what they said: they may be refused, and never read.
LOST = {
    "two digits of a year": changed(DAYS, lambda v, draw: v[2:]),
    "month for a day": changed(DAYS, lambda v, draw: v[:7]),
    "day first": changed(DAYS, lambda v, draw: f"{v[8:]}/{v[5:7]}/{v[:4]}"),
    "scientific": changed(IDS, lambda v, draw: f"{float(v):.5E}"),
    "no day": changed(
        TIMES, lambda v, draw: draw.choice(["", "1900-01-01", "0000-00-00 00:00:00", "无", "2025-02-30 10:00:00"])
    ),
    "no amount": changed(AMOUNTS[:1], lambda v, draw: draw.choice(["-", "无", "#REF!", "12元50", "壹佰元"])),
    "no person": changed(("psn_no",), lambda v, draw: draw.choice(["", "#N/A", "5199 0000"])),
    "of ten thousands": lambda table, draw: of_ten_thousands(table),
    "name for a code": changed(("fixmedins_code",), lambda v, draw: "某某医院"),
    "code and another word": changed(("insutype",), lambda v, draw: "310 城乡居民基本医疗保险"),
    "digits gone": changed(AMOUNTS, lambda v, draw: f"{float(v):.1E}"),
    "letter in a number": lambda table, draw: letter_in_a_number(table, draw),
    "swapped": lambda table, draw: swapped(table, draw),
    "no known word": changed(("refd_setl_flag",), lambda v, draw: draw.choice(["待定", "作废"])),
}
VALUES |= LOST


def letter_in_a_number(table, draw):
    rows = [list(r) for r in table.rows]
    place = column(table, draw.choice(IDS))
    row = draw.choice(rows)
    row[place] = row[place][:6] + draw.choice("OoIl") + row[place][7:]
    return replace(table, rows=rows)


def swapped(table, draw):
    """Two numbers of one row in each other's column."""
    rows = [list(r) for r in table.rows]
    one, other = column(table, draw.choice(IDS)), column(table, "fixmedins_code")
    row = draw.choice(rows)
    row[one], row[other] = row[other], row[one]
    return replace(table, rows=rows)


def of_ten_thousands(table):
    place = column(table, "medfee_sumamt")
    rows = [[f"{float(v) / 10000:.6f}" if i == place else v for i, v in enumerate(r)] for r in table.rows]
    return replace(
        table, header=[c if i != place else "医疗费总额(万元)" for i, c in enumerate(table.header)], rows=rows
    )


def among(line, where="any"):
    def form(table, draw):
        rows = list(table.rows)
        place = {"first": 0, "last": len(rows)}.get(where, draw.randrange(len(rows) + 1))
        rows.insert(place, line(table, draw))
        return replace(table, rows=rows)

    return form


def total(table, draw):
    row = [""] * len(table.header)
    row[draw.choice([column(table, "setl_id"), column(table, "dise_name")])] = draw.choice(
        ["合计", "小计", "总 计", "Total", "本页合计："]
    )
    row[column(table, "medfee_sumamt")] = "12084.00"
    return row


def labels(table, draw):
    return [CHINESE.get(c, c) for c in table.header]


def units(table, draw):
    row = [""] * len(table.header)
    row[column(table, "medfee_sumamt")], row[column(table, "begndate")] = "元", "日期"
    return row


def subtotal(table, draw):
    row = [""] * len(table.header)
    row[column(table, "fixmedins_code")] = draw.choice(
        ["H51990410098 小计", "H51990410098 汇总", "某市第一人民医院小计"]
    )
    row[column(table, "medfee_sumamt")] = "12084.00"
    return row


def wrong_total(table, draw):
    row = [""] * len(table.header)
    row[column(table, "setl_id")], row[column(table, "medfee_sumamt")] = draw.choice(["合计", "本页合计"]), "99999.00"
    return row


def contradicting(table, draw):
    row = list(table.rows[0])
    row[column(table, "medfee_sumamt")] = "1.00"
    return row


ROWS = {
    "plain": lambda table, draw: table,
    "subtotal": among(subtotal),
    "once more": among(lambda table, draw: list(table.rows[0])),
    "contradiction": among(contradicting),
    "total": among(total),
    "total below": among(total, "last"),
    "labels": among(labels, "first"),
    "header again": among(lambda table, draw: list(table.header)),
    "units": among(units, "first"),
    "wrong total": among(wrong_total),
    "empty rows": among(lambda table, draw: [""] * len(table.header)),
    "ruler": among(lambda table, draw: ["----"] * len(table.header), "first"),
}


def numbered(table, draw):
    name = draw.choice(["rn", "序号", ""])
    return replace(table, header=[name, *table.header], rows=[[str(n), *r] for n, r in enumerate(table.rows, 1)])


def wrapped(table, draw):
    header = [CHINESE.get(c, c) for c in table.header]
    return replace(table, header=[c[:2] + "\n" + c[2:] if len(c) > 3 and c in CHINESE.values() else c for c in header])


GRIDS = {
    "plain": lambda table, draw: table,
    "title": lambda table, draw: replace(table, above=[["某县2025年结算信息"]]),
    "titles": lambda table, draw: replace(table, above=[["某县结算信息", *[""] * (len(table.header) - 1)], ["单位：元"]]),
    "sep": lambda table, draw: replace(table, above=[[f"sep={table.delimiter}"]]),
    "chinese": lambda table, draw: replace(table, header=[CHINESE.get(c, c) for c in table.header]),
    "wrapped": wrapped,
    "numbered": numbered,
    "camel case": lambda table, draw: replace(table, header=[re.sub("_(.)", lambda m: m[1].upper(), c) for c in table.header]),
    "types": lambda table, draw: replace(table, header=[c + draw.choice([":string", " VARCHAR2(30)", "(string)", "（必填）"]) for c in table.header]),
    "numbered names": lambda table, draw: replace(table, header=[f"{n}{draw.choice('、.')}{CHINESE.get(c, c)}" for n, c in enumerate(table.header, 1)]),
    "empty right": lambda table, draw: replace(table, header=[*table.header, "", ""], rows=[[*r, "", ""] for r in table.rows]),
    "remark": lambda table, draw: replace(table, below=[[draw.choice(["导出时间：2025-04-01", "共 12 条", "以下空白"])]]),
    "other remark": lambda table, draw: replace(table, below=[[draw.choice(["共 30 条", "总记录数：11", "14 rows selected."])]]),
    "other title": lambda table, draw: replace(table, above=[[draw.choice(["某县结算信息（共 30 条）", "记录数：120"])]]),
    "second table": lambda table, draw: replace(table, below=[["mdtrt_id", "psn_no", "begntime", "endtime"], *[[r[1], r[2], "2025-03-01", ""] for r in table.rows[:4]]]),
    "shuffled": lambda table, draw: shuffled(table, draw),
    "prefixes": lambda table, draw: replace(table, header=[draw.choice(["t.", "setl_d."]) + c for c in table.header]),
    "two names": lambda table, draw: replace(table, header=[f"{CHINESE[c]}{draw.choice('/ |')}{c}" if c in CHINESE else c for c in table.header]),
    "twice": lambda table, draw: replace(table, header=[*table.header, table.header[0]], rows=[[*r, r[0]] for r in table.rows]),
    "rows selected": lambda table, draw: replace(table, below=[[draw.choice(["12 rows selected.", "(12 行受影响)", "Elapsed: 00:00:01.20", "SQL> spool off"])]]),
}  # fmt: skip


def shuffled(table, draw):
    order = draw.sample(range(len(table.header)), len(table.header))
    return replace(table, header=[table.header[i] for i in order], rows=[[r[i] for i in order] for r in table.rows])


TEXTS = {
    "plain": lambda table, draw: table,
    "tabs": lambda table, draw: replace(table, delimiter="\t"),
    "pipes": lambda table, draw: replace(table, delimiter="|"),
    "semicolons": lambda table, draw: replace(table, delimiter=";"),
    "all quoted": lambda table, draw: replace(table, quoting="all"),
    "apostrophes": lambda table, draw: replace(table, quoting="apostrophes"),
    "windows": lambda table, draw: replace(table, ends=("\r\n",), encoding="gb18030"),
    "mixed ends": lambda table, draw: replace(table, ends=("\n", "\r\n")),
    "old mac": lambda table, draw: replace(table, ends=("\r",)),
    "blank lines": lambda table, draw: replace(table, ends=("\n", "\n\n")),
    "mark": lambda table, draw: replace(table, encoding="utf-8-sig"),
    "utf-16": lambda table, draw: replace(table, encoding="utf-16"),
    "open marks": lambda table, draw: open_marks(table, draw),
    "bars": lambda table, draw: rare(table, draw.choice(["|+|", "@|@", "||", "#|#", "^|^"])),
    "hive": lambda table, draw: rare(table, draw.choice(["\x01", "\x1e", "^"])),
    "two encodings": lambda table, draw: replace(table, encoding="two"),
}


def rare(table, mark):
    """Systems that fear every usual mark quote nothing."""
    rows = [[v.replace("\t", "").replace("^", "") for v in r] for r in table.rows]
    return replace(table, rows=rows, quoting="none", delimiter=mark)


def open_marks(table, draw):
    """A system that knows no quoting: a name that begins with a quotation mark."""
    place = column(table, "dise_name")
    rows = [list(r) for r in table.rows]
    for row in draw.sample(rows, 2):
        row[place] = '"' + row[place].replace(",", "，")
    for row in rows:
        row[place] = row[place].replace(",", "，")
    rows = [[v.replace("\t", "") for v in row] for row in rows]
    return replace(table, rows=rows, quoting="none", delimiter="\t")


def written(table):
    """The table as the bytes of a text."""
    lines = []
    for row in table.grid:
        out = io.StringIO()
        if table.quoting in ("none", "apostrophes"):
            around = "'" if table.quoting == "apostrophes" else ""
            cells = [f"{around}{v}{around}" if v and row is not table.header else v for v in row]
            lines.append(table.delimiter.join(c.replace("\n", " ") for c in cells))
            continue
        quoting = csv.QUOTE_ALL if table.quoting == "all" else csv.QUOTE_MINIMAL
        csv.writer(out, delimiter=table.delimiter, lineterminator="\n", quoting=quoting).writerow(row)
        lines.append(out.getvalue()[:-1])
    parts = [line + table.ends[n % len(table.ends)] for n, line in enumerate(lines)]
    if table.encoding == "two":
        return "".join(parts[:7]).encode() + "".join(parts[7:]).encode("gb18030")
    return "".join(parts).encode(table.encoding)


def zipped(name, content, *more):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for inside, data in ((name, content), *more):
            archive.writestr(inside, data)
    return out.getvalue()


def workbook(sheets, hidden=()):
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        for name, rows in sheets.items():
            page = book.add_worksheet(name)
            if name in hidden:
                page.hide()
            for r, row in enumerate(rows):
                for c, value in enumerate(row):
                    if value != "":
                        page.write_string(r, c, value)
    return out.getvalue()


def page(table):
    rows = "".join(
        "<tr>" + "".join(f"<td>{c.replace('&', '&amp;').replace('<', '&lt;')}</td>" for c in row) + "</tr>"
        for row in table.grid
    )
    return f"<html><head><meta charset='utf-8'></head><body><table>{rows}</table></body></html>".encode()


def xml_of_2003(table):
    cells = "".join(f"<Row>{''.join(f'<Cell><Data>{c}</Data></Cell>' for c in row)}</Row>" for row in table.grid)
    return f'<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"><Table>{cells}</Table></Workbook>'.encode()


def parquet(folder, table):
    header = [f"{c}_{n}" if not c or c in table.header[:n] else c for n, c in enumerate(table.header)]
    pl.DataFrame(table.rows, schema=header, orient="row").write_parquet(folder / "setl_d.parquet")


def old_book(folder, table, name):
    xls.write(folder / name, {"Sheet1": [[v or None for v in row] for row in table.grid]})


def cut(folder, table):
    half = len(table.rows) // 2
    (folder / "setl_d_1.csv").write_bytes(written(replace(table, rows=table.rows[:half], below=[])))
    (folder / "setl_d_2.csv").write_bytes(written(replace(table, rows=table.rows[half:])))


def sheets_going_on(folder, table):
    half = len(table.rows) // 2
    first = replace(table, rows=table.rows[:half], below=[]).grid
    (folder / "setl_d.xlsx").write_bytes(workbook({"Sheet1": first, "Sheet2": [*table.rows[half:], *table.below]}))


def sheets_further_right(folder, table):
    """The first column is empty: a sheet that goes on begins with the second."""
    place = column(table, "maf_pay")
    if any(r[place] for r in table.rows):
        return sheets_going_on(folder, table)
    rows = [["", *r[:place], *r[place + 1 :]] for r in table.rows]
    moved = replace(table, header=[table.header[place], *table.header[:place], *table.header[place + 1 :]], rows=rows)
    return sheets_going_on(folder, moved)


def book_of_1904(folder, table):
    """Days are cells that count from 1904, shown as days or as the numbers that they are."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"date_1904": True}) as book:
        page, as_day = book.add_worksheet("setl_d"), book.add_format({"num_format": "yyyy-mm-dd"})
        for r, row in enumerate(table.grid):
            for c, value in enumerate(row):
                if re.fullmatch(r"2025-03-[0-9]{2}", value):
                    page.write_datetime(r, c, datetime.fromisoformat(value), as_day)
                elif value != "":
                    page.write_string(r, c, value)
    (folder / "setl_d.xlsx").write_bytes(out.getvalue())


def numbers_of_1904(folder, table):
    rows = [
        [
            str((datetime.fromisoformat(v) - datetime(1904, 1, 1)).days) if re.fullmatch(r"2025-03-[0-9]{2}", v) else v
            for v in r
        ]
        for r in table.rows
    ]
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"date_1904": True, "strings_to_numbers": False}) as book:
        page = book.add_worksheet("setl_d")
        for r, row in enumerate([*table.above, table.header, *rows, *table.below]):
            for c, value in enumerate(row):
                if re.fullmatch(r"4[0-9]{4}", value):
                    page.write_number(r, c, int(value))
                elif value != "":
                    page.write_string(r, c, value)
    (folder / "setl_d.xlsx").write_bytes(out.getvalue())


def hidden_sheet(folder, table):
    old = [["1.00" if i == column(table, "medfee_sumamt") else v for i, v in enumerate(r)] for r in table.rows]
    sheets = {"setl_d": table.grid, "setl_d_old": replace(table, rows=old).grid}
    (folder / "export.xlsx").write_bytes(workbook(sheets, ("setl_d_old",)))


HOLDERS = {
    "plain": lambda folder, table: (folder / "setl_d.csv").write_bytes(written(table)),
    "txt": lambda folder, table: (folder / "结算信息表202503.txt").write_bytes(written(table)),
    "xls that is text": lambda folder, table: (folder / "setl_d.xls").write_bytes(written(table)),
    "gz": lambda folder, table: (folder / "setl_d.csv.gz").write_bytes(gzip.compress(written(table))),
    "zip": lambda folder, table: (folder / "a.zip").write_bytes(zipped("export/setl_d.csv", written(table), ("__MACOSX/._setl_d.csv", b"\0"))),
    "zip in zip": lambda folder, table: (folder / "a.zip").write_bytes(zipped("b.zip", zipped("setl_d.csv", written(table)))),
    "xlsx": lambda folder, table: (folder / "setl_d.xlsx").write_bytes(workbook({"Sheet1": table.grid, "Sheet2": []})),
    "sheets": sheets_going_on,
    "sheets further right": sheets_further_right,
    "book of 1904": book_of_1904,
    "numbers of 1904": numbers_of_1904,
    "hidden sheet": hidden_sheet,
    "xls": lambda folder, table: old_book(folder, table, "setl_d.xls"),
    "et": lambda folder, table: old_book(folder, table, "结算信息表.et"),
    "html": lambda folder, table: (folder / "setl_d.xls").write_bytes(page(table)),
    "xml of 2003": lambda folder, table: (folder / "setl_d.xls").write_bytes(xml_of_2003(table)),
    "parquet": parquet,
    "cut in two": cut,
}  # fmt: skip


def old_copy(folder, table):
    rows = [["1.00" if i == column(table, "medfee_sumamt") else v for i, v in enumerate(r)] for r in table.rows]
    (folder / "setl_d_old.csv").write_bytes(written(replace(table, rows=rows, below=[])))


BESIDE = {
    "plain": lambda folder, table: None,
    "lock file": lambda folder, table: (folder / "~$setl_d.xlsx").write_bytes(b"\x05x"),
    "system files": lambda folder, table: [(folder / n).write_bytes(b"\0") for n in ("Thumbs.db", ".DS_Store", "desktop.ini")],
    "same again": lambda folder, table: (folder / "setl_d_again.csv").write_bytes(written(replace(table, below=[]))),
    "old copy": old_copy,
    "count": lambda folder, table: (folder / "setl_d.ok").write_text(str(len([r for r in table.rows if r[column(table, "mdtrt_id")][:2] in ("51", "５１", "'5", '="')]))),
    "other count": lambda folder, table: (folder / "控制.csv").write_text("表名,记录数\nsetl_d,30\n"),
    "other checksum": lambda folder, table: (folder / "setl_d.md5").write_text("0" * 32),
    "table on paper": lambda folder, table: (folder / "psn_status_d202503.pdf").write_bytes(b"%PDF"),
    "old book": lambda folder, table: (folder / "psn_status_d.xls").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 504),
}  # fmt: skip
#: Forms that cannot be read right: which of two contents is older, what nobody can open.
REFUSED = {
    "table on paper",
    "xml of 2003",
    "wrong total",
    "other remark",
    "other title",
    "second table",
    "other count",
    "other checksum",
    "numbers of 1904",
    "old copy",
    "old book",
    "contradiction",
    *LOST,
}
ALL = {
    "cells": CELLS,
    "values": VALUES,
    "rows": ROWS,
    "grids": GRIDS,
    "texts": TEXTS,
    "holders": HOLDERS,
    "beside": BESIDE,
}


def write(folder, choice, seed=0):
    """The record in one form of each list; `choice`: list -> name, plain where it says nothing."""
    draw = random.Random(f"{seed} {sorted(choice.items())}")
    table = Table(list(HEADER), [list(r.values()) for r in record()])
    for kind in ("values", "cells", "rows", "texts", "grids"):
        table = ALL[kind][choice.get(kind, "plain")](table, draw)
    ALL["beside"][choice.get("beside", "plain")](folder, table)
    ALL["holders"][choice.get("holders", "plain")](folder, table)


READ = """
    select settlement_id, encounter_id, person_id, insurance_type, insured_division, institution_id,
        cast(started_on as varchar), cast(ended_on as varchar), cast(settled_at as varchar), medical_category,
        cast(total_amount as varchar), cast(eligible_amount as varchar), cast(assistance_fund_amount as varchar),
        cast(fund_amount as varchar), is_refund, replace(replace(coalesce(disease_name, ''), '"', ''), '，', ',')
    from record.settlement order by 1
"""


def wanted():
    rows = []
    for row in record():
        values = [v or None for v in row.values()]
        values[14], values[15] = False, row["dise_name"]
        rows.append(tuple(values))
    return rows


def warehouse():
    """An empty one in memory, to which the other indispensable tables came before."""
    con = duckdb.connect()
    con.execute("set threads = 1")
    con.execute("pragma disable_optimizer")  # a dozen rows are read sooner than a plan for them is made better
    con.execute(ddl())
    return con


def clear(con):
    """Take out what an earlier trial brought."""
    for name in (
        "record.settlement",
        "record.hospital",
        "run.input_file",
        "run.account",
        "run.rejected",
        "run.touched_settlement",
    ):
        con.execute(f"delete from {name}")
    for table in ("mdtrt_d", "fee_list_d"):
        con.execute(f"insert into run.input_file (file_id, file, source_table) values ('{table}', 'x', '{table}')")


def fault(con, folder):
    """Why what is read of the folder is not the record, None where it is; 'refused: ...' for a refusal."""
    clear(con)
    try:
        accounts = ingest(con, folder)
    except InputRefused as refused:
        held = con.sql("select count(*) from record.settlement").fetchall()[0][0]
        return f"refused: {refused}" if not held and "\n" not in str(refused) else f"{held} rows stand after: {refused}"
    rows, whole = con.sql(READ).fetchall(), wanted()
    if strange := [r for r in rows if r not in whole]:
        return f"something else: {strange[0]}"
    rejected = sum(a.rejected for a in accounts)
    if len(rows) + rejected < len(whole):
        return f"{len(rows)} of {len(whole)} rows are there, {rejected} rejected"
    return None if not rejected else f"rejected: {con.sql('select reason from run.rejected').fetchall()[0][0]}"


def is_honest(said):
    """Whether the answer is the record, or says that it is not."""
    return said is None or said.startswith(("refused: ", "rejected: "))


def main(count, first=0):
    con, refused = warehouse(), 0
    for seed in range(first, first + count):
        draw = random.Random(seed)
        choice = {kind: draw.choice(list(forms)) for kind, forms in ALL.items()}
        with tempfile.TemporaryDirectory() as place:
            write(Path(place), choice, seed)
            said = fault(con, Path(place))
        if not is_honest(said):
            print(seed, choice, said, flush=True)
        elif said is not None and not REFUSED & set(choice.values()):
            refused += 1
            print(seed, choice, said[:160], file=sys.stderr, flush=True)
        if seed % 100 == 99:
            print(f"{seed + 1} combinations", flush=True)
    print(f"{count} combinations, {refused} refused that may be read")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
