"""Make a dirty delivery of a clean one: `python -m tests.tools.dirty CLEAN DIRTY --seed 1`.

Harmless dirt changes how things are written, never what they say: names of tables and headers, encodings,
delimiters, containers, monthly parts, line ends, padding, apostrophes, full-width digits, thousands separators,
written dates, repeated rows. Harmful dirt (--harm N) spoils single cells; what it did is returned and printed.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import io
import random
import zipfile
from pathlib import Path

FULL = str.maketrans("0123456789", "０１２３４５６７８９")
ID_FIELDS = {"psn_no", "setl_id", "mdtrt_id", "bkkp_sn", "fixmedins_code"}
MONEY_FIELDS = {"medfee_sumamt", "det_item_fee_sumamt", "inscp_amt", "fund_pay_sumamt"}
DAY_FIELDS = {"begndate", "enddate", "brdy"}
ALIASES = {"setl_d": {"inscp_amt": "inscp_scp_amt", "psn_pay": "psn_part_amt"}, "fee_list_d": {"bkkp_sn": "feedetl_sn"}}
CHINESE = {"psn_info_b": {"psn_no": "人员编号", "gend": "性别", "brdy": "出生日期"}}


def read(path):
    opener = gzip.open if path.name.endswith(".gz") else open
    with opener(path, "rt", encoding="utf-8-sig", newline="") as handle:
        rows = list(csv.reader(handle))
    return rows[0], rows[1:]


def cell(field, value, draw):
    """The same value, written as somebody else would."""
    if not value or value == "unknown" or draw.random() > 0.2:
        return value
    if field in ID_FIELDS:
        return draw.choice([value + "\t", "'" + value, value.translate(FULL), " " + value + "\u3000"])
    if field in MONEY_FIELDS:
        return draw.choice([f"{float(value):,.2f}", "¥" + value, value + "元", value.translate(FULL)])
    if field in DAY_FIELDS:
        year, month, day = value[:10].split("-")
        return draw.choice(
            [
                f"{year}/{int(month)}/{int(day)}",
                year + month + day,
                f"{year}年{int(month)}月{int(day)}日",
                value + " 00:00:00",
            ]
        )
    return value


def text_of(header, rows, draw, delimiter, end):
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator=end)
    writer.writerow(header)
    for row in rows:
        writer.writerow([cell(f, v, draw) for f, v in zip(header, row, strict=True)])
    return out.getvalue()


def soil(clean, dirty, seed=1, harm=0):
    """Write the dirty delivery; returns [(table, row, field, value before)] of the harm done."""
    draw = random.Random(seed)
    dirty.mkdir(parents=True, exist_ok=True)
    harmed = []
    for number, path in enumerate(sorted(p for p in clean.iterdir() if ".csv" in p.name)):
        table = path.name.split(".")[0]
        header, rows = read(path)
        if harm and table == "fee_list_d":
            column = header.index("det_item_fee_sumamt")
            for row in sorted(draw.sample(range(len(rows)), harm)):
                harmed.append((table, row + 1, "det_item_fee_sumamt", rows[row][column]))
                rows[row] = [*rows[row][:column], "unknown", *rows[row][column + 1 :]]
        elif not harm:
            rows = rows + draw.sample(rows, min(3, len(rows)))  # repeated rows are duplicates, not more money
        names = ALIASES.get(table, {}) | CHINESE.get(table, {})
        parts = [rows[: len(rows) // 2], rows[len(rows) // 2 :]] if table == "fee_list_d" and not harm else [rows]
        for half, some in enumerate(parts):
            shown = [names.get(f, f) for f in header]
            written = text_of(header, some, draw, draw.choice([",", "\t", "|"]), draw.choice(["\n", "\r\n"]))
            first, _, rest = written.partition("\n")
            first = (
                first
                if not names
                else first.replace("\t".join(header), "\t".join(shown))
                .replace(",".join(header), ",".join(shown))
                .replace("|".join(header), "|".join(shown))
            )
            put(dirty, f"{table.upper()}_{half + 1:02d}", first + "\n" + rest, number + half, draw)
    (dirty / "readme.txt").write_text("交付说明\n", encoding="utf-8")
    return harmed


def put(dirty, name, text, number, draw):
    """One content, in one of the forms that deliveries take."""
    form = number % 5
    encoding = draw.choice(["utf-8", "utf-8-sig", "gb18030"])
    data = text.encode(encoding, "replace")
    if form == 0:
        (dirty / f"{name}.csv").write_bytes(data)
    elif form == 1:
        (dirty / "parts").mkdir(exist_ok=True)
        (dirty / "parts" / f"{name}.csv.gz").write_bytes(gzip.compress(data, mtime=0))
    elif form == 2:
        with zipfile.ZipFile(dirty / f"{name}.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(zipfile.ZipInfo(f"export/{name}.csv"), data)
    elif form == 3:
        (dirty / f"{name}.txt").write_bytes(data)
    else:
        import polars as pl

        delimiter = max(",\t|", key=text.partition("\n")[0].count)
        frame = pl.read_csv(text.encode(), separator=delimiter, infer_schema=False)
        frame.write_parquet(dirty / f"{name}.parquet")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("clean", type=Path)
    parser.add_argument("dirty", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--harm", type=int, default=0)
    options = parser.parse_args()
    for line in soil(options.clean, options.dirty, options.seed, options.harm):
        print(*line)
