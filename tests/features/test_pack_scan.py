"""Scanned packs: whose line it is, what of a pack was sold, what was taken back."""

import pytest

from features import build

FEATURES = build.load()


@pytest.fixture
def sold(con):
    """Two bills of two hospitals, each with a line 1 of two packs."""
    for n in (1, 2):
        con.execute(
            "insert into record.settlement (settlement_id, encounter_id, person_id, institution_id, medical_category,"
            f" total_amount, started_on, settled_at) values ('S{n}', 'E{n}', 'P{n}', 'H{n}', '11', 28, '2025-03-0{n}',"
            f" '2025-03-0{n} 10:00:00')"
        )
        con.execute(
            "insert into record.fee_line (line_id, encounter_id, settlement_id, institution_id, quantity, unit_price,"
            f" amount, charged_at) values ('1', 'E{n}', 'S{n}', 'H{n}', 2, 14, 28, '2025-03-0{n} 09:00:00')"
        )
    return con


def scans(con, *rows, columns):
    for row in rows:
        con.execute(
            f"insert into record.trace_code (line_id, trace_code, {columns})"
            f" values ('1', {', '.join('null' if v is None else repr(v) for v in row)})"
        )
    for name, feature in FEATURES.items():
        con.execute(f"create or replace table feature.{name} as {feature.query.text}")
    return con.sql(
        "select settlement_id, trace_code, is_placed, codes, is_split, cast(quantity as integer)"
        " from feature.pack_scan order by all"
    ).fetchall()


def test_the_encounter_tells_whose_line_one_it_is(sold):
    assert scans(sold, ("X", "E2"), columns="encounter_id") == [("S2", "X", True, 1, None, 2)]


def test_so_does_the_institution(sold):
    assert scans(sold, ("X", "H1"), columns="institution_id") == [("S1", "X", True, 1, None, 2)]


def test_the_number_alone_tells_nothing(sold):
    rows = scans(sold, ("X", None), columns="quantity")
    assert [(r[0], r[2]) for r in rows] == [("S1", False), ("S2", False)]


def test_a_line_taken_back_since_leaves_the_number_as_unclear_as_before(sold):
    sold.execute("update record.settlement set is_valid = false where settlement_id = 'S1'")
    assert [(r[0], r[2]) for r in scans(sold, ("X", None), columns="quantity")] == [("S2", False)]


def test_a_scan_delivered_again_with_its_encounter_stands_for_the_one_without(sold):
    rows = scans(sold, ("X", None, None), ("X", "E1", None), ("X", "E1", "H1"), columns="encounter_id, institution_id")
    assert [(r[0], r[2], r[3]) for r in rows] == [("S1", True, 1)]


def test_a_pack_sold_and_taken_back_was_not_sold(sold):
    assert scans(sold, ("X", "E1", 1), ("X", "E1", -1), columns="encounter_id, quantity") == []


def test_half_a_pack_is_half_its_content(sold):
    rows = scans(sold, ("X", "E1", True, 0.5, 24), columns="encounter_id, is_split, quantity, pack_content")
    assert rows == [("S1", "X", True, 1, True, 12)]
