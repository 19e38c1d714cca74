"""Learning from verdicts: fair credit, a model that must prove itself on later verdicts, parts that add up."""

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from models import belief
from models.casebook import rates
from models.evaluation import learning
from models.learning import boosting, contest, design, logistic, models
from models.learning.examples import Examples, rounds
from models.sources.card import make
from models.sources.source import Source

CARD = {"title": "T", "title_zh": "标题", "violation": "v", "sentence": "s", "sentence_zh": "s", "basis": ["clause"]}


def a_source(name, certainty="suspected", family=""):
    said = CARD | {"certainty": certainty, "family": family or name, "subjects": ["institution", "practitioner"]}
    return Source(name, "rule", make(said), {}, name, lambda con, params: None)


SOURCES = [a_source("good"), a_source("bad"), a_source("sure", "definite")]


def spoken(*verdicts):
    """Rows of rates.sql: (verdict, subject type, sources, truth), each source seen in 20 places of 100 settlements."""
    rows = [
        (v, kind, True, s, float(truth), 20.0, 100.0, 0.001, 1.0, None)
        for v, kind, said, truth in verdicts
        for s in said.split()
    ]
    names = ["said_by", "subject_type", "is_whole", "source", "truth", "places", "volume", "slip", "weight"]
    schema = dict.fromkeys(names) | {"shown_certainty": pl.String}
    return rates.shared(pl.DataFrame(rows, schema=schema, orient="row"), SOURCES)


def rate_of(said, source):
    return rates.of(said, SOURCES).filter(source=source).row(0, named=True)


def test_a_source_that_keeps_its_promise_stays_where_it_was():
    promised = spoken(("1", "institution", "good", 1))["expected"][0]
    kept = [(str(i), "institution", "good", int(i < round(100 * promised))) for i in range(100)]
    assert rate_of(spoken(*kept), "good")["rate"] == pytest.approx(0.10, rel=0.02)
    assert rate_of(spoken(*[(v, k, s, 0) for v, k, s, _ in kept]), "good")["rate"] < 0.01
    assert rate_of(spoken(*[(v, k, s, 1) for v, k, s, _ in kept]), "good")["rate"] > 0.12


def test_suspected_rows_of_a_definite_source_are_believed_as_suspected_whether_or_not_verdicts_are_read():
    seen = pl.DataFrame({"source": ["sure"] * 2, "subject_type": ["institution"] * 2, "certainty": list(belief.ODDS)})
    nobody = rates.kinds_of(spoken(("1", "institution", "bad", 1)).head(0), SOURCES)
    assert belief.with_odds(seen, nobody)["prior"].to_list() == belief.with_odds(seen)["prior"].to_list() == [0.3, 0.1]
    halved = belief.with_odds(seen, nobody.with_columns(rate=pl.col("rate") / 2))
    assert halved["prior"].to_list() == pytest.approx([0.15, 0.05])


def test_a_bystander_earns_little_when_another_source_explains_the_lead():
    alone = rate_of(spoken(("1", "institution", "bad", 1)), "bad")
    beside = rate_of(spoken(("1", "institution", "bad sure", 1)), "bad")
    assert beside["credited"] < alone["credited"] == 1.0
    assert beside["expected"] == alone["expected"]


def test_an_inspection_of_one_rule_moves_it_like_a_count():
    rows = pl.DataFrame(
        [("i", None, False, "good", 1.0, None, None, None, None, None)],
        schema={
            "said_by": pl.String, "subject_type": pl.String, "is_whole": pl.Boolean, "source": pl.String,
            "truth": pl.Float64, "places": pl.Float64, "volume": pl.Float64, "slip": pl.Float64, "weight": pl.Float64,
            "shown_certainty": pl.String,
        },
        orient="row",
    )  # fmt: skip
    assert rate_of(rates.shared(rows, SOURCES), "good")["rate"] == pytest.approx((10 * 0.1 + 1) / 11)


def test_a_rule_may_be_right_about_one_kind_of_subject_and_wrong_about_another():
    said = spoken(
        *[(f"i{i}", "institution", "good", 1) for i in range(10)],
        *[(f"p{i}", "practitioner", "good", 0) for i in range(10)],
    )
    by = dict(rates.kinds_of(said, SOURCES).filter(source="good").select("subject_type", "rate").iter_rows())
    assert by["institution"] > 2 * by["practitioner"] and by["practitioner"] < by["person"] < by["institution"]
    assert set(by) == set(belief.FULL_YIELD)


def some_examples(n, seed, signal=0.0, rounds_=4):
    """Judged leads of two sources; what is true beyond what the prior believes hangs on `persons` where there is signal."""
    draw = np.random.default_rng(seed)
    keys = [f"v{i:04d}" for i in range(n)]
    persons = draw.integers(0, 50, n).astype(float)
    evidence = pl.DataFrame(
        {
            "key": np.repeat(keys, 2),
            "source": ["good", "sure"] * n,
            "family": ["good", "sure"] * n,
            "certainty": ["suspected", "definite"] * n,
            "places": draw.integers(1, 6, 2 * n).astype(float),
            "volume": 100.0,
            "slip": 0.001,
            "weight": 1.0,
            "subject_type": "institution",
        }
    )
    zero = np.zeros(n)
    leads = pl.DataFrame(
        {
            "key": keys, "subject_type": "institution", "amount": draw.lognormal(8, 1, n), "findings": zero + 5,
            "settlements": zero + 5, "persons": persons, "tips": zero, "history": zero, "days": zero + 30,
            "owner": [f"O{i % 37}" for i in range(n)], "run_id": [f"run-{i * rounds_ // n}" for i in range(n)],
        }
    )  # fmt: skip
    prior = design.propensity(leads, evidence, None)
    chance = belief.moved(prior, signal * (persons - 25) / 12 - 0.3)
    leads = leads.with_columns(truth=pl.Series((draw.random(n) < chance).astype(float)))
    fold = np.array([i % 37 % 5 for i in range(n)])
    return Examples(leads, evidence, np.arange(n) * rounds_ // n, fold, np.ones(n))


def no_news(keys):
    return rates.kinds_of(spoken(("x", "institution", "bad", 0)).head(0), SOURCES)


def test_without_data_the_logistic_model_is_the_prior_and_with_much_it_is_the_data():
    draw = np.random.default_rng(1)
    x = draw.normal(size=(4000, 2))
    truth = (draw.random(4000) < logistic.expit(1.5 * x[:, 0] - 0.5)).astype(float)
    flat = logistic.fit(x[:0], truth[:0], truth[:0], truth[:0], np.ones(2))
    assert flat.tolist() == [0.0, 0.0, 0.0]
    level, first, second = logistic.fit(x, truth, np.ones(4000), np.zeros(4000), np.ones(2))
    assert (level, first, second) == (
        pytest.approx(-0.5, abs=0.12),
        pytest.approx(1.5, abs=0.15),
        pytest.approx(0, abs=0.1),
    )


def test_the_challenger_wins_where_there_is_something_to_learn_and_never_saw_what_it_is_tried_on(monkeypatch):
    seen = []
    fit = models.fit

    def watched(name, examples, prior, seed):
        seen.append((examples.round.max(), set(examples.fold), set(examples.leads["owner"])))
        return fit(name, examples, prior, seed)

    monkeypatch.setattr(models, "fit", watched)
    examples = some_examples(240, 1, signal=1.5)
    (won,) = contest.run(examples, no_news, [models.LOGISTIC], 1)
    assert won.is_won and won.learned_ap > won.prior_ap + 0.05 and won.held_out == 180
    assert max(last for last, *_ in seen) == 2  # the last round is never learned from
    for last, folds, owners in seen:
        held = (examples.round > last) & ~np.isin(examples.fold, list(folds))
        assert len(folds) == 4 and not owners & set(examples.leads["owner"].to_numpy()[held])


def test_a_challenger_with_nothing_to_add_stays_off_the_lists():
    results = [contest.run(some_examples(160, seed), no_news, [models.LOGISTIC], 1)[0] for seed in range(8)]
    assert sum(r.is_won for r in results) <= 1
    assert contest.run(some_examples(60, 1, rounds_=1), no_news, [models.LOGISTIC], 1) == []


def test_what_a_model_says_is_the_sum_of_its_parts():
    examples = some_examples(360, 2, signal=1.5)
    prior = design.propensity(examples.leads, examples.evidence, None)
    for name in (models.LOGISTIC, models.BOOSTING):
        model = models.fit(name, examples, prior, 1)
        names, parts = model.parts(examples.leads, examples.evidence, prior)
        assert names[0] == "verdicts" and {"good", "sure", "size"} <= set(names)
        believed = belief.moved(prior, parts.sum(axis=1))
        assert believed.mean() == pytest.approx(examples.truth.mean(), abs=0.05)
        order = np.corrcoef(believed, examples.leads["persons"].to_numpy())[0, 1]
        assert order > 0.4
        again = models.fit(name, examples, prior, 1)
        assert np.array_equal(again.parts(examples.leads, examples.evidence, prior)[1], parts)


def test_the_curves_of_the_trees_sum_to_the_trees_and_never_fall_where_they_must_rise():
    draw = np.random.default_rng(3)
    x = draw.normal(size=(400, 3))
    truth = (draw.random(400) < logistic.expit(2 * x[:, 0] * (x[:, 1] > 0) - x[:, 2])).astype(float)
    fold = np.arange(400) % 5
    model = boosting.fit(x, truth, np.ones(400), [True, False, True], fold, 1)
    said = model.curves(x).sum(axis=1) + model.at_start
    assert np.allclose(said, model.scale * model.trees.decision_function(x) + model.level)
    line = np.zeros((50, 3))
    line[:, 0] = np.linspace(-3, 3, 50)
    assert (np.diff(model.curves(line)[:, 0]) >= -1e-12).all()
    line = np.zeros((50, 3))
    line[:, 2] = np.linspace(-3, 3, 50)  # it falls in truth, but may not
    assert np.ptp(model.curves(line)[:, 2]) < 0.05


def test_average_precision_of_weighted_orders():
    truth = np.array([1.0, 0.0, 1.0])
    plain, heavy = contest.average_precision(truth, np.array([[1.0, 1.0, 1.0], [1.0, 0.0, 1.0]]))
    assert plain == pytest.approx((1 + 2 / 3) / 2) and heavy == 1.0


def test_rounds_follow_in_time_and_small_ones_join():
    days = [date(2025, 1, 1) + timedelta(days=int(i > 40) + int(i > 80) * 30) for i in range(100)]
    by_run = pl.DataFrame({"run_id": ["b"] * 45 + ["a"] * 50 + ["c"] * 5, "day": sorted(days)})
    assert rounds(by_run).tolist() == [0] * 45 + [1] * 55
    one_run = pl.DataFrame({"run_id": ["b"] * 100, "day": days})
    assert sorted(set(rounds(one_run).tolist())) == [0, 1]
    assert rounds(by_run.head(0)).tolist() == []


def test_the_summary_of_several_towns_is_mean_and_spread():
    row = {
        "ranked_by": "",
        "precision": 0.5,
        "unlearned": 0.4,
        "never": 0.4,
        "never_confirmed": 9,
        "possible": 1.0,
        "ap": 0.5,
        "unlearned_ap": 0.4,
    }
    curves = [
        [
            row
            | {
                "round": r,
                "judged": 50 * r,
                "confirmed": 30 * r,
                "fresh": 1.0,
                "fresh_deep": 0.9,
                "fresh_ap": 0.8 + r / d,
            }
        ]
        for r, d in ((0, 10), (0, 10))
    ]
    curves = [
        [*c, c[0] | {"round": 1, "precision": p, "fresh_ap": 0.9}] for c, p in zip(curves, (0.6, 0.8), strict=True)
    ]
    said = learning.summarise(curves)
    assert said[1]["gain"]["mean"] == pytest.approx(0.3) and said[1]["gain"]["sd"] == pytest.approx(0.1414, abs=1e-4)
    assert said[1]["fresh_gain"]["mean"] == pytest.approx(0.1) and said[0]["gain"]["mean"] == pytest.approx(0.1)
