"""Places that leads touch: each yuan once whoever's lead says it, what the record proves apart from what needs a visit."""

from decimal import Decimal

import pytest

from models.ranking.capacity import Capacity
from models.visits import places, tally

NAME = "substr(i.person_name, 1, 1) || '**'"


class Source:
    """As much of a source as a visit reads."""

    kind = "rule"

    def __init__(self, id, violation):
        self.id = id
        self.card = type("Card", (), {"violation": violation, "problem": (), "title": id, "title_zh": id})


SOURCES = [
    Source("twice", "duplicate_charge"),
    Source("scope", "setting_restriction"),
    Source("stay", "idle_stay"),
    Source("ring", "group_visits"),
]


def insert(con, table, **columns):
    names = ", ".join(columns)
    marks = ", ".join(f"${name}" for name in columns)
    con.execute(f"insert into {table} ({names}) values ({marks})", columns)


@pytest.fixture
def world(con):
    """One hospital; bill S1 (80 of 100 eligible) with three lines of E1, bill S2 of E2; the funds pay half."""
    insert(
        con, "feature.institution", institution_id="H1", institution_name="一院", is_pharmacy=False, division="990101"
    )
    for number in (1, 2):
        insert(
            con, "feature.settlement", settlement_id=f"S{number}", encounter_id=f"E{number}", person_id=f"P{number}",
            institution_id="H1", is_pharmacy=False, care_setting="inpatient", total_amount=100, eligible_amount=80,
            fund_amount=40, fund_rate=0.5, started_on="2025-03-01", ended_on="2025-03-05",
            settled_at="2025-03-05 10:00:00", settled_on="2025-03-05",
        )  # fmt: skip
        insert(
            con, "record.encounter", encounter_id=f"E{number}", person_id=f"P{number}", institution_id="H1",
            started_at="2025-03-01 08:12:00", ended_at="2025-03-05 00:00:00", inpatient_days=4,
            case_number=f"ZY{number}" if number == 1 else None, admitting_department_code="A03",
            admitting_department_name="内科",
        )  # fmt: skip
        for line in (1, 2, 3):
            insert(
                con, "feature.fee_line", settlement_id=f"S{number}", line_id=f"L{line}", encounter_id=f"E{number}",
                person_id=f"P{number}", institution_id="H1", item_code=f"X{(line + 1) // 2}", item_name="护理",
                catalogue_type="201", quantity=4, unit_price=5, amount=20, eligible_amount=20, fund_amount=10,
                charged_at="2025-03-02 00:00:00", charged_on="2025-03-02", has_clock=False, department_code="A03",
            )  # fmt: skip
    return con


def lead(con, lead_id, findings, subject_type="institution", subject_id="H1", tier="A"):
    """A lead with findings (source, settlement, line, amount, certainty); the money is counted as ranking does."""
    insert(
        con, "model.lead", lead_id=lead_id, subject_type=subject_type, subject_id=subject_id, tier=tier,
        amount_at_risk=sum(f[3] for f in findings), fund_at_risk=1, institution_id="H1",
    )  # fmt: skip
    for nth, (source, settlement, line, amount, certainty) in enumerate(findings):
        insert(
            con, "model.finding", finding_id=f"{lead_id}-{nth}", source=source, certainty=certainty, outcome="hit",
            subject_type=subject_type, subject_id=subject_id, settlement_id=settlement, line_id=line,
            encounter_id=settlement and "E" + settlement[1:], institution_id="H1", occurred_on="2025-03-02",
            amount=amount,
        )  # fmt: skip
        insert(
            con, "model.finding_counted", finding_id=f"{lead_id}-{nth}", lead_id=lead_id, counted_amount=amount,
            counted_fund=amount / 2,
        )  # fmt: skip
        if settlement:
            insert(
                con, "model.lead_line", lead_id=lead_id, settlement_id=settlement, line_id=line, amount=amount,
                fund_amount=amount / 2, rate=0.5,
            )  # fmt: skip


def place(con):
    places.prepare(con, SOURCES)
    return places.places(con, Capacity(), 1.0).row(0, named=True)


def test_a_line_that_two_leads_have_counts_where_it_is_largest(world):
    lead(world, "LA", [("twice", "S1", "L1", 10, "definite"), ("scope", "S1", "L2", 6, "suspected")])
    lead(world, "LB", [("ring", "S1", "L1", 20, "suspected")], "person", "P1")
    found = place(world)
    assert (found["amount"], found["fund"]) == (Decimal(26), Decimal(13))
    assert (found["desk_amount"], found["visit_amount"]) == (Decimal(0), Decimal(26))
    assert found["leads"] == 2 and found["expected"] == pytest.approx(13)
    made = tally.tally(world, "H1", NAME, "zh")
    line = made.lines.filter(line_id="L1").row(0, named=True)
    assert (line["source"], line["also"], line["counted_amount"]) == ("ring", "twice", Decimal(20))
    assert made.sums()["counted_amount"].to_list() == [Decimal(26)] * 4


def test_equal_claims_count_once_and_stay_with_the_place_s_own_lead(world):
    lead(world, "LP", [("ring", "S1", "L1", 10, "suspected")], "person", "P1")
    lead(world, "LZ", [("twice", "S1", "L1", 10, "definite")])
    found = place(world)
    assert (found["amount"], found["desk_amount"]) == (Decimal(10), Decimal(10))
    assert not found["is_settled"], "the person's side is still to be asked"


def test_a_whole_bill_has_its_lines_in_it(world):
    lead(world, "LA", [("twice", "S1", "L1", 10, "definite")])
    lead(world, "LB", [("stay", "S1", None, 80, "suspected")], "person", "P1")
    assert place(world)["amount"] == Decimal(80)
    made = tally.tally(world, "H1", NAME, "zh")
    rows = {r["line_id"]: r["counted_amount"] for r in made.lines.to_dicts()}
    assert rows == {None: Decimal(80), "L1": Decimal(0)}
    assert made.every.height == 4 and made.every["counted_amount"].sum() == Decimal(80), "the bill and all its lines"
    assert made.lines.filter(line_id="L1")["involved"].to_list() == [Decimal(0)], "what was billed stands once too"


def test_lines_that_come_to_more_than_a_lead_has_of_the_whole_count(world):
    lead(world, "LA", [("twice", "S1", "L1", 20, "definite"), ("twice", "S1", "L2", 20, "definite")])
    lead(world, "LB", [("stay", "S1", None, 30, "suspected")], "person", "P1")
    found = place(world)
    assert (found["amount"], found["desk_amount"]) == (Decimal(40), Decimal(40))


def test_all_lines_of_the_item_in_the_visit_stand_beside_the_hit_ones(world):
    lead(world, "LA", [("twice", "S1", "L1", 10, "definite")])
    places.prepare(world, SOURCES)
    every = tally.tally(world, "H1", NAME, "en").every
    assert [(r["line_id"], r["is_hit"]) for r in every.to_dicts()] == [("L1", True), ("L2", False)]
    hit = tally.tally(world, "H1", NAME, "en").lines.row(0, named=True)
    assert hit["counted_quantity"] == Decimal(2) and hit["care_setting"] == "inpatient" and hit["type"] == "twice"


def test_only_what_the_record_settles_needs_no_visit(world):
    lead(world, "LA", [("twice", "S1", "L1", 10, "definite")])
    found = place(world)
    assert found["is_settled"] and found["visit_days"] is None and found["desk_days"] == pytest.approx(0.12)


def test_a_record_says_its_natures_its_number_and_its_moment(world):
    lead(world, "LA", [("twice", "S1", "L1", 10, "definite"), ("scope", "S1", "L2", 6, "suspected")])
    lead(world, "LB", [("ring", "S2", None, 70, "suspected")], "group", "G1")
    places.prepare(world, SOURCES)
    first, second = places.records(world, NAME).to_dicts()
    assert (first["encounter_id"], first["natures"], first["case_number"]) == ("E1", 2, "ZY1")
    assert first["department_name"] == "内科" and first["clock"] == "03-01 08:12" and first["days"] == 4
    assert second["is_number_missing"] and second["settlement_id"] == "S2" and second["natures"] == 1


def test_a_finding_without_a_bill_needs_a_visit_and_adds_no_money(world):
    lead(world, "LA", [("twice", "S1", "L1", 10, "definite"), ("ring", None, None, 999, "suspected")])
    found = place(world)
    assert found["amount"] == Decimal(10) and found["findings"] == 2 and found["visit_days"] is not None
