"""Identical bills, on small made-up places."""

import json

import numpy as np
import polars as pl
import pytest

from models import detectors
from models.sources import source
from tests.features import built

IDENTICAL = {d.id: d for d in detectors.load()}["identical_bills"]


@pytest.fixture
def con(con):
    con.execute("insert into record.fee_line (line_id, encounter_id) values ('L', 'E')")
    return con


def bill(encounter, person, items, institution="H1", doctor="D1", diagnosis="J06.9", stay=False, category="11"):
    """Rows of one bill: items is a mapping of code to quantity."""
    return [
        {
            "encounter_id": encounter, "person_id": person, "item_code": code, "quantity": quantity,
            "institution_id": institution, "practitioner_id": doctor, "principal_diagnosis_code": diagnosis,
            "is_inpatient": stay, "medical_category": category, "item_name": f"项目{code}",
        }
        for code, quantity in items.items()
    ]  # fmt: skip


def everyday(rng, institution, bills=60, pool=40, diagnosis="J06.9"):
    """Ordinary visits: five to eight items of many, in any quantity."""
    rows = []
    for n in range(bills):
        codes = rng.choice(pool, rng.integers(5, 9), replace=False)
        rows += bill(
            f"{institution}-{n}", f"P{institution}{n}", {f"C{c:02}": int(rng.integers(1, 5)) for c in codes},
            institution, diagnosis=diagnosis,
        )  # fmt: skip
    return rows


def settle(con, rows):
    rows = [
        {"is_cash_only": False, "is_outbreak_disease": False, "is_in_course": False, "is_package": False} | row
        for row in rows
    ]
    frame = pl.DataFrame(rows).with_columns(
        settlement_id="S" + pl.col("encounter_id"), is_pharmacy=False, eligible_amount=pl.lit(100.0),
        quantity=pl.col("quantity").cast(pl.Float64), settled_on=pl.lit("2025-03-01").str.to_date(),
        line_id=pl.int_range(pl.len()).cast(pl.String), principal_diagnosis_name=pl.lit("上感"),
        attending_practitioner_id="practitioner_id",
    )  # fmt: skip
    con.register("given", frame.to_arrow())
    tables = {
        "fee_line": "settlement_id, line_id, encounter_id, person_id, institution_id, practitioner_id, item_code,"
        " item_name, quantity, is_pharmacy",
        "settlement": "settlement_id, encounter_id, person_id, institution_id, eligible_amount, is_pharmacy, settled_on,"
        " is_cash_only",
        "encounter": "encounter_id, person_id, institution_id, is_inpatient, medical_category, is_outbreak_disease,"
        " is_in_course, is_package,"
        " principal_diagnosis_code, principal_diagnosis_name, attending_practitioner_id",
    }
    for table, columns in tables.items():
        con.execute(f"insert into feature.{table} by name select distinct {columns} from given")


def found(con, kind="institution"):
    built.again(con, "encounter_excuse")
    source.run(con, IDENTICAL, "x")
    rows = con.sql(
        "select subject_id, settlement_id, amount, detail from model.finding where subject_type = $k"
        " order by settlement_id", params={"k": kind}
    ).fetchall()  # fmt: skip
    return [(s, t, float(a), json.loads(d)) for s, t, a, d in rows]


def template(persons=5, size=6, **more):
    return [
        row
        for n in range(persons)
        for row in bill(f"T{n}", f"PT{n}", {f"C{c:02}": 1 + c % 3 for c in range(size)}, **more)
    ]


def ordinary(*institutions):
    rng = np.random.default_rng(1)
    return [row for i in institutions or ("H1", "H2", "H3") for row in everyday(rng, i)]


def test_everyday_bills_give_nothing_and_are_counted(con):
    settle(con, ordinary())
    assert found(con) == []
    assert con.sql("select judged, hits, cannot_judge from model.coverage").fetchall() == [(180, 0, 0)]


def test_template_is_found_once_a_settlement_with_its_doctor(con):
    settle(con, ordinary() + template(doctor="D7"))
    hits = found(con)
    assert [t for _, t, _, _ in hits] == ["ST0", "ST1", "ST2", "ST3", "ST4"]
    assert {s for s, *_ in hits} == {"H1"} and {a for _, _, a, _ in hits} == {100.0}
    detail = hits[0][3]
    assert (detail["own"], detail["items"], detail["usual"]) == (5, 6, 0.0)
    assert "项目C00×1" in detail["item_text"]
    filled = detail | {"occurred_on": "2025-03-01"}
    assert IDENTICAL.card.sentence_zh.format(**filled) and IDENTICAL.card.sentence.format(**filled)
    assert {
        s for s, *_ in con.sql("select subject_id from model.finding where subject_type = 'practitioner'").fetchall()
    } == {"D7"}


def test_a_template_half_of_which_was_paid_below_the_deductible_is_found(con):
    rows = [r | {"is_cash_only": r["person_id"] in ("PT0", "PT1", "PT2")} for r in template()]
    settle(con, ordinary() + rows)
    assert len(found(con)) == 5


def test_no_doctor_is_named_where_none_dominates(con):
    rows = [r | {"practitioner_id": f"D{r['encounter_id']}"} for r in template()]
    settle(con, ordinary() + rows)
    assert len(found(con)) == 5
    assert found(con, "practitioner") == []


@pytest.mark.parametrize(
    "rows",
    [
        template(persons=2),
        template(size=4),
        [r | {"person_id": "P"} for r in template()],
        [r | {"medical_category": "28"} for r in template(stay=True, size=9)],
        [r | {"principal_diagnosis_code": "Z51.1"} for r in template()],
        [r | {"is_in_course": True} for r in template()],
        [r | {"is_package": True} for r in template()],
        template(stay=True, size=7),
        [r | {"is_cash_only": True} for r in template()],
        [r | {"is_outbreak_disease": True} for r in template()],
        [r | {"is_outbreak_disease": True} for r in template(stay=True, size=9)],
    ],
    ids=[
        "two persons",
        "few items",
        "one person",
        "day surgery",
        "chemotherapy",
        "dialysis",
        "vaccinations",
        "small stay",
        "check-ups paid in cash",
        "flu",
        "hand, foot and mouth in the ward",
    ],
)
def test_equal_bills_that_are_no_template(con, rows):
    con.execute("insert into knowledge.medical_category values ('28', 'inpatient', '日间手术', '-', null)")
    con.execute(
        "insert into knowledge.admission_exception by name select 'Z51' as diagnosis_prefix, 'x' as reason, 'x' as reason_zh, 'x' as basis"
    )
    settle(con, ordinary() + rows)
    assert found(con) == []


def test_regimens_of_chronic_visits_need_more_persons(con):
    settle(con, ordinary() + template(persons=5))
    con.execute("update feature.encounter set care_setting = 'chronic'")
    assert found(con) == []
    settle(con, [r | {"encounter_id": "U" + r["encounter_id"]} for r in template(9, 7, institution="H2")])
    con.execute("update feature.encounter set care_setting = 'chronic'")
    assert {s for s, *_ in found(con)} == {"H2"}


def test_stay_of_many_items_is_found(con):
    settle(con, ordinary() + template(stay=True, size=9))
    assert len(found(con)) == 5


def test_package_that_peers_bill_as_often_is_usual(con):
    packages = [
        row
        for i in ("H1", "H2", "H3")
        for row in (r | {"encounter_id": i + r["encounter_id"], "person_id": i + r["person_id"], "institution_id": i}
                    for r in template())
    ]  # fmt: skip
    settle(con, ordinary() + packages)
    assert found(con) == []


def test_equal_bills_by_chance_of_few_usual_items(con):
    """Where nearly all bills of a diagnosis hold the same five items, equal bills are no wonder."""
    rng = np.random.default_rng(3)
    rows = []
    for n in range(200):
        items = {f"C{c}": 1 for c in range(7) if rng.random() < 0.8}
        rows += bill(f"E{n}", f"P{n}", items)
    settle(con, rows + everyday(rng, "H2"))
    assert found(con) == []


def test_who_comes_every_month_has_every_months_chance_of_an_equal_bill(con):
    """Thirty residents of a home, five drugs of which each visit takes some: over a year equal bills are no wonder."""
    rng = np.random.default_rng(5)
    rows = []
    for n in range(30):
        for month in range(12):
            taken = {f"C{c}": 1 for c in range(6) if rng.random() < 0.75}
            rows += bill(f"E{n}-{month}", f"P{n}", taken)
    settle(con, rows + everyday(rng, "H2"))
    assert found(con) == []


def test_same_answer_twice(con):
    settle(con, ordinary() + template())
    assert found(con) == found(con)


def test_encounters_without_lines_cannot_be_judged(con):
    settle(con, ordinary())
    con.execute(
        "insert into feature.encounter by name select 'X' as encounter_id, 'P' as person_id, 'H1' as institution_id"
    )
    found(con)
    assert con.sql("select cannot_judge, reason from model.coverage").fetchall() == [
        (1, "the visit or stay has no fee lines (1)")
    ]
