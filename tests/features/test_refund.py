"""Money given back, in every form that exports have it: what stands, what was taken back, and nothing counted twice."""

import random

import pytest

from data.checks import checking
from tests.features import built

DAY = "2025-01-12"


def bill(name, amount, clock="08:00:00", *, day=DAY, flag=False, names=None, encounter=None, **more):
    return {
        "settlement_id": name, "encounter_id": encounter or f"E{name}", "person_id": "A", "institution_id": "H1",
        "medical_category": "11", "total_amount": amount, "eligible_amount": amount, "fund_amount": amount,
        "settled_at": f"{day} {clock}", "started_on": day, "ended_on": day, "is_refund": flag,
        "original_settlement_id": names,
    } | more  # fmt: skip


def give(con, bills, lines=()):
    for row in bills:
        marks = ", ".join("?" * len(row))
        con.execute(f"insert into record.settlement ({', '.join(row)}) values ({marks})", list(row.values()))
        con.execute(
            "insert into record.fee_line (settlement_id, encounter_id, line_id, item_code, unit_price, quantity, amount,"
            " charged_at) select $settlement, $encounter, 'L', 'F1', 1, $amount, $amount, $at",
            {
                "settlement": row["settlement_id"],
                "encounter": row["encounter_id"],
                "amount": row["total_amount"],
                "at": row["settled_at"],
            },
        )
    built.until(con, "fee_line")


def standing(con):
    return con.sql("select settlement_id, total_amount, fund_amount from feature.settlement order by all").fetchall()


def lines(con):
    return con.sql("select settlement_id, amount, quantity from feature.fee_line order by all").fetchall()


#: name of the form -> the bills, and what stands of them: id and yuan.
FORMS = {
    "named": ([bill("S", 90), bill("R", -90, "09:00:00", flag=True, names="S")], {}),
    "named, unsigned": ([bill("S", 90), bill("R", 90, "09:00:00", flag=True, names="S")], {}),
    "named, without a flag": ([bill("S", 90), bill("R", -90, "09:00:00", names="S")], {}),
    "no name": ([bill("S", 90), bill("R", -90, "09:00:00", flag=True)], {}),
    "no name, unsigned": ([bill("S", 90), bill("R", 90, "09:00:00", flag=True)], {}),
    "no name and no flag": ([bill("S", 90), bill("R", -90, "09:00:00")], {}),
    **{
        f"the mark {mark!r} for none": ([bill("S", 90), bill("R", -90, "09:00:00", flag=True, names=mark)], {})
        for mark in ("0", "-", "--", "无", "空", "NULL", "None", "/", "000000", " ", "R")
    },
    "two equal purchases": (
        [bill("S1", 90), bill("S2", 90, "08:01:00"), bill("R1", -90, "09:00:00"), bill("R2", -90, "09:00:01")],
        {},
    ),
    "one of two equal purchases": (
        [bill("S1", 90), bill("S2", 90, "08:01:00"), bill("R1", -90, "09:00:00")],
        {"S1": 90},
    ),
    "bought, given back, bought again": (
        [bill("S1", 90), bill("R1", -90, "09:00:00"), bill("S2", 90, "10:00:00")],
        {"S2": 90},
    ),
    "the first named, the second not": (
        [
            bill("S1", 90),
            bill("S2", 90, "08:01:00"),
            bill("R1", -90, "09:00:00", names="S2"),
            bill("R2", -90, "10:00:00"),
        ],
        {},
    ),
    "days without a clock": ([bill("S", 90, "08:00:00"), bill("R", -90, "00:00:00")], {}),
    "the next month": ([bill("S", 90), bill("R", -90, day="2025-02-03")], {}),
    "before there was anything": ([bill("R", -90, day="2025-01-11"), bill("S", 90)], {"S": 90}),
    "more refunds than purchases": (
        [bill("S", 90), bill("R1", -90, "09:00:00"), bill("R2", -90, "09:30:00"), bill("S2", 90, "10:00:00")],
        {"S2": 90},
    ),
    "a part, named": ([bill("S", 90), bill("R", -30, "09:00:00", flag=True, names="S")], {"S": 60}),
    "a part, named, unsigned": ([bill("S", 90), bill("R", 30, "09:00:00", flag=True, names="S")], {"S": 60}),
    "a part, of the same encounter": ([bill("S", 90), bill("R", -30, "09:00:00", encounter="ES")], {"S": 60}),
    "a part, of nothing known": ([bill("S", 90), bill("R", -30, "09:00:00")], {"S": 90}),
    "two parts": ([bill("S", 90), bill("R1", -30, names="S"), bill("R2", -60, names="S")], {}),
    "another person's": ([bill("S", 90), bill("R", -90, "09:00:00", person_id="B")], {"S": 90}),
    "names another person's": ([bill("S", 90), bill("R", -90, "09:00:00", person_id="B", names="S")], {"S": 90}),
    "names what nobody delivered": ([bill("S", 90), bill("R", -90, "09:00:00", names="X1")], {"S": 90}),
    "a refund of a refund": (
        [bill("S", 90), bill("R", -90, names="S", flag=True), bill("RR", 90, "10:00:00", names="R", flag=True)],
        {"S": 90},
    ),
    "a refund of a refund of a refund": (
        [
            bill("S", 90),
            bill("R", -90, names="S", flag=True),
            bill("RR", 90, "10:00:00", names="R", flag=True),
            bill("RRR", -90, "11:00:00", names="RR", flag=True),
        ],
        {},
    ),
    "the bill taken back is flagged as well": (
        [bill("S", 90, flag=True), bill("R", -90, "09:00:00", flag=True, names="S")],
        {},
    ),
    "the flagged bill beside an equal one": (
        [bill("S0", 90, "07:00:00"), bill("S", 90, flag=True), bill("R", -90, "09:00:00", flag=True)],
        {"S0": 90},
    ),
    "the flagged bill taken back in part": (
        [bill("S", 90, flag=True), bill("R", -30, "09:00:00", flag=True, names="S")],
        {"S": 60},
    ),
}


@pytest.mark.parametrize("form", FORMS)
def test_what_stands(con, form):
    bills, left = FORMS[form]
    give(con, bills)
    assert standing(con) == [(name, yuan, yuan) for name, yuan in sorted(left.items())]
    assert lines(con) == [(name, yuan, yuan) for name, yuan in sorted(left.items())]


def test_money_that_a_refund_leaves_empty_goes_back_by_its_share(con):
    given = bill("S", 90, eligible_amount=60, fund_amount=30)
    give(con, [given, bill("R", -45, "09:00:00", names="S", eligible_amount=None, fund_amount=None)])
    assert con.sql("select total_amount, eligible_amount, fund_amount from feature.settlement").fetchall() == [
        (45, 30, 15)
    ]


@pytest.mark.parametrize(
    ("form", "listed"),
    [
        ("named", []),
        ("two equal purchases", []),
        ("no name, unsigned", []),
        ("the mark '0' for none", []),
        ("more refunds than purchases", ["R2"]),
        ("names what nobody delivered", ["R"]),
        ("another person's", ["R"]),
        ("a part, of nothing known", ["R"]),
    ],
)
def test_what_pairs_with_nothing_is_listed(con, form, listed):
    give(con, FORMS[form][0])
    check = next(c for c in checking.load() if c.name == "refund_unpaired")
    assert [row[0] for row in con.sql(check.query.text).fetchall()] == listed


def test_one_for_one_whatever_the_order(con):
    """Equal bills and refunds in any order: each refund takes back the latest open bill, as counting by hand does."""
    rng = random.Random(7)
    bills, left, open_bills = [], [], []
    for n in range(200):
        clock = f"{n // 60 + 6:02}:{n % 60:02}:01"
        if rng.random() < 0.55:
            bills.append(bill(f"S{n:03}", 90, clock))
            open_bills.append(f"S{n:03}")
        else:
            bills.append(bill(f"R{n:03}", -90, clock, flag=rng.random() < 0.5))
            if open_bills:
                open_bills.pop()
    left = open_bills
    rng.shuffle(bills)
    give(con, bills)
    assert [name for name, *_ in standing(con)] == left and len(left) > 5
