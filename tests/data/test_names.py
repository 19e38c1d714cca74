"""Files with odd names, odd kinds and odd sizes: read right under their own name, or refused in a sentence; never
another file in their place, and never more than the machine holds."""

import csv
import io
import os
import struct
import time
import tracemalloc
import zipfile

import duckdb
import pytest
import xlsxwriter

from data.errors import FundwatchError, InputRefused, UsageError
from data.ingest import Intake, bounds, contents, ingest, read, stray, unpack
from data.warehouse.connection import ddl, open_warehouse
from tests import xlsb


def text_of(rows):
    out = io.StringIO()
    writer = csv.DictWriter(out, rows[0])
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


@pytest.fixture
def con():
    with duckdb.connect() as con:
        con.execute("set threads = 1")
        con.execute(ddl())
        for table in ("mdtrt_d", "fee_list_d"):  # they came before
            con.execute(f"insert into run.input_file (file_id, file, source_table) values ('{table}', 'x', '{table}')")
        yield con


@pytest.fixture
def take(con, tmp_path):
    """Ingest a folder; gives the ids of the settlements and what was said."""

    def run(folder, **how):
        said = []
        ingest(con, folder, said.append, Intake(tmp_path / "work [1]*", **how))
        return [s for (s,) in con.sql("select settlement_id from record.settlement order by 1").fetchall()], said

    return run


@pytest.fixture
def settlements(rows):
    return lambda first, count=3: [rows.settlement(n, dise_name=f"d {n}") for n in range(first, first + count)]


# --------------------------------------------------------------------------------------------- names


@pytest.mark.parametrize(
    ("odd", "siblings"),
    [
        ("setl_d[1].csv", ["setl_d1.csv"]),
        ("setl_d[a-z0-9].csv", ["setl_d1.csv", "setl_dx.csv"]),
        ("setl_d*.csv", ["setl_d1.csv", "setl_d2.csv"]),
        ("setl_d?.csv", ["setl_d1.csv", "setl_d2.csv"]),
        ("setl_d\\[1].csv", ["setl_d1.csv", "setl_d[1].csv"]),
        ("setl_d\\*.csv", ["setl_d1.csv"]),
        ("setl_d{1,2}.csv", ["setl_d1.csv", "setl_d2.csv"]),
        ("setl_d**.csv", ["setl_d1.csv"]),
        ("setl_d[!x].csv", ["setl_d1.csv"]),
        ("setl_d\n1.csv", ["setl_d1.csv"]),
        ("setl_d\u202e1.csv", ["setl_d1.csv"]),
        ("setl_d'; drop table record.settlement; --.csv", []),
        ("setl_d%s$(id)`id`.csv", []),
        ("setl_d 结算 (1).csv", []),
        ("file:setl_d.csv", []),
        ("-setl_d.csv", []),
        ("setl_d" + "长" * 80 + ".csv", []),
    ],
)
def test_a_name_means_its_own_file(take, tmp_path, settlements, odd, siblings):
    folder = tmp_path / "delivery"
    folder.mkdir()
    for number, name in enumerate([odd, *siblings]):
        write(folder, name, settlements(10 * number))
        write(folder, name, settlements(10 * number + 5), "parquet" if "1" in odd else "gz")
    ids, said = take(folder)
    assert len(ids) == 6 * (1 + len(siblings)), "each file's own rows, none twice"
    assert all("duplicate" not in line or "0 duplicate" in line for line in said)
    assert all("\n" not in line and "\u202e" not in line for line in said)


def write(folder, name, rows, form="csv"):
    if form == "parquet":
        import polars as pl

        with (folder / name.replace(".csv", ".parquet")).open("wb") as out:
            pl.DataFrame(rows).cast(pl.String).write_parquet(out)
    elif form == "gz":
        import gzip

        (folder / f"{name}.gz").write_bytes(gzip.compress(text_of(rows).encode()))
    else:
        (folder / name).write_text(text_of(rows), encoding="utf-8")


@pytest.mark.parametrize(
    ("odd", "sibling"), [("export[12]", "export1"), ("export*", "export1"), ("e?", "e1"), ("a\\[1]", "a1")]
)
def test_a_folder_s_name_means_its_own_files(take, tmp_path, settlements, odd, sibling):
    for number, name in enumerate((odd, sibling)):
        (tmp_path / name).mkdir()
        write(tmp_path / name, "setl_d.csv", settlements(10 * number))
        write(tmp_path / name, "setl_d_2.csv", settlements(10 * number + 5), "parquet")
    ids, _ = take(tmp_path / odd)
    assert ids == ["S0", "S1", "S2", "S5", "S6", "S7"]


def test_a_name_that_is_no_utf_8_is_read_as_gbk(take, tmp_path, settlements):
    folder = tmp_path / "delivery"
    folder.mkdir()
    raw = os.path.join(os.fsencode(folder), "结算信息表.csv".encode("gbk"))
    with open(raw, "w", encoding="utf-8") as out:
        out.write(text_of(settlements(0)))
    with open(os.path.join(os.fsencode(folder), b"setl_d_\xff\xfe.csv"), "w", encoding="utf-8") as out:
        out.write(text_of(settlements(10)))
    ids, said = take(folder)
    assert len(ids) == 6 and any(line.startswith("结算信息表.csv: 3 rows") for line in said)
    assert all(line.encode() for line in said)


def test_what_is_not_seen_in_a_name_is_written_out():
    assert stray.shown("a\nb\u202ec\u200b.csv") == "a\\u000ab\\u202ec\\u200b.csv"
    assert stray.shown("结算　表 1.csv") == "结算　表 1.csv"


def test_links_in_circles_links_to_nothing_and_pipes_are_named(take, con, tmp_path, settlements):
    folder = tmp_path / "delivery"
    folder.mkdir()
    write(folder, "setl_d.csv", settlements(0))
    (folder / "pipe.csv").touch()
    (folder / "pipe.csv").unlink()
    os.mkfifo(folder / "pipe.csv")
    assert "pipe.csv: no file that could be read, left alone" in take(folder)[1]
    (folder / "pipe.csv").unlink()
    (folder / "a.csv").symlink_to("b.csv")
    (folder / "b.csv").symlink_to("a.csv")
    with pytest.raises(InputRefused, match=r"a\.csv is a link that leads to nothing"):
        take(folder)
    for name in ("a.csv", "b.csv"):
        (folder / name).unlink()
    (folder / "here").symlink_to(".")
    with pytest.raises(InputRefused, match="here is a link that leads"):
        take(folder)


def test_an_unreadable_folder_is_named(take, tmp_path, settlements, monkeypatch):
    folder = tmp_path / "delivery"
    (folder / "closed").mkdir(parents=True)
    write(folder, "setl_d.csv", settlements(0))
    real = os.scandir

    def scandir(path):  # root may read every folder
        if str(path).endswith("closed"):
            raise PermissionError(13, "Permission denied", str(path))
        return real(path)

    monkeypatch.setattr(contents.os, "scandir", scandir)
    with pytest.raises(InputRefused, match="closed cannot be read: Permission denied"):
        take(folder)


@pytest.mark.parametrize("name", ["back\\slash", "quest?ion"])
def test_a_home_that_the_engine_cannot_open_is_refused(tmp_path, name):
    with pytest.raises(UsageError, match="Choose another --home"), open_warehouse(tmp_path / name):
        pass


def test_a_home_with_any_other_name_is_a_home(tmp_path):
    for name in ("a[1]", "b*c", "d e", "它们", "f'g"):
        with open_warehouse(tmp_path / name) as con:
            con.execute("select count(*) from record.settlement")


# --------------------------------------------------------------------------------------------- what is read


def test_a_file_that_grows_between_its_hash_and_its_reading_is_named(con, take, tmp_path, settlements, monkeypatch):
    folder = tmp_path / "delivery"
    folder.mkdir()
    write(folder, "setl_d.csv", settlements(0))
    real = read.stage

    def late(con, delivery, *arguments):
        with (folder / "setl_d.csv").open("a", encoding="utf-8") as out:
            out.write("\n".join(text_of(settlements(90)).splitlines()[1:]) + "\n")
        return real(con, delivery, *arguments)

    monkeypatch.setattr(read, "stage", late)
    with pytest.raises(InputRefused, match=r"setl_d\.csv was changed while it was read\. Wait until"):
        take(folder)
    assert con.sql("select count(*) from record.settlement").fetchall() == [(0,)]


@pytest.mark.parametrize("how", ["replaced", "gone", "same_size"])
def test_a_file_that_becomes_another_while_it_is_read_is_named(con, take, tmp_path, settlements, monkeypatch, how):
    folder = tmp_path / "delivery"
    folder.mkdir()
    write(folder, "setl_d.csv", settlements(0))
    path, real = folder / "setl_d.csv", read.cells.open_cells

    def during(con, delivery, work, *lost):
        done = real(con, delivery, work, *lost)
        if how == "gone":
            path.unlink()
        elif how == "same_size":
            text = path.read_bytes()
            time.sleep(0.02)
            path.write_bytes(text.replace(b"d 1", b"d 9"))
        else:
            write(folder, "new.csv", settlements(50))
            (folder / "new.csv").replace(path)
        return done

    monkeypatch.setattr(read.cells, "open_cells", during)
    with pytest.raises(InputRefused, match="was changed while it was read"):
        take(folder)
    assert con.sql("select count(*) from run.input_file where source_table = 'setl_d'").fetchall() == [(0,)]


def test_the_hash_is_of_what_was_read(con, take, tmp_path, settlements):
    import hashlib

    folder = tmp_path / "delivery"
    folder.mkdir()
    for name in ("setl_d[1].csv", "setl_d1.csv"):
        write(folder, name, settlements(len(name)))
    take(folder)
    kept = dict(con.sql("select file, file_id from run.input_file where source_table = 'setl_d'").fetchall())
    assert kept == {
        name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in ("setl_d[1].csv", "setl_d1.csv")
    }


# --------------------------------------------------------------------------------------------- archives


def zipped(path, members, method=zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, text in members:
            archive.writestr(name, text)
    return path


@pytest.fixture
def delivered(tmp_path, settlements):
    folder = tmp_path / "delivery"
    folder.mkdir()
    write(folder, "setl_d.csv", settlements(0))
    return folder


def test_members_that_lie_upon_each_other_are_refused(take, delivered):
    """One member of 20 MB under thirty names: 600 MB out of 20 kB."""
    path = zipped(delivered / "b.zip", [("setl_d_0.csv", "x" * (20 << 20))])
    raw = path.read_bytes()
    start = raw.index(b"PK\x01\x02")
    end = raw.index(b"PK\x05\x06")
    entry = raw[start:end]
    copies = b"".join(entry.replace(b"setl_d_0", b"setl_%03d" % n) for n in range(30))
    tail = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 30, 30, len(copies), start, 0)
    path.write_bytes(raw[:start] + copies + tail)
    with pytest.raises(InputRefused, match=r"b\.zip holds files that lie upon each other"):
        take(delivered)


def test_an_archive_is_held_to_its_sum(take, delivered):
    """Each member alone is small enough."""
    zipped(delivered / "b.zip", [(f"setl_d_{n}.csv", "x" * (8 << 20)) for n in range(20)])
    with pytest.raises(InputRefused, match=r"b\.zip would unpack to 0\.2 GB, .* times its size"):
        take(delivered)


def test_an_archive_that_the_disk_has_no_room_for_is_refused_before_it_is_unpacked(take, delivered, monkeypatch):
    text = os.urandom(64 << 10).hex()
    zipped(delivered / "b.zip", [("setl_d_1.csv", text * 10)], zipfile.ZIP_STORED)
    monkeypatch.setattr(unpack, "BIG", 1 << 20)
    monkeypatch.setattr(unpack.shutil, "disk_usage", lambda _: Usage)
    with pytest.raises(InputRefused, match=r"are free where it is unpacked\. Free some space"):
        take(delivered)


class Usage:
    free = 1 << 20


def test_ten_thousand_members_take_their_time_once(delivered, tmp_path):
    path = zipped(delivered / "b.zip", [(f"n{n}.pdfx", "x") for n in range(5_000)])
    work = tmp_path / "w"
    work.mkdir()
    started = time.process_time()
    assert sum(1 for _ in unpack.parts(path, "b.zip", work)) == 5_000
    assert time.process_time() - started < 8
    zipped(path, [(f"n{n}.csv", "") for n in range(unpack.MOST_MEMBERS + 1)])
    with pytest.raises(InputRefused, match="files; that is no export"):
        list(unpack.parts(path, "b.zip", work))


@pytest.mark.parametrize("name", ["", ".", "./", "..", "a/../../b.csv", "/etc/x.csv", "C:\\x.csv", "\\\\host\\x.csv"])
def test_members_without_a_name_of_their_own_are_refused(take, delivered, name):
    path = delivered / "b.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("Q" * max(1, len(name)), "setl_id\n1\n")
    raw = path.read_bytes()
    if name:
        path.write_bytes(raw.replace(b"Q" * len(name), name.encode()))
    else:  # a name of no letters
        raw = raw.replace(b"\x01\x00\x00\x00Q", b"\x00\x00\x00\x00", 1)
        path.write_bytes(raw)
    try:
        _, said = take(delivered)
    except InputRefused as error:
        assert "b.zip" in str(error)
    else:  # what the archive calls a folder holds no rows
        assert name.endswith("/") and said


@pytest.mark.parametrize("method", [zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2, zipfile.ZIP_DEFLATED])
def test_damage_anywhere_in_an_archive_is_one_sentence(delivered, tmp_path, settlements, method):
    work = tmp_path / "w"
    work.mkdir()
    path = zipped(delivered / "b.zip", [("setl_d_1.csv", text_of(settlements(50, 200)))], method)
    raw = path.read_bytes()
    for place in range(0, len(raw), max(1, len(raw) // 150)):
        path.write_bytes(raw[:place] + bytes([raw[place] ^ 0xFF]) + raw[place + 1 :])
        try:
            list(unpack.parts(path, "b.zip", work))
        except InputRefused as error:
            assert "b.zip" in str(error)


@pytest.mark.parametrize(
    ("member", "content", "named"),
    [
        ("lists.rar", b"Rar!\x1a\x07\x00", "lists.rar is an archive that cannot be opened"),
        ("lists.7z", b"7z\xbc\xaf\x27\x1c" + b"\0" * 20, "lists.7z is an archive"),
        ("psn_info_b.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 504, "psn_info_b.xls cannot be read"),
        ("in.zip", b"PK\x03\x04 broken", "in.zip cannot be unpacked"),
        ("x.tar", b"x" * 600, "x.tar is an archive"),
    ],
)
def test_what_an_archive_holds_and_nobody_can_open_is_named(take, delivered, member, content, named):
    zipped(delivered / "b.zip", [(member, content)])
    with pytest.raises(InputRefused, match=rf"b\.zip!{named}"):
        take(delivered)


def test_odd_names_inside_an_archive_are_read(take, delivered, settlements):
    zipped(
        delivered / "b.zip",
        [(f"a[1]*/setl_d[{n}]\n?.csv", text_of(settlements(10 * (n + 1)))) for n in range(2)],
    )
    ids, said = take(delivered)
    assert len(ids) == 9 and any("setl_d[0]\\u000a?.csv" in line for line in said)


# --------------------------------------------------------------------------------------------- sheets


def sheet(path, rows, more=()):
    with xlsxwriter.Workbook(path) as book:
        page = book.add_worksheet("setl_d")
        for r, row in enumerate([list(rows[0]), *(list(r.values()) for r in rows)]):
            for c, value in enumerate(row):
                page.write_string(r, c, str(value))
        for cell, value in more:
            page.write(cell, value)
    return path


@pytest.mark.parametrize("cell", ["XFD1048576", "A1048576", "AB900000", "C1000000"])
def test_a_cell_gone_astray_is_named_and_takes_no_memory(take, delivered, settlements, cell):
    sheet(delivered / "setl_d_2.xlsx", settlements(10, 30), [(cell, "x")])
    tracemalloc.start()
    with pytest.raises(InputRefused, match=rf"setl_d_2\.xlsx has a sheet with something in {cell}, far from its table"):
        take(delivered)
    assert tracemalloc.get_traced_memory()[1] < 200 << 20
    tracemalloc.stop()


def test_formats_far_below_and_cells_at_the_side_are_no_harm(take, delivered, settlements):
    path = sheet(delivered / "setl_d_2.xlsx", settlements(10, 30), [("AAB3", "note")])
    with zipfile.ZipFile(path) as book:
        parts = {name: book.read(name) for name in book.namelist()}
    page = "xl/worksheets/sheet1.xml"
    parts[page] = parts[page].replace(b"</sheetData>", b'<row r="1048576"><c r="A1048576" s="0"/></row></sheetData>')
    zipped(path, parts.items())
    assert len(take(delivered)[0]) == 33


def test_what_is_said_of_cells_over_the_ends_of_pieces(monkeypatch, tmp_path, settlements):
    path = sheet(tmp_path / "x.xlsx", settlements(10, 200), [("B1048576", "x")])
    monkeypatch.setattr(bounds, "CHUNK", 5_000)
    with pytest.raises(InputRefused, match="B1048576"):
        bounds.refuse_astray(path.read_bytes(), "x.xlsx")


ODS = """<?xml version="1.0" encoding="UTF-8"?><office:document-content
 xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"
 xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body><office:spreadsheet><table:table
 table:name="s">{}</table:table></office:spreadsheet></office:body></office:document-content>"""
TIMES = 'table:number-{}-repeated="{}"'


def ods(rows):
    """A sheet of (times, [times of each cell]) rows; a cell of None times is empty."""

    def cell(times):
        sentence = TIMES.format("columns", abs(times))
        return (
            f"<table:table-cell {sentence}/>"
            if times < 0
            else f"<table:table-cell {sentence}><text:p>x</text:p></table:table-cell>"
        )

    lines = [
        f"<table:table-row {TIMES.format('rows', n)}>{''.join(map(cell, cells))}</table:table-row>" for n, cells in rows
    ]
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", ODS.format("".join(lines)))
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "where"),
    [
        (ods([(9999, [9999])]), "9,999 rows by 9,999 columns"),
        (ods([(9999, [1])] * 40 + [(1, [900] * 10)]), "399,961 rows by 9,000 columns"),
        (ods([(99999, [1])]), "99,999 rows or columns at once"),
        (xlsb.book({(0, 0): "a", (1048575, 16383): "b"}), "row 1,048,576, column 16,384"),
        (xlsb.book({(0, 0): "a", (9000, 0): "b", (9001, 16383): "c"}), "row 9,002, column 16,384"),
        (xlsb.book({(0, 0): "a", (2**32 - 1, 0): "b"}), "row 4,294,967,296, column 1"),
    ],
)  # fmt: skip
def test_the_sheets_of_other_kinds_of_workbook_are_bounded_too(content, where):
    with pytest.raises(InputRefused, match=f"something in {where}, far from its table"):
        bounds.refuse_astray(content, "x")


@pytest.mark.parametrize(
    "content",
    [
        ods([(1, [1, 1])] * 500 + [(1048000, [-16384])]),  # what an office program writes to the end of the sheet
        ods([(1, [1] * 60)] * 3000 + [(2000, [3, 3])]),
        xlsb.book({(r, c): "1" for r in range(300) for c in range(5)}, (0, 1048575, 0, 16383)),
        xlsb.book({(0, 0): "a", (60_000, 3): "b"}),
    ],
)  # fmt: skip
def test_what_offices_write_in_them_is_within_bounds(content, tmp_path):
    bounds.refuse_astray(content, "x")


# --------------------------------------------------------------------------------------------- ids


COLUMNS = ["setl_id", "fixmedins_code", "psn_no", "mdtrt_id"]


def test_an_id_with_what_is_not_seen_is_rejected_and_named(con, take, tmp_path, settlements):
    folder = tmp_path / "delivery"
    folder.mkdir()
    rows = settlements(0, 100)
    for n, (letter, column) in enumerate(zip(["\n", "\r", "\t", "\x85"], COLUMNS, strict=True)):
        rows[10 * n][column] = f"H1{letter}copy"
    write(folder, "setl_d.csv", rows)
    ids, _ = take(folder)
    assert len(ids) == 96
    assert con.sql("select row_number, field, reason from run.rejected order by 1").fetchall() == [
        (10 * n + 1, column, "holding a character that is not seen, such as the end of a line")
        for n, column in enumerate(COLUMNS)
    ]


def test_what_has_no_width_in_an_id_is_taken_out_and_said(con, take, tmp_path, settlements):
    folder = tmp_path / "delivery"
    folder.mkdir()
    rows = settlements(0, 5)
    for row, letter in zip(rows, ["\x1b", "\u200b", "\u202e", "\ufeff", "\u00ad"], strict=True):
        row["fixmedins_code"] = f"H{letter}1"
    write(folder, "setl_d.csv", rows)
    _, said = take(folder)
    assert con.sql("select distinct institution_id from record.settlement").fetchall() == [("H1",)]
    assert any("5 cells hold invisible characters" in line for line in said)


# --------------------------------------------------------------------------------------------- the machine


@pytest.mark.parametrize("content", [b"SQLite format 3\0" + b"\0" * 4096, b"PK\x03\x04" + b"\0" * 99, b"x"])
def test_a_warehouse_of_another_program_is_refused_and_nothing_is_fetched(tmp_path, content):
    (tmp_path / "warehouse.duckdb").write_bytes(content)
    with (
        pytest.raises(FundwatchError, match=r"it is (another kind of file|an SQLite database)"),
        open_warehouse(tmp_path),
    ):
        pass
    assert (tmp_path / "warehouse.duckdb").read_bytes() == content


def test_a_warehouse_fetches_nothing(tmp_path):
    with open_warehouse(tmp_path) as con, pytest.raises(duckdb.Error, match="requires the extension"):
        con.execute("select * from 'https://example.invalid/x.csv'").fetchall()


@pytest.mark.parametrize(
    "error",
    [
        duckdb.OutOfMemoryException("could not allocate block of size 256.0 KiB"),
        duckdb.IOException('Could not write file "x": No space left on device'),
    ],
)
def test_want_of_memory_or_space_is_not_the_file_s_fault(delivered, take, monkeypatch, error):
    def scan(*_, **__):
        raise error

    monkeypatch.setattr(read.cells, "scan", scan)
    with pytest.raises(type(error)):
        take(delivered)
