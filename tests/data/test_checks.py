"""Every check: a sound record passes it, one fault fails it; what stops, what cannot be judged, what is refused."""

import duckdb
import pytest

from data.checks import checking
from data.errors import CheckStopped
from data.warehouse import guard
from data.warehouse.connection import ddl

CHECKS = {c.name: c for c in checking.load()}


def id_number(first_17):
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    total = sum(int(d) * w for d, w in zip(first_17, weights, strict=True))
    return first_17 + "10X98765432"[total % 11]


#: 160 settlements of 8 persons in one hospital, 40 in each of four months, each with its encounter, its fee line,
#: its diagnosis and its trace code; settlement S160 is taken back by R1.
SOUND = f"""
insert into record.person by name
    select 'P' || i as person_id, '1' as sex, date '1980-03-07' as birth_on, '01' as id_type from range(8) as t(i);
insert into record.person_identity by name
    select 'P0' as person_id, '{id_number("51990119800307001")}' as id_number, '1' as id_sex,
        date '1980-03-07' as id_birth_on;
insert into record.hospital by name select 'H1' as institution_id, 'first' as institution_name;
insert into record.pharmacy by name select 'Y1' as institution_id, 'second' as institution_name;
insert into record.practitioner by name select 'D1' as practitioner_id, 'H1' as institution_id;
insert into record.catalogue_item by name select 'XA02ADA037A00101010100359' as item_code;
insert into knowledge.medical_category values ('11', 'outpatient', '', '', null), ('21', 'inpatient', '', '', null);
insert into knowledge.institution_grade values ('05', 2, '', '');
insert into run.input_file by name
    select 'f1' as file_id, 'setl_d.csv' as file, 'setl_d' as source_table, timestamp '2025-06-01' as loaded_at;
insert into run.account by name
    select 'i1' as ingest_id, 'setl_d.csv' as file, 'setl_d' as source_table, 161 as rows_in, 161 as loaded,
        0 as duplicate, 0 as replaced, 0 as rejected, 8000 as yuan_in, 8000 as yuan_loaded, 0 as yuan_duplicate,
        0 as yuan_replaced, 0 as yuan_rejected;
insert into run.step by name select 'ingest' as step, 'i1' as fingerprint;
insert into record.person_status by name
    select 'P0' as person_id, 'death' as status_type, date '2025-06-01' as status_from;
insert into record.list_match values ('psn_status_d', 'death', 1, 0);
create temp table visit as
    select i, 'S' || i as settlement_id, 'E' || i as encounter_id, 'P' || (i % 8) as person_id,
        case when i % 10 = 0 then '21' else '11' end as medical_category,
        make_timestamp(2025, 1 + (i - 1) // 40, 1 + (i - 1) % 20, 9, 30, 0) as seen_at
    from range(1, 161) as t(i);
insert into record.settlement by name
    select settlement_id, encounter_id, person_id, '1' as sex, date '1980-03-07' as birth_on, 44 as age_years,
        '310' as insurance_type, 'H1' as institution_id, '05' as institution_grade, cast(seen_at as date) as started_on,
        cast(seen_at as date) as ended_on, seen_at as settled_at, medical_category, 50 as total_amount,
        4 as self_paid_amount, 1 as over_limit_amount, 5 as first_paid_amount, 40 as eligible_amount,
        18 as pooled_fund_amount,
        2 as assistance_fund_amount, 20 as fund_amount, 30 as person_paid_amount, 10 as account_amount,
        20 as cash_amount, false as is_refund, '2025' as benefit_year, 'V' || i as invoice_number,
        true as is_valid, 'f1' as file_id
    from visit;
insert into record.settlement by name
    select * replace ('R1' as settlement_id, 'S160' as original_settlement_id, -50 as total_amount,
        -4 as self_paid_amount, -1 as over_limit_amount, -5 as first_paid_amount, -40 as eligible_amount,
        -18 as pooled_fund_amount, -2 as assistance_fund_amount, -20 as fund_amount, -30 as person_paid_amount,
        -10 as account_amount, -20 as cash_amount, true as is_refund)
    from record.settlement where settlement_id = 'S160';
insert into record.encounter by name
    select encounter_id, person_id, 'H1' as institution_id, medical_category, seen_at as started_at,
        seen_at + interval 1 hour as ended_at, 'I10' as principal_diagnosis_code
    from visit;
insert into record.fee_line by name
    select 'L' || i as line_id, encounter_id, settlement_id, seen_at as charged_at, 'H1' as institution_id, person_id,
        medical_category, 2 as quantity, 25 as unit_price, 50 as amount, 40 as eligible_amount, '01' as item_class,
        'XA02ADA037A00101010100359' as item_code, '101' as catalogue_type, '09' as fee_category,
        'A02' as ordering_department_code, 'D1' as ordering_practitioner_id, 7 as supply_days
    from visit;
insert into record.diagnosis by name
    select settlement_id, 'I10' as diagnosis_code from visit;
insert into record.trace_code by name
    select 'L' || i as line_id, '8' || i as trace_code, false as is_split from visit;
"""

ONE = "where settlement_id = 'S1'"
TEN = "where settlement_id like 'S1_'"

#: check -> the fault that it must find, and what its example must show.
FAULTS = {
    "settlement_key_unique": (f"insert into record.settlement from record.settlement {ONE}", "settlement_id=S1, cop"),
    "encounter_key_unique": (
        "insert into record.encounter from record.encounter where encounter_id = 'E1'",
        "encounter_id=E1, copies=2",
    ),
    "fee_line_key_unique": (f"insert into record.fee_line from record.fee_line {ONE}", "line_id=L1, copies=2"),
    "fee_line_without_settlement": (f"update record.fee_line set settlement_id = 'S0' {TEN}", "settlement_id=S0"),
    "fee_line_unsettled": (f"update record.fee_line set settlement_id = null {TEN}", "line_id=L10"),
    "fee_line_of_other_owner": (f"update record.fee_line set institution_id = 'H2' {ONE}", "institution_id=H2"),
    "settlement_without_lines": (f"delete from record.fee_line {TEN}", "settlement_id=S10"),
    "settlement_without_encounter": ("delete from record.encounter where encounter_id = 'E1'", "encounter_id=E1"),
    "settlement_of_other_encounter": (
        "update record.encounter set person_id = 'P9' where encounter_id = 'E1'",
        "encounter_id=E1",
    ),
    "encounter_without_person": ("delete from record.person where person_id = 'P1'", "encounter_id=E1"),
    "institution_unregistered": (f"update record.settlement set institution_id = 'H2' {ONE}", "H2, settlements=1"),
    "practitioner_unregistered": (f"update record.fee_line set ordering_practitioner_id = 'D2' {ONE}", "D2, fee_lin"),
    "diagnosis_without_settlement": (f"update record.diagnosis set settlement_id = 'S0' {TEN}", "settlement_id=S0"),
    "trace_code_without_line": ("update record.trace_code set line_id = 'L0' where line_id like 'L1_'", "line_id=L0"),
    "trace_code_of_several_lines": (
        f"insert into record.fee_line select * replace ('E2' as encounter_id) from record.fee_line {ONE}",
        "line_id=L1",
    ),
    "amount_parts": (f"update record.settlement set eligible_amount = 39 {ONE}", "eligible_amount=39.00"),
    "fund_parts": (f"update record.settlement set pooled_fund_amount = 17 {ONE}", "parts_amount=19.00"),
    "payer_parts": (f"update record.settlement set cash_amount = 17 {ONE}", "rest_amount=3.00"),
    "fund_above_total": (f"update record.settlement set fund_amount = 51 {ONE}", "fund_amount=51.00"),
    "line_amount": (f"update record.fee_line set quantity = 3 {ONE}", "quantity=3.0000"),
    "line_quantity_missing": (f"update record.fee_line set unit_price = null {ONE}", "line_id=L1"),
    "line_sign": (f"update record.fee_line set quantity = -2 {ONE}", "quantity=-2.0000"),
    "line_eligible_within_amount": (f"update record.fee_line set eligible_amount = 60 {ONE}", "eligible_amount=60.00"),
    "lines_sum_to_settlement": (f"update record.fee_line set amount = 49 {TEN}", "settlements=160, agreeing=150"),
    "amount_missing": (f"update record.settlement set eligible_amount = null {ONE}", "eligible_amount=,"),
    "amount_negative": (f"update record.settlement set total_amount = -50 {ONE}", "total_amount=-50.00"),
    "refund_positive": ("update record.settlement set total_amount = 50 where is_refund", "settlement_id=R1"),
    "refund_unpaired": (
        "update record.settlement set original_settlement_id = null, total_amount = -51 where is_refund",
        "settlement_id=R1",
    ),
    "refund_above_original": ("update record.settlement set total_amount = -60 where is_refund", "refunded_amount=60"),
    "settlement_date_order": (f"update record.settlement set ended_on = '2025-02-01' {ONE}", "ended_on=2025-02-01"),
    "encounter_date_order": (
        "update record.encounter set ended_at = '2024-12-31' where encounter_id = 'E1'",
        "encounter_id=E1",
    ),
    "fee_date_outside_stay": (f"update record.fee_line set charged_at = '2025-01-02' {ONE}", "line_id=L1"),
    "settled_before_2000": (f"update record.settlement set settled_at = '1999-12-31' {ONE}", "settlement_id=S1"),
    "settled_after_delivery": (f"update record.settlement set settled_at = '2025-06-03' {ONE}", "settlement_id=S1"),
    "benefit_year": (f"update record.settlement set benefit_year = '2023' {ONE}", "benefit_year=2023"),
    "settled_late": (f"update record.settlement set settled_at = '2026-03-01' {TEN}", "settlement_id=S10"),
    "age_impossible": (f"update record.settlement set age_years = 850 {ONE}", "age_years=850"),
    "age_against_birth": (f"update record.settlement set age_years = 40 {ONE}", "age_years=40"),
    "person_one_sex": (f"update record.settlement set sex = '2' {ONE}", "person_id=P1"),
    "person_sex_against_id": ("update record.person set sex = '2' where person_id = 'P0'", "person_id=P0"),
    "person_birth_against_id": ("update record.person set birth_on = '1980-03-08' where person_id = 'P0'", "=P0"),
    "person_id_check_digit": (
        "update record.person_identity set id_number = substr(id_number, 1, 17)"
        " || case when id_number like '%5' then '4' else '5' end",
        "person_id=P0",
    ),
    "person_id_number_malformed": (
        "insert into record.person_identity by name select 'P1' as person_id, '519901800307001' as id_number",
        "person_id=P1",
    ),
    "person_two_id_numbers": (
        "insert into record.person_identity by name select 'P0' as person_id, '519901800307001' as id_number",
        "person_id=P0",
    ),
    "person_shared_id_number": (
        "insert into record.person_identity by name select 'P1' as person_id, id_number from record.person_identity",
        "person_id=P1",
    ),
    "code_medical_category": (f"update record.settlement set medical_category = '88' {ONE}", "88, settlements=1"),
    "code_insurance_type": (f"update record.settlement set insurance_type = '999' {ONE}", "999, settlements=1"),
    "code_institution_grade": (f"update record.settlement set institution_grade = '99' {ONE}", "99, settlements=1"),
    "code_sex": (f"update record.settlement set sex = 'M' {ONE}", "code=M, settlements=1"),
    "code_catalogue_type": (f"update record.fee_line set catalogue_type = '999' {ONE}", "999, fee_lines=1"),
    "code_fee_category": (f"update record.fee_line set fee_category = '77' {ONE}", "77, fee_lines=1"),
    "code_item_class": (f"update record.fee_line set item_class = '04' {ONE}", "04, fee_lines=1"),
    "code_item_format": (f"update record.fee_line set item_code = 'abc' {ONE}", "item_code=abc, fee_lines=1"),
    "item_not_in_catalogue": ("update record.fee_line set item_code = 'T000100467'", "item_code=T000100467"),
    "month_missing": ("delete from record.settlement where ended_on >= '2025-02-01' and ended_on < '2025-03-01'", "03"),
    "month_missing_of_institution": (
        "update record.settlement set institution_id = 'H2' where ended_on >= '2025-04-01'",
        "institution_id=H1, month=2025-04-01",
    ),
    "month_volume": (
        "delete from record.fee_line where charged_at >= '2025-02-02' and charged_at < '2025-03-01'",
        "counted=fee_line, month=2025-02-01, number=2",
    ),
    "month_volume_of_institution": (
        "delete from record.settlement where ended_on >= '2025-02-02' and ended_on < '2025-03-01'",
        "month=2025-02-01, settlements=2",
    ),
    "settled_in_bulk": ("update record.settlement set settled_at = '2025-05-01'", "largest_day=161"),
    "rejected_rows": ("update run.account set rejected = 2", "rejected=2"),
    "list_matches_nobody": (
        "insert into record.person_status_unmatched by name select 'X' as person_id, 'death' as status_type,"
        " date '2025-01-01' as status_from, 'f1' as file_id, 7 as row_number from range(2)",
        "row_number=7, status_type=death",
    ),
    "list_kind_unmatched": (
        "update record.list_match set unmatched = delivered",
        "source_table=psn_status_d, kind=death, delivered=1, unmatched=1",
    ),
    "invoice_repeated": (f"update record.settlement set invoice_number = 'V2' {ONE}", "invoice_number=V2"),
    "void_rows": (f"update record.settlement set is_valid = false {ONE}", "settlement_id=S1"),
    "coverage_principal_diagnosis": (
        "update record.encounter set principal_diagnosis_code = null where encounter_id = 'E10'",
        "encounter_id=E10",
    ),
    "coverage_diagnosis_list": (f"delete from record.diagnosis {ONE}", "settlement_id=S1"),
    "coverage_practitioner": (f"update record.fee_line set ordering_practitioner_id = null {ONE}", "line_id=L1"),
    "coverage_department": (f"update record.fee_line set ordering_department_code = null {ONE}", "line_id=L1"),
    "coverage_clock_time": (f"update record.fee_line set charged_at = '2025-01-01' {ONE}", "line_id=L1"),
    "coverage_settlement_time": (f"update record.settlement set settled_at = '2025-01-01' {ONE}", "settlement_id=S1"),
    "coverage_trace_code": ("delete from record.trace_code where line_id = 'L1'", "line_id=L1"),
    "coverage_split_flag": ("update record.trace_code set is_split = null where line_id = 'L1'", "line_id=L1"),
    "coverage_supply_days": (f"update record.fee_line set supply_days = null {ONE}", "line_id=L1"),
    "coverage_service_code": (
        "update record.fee_line set item_code = '012301010010000', charged_at = '2025-03-05 10:00:00'",
        "institution_id=H1, month=2025-03-01",
    ),
    "coverage_person": (f"update record.settlement set birth_on = null {ONE}", "settlement_id=S1"),
}

#: What looks like a fault and is none.
SOUND_TOO = [
    ("payer_parts", f"update record.settlement set cash_amount = 17, family_account_amount = 3 {ONE}"),
    ("payer_parts", f"update record.settlement set family_account_amount = 3 {ONE}"),
    ("payer_parts", f"update record.settlement set cash_amount = 17, institution_borne_amount = 3 {ONE}"),
    ("amount_parts", f"update record.settlement set eligible_amount = 40.05 {ONE}"),
    ("line_amount", f"update record.fee_line set amount = 50.05 {ONE}"),
    ("line_amount", f"update record.fee_line set amount = 1004, quantity = 40 {ONE}"),
    ("line_sign", f"update record.fee_line set quantity = -2, amount = -50, eligible_amount = -40 {ONE}"),
    ("refund_unpaired", "update record.settlement set original_settlement_id = null where is_refund"),
    ("encounter_date_order", "update record.encounter set ended_at = null where encounter_id = 'E1'"),
    ("fee_date_outside_stay", "update record.encounter set ended_at = null where encounter_id = 'E1'"),
    ("fee_date_outside_stay", f"update record.fee_line set charged_at = '2025-01-01' {ONE}"),
    ("benefit_year", f"update record.settlement set benefit_year = '2024', started_on = '2024-12-30' {ONE}"),
    ("code_item_class", f"update record.fee_line set item_class = '2' {ONE}"),
    ("code_fee_category", f"update record.fee_line set fee_category = '1408' {ONE}"),
    ("code_medical_category", f"update record.settlement set medical_category = '2106' {ONE}"),
    ("coverage_practitioner", f"update record.fee_line set medical_category = '41' {ONE}"),
    ("rejected_rows", "update run.account set rejected = 1"),
    ("month_missing_of_institution", "delete from record.settlement where ended_on < '2025-02-01'"),
    ("invoice_repeated", f"update record.settlement set invoice_number = 'V2', institution_id = 'H2' {ONE}"),
]


@pytest.fixture(scope="module")
def sound():
    con = duckdb.connect()
    con.execute(ddl())
    con.execute(SOUND)
    return con


@pytest.fixture
def con(sound):
    """The sound record; what a test does to it is undone."""
    sound.execute("begin")
    yield sound
    sound.execute("rollback")


@pytest.fixture
def own():
    """A sound record of the test's own, for what commits."""
    con = duckdb.connect()
    con.execute(ddl())
    con.execute(SOUND)
    return con


def test_every_check_has_its_fault():
    assert set(FAULTS) == set(CHECKS)


@pytest.mark.parametrize("name", CHECKS)
def test_a_sound_record_passes(con, name):
    result, _ = checking.judge(con, CHECKS[name])
    assert (result.state, result.rows, result.example) == ("ok", 0, None)
    assert result.of > 0


@pytest.mark.parametrize("name", FAULTS)
def test_one_fault_fails(con, name):
    fault, shown = FAULTS[name]
    con.execute(fault)
    result, _ = checking.judge(con, CHECKS[name])
    assert result.state == {"stop": "stop", "warn": "warn", "note": "ok"}[CHECKS[name].level]
    assert result.rows > 0
    assert shown in result.example
    assert result.share == pytest.approx(result.rows / result.of, abs=1e-6)


@pytest.mark.parametrize(("name", "harmless"), SOUND_TOO)
def test_what_is_no_fault_passes(con, name, harmless):
    con.execute(harmless)
    result, _ = checking.judge(con, CHECKS[name])
    assert (result.state, result.rows) == ("ok", 0)


def test_a_share_below_the_bound_does_not_count(con):
    con.execute(f"update record.fee_line set settlement_id = 'S0' {ONE}")
    result, _ = checking.judge(con, CHECKS["fee_line_without_settlement"])
    assert (result.state, result.rows, result.of) == ("ok", 1, 160)


STOPS = {
    "settlement_key_unique": FAULTS["settlement_key_unique"][0],
    "encounter_key_unique": FAULTS["encounter_key_unique"][0],
    "fee_line_key_unique": FAULTS["fee_line_key_unique"][0],
    "fee_line_without_settlement": FAULTS["fee_line_without_settlement"][0],
    "settlement_without_encounter": "delete from record.encounter where encounter_id <> 'E1'",
    "fee_line_of_other_owner": "update record.fee_line set person_id = left(person_id, 1) || '-' || person_id",
    "settlement_of_other_encounter": "update record.encounter set institution_id = '0' || institution_id",
}


def test_these_checks_can_stop():
    assert set(STOPS) == {c.name for c in CHECKS.values() if c.stop_above is not None}


@pytest.mark.parametrize("name", STOPS)
def test_a_stop_says_what_where_and_what_to_do(own, name):
    own.execute(STOPS[name])
    lines = []
    with pytest.raises(CheckStopped) as stopped:
        checking.run(own, lines.append)
    said = str(stopped.value)
    assert name in said and " of 16" in said and "first " in said and "Deliver" in said
    assert any(line.startswith(f"stop: {name}") for line in lines)
    kept = own.execute("select state, offending from run.check_result where check_name = $n", {"n": name}).fetchall()
    assert kept[0][0] == "stop" and kept[0][1] > 0
    assert own.sql("select count(*) from record.settlement").fetchall()[0][0] >= 161


def test_results_are_kept_and_replaced(own):
    first = checking.run(own)
    assert [r.state for r in first] == ["ok"] * len(CHECKS)
    assert checking.summary(first) == f"{len(CHECKS)} checks: {len(CHECKS)} hold, 0 warn, 0 not applicable"
    own.execute("delete from record.trace_code")
    second = checking.run(own)
    assert own.sql("select count(*) from run.check_result").fetchall() == [(len(CHECKS),)]
    idle = [r.name for r in second if r.state == "not_applicable"]
    wanted = ["coverage_split_flag", "coverage_trace_code", "trace_code_of_several_lines", "trace_code_without_line"]
    assert idle == wanted


def test_no_line_of_the_log_names_a_person(own):
    own.execute(f"update record.settlement set sex = '2' {ONE}")
    own.execute("update record.person set sex = '2', birth_on = '1970-01-01' where person_id = 'P0'")
    lines = []
    checking.run(own, lines.append)
    assert {line.split(": ")[1] for line in lines} >= {"person_one_sex", "person_sex_against_id"}
    assert not any("P0" in line or "P1" in line or "1970" in line for line in lines)


def test_what_is_not_there_cannot_hold():
    con = duckdb.connect()
    con.execute(ddl())
    assert {checking.judge(con, c)[0].state for c in CHECKS.values()} == {"not_applicable"}


def test_an_empty_column_is_named(con):
    con.execute("update record.settlement set benefit_year = null")
    result, _ = checking.judge(con, CHECKS["benefit_year"])
    assert (result.state, result.rows, result.example) == ("not_applicable", None, "needs 年度 (setl_d.year)")


GOOD = "-- warn: It holds.\n-- zh: 成立\n-- of: record.settlement\nselect settlement_id from record.settlement\n"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (GOOD.replace("-- warn: ", "-- "), "first comment"),
        (GOOD.replace("-- zh: 成立\n", ""), "lacks '-- zh"),
        (GOOD.replace("-- zh:", "-- limit: 3\n-- zh:"), "may not say 'limit'"),
        (GOOD.replace("-- zh:", "-- above: much\n-- zh:"), "no share"),
        (GOOD.replace("warn", "stop"), "what to do"),
        (GOOD.replace("from record.settlement", "from truth.scheme_line"), "may read only"),
        (GOOD.replace("from record.settlement", "from run.rejected"), "run.rejected"),
        (GOOD.replace("-- of: record.settlement", "-- of: model.finding"), "may read only"),
        (GOOD.replace("settlement_id from record.settlement", "id_number from record.person_identity"), "person_id"),
        (GOOD.replace("settlement_id from", "md5(settlement_id) as m from"), "no form known"),
    ],
)
def test_a_check_that_breaks_the_rules_is_refused(tmp_path, text, why):
    (tmp_path / "mine.sql").write_text(text, encoding="utf-8")
    with pytest.raises(guard.SqlRefused, match=why) as refused:
        checking.load(tmp_path)
    assert str(refused.value).startswith("mine.sql: ")


def test_a_new_file_is_a_new_check(tmp_path, con):
    (tmp_path / "mine.sql").write_text(GOOD, encoding="utf-8")
    (mine,) = checking.load(tmp_path)
    result, _ = checking.judge(con, mine)
    assert (result.name, result.state, result.rows, result.what) == ("mine", "warn", 161, "It holds.")


@pytest.mark.parametrize("name", CHECKS)
def test_it_has_a_form_for_the_second_engine(name):
    assert guard.to_spark(CHECKS[name].query.text)
