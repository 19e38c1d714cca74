"""Drift: nothing where nothing changed, a state for each change, limits that hold by chance, and no subject kept."""

import json
import shutil

import numpy as np
import polars as pl
import pytest

from data.warehouse.connection import FILE_NAME, open_warehouse
from models.casebook import drift, profile


@pytest.fixture
def con(finished, tmp_path):
    settings, _ = finished
    shutil.copy(settings.home / FILE_NAME, tmp_path)
    with open_warehouse(tmp_path) as con:
        yield con


@pytest.mark.parametrize("n", [80, 250, 3000])
def test_the_stability_index_alarms_by_chance_as_often_as_it_says(n):
    draw = np.random.default_rng(n)
    alarms, means, by_chance = 0, [], 0.0
    for _ in range(400):
        before, now = draw.lognormal(0, 1, n), draw.lognormal(0, 1, n + 20)
        edges = profile.deciles(before)
        bins = drift._merged([profile.binned(before, edges), profile.binned(now, edges)], n // drift.A_BIN)
        index, by_chance, limit, p = drift.stability(*bins)
        assert (index > limit) == (p < 0.05)
        means.append(index)
        alarms += index > limit
    assert alarms / 400 < 0.09 and np.mean(means) == pytest.approx(by_chance, rel=0.35)


def test_a_shift_is_seen_and_a_small_sample_is_not_asked():
    before, now = np.arange(1000.0), np.arange(1000.0) * 1.3
    edges = profile.deciles(before)
    index, _, limit, p = drift.stability(profile.binned(before, edges), profile.binned(now, edges))
    assert index > 3 * limit and p < 1e-6
    assert sum(profile.binned(now, edges)) == 1000 and len(edges) == 9
    assert profile.deciles(np.zeros(50)) == [0.0] and profile.deciles(np.array([])) == []


def test_the_first_run_compares_with_nothing_and_the_next_one_with_the_first(con, finished):
    settings, said = finished
    this = next((settings.home / "runs").iterdir()).name
    first, _ = profile.before(con, this)
    assert first is None and drift.compare(con, this).height == 0 and drift.summary(drift.compare(con, this)) == ""
    assert "drift" not in said["publish"].sentence
    again = drift.compare(con, "next")
    assert set(again["compared_with"]) == {this} and not (again["state"] == drift.BEYOND).any()
    assert again.filter(what="top", state=drift.EXPECTED)["change"].to_list().count(1.0) >= 3
    assert again.filter(pl.col("what") == "source")["change"].drop_nulls().abs().max() == 0
    assert drift.summary(again) == f"no drift beyond chance since run {this}"


def test_where_only_a_rule_changed_no_indicator_of_the_data_did(con):
    con.execute(
        "update casebook.run_profile set hits = hits + 40 where what = 'source' and name = 'frequent_purchases'"
    )
    rows = drift.compare(con, "next").filter(what="indicator")
    assert rows.height > 20 and rows["before"].to_list() == rows["now"].to_list()
    assert set(rows["change"].drop_nulls()) == {0.0} and drift.BEYOND not in rows["state"]


@pytest.mark.parametrize(
    "of", [[4.0], [1.0, 2.0], [0.0] * 7 + [3.0] * 2, [1.0, 1.0, 5.0, 9.0], list(range(100)), [2.0] * 50 + [7.0] * 51]
)
def test_the_median_of_a_kept_profile_is_the_one_it_was_made_of(of):
    of = np.array(of, dtype=float)
    edges = profile.deciles(of)
    assert drift._middle(edges, profile.binned(of, edges)) == drift._median(of)


def test_a_month_more_is_no_drift(con):
    """A record that has grown by a month of the same business stands beside the one before."""
    last = con.sql("select max(last_on) from feature.delivery_span").fetchall()[0][0].replace(day=1)
    later = {
        t: con.sql(f"select * from feature.{t}").pl()
        for t in ("person_month", "institution_month", "pharmacy_month", "practitioner_day")
    }
    for table, day in (
        ("person_month", "month"),
        ("institution_month", "month"),
        ("pharmacy_month", "month"),
        ("practitioner_day", "charged_on"),
    ):
        con.execute(f"delete from feature.{table} where {day} >= $last", {"last": last})
    con.execute("delete from casebook.run_profile")
    profile.remember(con, "eleven months")
    for table, rows in later.items():
        con.register("rows_frame", rows)
        con.execute(f"delete from feature.{table}; insert into feature.{table} by name select * from rows_frame")
        con.unregister("rows_frame")
    rows = drift.compare(con, "twelve months").filter(what="indicator", subject_type="person")
    assert rows.height == 5 and not set(rows["state"]) - {drift.EXPECTED}


def test_what_an_older_version_measured_otherwise_is_called_so(con):
    con.execute("update casebook.run_profile set name = 'inpatient_days' where name = 'inpatient_days_a_month'")
    rows = {r["name"]: r for r in drift.compare(con, "next").filter(subject_type="person").iter_rows(named=True)}
    assert rows["inpatient_days"]["state"] == drift.OTHERWISE and rows["inpatient_days"]["change"] is None
    assert rows["inpatient_days_a_month"]["state"] == drift.NEW


def test_what_changed_is_named(con):
    con.execute(
        "update casebook.run_profile set hits = hits * 4 + 200 where what = 'source' and name = 'bill_reimbursed_twice'"
    )
    con.execute(
        "update casebook.run_profile set name = 'L' || place || n where what = 'top' and subject_type = 'person'"
    )
    con.execute("delete from casebook.run_profile where what = 'source' and name = 'idle_stay'")
    con.execute(
        "insert into casebook.run_profile select * replace ('no_more' as name) from casebook.run_profile where name = 'split_admission'"
    )
    con.execute("update feature.person_month set eligible_amount = eligible_amount * 2")
    said = drift.compare(con, "next")
    state = {(r["what"], r["subject_type"], r["name"]): r["state"] for r in said.iter_rows(named=True)}
    assert state["top", "person", "first 50"] == drift.BEYOND
    assert state["indicator", "person", "amount_a_month"] == drift.BEYOND
    assert state["indicator", "person", "days_a_month"] == drift.EXPECTED
    assert state["source", None, "idle_stay"] == drift.NEW and state["source", None, "no_more"] == drift.GONE
    line = drift.summary(said)
    assert "person amount_a_month" in line and line.endswith("beyond chance, see drift.csv")


def test_judged_leads_are_no_drift(con):
    con.execute(
        "update casebook.lead_register set closed_on = date '2025-12-31' where lead_id in"
        " (select lead_id from model.lead where subject_type = 'person' and rank <= 5)"
    )
    con.execute("delete from model.lead where subject_type = 'person' and rank <= 5")
    con.execute("update model.lead set rank = rank - 5 where subject_type = 'person'")
    row = drift.compare(con, "next").filter(what="top", subject_type="person").row(0, named=True)
    assert row["change"] == 1.0 and row["state"] == drift.EXPECTED


def test_a_profile_is_kept_once_and_holds_no_subject(con, finished):
    settings, _ = finished
    this = next((settings.home / "runs").iterdir()).name
    kept = con.sql("select * from casebook.run_profile").pl()
    profile.remember(con, this)
    assert con.sql("select * from casebook.run_profile").pl().equals(kept)
    assert set(kept["what"]) == {"indicator", "score", "source", "top"} and set(kept["place"]) == {1}
    people = con.sql(
        "select person_id from feature.person union all select institution_id from feature.institution"
    ).pl()
    assert not set(kept["name"]) & set(people.to_series())
    shape = kept.filter(what="indicator", name="amount_a_month").row(0, named=True)
    assert sum(json.loads(shape["counts"])) == shape["n"] and len(json.loads(shape["edges"])) == 9
    profile.remember(con, "next")
    assert con.sql("select run_id, min(place) from casebook.run_profile group by 1 order by 2").fetchall() == [
        (this, 1),
        ("next", 2),
    ]
    assert profile.before(con, "next")[0] == this and profile.before(con, "third")[0] == "next"
