"""Steps in the monthly money, and the scan that finds them."""

import json

import numpy as np
import polars as pl
import pytest

from features import build
from models import detectors
from models.detectors.peers import shift
from models.sources import source

GROWTH = {d.id: d for d in detectors.load()}["growth_break"]


@pytest.fixture
def con(con):
    con.execute("insert into record.settlement (settlement_id) values ('S')")
    return con


def money(rng, institutions=20, months=12):
    size = rng.lognormal(10, 1, institutions)[:, None]
    season = np.exp(rng.normal(0, 0.3, months))[None, :]
    return size * season * np.exp(rng.normal(0, 0.08, (institutions, months)))


def settle(con, amounts, pharmacy=False, first="2025-01-01", last="2025-12-31", kind="A"):
    n, months = amounts.shape
    start = pl.date_range(pl.lit("2025-01-01").str.to_date(), pl.lit("2027-12-01").str.to_date(), "1mo", eager=True)
    frame = pl.DataFrame(
        {
            "institution_id": np.repeat([f"H{i:02}" for i in range(n)], months),
            "month": start[:months].to_list() * n,
            "eligible_amount": amounts.ravel(),
        }
    ).with_columns(settlements=100, is_pharmacy=pharmacy)
    con.register("given", frame.filter(pl.col("eligible_amount") > 0).to_arrow())
    con.execute("insert into feature.institution_month by name select * from given")
    con.execute("insert into feature.institution by name select distinct institution_id, is_pharmacy from given")
    con.execute(
        "insert into feature.institution_peer_group by name select distinct institution_id, $k || '|1' as key_1,"
        " $k || '|all' as key_2, $k as key_3, 'all' as key_4, 1 as breadth from given", {"k": kind}
    )  # fmt: skip
    con.execute(
        "insert into feature.settlement (settlement_id, settled_on) values ('a', $f), ('b', $l)",
        {"f": first, "l": last},
    )
    con.execute(f"create or replace table feature.delivery_span as {build.load()['delivery_span'].query.text}")


def found(con):
    source.run(con, GROWTH, "x")
    rows = con.sql(
        "select subject_type, subject_id, occurred_on, amount, detail from model.finding order by subject_id"
    ).fetchall()
    return [(t, s, str(d), float(a), json.loads(x)) for t, s, d, a, x in rows]


def test_ordinary_years_give_nothing(con):
    for seed in range(5):
        con.execute("delete from feature.institution_month; delete from feature.institution_peer_group")
        settle(con, money(np.random.default_rng(seed), 40))
        assert found(con) == []


def test_step_is_found_with_its_month_and_money(con):
    amounts = money(np.random.default_rng(1))
    before = amounts[4].copy()
    amounts[4, 8:] *= 2.5
    settle(con, amounts)
    [(kind, subject, on, excess, detail)] = found(con)
    assert (kind, subject, on) == ("institution", "H04", "2025-09-01")
    assert excess == pytest.approx(1.5 * before[8:].sum(), rel=0.15)
    assert detail["ratio"] == pytest.approx(2.5, rel=0.1) and detail["months_after"] == 4
    assert detail["own"] / detail["usual"] == pytest.approx(detail["ratio"], rel=0.01) and detail["peers"] == 20
    assert GROWTH.card.sentence.format(**detail) and GROWTH.card.sentence_zh.format(**detail)


def test_drugstores_are_named_as_drugstores(con):
    amounts = money(np.random.default_rng(2))
    amounts[0, 7:] *= 3
    settle(con, amounts, pharmacy=True)
    assert [(t, s) for t, s, *_ in found(con)] == [("pharmacy", "H00")]


def test_step_that_all_peers_take_is_none(con):
    amounts = money(np.random.default_rng(3))
    amounts[:, 7:] *= 2.5
    settle(con, amounts)
    assert found(con) == []


@pytest.mark.parametrize("change", ["fall", "one month", "five months before"])
def test_other_changes_are_no_step(con, change):
    amounts = money(np.random.default_rng(4))
    if change == "fall":
        amounts[3, 7:] /= 3
    elif change == "one month":
        amounts[3, 11] *= 3
    else:
        amounts[3, :5] = 0
    settle(con, amounts)
    assert found(con) == []


def test_what_cannot_be_judged_is_said(con):
    amounts = money(np.random.default_rng(5), 12)
    amounts[2, 3] = 0
    settle(con, amounts)
    found(con)
    assert con.sql("select judged, cannot_judge, reason from model.coverage").fetchall() == [
        (11, 1, "too few months or settlements (1)")
    ]


def test_few_months_and_few_peers_cannot_be_judged(con):
    settle(con, money(np.random.default_rng(6), 4))
    found(con)
    assert con.sql("select judged, reason from model.coverage").fetchall() == [(0, "too few peers (4)")]
    con.execute("delete from feature.institution_month where month >= date '2025-08-01'")
    found(con)
    assert con.sql("select judged, reason from model.coverage").fetchall() == [(0, "too few months or settlements (4)")]


def test_last_month_delivered_in_part_does_not_count(con):
    amounts = money(np.random.default_rng(7), 20, 13)
    amounts[:, 12] /= 20
    amounts[1, 12] = 0
    settle(con, amounts, last="2026-01-02")
    assert found(con) == []
    assert con.sql("select judged, cannot_judge from model.coverage").fetchall() == [(20, 0)]


def test_same_answer_twice(con):
    amounts = money(np.random.default_rng(8))
    amounts[4, 8:] *= 2
    settle(con, amounts)
    assert found(con) == found(con)


def test_scan_places_the_step_and_its_spread_does_not_count_it():
    rng = np.random.default_rng(9)
    level = rng.normal(0, 0.1, (50, 24))
    plain = shift.spread(level)
    level[:, 15:] += 1
    assert np.allclose(shift.spread(level), plain, atol=0.06)
    shifts = shift.strongest(level, 6, 2, np.full(50, 0.05), 99, 1)
    assert (shifts.place == 15).all()
    assert (shifts.chance <= 0.02).all()
    assert np.allclose(shifts.after - shifts.before, 1, atol=0.2)
