"""A delivery corrupted at its sources: what was spoilt is the data clerk's, makes no lead, and hides no true one."""

import polars as pl
import pytest

from data.warehouse.connection import open_warehouse
from flows import steps
from flows.home.settings import Settings
from flows.publish import artefacts as export
from models import artefacts
from models.ranking.rank import rank
from models.sources import source
from tests.tools import corrupted

pytestmark = pytest.mark.slow

#: What the kinds set off, and what the planted schemes of the town do.
SOURCES = {
    "bed_items_over_stay", "charge_outside_stay", "child_item_for_adult", "exclusive_items_together",
    "fee_line_implausible", "frequent_admission", "idle_stay", "item_for_other_sex", "item_over_daily_limit",
    "names_of_item_unlike", "price_over_limit", "shared_signature", "split_admission", "universal_tests",
}  # fmt: skip
#: Kinds that set some source off in this town, and what recognises them; the first take the largest hospitals.
RECOGNISED = {
    "map_other_sex": "mapping_error",
    "bulk_month": "bulk_posting",
    "map_child": "mapping_error",
    "map_cheaper": "mapping_error",
    "decimal_count": "quantity_slip",
    "cents": "quantity_slip",
    "tablets_of_boxes": "quantity_slip",
}
#: Kinds that the sources see through by themselves.
HARMLESS = ("midnight", "one_department", "own_bucket", "sex_contradicted", "tablets", "decimal_amount")


def judged(export_folder, home):
    """Every finding with its kind of artefact, and the leads, of a run over a few sources."""
    settings = Settings(home=home, input=export_folder)
    for step in steps.STEPS:
        if step.name in ("ingest", "features"):
            steps.perform(step, settings)
    chosen = [s for s in steps.sources(settings) if s.id in SOURCES]
    assert len(chosen) == len(SOURCES)
    with open_warehouse(home) as con:
        for one in chosen:
            source.run(con, one, "x")
        artefacts.triage(con)
        rank(con, chosen, "20250101-aaaa", learning=False)
        export.write_tasks(con, home / "artefact_tasks.csv")
        findings = con.sql(
            "select f.*, a.kind, c.status = 'live' as is_live from model.finding as f"
            " join model.coverage as c on c.source = f.source left join model.artefact as a using (finding_id)"
        ).pl()
        leads = con.sql("select subject_type, subject_id, tier from model.lead where tier in ('A', 'B')").pl()
    return findings, leads


@pytest.fixture(scope="module")
def both(town, finished, tmp_path_factory):
    """(findings and leads of the clean town, those of the corrupted one, the ledger, the planted subjects, folder)."""
    base = tmp_path_factory.mktemp("corrupted")
    corrupted.corrupt(town, base / "bad", seed=1, kinds=[getattr(corrupted, kind) for kind in (*RECOGNISED, *HARMLESS)])
    run = corrupted.run_of(finished[0].home)
    was = corrupted.lists_of(run).filter(pl.col("tier").is_in(["A", "B"]))
    before = pl.read_parquet(run / "findings.parquet").filter(pl.col("source").is_in(SOURCES))
    planted = pl.read_csv(town / "truth" / "scheme_subject.csv", infer_schema=False)
    ledger = pl.read_csv(corrupted.ledger_of(base / "bad"), infer_schema=False)
    return (before, was), judged(base / "bad", base / "is"), ledger, planted, base


@pytest.mark.parametrize("kind", RECOGNISED)
def test_what_was_spoilt_is_named(both, kind):
    (before, _), (after, _), ledger, _, _ = both
    new = after.join(before, on="finding_id", how="anti")
    came = corrupted.implicated(new, ledger.filter(kind=kind))
    assert came.filter(outcome="artefact").height > 0.9 * came.height > 0
    assert came.filter("is_live", outcome="hit").is_empty()
    assert RECOGNISED[kind] in came["kind"].to_list()


def test_it_makes_no_lead(both):
    (_, was), (_, now), _, planted, _ = both
    who = ["subject_type", "subject_id"]
    assert now.join(planted, on=who, how="semi").height
    assert now.join(was, on=who, how="anti").join(planted, on=who, how="anti").is_empty()


def test_it_hides_nothing_that_is_true(both):
    (before, _), (after, _), _, planted, _ = both
    true = before.join(planted, on=["subject_type", "subject_id"], how="semi")
    assert true.height
    assert true.join(after.filter(outcome="hit"), on="finding_id", how="anti").is_empty()


def test_nothing_of_an_honest_record_is_named(both):
    (before, _), _, _, _, _ = both
    assert before.filter(outcome="artefact").is_empty()


def test_the_clerk_is_told_what_to_do_once(both, read_csv):
    _, (after, _), _, _, base = both
    tasks = read_csv(base / "is" / "artefact_tasks.csv")
    assert sum(int(t["findings"]) for t in tasks) == after.filter(outcome="artefact").height
    assert len({(t["institution_id"], t["reason"]) for t in tasks}) == len(tasks)
    assert all(t["institution_name"] and "Have " in t["reason"] and "请" in t["reason_zh"] for t in tasks)
