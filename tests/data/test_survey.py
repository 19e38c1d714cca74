"""What a text's bytes may hold, seen wherever it stands; and that sparing cells a look never changes what is read."""

import duckdb
import pytest

from data.ingest import decode, find, read, staged_rows, survey
from data.warehouse.connection import ddl

ODD_TEXTS = {
    "a,b\n1, 2\n": "padding",
    "a,b\n1,2 \n": "padding",
    " a,b\n1,2\n": "padding",
    "a,b\n1,2 ": "padding",
    'a,b\n1," 2"\n': "padding",
    'a,b\n1,"2 "\n': "padding",
    'a,b\n1,""\n': "padding",
    "a;b\n1 ;2\n": "padding",
    "a,b\n1,\u30002\n": "padding",
    "a,b\n1,2\u00a0\n": "padding",
    "a,b\n1,2\t\n": "tab",
    "a,b\n1,'2\n": "apostrophe",
    'a,b\n1,="2"\n': "formula",
    'a,b\n1,"=""2"""\n': "formula",
    "a,b\n1,２\n": "full_width",
    "a,b\n1,Ｈ\n": "full_width",
    "a,b\n1,#N/A\n": "hash",
    "a,b\n1,1E+12\n": "plus",
    "a,b\n1,�\n": "unreadable",
    "a,b\n1,2\0\n": "nul",
    "a,b\n1,\x1f2\n": "invisible",
    "a,b\n1,2\u200b\n": "invisible",
    "a,b\n1,2\u00ad\n": "invisible",
    "a,b\n1,\ufeff2\n": "invisible",
    "a,b\n1,2\u2060\n": "invisible",
    "a,b\n1,\u202e2\n": "invisible",
    "a,b\n1,\u20662\n": "invisible",
}


@pytest.mark.parametrize("chunk", [1, 2, 5, 1 << 20])
@pytest.mark.parametrize("text", ODD_TEXTS)
def test_what_is_odd_is_seen_wherever_a_piece_of_the_text_ends(tmp_path, monkeypatch, text, chunk):
    monkeypatch.setattr(decode, "CHUNK", chunk)
    path = tmp_path / "a.csv"
    path.write_bytes(text.encode())
    assert ODD_TEXTS[text] in survey.look(path).odd


@pytest.mark.parametrize("encodings", [("gb18030", "utf-8"), ("utf-8", "gb18030"), ("utf-8", "gb18030", "utf-8-sig")])
@pytest.mark.parametrize("guess", ["utf-8", "gb18030"])
@pytest.mark.parametrize("chunk", [7, 1 << 20])
def test_joined_files_are_each_read_in_their_own_encoding(tmp_path, monkeypatch, encodings, guess, chunk):
    monkeypatch.setattr(decode, "CHUNK", chunk)
    text = "云平市第一人民医院,恶性肿瘤门诊治疗\r\nplain\n高血压病三级极高危\n"
    (tmp_path / "a").write_bytes(b"".join(text.encode(e) for e in encodings))
    decode.to_utf8(tmp_path / "a", guess, tmp_path / "b")
    assert (tmp_path / "b").read_bytes().decode() == text * len(encodings)


@pytest.mark.parametrize("chunk", [4, 1 << 20])
def test_what_is_not_odd_is_not_suspected(tmp_path, monkeypatch, chunk):
    monkeypatch.setattr(decode, "CHUNK", chunk)
    path = tmp_path / "a.csv"
    path.write_text("\ufeff编号,时间,名称\n01,2025-01-01 08:30:00,阿司匹林 Ⅱ\n02,2025-01-02 08:30:00,“甲” — 乙\n")
    assert survey.look(path) == survey.Survey(3, True, frozenset())


#: Values that the long way changes or refuses, column by column of the table of settlements' lines.
VALUES = {
    "setl_id": ["S1", "'S1", " S1", '"=""S1"""', "Ｓ1", "1.5E+12", "1.0", "S.1", "\ufffd", "S1\u200b"],
    "fixmedins_code": ["H99012310203", "h99012310203", "'H99012310203", "H99012310203 ", "#N/A", "0", "无", "NULL"],
    "init_feedetl_sn": ["", "0", "00", "-", "无", "n/a", "7", "N7", "1.0", "'5"],
    "cnt": ["1", " 1", "1.50", "1e2", "１", "¥2", "二", "-", "'3", "1,000"],
    "det_item_fee_sumamt": ["8.10", "8.1 ", "¥8.10", "8,100.00", "", "x", "８.10", "+8.1"],
    "fee_ocur_time": ["2025-01-01 08:39:59", "2025-01-01", "20250101", "2025/1/1 8:39", "2025-02-30", "9999-12-31",
                      "2025-01-01 02:54 PM", "2025-1-01 08:39:59", "25-01-12", "2025-01-01T08:39:59", "45658",
                      "2025年1月1日", "2025-01-01 08:39", " 2025-01-01"],
    "vali_flag": ["1", "0", "01", "是", "否", "True", " 1", "2", ""],
    "med_type": ["11", "'11", "11.0", "１１", "住院", "不明的", " 11"],
    "hilist_name": ["血细胞分析", " 血细胞分析", "a\u3000", "x\u00a0", '""', "=1", "血\0细胞"],
}  # fmt: skip
BASE = {
    "bkkp_sn": "L1", "mdtrt_id": "E1", "setl_id": "S1", "psn_no": "P1", "fixmedins_code": "H99012310203",
    "fee_ocur_time": "2025-01-01 08:39:59", "cnt": "1", "pric": "8.10", "det_item_fee_sumamt": "8.10",
    "init_feedetl_sn": "", "med_type": "11", "hilist_code": "001102000010000", "hilist_name": "诊查费",
    "med_list_codg": "001102000010000", "vali_flag": "1",
}  # fmt: skip
SOUND = 25


@pytest.fixture(scope="module")
def con():
    with duckdb.connect() as con:
        con.execute("set threads = 1")
        con.execute(ddl())
        yield con


def _staged(con, tmp_path, content):
    folder = tmp_path / "delivery"
    folder.mkdir(exist_ok=True)
    (folder / "fee_list_d.csv").write_text(content, encoding="utf-8", newline="")
    (delivery,) = find(folder, tmp_path).deliveries
    held = read.stage(con, delivery, tmp_path)
    rows = con.sql(f"select * from {staged_rows.STAGE} order by row_place").fetchall()
    faults = con.sql(f"select * from {read.FAULTS} order by row_number").fetchall()
    return held, rows, faults


@pytest.mark.parametrize(("column", "value"), [(c, v) for c, values in VALUES.items() for v in values])
def test_a_cell_that_is_spared_the_look_reads_as_it_would_with_it(con, tmp_path, monkeypatch, column, value):
    lines = [",".join(BASE)]
    for number in range(SOUND):
        row = BASE | {"bkkp_sn": f"L{number}", "mdtrt_id": f"E{number}", "setl_id": f"S{number}"}
        lines.append(",".join((row | ({column: value} if number == 7 else {})).values()))
    content = "\n".join(lines) + "\n"
    spared = _staged(con, tmp_path, content)
    seen = survey.look
    monkeypatch.setattr(survey, "look", lambda *how: survey.Survey(seen(*how).records, seen(*how).is_plain))
    assert _staged(con, tmp_path, content) == spared
    assert len(spared[1]) + len(spared[2]) == SOUND
