"""Professional buyers, prescription flows, dense blocks, spread from confirmed persons: on small made-up worlds."""

import json
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from features import build
from models import detectors
from models.detectors.rings import dense, spread
from models.sources import source

DETECTORS = {d.id: d for d in detectors.load()}
START = date(2025, 1, 1)
WATCHED = "XB01ACL001A00101010100001"


@pytest.fixture
def con(con):
    con.execute(
        "insert into record.fee_line (line_id, encounter_id, supply_days, item_code, ordering_practitioner_id)"
        " values ('L', 'E', 1, 'X', 'D')"
    )
    con.execute("insert into record.settlement (settlement_id, settled_at) values ('S', '2025-01-01')")
    return con


def line(number, person, day, drug="氯吡格雷片", place="D1", amount=100.0, code=WATCHED, packs=4, days=28, **more):
    return {
        "settlement_id": f"S{number}", "line_id": f"L{number}", "encounter_id": f"E{number}", "person_id": person,
        "institution_id": place, "practitioner_id": "DR1", "item_code": code, "item_name": drug,
        "catalogue_type": "101", "care_setting": "drugstore" if place[0] == "D" else "chronic",
        "charged_on": START + timedelta(days=day), "quantity": float(packs), "supply_days": float(days) if days else None,
        "eligible_amount": amount, "is_take_home": False, "is_pharmacy": place[0] == "D",
    } | more  # fmt: skip


def deliver(con, rows):
    frame = pl.DataFrame(rows, infer_schema_length=None).with_columns(pl.col("supply_days").cast(pl.Float64))
    con.register("given", frame.to_arrow())
    con.execute("insert into feature.fee_line by name select * from given")
    con.execute(f"create or replace table feature.drug_supply as {build.load()['drug_supply'].query.text}")


def found(con, name, kind=None, **params):
    """Hits as (subject, settlement, amount, detail), with both sentences read."""
    detector = DETECTORS[name] if not params else {d.id: d for d in detectors.load({name: params})}[name]
    source.run(con, detector, "x")
    rows = con.sql(
        "select subject_type, subject_id, settlement_id, amount, detail, occurred_on from model.finding where source = $n"
        " order by subject_id, settlement_id", params={"n": name}
    ).fetchall()  # fmt: skip
    for *_, amount, detail, day in rows:
        said = {"amount": amount, "occurred_on": day, **json.loads(detail)}
        assert detector.card.sentence.format(**said) and detector.card.sentence_zh.format(**said)
    return [(s, t, float(a), json.loads(d)) for k, s, t, a, d, _ in rows if kind in (None, k)]


def coverage(con, name):
    return con.sql(
        "select judged, hits, cannot_judge, reason from model.coverage where source = $n", params={"n": name}
    ).fetchall()[0]  # fmt: skip


# ------------------------------------------------------------------------------------- professional_buyer


def patients(count=60, seed=1):
    """Chronically ill persons who collect four weeks' supply every four weeks at one or two places."""
    rng = np.random.default_rng(seed)
    return [
        line(f"n{p}-{d}", f"N{p}", d, place=f"D{(p + (rng.random() < 0.2)) % 6}", amount=round(90 + p / 7, 2))
        for p in range(count)
        for d in range(int(rng.integers(0, 28)), 330, 28)
    ]


def buyer(person="B", places=6, every=4, count=40, **more):
    return [
        line(f"{person}{n}", person, 10 + n * every, place=f"D{n % places}", amount=120.0, **more) for n in range(count)
    ]


def test_buyer_from_many_places_beyond_need_is_found_by_line(con):
    deliver(con, patients() + buyer())
    hits = found(con, "professional_buyer")
    assert {s for s, *_ in hits} == {"B"} and 30 <= len(hits) < 40
    detail = hits[0][3]
    assert detail["places"] == 6 and detail["own"] == 160 and detail["peers"] == 60 and detail["usual_places"] <= 2
    assert all(d["left_days"] >= 30 for *_, d in hits)
    assert coverage(con, "professional_buyer")[:2] == (len(patients() + buyer()), len(hits))
    assert found(con, "professional_buyer") == hits


@pytest.mark.parametrize(
    "rows",
    [
        buyer(places=2),
        buyer(every=28, count=12),
        buyer(count=12),
        buyer(code="XN02BEP001A00101010100001"),
        buyer(packs=1),
        [r | {"item_name": f"药{r['institution_id']}", "supply_days": 60.0} for r in buyer()],
        [r | {"item_name": f"药{n}"} for n, r in enumerate(buyer())],
        [r | {"care_setting": "inpatient"} for r in buyer()],
    ],
    ids=[
        "two places",
        "as needed",
        "little money",
        "no such drug",
        "few packs",
        "each drug from one place",
        "every drug once",
        "in hospital",
    ],
)
def test_buyers_that_are_none(con, rows):
    deliver(con, patients() + rows)
    assert found(con, "professional_buyer") == []


def test_unknown_days_of_supply_cannot_be_judged(con):
    deliver(con, patients() + buyer(days=None))
    assert found(con, "professional_buyer") == []
    assert coverage(con, "professional_buyer")[2:] == (40, "the days of supply are unknown (40)")


def test_the_months_window_holds(con):
    slow = [r | {"charged_on": START + timedelta(days=n * 60)} for n, r in enumerate(buyer(count=40, days=90))]
    deliver(con, patients() + slow)
    assert found(con, "professional_buyer") == []


# -------------------------------------------------------------------------------------- prescription_flow


def flow(con, rows):
    """rows of (practitioner, hospital, store, person)."""
    frame = pl.DataFrame(
        [
            {
                "settlement_id": f"S{n}", "encounter_id": f"E{n}", "person_id": p, "store_id": s, "hospital_id": h,
                "bought_on": START + timedelta(days=n % 300), "practitioner_id": d, "days_between": 0,
                "is_named": False, "has_choice": s != "D5x", "total_amount": 80.0, "eligible_amount": 70.0,
            }
            for n, (d, h, s, p) in enumerate(rows)
        ]
    )  # fmt: skip
    con.register("given", frame.to_arrow())
    con.execute("insert into feature.prescription_flow by name select * from given")
    con.execute(
        "insert into feature.institution by name select distinct store_id as institution_id, true as is_pharmacy from given"
    )


def usual(practitioners=8, patients_each=25, stores=6, seed=1, hospital="H1"):
    rng = np.random.default_rng(seed)
    weight = np.linspace(3, 1, stores) / np.linspace(3, 1, stores).sum()
    return [
        (f"DR{d}", hospital, f"D{rng.choice(stores, p=weight)}", f"P{hospital}{d}-{n}")
        for d in range(practitioners)
        for n in range(patients_each)
    ]


def test_practitioner_whose_patients_all_go_to_one_store_is_found(con):
    flow(
        con,
        usual() + [("DR9", "H1", "D5", f"Q{n}") for n in range(24)] + [("DR9", "H1", "D0", f"Q{n}") for n in range(6)],
    )
    hits = found(con, "prescription_flow", "practitioner")
    assert {s for s, *_ in hits} == {"DR9"} and len(hits) == 24 and {a for _, _, a, _ in hits} == {70.0}
    detail = hits[0][3]
    assert detail["persons"] == 24 and detail["all_persons"] == 24 and detail["usual"] < 20
    assert {s for s, *_ in found(con, "prescription_flow", "pharmacy")} == {"D5"}


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [("DR9", "H1", "D5", f"Q{n % 3}") for n in range(60)],
        [("DR9", "H1", "D5", f"Q{n}") for n in range(8)],
        [(f"DR{d}", "H2", "D5", f"R{d}-{n}") for d in range(6) for n in range(20)],
        [("DR9", "H3", "D5", f"Q{n}") for n in range(30)],
        [("DR9", "H1", "D5x", f"Q{n}") for n in range(24)],
    ],
    ids=["ordinary", "three persons often", "few persons", "the store next door", "no colleague", "only store"],
)
def test_flows_that_are_none(con, rows):
    flow(con, usual() + rows)
    assert found(con, "prescription_flow") == []


def test_practitioner_alone_cannot_be_judged(con):
    flow(con, [("DR9", "H3", "D5", f"Q{n}") for n in range(30)])
    assert found(con, "prescription_flow") == []
    assert coverage(con, "prescription_flow")[:3] == (0, 0, 30)


# -------------------------------------------------------------------------------------------- dense_block

DRUGS = [f"药{n}" for n in range(40)]


def crowd(persons=500, places=12, seed=1):
    """Ordinary collections: own two or three places, own drugs, most collected again and again."""
    rng, rows = np.random.default_rng(seed), []
    for p in range(persons):
        own = [f"D{x}" for x in rng.choice(places, rng.integers(1, 4), replace=False)]
        drugs = rng.choice(40, rng.integers(1, 5), replace=False)
        for n in range(int(rng.integers(2, 9))):
            place, day = own[int(rng.integers(0, len(own)))], int(rng.integers(0, 300))
            for d in drugs[: rng.integers(1, len(drugs) + 1)]:
                rows.append(line(f"c{p}-{n}-{d}", f"P{p}", day, DRUGS[d], place))
    return rows


def ring(persons=10, drugs=5, places=6, tag="R"):
    return [
        line(f"{tag}{p}-{s}-{d}", f"{tag}{p:02}", 10 + 20 * s + p % 3, DRUGS[d], f"D{s}")
        for p in range(persons)
        for s in range(places)
        for d in range(drugs)
        if (p + s + d) % 5
    ]


def test_block_of_persons_drugs_and_places_is_found_as_a_group(con):
    deliver(con, crowd() + ring())
    hits = found(con, "dense_block", "person")
    assert {s for s, *_ in hits} >= {f"R{p:02}" for p in range(10)}
    assert sum(s.startswith("R") for s in {s for s, *_ in hits}) >= 0.9 * len({s for s, *_ in hits})
    detail = hits[0][3]
    assert detail["density"] > detail["by_chance"] and detail["peers"] == 510 and detail["places"] >= 6
    members = con.sql("select group_key, count(*) from model.group_member group by 1").fetchall()
    assert [(key, n) for key, n in members] == [(detail["in_group"], detail["members"])]
    assert {g for g, *_ in found(con, "dense_block", "group")} == {detail["in_group"]}
    assert con.sql("select count(*) from model.group_member").fetchall() == [(detail["members"],)]


def test_second_block_is_found_too(con):
    other = [r | {"institution_id": f"D{6 + int(r['institution_id'][1:])}", "item_name": "乙" + r["item_name"]}
             for r in ring(9, tag="T")]  # fmt: skip
    deliver(con, crowd() + ring() + other)
    assert len({g for g, *_ in found(con, "dense_block", "group")}) == 2


@pytest.mark.parametrize(
    "rows",
    [
        [],
        ring(3),
        [r | {"institution_id": "D0"} for r in ring()],
        [r | {"institution_id": f"D{int(r['person_id'][1:])}"} for r in ring()],
        [line(f"v{p}-{d}", f"V{p}", d, DRUGS[d % 2], f"D{d // 60 % 2}") for p in range(30) for d in range(p % 9, 300, 30)],
    ],
    ids=["ordinary", "three persons", "one place", "each elsewhere", "a village with two places"],
)  # fmt: skip
def test_blocks_that_are_none(con, rows):
    deliver(con, crowd() + rows)
    assert found(con, "dense_block") == []
    assert coverage(con, "dense_block")[1] == 0


def test_nothing_to_search_is_clear(con):
    deliver(con, [line(n, f"P{n}", n) for n in range(5)])
    assert found(con, "dense_block") == []
    assert coverage(con, "dense_block") == (5, 0, 0, None)


def test_peeling_keeps_the_planted_block_and_nothing_else():
    rng = np.random.default_rng(3)
    noise = np.unique(np.stack([rng.integers(0, 300, 900), rng.integers(0, 200, 900)]), axis=1)
    block = np.array([(300 + p, 200 + c) for p in range(8) for c in range(12)]).T
    both = np.concatenate([noise, block], axis=1).astype(np.int64)
    got = dense.densest(both[0], both[1], dense.weights(both[1]))
    assert set(got.persons) == set(range(300, 308)) and set(got.columns) == set(range(200, 212))
    assert dense.densest(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0)).density == 0


# ----------------------------------------------------------------------------------------- near_confirmed


def world(con, rows, confirmed=()):
    """rows of (person, place, day)."""
    frame = pl.DataFrame(
        [
            {
                "settlement_id": f"S{n}", "encounter_id": f"E{n}", "person_id": p, "institution_id": s,
                "settled_on": START + timedelta(days=d), "care_setting": "drugstore", "is_pharmacy": True,
                "is_course": False, "eligible_amount": 50.0,
            }
            for n, (p, s, d) in enumerate(rows)
        ]
    )  # fmt: skip
    con.register("given", frame.to_arrow())
    con.execute("insert into feature.visit_bill by name select * from given")
    for person in confirmed:
        con.execute(
            "insert into casebook.verdict by name select $p as verdict_id, now() as imported_at, 'f' as file, 1 as"
            " row_number, 'person' as subject_type, $p as subject_id, 'confirmed' as conclusion, 'x' as"
            " conclusion_said, date '2026-01-01' as decided_on, true as is_closing",
            {"p": person},
        )


def neighbours(persons=300, places=10, seed=1):
    rng = np.random.default_rng(seed)
    return [
        (f"P{p}", f"D{(p + int(rng.random() < 0.3)) % places}", int(d))
        for p in range(persons)
        for d in rng.choice(365, rng.integers(2, 12), replace=False)
    ]


def gang(members=12, trips=12):
    return [(f"G{m}", f"D{t % 3}", 20 + 25 * t) for t in range(trips) for m in range(members) if (m + t) % 4]


CONFIRMED = [f"G{m}" for m in range(6)]


def test_those_who_came_with_confirmed_persons_are_found(con):
    world(con, neighbours() + gang(), CONFIRMED)
    hits = found(con, "near_confirmed")
    assert {s for s, *_ in hits} == {f"G{m}" for m in range(6, 12)}
    detail = hits[0][3]
    assert detail["met"] == 6 and detail["seeds"] == 6 and detail["places"] == 3 and detail["lift"] > detail["bar"]
    assert len([h for h in hits if h[0] == "G6"]) == detail["days"]
    assert found(con, "near_confirmed") == hits


def test_members_of_confirmed_groups_and_old_inspections_count_as_confirmed(con):
    world(con, neighbours() + gang())
    con.execute(
        "insert into casebook.verdict by name select 'v' as verdict_id, now() as imported_at, 'f' as file, 1 as"
        " row_number, 'group' as subject_type, 'G0' as subject_id, 'G0;G1;G2' as members, 'confirmed' as conclusion,"
        " 'x' as conclusion_said, date '2026-01-01' as decided_on, true as is_closing"
    )
    con.execute("insert into record.inspection_result by name select unnest(['c3', 'c4']) as case_id, 'person' as"
                " subject_type, unnest(['G3', 'G4']) as subject_id, 'confirmed' as result")  # fmt: skip
    assert {s for s, *_ in found(con, "near_confirmed")} == {f"G{m}" for m in range(5, 12)}


@pytest.mark.parametrize(
    ("kind", "result", "counts"),
    [
        ("参保人员", "查实", True), ("person", "部分属实", True), ("个人", "违规属实", True), ("person", "PARTLY_CONFIRMED", True),
        ("person", "查否", False), ("person", "证据不足－暂缓", False), ("person", "申诉成立——排除", False), ("参保人员 ", " 查实", True), ("机构", "查实", False), ("person", "处理中", False),
    ],
)  # fmt: skip
def test_inspections_speak_the_casebook_s_words(con, kind, result, counts):
    world(con, neighbours() + gang(), CONFIRMED[:4])
    con.execute(
        "insert into record.inspection_result by name select 'c' as case_id, $k as subject_type, 'G4' as subject_id,"
        " $r as result", {"k": kind, "r": result}
    )  # fmt: skip
    assert (found(con, "near_confirmed") != []) == counts


@pytest.mark.parametrize(
    "rows, confirmed",
    [
        ([], [f"P{p}" for p in range(0, 60, 5)]),
        ([(f"F{m}", f"D{t % 3}", 20 + 25 * t) for t in range(12) for m in range(3)] , ["F0", *(f"P{p}" for p in range(8))]),
        ([(f"G{m}", "D0", 20 + 25 * t) for t in range(12) for m in range(12)], CONFIRMED),
    ],
    ids=["random persons", "one confirmed of a family", "one place only"],
)  # fmt: skip
def test_persons_who_are_only_near(con, rows, confirmed):
    world(con, neighbours() + rows, confirmed)
    assert found(con, "near_confirmed") == []


def test_without_verdicts_nobody_can_be_judged(con):
    world(con, neighbours() + gang(), CONFIRMED[:2])
    assert found(con, "near_confirmed") == []
    judged, hits, cannot, reason = coverage(con, "near_confirmed")
    assert (
        (judged, hits) == (0, 0)
        and cannot == len(neighbours() + gang())
        and reason.startswith("needs confirmed persons")
    )


def test_courses_bring_nobody_near(con):
    world(con, neighbours() + gang(), CONFIRMED)
    con.execute("update feature.visit_bill set is_course = true where starts_with(person_id, 'G')")
    assert found(con, "near_confirmed") == []


def test_dismissed_persons_are_no_seeds(con):
    world(con, neighbours() + gang(), CONFIRMED)
    con.execute("update casebook.verdict set conclusion = 'dismissed'")
    assert found(con, "near_confirmed") == []


def test_closeness_is_one_for_everybody_when_all_are_alike():
    rows = pl.DataFrame({"person_id": ["a", "b", "c", "d"], "slot": ["s"] * 4, "is_seed": [True, False, False, False]})
    got = spread.lifts(rows, 0.25, 1, 2, 1)
    lift = dict(zip(got["person_id"], got["lift"], strict=True))
    assert lift["b"] == lift["c"] == lift["d"] and got["met"].to_list() == [0, 1, 1, 1]
