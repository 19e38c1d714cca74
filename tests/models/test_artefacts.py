"""Artefacts: each kind on a made-up record that shows it and on one that does not."""

import pytest

from data.warehouse import guard
from data.warehouse.connection import open_warehouse
from features import build
from models import artefacts
from models.sources import rule


@pytest.fixture
def con(tmp_path):
    with open_warehouse(tmp_path) as con:
        for name, feature in build.load().items():
            con.execute(f"create table feature.{name} as {feature.query.text}")
        for source in rule.load():
            for what in source.card.judges:
                con.execute("insert into model.source_judges values ($1, $2)", [source.id, what])
        con.execute("insert into model.source_judges values ('shared_signature', 'practitioner')")
        yield con


def lines(con, count, first=0, **columns):
    """Fee lines N to N + count of feature.fee_line; values are SQL over i."""
    said = {
        "settlement_id": "'S' || i",
        "line_id": "'L' || i",
        "encounter_id": "'E' || i",
        "person_id": "'P' || i",
        "institution_id": "'H1'",
        "practitioner_id": "'D' || (i % 12)",
        "department_code": "'A' || (i % 4)",
        "charged_on": "date '2025-03-01'",
        "item_code": "'X1'",
        "item_name": "'阿莫西林胶囊'",
        "quantity": "1",
        "unit_price": "20",
        "amount": "20",
    } | columns
    values = ", ".join(f"{value} as {column}" for column, value in said.items())
    con.execute(f"insert into feature.fee_line by name select {values} from range({first}, {first + count}) as t(i)")


def finding(con, name, source, **columns):
    said = {"subject_type": "institution", "subject_id": "H1", "institution_id": "H1", "amount": "20"} | columns
    values = ", ".join(f"'{value}' as {column}" for column, value in said.items())
    con.execute(
        f"insert into model.finding by name select '{name}' as finding_id, '{source}' as source,"
        f" 'hit' as outcome, {values}"
    )


def kinds(con):
    count = artefacts.triage(con)
    found = dict(con.sql("select finding_id, kind from model.artefact").fetchall())
    classed = {f for (f,) in con.sql("select finding_id from model.finding where outcome = 'artefact'").fetchall()}
    assert classed == set(found) and count == len(found)
    assert not con.sql("select 1 from model.artefact where reason is null or reason_zh is null").fetchall()
    return found


def practitioner(con, name, who, **columns):
    finding(con, name, "impossible", subject_type="practitioner", subject_id=who, practitioner_id=who, **columns)


def test_an_id_of_zeros_or_of_most_lines_is_a_bucket(con):
    lines(con, 300, practitioner_id="case when i < 210 then 'D0001' else 'D1' || (i % 12) end")
    lines(
        con,
        300,
        first=300,
        institution_id="'H2'",
        practitioner_id="case when i < 420 then 'D2' else 'D3' || (i % 12) end",
    )
    practitioner(con, "zeros", "000000")
    practitioner(con, "letters", "D00000")
    practitioner(con, "most", "D0001")
    practitioner(con, "other", "D13")
    practitioner(con, "elsewhere", "D0001", institution_id="H9")
    practitioner(con, "busy", "D2", institution_id="H2")
    assert kinds(con) == dict.fromkeys(("zeros", "letters", "most"), "practitioner_bucket")


def test_the_only_practitioner_of_a_clinic_and_a_specialist_are_no_buckets(con):
    lines(con, 300, practitioner_id="'D1'")
    lines(
        con,
        300,
        first=300,
        institution_id="'H2'",
        practitioner_id="case when i < 550 then 'D2' else 'D' || i end",
        department_code="'A1'",
    )
    practitioner(con, "clinic", "D1")
    practitioner(con, "one_department", "D2", institution_id="H2")
    assert kinds(con) == {}


@pytest.mark.parametrize("known_from", ["register", "encounters"])
def test_one_id_on_every_line_is_a_bucket_where_others_are_known_to_work(con, known_from):
    for place in ("H1", "H2"):
        lines(con, 300, first=1000 if place == "H2" else 0, institution_id=f"'{place}'", practitioner_id=f"'D{place}'")
        finding(con, f"{place}-place", "shared_signature", institution_id=place, practitioner_id=f"D{place}")
        finding(con, f"{place}-price", "price_over_limit", institution_id=place, practitioner_id=f"D{place}")
        practitioner(con, f"{place}-own", f"D{place}", institution_id=place)
    table = "record.practitioner" if known_from == "register" else "feature.practitioner"
    origin = "" if known_from == "register" else ", 'encounter' as origin"
    con.execute(
        f"insert into {table} by name select 'D' || i as practitioner_id, 'H1' as institution_id{origin}"
        " from range(12) as t(i)"
    )
    assert kinds(con) == dict.fromkeys(("H1-place", "H1-own"), "practitioner_bucket")


def mapped(con, own_name, hits, institution, line_id="{name}{i}"):
    """Thirty lines of one own item, the first ones hit; `line_id` is made of the institution's name and a number."""
    name = institution.lower()
    ids = line_id.format(name=name, i="' || i || '")
    lines(con, 30, institution_id=f"'{institution}'", institution_item_code="'C1'", institution_item_name=f"'{own_name}'",
          line_id=f"'{ids}'", settlement_id=f"'{name}' || i")  # fmt: skip
    for i in range(hits):
        finding(
            con,
            f"{name}{i}",
            "item_for_other_sex",
            settlement_id=f"{name}{i}",
            line_id=line_id.format(name=name, i=i),
            institution_id=institution,
        )


def test_one_code_mapped_to_another_item(con):
    mapped(con, "血常规检查", 29, "H1")
    mapped(con, "安灭菌/阿莫西林胶囊(0.25g*24粒)", 29, "H2")  # its own item under a brand name
    mapped(con, "血常规检查", 10, "H3")  # other lines of it are clear
    assert kinds(con) == {f"h1{i}": "mapping_error" for i in range(29)}


def test_line_numbers_that_start_anew_in_every_settlement(con):
    mapped(con, "血常规检查", 29, "H1", line_id="1")
    mapped(con, "血常规检查", 10, "H3", line_id="1")
    assert kinds(con) == {f"h1{i}": "mapping_error" for i in range(29)}


def meant(con, institution, first, count=30, hits=10, source="item_for_other_sex", **columns):
    """Lines of an own item billed as another one, the first ones hit."""
    said = {
        "institution_id": f"'{institution}'",
        "institution_item_code": "'C1'",
        "institution_item_name": "'血细胞分析'",
        "eligible_amount": "20",
    } | columns
    lines(con, count, first=first, **said)
    for i in range(first, first + hits):
        finding(con, f"{institution}-{i}", source, settlement_id=f"S{i}", line_id=f"L{i}", institution_id=institution,
                family="substitution" if source == "names_of_item_unlike" else "identity")  # fmt: skip
    return {f"{institution}-{i}" for i in range(first, first + hits)}


def test_an_own_item_that_elsewhere_is_another_one(con):
    lines(con, 50, first=9000, institution_id="'H9'", item_code="'B1'", item_name="'血细胞分析'", eligible_amount="20")
    wrong = meant(con, "H1", 0) | meant(con, "H2", 100, source="names_of_item_unlike")
    meant(con, "H3", 200, unit_price="40")  # dearer than what was done: somebody gained
    meant(con, "H4", 300, item_code="case when i < 320 then 'X1' else 'B1' end",
          item_name="case when i < 320 then '阿莫西林胶囊' else '血细胞分析' end")  # now this way, now that  # fmt: skip
    meant(con, "H5", 400, hits=1)  # one line in thirty may be chance
    meant(con, "H6", 500, count=4, hits=4)  # too few lines for a habit
    assert kinds(con) == dict.fromkeys(wrong, "mapping_error")


def test_covered_in_place_of_self_paid_is_no_slip(con):
    lines(con, 50, first=9000, institution_id="'H9'", item_code="'B1'", item_name="'血细胞分析'", eligible_amount="0")
    meant(con, "H1", 0)
    assert kinds(con) == {}


def test_goods_that_no_catalogue_knows_are_for_inspectors(con):
    meant(con, "P1", 0, hits=30, source="names_of_item_unlike", institution_item_name="'大米'")
    meant(con, "P2", 100, hits=30, institution_item_name="'大米'", item_name="'前列康片'")
    assert set(kinds(con).values()) == {"mapping_error"} and len(kinds(con)) == 30


def test_many_own_items_under_one_code(con):
    lines(con, 50, first=9000, institution_id="'H9'", eligible_amount="20", item_code="'B' || i % 10",
          item_name="chr(19969 + cast(i % 10 as integer) * 50) || chr(20500 + cast(i % 10 as integer) * 50)")  # fmt: skip
    wrong = meant(con, "H1", 0, hits=30, institution_item_code="'C' || i % 10", institution_item_name=(
        "chr(19969 + cast(i % 10 as integer) * 50) || chr(20500 + cast(i % 10 as integer) * 50)"))  # fmt: skip
    lines(con, 5, first=50, institution_item_code="'C99'", institution_item_name="'阿莫西林胶囊'", eligible_amount="20")
    finding(con, "swollen", "item_for_other_sex", settlement_id="S50", line_id="L50")
    assert kinds(con) == dict.fromkeys(wrong | {"swollen"}, "mapping_error")


def test_sex_against_the_id_number(con):
    con.execute(
        "insert into feature.person (person_id, is_sex_contradicted) values ('P1', true), ('P2', false), ('P3', null)"
    )
    for person in ("P1", "P2", "P3"):
        finding(con, f"sex{person}", "item_for_other_sex", person_id=person)
        finding(con, f"price{person}", "price_over_limit", person_id=person)
    assert kinds(con) == {"sexP1": "sex_contradicted"}


def test_tablets_billed_where_boxes_are_usual(con):
    lines(con, 20)
    lines(con, 1, first=100, quantity="24", unit_price="0.85", amount="20.4")
    lines(con, 1, first=101, quantity="24", unit_price="20", amount="480")  # truly many
    lines(con, 1, first=102, quantity="5", unit_price="4", amount="20")
    lines(con, 5, first=200, institution_id="'H' || i", person_id="'Q'", item_code="'X2'")
    lines(
        con, 1, first=300, institution_id="'H300'", person_id="'Q'", item_code="'X2'", quantity="100", unit_price="0.2"
    )
    for i in (100, 101, 102, 300):
        finding(con, f"f{i}", "item_over_daily_limit", settlement_id=f"S{i}", line_id=f"L{i}")
    finding(con, "sex", "item_for_other_sex", settlement_id="S100", line_id="L100")
    assert kinds(con) == {"f100": "quantity_slip", "f300": "quantity_slip"}


def written(con, name, source, total=20, encounter=None, **columns):
    """A fee line as delivered and as a feature, its settlement, and a finding of `source` on it."""
    said = {"quantity": 1, "unit_price": 20, "amount": 20, "item_code": "X1"} | columns
    encounter = encounter or f"E{name}"
    keys = f"'S{name}' as settlement_id, 'L{name}' as line_id, '{encounter}' as encounter_id, 'H1' as institution_id"
    for table in ("record.fee_line", "feature.fee_line"):
        kept = {k: v for k, v in said.items() if table.startswith("record") or k != "self_paid_amount"}
        values = ", ".join(f"'{v}' as {k}" for k, v in kept.items())
        con.execute(f"insert into {table} by name select {keys}, {values}")
    con.execute(f"insert into record.settlement by name select 'S{name}' as settlement_id, {total} as total_amount")
    finding(con, name, source, settlement_id=f"S{name}", line_id=f"L{name}", encounter_id=encounter)


def test_numbers_that_contradict_each_other(con):
    lines(con, 20)
    written(con, "tens", "item_over_daily_limit", quantity=10)
    written(con, "same", "bed_items_over_stay", encounter="Etens")  # broken by the other line of the stay
    written(con, "apart", "bed_items_over_stay", encounter="Etens", item_code="X2")
    written(con, "cents", "price_over_limit", unit_price=2000)
    written(con, "units", "item_over_daily_limit", unit_price=2000)  # the price is wrong, not the quantity
    written(con, "unpaid", "amount_over_total_limit", amount=200)
    written(con, "paid", "amount_over_total_limit", amount=200, total=200)
    written(con, "many", "item_over_daily_limit", quantity=10, amount=200, total=200)
    written(con, "parts", "item_over_daily_limit", quantity=10, amount=200, total=20, self_paid_amount=0,
            eligible_amount=20)  # fmt: skip
    written(con, "overlap", "stay_overlaps_other_care", quantity=10)
    assert kinds(con) == dict.fromkeys(("tens", "same", "cents", "unpaid", "parts"), "quantity_slip")
    assert (
        "the quantity must be wrong"
        in con.sql("select reason from model.artefact where finding_id = 'tens'").fetchall()[0][0]
    )


def posted(con, institution, first, own_lines):
    """Twelve stays that ended on their second day, charged at one moment of the tenth, with lines of their own before."""
    con.execute(
        f"insert into feature.encounter by name select '{institution}' || i as encounter_id, '{institution}' as"
        " institution_id, true as is_inpatient, 1 as days, date '2025-03-01' as started_on,"
        " date '2025-03-02' as ended_on from range(12) as t(i)"
    )
    said = {"institution_id": f"'{institution}'", "encounter_id": f"'{institution}' || (i % 12)"}
    lines(con, 36, first=first, charged_on="date '2025-03-10'", charged_at="timestamp '2025-03-10 23:30:00'", **said)
    lines(con, own_lines, first=first + 36, charged_at="timestamp '2025-03-01 09:00:00' + to_minutes(i)", **said)
    for i in (first, first + 1):
        for source in ("charge_outside_stay", "care_after_death"):
            finding(con, f"{source}-{i}", source, settlement_id=f"S{i}", line_id=f"L{i}", institution_id=institution)


def test_what_is_posted_after_the_end_all_at_once(con):
    posted(con, "H1", 0, own_lines=0)
    posted(con, "H2", 1000, own_lines=24)  # added to stays that were charged before
    assert kinds(con) == dict.fromkeys(("charge_outside_stay-0", "charge_outside_stay-1"), "bulk_posting")


def stays(con, institution, one_day, spread):
    """Stays of five days with four lines each, the first ones charged on one day."""
    name = institution.lower()
    con.execute(
        f"insert into feature.encounter by name select '{name}' || i as encounter_id, '{institution}' as institution_id,"
        f" true as is_inpatient, 5 as days from range({one_day + spread}) as t(i)"
    )
    day = f"date '2025-03-01' + case when i // 4 < {one_day} then 0 else i % 4 end::integer"
    lines(
        con,
        4 * (one_day + spread),
        institution_id=f"'{institution}'",
        encounter_id=f"'{name}' || (i // 4)",
        charged_on=day,
    )
    for stay in (0, one_day + spread - 1):
        for source in ("idle_stay", "item_over_daily_limit", "split_admission"):
            finding(con, f"{name}-{source}-{stay}", source, encounter_id=f"{name}{stay}", institution_id=institution)
    finding(con, f"{name}-day", "impossible_day", institution_id=institution)


def test_bulk_posting_excuses_daily_limits_and_idle_days(con):
    stays(con, "H1", 9, 3)
    stays(con, "H2", 6, 6)
    assert kinds(con) == dict.fromkeys(("h1-idle_stay-0", "h1-item_over_daily_limit-0", "h1-day"), "bulk_posting")


def test_triage_again_says_the_same_and_forgets_what_no_longer_holds(con):
    practitioner(con, "zeros", "000000")
    assert kinds(con) == kinds(con) == {"zeros": "practitioner_bucket"}
    con.execute("update model.finding set subject_id = 'D7'")
    assert kinds(con) == {}
    assert con.sql("select outcome from model.finding").fetchall() == [("hit",)]


def test_a_kind_must_say_what_it_recognises_and_return_its_columns(tmp_path):
    (tmp_path / "nameless.sql").write_text("select finding_id, '' as reason, '' as reason_zh from model.finding")
    (tmp_path / "short.sql").write_text("-- A kind.\n-- 一类。\nselect finding_id from model.finding")
    (tmp_path / "curious.sql").write_text(
        "-- A kind.\n-- 一类。\nselect 1 as finding_id, '' as reason, '' as reason_zh from truth.scheme_line"
    )
    with pytest.raises(guard.SqlRefused) as refused:
        artefacts.load(tmp_path)
    assert all(name in str(refused.value) for name in ("nameless.sql", "short.sql", "curious.sql"))
