"""The peer outlier detectors and the discovery of detectors."""

import json
import subprocess
import sys

import numpy as np
import polars as pl
import pytest

from data.errors import UsageError
from features import build
from models import detectors
from models.detectors.peers import method
from models.sources import source

DETECTORS = {d.id: d for d in detectors.load()}


@pytest.fixture
def con(con):
    con.execute("insert into record.settlement (settlement_id) values ('S')")
    con.execute("insert into record.fee_line (line_id, encounter_id) values ('L', 'E')")
    return con


def stores(rng, n=30, **same):
    purchases = rng.integers(200, 1500, n)
    frame = {
        "institution_id": [f"D{i:02}" for i in range(n)],
        "purchases": purchases, "clocked_purchases": purchases, "persons": purchases // 2,
        "eligible_amount": purchases * 100.0, "line_amount": purchases * 100.0,
        "amount_per_purchase": rng.normal(100, 8, n), "night_share": rng.binomial(purchases, 0.01) / purchases,
        "dear_share": rng.normal(0.3, 0.03, n), "top_item_share": rng.normal(0.1, 0.01, n),
    }  # fmt: skip
    return pl.DataFrame(frame).with_columns(**same)


def settle(con, frame, kind="drugstore", pharmacy=True, table="pharmacy_indicator", institution_kind=None):
    con.register("given", frame.to_arrow())
    con.execute(f"insert into feature.{table} by name select * from given")
    con.execute(
        "insert into feature.institution_peer_group by name select institution_id, $kind || '|1' as key_1,"
        " $kind || '|all' as key_2, $kind as key_3, 'all' as key_4, 1 as breadth from given",
        {"kind": kind},
    )
    con.execute(
        "insert into feature.institution by name select institution_id, $p as is_pharmacy, $k as institution_kind"
        " from given",
        {"p": pharmacy, "k": institution_kind},
    )


def run(con, name="pharmacy_peer_outlier"):
    source.run(con, DETECTORS[name], "x")
    rows = con.sql(
        "select subject_id, detail, amount, weight, subject_type from model.finding order by subject_id, detail"
    ).fetchall()
    return [(s, json.loads(d), a, w, t) for s, d, a, w, t in rows]


def cannot(con):
    return con.sql("select institution_id, reason from judged where outcome = 'cannot_judge'").fetchall()


def indicators_of(name):
    return method.indicators(pl.read_csv(detectors.FOLDER / "peers" / name / "indicators.csv", infer_schema=False))


def change(frame, institution, **values):
    return frame.with_columns(
        **{k: pl.when(pl.col("institution_id") == institution).then(pl.lit(v)).otherwise(k) for k, v in values.items()}
    )


def test_town_of_identical_stores_gives_nothing(con):
    same = {k: pl.lit(v) for k, v in {"amount_per_purchase": 100.0, "night_share": 0.0, "dear_share": 0.3}.items()}
    settle(con, stores(np.random.default_rng(1), **same, top_item_share=pl.lit(0.1)))
    assert run(con) == []
    assert con.sql("select judged > 0, hits from model.coverage").fetchall() == [(True, 0)]


def test_ordinary_town_gives_next_to_nothing(con):
    settle(con, stores(np.random.default_rng(2), 60))
    assert len(run(con)) <= 1


def test_store_far_above_its_peers_is_found_with_its_reasons(con):
    frame = change(stores(np.random.default_rng(3)), "D07", night_share=0.3, dear_share=0.6)
    settle(con, frame)
    hits = run(con)
    assert [(s, d["indicator"]) for s, d, *_ in hits] == [("D07", "dear_share"), ("D07", "night_share")]
    (_, dear, amount, weight, kind), (_, night, nothing, *_) = hits
    line_amount = frame.filter(pl.col("institution_id") == "D07")["line_amount"][0]
    assert float(amount) == pytest.approx((0.6 - dear["usual"] / 100) * line_amount, rel=0.01)
    assert nothing is None and kind == "pharmacy" and 0.5 <= weight < 1
    assert night["own"] == 30.0 and night["unit"] == "%" and night["peers"] == 30
    assert night["usual"] < 3 and night["percentile"] > 95 and night["z"] >= 3


def test_of_near_duplicates_the_strongest_alone_is_a_hit(con):
    frame = stores(np.random.default_rng(4)).with_columns(
        amount_per_person=pl.col("amount_per_purchase") * 2, purchases_per_person_month=pl.lit(1.0)
    )
    settle(con, change(frame, "D03", amount_per_purchase=300.0, amount_per_person=600.0))
    assert len(run(con)) == 1


def test_amount_is_never_above_the_eligible_money(con):
    settle(con, change(stores(np.random.default_rng(5)), "D03", amount_per_purchase=9999.0))
    ((_, _, amount, *_),) = run(con)
    eligible = con.sql("select eligible_amount from feature.pharmacy_indicator where institution_id = 'D03'")
    assert amount == eligible.fetchall()[0][0]


def test_too_little_volume_is_an_abstention(con):
    frame = change(stores(np.random.default_rng(6)), "D01", purchases=12, clocked_purchases=12, persons=6,
                   night_share=0.9)  # fmt: skip
    settle(con, frame)
    assert run(con) == []
    assert ("D01", "purchases from 22 to 6 o'clock: volume too small") in cannot(con)


def hospitals(rng, n, name):
    stays = rng.integers(60, 400, n)
    return pl.DataFrame(
        {
            "institution_id": [f"{name}{i:02}" for i in range(n)],
            "stays": stays, "ended_stays": stays, "visits": stays * 5, "clocked_visits": stays * 5,
            "eligible_amount": stays * 5000.0, "structure_amount": stays * 5000.0,
            "repeated_stay_share": rng.binomial(stays, 0.05) / stays, "drug_share": rng.normal(0.3, 0.03, n),
            "night_bill_share": rng.binomial(stays * 5, 0.01) / (stays * 5),
        }
    )  # fmt: skip


def test_special_hospital_is_judged_by_its_own_kind_or_not_at_all(con):
    rng = np.random.default_rng(7)
    eyes = change(hospitals(rng, 1, "E"), "E00", repeated_stay_share=0.95, night_bill_share=0.4)
    settle(con, hospitals(rng, 20, "H"), "hospital", False, "institution_indicator", "A100")
    settle(con, eyes, "hospital", False, "institution_indicator", "A512")
    hits = run(con, "institution_peer_outlier")
    assert [(s, d["indicator"]) for s, d, *_ in hits] == [("E00", "night_bill_share")]
    assert ("E00", "stays again within 15 days: too few peers of its kind") in cannot(con)


def test_a_place_whose_kind_nobody_tells_is_not_compared_in_what_kinds_differ_in(con):
    """No register has it and its name says nothing: what is odd among general hospitals may be its specialty's usual."""
    rng = np.random.default_rng(7)
    strange = change(hospitals(rng, 1, "E"), "E00", repeated_stay_share=0.95, night_bill_share=0.4)
    settle(con, hospitals(rng, 20, "H"), "hospital", False, "institution_indicator", "A100")
    settle(con, strange, "hospital", False, "institution_indicator")
    con.execute("update feature.institution set origin = 'code' where institution_id = 'E00'")
    assert [(s, d["indicator"]) for s, d, *_ in run(con, "institution_peer_outlier")] == [("E00", "night_bill_share")]
    assert ("E00", "stays again within 15 days: too few peers of its kind") in cannot(con)


def test_general_hospital_far_above_is_found(con):
    rng = np.random.default_rng(8)
    settle(con, change(hospitals(rng, 20, "H"), "H04", repeated_stay_share=0.6, drug_share=0.65), "hospital", False,
           "institution_indicator", "A100")  # fmt: skip
    hits = run(con, "institution_peer_outlier")
    assert [(s, d["indicator"]) for s, d, *_ in hits] == [("H04", "drug_share"), ("H04", "repeated_stay_share")]


def test_what_detectors_of_their_own_judge_is_not_said_twice(con):
    judges = {i.name: i.judged_by for i in indicators_of("institution_peer_outlier")}
    assert judges["short_stay_share"] in DETECTORS and judges["nights_per_stay"] in DETECTORS
    frame = hospitals(np.random.default_rng(8), 20, "H").with_columns(
        short_stay_share=pl.lit(0.05), nights_per_stay=pl.lit(7.0)
    )
    settle(con, change(frame, "H04", short_stay_share=0.9, nights_per_stay=40.0), "hospital", False,
           "institution_indicator", "A100")  # fmt: skip
    assert run(con, "institution_peer_outlier") == []


def test_empty_warehouse(con):
    for name in DETECTORS:
        source.run(con, DETECTORS[name], "x")
    assert con.sql("select count(*) from model.finding").fetchall() == [(0,)]


@pytest.mark.parametrize("name", ["institution_peer_outlier", "pharmacy_peer_outlier"])
def test_indicators_are_columns_of_their_table(name):
    columns = set(build.load()[name.replace("peer_outlier", "indicator")].query.columns)
    for i in indicators_of(name):
        assert {i.name, i.volume, *([i.base] if i.base else [])} <= columns, i.name
        assert i.title and i.title_zh


def test_detectors_are_discovered_in_order():
    assert list(DETECTORS) == sorted(DETECTORS) and len(DETECTORS) >= 3
    for d in DETECTORS.values():
        assert d.kind == "detector" and d.card.title_zh and d.params and "select" in d.code


def test_shared_parts_belong_to_the_fingerprint():
    assert "def score(" in DETECTORS["pharmacy_peer_outlier"].code
    assert "def drawn(" in DETECTORS["co_visit_ring"].code
    for table in ("pharmacy_peer_outlier", "pharmacy_ensemble"):
        assert "purchases of whole tens of yuan" in DETECTORS[table].code


def test_overrides():
    loaded = {d.id: d for d in detectors.load({"co_visit_ring": {"min_events": 9}})}
    assert loaded["co_visit_ring"].params["min_events"] == 9
    with pytest.raises(UsageError, match="no_such"):
        detectors.load({"no_such": {}})
    with pytest.raises(UsageError, match="colour"):
        detectors.load({"co_visit_ring": {"colour": 1}})


def test_loading_leaves_the_heavy_libraries_alone():
    code = (
        "import sys; from models import detectors; detectors.load();"
        " print({'networkx', 'scipy', 'polars', 'numpy'} & set(sys.modules))"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "set()"
