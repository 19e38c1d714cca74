"""The second opinion: how unusual a row is, and the drugstores and institutions it names."""

import json
import subprocess
import sys

import numpy as np
import polars as pl
import pytest

from models import detectors
from models.detectors.peers import anomaly
from models.ranking import capacity, selection
from models.sources import source

DETECTORS = {d.id: d for d in detectors.load({k: {"trees": 60, "seeds": 2} for k in
             ("pharmacy_ensemble", "institution_ensemble")})}  # fmt: skip


@pytest.fixture
def con(con):
    con.execute("insert into record.settlement (settlement_id) values ('S')")
    con.execute("insert into record.fee_line (line_id, encounter_id) values ('L', 'E')")
    return con


def distances(rows=60, columns=8, seed=1):
    return np.clip(np.random.default_rng(seed).normal(0, 1, (rows, columns)), 0, 8)


def score(z, reference):
    return anomaly.score(z, reference, trees=50, seeds=2)


def test_a_row_scores_the_same_alone_and_in_any_company():
    reference = distances()
    whole = score(reference, reference)
    assert score(reference[7:8], reference)[0] == whole[7]
    stranger = np.full((1, 8), 5.0)
    together = score(np.vstack([stranger, reference[:3]]), reference)
    assert together[0] == score(stranger, reference)[0] and (together[1:] == whole[:3]).all()


def test_row_far_up_scores_highest_and_a_row_of_nothing_does_not():
    reference = distances()
    reference[3], reference[9] = 5.0, 0.0
    scores = score(reference, reference)
    assert scores.argmax() == 3
    assert scores[9] < np.quantile(scores, 0.5)


def test_scores_are_finite_with_rows_that_are_all_alike():
    assert np.isfinite(score(np.zeros((20, 3)), np.zeros((20, 3)))).all()
    assert np.isfinite(score(np.eye(20, 3), np.eye(20, 3))).all()


def test_constant_and_copied_columns_are_left_out():
    z = distances()
    z = np.column_stack([z[:, 0], np.full(len(z), 2.0), z[:, 0] * 3, z[:, 1]])
    assert anomaly.usable(z).tolist() == [0, 3]


def test_tail_counts_upward_only_and_nothing_is_no_evidence():
    reference = np.array([[0.0], [0.0], [1.0], [2.0], [8.0]])
    tails = anomaly.tails(reference, reference)[:, 0]
    assert tails[0] == tails[1] == 0
    assert (np.diff(tails[1:]) > 0).all()
    assert anomaly.tails(np.array([[9.0]]), reference)[0, 0] >= tails[-1]


def stores(n=40, seed=1):
    rng = np.random.default_rng(seed)
    purchases = rng.integers(300, 1500, n)
    return pl.DataFrame(
        {
            "institution_id": [f"D{i:02}" for i in range(n)], "purchases": purchases,
            "clocked_purchases": purchases, "persons": purchases // 2,
            "eligible_amount": purchases * 100.0, "line_amount": purchases * 100.0,
            "amount_per_purchase": rng.normal(100, 8, n), "night_share": rng.binomial(purchases, 0.01) / purchases,
            "round_share": rng.binomial(purchases, 0.05) / purchases,
            "ward_share": rng.binomial(purchases, 0.01) / purchases,
            "dear_share": rng.normal(0.3, 0.03, n), "top_item_share": rng.normal(0.1, 0.01, n),
        }
    )  # fmt: skip


def change(frame, store, **values):
    return frame.with_columns(
        **{k: pl.when(pl.col("institution_id") == store).then(pl.lit(v)).otherwise(k) for k, v in values.items()}
    )


def settle(con, frame, table="pharmacy_indicator", pharmacy=True):
    con.register("given", frame.to_arrow())
    con.execute(f"insert into feature.{table} by name select * from given")
    con.execute(
        "insert into feature.institution_peer_group by name select institution_id, 'd|1' as key_1,"
        " 'd|all' as key_2, 'd' as key_3, 'all' as key_4, 1 as breadth from given"
    )
    con.execute(
        "insert into feature.institution by name select institution_id, $p as is_pharmacy from given", {"p": pharmacy}
    )


def found(con, name="pharmacy_ensemble"):
    source.run(con, DETECTORS[name], "x")
    rows = con.sql("select subject_type, subject_id, amount, weight, detail from model.finding order by 2").fetchall()
    return [(t, s, a, w, json.loads(d)) for t, s, a, w, d in rows]


def test_store_high_in_several_respects_is_found_with_reasons(con):
    settle(con, change(stores(), "D07", night_share=0.3, dear_share=0.6, round_share=0.4, top_item_share=0.2))
    [(kind, subject, amount, weight, detail)] = found(con)
    assert (kind, subject, amount) == ("pharmacy", "D07", None)
    assert 0 < weight <= 0.5
    assert len(detail["reasons"]) == 3 and detail["themes"] == 4
    night = next(r for r in detail["reasons"] if r["indicator"] == "night_share")
    assert night["own"] == 30 and night["peer_median"] == pytest.approx(1, abs=0.5) and night["peers"] == 40
    card = DETECTORS["pharmacy_ensemble"].card
    assert " 30% against" in card.sentence.format(**detail) and "30%（同类中位数" in card.sentence_zh.format(**detail)
    assert found(con) == [(kind, subject, amount, weight, detail)]
    assert con.sql("select judged, hits, cannot_judge from model.coverage").fetchall() == [(40, 1, 0)]


def test_ordinary_stores_give_nothing(con):
    settle(con, stores(seed=2))
    assert found(con) == []


def test_one_high_indicator_or_low_ones_are_not_enough(con):
    low = change(stores(), "D03", night_share=0.0, dear_share=0.01, round_share=0.0, top_item_share=0.01)
    settle(con, change(low, "D07", dear_share=0.7))
    assert found(con) == []


def test_too_few_stores_and_too_few_indicators_cannot_be_judged(con):
    settle(con, stores(11))
    assert found(con) == []
    assert con.sql("select judged, cannot_judge, reason from model.coverage").fetchall() == [
        (0, 11, "too few subjects to compare (11)")
    ]


def test_store_of_small_volume_cannot_be_judged(con):
    settle(con, change(stores(), "D07", purchases=20, clocked_purchases=20, persons=10, night_share=0.9))
    assert found(con) == []
    assert con.sql("select judged, cannot_judge, reason from model.coverage").fetchall() == [
        (39, 1, "too few indicators measured (1)")
    ]


def test_missing_indicators_are_no_evidence(con):
    settle(con, change(stores(), "D05", night_share=None, dear_share=None))
    assert found(con) == []
    assert con.sql("select cannot_judge from model.coverage").fetchall() == [(0,)]


HIGH = {"night_share": 0.3, "dear_share": 0.6, "round_share": 0.4, "top_item_share": 0.2}


def test_nearly_collinear_column_is_left_out_and_changes_nothing():
    z = distances()
    nearly = z[:, 0] * 1.5 + np.random.default_rng(2).normal(0, 0.02, len(z))
    wide = np.column_stack([z, nearly, np.zeros(len(z))])
    kept = anomaly.usable(wide)
    assert kept.tolist() == list(range(z.shape[1]))
    assert (score(wide[:, kept], wide[:, kept]) == score(z, z)).all()


def test_no_usable_column_gives_no_hit(con):
    alike = stores().with_columns(
        amount_per_purchase=100.0, night_share=0.0, round_share=0.0, ward_share=0.0, dear_share=0.3, top_item_share=0.1
    )
    settle(con, alike)
    assert found(con) == []
    assert con.sql("select judged, hits, cannot_judge from model.coverage").fetchall() == [(40, 0, 0)]


def test_constant_and_collinear_indicators_leave_the_answer_as_it_is(con):
    plain = change(stores(), "D07", **HIGH)
    settle(con, plain)
    [(_, subject, _, weight, _)] = found(con)
    con.execute("delete from feature.pharmacy_indicator")
    con.register("more", plain.with_columns(away_share=0.0, patent_share=pl.col("dear_share")).to_arrow())
    con.execute("insert into feature.pharmacy_indicator by name select * from more")
    [(_, again, _, weight_again, detail)] = found(con)
    assert (again, weight_again) == (subject, weight) and detail["themes"] == 4


def test_stores_that_are_all_identical_give_nothing(con):
    rows = stores().with_columns(
        purchases=500, clocked_purchases=500, persons=250, eligible_amount=50_000.0, line_amount=50_000.0,
        amount_per_purchase=100.0, night_share=0.01, round_share=0.05, ward_share=0.01, dear_share=0.3,
        top_item_share=0.1,
    )  # fmt: skip
    settle(con, rows)
    assert found(con) == []
    assert con.sql("select judged, hits, cannot_judge from model.coverage").fetchall() == [(40, 0, 0)]


def test_twelve_stores_are_enough_and_the_odd_one_is_named(con):
    settle(con, change(stores(12), "D07", **HIGH))
    assert [s for _, s, *_ in found(con)] == ["D07"]
    assert con.sql("select judged, hits, cannot_judge from model.coverage").fetchall() == [(12, 1, 0)]


def test_twelve_ordinary_stores_give_nothing(con):
    settle(con, stores(12, seed=5))
    assert found(con) == []


def test_groups_too_small_to_compare_cannot_be_judged(con):
    settle(con, change(stores(), "D07", **HIGH))
    con.execute(
        "update feature.institution_peer_group set key_1 = institution_id, key_2 = institution_id,"
        " key_3 = institution_id, key_4 = institution_id"
    )
    assert found(con) == []
    assert con.sql("select judged, cannot_judge from model.coverage").fetchall() == [(0, 40)]


def test_a_store_that_hides_its_bad_columns_is_not_more_unusual_for_it(con):
    """Missing is zero distance: what is left decides, and nothing is added for the gap."""
    settle(con, change(change(stores(), "D05", **HIGH), "D05", night_share=None, dear_share=None, round_share=None))
    assert found(con) == []


def test_not_a_number_is_missing(con):
    settle(con, change(stores(), "D05", night_share=float("nan"), dear_share=float("nan")))
    assert found(con) == []


def test_second_opinions_are_one_family_with_the_indicators_but_stay_their_own_source():
    for name in ("pharmacy_ensemble", "institution_ensemble"):
        assert DETECTORS[name].card.family == "pattern"
        assert DETECTORS[name].card.values()["max_weight"] <= 0.5


def test_institution_high_in_several_respects_is_found(con):
    rng = np.random.default_rng(4)
    n, visits = 30, rng.integers(300, 1500, 30)
    frame = pl.DataFrame(
        {
            "institution_id": [f"H{i:02}" for i in range(n)], "visits": visits, "clocked_visits": visits,
            "persons": visits // 2, "eligible_amount": visits * 100.0, "stays": [0] * n,
            "amount_per_visit": rng.normal(100, 8, n), "lines_per_visit": rng.normal(5, 0.4, n),
            "round_bill_share": rng.binomial(visits, 0.05) / visits,
            "night_bill_share": rng.binomial(visits, 0.01) / visits,
            "shared_bill_share": rng.binomial(visits, 0.03) / visits,
        }
    )  # fmt: skip
    frame = change(frame, "H09", round_bill_share=0.4, night_bill_share=0.3, shared_bill_share=0.3)
    settle(con, frame, "institution_indicator", pharmacy=False)
    assert [(t, s) for t, s, *_ in found(con, "institution_ensemble")] == [("institution", "H09")]


def test_heavy_imports_wait_for_judging():
    code = (
        "import sys, models.detectors as d; d.load();"
        " assert not {'pyod', 'sklearn', 'scipy', 'polars', 'numpy'} & set(sys.modules), 'heavy'"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_what_only_an_ensemble_sees_fills_the_places_kept_for_it(con):
    """Its lead, without money and of the last rank, stands on the list of work by the share of its own."""
    ensemble = DETECTORS["pharmacy_ensemble"]
    settle(con, change(stores(), "D05", **HIGH))
    assert source.run(con, ensemble, "x")
    leads = pl.DataFrame({"lead_id": [f"L{i:02}" for i in range(40)], "rank": range(1, 41)})
    con.register("given", leads.to_arrow())
    con.execute(
        "insert into model.lead by name select lead_id, rank, 'pharmacy' as subject_type,"
        " if(rank = 40, 'D05', lead_id) as subject_id, 0.1 as propensity, 0 as amount_at_risk, 0 as fund_at_risk,"
        " 0 as expected_yield from given"
    )
    con.execute(
        "insert into model.lead_evidence by name select lead_id, if(rank = 40, $1, 'frequent_purchases') as source,"
        " 'suspected' as certainty from given",
        [ensemble.id],
    )
    con.unregister("given")
    room = capacity.of({}, 20, None)
    chosen = selection.choose(capacity.leads(con, room), room, seed=1).leads
    assert chosen.filter(arm="ensemble")["lead_id"].to_list() == ["L39"]
    con.execute("delete from model.source_judges")  # of another kind it would be one lead among many, and the last
    assert selection.choose(capacity.leads(con, room), room, seed=1).leads.filter(arm="ensemble").is_empty()
