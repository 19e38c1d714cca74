"""Visit sheets, tallies and record lists: every sum is added up again from what the run published."""

import html
import json
import re
import shutil
from decimal import Decimal

import polars as pl
import pytest

from data.warehouse.connection import frame, open_warehouse
from flows.publish import visit_files
from models.ranking import totals

NOTHING = Decimal("0.00")


@pytest.fixture(scope="module")
def home(finished, tmp_path_factory):
    return shutil.copytree(finished[0].home, tmp_path_factory.mktemp("visits") / "home")


@pytest.fixture(scope="module")
def run(home):
    return next(path for path in (home / "runs").iterdir() if path.is_dir() and not path.name.startswith("."))


@pytest.fixture(scope="module")
def added_up(home):
    """Place -> its yuan, each once: of every line the most that a lead has of it, a settlement with its lines in it."""
    with open_warehouse(home, read_only=True) as con:
        rows = frame(
            con,
            "select s.institution_id, u.settlement_id, u.line_id, u.amount from model.lead_line as u"
            " join feature.settlement as s on s.settlement_id = u.settlement_id",
        )
        everything = totals.totals(con).filter(list="all").row(0, named=True)["once"]
    best = rows.group_by("institution_id", "settlement_id", "line_id").agg(pl.col("amount").max())
    settled = best.group_by("institution_id", "settlement_id").agg(
        whole=pl.col("amount").filter(pl.col("line_id").is_null()).sum(),
        lines=pl.col("amount").filter(pl.col("line_id").is_not_null()).sum(),
    )
    settled = settled.with_columns(amount=pl.max_horizontal("whole", "lines"))
    return dict(settled.group_by("institution_id").agg(pl.col("amount").sum()).iter_rows()), everything


@pytest.fixture(scope="module")
def index(run, read_csv):
    return {row["institution_id"]: row for row in read_csv(run / "visits.csv")}


def yuan(text):
    return Decimal(text.replace("¥", "").replace(",", "")) if text.strip() not in ("", "–") else NOTHING


def tables(page):
    """Each table of a page: rows of plain cells."""
    cells = r"<t[hd][^>]*>(.*?)</t[hd]>"
    return [
        [[html.unescape(re.sub("<[^>]+>", "", c)) for c in re.findall(cells, r, re.S)] for r in re.findall("<tr.*?</tr>", t, re.S)]
        for t in re.findall("<table>.*?</table>", page, re.S)
    ]  # fmt: skip


def test_the_places_add_up_to_what_the_report_has_of_all_lists(index, added_up):
    by_place, everything = added_up
    assert len(index) > 5
    assert {place: yuan(row["amount"]) for place, row in index.items() if yuan(row["amount"])} == {
        place: amount for place, amount in by_place.items() if amount
    }
    assert sum((yuan(row["amount"]) for row in index.values()), NOTHING) == everything
    for row in index.values():
        assert yuan(row["desk_amount"]) + yuan(row["visit_amount"]) == yuan(row["amount"])
        assert yuan(row["desk_fund"]) + yuan(row["visit_fund"]) == yuan(row["fund"])


def test_every_sum_of_every_printed_sheet_adds_up(run, index):
    pages = sorted((run / "visits").glob("*.html"))
    assert len(pages) > 3 and {f"visits/{p.name}" for p in pages} == {r["sheet"] for r in index.values() if r["sheet"]}
    for path in pages:
        place = next(r for r in index.values() if r["sheet"] == f"visits/{path.name}")
        page = path.read_text(encoding="utf-8")
        assert "<script" not in page and "http" not in page
        head, leads, problems = tables(page)[:3]
        assert yuan(head[1][1]) == yuan(place["amount"]) and yuan(head[1][3]) == yuan(place["fund"])
        assert yuan(head[2][1]) == yuan(place["desk_amount"]) and yuan(head[2][3]) == yuan(place["visit_amount"])
        for column, key in ((-2, "amount"), (-1, "fund")):
            rows = [yuan(r[column]) for r in leads[1:-1]]
            assert sum(rows, NOTHING) == yuan(leads[-1][column]) == yuan(place[key]), (path.name, key)
            parts = [r for r in problems[1:-1] if len(r) == 6]  # the heads of the desk's part and the visit's
            lines = [r for r in problems[1:-1] if len(r) == 7]
            assert len(parts) == 2
            assert yuan(parts[0][column]) == yuan(place[f"desk_{key}"])
            assert sum((yuan(r[column]) for r in lines), NOTHING) == yuan(problems[-1][column]) == yuan(place[key])
        assert sum(int(r[-3]) for r in leads[1:-1]) == int(place["findings"])


@pytest.fixture(scope="module")
def written(home, index, tmp_path_factory):
    """Codes with most money and their workbooks, drawn from."""
    from flows.home.settings import load

    codes = sorted(index, key=lambda i: -yuan(index[i]["amount"]))[:3]
    out = tmp_path_factory.mktemp("sheets")
    settings = load(home)
    with open_warehouse(home, read_only=True) as con:
        visits = visit_files.of_last_run(con, settings)
        made = visit_files.write(con, visits, codes, out, settings, 3)
    sheets = {i: pl.read_excel(out / f"{i}.xlsx", sheet_id=0, infer_schema_length=None) for i in codes}
    return visits, made, sheets


def cents(frame, column):
    return round(frame[column].cast(pl.Float64).sum() * 100)


def test_the_sheets_of_a_tally_equal_each_other_the_visit_sheet_and_the_findings(written, index, home):
    for code, sheets in written[2].items():
        wanted = round(yuan(index[code]["amount"]) * 100), round(yuan(index[code]["fund"]) * 100)
        for name in ("By nature and type", "By item", "By line", "All lines of these", "Record list"):
            sums = cents(sheets[name], "counted_amount"), cents(sheets[name], "counted_fund")
            assert sums == wanted, (code, name)
        lines = sheets["By line"]
        keys = lines.select(
            "settlement_id", pl.col("line_id").fill_null("") if "line_id" in lines.columns else "source"
        )
        assert keys.is_unique().all(), "a line hit twice stands once"
        assert (lines["counted_amount"].cast(pl.Float64) <= lines["involved"].cast(pl.Float64) + 0.001).all()
        every = sheets["All lines of these"]
        assert every.filter(pl.col("is_hit") == 1).height == lines.height <= every.height
        with open_warehouse(home, read_only=True) as con:
            found = con.execute(
                "select count(distinct f.settlement_id || '|' || coalesce(f.line_id, '')) from model.finding as f"
                " join model.finding_counted as c on c.finding_id = f.finding_id"
                " join feature.settlement as s on s.settlement_id = f.settlement_id where s.institution_id = $id",
                {"id": code},
            ).fetchall()[0][0]
        assert lines.height == found, "whatever was found there is in the tally"


def test_what_else_was_found_about_a_line_stands_beside_it(written):
    lines = pl.concat([s["By line"].select("source", pl.col("also").cast(pl.String)) for s in written[2].values()])
    also = lines.filter(pl.col("also").is_not_null() & (pl.col("also") != ""))
    assert also.height
    assert not also.filter(pl.col("also").str.split(";").list.contains(pl.col("source"))).height


def test_the_record_list_begins_with_most_natures_and_says_where_a_file_is(written):
    visits = written[0]
    for code, sheets in written[2].items():
        records = sheets["Record list"]
        order = records.select("natures", "counted_amount").rows()
        assert order == sorted(order, key=lambda r: (-r[0], -r[1]))
        own = visits.records.filter(institution_id=code)
        has_number = own["record_number"].is_not_null() | own["case_number"].is_not_null()
        assert (has_number != own["is_number_missing"]).all() and own["settlement_id"].null_count() == 0
        for name in ("person_name", "practitioner_name"):
            assert not own[name].drop_nulls().str.contains(r"[^*]{2}").any(), "names are masked"


def test_a_draw_of_records_is_published_and_can_be_repeated(written, home):
    visits, made, sheets = written
    logged = [json.loads(line) for line in (home / "audit.log").read_text(encoding="utf-8").splitlines()]
    for place in made:
        records = sheets[place["institution_id"]]["Record list"].with_columns(
            pl.col("department_code").cast(pl.String).fill_null("")
        )
        assert records["drawn"].sum() == place["drawn"] > 0
        by_department = records.group_by("department_code").agg(
            pl.len(), pl.col("drawn").sum(), pl.col("probability").first()
        )
        for _, size, drawn, probability in by_department.iter_rows():
            assert drawn == min(3, size) and probability == pytest.approx(min(1, 3 / size), abs=1e-4)
        events = [e for e in logged if e.get("institution_id") == place["institution_id"]]
        assert [e["event"] for e in events] == ["draw", "visit"] and events[0]["frames"] == {
            "records": place["frame_hash"]
        }
    from models.visits import places

    own = visits.records.filter(institution_id=made[0]["institution_id"])
    assert places.drawn(own, 3, 1)["drawn"].to_list() == places.drawn(own.reverse(), 3, 1).reverse()["drawn"].to_list()
    assert any(
        places.drawn(own, 1, s)["drawn"].to_list() != places.drawn(own, 1, 1)["drawn"].to_list() for s in (2, 3, 4)
    )


def test_the_dossier_says_department_and_clock_as_evidence_does(run, read_csv):
    seen = 0
    for pack in sorted((run / "leads").iterdir()):
        page = (pack / "dossier.html").read_text(encoding="utf-8")
        evidence = read_csv(pack / "evidence.csv")
        assert {"record_number", "case_number", "department_name", "admitted_on", "discharged_on", "charged_at",
                "settled_at", "institution_name", "practitioner_name", "person_name", "counted_amount"} <= set(evidence[0])  # fmt: skip
        by_bill = {}
        for row in evidence:
            if row["settlement_id"] and f">{row['settlement_id']}</div>" in page:
                by_bill.setdefault(row["settlement_id"], []).append(row)
        for rows in by_bill.values():  # the page shows some of a bill's lines
            clocks = {r["charged_at"][11:16] for r in rows} - {""}
            assert not clocks or any(f'<div class="note">{clock}</div>' in page for clock in clocks)
            assert any(html.escape(r["department_name"]) in page for r in rows)
            assert all((r["record_number"] or r["case_number"]) in page for r in rows)
            seen += bool(clocks and rows[0]["department_name"])
        money = sum((Decimal(r["counted_amount"]) for r in evidence), NOTHING)
        assert f"¥{money:,.2f}" in page, "the counted amounts of the file add up to the lead's"
    assert seen > 10


def test_watchlists_xlsx_carries_the_sheets(run, index):
    book = pl.read_excel(run / "watchlists.xlsx", sheet_id=0)
    worth = [i for i, row in index.items() if row["sheet"]]
    assert "Visits" in book and set(worth[:30]) <= set(book)
    assert cents(book["Visits"], "amount") == round(sum((yuan(r["amount"]) for r in index.values()), NOTHING) * 100)


def test_the_command_says_what_it_cannot_do(home, call, tmp_path, index):
    code, out, err = call("visit", "--home", home, "--json", "--top", 3)
    assert code == 0 and [row["rank"] for row in json.loads(out)] == [1, 2, 3]
    code, _, err = call("visit", "NOPE", "--home", home)
    assert code == 2 and "No lead touches NOPE" in err and len(err.strip().splitlines()) == 1
    code, out, _ = call("visit", next(iter(index)), "--home", home, "--language", "zh")
    assert code == 0 and "须现场核实" in out
    (tmp_path / "file").write_text("", encoding="utf-8")
    code, _, err = call("visit", next(iter(index)), "--home", home, "--out", tmp_path / "file")
    assert code == 1 and "Choose another --out" in err
