"""Batches, bursts, bill structure, quotas, deadlines, check-ins, operators, suspensions: on small made-up places."""

import json
from datetime import datetime, timedelta

import numpy as np
import polars as pl
import pytest

from features import build
from models import detectors
from models.sources import source

DETECTORS = {d.id: d for d in detectors.load()}
START = datetime(2025, 1, 1)


@pytest.fixture
def con(con):
    con.execute("insert into record.fee_line (line_id, encounter_id) values ('L', 'E')")
    return con


def visit(number, person, at, institution="H1", amount=60.0, diagnosis="J06", setting="outpatient", **more):
    """One settlement outside hospital; `at` is a datetime."""
    return {
        "settlement_id": f"S{number}", "encounter_id": f"E{number}", "person_id": person,
        "institution_id": institution, "is_pharmacy": setting == "drugstore", "care_setting": setting,
        "settled_at": at, "has_clock": True, "settlement_type": "2", "operator_id": None,
        "diagnosis": None if setting == "drugstore" else diagnosis, "is_course": False, "items": 3,
        "first_item": "A", "last_item": f"Z{number}", "total_amount": amount, "eligible_amount": amount,
        "fund_amount": amount / 2, "account_amount": amount / 2, "insured_division": "519901", "age": 40,
        "is_chronic_drugs": setting == "chronic", "is_dispensed": False,
    } | more  # fmt: skip


def everyday(institution="H1", days=120, a_day=6, seed=1, setting="outpatient", prefix=None):
    """Ordinary visits: other persons, other amounts, hours of the day, four diagnoses."""
    rng, rows = np.random.default_rng(seed), []
    for day in range(days):
        for n in range(int(rng.poisson(a_day))):
            at = START + timedelta(days=day, hours=8, seconds=int(rng.integers(0, 9 * 3600)))
            rows.append(
                visit(
                    f"{prefix or institution}-{day}-{n}", f"P{rng.integers(0, 2000)}", at, institution,
                    round(float(rng.uniform(20, 200)), 2), f"J0{rng.integers(0, 4)}", setting,
                )
            )  # fmt: skip
    return rows


def settle(con, rows):
    frame = pl.DataFrame(rows, infer_schema_length=None).with_columns(
        settled_on=pl.col("settled_at").dt.date(), month=pl.col("settled_at").dt.date().dt.truncate("1mo"),
        operator_id=pl.col("operator_id").cast(pl.String), diagnosis=pl.col("diagnosis").cast(pl.String),
        started_on=pl.col("settled_at").dt.date(), age_years=pl.col("age").cast(pl.Float64),
    )  # fmt: skip
    con.register("given", frame.to_arrow())
    con.execute(
        "insert into feature.visit_bill by name select * exclude (insured_division, age, started_on, age_years)"
        " from given"
    )
    con.execute(
        "insert into feature.settlement by name select settlement_id, encounter_id, person_id, institution_id,"
        " is_pharmacy, care_setting, settled_at, settled_on, month, operator_id, started_on, age_years,"
        " insured_division, total_amount, eligible_amount, fund_amount, account_amount from given"
    )
    con.execute(
        "insert into record.settlement by name select settlement_id, person_id, institution_id, settled_at,"
        " settlement_type, operator_id, fund_amount, fund_amount as pooled_fund_amount, false as is_refund from given"
    )
    con.execute(
        "insert into feature.institution by name select distinct institution_id, is_pharmacy from given"
        " where institution_id not in (select institution_id from feature.institution)"
    )
    con.execute(
        "insert into feature.institution_peer_group by name select distinct institution_id, 'k|1' as key_1,"
        " 'k|2' as key_2, 'k' as key_3, 'all' as key_4, 1 as breadth from given where institution_id not in"
        " (select institution_id from feature.institution_peer_group)"
    )
    span(con)


def span(con):
    con.execute(f"create or replace table feature.delivery_span as {build.load()['delivery_span'].query.text}")


def found(con, name, kind=None, **params):
    """Hits as (subject, settlement, amount, detail), with both sentences read."""
    detector = DETECTORS[name]
    if params:
        detector = {d.id: d for d in detectors.load({name: params})}[name]
    source.run(con, detector, "x")
    rows = con.sql(
        "select subject_type, subject_id, settlement_id, occurred_on, amount, detail from model.finding where source = $n"
        " order by subject_id, settlement_id", params={"n": name}
    ).fetchall()  # fmt: skip
    for *_, day, amount, detail in rows:
        said = {"occurred_on": day, "amount": amount} | json.loads(detail)
        assert detector.card.sentence.format(**said) and detector.card.sentence_zh.format(**said)
    return [(s, t, None if a is None else float(a), json.loads(d)) for k, s, t, _, a, d in rows if kind in (None, k)]


def coverage(con, name):
    return con.sql(
        "select judged, hits, cannot_judge, reason from model.coverage where source = $n", params={"n": name}
    ).fetchall()[0]  # fmt: skip


def batch(
    day=50, persons=25, institution="H1", amounts=(88.0,), setting="outpatient", diagnosis="M54", tag="B", **more
):
    at = START + timedelta(days=day, hours=9)
    return [
        visit(f"{tag}{day}-{n}", f"B{n}", at + timedelta(minutes=15 * n), institution, amounts[n % len(amounts)],
              diagnosis, setting, **more)
        for n in range(persons)
    ]  # fmt: skip


# ------------------------------------------------------------------------------------------- batch_visits


def test_batch_of_one_diagnosis_in_one_amount_is_found(con):
    settle(con, everyday() + everyday("H2", seed=2) + batch())
    hits = found(con, "batch_visits")
    assert len(hits) == 25 and {s for s, *_ in hits} == {"H1"} and {a for _, _, a, _ in hits} == {88.0}
    detail = hits[0][3]
    assert detail["own"] == 25 and detail["amounts"] == 1 and detail["usual"] < 1 and detail["peers"] == 1
    assert found(con, "batch_visits") == hits


def test_batch_at_a_drugstore_is_found_by_its_equal_bills(con):
    rows = batch(institution="D1", setting="drugstore", items=2, first_item="A", last_item="B")
    settle(con, everyday("D1", setting="drugstore") + everyday("D2", seed=2, setting="drugstore") + rows)
    hits = found(con, "batch_visits", "pharmacy")
    assert len(hits) == 25 and hits[0][3]["way"] == "bill"


@pytest.mark.parametrize(
    "rows",
    [
        batch(persons=8),
        batch(amounts=tuple(float(a) for a in range(40, 65))),
        batch(is_course=True),
        batch(is_cash_only=True),
        batch(is_outbreak_disease=True),
        batch(settlement_type="1"),
        batch(amounts=(5.0,)),
        [r | {"person_id": "P"} for r in batch()],
        [r for day in range(1, 120, 2) for r in batch(day)],
        batch(day=20, setting="chronic") + batch(day=50, setting="chronic"),
        batch(day=10, is_chronic_drugs=True) + batch(day=101, is_chronic_drugs=True),
        batch(day=20, is_chronic_drugs=True)
        + [r for n in range(1, 9) for r in batch(50, 20, f"H{n}", tag=f"H{n}B", is_chronic_drugs=True)],
        batch(setting="emergency"),
        batch(setting="inpatient"),
        [r for n in range(1, 9) for r in batch(persons=20, institution=f"H{n}", tag=f"H{n}B")],
    ],
    ids=[
        "few",
        "other amounts",
        "vaccination",
        "check-ups paid in cash",
        "flu",
        "counter",
        "small money",
        "one person",
        "usual there",
        "drug days",
        "days of the two diseases, once a quarter",
        "drug days, the other of which was usual",
        "emergency",
        "stays",
        "epidemic",
    ],
)
def test_batches_that_are_none(con, rows):
    settle(con, everyday() + everyday("H2", seed=2) + rows)
    assert found(con, "batch_visits") == []


def test_a_batch_half_of_which_paid_below_the_deductible_is_found(con):
    rows = [r | {"is_cash_only": n % 2 == 0} for n, r in enumerate(batch())]
    settle(con, everyday() + everyday("H2", seed=2) + rows)
    assert len(found(con, "batch_visits")) == 25


@pytest.mark.parametrize(
    ("diagnosis", "sex", "age", "is_named"),
    [
        pytest.param("N72", "2", 44, True, id="women's cancers"),
        pytest.param("N72", "1", 44, False, id="men"),
        pytest.param("H52", "1", 9, True, id="pupils' eyes"),
        pytest.param("H52", "1", 50, False, id="grown-ups' eyes"),
        pytest.param("H25", "2", 71, True, id="old eyes"),
        pytest.param("M54", "2", 71, False, id="backs"),
    ],
)
def test_the_second_look_of_a_screening_is_named_first(con, diagnosis, sex, age, is_named):
    settle(con, everyday() + everyday("H2", seed=2) + batch(diagnosis=diagnosis))
    con.execute(
        "update feature.settlement set sex = ?, age_years = ? where settlement_id in"
        " (select settlement_id from feature.visit_bill where diagnosis = ?)",
        [sex, age, diagnosis],
    )
    hits = found(con, "batch_visits")
    assert len(hits) >= 25
    assert {bool(d.get("innocent")) for *_, d in hits} == {is_named}


def test_batch_of_others_than_came_before_is_no_drug_day(con):
    strangers = [r | {"person_id": f"{r['person_id']}-2"} for r in batch(day=80, is_chronic_drugs=True)]
    settle(con, everyday() + everyday("H2", seed=2) + batch(day=50, is_chronic_drugs=True) + strangers)
    assert {s for s, *_ in found(con, "batch_visits")} == {"H1"}


def test_package_that_peers_bill_as_often_is_usual(con):
    others = [r for n in range(12) for r in batch(50, 20, f"H{n}", tag=f"H{n}B")]
    settle(con, [r for n in range(12) for r in everyday(f"H{n}", seed=n)] + others)
    assert found(con, "batch_visits") == []


def test_place_with_few_open_days_cannot_be_judged(con):
    settle(con, everyday(days=10) + batch(day=5))
    assert found(con, "batch_visits") == []
    assert coverage(con, "batch_visits")[0] == 0 and "too few days" in coverage(con, "batch_visits")[3]


# --------------------------------------------------------------------------------------- settlement_burst


def burst(day, institution="D1", persons=5, seconds=60, hour=14, setting="drugstore", tag="X", first=0, **more):
    at = START + timedelta(days=day, hours=hour)
    return [
        visit(f"{tag}{day}-{hour}-{n}", f"X{first + n}", at + timedelta(seconds=seconds * n), institution, 50.0,
              setting=setting, **more)
        for n in range(persons)
    ]  # fmt: skip


def stores(count=8, days=150, a_day=4):
    return [r for n in range(count) for r in everyday(f"D{n}", days, a_day, seed=n, setting="drugstore")]


def test_many_small_bursts_are_found_and_their_settlements_named(con):
    settle(con, stores() + [r for day in range(5, 60, 6) for r in burst(day)])
    hits = found(con, "settlement_burst")
    assert {s for s, *_ in hits} == {"D1"} and len(hits) >= 50
    detail = hits[0][3]
    assert detail["own"] >= 9 and detail["usual"] < 2 and detail["peers"] == 7
    assert found(con, "settlement_burst") == hits


def test_one_large_burst_counts_alone(con):
    settle(con, stores() + burst(40, persons=12, seconds=40))
    hits = found(con, "settlement_burst")
    assert {s for s, *_ in hits} == {"D1"} and 12 <= len(hits) <= 15
    assert max(d["persons"] for *_, d in hits) >= 12


@pytest.mark.parametrize(
    "rows",
    [
        burst(20) + burst(60),
        [r for day in range(5, 60, 6) for r in burst(day, persons=3)],
        [r | {"person_id": "one"} for day in range(5, 60, 6) for r in burst(day)],
        [r | {"has_clock": False} for day in range(5, 60, 6) for r in burst(day)],
        [r for day in range(5, 60, 6) for r in burst(day, seconds=0, persons=9)],
        [r for day in range(5, 60, 6) for r in burst(day, settlement_type="1")],
        [r for day in range(5, 60, 6) for r in burst(day, is_course=True)],
        [r for day in range(5, 60, 6) for r in burst(day, is_entered_later=True)],
        [r for day in range(5, 60, 6) for r in burst(day, setting="emergency")],
        [r for p in range(8) for day in range(5, 60, 6) for r in burst(day, f"D{p}", tag=f"X{p}-")],
    ],
    ids=[
        "twice",
        "families",
        "one person",
        "no clock",
        "uploaded at once",
        "counter",
        "vaccination",
        "entered after an outage",
        "emergency",
        "every till",
    ],
)
def test_bursts_that_are_none(con, rows):
    settle(con, stores() + rows)
    assert found(con, "settlement_burst") == []


def test_a_busy_hospital_has_its_own_pace_and_operators_are_told_apart(con):
    busy = everyday("H1", 60, 220) + everyday("H2", 60, 200, seed=3)
    settle(con, busy)
    assert found(con, "settlement_burst") == []
    quiet = [r | {"operator_id": "T1"} for r in everyday("H1", 60, 8, seed=5, prefix="T1")]
    row = burst(30, "H1", 12, 30, 8, "outpatient", operator_id="T1")
    settle(con, quiet + row)
    assert {t for _, t, *_ in found(con, "settlement_burst")} >= {r["settlement_id"] for r in row}


def test_a_long_row_counts_whole_and_does_not_hide_itself(con):
    row = burst(40, persons=18, seconds=120)
    settle(con, stores() + row)
    hits = found(con, "settlement_burst")
    assert {s for s, *_ in hits} == {"D1"} and {t for _, t, *_ in hits} >= {r["settlement_id"] for r in row}
    detail = hits[0][3]
    assert detail["persons"] >= 18 and 30 <= detail["minutes"] <= 50 and detail["usual_persons"] < 3


def test_a_busy_place_that_is_new_is_no_burst(con):
    settle(con, [r for n in range(4) for r in everyday(f"H{n}", 8, 150, seed=n)])
    assert found(con, "settlement_burst") == []


def test_round_in_a_home_is_no_burst(con):
    rounds = [
        r | {"person_id": f"old{n % 12}", "age": 82}
        for day in range(10, 400, 30)
        for n, r in enumerate(burst(day, "H1", 12, 120, 9, "outpatient"))
    ]
    settle(con, [r for n in range(1, 6) for r in everyday(f"H{n}", 400, 3, seed=n)] + rounds)
    assert found(con, "settlement_burst") == []
    con.execute("update feature.settlement set age_years = 40")
    assert {s for s, *_ in found(con, "settlement_burst")} == {"H1"}


@pytest.mark.parametrize(("residents", "is_found"), [(5, False), (40, True)], ids=["a family", "a village of one name"])
def test_who_lives_together_settles_together(con, residents, is_found):
    settle(con, stores() + [r for day in range(5, 60, 6) for r in burst(day)])
    con.execute(
        "insert into feature.person_household by name select distinct person_id, 1 as household,"
        f" {residents} as household_persons, {residents} <= 8 as is_family"
        " from feature.settlement where starts_with(person_id, 'X')"
    )
    assert {s for s, *_ in found(con, "settlement_burst")} == ({"D1"} if is_found else set())


def test_small_place_cannot_be_judged(con):
    settle(con, stores() + burst(10, "D9", 9))
    assert {s for s, *_ in found(con, "settlement_burst")} == set()
    assert coverage(con, "settlement_burst")[2] == 9


# -------------------------------------------------------------------------------- pharmacy_bill_structure


def looks(con, n=30, seed=1, **changed):
    """Indicator rows of `n` stores; `changed` are shares of store D07."""
    rng = np.random.default_rng(seed)
    purchases = rng.integers(300, 1200, n)

    def share(p):
        return rng.binomial(purchases, p) / purchases

    frame = pl.DataFrame(
        {
            "institution_id": [f"D{i:02}" for i in range(n)], "purchases": purchases, "persons": purchases // 2,
            "clocked_purchases": purchases, "priced_purchases": purchases, "eligible_amount": purchases * 100.0,
            "hundred_share": share(0.005), "equal_share": share(0.02), "single_share": share(0.15),
            "cashless_share": share(0.45), "top_person_share": rng.normal(0.15, 0.02, n),
            "round_share": share(0.02), "night_share": share(0.01), "top_item_share": rng.normal(0.1, 0.01, n),
            "repeated_share": share(0.05), "chained_share": share(0.01), "tonic_share": rng.normal(0.02, 0.004, n),
            "dear_share": rng.normal(0.3, 0.03, n),
        }
    )  # fmt: skip
    for name, value in changed.items():
        frame = frame.with_columns(
            pl.when(pl.col("institution_id") == "D07").then(value).otherwise(pl.col(name)).alias(name)
        )
    con.register("given", frame.to_arrow())
    for table in ("pharmacy_bill", "pharmacy_indicator"):
        have = {c for (c,) in con.sql(f"select column_name from (describe feature.{table})").fetchall()}
        con.execute(
            f"insert into feature.{table} by name select {', '.join(c for c in frame.columns if c in have)} from given"
        )
    con.execute(
        "insert into feature.institution_peer_group by name select institution_id, 'd|1' as key_1, 'd|all' as key_2,"
        " 'd' as key_3, 'all' as key_4, 1 as breadth from given"
    )
    con.execute("insert into feature.institution by name select institution_id, true as is_pharmacy from given")
    con.execute("insert into record.settlement (settlement_id, settled_at) values ('S', '2025-01-01')")


def test_store_with_two_signs_is_found_with_both_in_the_sentence(con):
    looks(con, night_share=0.3, round_share=0.3)
    [(subject, _, amount, detail)] = found(con, "pharmacy_bill_structure")
    assert subject == "D07" and detail["signs"] == 2 and detail["peers"] == 30 and amount > 0
    assert (
        "30.0%" in detail["reason_text"] and "夜间" in detail["reason_text_zh"] and "整十元" in detail["reason_text_zh"]
    )


@pytest.mark.parametrize(
    "changed",
    [{}, {"night_share": 0.4}, {"round_share": 0.3, "hundred_share": 0.3},
     {"top_item_share": 0.6, "top_person_share": 0.7, "dear_share": 0.8},
     {"night_share": 0.3, "round_share": 0.3, "dear_share": 0.95}, {"night_share": None, "round_share": None},
     {"purchases": 20, "clocked_purchases": 20, "night_share": 0.9, "round_share": 0.9}],
    ids=["nothing", "one sign", "two signs of one kind", "one dear patient", "special drugs", "not known", "few purchases"],
)  # fmt: skip
def test_stores_that_are_ordinary(con, changed):
    looks(con, **changed)
    assert found(con, "pharmacy_bill_structure") == []


def test_what_all_stores_of_the_area_do_is_usual(con):
    looks(con)
    con.execute(
        "update feature.pharmacy_indicator set night_share = 0.3 + night_share, round_share = 0.3 + round_share"
    )
    assert found(con, "pharmacy_bill_structure") == []


def test_too_few_stores_cannot_be_judged(con):
    looks(con, n=4)
    assert found(con, "pharmacy_bill_structure") == []
    assert coverage(con, "pharmacy_bill_structure")[:3] == (0, 0, 4)


# --------------------------------------------------------------------------------------- quota_exhaustion


def spent(person, months, fund, day=5, setting="chronic", disease="M01600"):
    """Settlements of one person in those months with these fund amounts (eligible is double)."""
    return [
        visit(f"{person}-{n}", person, datetime(2025, m, day, 10, n), "H1", 2 * f, setting=setting, fund_amount=f,
              disease=disease)
        for n, (m, f) in enumerate(zip(months, fund, strict=True))
    ]  # fmt: skip


def quotas(con, rows):
    settle(con, [{k: v for k, v in r.items() if k != "disease"} for r in rows])
    con.register("diseases", pl.DataFrame([{"s": r["settlement_id"], "d": r["disease"]} for r in rows]).to_arrow())
    con.execute(
        "update record.settlement set disease_code = d, benefit_year = '2025' from diseases where settlement_id = s"
    )


def patients(count=40, seed=1):
    rng = np.random.default_rng(seed)
    return [
        r
        for n in range(count)
        for r in spent(f"N{n}", range(1, 11), [round(float(f), 2) for f in rng.uniform(20, 180, 10)])
    ]


def pile(persons=6, cap=3000.0, fund=None, months=range(1, 11)):
    fund = fund or [cap / 10] * 10
    return [r for n in range(persons) for r in spent(f"C{n}", months, fund)]


def test_limit_used_up_in_equal_amounts_is_found(con):
    quotas(con, patients() + pile())
    hits = found(con, "quota_exhaustion")
    assert {s for s, *_ in hits} == {f"C{n}" for n in range(6)} and len(hits) == 60
    detail = hits[0][3]
    assert detail["own"] == 100 and detail["peers"] == 45 and detail["usual"] < 50


def test_limit_used_up_in_december_names_only_december(con):
    uneven = [111.0, 97.0, 134.0, 88.0, 120.0, 150.0, 141.0, 159.0, 1000.0, 1000.0]
    quotas(con, patients() + pile(fund=uneven, months=[1, 2, 3, 4, 5, 6, 7, 8, 12, 12]))
    hits = found(con, "quota_exhaustion")
    assert len(hits) == 12 and {a for _, _, a, _ in hits} == {2000.0}


def test_the_ill_who_use_it_evenly_in_unlike_amounts_are_clear(con):
    uneven = [281.0, 297.0, 314.0, 288.0, 320.0, 250.0, 341.0, 359.0, 270.0, 280.0]
    quotas(con, patients() + pile(fund=uneven))
    assert found(con, "quota_exhaustion") == []
    assert coverage(con, "quota_exhaustion") == (460, 0, 0, None)


def test_few_settlements_are_no_splitting(con):
    quotas(con, patients() + pile(fund=[750.0] * 4, months=[2, 5, 8, 11]))
    assert found(con, "quota_exhaustion") == []


def test_limit_that_nobody_reaches_cannot_be_judged_unless_it_is_given(con):
    quotas(con, patients() + pile(persons=1))
    assert found(con, "quota_exhaustion") == []
    assert "no yearly limit" in coverage(con, "quota_exhaustion")[3]
    assert {s for s, *_ in found(con, "quota_exhaustion", caps="M01600=3000; other=x")} == {"C0"}


# ------------------------------------------------------------------------------------------ deadline_rush


def year(institution, seed, leap=1.0, drugstore=True):
    rng = np.random.default_rng(seed)
    return [
        visit(f"{institution}-{m}-{n}", f"P{rng.integers(0, 500)}", datetime(2025, m, 1 + n % 28, 10, n % 60),
              institution, round(float(rng.uniform(60, 140)), 2), setting="drugstore" if drugstore else "outpatient")
        for m in range(1, 13)
        for n in range(int((60 if m < 12 else 60 * leap) + rng.integers(-5, 6)))
    ]  # fmt: skip


def test_leap_in_december_is_found_and_the_excess_is_the_amount(con):
    settle(con, [r for n in range(8) for r in year(f"D{n}", n, 3.0 if n == 2 else 1.0)])
    [(subject, _, amount, detail)] = found(con, "deadline_rush")
    assert subject == "D2" and detail["month"] == "2025-12" and 2.5 < detail["ratio"] < 3.5 and detail["peers"] == 7
    assert 9_000 < amount < 15_000


@pytest.mark.parametrize("leap", [lambda n: 1.0, lambda n: 3.0, lambda n: 1.5 if n == 2 else 1.0])
def test_no_leap_everybodys_leap_and_a_small_one_are_clear(con, leap):
    settle(con, [r for n in range(8) for r in year(f"D{n}", n, leap(n))])
    assert found(con, "deadline_rush") == []
    assert coverage(con, "deadline_rush")[0] == 8


def test_one_dear_bill_is_no_rush_and_few_places_cannot_be_judged(con):
    dear = [visit("dear", "P1", datetime(2025, 12, 9, 9), "D2", 30_000.0, setting="drugstore")]
    settle(con, [r for n in range(8) for r in year(f"D{n}", n)] + dear)
    assert found(con, "deadline_rush") == []
    con.execute("delete from feature.visit_bill where institution_id > 'D3'")
    assert found(con, "deadline_rush") == []
    assert coverage(con, "deadline_rush")[2] == 4


def test_part_of_a_month_new_places_and_stays_are_no_rush(con):
    settle(con, [r for n in range(8) for r in year(f"D{n}", n, 3.0 if n == 2 else 1.0)])
    assert [s for s, *_ in found(con, "deadline_rush")] == ["D2"]
    con.execute(
        "update feature.visit_bill set care_setting = 'inpatient' where institution_id = 'D2' and month(month) = 12"
    )
    assert found(con, "deadline_rush") == []
    con.execute("update feature.visit_bill set care_setting = 'drugstore'")
    con.execute("delete from feature.visit_bill where institution_id = 'D2' and month(month) < 9")
    assert found(con, "deadline_rush") == []
    for table in ("visit_bill", "settlement"):
        con.execute(f"delete from feature.{table} where settled_on > date '2025-12-20'")
    span(con)
    assert found(con, "deadline_rush") == [] and coverage(con, "deadline_rush")[0] == 0


def test_another_deadline_can_be_given(con):
    rows = [r for n in range(8) for r in year(f"D{n}", n)]
    more = [r | {"settlement_id": r["settlement_id"] + c, "settled_at": r["settled_at"].replace(month=6)}
            for r in rows if r["institution_id"] == "D4" and r["settled_at"].month == 5 for c in "ab"]  # fmt: skip
    settle(con, rows + more)
    assert found(con, "deadline_rush") == []
    assert [s for s, *_ in found(con, "deadline_rush", months="2025-06")] == ["D4"]


# --------------------------------------------------------------------------------------- check_in_failure


def checked(con, failed=lambda place: 0.02, far=lambda place: 0.02, places=10, each=120, seed=1):
    """Places with as many check-ins; shares of those that fail or come from 5 km away."""
    rng, rows, checks = np.random.default_rng(seed), [], []
    for p in range(places):
        for n in range(each):
            at = START + timedelta(days=n, hours=9)
            rows.append(visit(f"H{p}-{n}", f"P{p}-{n}", at, f"H{p}"))
            checks.append(
                {
                    "check_in_id": f"C{p}-{n}", "person_id": f"P{p}-{n}", "institution_id": f"H{p}",
                    "checked_in_at": at, "is_face_match": bool(rng.random() >= failed(p)), "longitude": 104.0,
                    "latitude": 30.0 + (0.05 if rng.random() < far(p) else 0.0),
                }
            )  # fmt: skip
    settle(con, rows)
    con.register("checks", pl.DataFrame(checks).to_arrow())
    con.execute("insert into record.check_in by name select * from checks")
    con.execute("update feature.institution set longitude = 104, latitude = 30")


def test_place_whose_faces_fail_is_found_by_settlement(con):
    checked(con, failed=lambda p: 0.3 if p == 3 else 0.02)
    hits = found(con, "check_in_failure")
    assert {s for s, *_ in hits} == {"H3"} and 20 <= len(hits) <= 50
    assert hits[0][3]["own"] > 20 and hits[0][3]["usual"] < 6 and hits[0][3]["peers"] == 10


def test_place_whose_check_ins_come_from_elsewhere_is_found(con):
    checked(con, far=lambda p: 0.4 if p == 3 else 0.02)
    assert {(s, d["indicator"]) for s, _, _, d in found(con, "check_in_failure")} == {("H3", "far_share")}


@pytest.mark.parametrize(
    "shares", [{}, {"failed": lambda p: 0.3}, {"far": lambda p: 1.0 if p == 3 else 0.02}],
    ids=["ordinary", "everywhere", "wrong position in the register"],
)  # fmt: skip
def test_check_ins_that_say_nothing(con, shares):
    checked(con, **shares)
    assert found(con, "check_in_failure") == []


@pytest.mark.parametrize("changed", ["care_setting = 'emergency'", "settlement_type = '1'"])
def test_emergencies_and_the_counter_need_no_check_in(con, changed):
    checked(con, failed=lambda p: 0.3 if p == 3 else 0.02)
    con.execute(f"update feature.visit_bill set {changed}")
    assert found(con, "check_in_failure") == []


def test_second_try_that_succeeds_counts_and_small_places_cannot_be_judged(con):
    checked(con, failed=lambda p: 0.3 if p == 3 else 0.02)
    con.execute(
        "insert into record.check_in by name select check_in_id || 'b' as check_in_id, * exclude (check_in_id,"
        " is_face_match), true as is_face_match from record.check_in"
    )
    assert found(con, "check_in_failure") == []
    con.execute("delete from record.check_in where check_in_id > 'C0-3' or check_in_id like 'C%-9%'")
    found(con, "check_in_failure")
    assert coverage(con, "check_in_failure")[2] >= 1


# --------------------------------------------------------------------------------------- operator_outlier


def repaid(con, by, amount=lambda o, n: 500.0 + 10 * n, hour=10, person=lambda o, n: f"P{o}-{n}"):
    rows = [
        visit(f"{o}-{n}", person(o, n), datetime(2025, 3, 3 + n % 5, hour, n % 60), "H1", amount(o, n),
              operator_id=o, settlement_type="1")
        for o, count in by.items()
        for n in range(count)
    ]  # fmt: skip
    settle(con, rows)


OPERATORS = {f"O{n}": 22 + n for n in range(7)}


def test_operator_far_above_the_others_is_found_at_the_office(con):
    repaid(con, OPERATORS | {"O9": 60}, lambda o, n: 9000.0 if o == "O9" else 500.0 + 10 * n)
    hits = found(con, "operator_outlier")
    assert len(hits) == 60 and {s for s, *_ in hits} == {"519901"}
    assert hits[0][3]["operator"] == "O9" and hits[0][3]["peers"] == 7
    assert hits[0][3]["unit"] == "¥" and hits[0][3]["own"] > 2 * hits[0][3]["usual"]
    assert DETECTORS["operator_outlier"].card.status == "trial"


def test_many_repayments_to_one_person_are_found_even_where_operators_are_few(con):
    repaid(con, {"O1": 8, "O2": 8}, person=lambda o, n: "same" if o == "O1" and n < 6 else f"P{o}-{n}")
    assert len(found(con, "operator_outlier")) == 6


def test_ordinary_operators_and_settlements_at_institutions_are_clear(con):
    repaid(con, OPERATORS)
    settle(con, [r | {"operator_id": "T"} for r in everyday()])
    assert found(con, "operator_outlier") == []
    assert coverage(con, "operator_outlier")[:3] == (sum(OPERATORS.values()), 0, 0)


def test_bills_settled_anew_for_more_are_found_and_the_difference_is_at_issue(con):
    repaid(con, OPERATORS)
    before = [visit(f"old{n}", f"R{n}", datetime(2025, 4, 1 + n, 9), operator_id="O1") for n in range(6)]
    after = [visit(f"new{n}", f"R{n}", datetime(2025, 4, 2 + n, 9), amount=200.0, operator_id="O1") for n in range(6)]
    settle(con, before + after)
    con.execute("delete from feature.settlement where starts_with(settlement_id, 'Sold')")
    con.execute("update feature.settlement set started_on = '2025-04-01' where starts_with(settlement_id, 'Snew')")
    con.execute("update record.settlement set started_on = '2025-04-01' where starts_with(settlement_id, 'Sold')")
    con.execute(
        "insert into record.settlement by name select 'R' || settlement_id as settlement_id, person_id, institution_id,"
        " settled_at + interval 1 hour as settled_at, true as is_refund, operator_id, -fund_amount as fund_amount"
        " from record.settlement where starts_with(settlement_id, 'Sold')"
    )
    con.execute(
        "insert into feature.refund by name select 'R' || settlement_id as refund_id, settlement_id, 'named' as pairing"
        " from record.settlement where starts_with(settlement_id, 'Sold')"
    )
    hits = found(con, "operator_outlier")
    assert [t for _, t, *_ in hits] == [f"Snew{n}" for n in range(6)] and {a for _, _, a, _ in hits} == {70.0}
    con.execute("update feature.settlement set fund_amount = 30 where starts_with(settlement_id, 'Snew')")
    assert found(con, "operator_outlier") == []


def test_without_operators_it_says_what_it_needs(con):
    settle(con, everyday())
    assert found(con, "operator_outlier") == []
    assert "opter_id" in coverage(con, "operator_outlier")[3]


# ---------------------------------------------------------------------------------------- neighbour_surge


def suspended(con, to="D1", movers=20):
    """Store D0 is suspended in April; its customers then go to one neighbour, or to three in turn."""
    rows = [r for n in range(1, 8) for r in everyday(f"D{n}", 200, 3, seed=n, setting="drugstore")]
    rows += [visit(f"a{n}-{d}", f"K{n}", START + timedelta(days=d, hours=9, minutes=n), "D0", setting="drugstore")
             for n in range(movers) for d in (5, 40, 150)]  # fmt: skip
    for n in range(movers):
        for d in range(91, 119, 3):
            where = to if to != "all" else f"D{1 + n % 3}"
            rows.append(visit(f"m{n}-{d}", f"K{n}", START + timedelta(days=d, hours=10, minutes=n), where,
                              setting="drugstore"))  # fmt: skip
    settle(con, rows)
    con.execute("update feature.institution set latitude = 30 + 0.005 * cast(substr(institution_id, 2) as integer),"
                " longitude = 104")  # fmt: skip
    con.execute("update feature.institution set latitude = 31 where institution_id > 'D3'")
    con.execute(
        "insert into record.contract by name select 'D0' as institution_id, unnest([date '2024-01-01', date"
        " '2025-05-01']) as valid_from, unnest([date '2025-03-31', null]) as valid_to"
    )


def test_one_neighbour_that_takes_the_suspended_stores_customers_is_found(con):
    suspended(con)
    hits = found(con, "neighbour_surge")
    assert {s for s, *_ in hits} == {"D1"} and len(hits) >= 180
    detail = hits[0][3]
    assert detail["paused_id"] == "D0" and detail["moved"] == 20 and detail["ratio"] > 1.5 and detail["peers"] == 4


@pytest.mark.parametrize("to, movers", [("all", 20), ("D1", 5)])
def test_customers_who_spread_and_few_customers_are_clear(con, to, movers):
    suspended(con, to, movers)
    assert found(con, "neighbour_surge") == []
    assert coverage(con, "neighbour_surge")[0] == movers * 10


def test_surge_of_all_places_is_usual(con):
    suspended(con)
    surge = [
        r | {"settled_at": r["settled_at"] + timedelta(days=90)}
        for n in range(2, 8)
        for r in everyday(f"D{n}", 30, 30, seed=50 + n, setting="drugstore", prefix=f"surge{n}")
    ]
    settle(con, surge)
    assert found(con, "neighbour_surge") == []


def test_place_without_position_is_no_neighbour(con):
    suspended(con)
    con.execute("update feature.institution set longitude = null, latitude = null where institution_id = 'D1'")
    assert found(con, "neighbour_surge") == []


def test_only_neighbour_cannot_be_judged(con):
    suspended(con)
    con.execute("update feature.institution set latitude = 33 where institution_id in ('D2', 'D3')")
    assert found(con, "neighbour_surge") == []
    assert coverage(con, "neighbour_surge")[2] == 1
