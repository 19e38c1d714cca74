"""A donor beside the patient on one bill; bills in which no insurance money is, and bills entered later."""

import pytest

from features import build
from tests.features import built


@pytest.mark.parametrize(
    ("item", "donors"),
    [
        ("供体肾切取术", 1),
        ("活体供肝切取术", 1),
        ("造血干细胞采集(供者)", 1),
        ("亲属活体肾移植术", 1),
        ("供者特异性抗体检测", 0),
        ("肾切除术", 0),
        ("自体造血干细胞采集", 0),
    ],
)
def test_a_donor_is_told_by_what_is_taken(con, item, donors):
    con.execute(
        "insert into feature.fee_line (settlement_id, line_id, encounter_id, item_name) values ('S1', '1', 'E1', ?)",
        [item],
    )
    question = build.load()["donor_on_bill"].query.text
    assert [n for _, n in con.sql(question).fetchall()] == [1] * donors


@pytest.mark.parametrize(
    ("code", "name"), [("55.5102", "供肾取肾术"), ("41.9100", "供者骨髓抽吸"), ("50.2200", "活体供肝切取术")]
)
def test_a_donor_is_told_by_the_coded_operation(con, code, name):
    con.execute("insert into feature.settlement (settlement_id, encounter_id) values ('S1', 'E1')")
    con.execute(
        "insert into record.procedure (settlement_id, procedure_code, procedure_name) values ('S1', ?, ?)", [code, name]
    )
    assert con.sql(build.load()["donor_on_bill"].query.text).fetchall() == [("E1", 1)]


@pytest.mark.parametrize(
    ("fund", "account", "family", "is_cash_only"),
    [(0, 0, 0, True), (5, 0, 0, False), (0, 5, 0, False), (0, 0, 5, False), (None, 0, 0, None)],
)
def test_a_bill_without_insurance_money(con, fund, account, family, is_cash_only):
    con.execute(
        "insert into record.settlement (settlement_id, encounter_id, person_id, institution_id, medical_category,"
        " total_amount, fund_amount, account_amount, family_account_amount, started_on, ended_on, settled_at)"
        " values ('S1', 'E1', 'A', 'H1', '11', 90, ?, ?, ?, '2025-03-01', '2025-03-01', '2025-03-01 10:00:00')",
        [fund, account, family],
    )
    assert built.until(con, "settlement").sql("select is_cash_only from feature.settlement").fetchall() == [
        (is_cash_only,)
    ]


@pytest.mark.parametrize(
    ("ended_at", "settled_at", "is_entered_later"),
    [
        pytest.param("2025-03-01 09:00", "2025-03-01 09:20", False, id="at the counter"),
        pytest.param("2025-03-01 09:00", "2025-03-01 18:20", True, id="in the evening"),
        pytest.param("2025-03-01 17:00", "2025-03-02 08:20", True, id="the next day"),
        pytest.param("2025-03-01 00:00", "2025-03-01 18:20", False, id="the hour of the care is unknown"),
    ],
)
def test_a_bill_entered_after_the_care(con, ended_at, settled_at, is_entered_later):
    con.execute(
        "insert into record.encounter (encounter_id, person_id, institution_id, medical_category, started_at, ended_at)"
        " values ('E1', 'A', 'H1', '11', $1, $1)",
        [ended_at],
    )
    con.execute(
        "insert into record.settlement (settlement_id, encounter_id, person_id, institution_id, medical_category,"
        " total_amount, started_on, ended_on, settled_at)"
        " values ('S1', 'E1', 'A', 'H1', '11', 90, '2025-03-01', '2025-03-01', ?)",
        [settled_at],
    )
    rows = built.until(con, "visit_bill").sql("select is_entered_later from feature.visit_bill").fetchall()
    assert rows == [(is_entered_later,)]
