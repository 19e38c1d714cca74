"""What goes to the meeting room: the lead's page, its queries, its hashes, the workbook and the run's report."""

import hashlib
import json
import re
from html.parser import HTMLParser

import duckdb
import polars as pl
import pytest

from data.warehouse import open_warehouse
from flows import steps
from flows.exports import dossier, report, watchlists, workbook
from flows.exports.words import materials, page, words
from models import detectors, rule

HOSTILE = "<script>alert(1)</script>"


@pytest.fixture(scope="module")
def folder(finished):
    settings, said = finished
    return settings.home / "runs" / said["publish"].run_id


@pytest.fixture(scope="module")
def warehouse(finished):
    with open_warehouse(finished[0].home, read_only=True) as con:
        yield con


@pytest.fixture(scope="module")
def lists(warehouse, folder):
    return watchlists.lists(warehouse, folder.name, language="zh", unmask=False)


class Loads(HTMLParser):
    """Whatever a page would fetch."""

    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attrs):
        self.found += [v for k, v in attrs if k in ("src", "href", "data", "action")]


def loads(text):
    parser = Loads()
    parser.feed(text)
    return parser.found


def test_every_lead_of_tier_a_and_b_has_a_whole_pack(folder, read_csv):
    wanted = {
        r["lead_id"]: r
        for kind in watchlists.SUBJECT_TYPES
        for r in read_csv(folder / f"watchlist_{kind}.csv")
        if r["tier"] in "AB"
    }
    assert {p.name for p in (folder / "leads").iterdir()} == set(wanted) and wanted
    for lead_id, row in wanted.items():
        pack = folder / "leads" / lead_id
        said = json.loads((pack / "manifest.json").read_text(encoding="utf-8"))
        assert said["lead_id"] == lead_id and said["findings"] == len(read_csv(pack / "evidence.csv"))
        assert {f["file"] for f in said["files"]} == {"dossier.html", "evidence.csv", "replay.sql"}
        for one in said["files"]:
            assert one["sha256"] == hashlib.sha256((pack / one["file"]).read_bytes()).hexdigest()
        text = (pack / "dossier.html").read_text(encoding="utf-8")
        assert lead_id in text and row["subject_id"] in text and f"{float(row['amount_at_risk']):,.2f}" in text
        assert loads(text) == [] and "url(" not in text and "@import" not in text


def test_a_page_names_every_rule_with_its_clause_and_what_to_fetch(folder, read_csv):
    cards = {s.id: s.card for s in rule.load() + detectors.load()}
    for pack in sorted((folder / "leads").iterdir())[:12]:
        text = (pack / "dossier.html").read_text(encoding="utf-8")
        for source in {r["source"] for r in read_csv(pack / "evidence.csv")}:
            assert cards[source].basis[0] in text and source in text
            assert materials("en")[cards[source].family or cards[source].violation].replace("'", "&#39;") in text


def test_every_family_of_evidence_says_what_to_fetch():
    families = {s.card.family or s.card.violation for s in rule.load() + detectors.load() if s.card.status == "live"}
    assert families - set(materials("en")) == set()
    assert set(materials("zh")) == set(materials("en")) and set(words("zh")) == set(words("en"))


def test_replay_sql_finds_the_same_lines_again(finished, folder, read_csv):
    asked = 0
    with duckdb.connect(str(finished[0].home / "warehouse.duckdb"), read_only=True) as con:
        for pack in sorted((folder / "leads").iterdir())[:15]:
            rows = read_csv(pack / "evidence.csv")
            text = (pack / "replay.sql").read_text(encoding="utf-8")
            statements = re.split(r"^-- (\w+) \(version", text, flags=re.MULTILINE)[1:]
            for source, statement in zip(statements[::2], statements[1::2], strict=True):
                found = con.sql("select" + statement.partition("\nselect")[2]).fetchall()
                places = {(r["settlement_id"], r["line_id"]) for r in rows if r["source"] == source}
                assert len(found) >= len(places) > 0
                asked += 1
    assert asked > 15


def test_what_an_export_says_stays_text(lists):
    (lead, *_) = lists["institution"].with_columns(subject_name=pl.lit(HOSTILE)).to_dicts()
    values = {"reasons": [], "points": [], "peers": [], "months": [], "fetch": [HOSTILE]}
    text = page("dossier", "zh", lead=lead, **values)
    assert HOSTILE not in text and "&lt;script&gt;" in text


def test_a_lead_s_months_have_no_gaps():
    rows = pl.DataFrame(
        {"occurred_on": ["2025-01-03", "2025-01-30", "2025-04-01", None], "amount": ["1", "2", "1.5", "9"]}
    ).with_columns(pl.col("occurred_on").str.to_date(), pl.col("amount").cast(pl.Decimal(16, 2)))
    said = dossier._months(rows)
    assert [m["month"] for m in said] == ["2025-01", "2025-02", "2025-03", "2025-04"]
    assert [float(m["amount"]) for m in said] == [3.0, 0.0, 0.0, 1.5]
    assert [m["share"] for m in said] == [1.0, 0.0, 0.0, 0.5]


def test_the_workbook_holds_the_lists_with_their_ids_as_text(lists, tmp_path):
    odd = lists["institution"].with_columns(subject_id=pl.lit("012345678901234567"), subject_name=pl.lit("=1+1"))
    for name in ("a.xlsx", "b.xlsx"):
        workbook.write(lists | {"institution": odd}, tmp_path / name, language="zh", labels="zh")
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()
    sheets = pl.read_excel(tmp_path / "a.xlsx", sheet_id=0, infer_schema_length=0)
    assert [*sheets] == ["定点医疗机构", "定点零售药店", "医师", "参保人", "团伙", "字段 fields"]
    read = sheets["定点医疗机构"]
    assert read.height == odd.height and read["对象编码"][0] == "012345678901234567" and read["对象名称"][0] == "=1+1"
    assert float(read["涉及金额"][0]) == pytest.approx(float(odd["amount_at_risk"][0]))


def test_the_report_shows_the_heads_of_the_lists_and_what_was_not_judged(folder, finished, warehouse, lists, tmp_path):
    text = (folder / "report.html").read_text(encoding="utf-8")
    assert all(re.fullmatch(r"leads/\w+/dossier\.html", link) for link in loads(text))
    assert all((folder / link).is_file() for link in loads(text)) and loads(text)
    lacking = warehouse.sql(
        "select source from model.coverage where status = 'live' and judged = 0 and reason is not null"
    ).fetchall()
    assert lacking and all(source in text for (source,) in lacking)
    sources = steps.sources(finished[0])
    report.write(warehouse, sources, lists, tmp_path / "zh.html", folder.name, "", language="zh")
    assert "重点监控名单" in (tmp_path / "zh.html").read_text(encoding="utf-8")


def test_the_bytes_are_the_same_the_second_time(folder, finished, warehouse, lists, tmp_path):
    from flows.exports import packs

    english = watchlists.lists(warehouse, folder.name, language="en", unmask=False)
    sources = steps.sources(finished[0])
    packs.write(warehouse, sources, tmp_path, english, folder.name, language="en", labels="names")
    for path in sorted(p for p in tmp_path.rglob("*") if p.is_file()):
        assert path.read_bytes() == (folder / "leads" / path.relative_to(tmp_path)).read_bytes(), path.name
