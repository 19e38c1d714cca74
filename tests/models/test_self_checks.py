"""Self-checks: each row of a return taken or refused, and beside it what our scan finds of the same items, each yuan once."""

import shutil
from datetime import date
from decimal import Decimal

import pytest

from data.warehouse.connection import FILE_NAME, open_warehouse
from models.casebook import coverage, self_checks
from models.casebook.handed import read
from tests.models import offices

#: H1 has fifteen bills in the year: A finds all of them at 40, B three of the same at 60, C those of H2.
A = offices.source("institution_id = 'H1'", "a", ["hospital-16"], 40)
B = offices.source("institution_id = 'H1' and line_id in ('L0', 'L4', 'L8')", "b", ["hospital-17", "hospital-18"], 60)
C = offices.source("institution_id in ('H1', 'H2')", "c", ["hospital2026-284"], 10)
NONE = offices.source("institution_id = 'H4'", "d", ["hospital-19"])
SOURCES = [A, B, C, NONE]


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    home = offices.make_home(tmp_path_factory.mktemp("home"))
    with open_warehouse(home) as con:
        offices.ranked(con, "20260101-aaaa", *SOURCES)
    return home


@pytest.fixture
def con(home, tmp_path):
    shutil.copy(home / FILE_NAME, tmp_path)
    with open_warehouse(tmp_path) as con:
        yield con


@pytest.fixture
def hand(con, tmp_path):
    def take(text, institution="H1", on=date(2026, 3, 1), first=date(2025, 1, 1), last=date(2025, 12, 31)):
        path = tmp_path / "自查.csv"
        path.write_text(text, encoding="gb18030")
        handed = read(path, self_checks.FORM)
        made = self_checks.plan(con, handed, SOURCES, institution=institution, period=(first, last), declared_on=on)
        self_checks.append(con, made, lambda what: None)
        return made

    return take


def compared(con):
    return {r["item_id"]: r for r in self_checks.compared(con, SOURCES).iter_rows(named=True)}


def test_declared_and_found_not_declared_declared_beyond(con, hand):
    made = hand("问题编号,涉及人次,涉及金额\n16,10,500\n20,1,50\n19,2,30\n")
    assert made.rows["state"].to_list() == ["new"] * 3
    rows = compared(con)
    told = {
        item: (r["state"], r["declared_amount"], r["found_amount"], r["missing_amount"], r["beyond_amount"])
        for item, r in rows.items()
    }
    assert told == {
        "hospital-16": ("declared_and_found", 500, 600, 100, 0),
        "hospital-17;hospital-18": ("declared_elsewhere", 0, 180, 0, 0),  # every line of it is in the declared item too
        "hospital-20": ("not_screened", 50, 0, 0, 0),
        "hospital-19": ("declared_beyond", 30, 0, 0, 30),
    }  # fmt: skip
    assert "hospital2026-284" not in rows, "the return is of the list of 2025"


def test_what_several_items_may_cover_is_asked_for_once(con, hand):
    hand("问题编号,涉及金额\n19,0\n")
    rows = compared(con)
    assert rows["hospital-16"]["state"] == "not_declared" and rows["hospital-16"]["missing_amount"] == 600
    both = rows["hospital-17;hospital-18"]
    assert (both["state"], both["missing_amount"]) == ("not_declared", 180) and "；或 " in both["problem_zh"]
    # fifteen bills: three of them at 60, twelve at 40
    assert sum(r["missing_once"] for r in rows.values()) == 12 * 40 + 3 * 60
    assert rows["hospital-19"]["state"] == "none"


def test_one_of_the_items_declared_covers_it(con, hand):
    hand("问题编号,涉及金额\n18,200\n16,600\n17,10\n")
    rows = compared(con)
    assert (rows["hospital-18"]["state"], rows["hospital-18"]["beyond_amount"]) == ("declared_and_found", 20)
    assert rows["hospital-17"]["state"] == "declared_elsewhere" and "hospital-17;hospital-18" not in rows


def test_findings_outside_the_period_are_not_asked_for(con, hand):
    hand("问题编号,涉及金额\n16,80\n", first=date(2025, 1, 1), last=date(2025, 2, 28))
    row = compared(con)["hospital-16"]
    # bills of H1 every 24 days from 5 January: 5 and 29 January, 22 February
    assert (row["found_amount"], row["missing_amount"]) == (120, 40)


def test_the_same_return_twice_is_one_and_a_later_one_stands(con, hand):
    hand("问题编号,涉及金额\n16,100\n")
    assert hand("问题编号,涉及金额\n16,100\n").rows["state"].to_list() == ["known"]
    assert hand("问题编号,涉及金额\n16,600\n", on=date(2026, 4, 1)).rows["state"].to_list() == ["new"]
    assert compared(con)["hospital-16"]["declared_amount"] == 600
    assert con.sql("select count(*) from casebook.self_check").fetchall() == [(2,)], "the earlier one is kept"


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("H1,16,壹佰,,", "涉及金额 is '壹佰', not a number; write a plain number of yuan"),
        ("H1,999,5,,", "item '999' is not in the official list"),
        ("H1,pharmacy-3,5,,", "not for a place of this kind"),
        ("H9,16,5,,", "knows no institution H9"),
        ("H1,16,,,", "it has no amount; write 0"),
        ("H1,16,-5,,", "amount is -5.00, below 0"),
        ("H1,16,5,-1,", "fund_amount is -1.00, below 0"),
        ("H1,16,5,6,", "fund_amount is above amount"),
        ("H1,,5,,", "it names no item"),
        ("H1,16,5,,否", "it says that there was nothing, and yet an amount"),
    ],
)
def test_a_bad_row_is_refused_in_one_sentence_and_the_others_are_taken(hand, row, why):
    made = hand(f"机构编码,问题编号,涉及金额,涉及医保基金,是否存在\n{row}\nY1,3,5,,\n")
    assert made.rows["state"].to_list() == ["refused", "new"] and why in made.rows["why"][0]
    assert made.rows["item_id"][1] == "pharmacy-3", "a drugstore's number is of the drugstores' list"


def test_an_item_twice_with_other_numbers_is_refused(hand):
    made = hand("问题编号,涉及金额\n16,5\n16,6\n16,5\n")
    assert made.rows["state"].to_list() == ["new", "refused", "refused"] and "row 1 already" in made.rows["why"][1]


@pytest.mark.parametrize(("amount", "quality"), [(600, "good"), (400, "none"), (100, "poor")])
def test_the_quality_of_a_self_check_moves_how_often_it_is_checked(con, hand, amount, quality):
    hand(f"问题编号,涉及金额\n16,{amount}\n", last=date(2026, 1, 31))
    assert dict(self_checks.quality(con, SOURCES, 2026).iter_rows()) == {"H1": quality}
    rows = {r["subject_id"]: r for r in coverage.plan(con, SOURCES, 2026, date(2026, 6, 30)).iter_rows(named=True)}
    assert rows["H1"]["self_check"] == quality
    usual = {(r["tier"], r["self_check"]): r["checks"] for r in coverage.rules().iter_rows(named=True)}
    assert rows["H1"]["wanted"] == usual[rows["H1"]["tier"], quality]
    assert usual["C", "poor"] > usual["C", "none"] and usual["A", "poor"] > usual["A", "good"]


def test_money_is_decimal(con, hand):
    hand("问题编号,涉及金额\n16,0.1\n19,0.2\n")
    assert sum(r["declared_amount"] for r in compared(con).values()) == Decimal("0.30")
