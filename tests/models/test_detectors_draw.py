"""Dear prescriptions at one store and benefits drawn down before the year ends, on small made-up worlds."""

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest


def bills(world, rows):
    """rows of (person, place, day, yuan[, practitioner[, has_choice]]): bills for one registered disease."""
    frame = pl.DataFrame(
        [
            {
                "settlement_id": f"S{n}", "encounter_id": f"E{n}", "person_id": person, "institution_id": place,
                "settled_on": day, "eligible_amount": yuan, "is_pharmacy": place[0] == "D", "diagnosis": "I10",
                "care_setting": "drugstore" if place[0] == "D" else "chronic",
                "practitioner_id": more[0] if more else None, "has_choice": more[1] if len(more) > 1 else True,
            }
            for n, (person, place, day, yuan, *more) in enumerate(rows)
        ]
    )  # fmt: skip
    world.add("feature.visit_bill", frame.drop("practitioner_id", "has_choice"))
    sent = frame.filter(pl.col("practitioner_id").is_not_null()).rename(
        {"institution_id": "store_id", "settled_on": "bought_on"}
    )
    columns = ("settlement_id", "encounter_id", "person_id", "store_id", "bought_on", "practitioner_id",
               "eligible_amount", "has_choice")  # fmt: skip
    world.add("feature.prescription_flow", sent.select(columns), hospital_id="H1", is_named=True)


def on(month, day=10):
    return date(2025, month, day)


# ---------------------------------------------------------------------------------- dear_prescription_flow


def prescribed(seed=1, practitioners=10, persons=8):
    """Everybody's bills vary a little, at the hospital and at stores, whoever prescribes."""
    rng = np.random.default_rng(seed)
    return [
        (f"P{d}-{p}", place, on(1 + n), round(float(rng.uniform(80, 120) * (1 + p)), 2), *by)
        for d in range(practitioners)
        for p in range(persons)
        for n, (place, *by) in enumerate([("H1",), ("H1",), ("H1",), (f"D{p % 4}", f"DR{d}"), (f"D{p % 4}", f"DR{d}")])
    ]


def dear(persons=6, times=5.0, own=3, **more):
    who = [f"Q{p}" for p in range(persons)]
    usual = [(p, "H1", on(1 + n), 100.0 + 10 * n) for p in who for n in range(own)]
    return usual + [(p, "D9", on(6), 110.0 * times, "DR99", more.get("has_choice", True)) for p in who]


def test_dear_prescriptions_at_one_store_are_found_by_bill(world):
    bills(world, prescribed() + dear())
    hits = world.judge("dear_prescription_flow")
    assert [(i, a) for i, _, a in hits] == [("D9", 440.0)] * 6
    detail = hits[0][1]
    assert detail["persons"] == 6 and detail["own"] == 5.0 and detail["usual_bill"] == 110.0
    assert detail["usual"] < 1.3 and detail["peers"] == 80
    assert world.clear() == 160 and world.cannot() == {}


@pytest.mark.parametrize(
    "rows",
    [
        [],
        dear(persons=3),
        dear(times=1.4),
        dear(has_choice=False),
        [(p, s, d, y * 9, *m) for p, s, d, y, *m in dear(times=1.0)],
        [*dear(persons=1, times=60.0), *[(f"R{n}", "D9", on(6), 100.0, "DR99") for n in range(5)],
         *[(f"R{n}", "H1", on(1 + m), 100.0) for n in range(5) for m in range(3)]],
        [(p, s, d, y / 20, *m) for p, s, d, y, *m in dear()],
    ],
    ids=["ordinary", "few persons", "little dearer", "no choice", "ill everywhere", "one new treatment", "small money"],
)  # fmt: skip
def test_prescriptions_that_are_ordinary(world, rows):
    bills(world, prescribed() + rows)
    assert world.judge("dear_prescription_flow") == []


def test_persons_without_other_bills_and_small_areas_cannot_be_judged(world):
    bills(world, prescribed() + dear(own=1))
    assert world.judge("dear_prescription_flow") == []
    assert world.cannot() == {"too few other bills for the disease to compare with": 6}
    assert world.judge("dear_prescription_flow", min_area=500) == []
    assert world.cannot() == {"too few other bills for the disease to compare with": 166}


# ------------------------------------------------------------------------------------------ year_end_draw


def yearly(stores=20, persons=8, seed=2, year=2025):
    """Persons who fetch at their own store every month; one in eight tries another in December."""
    rng = np.random.default_rng(seed)
    rows = []
    for s in range(stores):
        for p in range(persons):
            for month in range(1, 13):
                place = (s + 1) % stores if p == 0 and month == 12 else s
                rows.append((f"P{s}-{p}", f"D{place}", date(year, month, 5 + p), round(float(rng.uniform(60, 140)), 2)))
    return rows


def drawn(persons=7, times=5.0, month=12, earlier=10, place="D90", before="D3"):
    who = [f"Q{p}" for p in range(persons)]
    usual = [(p, before, on(1 + n), 100.0) for p in who for n in range(earlier)]
    return usual + [(p, place, on(month) + timedelta(days=n), 100.0 * times) for n, p in enumerate(who)]


def test_newcomers_who_draw_down_in_december_are_found(world):
    bills(world, yearly() + drawn())
    hits = world.judge("year_end_draw")
    assert [(i, a) for i, _, a in hits] == [("D90", 400.0)] * 7
    detail = hits[0][1]
    assert detail["newcomers"] == detail["persons"] == 7 and detail["own"] == 5.0 and detail["usual"] < 1.3
    assert world.con.sql("select count(distinct person_id) from judged where outcome = 'hit'").fetchall() == [(7,)]


@pytest.mark.parametrize(
    "rows",
    [
        [],
        drawn(persons=3),
        drawn(times=1.2),
        drawn(month=6, earlier=5),
        drawn(place="D90", before="D90"),
        [(p, s, d, y * (9 if y == 100.0 else 1)) for p, s, d, y in drawn(times=9.0)],
        [(p, s, d, y / 20) for p, s, d, y in drawn()],
    ],
    ids=["ordinary", "few", "usual size", "another month", "where they always go", "ill all year", "small money"],
)
def test_draws_that_are_ordinary(world, rows):
    bills(world, yearly() + rows)
    assert world.judge("year_end_draw") == []


def test_a_rush_everywhere_is_usual(world):
    rows = [
        (p, s if d.month < 12 else f"D{(int(s[1:]) + 1) % 20}", d, y * (5 if d.month == 12 else 1))
        for p, s, d, y in yearly()
    ]
    bills(world, rows)
    assert world.judge("year_end_draw") == []


def test_persons_without_earlier_bills_cannot_be_judged_and_another_year_end_can_be_given(world):
    bills(world, yearly() + drawn(earlier=2, month=6))
    assert world.judge("year_end_draw", months="6") == []
    assert world.cannot() == {"too few earlier bills for the disease to compare with": 7}
    assert len(world.judge("year_end_draw", months="6", min_own=2)) == 7
