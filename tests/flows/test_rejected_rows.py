"""Rejected rows as people handle them: by the row a spreadsheet shows, listed, and let go with a reason."""

import json

import polars as pl
import pytest

from data.ingest import ingest
from data.warehouse.connection import open_warehouse
from flows import steps
from flows.home import audit_log
from flows.home.settings import Settings


@pytest.fixture
def spoilt(delivery, clean, rows, tmp_path):
    """A HOME with rows 3 and 7 of a hundred settlements rejected."""
    clean["setl_d.csv"] = [rows.settlement(n) for n in range(1, 101)]
    for n in (3, 7):
        clean["setl_d.csv"][n - 1]["medfee_sumamt"] = "many"
    steps.perform(steps.STEPS[0], Settings(home=tmp_path / "home", input=delivery(clean)))
    return tmp_path / "home"


def standing(home, read_csv):
    path = home / "rejected" / "rejected.csv"
    return [int(r["row_number"]) for r in read_csv(path)] if path.exists() else []


def test_the_list_gives_the_row_of_the_sheet_and_no_values(call, spoilt):
    code, out, _ = call("rejected", "list", "--home", spoilt, "--json")
    told = json.loads(out)
    assert code == 0 and [(r["row_number"], r["sheet_row"]) for r in told] == [(3, 4), (7, 8)]
    assert {r["reason"] for r in told} == {"not a number"} and "many" not in out
    code, out, _ = call("rejected", "list", "--home", spoilt, "--language", "zh")
    assert "拒收行待更正2行，不再处理0行" in out


def test_a_dismissed_row_leaves_the_list_is_counted_apart_and_logged(call, spoilt, read_csv):
    call("rejected", "dismiss", "--file", "setl_d.csv", "--row", "3", "--reason", "entered twice", "--home", spoilt)
    assert standing(spoilt, read_csv) == [7]
    told = json.loads(call("rejected", "list", "--home", spoilt, "--json")[1])
    assert {r["row_number"]: r["dismissed"] for r in told} == {3: "entered twice", 7: None}
    entries = [json.loads(line) for line in (spoilt / "audit.log").read_text(encoding="utf-8").splitlines()]
    (entry,) = [e for e in entries if e["event"] == "dismiss rejected"]
    assert (entry["rows"], entry["count"], entry["reason"]) == ([3], 1, "entered twice")
    assert audit_log.verify(spoilt)[1] is None
    from flows.publish import tables
    from flows.publish.publish import ingest_of

    with open_warehouse(spoilt, read_only=True) as con:
        row = tables.account(con, ingest_of(con)).filter(pl.col("file") == "setl_d.csv").row(0, named=True)
        assert (row["rejected"], row["dismissed"]) == (2, 1) and tables.rejected(con)["row_number"].to_list() == [7]
    code, out, _ = call("rejected", "dismiss", "--file", "setl_d.csv", "--all", "--reason", "old", "--home", spoilt)
    assert code == 0 and "0 rejected rows stand" in out and not standing(spoilt, read_csv)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (["--row", "3"], "Say why"),
        (["--row", "3", "--reason", "  "], "Say why"),
        (["--reason", "x"], "--all"),
        (["--row", "3", "--all", "--reason", "x"], "--all"),
        (["--row", "4", "--reason", "x"], "no rejected row 4"),
    ],
)
def test_what_cannot_be_dismissed_changes_nothing(call, spoilt, read_csv, given, words):
    code, _, err = call("rejected", "dismiss", "--file", "setl_d.csv", *given, "--home", spoilt)
    assert code == 2 and words in err and standing(spoilt, read_csv) == [3, 7]


def test_a_mistyped_file_is_named(call, spoilt):
    code, _, err = call("rejected", "dismiss", "--file", "set_d.csv", "--all", "--reason", "x", "--home", spoilt)
    assert code == 2 and "Did you mean 'setl_d.csv'?" in err


def test_a_dismissed_row_that_comes_again_as_it_was_stays_dismissed(
    call, spoilt, delivery, clean, rows, read_csv, tmp_path
):
    call("rejected", "dismiss", "--file", "setl_d.csv", "--row", "3", "--reason", "entered twice", "--home", spoilt)
    clean["setl_d.csv"] = [rows.settlement(n) for n in range(1, 102)]
    for n in (3, 7):
        clean["setl_d.csv"][n - 1]["medfee_sumamt"] = "many"
    steps.perform(steps.STEPS[0], Settings(home=spoilt, input=delivery(clean, tmp_path / "again")))
    assert standing(spoilt, read_csv) == [7]


def text_of(rows, count=40, spoil=20, end="\n"):
    lines = [",".join(rows.settlement(1))]
    for n in range(1, count + 1):
        row = rows.settlement(n, **({"medfee_sumamt": "many"} if n == spoil else {}))
        lines.append(",".join(row.values()))
    return lines, end


@pytest.mark.parametrize(
    ("above", "blanks", "sheet_row"),
    [
        ([], [], 21),
        (["结算明细,,", "2025年3月,,"], [], 23),
        ([], [5, 9], 23),
        (["sep=,"], [], 21),
        ([], [35], 21),
        (["title,,", ""], [1], 24),
    ],
)
def test_the_row_of_a_text_is_the_one_a_spreadsheet_shows(tmp_path, delivery, clean, rows, above, blanks, sheet_row):
    folder = delivery(clean)
    lines, end = text_of(rows)
    for place in sorted(blanks, reverse=True):
        lines.insert(place + 1, "")
    (folder / "setl_d.csv").write_text(end.join([*above, *lines]) + end, encoding="utf-8")
    with open_warehouse(tmp_path / "home") as con:
        ingest(con, folder)
        assert con.sql("select row_number, sheet_row from run.rejected").fetchall() == [(20, sheet_row)]


def test_a_value_over_two_lines_is_one_row_of_the_sheet(tmp_path, delivery, clean, rows):
    clean["setl_d.csv"] = [rows.settlement(n, dise_name="first\nsecond") for n in range(1, 41)]
    clean["setl_d.csv"][19]["medfee_sumamt"] = "many"
    with open_warehouse(tmp_path / "home") as con:
        ingest(con, delivery(clean))
        assert con.sql("select row_number, sheet_row from run.rejected").fetchall() == [(20, 21)]


@pytest.mark.parametrize(("above", "gap"), [(0, 0), (2, 0), (0, 3), (1, 2)])
def test_the_row_of_a_sheet_counts_titles_and_empty_rows(tmp_path, delivery, clean, rows, above, gap):
    import xlsxwriter

    folder = delivery(clean)
    (folder / "setl_d.csv").unlink()
    table = [list(rows.settlement(1))]
    table += [list(rows.settlement(n, **({"medfee_sumamt": "many"} if n == 20 else {})).values()) for n in range(1, 41)]
    with xlsxwriter.Workbook(str(folder / "setl_d.xlsx")) as book:
        sheet = book.add_worksheet("setl_d")
        for place, row in enumerate(table):
            sheet.write_row(above + place + (gap if place > 10 else 0), 0, row)
    with open_warehouse(tmp_path / "home") as con:
        ingest(con, folder)
        assert con.sql("select row_number, sheet_row from run.rejected").fetchall() == [(20, 21 + above + gap)]


def test_a_refused_file_names_the_row_of_the_sheet(call, tmp_path, delivery, clean):
    clean["setl_d.csv"][1]["medfee_sumamt"] = "many"
    code, _, err = call("ingest", delivery(clean), "--home", tmp_path / "home", "--quiet")
    assert code == 3 and "data row 2 (row 3 as a spreadsheet shows it)" in err
