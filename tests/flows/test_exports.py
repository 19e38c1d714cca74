"""What goes to the meeting room: the lead's page, its queries, its hashes, the workbook and the run's report."""

import hashlib
import json
import re
from datetime import date
from decimal import Decimal
from html.parser import HTMLParser

import duckdb
import polars as pl
import pytest

from data.warehouse.connection import open_warehouse
from flows import steps
from flows.publish import chart, dossier, evidence, people, report, sentences, watchlists, workbook
from flows.publish.words import words
from models import detectors
from models.sources import law, rule

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
        of_group = {"members.csv"} if row["subject_type"] == "group" else set()
        assert {f["file"] for f in said["files"]} == {"dossier.html", "evidence.csv", "replay.sql"} | of_group
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
            units = [law.units()[unit].citation for unit in cards[source].law]
            assert all(other in text for other in cards[source].basis) and source in text
            assert not units or any(unit in text for unit in units)
            assert all(ask.replace("'", "&#39;") in text for ask in cards[source].asks("en"))


def test_every_source_says_what_to_fetch():
    lacking = [s.id for s in rule.load() + detectors.load() if not s.card.asks("en") or not s.card.asks("zh")]
    assert not lacking, lacking
    assert set(words("zh")) == set(words("en"))


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


@pytest.fixture(scope="module")
def rows(finished, warehouse):
    sources = steps.sources(finished[0])
    return evidence.evidence(warehouse, sources, "l.tier in ('A', 'B')", {}, "zh")


@pytest.fixture(scope="module")
def pages(finished, warehouse, lists):
    return dossier.Dossiers(warehouse, steps.sources(finished[0]), lists, "zh")


def test_what_an_export_says_stays_text(lists, rows, pages):
    names = ("institution_name", "department_name", "person_name", "case_number", "item_name", "explanation")
    for lead in lists["institution"].filter(pl.col("tier") != "C").head(2).to_dicts():
        hostile = rows.filter(lead_id=lead["lead_id"]).with_columns(pl.lit(HOSTILE).alias(n) for n in names)
        text = pages.page(lead | {"subject_name": HOSTILE}, hostile)
        assert HOSTILE not in text and text.count("&lt;script&gt;") > len(names)


def yuan(text):
    return Decimal(text.replace(",", ""))


def test_every_pack_adds_up_to_the_money_of_its_lead(folder, lists, read_csv):
    """In the file, in the rows of the rules, in the bars by month: each yuan once, to the cent."""
    asked, twice = 0, 0
    for lead in pl.concat(lists.values()).filter(pl.col("tier") != "C").to_dicts():
        pack = folder / "leads" / lead["lead_id"]
        found = read_csv(pack / "evidence.csv")
        assert sum(Decimal(r["counted_amount"]) for r in found) == lead["amount_at_risk"]
        assert sum(Decimal(r["counted_fund"]) for r in found) == lead["fund_at_risk"]
        text = (pack / "dossier.html").read_text(encoding="utf-8")
        listed = re.findall(r'<td class="n">¥([\d,.]+)</td><td class="n">¥([\d,.]+)</td><td class="clause">', text)
        assert len(listed) == len({r["source"] for r in found})
        amount = sum(Decimal(r["amount"] or 0) for r in found if r["settlement_id"])
        assert sum(yuan(at_issue) for at_issue, _ in listed) == amount
        assert sum(yuan(counted) for _, counted in listed) == lead["amount_at_risk"]
        bars = re.findall(r"<title>\d{4}-\d\d ¥([\d,.]+)</title>", text)
        assert not bars or sum(map(yuan, bars)) == lead["amount_at_risk"]
        assert ("counts once" in text) == (amount != lead["amount_at_risk"])
        asked, twice = asked + bool(bars), twice + (amount != lead["amount_at_risk"])
    assert asked and twice


def test_a_line_found_twice_says_where_its_money_counts(rows):
    carried = rows.filter(pl.col("also_in").is_not_null())
    assert carried.height and carried["counted_amount"].sum() == 0
    carriers = carried.join(rows, left_on=["lead_id", "also_in"], right_on=["lead_id", "finding_id"])
    assert carriers.height == carried.height
    assert (carriers["settlement_id"] == carriers["settlement_id_right"]).all()


def test_evidence_says_by_what_a_hospital_finds_the_file(rows, warehouse):
    placed = rows.filter(pl.col("encounter_id").is_not_null())
    delivered = warehouse.sql(
        "select encounter_id, case_number as told, cast(started_at as date) as came from record.encounter"
    ).pl()
    beside = placed.join(delivered, on="encounter_id")
    assert beside.height == placed.height and beside["told"].null_count() == 0
    assert (beside["case_number"] == beside["told"]).all() and (beside["admitted_on"] == beside["came"]).all()
    needed = ("institution_name", "settled_at", "settlement_amount", "person_name")
    assert sum(placed[c].null_count() for c in needed) == 0
    assert placed["person_name"].str.contains(r"^.\*\*$").all()
    lines = placed.filter(pl.col("line_id").is_not_null() & pl.col("practitioner_id").is_not_null())
    assert lines.height and lines["charged_at"].null_count() == 0 and lines["practitioner_name"].null_count() == 0
    departments = lines.filter(pl.col("department_code").is_not_null())
    assert departments.height and departments["department_name"].null_count() == 0


def test_names_are_written_in_full_only_when_asked(finished, warehouse):
    shown = evidence.evidence(warehouse, steps.sources(finished[0]), "l.rank = 1", {}, "en", unmask=True)
    named = shown["person_name"].drop_nulls()
    assert named.len() and not named.str.contains("*", literal=True).any()


def test_evidence_of_a_home_ranked_before_amounts_were_counted_is_shown_without_them(con, finished):
    con.execute("insert into model.lead (lead_id, subject_type, subject_id) values ('L1', 'person', 'P1')")
    con.execute("insert into casebook.lead_register values ('L1', 'person', 'P1', 'r', 'r', 1, 1, null, null)")
    con.execute(
        "insert into model.finding (finding_id, source, subject_type, subject_id, outcome, amount)"
        " values ('f', 'item_for_other_sex', 'person', 'P1', 'hit', 5)"
    )
    con.execute("insert into model.coverage (source, kind, status) values ('item_for_other_sex', 'rule', 'live')")
    con.execute("drop table model.finding_counted")
    shown = evidence.evidence(con, steps.sources(finished[0]), "true", {}, "en")
    assert shown["amount"].to_list() == [5] and shown["counted_amount"].to_list() == [None]


def test_months_count_each_yuan_once_and_leave_no_gap():
    found = pl.DataFrame(
        {
            "occurred_on": ["2025-01-03", "2025-01-30", "2025-04-01", None, None],
            "settled_at": [None, None, None, "2025-04-02 08:00:00", None],
            "counted_amount": ["1", "0", "1.5", "2", "9"],
        },
        schema_overrides={"settled_at": pl.String},
    ).with_columns(
        pl.col("occurred_on").str.to_date(),
        pl.col("counted_amount").cast(pl.Decimal(16, 2)),
        charged_at=pl.lit(None, dtype=pl.String),
    )
    drawn = chart.months(found)
    assert [(b["month"], float(b["amount"])) for b in drawn["bars"]] == [
        ("2025-01", 1.0), ("2025-02", 0.0), ("2025-03", 0.0), ("2025-04", 3.5)
    ]  # fmt: skip
    assert drawn["undated"] == 9 and [t["yuan"] for t in drawn["ticks"]] == [0, 1, 2, 3, 4]
    assert [b["share"] for b in drawn["bars"]] == [0.25, 0, 0, 0.875]
    assert chart.months(found.head(0)) == {"bars": [], "ticks": [], "undated": 0}


def test_what_all_or_several_findings_say_stands_once():
    said = ["A；同；甲1", "A；同；甲2", "A；同；甲2", "B；同；乙"]
    found = pl.DataFrame(
        {
            "explanation": said,
            "counted_amount": [4, 3, 2, 1],
            "amount": [4, 3, 2, 1],
            "occurred_on": [None] * 4,
            "settlement_id": list("abcd"),
            "line_id": [None] * 4,
        },
        schema_overrides={"occurred_on": pl.Date, "line_id": pl.String},
    )
    told = sentences.blocks(found, 4, "zh")
    assert told["common"] == "同"
    first, second = told["blocks"]
    assert (first["head"], first["findings"], first["counted"]) == ("A", 3, 9)
    assert [(r["tail"], r["is_same"]) for r in first["lines"]] == [("甲1", False), ("甲2", False), ("甲2", True)]
    assert second["head"] == "" and second["lines"][0]["tail"] == "B；乙"
    few = sentences.blocks(found, 2, "zh")["blocks"]
    assert [len(b["lines"]) for b in few] == [2] and few[0]["findings"] == 3
    alike = sentences.blocks(found.with_columns(explanation=pl.lit("同样")), 4, "zh")
    assert alike["common"] == "同样" and {r["tail"] for r in alike["blocks"][0]["lines"]} == {""}
    whole = sentences.blocks(found.head(1), 4, "zh")
    assert whole["common"] == "" and whole["blocks"][0]["lines"][0]["tail"] == said[0]


def test_no_sentence_is_printed_again_and_again(folder):
    for pack in (folder / "leads").iterdir():
        text = (pack / "dossier.html").read_text(encoding="utf-8")
        said = re.findall(r"<td>([^<>]{40,})</td></tr>", text)
        assert len(said) == len(set(said)), pack.name


def test_peers_figures_have_names_and_units_for_every_live_source_that_compares(pages, finished, warehouse):
    comparing = set(
        warehouse.sql(
            """
            select distinct r.lead_id, f.source from model.finding as f
            join casebook.lead_register as r on r.subject_type = f.subject_type and r.subject_key = f.subject_id
            join model.lead as l on l.lead_id = r.lead_id and l.tier in ('A', 'B')
            join model.coverage as c on c.source = f.source and c.status = 'live'
            where f.outcome = 'hit' and (f.indicator is not null or f.detail like '%peer_text%')
            """
        ).fetchall()
    )
    shown = {(lead, row["source"]): row for lead, listed in pages._peers.items() for row in listed}
    assert comparing and set(shown) == comparing
    ids = {s.id for s in steps.sources(finished[0])}
    for row in shown.values():
        assert row["indicator"] not in ids and re.search(r"[一-鿿]", row["indicator"])
        assert re.search(r"\d", row["own"]) and re.search(r"\d", row["usual"])
    assert any(row["own"].endswith("%") for row in shown.values())


def test_one_sentence_says_who_why_and_how_much(folder, lists):
    for lead in pl.concat(lists.values()).filter(pl.col("tier") != "C").to_dicts():
        text = (folder / "leads" / lead["lead_id"] / "dossier.html").read_text(encoding="utf-8")
        (sentence,) = re.findall(r'<p class="summary">(.*)</p>', text)
        assert f"{lead['amount_at_risk']:,}" in sentence and f"{lead['settlements']:,}" in sentence
        assert f'content: "Lead for review {lead["lead_id"]}"' in text and "counter(page)" in text


def test_one_day_and_one_person_are_said_once(folder, lists):
    """`2025-06-15 to 2025-06-15` and `1 persons` are what a machine says."""
    leads = pl.concat(lists.values()).filter(pl.col("tier") != "C").to_dicts()
    short = 0
    for lead in leads:
        text = (folder / "leads" / lead["lead_id"] / "dossier.html").read_text(encoding="utf-8")
        (sentence,) = re.findall(r'<p class="summary">(.*)</p>', text)
        assert not re.search(r"\b1 (settlements|persons|findings)\b", text)
        if lead["first_on"] == lead["last_on"] and lead["first_on"]:
            short += 1
            assert f", on {lead['first_on']}." in sentence and f"{lead['first_on']} – {lead['first_on']}" not in text
    assert short and short < len(leads)


def test_a_figure_of_a_whole_place_has_no_row_among_its_departments():
    bill = {
        "institution_id": "H1", "institution_name": "一院", "department_code": "A01", "department_name": "内科",
        "settlement_id": "S1", "encounter_id": "E1", "person_id": "A", "counted_amount": Decimal("5.00"),
        "occurred_on": date(2025, 3, 1), "charged_at": None, "settled_at": None,
    }  # fmt: skip
    nothing = dict.fromkeys(("department_code", "department_name", "settlement_id", "encounter_id", "person_id"))
    figure = bill | nothing | {"counted_amount": Decimal("0.00"), "occurred_on": None}
    clocks = {"charged_at": pl.String, "settled_at": pl.String}
    seen = pl.DataFrame([bill, figure], infer_schema_length=None, schema_overrides=clocks)
    assert people.places(seen)["department_name"].to_list() == ["内科"]
    alone = people.places(seen.filter(pl.col("settlement_id").is_null()))
    assert alone["institution_name"].to_list() == ["一院"], "a lead of figures alone still says where"


def test_a_practitioner_is_found_at_a_place_and_a_group_by_its_members_and_days(folder, lists, rows, read_csv):
    for lead in lists["practitioner"].filter(pl.col("tier") != "C").to_dicts():
        text = (folder / "leads" / lead["lead_id"] / "dossier.html").read_text(encoding="utf-8")
        for name in rows.filter(lead_id=lead["lead_id"])["institution_name"].drop_nulls().unique().head(10):
            assert name in text
        assert re.match("主要涉及.+。", lead["reasons"])
    groups = lists["group"].filter(pl.col("tier") != "C").to_dicts()
    assert groups
    for lead in groups:
        pack = folder / "leads" / lead["lead_id"]
        text = (pack / "dossier.html").read_text(encoding="utf-8")
        visits = read_csv(pack / "members.csv")
        own = rows.filter(pl.col("lead_id") == lead["lead_id"], pl.col("settlement_id").is_not_null())
        assert {r["person_id"] for r in visits} <= set(lead["members"].split(";"))
        assert {s for r in visits for s in r["settlement_ids"].split(";")} == set(own["settlement_id"])
        assert sum(Decimal(r["counted_amount"]) for r in visits) == lead["amount_at_risk"]
        joint = {(r["occurred_on"], r["institution_id"]) for r in visits if int(r["together"]) > 1}
        assert text.count('<td class="mark">●</td>') >= 2 * min(len(joint), people.JOINT_DAYS)
        assert all(name in text for name in own["institution_name"].unique().head(10))
        assert all(member in text for member in lead["members"].split(";")[: people.MEMBERS])


def test_a_group_s_days_show_who_was_there():
    members = pl.DataFrame(
        {"lead_id": "L", "person_id": ["P1", "P2", "P3"], "person_name": "王**", "sex": "1", "age": [50, 60, None]}
    )
    came = [
        ("2025-03-01", "P1", "S1"),
        ("2025-03-01", "P2", "S2"),
        ("2025-03-02", "P1", "S3"),
        ("2025-03-01", "P1", "S4"),
    ]
    found = pl.DataFrame(came, schema=["occurred_on", "person_id", "settlement_id"], orient="row").with_columns(
        pl.col("occurred_on").str.to_date(),
        institution_id=pl.lit("H1"),
        institution_name=pl.lit("一院"),
        settled_at=pl.lit(None, dtype=pl.String),
        charged_at=pl.lit(None, dtype=pl.String),
        counted_amount=pl.lit(10),
    )
    visits = people.visits(members, found)
    assert visits.select("person_id", "together", "settlement_ids").rows() == [
        ("P1", 2, "S1;S4"), ("P2", 2, "S2"), ("P1", 1, "S3")
    ]  # fmt: skip
    shown = people.gathering(members, visits)
    assert [(m["person_id"], m["joint_visits"], m["counted_amount"]) for m in shown["members"]] == [
        ("P1", 1, 30), ("P2", 1, 10), ("P3", 0, 0)
    ]  # fmt: skip
    assert shown["joint_days"] == 1 and shown["days"][0]["present"] == [True, True, False]
    assert shown["at"] == [{"institution_id": "H1", "institution_name": "一院", "together": 2, "days": [2, 1, 0]}]
    told = people.told(people.places(found.with_columns(department_code=None, department_name=None)), shown, "zh")
    assert any("一院" in line and "2人（序号1、2）" in line for line in told)


def test_the_workbook_holds_the_lists_with_their_ids_as_text(lists, tmp_path):
    odd = lists["institution"].with_columns(subject_id=pl.lit("012345678901234567"), subject_name=pl.lit("=1+1"))
    for name in ("a.xlsx", "b.xlsx"):
        workbook.write(lists | {"institution": odd}, tmp_path / name, language="zh", labels="zh")
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()
    sheets = pl.read_excel(tmp_path / "a.xlsx", sheet_id=0, infer_schema_length=0)
    assert [*sheets] == ["定点医疗机构", "定点零售药店", "医师", "参保人", "团伙", "字段说明"]
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
    from flows.publish import packs

    english = watchlists.lists(warehouse, folder.name, language="en", unmask=False)
    sources = steps.sources(finished[0])
    packs.write(warehouse, sources, tmp_path, english, folder.name, language="en", labels="names")
    for path in sorted(p for p in tmp_path.rglob("*") if p.is_file()):
        assert path.read_bytes() == (folder / "leads" / path.relative_to(tmp_path)).read_bytes(), path.name


@pytest.mark.parametrize("unmask", [False, True])
def test_practitioners_and_who_answers_for_a_place_are_masked_as_persons_are(finished, warehouse, unmask):
    names = {n for (n,) in warehouse.sql("select practitioner_name from feature.practitioner").fetchall() if n}
    owners = {n for (n,) in warehouse.sql("select owner from feature.institution").fetchall() if n}
    lists = watchlists.lists(warehouse, "r", language="zh", unmask=unmask)
    lines = evidence.evidence(warehouse, steps.sources(finished[0]), "l.tier = 'A'", {}, "zh", unmask=unmask)
    shown = [*lists["practitioner"]["subject_name"].drop_nulls(), *lines["practitioner_name"].drop_nulls()]
    assert shown and all((name in names) == unmask and name.endswith("**") != unmask for name in shown)
    pages = dossier.Dossiers(warehouse, steps.sources(finished[0]), lists, "zh", unmask=unmask)
    told = {row["owner"] for rows in pages._subjects.values() for row in rows if row["owner"]}
    assert told and (told <= owners) == unmask


def test_what_is_shown_of_a_published_file_is_masked_whoever_wrote_it():
    from flows.publish.names import masked

    rows = pl.DataFrame(
        {"subject_type": ["person", "practitioner", "institution"], "subject_name": ["欧阳甲", "司**", "仁和医院"],
         "person_name": ["欧阳甲", None, "王**"], "practitioner_name": ["司马丙", None, ""]}
    )  # fmt: skip
    shown = masked(rows)
    assert shown["subject_name"].to_list() == ["欧**", "司**", "仁和医院"]
    assert shown["person_name"].to_list() == ["欧**", None, "王**"] and shown["practitioner_name"][0] == "司**"
