"""Plans of visits: never more than the staff has, what is due first, the best there is, a draw that can be repeated."""

from datetime import date, timedelta

import polars as pl
import pytest

from data.errors import UsageError
from models.casebook import plans
from models.visits import planning
from models.visits.planning import Ask, Lane

MONDAY = date(2026, 3, 2)


def days(number, first=MONDAY):
    """So many working days in a row, weekends left out."""
    found = [first + timedelta(days=n) for n in range(2 * number + 7)]
    return [d for d in found if d.isoweekday() < 6][:number]


def ask(staff=2, length=20, team=2, control=0.0, unvisited=0.0, seed=1):
    return Ask(staff, length, team, control, unvisited, seed, days(length)[-1])


def lanes(asked):
    every = [(d, half) for d in days(int(asked.days)) for half in planning.HALVES]
    return [Lane(n, every) for n in range(1, planning.teams(asked.staff, asked.team) + 1)]


def places(*rows):
    """Places by (id, division, days of a visit, expected yuan), and what else each is said to be."""
    made = [
        {
            "institution_id": id, "region": region, "visit_days": takes, "first_days": min(takes, 3.0),
            "expected": expected, "amount": expected, "records": 60, "is_worth_it": expected > 0,
            "is_unvisited": False, "due_on": None, "is_carried": False, "visit_id": None,
        } | (more[0] if more else {})
        for id, region, takes, expected, *more in rows
    ]  # fmt: skip
    return pl.DataFrame(made, schema_overrides={"due_on": pl.Date, "visit_id": pl.String})


def fill(frame, asked, before=lambda *_: None):
    return planning.fill(frame, lanes(asked), asked, before)


def chosen(plan):
    return [v["institution_id"] for v in plan.visits]


@pytest.mark.parametrize(("staff", "length"), [(1, 1), (1, 5), (2, 7), (3, 20), (5, 13)])
def test_no_team_is_at_two_places_at_once_and_no_plan_exceeds_its_days(staff, length):
    asked = ask(staff, length, min(2, staff), control=0.1, unvisited=0.2, seed=5)
    many = places(*((f"H{n:02}", f"9901{n % 4}", 1.5 + n % 5, 1000.0 - 17 * n) for n in range(40)))
    plan = fill(many, asked)
    assert plan.visits and len(set(chosen(plan))) == len(plan.visits)
    assert sum(v["inspector_days"] for v in plan.visits) <= staff * length
    for number in {v["team_number"] for v in plan.visits}:
        own = [v for v in plan.visits if v["team_number"] == number]
        place = [(v["start_on"], planning.HALVES.index(v["start_half"])) for v in own]
        ends = [(v["end_on"], planning.HALVES.index(v["end_half"])) for v in own]
        assert all(end < start for end, start in zip(ends, place[1:], strict=False))
        assert sum(v["half_days"] for v in own) <= 2 * length


def test_what_brings_most_a_day_comes_first():
    plan = fill(places(("H1", "a", 10, 1000), ("H2", "a", 2, 400), ("H3", "a", 4, 300)), ask(2, 3))
    assert set(chosen(plan)) == {"H2", "H3"}, "six inspector-days: 200 and 75 a day; 100 a day needs ten"


def test_a_team_of_one_with_five_days_gets_the_best_visit_in_part():
    plan = fill(places(("H1", "a", 10, 9000), ("H2", "a", 5, 20)), ask(1, 5, 1))
    assert chosen(plan) == ["H1"]
    visit = plan.visits[0]
    assert visit["share"] == 0.5 and visit["planned_records"] == 30 and visit["expected"] == 4500
    assert visit["inspector_days"] == 5


def test_visits_of_a_division_go_together():
    far = places(("H1", "a", 2, 500), ("H2", "b", 2, 490), ("H3", "a", 2, 480), ("H4", "b", 2, 470))
    plan = fill(far, ask(2, 5))
    regions = [v["region"] for v in plan.visits]
    assert regions in (["a", "a", "b", "b"], ["b", "b", "a", "a"])
    assert [v["travel_days"] for v in plan.visits] == [0, 0, 1, 0], "the way to the other one is counted once"


def test_what_is_due_comes_before_what_brings_more():
    due = {"due_on": MONDAY + timedelta(days=3)}
    plan = fill(places(("H1", "a", 2, 900), ("H2", "a", 2, 10, due), ("H3", "a", 2, 0, due)), ask(2, 2))
    assert sorted(chosen(plan)) == ["H2", "H3"] and {v["why"] for v in plan.visits} == {"due"}
    later = {"due_on": MONDAY + timedelta(days=300)}
    assert chosen(fill(places(("H1", "a", 2, 900), ("H2", "a", 2, 10, later)), ask(2, 1))) == ["H1"]


def test_a_share_goes_to_places_never_visited():
    never = {"is_unvisited": True}
    known = [(f"H{n}", "a", 2, 900 - n) for n in range(20)]
    plan = fill(places(*known, ("N1", "a", 2, 5, never), ("N2", "a", 2, 0, never)), ask(2, 10, unvisited=0.2))
    new = [v for v in plan.visits if v["institution_id"].startswith("N")]
    assert {v["why"] for v in new} == {"unvisited"} and len(new) == 2
    assert sum(v["half_days"] for v in new) >= 0.2 * plan.half_days
    assert not [i for i in chosen(fill(places(*known, ("N1", "a", 2, 5, never)), ask(2, 10))) if i == "N1"]


def test_control_visits_are_drawn_with_a_published_frame():
    heard = []
    rows = [(f"H{n:02}", "a", 3, 900 - n) for n in range(4)] + [(f"C{n:02}", "a", 3, 0) for n in range(30)]
    asked = ask(4, 20, control=0.1)
    plan = fill(places(*rows), asked, lambda frame, digest: heard.append((frame, digest)))
    drawn = [v for v in plan.visits if v["why"] == "control"]
    frame, digest = heard[0]
    assert len(drawn) == plan.drawn == 2 and set(v["institution_id"] for v in drawn) <= set(frame)
    assert digest == plan.frame_hash and {v["probability"] for v in drawn} == {round(2 / len(frame), 6)}
    again = fill(places(*reversed(rows)), asked)
    assert chosen(again) == chosen(plan), "the same places, staff and seed give the same plan"
    others = {tuple(chosen(fill(places(*rows), ask(4, 20, control=0.1, seed=s)))) for s in (2, 3, 4)}
    assert others != {tuple(chosen(plan))}


def test_a_draw_gives_every_place_the_same_chance():
    rows = [(f"C{n}", "a", 3, 0) for n in range(8)]
    counts = dict.fromkeys((r[0] for r in rows), 0)
    for seed in range(400):
        for visit in fill(places(*rows), ask(2, 20, control=0.1, seed=seed)).visits:
            counts[visit["institution_id"]] += 1
    assert sum(counts.values()) == 400 and min(counts.values()) > 25 and max(counts.values()) < 80


@pytest.fixture
def book(con):
    """Three places with settlements, and a calendar with a holiday and a weekend that is worked."""
    for n in (1, 2, 3):
        con.execute(
            "insert into feature.institution (institution_id, institution_name, is_pharmacy, division)"
            " values ($id, $id, false, '990101')",
            {"id": f"H{n}"},
        )
        con.execute(
            "insert into feature.settlement (settlement_id, institution_id) values ($s, $i)",
            {"s": f"S{n}", "i": f"H{n}"},
        )
    con.execute(
        "insert into knowledge.calendar (on_date, kind, name_zh, basis, layer)"
        " values ('2026-03-03', 'holiday', '某节', '通知', 'starter'), ('2026-03-07', 'workday', '某节', '通知', 'starter')"
    )
    return con


def worth(*rows):
    """What leads say of places: (id, days of a visit, expected)."""
    return pl.DataFrame(
        [
            {
                "institution_id": id, "subject_type": "institution", "visit_days": takes, "first_days": 3.0,
                "desk_days": None, "amount": 100, "fund": 50, "leads": 1, "expected": expected, "desk_expected": 0.0,
                "records": 60, "desk_records": 0, "is_worth_it": True, "visit_amount": 100,
            }
            for id, takes, expected in rows
        ],
        schema_overrides={"desk_days": pl.Float64, "visit_days": pl.Float64, "expected": pl.Float64},
    )  # fmt: skip


def planned(con, first, length=5, staff=2, rows=(("H1", 4, 900.0), ("H2", 4, 500.0), ("H3", 4, 100.0)), keep=True):
    free = plans.window(con, first, None, length)
    asked = Ask(staff, length, min(2, staff), 0.0, 0.0, 1, free.last)
    made, past = plans.make(con, worth(*rows), free, asked, lambda *_: None)
    if keep and made.visits:
        plans.store(con, made, asked, free, "run", {}, first, lambda: None)
    return made, past


def test_working_days_leave_out_holidays_and_count_worked_weekends(book):
    free = plans.window(book, MONDAY, None, 5)
    assert free.days == [MONDAY, *(date(2026, 3, d) for d in (4, 5, 6, 7))] and free.is_known
    assert not plans.window(book, date(2027, 1, 4), None, 5).is_known
    with pytest.raises(UsageError, match="no working day"):
        plans.window(book, date(2026, 3, 3), date(2026, 3, 3), 5)


def test_the_next_plan_plans_nothing_twice_and_takes_no_day_twice(book):
    first, _ = planned(book, MONDAY)
    assert chosen(first) == ["H1", "H2"]
    second, _ = planned(book, MONDAY)
    assert chosen(second) == ["H3"] and second.visits[0]["share"] == 0.5, "half a day short: one day is left"
    third, _ = planned(book, MONDAY)
    assert not third.visits and third.taken == 10
    assert plans.standing(book).height == 3


def test_overdue_visits_are_told_and_moved_under_their_own_number(book):
    first, _ = planned(book, MONDAY, 2)
    number, due = first.visits[0]["visit_id"], first.visits[0]["due_on"]
    second, past = planned(book, MONDAY + timedelta(days=28), 2)
    assert past["visit_id"].to_list() == [number]
    assert [(v["visit_id"], v["institution_id"], v["due_on"]) for v in second.visits] == [(number, "H1", due)]
    row = plans.standing(book).row(0, named=True)
    assert row["visit_id"] == number and row["start_on"] == MONDAY + timedelta(days=28) and row["due_on"] == due
    assert book.sql("select count(*) from casebook.plan_visit").fetchall() == [(2,)], "only ever appended to"


def test_a_visit_that_was_held_rests_and_one_that_was_dropped_does_not(book):
    planned(book, MONDAY)
    plans.note(book, "H1", "done", MONDAY, "", lambda: None)
    plans.note(book, "H2", "drop", MONDAY, "road closed", lambda: None)
    assert not plans.standing(book).height
    later, _ = planned(book, MONDAY + timedelta(days=60), keep=False)
    assert chosen(later) == ["H2", "H3"]
    with pytest.raises(UsageError, match="No open visit"):
        plans.note(book, "H1", "done", MONDAY, "", lambda: None)


def test_a_verdict_or_an_inspection_of_the_place_closes_its_visit(book):
    planned(book, MONDAY)
    book.execute(
        "insert into record.inspection_result (case_id, subject_type, subject_id, inspected_on)"
        " values ('C1', 'institution', 'H1', '2026-03-04'), ('C0', 'institution', 'H2', '2026-01-04')"
    )
    assert plans.standing(book)["institution_id"].to_list() == ["H2"]


def heard(book, rows):
    book.execute(
        "insert into casebook.outside_lead (outside_id, number, written_at, content_hash, file_hash, row_number, kind,"
        " received_on, subject_id, due_on, feedback_due_on) select id, 1, now(), id, id, 1, 'tip', date '2026-01-05',"
        f" place, cast(due_on as date), cast(feedback_due_on as date) from (values {rows})"
        " as t(id, place, due_on, feedback_due_on)"
    )


def test_what_is_due_from_outside_is_read_where_it_is_kept(book):
    heard(book, "('T1', 'H3', '2026-03-06', null), ('T2', 'H2', '2026-03-05', null), ('T3', 'H3', null, '2026-03-05')")
    book.execute(
        "insert into casebook.outside_event (number, written_at, outside_id, acted_on, act)"
        " values (99, now(), 'T2', '2026-02-01', 'feedback')"
    )
    made, _ = planned(book, MONDAY, 2)
    assert [(v["institution_id"], v["why"], v["due_on"]) for v in made.visits] == [("H3", "due", date(2026, 3, 5))]


@pytest.mark.parametrize(("visited_on", "is_due"), [("2026-01-04", True), ("2026-01-05", False)])
def test_an_answer_that_is_owed_still_is_no_second_visit(book, visited_on, is_due):
    planned(book, MONDAY)
    visit_id = plans.standing(book).filter(institution_id="H2")["visit_id"].item()
    plans.note(book, visit_id, "done", date.fromisoformat(visited_on), "", lambda: None)
    heard(book, "('T1', 'H2', '2026-03-20', null)")
    made, _ = planned(book, date(2026, 3, 16))
    assert ("H2" in {v["institution_id"] for v in made.visits if v["why"] == "due"}) == is_due


@pytest.mark.parametrize(("decided_on", "is_due"), [("2026-01-04", True), ("2026-01-05", False)])
def test_what_a_verdict_on_the_place_has_dealt_with_is_due_no_more(book, decided_on, is_due):
    book.execute(
        "insert into casebook.verdict (verdict_id, imported_at, file, row_number, subject_type, subject_id, conclusion,"
        " conclusion_said, decided_on, is_closing) values ('v', now(), 'f', 1, 'institution', 'H2', 'dismissed', 'x',"
        " cast($on as date), true)",
        {"on": decided_on},
    )
    heard(book, "('T1', 'H2', '2026-03-06', null)")
    made, _ = planned(book, MONDAY, 2)
    assert ("H2" in {v["institution_id"] for v in made.visits if v["why"] == "due"}) == is_due
