"""Practitioners and persons beside their peers: the outlier detectors and the second opinions on them."""

import json

import numpy as np
import polars as pl
import pytest

from features import build
from models import detectors
from models.detectors.peers import anomaly, method
from models.sources import source

NAMES = ("practitioner_peer_outlier", "practitioner_ensemble", "person_peer_outlier", "person_ensemble")
DETECTORS = {d.id: d for d in detectors.load({n: {"trees": 60, "seeds": 2} for n in NAMES if "ensemble" in n})}


@pytest.fixture
def con(con):
    con.execute("insert into record.settlement (settlement_id) values ('S')")
    con.execute("insert into record.fee_line (line_id, encounter_id, ordering_practitioner_id) values ('L', 'E', 'D')")
    return con


def practitioners(n=40, seed=1, name="P", place="H1", department="A02"):
    rng = np.random.default_rng(seed)
    visits = rng.integers(200, 900, n)
    return pl.DataFrame(
        {
            "practitioner_id": [f"{name}{i:02}" for i in range(n)], "institution_id": place, "department": department,
            "visits": visits, "persons": visits // 2, "clocked_visits": visits, "planned_visits": visits,
            "eligible_amount": visits * 100.0, "visit_amount": visits * 100.0, "known_amount": visits * 50.0,
            "amount_per_visit": rng.normal(100, 8, n), "night_share": rng.binomial(visits, 0.01) / visits,
            "round_share": rng.binomial(visits, 0.05) / visits, "exam_share": rng.normal(0.2, 0.02, n),
            "held_share": rng.binomial(visits, 0.03) / visits, "rest_share": rng.normal(0.2, 0.02, n),
        }
    )  # fmt: skip


def persons(n=60, seed=1, name="I", **same):
    rng = np.random.default_rng(seed)
    bills = rng.integers(14, 40, n)
    said = {"sex": "1", "age_band": "60", "insurance_type": "310", "disease": None} | same
    return pl.DataFrame(
        {
            "person_id": [f"{name}{i:03}" for i in range(n)], "bills": bills, "visits": bills, "clocked_bills": bills,
            "collections": bills * 2, "window_months": [12] * n, "eligible_amount": bills * 90.0,
            "known_amount": bills * 60.0, "bills_per_month": bills / 12, "amount_per_bill": rng.normal(90, 9, n),
            "institutions": rng.integers(2, 5, n), "companion_share": rng.binomial(bills, 0.02) / bills,
            "held_share": rng.binomial(bills * 2, 0.02) / (bills * 2),
            "round_share": rng.binomial(bills, 0.05) / bills,
        }
    ).with_columns(pl.lit(v, dtype=pl.String).alias(k) for k, v in said.items())  # fmt: skip


def indicators_of(name):
    return method.indicators(pl.read_csv(detectors.FOLDER / "peers" / name / "indicators.csv", infer_schema=False))


def change(frame, who, **values):
    key = frame.columns[0]
    return frame.with_columns(
        **{k: pl.when(pl.col(key) == who).then(pl.lit(v)).otherwise(k) for k, v in values.items()}
    )


def settle(con, frame, table=None):
    table = table or frame.columns[0].replace("_id", "_indicator")
    con.register("given", frame.to_arrow())
    con.execute(f"insert into feature.{table} by name select * from given")
    con.unregister("given")


def places(con, **levels):
    """Hospitals by name and level."""
    for name, level in (levels or {"H1": 2}).items():
        con.execute(
            "insert into feature.institution_peer_group by name select $i as institution_id, 'hospital|' || $l || '|1'"
            " as key_1, 'hospital|' || $l as key_2, 'hospital' as key_3, 'all' as key_4, 1 as breadth",
            {"i": name, "l": level},
        )


def found(con, name):
    source.run(con, DETECTORS[name], "x")
    rows = con.sql(
        "select subject_id, detail, amount, weight, subject_type, institution_id, person_id, practitioner_id"
        " from model.finding order by subject_id, detail"
    ).fetchall()
    return [(s, json.loads(d), *rest) for s, d, *rest in rows]


def said(hits):
    return [(s, d["indicator"]) for s, d, *_ in hits]


def coverage(con, name):
    """judged, hits, cannot_judge and reason of one detector."""
    rows = con.execute("select judged, hits, cannot_judge, reason from model.coverage where source = ?", [name])
    return rows.fetchall()[0]


# Practitioners beside their peers.


def test_practitioner_far_above_is_found_with_own_value_peer_value_and_number(con):
    places(con)
    settle(con, change(practitioners(), "P07", night_share=0.3, exam_share=0.6))
    hits = found(con, "practitioner_peer_outlier")
    assert said(hits) == [("P07", "exam_share"), ("P07", "night_share")]
    (_, exam, amount, weight, kind, institution, person, practitioner), (_, night, nothing, *_) = hits
    assert (kind, institution, person, practitioner) == ("practitioner", "H1", None, "P07")
    assert exam["own"] == 60 and exam["usual"] == pytest.approx(20, abs=2) and exam["peers"] == 40
    assert night["own_text"] == "30%" and night["peer_group"] == "A02|hospital|2"
    visit_amount = con.sql("select visit_amount from feature.practitioner_indicator where practitioner_id = 'P07'")
    money = float(visit_amount.fetchall()[0][0])
    assert float(amount) == pytest.approx((0.6 - exam["usual"] / 100) * money, rel=0.01)
    assert nothing is None and 0.5 <= weight < 1
    card = DETECTORS["practitioner_peer_outlier"].card
    assert "60%" in card.sentence.format(**exam) and "60%" in card.sentence_zh.format(**exam)
    assert found(con, "practitioner_peer_outlier") == hits


def test_ordinary_and_identical_practitioners_give_nothing(con):
    places(con)
    settle(con, practitioners(60, seed=2))
    assert found(con, "practitioner_peer_outlier") == [] and coverage(con, "practitioner_peer_outlier")[0] > 0
    con.execute("delete from feature.practitioner_indicator")
    alike = practitioners().with_columns(
        visits=400, persons=200, clocked_visits=400, planned_visits=400, amount_per_visit=100.0, night_share=0.01,
        round_share=0.05, exam_share=0.2, held_share=0.03, rest_share=0.2,
    )  # fmt: skip
    settle(con, alike)
    for name in ("practitioner_peer_outlier", "practitioner_ensemble"):
        assert found(con, name) == []


def test_department_is_compared_with_its_own(con):
    """A department that tests much is no outlier beside one that tests little."""
    places(con)
    much = practitioners(12, 3, "R", department="A21").with_columns(exam_share=pl.col("exam_share") + 0.5)
    settle(con, pl.concat([practitioners(), change(much, "R03", night_share=0.3)]))
    hits = found(con, "practitioner_peer_outlier")
    assert said(hits) == [("R03", "night_share")] and hits[0][1]["peer_group"] == "A21|hospital|2"


def test_level_comes_before_the_kind_of_institution(con):
    places(con, H1=2, H3=3)
    high = practitioners(12, 3, "T", "H3").with_columns(exam_share=pl.col("exam_share") + 0.3)
    settle(con, pl.concat([practitioners(), high]))
    assert found(con, "practitioner_peer_outlier") == []


def test_few_of_a_department_are_compared_with_its_kind_of_institution_only_where_departments_are_alike(con):
    places(con)
    few = change(practitioners(3, 3, "R", department="A19"), "R01", night_share=0.3, exam_share=0.9)
    settle(con, pl.concat([practitioners(), few]))
    hits = found(con, "practitioner_peer_outlier")
    assert said(hits) == [("R01", "night_share")] and hits[0][1]["peer_group"] == "hospital"
    cannot = con.sql("select practitioner_id, reason from judged where outcome = 'cannot_judge'").fetchall()
    assert ("R01", "money for tests: too few peers of its kind") in cannot


def test_unknown_department_is_a_department_of_its_own(con):
    places(con)
    settle(con, change(practitioners(department=None), "P07", exam_share=0.6))
    assert said(found(con, "practitioner_peer_outlier")) == [("P07", "exam_share")]


def test_practitioner_of_small_volume_and_missing_values_cannot_be_judged(con):
    places(con)
    small = change(practitioners(), "P07", visits=12, clocked_visits=12, planned_visits=12, night_share=0.9)
    settle(con, change(small, "P08", exam_share=None, round_share=float("nan")))
    assert found(con, "practitioner_peer_outlier") == []
    cannot = con.sql("select practitioner_id, reason from judged where outcome = 'cannot_judge'").fetchall()
    assert ("P07", "visits from 22 to 6 o'clock: volume too small") in cannot
    assert {("P08", "money for tests: not known"), ("P08", "visits of whole tens of yuan: not known")} <= set(cannot)


def test_what_other_detectors_judge_of_a_practitioner_is_not_said_twice(con):
    judges = {i.name: i.judged_by for i in indicators_of("practitioner_peer_outlier")}
    assert judges["persons_per_day"] == "practitioner_volume" and judges["outside_share"] == "shared_signature"
    places(con)
    frame = practitioners().with_columns(
        person_days=pl.col("visits"), persons_per_day=pl.lit(12.0), placed_visits=pl.col("visits"),
        outside_share=pl.lit(0.02),
    )  # fmt: skip
    settle(con, change(frame, "P04", persons_per_day=90.0, outside_share=0.8))
    assert found(con, "practitioner_peer_outlier") == []


HIGH = {"night_share": 0.3, "exam_share": 0.6, "round_share": 0.4, "held_share": 0.4}


def test_practitioner_high_in_several_respects_is_a_second_opinion(con):
    places(con)
    settle(con, change(practitioners(), "P07", **HIGH))
    [(subject, detail, amount, weight, kind, institution, person, practitioner)] = found(con, "practitioner_ensemble")
    assert (subject, kind, amount) == ("P07", "practitioner", None)
    assert (institution, person, practitioner) == ("H1", None, "P07")
    assert 0 < weight <= 0.5 and detail["themes"] == 4 and len(detail["reasons"]) == 3
    assert all(r["peers"] == 40 and r["own"] > r["peer_median"] for r in detail["reasons"])
    assert coverage(con, "practitioner_ensemble")[:3] == (40, 1, 0)


def test_one_respect_is_not_enough_for_a_second_opinion(con):
    places(con)
    settle(con, change(practitioners(), "P07", exam_share=0.9))
    assert found(con, "practitioner_ensemble") == []


def test_what_is_certain_but_small_is_no_evidence(con):
    """Of a hundred thousand visits two in a hundred are no chance where nobody else has any, but no matter either."""
    places(con)
    none = practitioners().with_columns(night_share=0.0, round_share=0.0, held_share=0.0)
    large = {k: 100_000 for k in ("visits", "persons", "clocked_visits", "planned_visits")}
    settle(con, change(none, "P07", night_share=0.015, round_share=0.015, held_share=0.015, **large))
    assert found(con, "practitioner_ensemble") == [] and found(con, "practitioner_peer_outlier") == []


def test_missing_and_not_a_number_are_no_evidence(con):
    places(con)
    settle(con, change(practitioners(), "P05", **dict.fromkeys(HIGH), amount_per_visit=float("nan")))
    assert found(con, "practitioner_ensemble") == []
    assert coverage(con, "practitioner_ensemble")[2:] == (1, "too few indicators measured (1)")


def test_constant_and_collinear_indicators_leave_the_second_opinion_as_it_is(con):
    places(con)
    plain = change(practitioners(), "P07", **HIGH)
    settle(con, plain)
    before = found(con, "practitioner_ensemble")
    con.execute("delete from feature.practitioner_indicator")
    settle(con, plain.with_columns(ward_share=0.0, drug_share=pl.col("exam_share")))
    [(subject, detail, _, weight, *_)] = found(con, "practitioner_ensemble")
    assert (subject, weight) == (before[0][0], before[0][3]) and detail["themes"] == 4


def test_twelve_practitioners_are_enough_and_eleven_are_not(con):
    places(con)
    settle(con, change(practitioners(12), "P07", **HIGH))
    assert [s for s, *_ in found(con, "practitioner_ensemble")] == ["P07"]
    con.execute("delete from feature.practitioner_indicator where practitioner_id = 'P11'")
    assert found(con, "practitioner_ensemble") == []
    assert coverage(con, "practitioner_ensemble") == (0, 0, 11, "too few subjects to compare (11)")


def test_groups_too_small_to_compare_give_no_second_opinion(con):
    places(con)
    alone = change(practitioners(), "P07", **HIGH)
    settle(con, alone.with_columns(department="practitioner_id", institution_id="practitioner_id"))
    con.execute(
        "insert into feature.institution_peer_group by name select practitioner_id as institution_id,"
        " practitioner_id as key_1, practitioner_id as key_2, practitioner_id as key_3, 'all' as key_4, 1 as breadth"
        " from feature.practitioner_indicator"
    )
    assert found(con, "practitioner_ensemble") == [] and coverage(con, "practitioner_ensemble")[:3] == (0, 0, 40)


# Persons beside their peers.


def test_person_far_above_is_found_with_own_value_peer_value_and_number(con):
    settle(con, change(persons(), "I007", companion_share=0.8))
    [(subject, detail, amount, weight, kind, institution, person, practitioner)] = found(con, "person_peer_outlier")
    assert (subject, kind, amount) == ("I007", "person", None)
    assert (institution, person, practitioner) == (None, "I007", None)
    assert (detail["indicator"], detail["own"], detail["peers"]) == ("companion_share", 80.0, 60)
    assert detail["usual"] < 5 and detail["peer_group"] == "none|60|310|1" and 0.5 <= weight < 1


def test_excess_of_a_person_is_money_up_to_what_was_eligible(con):
    settle(con, change(persons(), "I007", amount_per_bill=400.0))
    [(_, detail, amount, *_)] = found(con, "person_peer_outlier")
    bills, eligible = con.sql(
        "select bills, eligible_amount from feature.person_indicator where person_id = 'I007'"
    ).fetchall()[0]
    assert float(amount) == pytest.approx(min((400 - detail["usual"]) * bills, float(eligible)), rel=0.01)


def test_the_ill_are_compared_with_those_who_have_the_same_disease(con):
    """Dialysis three times a week is usual among those who need it and far off beside the healthy."""
    often = {"bills_per_month": pl.lit(13.0), "bills": pl.lit(156), "visits": pl.lit(156)}
    settle(
        con, pl.concat([persons(), persons(20, 2, "D", disease="M07801").with_columns(**often)], how="vertical_relaxed")
    )
    assert found(con, "person_peer_outlier") == []
    con.execute("update feature.person_indicator set disease = null where person_id = 'D003'")
    assert said(found(con, "person_peer_outlier")) == [("D003", "bills_per_month")]


def test_disease_that_few_have_cannot_be_judged(con):
    rare = change(persons(3, 2, "D", disease="M02000"), "D001", companion_share=0.9)
    settle(con, pl.concat([persons(), rare]))
    assert found(con, "person_peer_outlier") == []
    assert "too few peers" in con.sql("select string_agg(reason) from judged").fetchall()[0][0]


def test_age_and_sex_without_peers_are_compared_with_the_age_then_the_disease(con):
    woman = change(persons(1, 2, "F", sex="2"), "F000", companion_share=0.8)
    child = change(persons(1, 3, "C", age_band="1"), "C000", companion_share=0.8)
    settle(con, pl.concat([persons(), woman, child]))
    hits = found(con, "person_peer_outlier")
    assert [(s, d["peer_group"]) for s, d, *_ in hits] == [("C000", "none"), ("F000", "none|60")]


def test_person_without_much_activity_is_not_looked_at(con):
    settle(con, change(persons(), "I007", bills=11, visits=11, clocked_bills=11, companion_share=0.9))
    for name in ("person_peer_outlier", "person_ensemble"):
        assert found(con, name) == []
    assert coverage(con, "person_ensemble")[:3] == (59, 0, 0)


def test_persons_who_cannot_be_judged_are_counted_not_listed(con):
    settle(con, persons().with_columns(clocked_bills=0))
    settle(con, persons(7, 5, "S").with_columns(clocked_bills=3))
    found(con, "person_peer_outlier")
    rows = con.sql(
        "select person_id, units from judged where outcome = 'cannot_judge'"
        " and reason = 'bills next to the same person again: volume too small'"
    ).fetchall()
    assert rows == [(None, 7)]


def test_ordinary_persons_give_nothing(con):
    settle(con, persons(400, seed=3))
    assert len(found(con, "person_peer_outlier")) <= 1
    assert len(found(con, "person_ensemble")) <= 1


MANY = {"companion_share": 0.6, "held_share": 0.7, "institutions": 15}


def test_person_high_in_several_respects_is_a_second_opinion(con):
    settle(con, change(persons(), "I007", **MANY))
    [(subject, detail, amount, weight, kind, *_)] = found(con, "person_ensemble")
    assert (subject, kind, amount) == ("I007", "person", None)
    assert detail["themes"] == 3 and detail["subjects"] == 60 and 0 < weight <= 0.5
    card = DETECTORS["person_ensemble"].card
    assert "60 persons" in card.sentence.format(**detail) and "60人" in card.sentence_zh.format(**detail)
    assert found(con, "person_ensemble")[0][3] == weight


def test_persons_all_identical_give_nothing(con):
    alike = persons().with_columns(
        bills=20, visits=20, clocked_bills=20, collections=40, bills_per_month=1.5, amount_per_bill=90.0,
        institutions=3, companion_share=0.0, held_share=0.0, round_share=0.05,
    )  # fmt: skip
    settle(con, alike)
    for name in ("person_peer_outlier", "person_ensemble"):
        assert found(con, name) == []
        assert coverage(con, name)[0] >= 60


def test_twelve_persons_are_enough(con):
    settle(con, change(persons(12), "I007", **MANY))
    assert [s for s, *_ in found(con, "person_ensemble")] == ["I007"]


def test_many_are_scored_against_a_sample_that_stays(con, monkeypatch):
    """Beyond the sample a person's score depends on the person and the sample, not on who else is asked about."""
    z = np.clip(np.random.default_rng(1).normal(0, 1, (300, 5)), 0, 8)
    monkeypatch.setattr(anomaly, "REFERENCE", 100)
    frozen = anomaly.reference_of(z)
    assert len(frozen) == 100 and (frozen == anomaly.reference_of(z)).all()
    whole = anomaly.score(z, frozen, trees=30, seeds=2)
    assert (anomaly.score(z[7:9], frozen, trees=30, seeds=2) == whole[7:9]).all()
    stranger = np.vstack([np.full((1, 5), 8.0), z[:3]])
    again = anomaly.score(stranger, frozen, trees=30, seeds=2)
    assert (again[1:] == whole[:3]).all() and again[0] > whole.max()
    assert anomaly.reference_of(z[:100]).shape == (100, 5)
    settle(con, change(persons(300), "I007", **MANY))
    assert [s for s, *_ in found(con, "person_ensemble")] == ["I007"]


# What all four share.


@pytest.mark.parametrize("name", ["practitioner_peer_outlier", "person_peer_outlier"])
def test_indicators_are_columns_of_their_table(name):
    columns = set(build.load()[name.replace("peer_outlier", "indicator")].query.columns)
    for i in indicators_of(name):
        assert {i.name, i.volume, *([i.base] if i.base else [])} <= columns, i.name
        assert i.title and i.title_zh


def test_second_opinions_stay_on_trial_and_share_the_family():
    for name in NAMES:
        card = DETECTORS[name].card
        assert card.family == "pattern"
        if name.endswith("ensemble"):
            assert card.status == "trial" and card.values()["max_weight"] <= 0.5


@pytest.mark.parametrize("name", NAMES)
def test_nobody_gives_nothing(con, name):
    assert found(con, name) == []
    assert coverage(con, name)[:2] == (0, 0)
