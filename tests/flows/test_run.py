"""One run on a small town: what comes out is what the contract says, whole, safe and repeatable."""

import csv
import dataclasses
import hashlib
import json
import re
import shutil
import stat
from pathlib import Path

import polars as pl
import pytest

from data.errors import UsageError
from data.warehouse.connection import open_warehouse
from flows import steps
from flows.home import version
from flows.home.settings import load
from flows.publish.watchlists import COLUMNS, SUBJECT_TYPES
from models.ranking import totals
from models.workbench import ruleset

ROOT = Path(__file__).parents[2]

CONTRACT = (
    "rank, lead_id, subject_type, subject_id, subject_name, region, tier, score, rank_low, rank_high, amount_at_risk,"
    " fund_at_risk, expected_yield, findings, settlements, persons, first_on, last_on, status, prior_confirmed,"
    " control_arm, rules, reasons, peer_group, members, run_id"
).split(", ")


@pytest.fixture(scope="module")
def folder(finished):
    settings, said = finished
    return settings.home / "runs" / said["publish"].run_id


def test_every_list_is_there_in_the_contract_s_columns(folder, read_csv):
    assert CONTRACT == COLUMNS
    filled = 0
    for kind in SUBJECT_TYPES:
        path = folder / f"watchlist_{kind}.csv"
        assert path.read_bytes().startswith(b"\xef\xbb\xbf")
        rows = read_csv(path)
        filled += bool(rows)
        with path.open(encoding="utf-8-sig") as handle:
            assert next(csv.reader(handle)) == CONTRACT
        assert [int(r["rank"]) for r in rows] == list(range(1, len(rows) + 1))
        scores = [float(r["score"]) for r in rows]
        assert scores == sorted(scores, reverse=True)
        for row in rows:
            assert row["subject_type"] == kind and row["tier"] in "ABC" and row["run_id"] == folder.name
            assert int(row["rank_low"]) <= int(row["rank"]) <= int(row["rank_high"])
            assert row["reasons"] and row["rules"]
            assert float(row["expected_yield"]) <= float(row["amount_at_risk"]) + 0.01
    assert filled == len(SUBJECT_TYPES)


def test_hospitals_and_drugstores_are_on_their_own_lists(folder, read_csv):
    hospitals = {r["subject_id"] for r in read_csv(folder / "watchlist_institution.csv")}
    drugstores = {r["subject_id"] for r in read_csv(folder / "watchlist_pharmacy.csv")}
    assert all(h.startswith("H") for h in hospitals) and all(d.startswith("P") for d in drugstores)


def test_groups_name_their_members_and_themselves_by_their_lead(folder, read_csv):
    for row in read_csv(folder / "watchlist_group.csv"):
        assert row["subject_id"] == row["lead_id"]
        assert len(row["members"].split(";")) >= 3


def test_no_person_is_named(folder, town):
    names = pl.read_csv(town / "psn_info_b.csv.gz", infer_schema=False)
    written = "".join(p.read_text(encoding="utf-8-sig") for p in folder.rglob("*.csv"))
    assert not [n for n in names["certno"].drop_nulls().to_list() if n in written]
    persons = (folder / "watchlist_person.csv").read_text(encoding="utf-8-sig")
    assert not [n for n in set(names["psn_name"].drop_nulls().to_list()) if re.search(rf"[,\"]{n}[,\"]", persons)]
    assert "**" in persons


def test_long_ids_stay_text_in_a_spreadsheet(folder):
    with (folder / "watchlist_person.csv").open(encoding="utf-8-sig", newline="") as handle:
        ids = [row["subject_id"] for row in csv.DictReader(handle)]
    assert ids and all(i.endswith("\t") for i in ids if i.strip().isdigit())


def test_findings_have_the_contract_s_columns_and_belong_to_leads(folder, read_csv):
    findings = pl.read_parquet(folder / "findings.parquet")
    assert findings.columns == (
        "finding_id source source_version certainty outcome subject_type subject_id lead_id settlement_id line_id"
        " encounter_id person_id institution_id practitioner_id occurred_on amount fund_amount detail"
        " status counted_amount counted_fund"
    ).split(" ")
    assert findings["finding_id"].is_unique().all()
    listed = {r["lead_id"] for kind in SUBJECT_TYPES for r in read_csv(folder / f"watchlist_{kind}.csv")}
    assert set(findings["lead_id"].drop_nulls()) == listed  # trial rules have findings and no lead


def test_findings_summed_by_lead_are_what_the_lists_say_and_trials_are_no_part_of_it(folder, read_csv):
    findings = pl.read_parquet(folder / "findings.parquet")
    trials = findings.filter(pl.col("status") == "trial")
    assert trials.height and trials["lead_id"].is_null().all()
    assert set(findings["status"]) == {"live", "trial"}
    summed = findings.drop_nulls("lead_id").group_by("lead_id").agg(pl.col("counted_amount", "counted_fund").sum())
    said = {
        r["lead_id"]: (float(r["amount_at_risk"]), float(r["fund_at_risk"]))
        for kind in SUBJECT_TYPES
        for r in read_csv(folder / f"watchlist_{kind}.csv")
    }
    assert {lead: (float(amount), float(fund)) for lead, amount, fund in summed.iter_rows()} == said


def test_the_report_s_lists_and_what_they_share_add_up_to_each_yuan_once(finished, folder):
    """The money of all lists is that of its lines, counted by hand: each line once, a settlement with its lines."""
    with open_warehouse(finished[0].home) as con:
        money, shared = totals.totals(con), totals.overlaps(con)
        lines = con.sql("select settlement_id, line_id, amount from model.lead_line").fetchall()
        pairs = con.sql("select lead_id, other_lead_id, amount from model.lead_overlap").fetchall()
        amounts = dict(con.sql("select lead_id, amount_at_risk from model.lead").fetchall())
    best = {}
    for settlement, line, amount in lines:
        part = best.setdefault(settlement, {})
        part[line] = max(amount, part.get(line, amount))
    once = sum(max(p.get(None, 0), sum(v for k, v in p.items() if k is not None)) for p in best.values())
    *each, whole = money.to_dicts()
    assert whole["once"] == once > 0
    for column in ("leads", "amount", "fund", "again", "fund_again", "once", "fund_once"):
        assert whole[column] == sum(row[column] for row in each)
    for row in money.to_dicts():
        assert row["amount"] == row["again"] + row["once"] and row["fund"] == row["fund_again"] + row["fund_once"]
        assert min(row["again"], row["once"], row["fund_again"], row["fund_once"]) >= 0
    assert whole["again"] > 0 and shared.filter(pl.col("list") != pl.col("other_list"))["amount"].min() > 0
    text = (folder / "report.html").read_text(encoding="utf-8")
    assert all(f"¥{whole[c]:,}" in text for c in ("amount", "again", "once"))
    assert f"{whole['once']:,} yuan at issue, each once" in str(finished[1]["rank"])
    assert {(b, a, m) for a, b, m in pairs} == set(pairs)
    assert all(0 < m <= min(amounts[a], amounts[b]) for a, b, m in pairs)


def test_evidence_stands_for_every_lead_of_tiers_a_and_b(folder, read_csv):
    wanted = {
        r["lead_id"] for kind in SUBJECT_TYPES for r in read_csv(folder / f"watchlist_{kind}.csv") if r["tier"] in "AB"
    }
    assert {p.name for p in (folder / "leads").iterdir()} == wanted
    for lead in sorted(wanted)[:20]:
        rows = read_csv(folder / "leads" / lead / "evidence.csv")
        assert rows
        for row in rows:
            assert row["clause"] and row["explanation"] and "{" not in row["explanation"]


def test_a_lead_never_claims_more_than_was_billed(finished, folder):
    settings, _ = finished
    with open_warehouse(settings.home) as con:
        over = con.sql(
            """
            select l.lead_id, l.amount_at_risk, sum(s.eligible_amount) as billed
            from model.lead as l join feature.settlement as s
                on (l.subject_type in ('institution', 'pharmacy') and s.institution_id = l.subject_id)
                or (l.subject_type = 'person' and s.person_id = l.subject_id)
            group by all having l.amount_at_risk > billed + 0.01
            """
        ).fetchall()
        twice = con.sql(
            "select lead_id, settlement_id, line_id from model.lead_line group by all having count(*) > 1"
        ).fetchall()
    assert (over, twice) == ([], [])


def test_the_account_balances(folder, read_csv):
    rows = read_csv(folder / "account.csv")
    assert {"setl_d", "mdtrt_d", "fee_list_d"} <= {r["table"] for r in rows}
    for row in rows:
        fates = ("loaded", "duplicate", "replaced", "rejected")
        assert int(row["rows_in"]) == sum(int(row[f]) for f in fates)
        assert float(row["yuan_in"]) == pytest.approx(sum(float(row[f"yuan_{f}"]) for f in fates))


def test_coverage_names_every_source(folder, finished, read_csv):
    settings, _ = finished
    rows = read_csv(folder / "coverage.csv")
    assert list(rows[0]) == "source kind official status judged hits cannot_judge reason seconds".split()
    assert {r["source"] for r in rows} == {s.id for s in steps.sources(settings)}
    assert all(int(r["hits"]) <= int(r["judged"]) for r in rows)


def test_the_manifest_says_what_went_in_and_what_came_out(folder, finished):
    settings, _ = finished
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["run_id"] == folder.name and manifest["settings"]["seed"] == settings.seed
    assert manifest["run_id"].endswith(manifest["fingerprint"][:8])
    for output in manifest["outputs"]:
        assert hashlib.sha256((folder / output["file"]).read_bytes()).hexdigest() == output["sha256"], output
    for one in manifest["inputs"]:
        assert hashlib.sha256((settings.input / one["file"]).read_bytes()).hexdigest() == one["sha256"]


def test_files_are_for_their_user_alone_when_written_by_the_command(finished):
    settings, _ = finished
    mode = (settings.home / "warehouse.duckdb").stat().st_mode
    assert stat.S_IMODE(mode) == 0o600


def test_out_has_a_round_s_work_lists(finished, read_csv):
    settings, _ = finished
    for kind in SUBJECT_TYPES:
        rows = read_csv(settings.out / f"watchlist_{kind}.csv")
        every = len(read_csv(settings.home / "runs" / rows[0]["run_id"] / f"watchlist_{kind}.csv"))
        assert len(rows) == min(settings.top, every)
        drawn = [r for r in rows if r["control_arm"] == "1"]
        by_rank = [int(r["rank"]) for r in rows if r["control_arm"] == "0"]
        assert len(drawn) == (2 if every > settings.top else 0)  # a fifth of ten places is drawn at random
        assert by_rank == sorted(by_rank) and by_rank[0] == 1  # one rule may take no more than half of the places


@pytest.mark.slow
def test_days_give_a_work_list_that_says_who_how_long_and_why(own, read_csv):
    settings, folder = own
    every = {kind: read_csv(folder / f"watchlist_{kind}.csv") for kind in SUBJECT_TYPES}
    for days in (1.0, 5.0, 20.0):
        said = publish(dataclasses.replace(settings, top=None, days=days))
        rows = read_csv(settings.out / "worklist.csv")
        assert rows and "no lead fits" not in str(said)
        assert sum(float(r["effort_days"]) for r in rows) <= days + 1e-6
        a_day = [float(r["yield_per_day"]) for r in rows]
        assert a_day == sorted(a_day, reverse=True)
        arms = [r["arm"] for r in rows]
        assert "rank" in arms and (len(rows) < 10 or "control" in arms)
        assert {r["job"] for r in rows} <= {"desk", "visit", "desk and visit"}
        lists = {kind: read_csv(settings.out / f"watchlist_{kind}.csv") for kind in SUBJECT_TYPES}
        assert {r["lead_id"] for part in lists.values() for r in part} == {r["lead_id"] for r in rows}
        drawn = {r["lead_id"] for part in lists.values() for r in part if r["control_arm"] == "1"}
        assert drawn == {r["lead_id"] for r in rows if r["arm"] == "control"}
        for r in rows:
            (listed,) = [x for x in every[r["subject_type"]] if x["lead_id"] == r["lead_id"]]
            assert [r[c] for c in ("subject_id", "rank", "tier")] == [listed[c] for c in ("subject_id", "rank", "tier")]
    said = publish(dataclasses.replace(settings, top=None, days=0.01, labels="zh"))
    assert "no lead fits into 0.01 days: the smallest check takes 0.1" in str(said)
    publish(dataclasses.replace(settings, top=None))
    assert not (settings.out / "worklist.csv").exists()  # all leads again, and no round


def publish(settings):
    (step,) = [s for s in steps.STEPS if s.name == "publish"]
    return steps.perform(step, settings)


def test_a_work_list_in_chinese_says_everything_in_it(own, read_csv):
    settings, _ = own
    publish(dataclasses.replace(settings, labels="zh"))
    rows = read_csv(settings.out / "worklist.csv")
    assert {"线索编号", "核查方式", "预计人天", "入选方式", "入选概率", "每人天预期追回"} <= set(rows[0])
    assert {r["入选方式"] for r in rows} == {"按排名", "随机抽取"}
    assert {r["核查方式"] for r in rows} <= {"书面审核", "现场检查", "书面审核和现场检查"}


@pytest.mark.parametrize("wrong", ["-1", '"much"', "true", "nan", "inf"])
def test_least_yuan_is_a_number_of_yuan(wrong, tmp_path):
    (tmp_path / "fundwatch.toml").write_text(f"least_yuan = {wrong}\n", encoding="utf-8")
    with pytest.raises(UsageError, match="least_yuan"):
        load(tmp_path, {})


def test_least_yuan_decides_the_tiers_and_is_part_of_the_run(own):
    settings, folder = own
    (settings.home / "fundwatch.toml").write_text("least_yuan = 100000000\n", encoding="utf-8")
    assert load(settings.home, {}).least_yuan == 1e8
    assert load(settings.home, {"FUNDWATCH_LEAST_YUAN": "12.5"}).least_yuan == 12.5
    settings = dataclasses.replace(settings, least_yuan=1e8, top=None, out=None)
    with pytest.raises(UsageError, match="least_yuan"):
        publish(settings)  # ranked with another
    (step,) = [s for s in steps.STEPS if s.name == "rank"]
    steps.perform(step, settings)
    assert not str(publish(settings)).startswith(f"run {folder.name} ")
    with open_warehouse(settings.home) as con:
        assert con.sql("select distinct tier from model.lead").fetchall() == [("C",)]


@pytest.fixture
def own(finished, folder, tmp_path):
    """(settings, folder of the run) of a copy: what a test publishes there no other test sees."""
    home = tmp_path / "home"
    shutil.copytree(finished[0].home, home)
    return dataclasses.replace(finished[0], home=home, out=home / "out"), home / "runs" / folder.name


def test_a_second_run_does_nothing_and_says_so(own):
    settings, folder = own
    before = {p: p.stat().st_mtime_ns for p in folder.rglob("*") if p.is_file()}
    said = {step.name: steps.perform(step, settings) for step in steps.STEPS}
    assert all("nothing new" in s.sentence for s in said.values()), said
    assert {p: p.stat().st_mtime_ns for p in folder.rglob("*") if p.is_file()} == before


@pytest.mark.slow
def test_the_same_input_in_another_home_gives_the_same_bytes(finished, folder, tmp_path):
    settings, _ = finished
    other = dataclasses.replace(settings, home=tmp_path / "other", out=None)
    for step in steps.STEPS:
        steps.perform(step, other)
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.name != "coverage.csv":
            twin = other.home / "runs" / folder.name / path.relative_to(folder)
            assert twin.read_bytes() == path.read_bytes(), path.name


def test_an_unfinished_folder_is_made_again(own):
    settings, folder = own
    (folder / "manifest.json").unlink()
    (folder / "watchlist_person.csv").unlink()
    said = steps.perform(steps.STEPS[-1], settings)
    assert "nothing new" not in said.sentence and said.run_id == folder.name
    assert (folder / "watchlist_person.csv").exists() and (folder / "manifest.json").exists()


def test_labels_in_chinese(own, tmp_path, read_csv):
    settings, _ = own
    out = tmp_path / "zh"
    steps.perform(steps.STEPS[-1], dataclasses.replace(settings, out=out, labels="zh", language="zh"))
    rows = read_csv(out / "watchlist_institution.csv")
    assert list(rows[0])[:4] == ["排名", "线索编号", "对象类型", "对象编码"]
    assert "次结算" in rows[0]["线索说明"]
    shutil.rmtree(out)


def test_a_retired_detector_takes_its_groups_along(own):
    """Groups of a detector that is switched off, and members left by an earlier version, are nobody's."""
    from models.workbench import ruleset

    settings, _ = own
    with open_warehouse(settings.home) as con:
        assert con.sql("select count(*) from model.group_member").fetchall()[0][0] > 0
        con.execute("insert into model.group_member by name select 'co-visit-old' as group_key, 'P1' as person_id")
    off = ruleset.Switch("retired", "not at issue here")
    ruleset.write(settings.home, {"co_visit_ring": off}, lambda: None)
    steps.perform(next(s for s in steps.STEPS if s.name == "detect"), settings)
    with open_warehouse(settings.home) as con:
        keys = con.sql("select distinct group_key from model.group_member").fetchall()
        known = con.sql("select distinct subject_id from model.finding where subject_type = 'group'").fetchall()
    assert not [k for (k,) in keys if k.startswith("co-visit-")] and set(keys) == set(known)


def test_an_edited_detector_judges_one_detector_again(finished, tmp_path, monkeypatch):
    settings, _ = finished
    home = shutil.copytree(settings.home, tmp_path / "home")
    now = dataclasses.replace(settings, home=home)
    honest = ruleset.sources

    def with_one_edited(*args):
        return [dataclasses.replace(s, code=s.code + "\n") if s.id == "batch_visits" else s for s in honest(*args)]

    (detect,) = [s for s in steps.STEPS if s.name == "detect"]
    assert steps.perform(detect, now).counts["judged"] == 0
    monkeypatch.setattr(ruleset, "sources", with_one_edited)
    lines = []
    assert steps.perform(detect, now, lines.append).counts["judged"] == 1 and lines == ["batch_visits"]


def test_what_only_makes_towns_or_documents_changes_no_run(tmp_path, monkeypatch):
    for package in ("data", "features", "models", "flows"):
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(version, "ROOT", tmp_path)
    monkeypatch.setattr(version, "SIMULATOR", tmp_path / "data" / "simulate")
    before = version.code.__wrapped__()
    for path, text in (("data/simulate/names.py", "# a comment"), ("models/README.md", "more")):
        with (tmp_path / path).open("a", encoding="utf-8") as handle:
            handle.write(text)
    assert version.code.__wrapped__() == before
    with (tmp_path / "models/sources/card.py").open("a", encoding="utf-8") as handle:
        handle.write("# a comment")
    assert version.code.__wrapped__() != before
