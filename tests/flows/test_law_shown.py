"""What evidence and dossier say of the law: the clauses of the day, their words, limitation, loss in case payment."""

import html
import re
from datetime import date
from decimal import Decimal

import pytest

from flows.publish import dossier, evidence, labels, legal, watchlists
from models.sources import cases, rule

#: source, subject, day, settlement, way of payment, amount
FINDINGS = [
    ("exclusive_items_together", "2025-06-03", "S1", "4", 100),
    ("exclusive_items_together", "2026-05-20", "S2", "1", 40),
    ("exclusive_items_together", "2027-02-10", "S3", None, 30),
    ("operation_coded_not_charged", "2026-05-21", "S4", None, 20),
]
SOURCES = rule.load()


@pytest.fixture(scope="module")
def con():
    con = cases.empty_warehouse()
    for number, (source, day, settlement, way, amount) in enumerate(FINDINGS):
        con.execute(
            "insert into model.finding (finding_id, source, certainty, outcome, subject_type, subject_id, settlement_id,"
            " institution_id, occurred_on, amount, fund_amount, detail) values ($id, $source, 'suspected', 'hit',"
            " 'institution', 'H1', $settlement, 'H1', $day, $amount, $amount, '{}')",
            {"id": f"F{number}", "source": source, "settlement": settlement, "day": day, "amount": amount},
        )
        con.execute(
            "insert into record.settlement (settlement_id, person_id, institution_id, payment_method,"
            " disease_payment_amount) values ($id, 'P1', 'H1', $way, $paid)",
            {"id": settlement, "way": way, "paid": 500 if settlement == "S4" else None},
        )
    con.execute(
        "insert into model.coverage (source, kind, status) select distinct source, 'rule', 'live' from model.finding;"
        "insert into model.lead (lead_id, subject_type, subject_id, tier, rank, first_on, last_on, amount_at_risk)"
        " values ('L1', 'institution', 'H1', 'A', 1, date '2025-06-03', date '2027-02-10', 190);"
        "insert into casebook.lead_register (lead_id, subject_type, subject_key, opened_run, last_run)"
        " values ('L1', 'institution', 'H1', 'r', 'r')"
    )
    return con


def shown(con, language, run_id):
    return evidence.evidence(con, SOURCES, "true", {}, language, run_id=run_id).sort("occurred_on")


def test_each_finding_cites_what_held_on_its_day(con):
    first, second, _, third = shown(con, "zh", "20270301-0")["clause"]
    assert "第三十八条第（三）项“重复收费、超标准收费、分解项目收费”" in first
    assert "实施细则" not in first and "医疗保障法" not in first
    assert "实施细则》第十一条" in second and "医疗保障法" not in second
    assert "实施细则》第十一条" in third and "《中华人民共和国医疗保障法》第三十四条第一款、第四十八条第一款" in third


def test_limitation_is_two_years_from_the_act_and_what_is_past_it_is_marked(con):
    rows = shown(con, "en", "20270603-0")
    assert rows["limitation"].to_list()[0] == date(2027, 6, 3) and rows["limitation_note"].null_count() == 4
    rows = shown(con, "en", "20270604-0")
    assert rows["limitation_note"].to_list()[1:] == [None] * 3
    assert rows["limitation_note"][0].startswith("no penalty any more")
    assert "repayment under the agreement is possible" in rows["limitation_note"][0]
    assert "依服务协议追回" in shown(con, "zh", "20280604-0")["limitation_note"][1]
    # without a run the last day billed decides; a record without one marks nothing
    assert shown(con, "en", "")["limitation_note"].null_count() == 4


def test_a_leap_day_ends_with_february(con):
    con.execute("begin")
    con.execute("update model.finding set occurred_on = date '2024-02-29' where finding_id = 'F0'")
    assert shown(con, "en", "20260301-0")["limitation"][0] == date(2026, 2, 28)
    con.execute("rollback")


def test_loss_in_case_payment_is_not_computed_and_the_item_amount_stands_beside(con):
    rows = shown(con, "en", "20270301-0").select("settlement_id", "amount", "loss").to_dicts()
    by_case = {r["settlement_id"]: r["amount"] for r in rows if r["loss"]}
    assert by_case == {"S1": Decimal(100), "S4": Decimal(20)}, "by its way of payment; by the sum paid for the disease"
    assert {r["loss"] for r in rows if r["loss"]} == {"not computed (paid by case); the amount is that of the items"}


def test_loss_is_the_difference_of_two_standards_where_the_source_knows_both(con):
    con.execute("begin")
    con.execute("update model.finding set detail = '{\"loss\": \"300.00\"}' where finding_id = 'F3'")
    con.execute("insert into record.payment_group (settlement_id, group_code) values ('S2', 'ES31')")
    rows = shown(con, "en", "20270301-0")
    assert rows["loss"].to_list()[2] == "300.00"
    assert rows["loss"][1].startswith("not computed"), "a group that was delivered says that the stay is paid by case"
    note = legal.Law(con, SOURCES, "zh").loss(rows)
    assert "1次按病种" in note and "¥300.00" in note, "once a settlement"
    assert "2条疑点属按病种" in note and "仅列项目金额¥140.00" in note
    con.execute("rollback")


def test_a_home_without_the_tables_shows_the_law_as_shipped(con):
    before = shown(con, "en", "20270301-0")
    con.execute("begin")
    con.execute("drop table knowledge.legal_basis; drop table knowledge.payment_method")
    assert shown(con, "en", "20270301-0").equals(before)
    con.execute("rollback")


@pytest.fixture(scope="module", params=["en", "zh"])
def page(con, request):
    con.execute("delete from feature.institution; insert into feature.institution (institution_id) values ('H1')")
    lists = watchlists.lists(con, "20270604-0", language=request.param, unmask=False)
    lead = lists["institution"].to_dicts()[0] | {
        "score": 1, "rank_low": 1, "rank_high": 1, "status": "new", "prior_confirmed": 0, "fund_at_risk": Decimal(1),
        "expected_yield": Decimal(1), "findings": 4, "settlements": 4, "persons": 1,
    }  # fmt: skip
    rows = shown(con, request.param, "20270604-0")
    text = dossier.Dossiers(con, SOURCES, lists, request.param).page(lead, rows)
    return request.param, html.unescape(re.sub(r"<[^>]+>", "|", text))


def test_the_page_quotes_duty_and_penalty_once_and_only_what_is_at_hand_whole(page):
    language, text = page
    assert text.count("“定点医药机构及其工作人员应当执行实名就医和购药管理规定") == 1
    assert "“定点医药机构有下列情形之一的，由医疗保障行政部门责令改正" in text, "who punishes, and how"
    assert "“违法行为在二年内未被发现的，不再给予行政处罚" in text and "“实施行政处罚，适用违法行为发生时的" in text
    assert "“医疗保障基金损失按项目认定。" in text, "how loss is counted in case payment"
    lost = text.partition("实施细则》第二十三条")[2].split("|")
    assert "“" not in "".join(lost[:8]) and ("未引用原文" if language == "zh" else "Not quoted") in "".join(lost)
    assert "[" not in text and "⚠" not in text


def test_the_page_tells_the_days_of_each_version_of_the_law(page):
    _, text = page
    assert re.search(r"2025-06-03[：:] ?《医疗保障基金使用监督管理条例》", text)
    assert re.search(r"2027-02-10[：:] ?《医疗保障基金使用监督管理条例》", text)


def test_the_page_says_until_when_and_never_that_somebody_is_guilty(page):
    language, text = page
    if language == "zh":
        assert "最早一条至2027-06-03，最晚一条至2029-02-10" in text and "4条疑点中有1条已超过二年" in text
        assert "2条疑点属按病种" in text and "仅列项目金额¥120.00" in text
        assert "适用何条款由检查认定" in text
    else:
        assert "the first finding until 2027-06-03, the last until 2029-02-10" in text
        assert "past it on the day of the run: 1 of 4. No penalty any more" in text
        assert "Findings in stays paid by case (DRG, DIP): 2." in text and "the items amount to ¥120.00" in text


def test_every_column_has_its_label():
    for column in ("clause", "limitation", "limitation_note", "loss"):
        assert labels.ZH[column]
