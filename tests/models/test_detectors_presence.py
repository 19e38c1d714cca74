"""Paper stays without a trace and idle stays of persons who are out, on small made-up worlds."""

from datetime import date, timedelta

import polars as pl
import pytest

from models import detectors

HOME, AWAY = "510100", "330100"
FIRST = date(2025, 5, 1)


def settle(world, rows):
    """rows of settlements; encounters, diagnoses and what the record says follow from them."""
    plain = {"care_setting": "outpatient", "is_paper": False, "division": HOME, "insured": HOME, "category": "11",
             "diagnosis": "M54.500", "nights": 0, "way": "1", "institution_id": "H1", "yuan": 100.0}  # fmt: skip
    frame = pl.DataFrame([plain | {"settlement_id": f"S{n}"} | r for n, r in enumerate(rows)]).with_columns(
        encounter_id=pl.format("E{}", "settlement_id"),
        started_on="day",
        ended_on=pl.col("day") + pl.duration(days="nights"),
        settled_on=pl.col("day") + pl.duration(days=pl.col("nights") + pl.col("is_paper").cast(pl.Int64) * 30),
    )
    world.add(
        "feature.settlement",
        frame.select(
            "settlement_id", "encounter_id", "person_id", "institution_id", "care_setting", "settled_on", "started_on",
            settled_at=pl.col("settled_on").cast(pl.Datetime), institution_division="division",
            insured_division="insured", medical_category="category", eligible_amount="yuan",
            is_pharmacy=pl.col("care_setting") == "drugstore",
        ),
    )  # fmt: skip
    paper = pl.when(pl.col("is_paper")).then(pl.lit("1")).otherwise(pl.lit("2"))
    world.add("record.settlement", frame.select("settlement_id", "encounter_id", "person_id", settlement_type=paper))
    world.add(
        "feature.encounter",
        frame.select(
            "encounter_id", "person_id", "institution_id", "started_on", "ended_on", discharge_way="way",
            principal_diagnosis_code="diagnosis", is_inpatient=pl.col("care_setting") == "inpatient",
        ),
    )  # fmt: skip


def filing(world, person="X", division="440100", start=FIRST):
    frame = pl.DataFrame({"person_id": [person], "destination_division": [division], "valid_from": [start]})
    world.add("record.out_of_area_filing", frame, insured_division=HOME)


# ------------------------------------------------------------------------------------- paper_stay_unseen


def paper(person="A", day=FIRST, **more):
    return {"person_id": person, "day": day, "care_setting": "inpatient", "is_paper": True, "division": AWAY,
            "category": "21", "diagnosis": "J18.900", "nights": 8, "institution_id": "H9", "yuan": 2000.0} | more  # fmt: skip


def used(person="A", day=FIRST - timedelta(days=20), **more):
    return {"person_id": person, "day": day} | more


def test_paper_stay_that_nothing_vouches_for_is_found(world):
    filing(world)
    settle(world, [paper(), used()])
    ((place, detail, amount),) = world.judge("paper_stay_unseen")
    assert (place, amount) == ("H9", 2000.0)
    assert detail["stays"] == 1 and detail["persons"] == 1 and detail["chapter"] == "J" and detail["uses"] == 0
    assert world.con.sql("select weight from judged where outcome = 'hit'").fetchall() == [(0.6,)]


def test_several_stays_and_a_card_used_at_home_meanwhile_speak_louder(world):
    filing(world)
    during = used("B", FIRST + timedelta(days=3), care_setting="drugstore", diagnosis=None)
    settle(world, [paper(), paper(day=FIRST + timedelta(days=150)), used(), paper("B"), during])
    hits = world.judge("paper_stay_unseen")
    weights = world.con.sql("select weight from judged where outcome = 'hit'").fetchall()
    assert len(hits) == 3 and weights == [(1.0,)] * 3
    assert {d["uses"] for _, d, _ in hits} == {0, 1} and {d["persons"] for _, d, _ in hits} == {2}


@pytest.mark.parametrize(
    "rows",
    [
        [paper(is_paper=False), used()],
        [paper(division=HOME), used()],
        [paper(category="23"), used()],
        [paper(category="24"), used()],
        [paper(way="5"), used()],
        [paper(diagnosis="C50.900"), used()],
        [paper(yuan=300.0), used()],
        [paper(), used(diagnosis="J44.900")],
        [paper(), used(day=FIRST + timedelta(days=60), diagnosis="J18.900")],
        [paper("F"), used("F")],
    ],
    ids=[
        "by card", "at home", "referred", "emergency", "died", "tumour", "small", "ill before", "seen after", "filed",
    ],
)  # fmt: skip
def test_paper_stays_that_are_explained(world, rows):
    filing(world)
    filing(world, "F", AWAY)
    world.con.execute("insert into knowledge.admission_exception values ('C', 'tumour', '', '')")
    settle(world, rows)
    assert world.judge("paper_stay_unseen") == [] and world.cannot() == {}


def test_filing_that_ended_before_the_stay_does_not_explain_it(world):
    filing(world, "A", AWAY, FIRST + timedelta(days=1))
    settle(world, [paper(), used()])
    assert len(world.judge("paper_stay_unseen")) == 1


def test_who_lives_or_is_insured_elsewhere_cannot_be_judged(world):
    filing(world)
    settle(world, [paper(), paper("B", insured="120100"), used("B")])
    assert world.judge("paper_stay_unseen") == []
    assert world.cannot() == {
        "one stay of a person whose card was never used at home": 1,
        "filings of the area where the person is insured were not delivered": 1,
    }


def test_repeated_paper_stays_of_a_sleeping_card_are_found(world):
    filing(world)
    settle(world, [paper(), paper(day=FIRST + timedelta(days=60))])
    assert len(world.judge("paper_stay_unseen")) == 2


# --------------------------------------------------------------------------------------- out_of_idle_bed


def idle(world, person="A", institution="H2", **more):
    """A stay of ten nights of which six days are idle."""
    said = {"nights": 10, "idle_days": 6, "charged_days": 10, "busiest_share": 0.2} | more
    return world.stay(institution, start=FIRST, persons=[person], **said)


def out(day=4, **more):
    return {"person_id": "A", "day": FIRST + timedelta(days=day), "institution_id": "D1", "care_setting": "drugstore",
            "yuan": 20.6} | more  # fmt: skip


def test_small_purchase_during_an_idle_stay_is_found_with_the_idle_days_as_amount(world):
    idle(world)
    idle(world, "B")
    settle(world, [out(), out(6, settlement_id="X", institution_id="H3", care_setting="chronic", yuan=7.7)])
    ((place, detail, amount),) = world.judge("out_of_idle_bed")
    assert place == "H2" and amount == 2400.0 and detail["times"] == 2
    assert detail["other_institution_id"] == "D1" and float(detail["other_amount"]) == 20.6
    assert detail["like_stays"] == 1 and detail["usual_share"] == 0


@pytest.mark.parametrize(
    ("stay", "beside"),
    [
        ({}, {"day": FIRST}),
        ({}, {"day": FIRST + timedelta(days=10)}),
        ({"idle_days": 2}, {}),
        ({"idle_days": 3, "charged_days": 12, "nights": 12}, {}),
        ({"is_operated": True}, {}),
        ({"is_expected": True}, {}),
        ({"payment_method": "5"}, {}),
        ({"discharge_way": "5"}, {}),
        ({}, {"institution_id": "H2"}),
        ({}, {"is_paper": True, "day": FIRST - timedelta(days=26)}),
        ({}, {"care_setting": "inpatient"}),
        ({}, {"person_id": "B"}),
    ],
    ids=[
        "first day", "last day", "two idle days", "few of many", "operated", "course", "bed-day", "died", "same hospital",
        "paper", "a stay", "somebody else",
    ],
)  # fmt: skip
def test_idle_stays_that_are_explained(world, stay, beside):
    idle(world, **stay)
    settle(world, [out() | beside])
    assert world.judge("out_of_idle_bed") == []


def test_bulk_posting_cannot_be_judged(world):
    idle(world, busiest_share=0.9)
    settle(world, [out()])
    assert world.judge("out_of_idle_bed") == []
    assert world.cannot() == {"the institution posts charges in bulk": 1}


def test_a_stay_posted_on_one_day_cannot_be_judged(world):
    idle(world, busiest_share=1.0)
    for number in range(9):
        idle(world, person=f"Q{number}")
    settle(world, [out()])
    assert world.judge("out_of_idle_bed") == []
    assert world.cannot() == {"the institution posts charges in bulk": 1}


@pytest.mark.parametrize(
    "excuse",
    [
        "update feature.settlement set is_family_money = true where settlement_id = 'S0'",
        "update feature.encounter set is_in_course = true where encounter_id = 'ES0'",
    ],
    ids=["the family's account", "dialysis"],
)
def test_what_goes_on_out_of_an_idle_bed(world, excuse):
    idle(world)
    settle(world, [out()])
    assert world.judge("out_of_idle_bed")
    world.con.execute(excuse)
    assert world.judge("out_of_idle_bed") == []


def test_who_was_out_of_an_idle_bed_is_asked_too():
    """Family money is excused, so that the funds paid at two places at once: for whom, the person has to say."""
    (source,) = (s for s in detectors.load() if s.id == "out_of_idle_bed")
    assert set(source.card.subjects) == {"institution", "person"}
