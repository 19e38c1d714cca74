"""What corrections do to features: refunds, renewals, local codes."""

from __future__ import annotations

from datetime import date

import pytest

from data.knowledge import load as knowledge_load
from tests.features import built


def put(con, table, columns, *rows):
    marks = ", ".join("?" * len(columns.split(",")))
    con.executemany(f"insert into {table} ({columns}) values ({marks})", [list(row) for row in rows])


def made(con, question):
    return built.until(con).sql(question).fetchall()


SETTLED = (
    "settlement_id, encounter_id, person_id, institution_id, medical_category, total_amount, started_on, settled_at"
)
LINE = (
    "settlement_id, line_id, encounter_id, person_id, institution_id, charged_at, item_code, institution_item_code,"
    " quantity, unit_price, amount, eligible_amount, over_limit_amount, original_line_id"
)


def line(number, code, amount, over=None, of=None, local=None, day="2025-03-01", at="H1"):
    return ("S1", number, "E1", "P1", at, day, code, local, amount / 10, 10, amount, amount, over, of)


def test_the_part_above_a_limit_shrinks_with_its_line(con):
    put(con, "record.settlement", SETTLED, ("S1", "E1", "P1", "H1", "11", 90, "2025-03-01", "2025-03-01"))
    put(con, "record.fee_line", LINE, line("1", "A", 60, 12), line("2", "A", -20, None, "1"), line("3", "B", 50))
    found = made(con, "select line_id, amount, over_limit_amount from feature.fee_line order by 1")
    assert [(n, float(a), float(o)) for n, a, o in found] == [("1", 40.0, 8.0), ("3", 50.0, 0.0)]


@pytest.mark.parametrize(
    ("periods", "until"),
    [
        ([("2014-01-01", "2019-12-31"), ("2020-01-01", None)], None),
        ([("2014-01-01", "2019-12-31"), ("2020-01-01", "2024-12-31")], date(2024, 12, 31)),
        ([("2014-01-01", None), ("2020-01-01", "2024-12-31")], date(2024, 12, 31)),
        ([("2014-01-01", None)], None),
    ],
)
@pytest.mark.parametrize("table", ["hospital", "pharmacy"])
def test_an_open_renewal_keeps_the_contract_running(con, table, periods, until):
    put(con, f"record.{table}", "institution_id, valid_from, valid_to", *[("H1", *p) for p in periods])
    found = made(con, "select contract_from, contract_to from feature.institution where institution_id = 'H1'")
    assert found == [(date(2014, 1, 1), until)]


def diagnosed(con, *rows):
    columns = f"{SETTLED}, is_refund, original_settlement_id"
    bill = ("P1", "H1", "21", 100, "2025-03-01", "2025-03-05")
    put(
        con,
        "record.settlement",
        columns,
        ("S1", "E1", *bill, False, None),
        ("S2", "E1", "P1", "H1", "21", -100, "2025-03-01", "2025-03-06", True, "S1"),
        ("S3", "E1", *bill[:-1], "2025-03-07", False, None),
    )
    put(
        con,
        "record.encounter",
        "encounter_id, person_id, started_at, ended_at",
        ("E1", "P1", "2025-03-01", "2025-03-05"),
    )
    put(con, "record.diagnosis", "settlement_id, diagnosis_type, is_principal, diagnosis_code", *rows)
    coded = made(con, "select diagnosis_code, is_principal from feature.visit_diagnosis order by 1")
    return coded, con.sql("select principal_diagnosis_code from feature.encounter").fetchall()


def test_a_list_on_a_settlement_taken_back_still_tells_the_diagnosis(con):
    assert diagnosed(con, ("S1", "1", True, "J18.900"), ("S1", "1", False, "I10.x00")) == (
        [("I10.x00", False), ("J18.900", True)],
        [("J18.900",)],
    )


def test_the_list_of_the_standing_settlement_counts_alone(con):
    assert diagnosed(con, ("S1", "1", True, "J18.900"), ("S3", "1", True, "J44.100")) == (
        [("J44.100", True)],
        [("J44.100",)],
    )


def test_local_codes_are_mapped_an_institution_s_own_row_first(con):
    put(con, "record.settlement", SETTLED, ("S1", "E1", "P1", "H1", "11", 90, "2025-03-01", "2025-03-01"))
    put(
        con,
        "record.fee_line",
        LINE,
        line("1", "L1", 10),
        line("2", "L1", 10, at="H2"),
        line("3", None, 10, local="L2"),
        line("4", "N9", 10, local="L2"),
        line("5", "L3", 10),
        line("6", "L4", 10, day="2025-01-31"),
        line("7", "L4", 10, day="2025-02-01"),
        line("8", "L5", 10),
        line("9", "L1", -4),
    )
    put(
        con,
        "knowledge.code_map",
        "local_code, institution_id, national_code, valid_from, valid_to, reason, layer",
        ("L1", None, "N1", None, None, "made", "city"),
        ("L1", "H1", "N1H", None, None, "made", "city"),
        ("L2", None, "N2", None, None, "made", "city"),
        ("L4", None, "N4", None, None, "made", "city"),
        ("L4", None, "N4new", "2025-02-01", None, "made", "city"),
        ("L5", None, "N5", "2024-01-01", "2024-12-31", "made", "city"),
    )
    found = dict(made(con, "select line_id, item_code from feature.fee_line"))
    assert found == {
        "1": "N1H", "2": "N1", "3": "N2", "4": "N9", "5": "L3", "6": "N4", "7": "N4new", "8": "L5",
    }  # fmt: skip
    assert con.sql("select count(*) from feature.fee_line").fetchall() == [(8,)]
    net = con.sql(
        "select cast(sum(amount) as double) from feature.fee_line where item_code in ('N1', 'N1H')"
    ).fetchall()
    assert net == [(16.0,)]  # the reversal names the local code and still finds its lines


def test_a_bureau_s_file_is_laid_over(con, tmp_path):
    text = "local_code,national_code,reason,owner\nL1,003101000010000,price list 2025 no. 7,office\n"
    (tmp_path / "code_map.csv").write_text(text, encoding="utf-8")
    assert knowledge_load.load(con, tmp_path)["code_map"] == 1
    assert con.sql("select layer, owner from knowledge.code_map").fetchall() == [("city", "office")]
