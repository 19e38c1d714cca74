"""Signs that one thing was billed as another: names, own codes, and what takes the place of what is not covered."""

import json
from datetime import date, timedelta

import polars as pl
import pytest

from features import build
from models import detectors
from models.sources import source

OWN = ("drug_product", "drug_price", "item_price_month")


def line(institution, item, name, own_name=None, day=0, price=100.0, **other):
    """One fee line; `day` counts from the start of 2025."""
    return {
        "institution_id": institution, "item_code": item, "item_name": name, "catalogue_type": "101",
        "institution_item_name": own_name or name, "institution_item_code": f"own-{item}", "unit_price": price,
        "quantity": 1.0, "amount": price, "eligible_amount": price, "person_id": f"N{day % 30}",
        "charged_on": date(2025, 1, 1) + timedelta(days=day), "is_pharmacy": institution.startswith("P"),
    } | other  # fmt: skip


def settle(con, lines):
    frame = pl.DataFrame(lines).with_row_index("n").with_columns(
        settlement_id=pl.format("S{}", "n"), encounter_id=pl.format("E{}", "n"), line_id=pl.format("L{}", "n"),
        charged_at=pl.col("charged_on").cast(pl.Datetime),
    )  # fmt: skip
    con.register("given", frame.drop("n").to_arrow())
    for table in ("record.fee_line", "feature.fee_line"):
        held = {c for (c,) in con.sql(f"select column_name from (describe {table})").fetchall()}
        columns = ", ".join(c for c in frame.columns if c in held)
        con.execute(f"insert into {table} by name select {columns} from given")
    con.execute(
        "insert into feature.institution by name select distinct institution_id, is_pharmacy from feature.fee_line"
    )
    for name in OWN:
        con.execute(f"create or replace table feature.{name} as {build.load()[name].query.text}")


def run(con, name, **params):
    (chosen,) = [d for d in detectors.load({name: params}) if d.id == name]
    card = chosen.card
    source.run(con, chosen, "x")
    rows = con.sql(
        "select subject_id, amount, detail from model.finding order by subject_id, occurred_on, line_id"
    ).fetchall()
    for *_, detail in rows:
        said = json.loads(detail) | {"amount": 1, "occurred_on": ""}
        assert card.sentence.format(**said) and card.sentence_zh.format(**said)
    return [(s, float(a or 0), json.loads(d)) for s, a, d in rows]


def coverage(con):
    return con.sql("select judged, hits, cannot_judge, reason from model.coverage").fetchall()[0]


HONEST = (
    "通心络胶囊",
    "复方阿胶浆",
    "碳酸钙D3片",
    "缬沙坦胶囊",
    "阿莫西林胶囊",
    "格列美脲片",
    "板蓝根颗粒",
    "六味地黄丸",
)


def shelf(place="P1"):
    return [line(place, f"Z{i}", name) for i, name in enumerate(HONEST)]


def test_goods_billed_as_a_drug_are_found_line_by_line(con):
    settle(
        con,
        [
            *shelf(),
            line("P1", "Z0", "通心络胶囊", "大米10kg", 3, 413.16),
            line("P1", "Z0", "通心络胶囊", "大米10kg", 4),
        ],
    )
    hits = run(con, "names_of_item_unlike")
    assert [(s, a, d["own_name"], d["lines"]) for s, a, d in hits] == [
        ("P1", 413.16, "大米10kg", 2), ("P1", 100.0, "大米10kg", 2),
    ]  # fmt: skip
    assert coverage(con) == (9, 1, 0, None)


def test_own_name_that_is_another_items_name_is_said(con):
    settle(con, [*shelf(), line("P1", "Z3", "缬沙坦胶囊", "板蓝根颗粒剂", 3)])
    [(_, _, detail)] = run(con, "names_of_item_unlike")
    assert detail["resembles_zh"] == "，与“板蓝根颗粒”近似"


@pytest.mark.parametrize(
    ("item", "name", "own"),
    [
        ("Z5", "格列美脲片", "亚莫利/格列美脲片"),
        ("Z5", "格列美脲片", "格列美脲片(2mg*30片)"),
        ("Z9", "延胡索", "元胡"),
        ("Z5", "格列美脲片", "GLML-2"),
        ("002501010150000", "血细胞分析", "抽血五分类"),
    ],
    ids=["brand", "pack", "everyday name", "abbreviation", "service"],
)
def test_other_spellings_are_no_substitution(con, item, name, own):
    settle(con, [*shelf(), line("P1", item, name, own)])
    assert run(con, "names_of_item_unlike") == []


def test_trade_name_alone_is_the_items_name(con):
    code = "XA10BBA024A001010100699"
    settle(con, [*shelf(), line("P1", code, "格列美脲片", "亚莫利", trade_name="亚莫利")])
    assert run(con, "names_of_item_unlike") == []


def test_alias_of_several_places_is_none_and_a_foreign_catalogue_cannot_be_judged(con):
    alias = [line(p, "Z0", "通心络胶囊", "心络宝", 3) for p in ("P1", "P2")]
    settle(con, [*shelf(), *shelf("P2"), *alias])
    assert run(con, "names_of_item_unlike") == []
    settle(con, [line("P3", f"Z{i}", n, f"大米{'甲乙丙丁戊己庚辛'[i]}") for i, n in enumerate(HONEST)])
    assert run(con, "names_of_item_unlike") == []
    assert coverage(con)[2:] == (8, "the institution's names are of another kind (8)")


def coded(item, days, price):
    return [line("H1", item, f"药{item}", day=d, price=price, institution_item_code="C1") for d in days]


def test_own_code_of_two_items_at_a_time_is_the_dearer_ones_excess(con):
    settle(con, coded("A", range(0, 60, 10), 20.0) + coded("B", range(5, 65, 10), 400.0))
    hits = run(con, "own_code_of_several_items")
    assert [(s, a) for s, a, _ in hits] == [("H1", 380.0)] * 6
    assert hits[0][2]["items"] == 2 and hits[0][2]["cheap_name"] == "药A"
    assert coverage(con) == (1, 1, 0, None)


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (coded("A", range(0, 60, 10), 20.0) + coded("B", range(61, 121, 10), 400.0), (1, 0, 0, None)),
        (coded("A", range(0, 60, 10), 380.0) + coded("B", range(5, 65, 10), 400.0), (1, 0, 0, None)),
        (coded("A", range(0, 60, 10), 20.0) + coded("B", (5, 50), 4000.0), (1, 0, 0, None)),
        (
            [x for i in "ABCDEF" for x in coded(i, range(0, 60, 10), 20.0 * ord(i))],
            (0, 0, 1, "the own code stands for everything (1)"),
        ),
    ],
    ids=["one after the other", "one price", "two lines", "a code for everything"],
)
def test_what_is_no_substitution_by_code(con, lines, expected):
    settle(con, lines)
    assert run(con, "own_code_of_several_items") == [] and coverage(con) == expected


def course(place, item, months, lines=10, **other):
    return [line(place, item, f"项目{item}", day=31 * m + d, **other) for m in months for d in range(lines)]


def swapped(persons="same", elsewhere=(0, 1, 2, 3, 4, 5)):
    """H1: U (not covered) ends with month 3, C goes from 2 to 10 lines a month; H2 has C all along."""
    other = {} if persons == "same" else {"person_id": "other"}
    return [
        *course("H1", "U", range(4), eligible_amount=0.0), *course("H1", "C", range(4), 2, person_id="early"),
        *course("H1", "C", range(4, 6), 10, **other), *course("H2", "C", elsewhere, 10),
    ]  # fmt: skip


def test_covered_item_that_takes_over_is_found_with_its_persons(con):
    settle(con, swapped())
    hits = run(con, "covered_twin_takes_over")
    assert {s for s, _, _ in hits} == {"H1"} and sum(a for _, a, _ in hits) == 2000.0
    assert hits[0][2] == {
        "twin": "项目U", "month": "2025-04", "before": 200.0, "after": 1000.0, "twin_before": 1000.0, "shared": 82.0,
        "item_name": "项目C", "unit_price": 100.0, "quantity": 1.0,
    }  # fmt: skip
    assert coverage(con) == (1, 1, 0, None)


@pytest.mark.parametrize(
    "lines",
    [
        swapped("others"),
        swapped(elsewhere=(4, 5)),
        [*swapped(), *course("H1", "U", (5,), eligible_amount=0.0)],
        [x for x in swapped() if (x["institution_id"], x["item_code"]) != ("H1", "C")],
        [x | {"amount": 300.0, "eligible_amount": 300.0} if x["eligible_amount"] else x for x in swapped()],
    ],
    ids=["other persons", "everywhere", "goes on", "nothing takes over", "far more than vanished"],
)
def test_other_changes_are_no_take_over(con, lines):
    settle(con, lines)
    assert run(con, "covered_twin_takes_over") == []
