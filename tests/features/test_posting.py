"""feature.fee_line.is_posted_in_bulk: when a day's units may stand for other days of the care."""

import pytest

from features import build

LINES = build.load()["fee_line"]


def posted(con, started_on, ended_on, *charges, setting="inpatient"):
    """The flag of each charge, (day, units of one item), in the order given."""
    con.execute("delete from record.fee_line; delete from feature.settlement")
    con.execute(
        "insert into feature.settlement (settlement_id, person_id, institution_id, care_setting, fund_rate, started_on,"
        " ended_on) values ('S1', 'P1', 'H1', ?, 0.5, ?, ?)",
        [setting, started_on, ended_on],
    )
    con.executemany(
        "insert into record.fee_line (line_id, encounter_id, settlement_id, charged_at, quantity, amount, item_code)"
        " values (?, 'E1', 'S1', ?, ?, 10, 'F1')",
        [[str(place), day, units] for place, (day, units) in enumerate(charges)],
    )
    rows = con.sql(f"select line_id, is_posted_in_bulk from ({LINES.query.text}) order by line_id").fetchall()
    return [flag for _, flag in rows]


@pytest.mark.parametrize(
    ("charges", "flags"),
    [
        pytest.param([("2025-03-10", 12)], [True], id="all on the last day"),
        pytest.param([("2025-03-01", 9)], [True], id="all in advance"),
        pytest.param([("2025-03-10", 4), ("2025-03-10", 4)], [True, True], id="two lines of the last day"),
        pytest.param([("2025-03-07", 7), ("2025-03-10", 3)], [True, True], id="by the week"),
        pytest.param([(f"2025-03-0{d}", 1) for d in range(1, 9)], [False] * 8, id="day by day"),
        pytest.param(
            [("2025-03-01", 1), ("2025-03-02", 3), ("2025-03-03", 1)], [False] * 3, id="a day between charged days"
        ),
        pytest.param([("2025-03-05", 1)], [False], id="one unit once"),
        pytest.param([("2025-03-12", 1)], [True], id="after the stay"),
    ],
)
def test_units_that_may_stand_for_other_days(con, charges, flags):
    assert posted(con, "2025-03-01", "2025-03-10", *charges) == flags


def test_an_observation_ward_of_three_days_posts_like_a_stay(con):
    assert posted(con, "2025-03-01", "2025-03-03", ("2025-03-03", 3), setting="emergency") == [True]


def test_a_visit_of_one_day_holds_its_units(con):
    assert posted(con, "2025-03-01", "2025-03-01", ("2025-03-01", 3), setting="outpatient") == [False]


def test_unknown_days_say_nothing(con):
    assert posted(con, None, None, ("2025-03-01", 3)) == [None]
