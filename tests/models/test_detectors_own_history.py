"""A department's share of drugs beside its own months: what jumps is named with its item, what does not is silent."""

import json

import numpy as np
import pytest

from models import detectors
from models.detectors.peers.department_drug_share.find import least_likely
from models.sources import source

OWN = {d.id: d for d in detectors.load()}["department_drug_share"]


def fill(con, drugs, months=24, house="H1"):
    """Fee lines of departments (rows of `drugs`: the share of drugs a month) with 10,000 yuan a month each."""
    con.execute("insert into feature.delivery_span (first_on, last_on) values (date '2024-01-01', date '2025-12-31')")
    rows = []
    for number, shares in enumerate(drugs):
        for month in range(months):
            day = f"{2024 + month // 12}-{1 + month % 12:02}-15"
            part = round(float(shares[month]) * 10_000, 2)
            rows += [(house, f"D{number}", day, "09", "drug A" if number else "drug B", part)]
            rows += [(house, f"D{number}", day, "03", "test", 10_000 - part)]
    con.executemany(
        "insert into feature.fee_line (settlement_id, encounter_id, line_id, institution_id, department_code, charged_on,"
        " fee_category, item_name, eligible_amount, is_pharmacy) values"
        " ('S', 'E', uuid(), ?, ?, cast(? as date), ?, ?, ?, false)",
        rows,
    )
    con.execute("insert into record.settlement (settlement_id) values ('S')")
    con.execute("insert into record.fee_line (line_id, encounter_id, fee_category) values ('1', 'E', '09')")


def found(con):
    source.run(con, OWN, "x")
    return [
        (subject, str(day), float(amount), json.loads(detail))
        for subject, day, amount, detail in con.sql(
            "select subject_id, occurred_on, amount, detail from model.finding where subject_type = 'institution'"
        ).fetchall()
    ]


@pytest.fixture
def shares():
    return np.random.default_rng(1).normal(0.35, 0.02, (4, 24))


def test_a_jump_of_two_months_is_named_with_its_item_though_the_house_is_even(con, shares):
    shares[0, 10:12] += 0.18
    shares[1, 10:12] -= 0.18
    fill(con, shares)
    hits = found(con)
    assert [(h[0], h[1], h[3]["item_name"], h[3]["month"], h[3]["last_month"]) for h in hits] == [
        ("H1", "2024-11-01", "drug B", "2024-11", "2024-12")
    ]
    assert hits[0][2] == pytest.approx(0.18 * 20_000, rel=0.1) and hits[0][3]["innocent"]


def test_what_the_whole_house_does_is_nobodys_jump(con, shares):
    shares[:, 10:12] += 0.18
    fill(con, shares)
    assert found(con) == []


def test_an_honest_house_is_silent_and_a_young_department_is_not_judged(con, shares):
    fill(con, shares, months=11)
    assert found(con) == []
    rows = con.sql("select hits, reason from model.coverage where source = 'department_drug_share'").fetchall()
    assert [(hits, "too few months" in reason) for hits, reason in rows] == [(0, True)]


def test_fewer_than_one_honest_series_in_a_thousand_is_named():
    rng = np.random.default_rng(3)
    chance, _ = least_likely(rng.normal(-0.6, 0.13, (20_000, 24)) - rng.normal(-0.6, 0.05, (20_000, 24)))
    assert (chance <= 0.001).mean() < 0.001
