"""A round of inspector-days: the best a day first, never more days than there are, some of it drawn."""

import polars as pl
import pytest

from models.ranking import days, selection
from models.ranking.capacity import Capacity

ROUNDS = (1, 2, 5, 10, 20, 30)


def leads(*rows, **columns):
    """Leads as capacity.leads gives them; a row: lead_id, kind, desk_days, desk_yield, visit_days, visit_yield."""
    names = ["lead_id", "subject_type", "desk_days", "desk_yield", "visit_days", "visit_yield"]
    schema = dict.fromkeys(names[:2], pl.String) | dict.fromkeys(names[2:], pl.Float64)
    table = pl.DataFrame(rows, schema=schema, orient="row").with_columns(
        rank=pl.int_range(1, pl.len() + 1).over("subject_type"),
        propensity=pl.lit(0.5),
        rule=pl.lit(None, pl.String),
        institution_id=pl.lit(None, pl.String),
        is_ensemble=pl.lit(False),
        is_worth_it=pl.lit(True),
        expected_yield=pl.sum_horizontal("desk_yield", "visit_yield"),
        effort=pl.sum_horizontal("desk_days", "visit_days"),
    )
    return table.with_columns(**columns)


def county():
    """Twelve hospitals, thirty persons, ten doctors; the first of each are worth most, visits of hospitals are long."""
    hospitals = [(f"H{n:02d}", "institution", 0.4, 9000.0 / n, 4.0, 8000.0 / n) for n in range(1, 13)]
    persons = [(f"P{n:02d}", "person", None, 0.0, 0.8, 900.0 / n) for n in range(1, 31)]
    doctors = [(f"D{n:02d}", "practitioner", 0.3, 700.0 / n, None, 0.0) for n in range(1, 11)]
    return leads(*hospitals, *persons, *doctors)


def round_of(table, number, objective="both", seed=1, **capacity):
    """Every chosen lead with its arm and what is done about it, as the work list has them."""
    planned = days.plan(table, Capacity(days=number, **capacity), seed, objective)
    drawn = selection.draw(planned.frame).leads
    others = days.whole(table).join(planned.jobs, on="lead_id", how="anti")
    rows = drawn.join(pl.concat([planned.jobs, others]), on="lead_id", maintain_order="left")
    more = days.spare(planned, rows, number - rows["effort"].sum())
    return pl.concat([rows, selection.named(more, "spare").join(more, on="lead_id").select(rows.columns)])


@pytest.mark.parametrize("number", ROUNDS)
@pytest.mark.parametrize("objective", ["both", "hit_rate"])
def test_days_are_spent_and_never_more_than_there_are(number, objective):
    chosen = round_of(county(), number, objective)
    assert chosen["lead_id"].is_unique().all()
    assert number - 0.8 <= chosen["effort"].sum() <= number + 1e-6


@pytest.mark.parametrize("number", ROUNDS)
def test_the_first_of_a_list_come_before_the_others_of_it(number):
    chosen = round_of(county(), number).filter(arm="rank")
    hospitals = sorted(lead for lead in chosen["lead_id"] if lead.startswith("H"))
    assert hospitals and hospitals == [f"H{n:02d}" for n in range(1, len(hospitals) + 1)]


def test_what_the_record_proves_comes_before_any_visit():
    chosen = round_of(county(), 2, control=0).filter(arm="rank")
    assert set(chosen["job"]) == {"desk"} and chosen["lead_id"].head(4).to_list() == ["H01", "H02", "H03", "H04"]
    longer = dict(round_of(county(), 10, control=0).select("lead_id", "job").iter_rows())
    assert longer["H01"] == "desk and visit" and longer["H12"] == "desk"


def test_a_visit_that_is_worth_more_a_day_is_not_put_off_after_the_desk():
    table = leads(("A", "institution", 1.0, 10.0, 1.0, 1000.0), ("B", "institution", None, 0.0, 9.0, 10.0))
    assert round_of(table, 2.5).select("lead_id", "job", "effort").rows() == [("A", "desk and visit", 2.0)]


def test_a_lead_too_large_lets_others_pass_and_only_what_fits_nowhere_leaves_the_round_empty():
    table = leads(("A", "institution", None, 0.0, 9.0, 90000.0), ("B", "person", None, 0.0, 0.5, 1.0))
    assert round_of(table, 0.6)["lead_id"].to_list() == ["B"]
    assert round_of(table, 0.4).height == 0
    assert sorted(round_of(table, 9.5)["lead_id"]) == ["A", "B"]


@pytest.mark.parametrize("number", ROUNDS)
def test_from_ten_leads_on_some_are_drawn_from_those_not_chosen(number):
    chosen = round_of(county(), number)
    drawn = chosen.filter(arm="control")
    assert drawn.height >= (1 if chosen.height >= 10 else 0)
    assert drawn.height <= 0.25 * chosen.height + 1
    assert round_of(county(), number, control=0).filter(arm="control").height == 0
    assert set(chosen.filter(pl.col("arm") != "control")["probability"]) == {1.0}


def test_the_smallest_check_is_drawn_where_the_share_is_too_small_for_it():
    cheap = [(f"P{n:02d}", "person", 0.1, 500.0 - n, None, 0.0) for n in range(12)]
    dear = [(f"H{n:02d}", "institution", None, 0.0, 1.0, 10.0) for n in range(3)]
    chosen = round_of(leads(*cheap, *dear), 2.2, control=0.2)
    assert chosen.filter(arm="control").height == 1 and chosen["effort"].sum() <= 2.2 + 1e-6
    assert chosen.filter(arm="rank").height >= 9


@pytest.mark.slow
def test_drawing_happens_as_often_as_it_is_said():
    times, stated = {}, {}
    for seed in range(300):
        for lead, probability in round_of(county(), 20, seed=seed).filter(arm="control").select(
            "lead_id", "probability"
        ).iter_rows():  # fmt: skip
            times[lead] = times.get(lead, 0) + 1
            stated[lead] = probability
    assert len(times) > 10
    for lead, count in times.items():
        assert count / 300 == pytest.approx(stated[lead], abs=0.11)


def test_shares_that_nobody_can_use_go_to_the_best_a_day():
    table = county().with_columns(is_ensemble=pl.col("lead_id") == "H12")
    chosen = round_of(table, 5)
    assert chosen["effort"].sum() > 5 - 0.8 and "H01" in chosen["lead_id"].to_list()


def test_what_only_the_ensemble_sees_has_its_share():
    seen = county().with_columns(
        is_ensemble=pl.col("lead_id").is_in(["P29", "P30"]),
        visit_yield=pl.when(pl.col("lead_id").is_in(["P29", "P30"])).then(0.0).otherwise("visit_yield"),
    )
    chosen = round_of(seen, 20)
    assert set(chosen.filter(arm="ensemble")["lead_id"]) == {"P29", "P30"}


def test_bounds_hold_for_days_too():
    table = county().with_columns(institution_id=pl.lit("H1"))
    chosen = round_of(table, 2, per_institution=2, control=0)
    assert chosen.height > 2  # the places nobody else fills go by the best a day
    both = pl.when(pl.col("subject_type") == "institution").then(pl.lit("H1")).otherwise(None)
    mixed = round_of(county().with_columns(institution_id=both), 2, per_institution=2, control=0)
    assert len([lead for lead in mixed["lead_id"] if lead.startswith("H")]) == 2


@pytest.mark.parametrize("objective", ["both", "hit_rate"])
def test_what_has_no_fund_money_or_little_at_issue_comes_last(objective):
    small = county().with_columns(is_worth_it=pl.col("lead_id") != "H01")
    assert "H01" in round_of(county(), 5, control=0)["lead_id"].to_list()
    assert "H01" not in round_of(small, 5, objective, control=0)["lead_id"].to_list()
    assert "H01" in round_of(small, 1000, objective)["lead_id"].to_list()
