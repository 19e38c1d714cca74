"""Persons who go together, on small made-up towns."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from models import detectors
from models.sources import detector, source
from models.sources.work import Work

RING = {d.id: d for d in detectors.load()}["co_visit_ring"]
START = np.datetime64("2025-01-01")


@pytest.fixture
def con(con):
    con.execute("set threads = 2")
    return con


def visits(person, institution, day, hour, setting="outpatient", age=50.0):
    """Rows of visits; every argument is one value or one a row."""
    columns = {"person_id": person, "institution_id": institution, "day": day, "hour": hour, "age_years": age}
    wide = np.broadcast_arrays(*[np.asarray(v) for v in columns.values()])
    frame = pl.DataFrame(dict(zip(columns, wide, strict=True)))
    return frame.with_columns(care_setting=pl.lit(setting), age_years=pl.col("age_years").cast(pl.Float64))


def town(rng, persons=400, each=10):
    """Everybody at three places of twelve, on any day and hour."""
    own = rng.integers(0, 12, (persons, 3))
    who = np.repeat(np.arange(persons), each)
    place = own[who, rng.integers(0, 3, len(who))]
    return visits(
        np.char.add("P", who.astype(str)), np.char.add("I", place.astype(str)),
        rng.integers(0, 360, len(who)), rng.integers(8, 18, len(who)),
    )  # fmt: skip


def ring(rng, members=8, trips=12, places=("I0", "I1", "I2"), attendance=0.8, name="R"):
    day, hour = rng.choice(360, trips, replace=False), rng.integers(8, 17, trips)
    came = rng.random((members, trips)) < attendance
    member, trip = np.nonzero(came)
    late = rng.integers(0, 2, len(trip))
    return visits(
        np.char.add(name, member.astype(str)), np.asarray(places)[trip % len(places)], day[trip], hour[trip] + late
    )


def settle(con, *parts):
    frame = pl.concat(parts)
    frame = frame.with_columns(
        settlement_id=pl.format("S{}", pl.int_range(frame.height)),
        settled_on=pl.lit(START.item()) + pl.duration(days="day"),
        is_pharmacy=pl.col("institution_id").is_in(["I10", "I11"]),
        eligible_amount=pl.lit(100.0), fund_rate=pl.lit(0.7),
    )  # fmt: skip
    frame = frame.with_columns(
        settled_at=pl.col("settled_on").cast(pl.Datetime) + pl.duration(hours="hour", minutes=7),
        started_on="settled_on", encounter_id=pl.format("E{}", "settlement_id"),
    ).drop("day", "hour")  # fmt: skip
    con.register("town", frame.to_arrow())
    con.execute("insert into record.settlement by name select settlement_id, person_id from town")
    con.execute("insert into feature.settlement by name select * from town")
    con.execute("insert into feature.institution by name select distinct institution_id, is_pharmacy from town")
    return frame


def groups(con, **params):
    con.execute("begin")
    RING.judge(con, {**RING.params, **params})
    found = con.sql("select group_key, person_id from judged_member order by 1, 2").fetchall()
    con.execute("commit")
    said = {}
    for key, person in found:
        said.setdefault(key, set()).add(person)
    return list(said.values())


@pytest.mark.parametrize(("area", "groups"), [("3401", 0), ("3402", 1)])
def test_a_ring_across_two_areas_stays_whole_and_is_judged_as_where_most_of_its_visits_are(con, area, groups):
    rng = np.random.default_rng(1)
    settle(con, town(rng), ring(rng))
    con.execute("update feature.settlement set area = case institution_id when 'I2' then '340201' else '340101' end")
    source.run(con, replace(RING, areas={area: {"min_events": 100}}), "x")
    found = con.sql(
        "select count(distinct subject_id), count(distinct institution_id) from model.finding where subject_type = 'group'"
    )
    assert found.fetchall() == [(groups, 3 * groups)]
    assert con.sql("select count(*) from model.group_member").fetchall() == [(8 * groups,)]


def test_ring_over_three_institutions_is_found_with_its_members(con):
    rng = np.random.default_rng(1)
    frame = settle(con, town(rng), ring(rng))
    assert groups(con) == [{f"R{n}" for n in range(8)}]
    source.run(con, RING, "x")
    kinds = dict(con.sql("select subject_type, count(distinct subject_id) from model.finding group by 1").fetchall())
    assert kinds == {"group": 1, "institution": 3, "person": 8}
    trips = frame.filter(pl.col("person_id").str.starts_with("R"))["settlement_id"].to_list()
    rows = con.sql("select settlement_id, amount from model.finding where subject_type = 'group'").fetchall()
    assert {r[0] for r in rows} <= set(trips) and len(rows) > 0.9 * len(trips)
    assert {float(r[1]) for r in rows} == {100.0}
    low, high = con.sql("select min(weight), max(weight) from model.finding").fetchall()[0]
    assert 0.7 < low <= high <= 1
    judged, hits = con.sql("select judged, hits from model.coverage").fetchall()[0]
    assert judged == frame.height and hits == len(rows)


def test_a_ring_is_found_among_more_places_than_a_narrow_number_holds(con):
    """A province: 2,500 institutions before the ring's, and person numbers of eighteen digits."""
    rng = np.random.default_rng(1)
    others = np.repeat(np.arange(2500), 3)
    spread = visits(
        np.char.add("51990000000", (2 * 10**6 + rng.integers(0, 900, len(others))).astype(str)),
        np.char.add("H", np.char.zfill(others.astype(str), 6)),
        rng.integers(0, 360, len(others)), rng.integers(8, 18, len(others)),
    )  # fmt: skip
    name = "51990000000999999"
    settle(con, town(rng), spread, ring(rng, places=("Z0", "Z1", "Z2"), name=name))
    assert groups(con) == [{f"{name}{n}" for n in range(8)}]


def test_events_are_told_apart_at_places_and_persons_with_the_largest_numbers(con):
    last = 2**31 - 1
    con.execute(
        """
        create temp table ring_group as
            select cast(0 as integer) as community, cast($last - i as integer) as person from range(4) as p(i);
        create temp table seat as
            select g.person, cast($last - p.n as integer) as place, cast(1 as integer) as way, 3 * e.k as start
            from ring_group as g, range(2) as p(n), range(5) as e(k)
        """.replace("$last", str(last))
    )
    unit = detector.read(detectors.FOLDER / "rings" / "co_visit_ring")
    with Work(con, unit.card, RING.params, unit.scripts, unit.folder) as work:
        work.run("group_seats")
        assert work.frame("events").rows() == [(0, 10)]


def test_second_run_replaces_the_members(con):
    rng = np.random.default_rng(1)
    settle(con, town(rng), ring(rng))
    con.execute("insert into model.group_member values ('other-1', 'P1', 1, 'other')")
    said = []
    for _ in range(2):
        source.run(con, RING, "x")
        said.append(con.sql("select * from model.group_member where source = 'co_visit_ring' order by all").fetchall())
    assert said[0] and said[0] == said[1]
    assert con.sql("select count(*) from model.group_member where group_key = 'other-1'").fetchall() == [(1,)]


def test_same_data_with_dealt_days_gives_nothing(con):
    rng = np.random.default_rng(2)
    frame = pl.concat([town(rng), ring(rng)])
    settle(con, frame.with_columns(day=pl.col("day").shuffle(seed=3), hour=pl.col("hour").shuffle(seed=4)))
    assert groups(con) == []


def test_habits_are_no_group(con):
    """Persons keep to their weekday, their hour and a part of the year, each for himself."""
    rng = np.random.default_rng(9)
    persons = 2000
    who = np.repeat(np.arange(persons), rng.poisson(8, persons))
    from_day, length = rng.integers(0, 300, persons), rng.integers(30, 360, persons)
    day = np.minimum(from_day[who] + (rng.random(len(who)) * length[who]).astype(int), 360)
    habit = rng.random(len(who)) < 0.6
    day = np.where(habit, day // 7 * 7 + rng.integers(0, 7, persons)[who], day)
    hour = np.where(habit, rng.integers(8, 17, persons)[who], rng.integers(8, 17, len(who)))
    place = rng.integers(0, 12, (persons, 3))[who, rng.integers(0, 3, len(who))]
    settle(con, visits(np.char.add("P", who.astype(str)), np.char.add("I", place.astype(str)), day, hour))
    assert groups(con) == []


def test_same_seed_gives_the_same_rows(con):
    rng = np.random.default_rng(10)
    settle(con, town(rng), ring(rng), ring(rng, places=("I4", "I5"), name="T"))
    said = []
    for threads in (1, 2):
        con.execute(f"set threads = {threads}")
        source.run(con, RING, "x")
        said.append(con.sql("select * from model.finding order by finding_id").fetchall())
    assert said[0] and said[0] == said[1]


def test_admissions_a_day_apart_count_as_together(con):
    rng = np.random.default_rng(3)
    member, trip = (a.ravel() for a in np.meshgrid(np.arange(6), np.arange(6)))
    day = 20 + 55 * trip + rng.integers(0, 2, len(trip))
    stays = visits(np.char.add("R", member.astype(str)), np.asarray(["I0", "I1"])[trip % 2], day, 9, "inpatient")
    others = visits("Q" + np.arange(80).astype(str).astype(object), "I0", rng.integers(0, 360, 80), 9, "inpatient")
    settle(con, town(rng), stays, others.cast({"person_id": pl.String}))
    assert groups(con) == [{f"R{n}" for n in range(6)}]


def dialysis(rng, weeks=40, place="I3", jitter=0):
    member, week, weekday = (a.ravel() for a in np.meshgrid(np.arange(15), np.arange(weeks), [0, 2, 4]))
    day = 7 * week + weekday + 5 + (rng.integers(0, jitter + 1, len(week)))
    return visits(np.char.add("D", member.astype(str)), place, day, 8)


def test_dialysis_and_other_courses_are_silent_as_courses(con):
    """Irregular days at two places would be a ring, were the visits no course."""
    rng = np.random.default_rng(4)
    frame = settle(con, town(rng), ring(rng, trips=25, places=("I3", "I4"), attendance=1, name="D"))
    con.execute(
        "insert into feature.encounter by name select encounter_id, true as is_in_course"
        " from town where starts_with(person_id, 'D')"
    )
    assert frame.height and groups(con) == []
    con.execute("update feature.encounter set is_in_course = false")
    assert groups(con) == [{f"D{n}" for n in range(8)}]


def test_dialysis_is_silent_by_its_rhythm_alone(con):
    rng = np.random.default_rng(4)
    settle(con, town(rng), dialysis(rng))
    assert groups(con) == []


def test_family_with_a_child_is_silent(con):
    rng = np.random.default_rng(5)
    family = ring(rng, members=4, trips=12, places=("I0", "I1"), attendance=1, name="F")
    child = family.with_columns(age_years=pl.when(pl.col("person_id") == "F3").then(7.0).otherwise(38.0))
    settle(con, town(rng), child)
    assert groups(con) == []


def test_couple_with_parents_and_little_evidence_is_silent(con):
    rng = np.random.default_rng(6)
    settle(con, town(rng), ring(rng, members=4, trips=6, places=("I0", "I1"), attendance=1, name="F"))
    assert groups(con) == []


def test_household_of_five_grown_ups_with_little_evidence_is_silent(con):
    rng = np.random.default_rng(6)
    settle(con, town(rng), ring(rng, members=5, trips=6, places=("I0", "I1", "I2"), attendance=1, name="F"))
    assert groups(con) == []
    assert groups(con, household=4) == [{f"F{n}" for n in range(5)}]


@pytest.mark.parametrize(("residents", "is_found"), [(6, False), (30, True)], ids=["a family", "a home"])
def test_family_of_grown_ups_goes_together_all_year(con, residents, is_found):
    """Six of one address on irregular days; an address of thirty is no family's."""
    rng = np.random.default_rng(6)
    settle(con, town(rng), ring(rng, members=6, trips=14, places=("I0", "I1", "I2"), attendance=1, name="F"))
    con.execute(
        "insert into feature.person_household by name select distinct person_id, 1 as household,"
        f" {residents} as household_persons, {residents} <= 8 as is_family"
        " from feature.settlement where starts_with(person_id, 'F')"
    )
    assert groups(con) == ([{f"F{n}" for n in range(6)}] if is_found else [])


def test_purchases_from_accounts_are_not_at_issue_and_no_evidence_against_a_household(con):
    """Ten are no family: where they shop is to be seen, and only what the funds paid is at issue. Five may be one."""
    rng = np.random.default_rng(21)
    places = ("I10", "I0", "I11")
    settle(
        con, town(rng), ring(rng, members=10, trips=15, places=places, attendance=1),
        ring(rng, members=5, trips=15, places=places, attendance=1, name="F"),
    )  # fmt: skip
    assert {frozenset(g) for g in groups(con)} >= {frozenset(f"R{n}" for n in range(10))}
    con.execute("update feature.settlement set is_family_purchase = is_pharmacy")
    assert groups(con) == [{f"R{n}" for n in range(10)}]
    hits = con.sql(
        "select institution_id, sum(amount) > 0 from judged where outcome = 'hit' group by 1 order by 1"
    ).fetchall()
    assert hits == [("I0", True), ("I10", False), ("I11", False)]


def trip_of_colleagues(days, members=8):
    """A clinic in the morning and the drugstore beside it an hour later, on these days."""
    member, day = (a.ravel() for a in np.meshgrid(np.arange(members), np.asarray(days)))
    name = np.char.add("C", member.astype(str))
    return [visits(name, "I0", day, 9), visits(name, "I10", day, 11)]


def test_appointments_with_the_drugstore_beside_are_silent_and_irregular_trips_are_not(con):
    rng = np.random.default_rng(14)
    settle(con, town(rng), *trip_of_colleagues(range(8, 340, 28)))
    assert groups(con) == []
    for table in ("feature.settlement", "feature.institution", "record.settlement"):
        con.execute(f"delete from {table}")
    settle(con, town(rng), *trip_of_colleagues(rng.choice(360, 12, replace=False)))
    assert groups(con) == [{f"C{n}" for n in range(8)}]


def test_who_is_always_there_is_no_member(con):
    """Somebody who settles at one of the ring's places every hour of every day comes to its events by chance."""
    rng = np.random.default_rng(11)
    day, hour = (a.ravel() for a in np.meshgrid(np.arange(360), np.arange(8, 18)))
    settle(con, town(rng), ring(rng, places=("I0", "I0", "I1")), visits("H", "I0", day, hour))
    assert groups(con) == [{f"R{n}" for n in range(8)}]


def test_three_with_strong_evidence_are_a_group(con):
    rng = np.random.default_rng(7)
    settle(con, town(rng), ring(rng, members=3, trips=14, attendance=1))
    assert groups(con) == [{"R0", "R1", "R2"}]


def test_crowded_windows_are_not_judged(con):
    rng = np.random.default_rng(8)
    crowd = visits(np.char.add("P", np.arange(90).astype(str)), "I5", 100, 10)
    settle(con, town(rng), crowd)
    assert groups(con) == []
    said = con.sql("select reason, units from judged where outcome = 'cannot_judge'").fetchall()
    assert [units >= 90 for _, units in said] == [True]


def test_no_settlement_at_all(con):
    assert groups(con) == []
    assert con.sql("select outcome, units from judged").fetchall() == [("clear", 0)]
