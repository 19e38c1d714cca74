"""The ledger as a director meets it: every origin once, every step apart, every table to the same totals."""

import json
import shutil
from datetime import date
from decimal import Decimal

import polars as pl
import pytest

from data.warehouse.connection import open_warehouse
from flows.home import audit_log
from flows.publish import ledger_sheets
from models import detectors
from models.casebook import ledger as book
from models.ranking import totals
from models.sources import natures, rule

TODAY = "2026-06-30"
YUAN = [f"{step}_amount" for step in book.STEPS]


@pytest.fixture
def home(finished, tmp_path):
    shutil.copytree(finished[0].home, tmp_path / "home", ignore=shutil.ignore_patterns("runs", "out"))
    return tmp_path / "home"


@pytest.fixture
def call(call, home):
    return lambda *arguments: call(*arguments, "--home", home)


@pytest.fixture
def give(call, tmp_path):
    """Hand in rows as a CSV to `ledger import` or `verdict import`; gives the command's JSON."""

    def hand_in(command, rows, *options, name="rows.csv"):
        pl.DataFrame(rows, infer_schema_length=None).write_csv(tmp_path / name)
        out = call(command, "import", tmp_path / name, *options, "--yes", "--json")[1]
        return json.loads(out)

    return hand_in


def query(home, text, **params):
    with open_warehouse(home, read_only=True) as con:
        return con.execute(text, params or None).fetchall()


@pytest.fixture(scope="module")
def sources():
    return [*rule.load(), *detectors.load()]


@pytest.fixture
def tables(home, sources):
    """way -> its rows, of every way that sums the ledger; as the command shows them, without its seconds."""

    def sum_up(ways=tuple(book.WAYS)):
        with open_warehouse(home, read_only=True) as con:
            book.make(con, sources)
            return {way: ledger_sheets.table(con, way, sources, date(2026, 6, 30), None).to_dicts() for way in ways}

    return sum_up


def sums(rows):
    return {c: round(sum(Decimal(str(row[c])) for row in rows), 2) for c in YUAN}


@pytest.fixture
def total(tables):
    def sum_up():
        (row,) = tables(("total",))["total"]
        return {c: row[c] for c in YUAN}

    return sum_up


@pytest.fixture
def leads(home):
    """(lead, amount at risk, its sources) of the institutions with the most sources."""
    return query(
        home,
        "select lead_id, amount_at_risk, rules, subject_id from model.lead where subject_type = 'institution'"
        " order by length(rules) desc, lead_id limit 3",
    )


def verdict(lead, **fields):
    return {"线索编号": lead, "核查结论": "确认违规", "日期": "2026-05-10"} | fields


def test_suspected_counts_each_yuan_once_and_stays_when_leads_close(call, home, give, leads, total):
    with open_warehouse(home, read_only=True) as con:
        once = totals.totals(con).row(-1, named=True)["once"]
    before = total()
    assert before["suspected_amount"] == once
    give("verdict", [verdict(lead, 确认违规金额="100.01") for lead, *_ in leads])
    after = total()
    assert after["suspected_amount"] == once and after["confirmed_amount"] - before["confirmed_amount"] == Decimal(
        "300.03"
    )
    kept = query(
        home, "select count(*), count(distinct settlement_id || coalesce(line_id, '')) from casebook.suspected_line"
    )
    assert kept[0][0] == kept[0][1] > 0


def test_every_table_comes_to_the_same_totals_to_the_fen(call, home, give, leads, total, tables):
    start = total()
    (first, _, rules, place), (second, *_), (third, *_) = leads
    rule = rules.split(";")[0]
    give(
        "verdict",
        [
            verdict(
                first, 确认违规金额="1000.01", 追回金额="900.07", 认可金额="950.10", 处罚金额="2000.02", 承办人="甲"
            ),
            verdict(first, 规则编号=rule, 确认违规金额="300.33", 追回金额="300.33"),
            verdict(second, 核查结论="部分确认", 确认违规金额="0.05", 移送部门="公安", 移送金额="0.05", 承办人="乙"),
            verdict(third, 核查结论="申诉成立-排除", 确认违规金额=None),
        ],
    )
    give(
        "ledger",
        [
            {"机构编码": place, "来源": "飞检", "问题编号": "F1", "违规金额": "77.77", "追回金额": "70.70", "退还金额": "0.70",
             "问题清单序号": "12", "发现日期": "2026-04-01"},
            {"机构编码": place, "来源": "审计", "问题编号": "S1", "违规金额": "11.11", "发现日期": "2026-04-02"},
        ],
        "--on", TODAY,
    )  # fmt: skip
    every = tables()
    for way, rows in every.items():
        assert sums(rows) == sums(every["total"]), way
    now = total()
    # the verdict on the whole lead contains that on one rule of it
    grown = {c: now[c] - start[c] for c in YUAN if c != "suspected_amount"}
    assert grown == {
        "confirmed_amount": Decimal("1000.01") + Decimal("0.05") + Decimal("77.77") + Decimal("11.11"),
        "agreed_amount": Decimal("950.10"),
        "recovered_amount": Decimal("900.07") + Decimal("70.00"),
        "fined_amount": Decimal("2000.02"),
        "transferred_amount": Decimal("0.05"),
    }
    # asked of the casebook itself, without the ledger's own query
    own = query(
        home,
        "select sum(case when rule is null then confirmed_amount end) from casebook.current_verdict"
        " where conclusion in ('confirmed', 'partly_confirmed')",
    )[0][0]
    delivered = query(
        home,
        "select coalesce(sum(violation_amount), 0) from record.inspection_result where result = 'confirmed' and"
        " subject_type in ('institution', 'pharmacy')",
    )[0][0]
    problems = query(home, "select sum(confirmed_amount) from casebook.current_problem")[0][0]
    assert own + delivered + problems == now["confirmed_amount"]
    by_source = {row[way]: row["confirmed_amount"] for way in ("rule", "detector") for row in every[way]}
    assert by_source[rule] >= Decimal("300.33")
    hands = {row["hand"]: row["confirmed_amount"] for row in every["hand"]}
    # what the whole lead leaves beyond its one rule is 甲's
    assert hands["甲"] == Decimal("699.68") and hands["乙"] == Decimal("0.05")
    items = {row["item_id"]: row for row in every["item"]}
    assert (
        items["hospital-12"]["confirmed_amount"] >= 77.77
        and len([i for i in items if i.startswith("hospital-")]) == 183
    )


def test_a_verdict_twice_counts_once_a_correction_replaces_and_a_void_takes_back(call, home, give, leads, total):
    (lead, *_), start = leads[0], total()

    def grown():
        now = total()
        return {
            c: now[c] - start[c] for c in ("confirmed_amount", "recovered_amount", "fined_amount", "suspected_amount")
        }

    row = verdict(lead, 确认违规金额="500", 追回金额="400", 案件编号="AJ1")
    assert give("verdict", [row])["new"] == 1 and give("verdict", [row])["new"] == 0
    assert grown()["confirmed_amount"] == 500
    # a correction of what the identity of a verdict never held: the fine alone
    told = give("verdict", [row | {"处罚金额": "30"}])
    assert told["new"] == 1 and grown() == {
        "confirmed_amount": 500, "recovered_amount": 400, "fined_amount": 30, "suspected_amount": 0,
    }  # fmt: skip
    # the same case with an earlier day is a correction too
    give("verdict", [row | {"确认违规金额": "450", "追回金额": "400", "日期": "2026-05-01"}])
    assert grown()["confirmed_amount"] == 450 and grown()["fined_amount"] == 0
    assert query(
        home, "select count(*) from casebook.lead_register where lead_id = $l and closed_on is not null", l=lead
    )
    give("verdict", [{"线索编号": lead, "核查结论": "作废", "日期": "2026-05-12", "案件编号": "AJ1"}])
    assert set(grown().values()) == {0}
    open_again = query(home, "select closed_on from casebook.lead_register where lead_id = $l", l=lead)
    dealt = query(home, "select count(*) from casebook.judged_finding where lead_id = $l", l=lead)
    assert open_again == [(None,)] and dealt == [(0,)]


def test_a_problem_twice_counts_once_and_what_is_a_verdict_too_is_the_verdict_s(call, home, give, leads, total):
    (lead, _, _, place), start = leads[0], total()["confirmed_amount"]

    def grown():
        return total()["confirmed_amount"] - start

    row = {
        "机构编码": place,
        "来源": "信访",
        "问题编号": "X1",
        "违规金额": "10",
        "立案号": "AJ7",
        "发现日期": "2026-04-01",
    }
    assert give("ledger", [row], "--on", TODAY)["new"] == 1 and give("ledger", [row], "--on", TODAY)["known"] == 1
    assert give("ledger", [row | {"违规金额": "12"}], "--on", TODAY)["corrections"] == 1 and grown() == 12
    give("verdict", [verdict(lead, 确认违规金额="99", 案件编号="AJ7")])
    assert grown() == 99
    give("ledger", [row | {"立案号": None, "问题编号": "X2"}], "--on", TODAY)
    assert grown() == 109
    give("ledger", [row | {"立案号": None, "问题编号": "X2", "状态": "作废"}], "--on", TODAY)
    assert grown() == 99
    origins = {r["origin"] for r in json.loads(call("ledger", "--json")[1])}
    assert "tip" not in origins and "screening" in origins


def test_rows_that_cannot_be_read_are_refused_by_row_and_the_others_stand(give, leads, home):
    place = leads[0][3]
    good = {"机构编码": place, "来源": "巡察", "问题编号": "P1", "违规金额": "1", "发现日期": "2026-04-01"}
    wrong = {
        2: ({"机构编码": "H0"}, "H0"), 3: ({"来源": "听说"}, "听说"), 4: ({"违规金额": "壹"}, "违规金额 is '壹'"),
        5: ({"违规金额": "-1"}, "违规金额 -1.00 is below 0"), 6: ({"发现日期": "2027-01-01"}, "not come yet"),
        7: ({"追回金额": "1", "退还金额": "2"}, "退还金额"), 8: ({"涉及医保基金": "2"}, "涉及医保基金"),
        9: ({"问题编号": None}, "问题编号"), 10: ({"机构编码": None}, "机构编码 is empty"), 11: ({"来源": None}, "--origin"),
    }  # fmt: skip
    base = good | {"追回金额": None, "退还金额": None, "涉及医保基金": None}
    rows = [base, *(base | {"问题编号": f"P{n}"} | change for n, (change, _) in wrong.items())]
    told = give("ledger", rows, "--on", TODAY)
    why = {row["row_number"]: row["why"] for row in told["refused_rows"]}
    assert told["written"] == 1 and set(why) == set(wrong)
    assert all(words in why[n] for n, (_, words) in wrong.items()), why
    both = [base | {"问题编号": "P20"}, base | {"问题编号": "P20", "违规金额": "2"}]
    told = give("ledger", both, "--on", TODAY)
    assert told["refused"] == 2 and "twice and not alike" in told["refused_rows"][0]["why"]
    assert audit_log.verify(home)[1] is None


def test_recurrence_precision_and_the_yield_of_a_day(call, give, leads):
    place = leads[0][3]
    row = {
        "机构编码": place,
        "来源": "飞检",
        "问题清单序号": "12",
        "违规金额": "100",
        "追回金额": "50",
        "核查人日": "2",
        "经手人": "甲",
    }
    give(
        "ledger",
        [row | {"问题编号": "A", "发现日期": "2025-06-30"}, row | {"问题编号": "B", "发现日期": "2026-06-30"},
         row | {"问题编号": "C", "发现日期": "2026-06-29", "问题清单序号": "13"}],
        "--on", TODAY,
    )  # fmt: skip
    (again,) = [r for r in json.loads(call("ledger", "--by", "recurrence", "--on", TODAY, "--json")[1])
                if r["institution_id"] == place and r["item_id"] == "hospital-12"]  # fmt: skip
    assert (again["times"], again["years"], again["confirmed_amount"], again["weight"]) == (2, 2, 200.0, 1.5)
    days = json.loads(call("ledger", "--by", "per_day", "--json")[1])
    assert [(d["hand"], d["effort_days"], d["confirmed_a_day"], d["recovered_a_day"]) for d in days] == [
        ("甲", 6.0, 50.0, 25.0), ("all", 6.0, 50.0, 25.0)
    ]  # fmt: skip
    for number, (lead, *_) in enumerate(leads):
        give("verdict", [verdict(lead, 核查结论="确认违规" if number else "申诉成立-排除")])
    rows = json.loads(call("ledger", "--by", "precision", "--json")[1])
    judged = [r for r in rows if r["judged"]]
    assert len(rows) > 150 and judged
    for r in judged:
        assert r["judged"] == r["confirmed"] + r["partly"] + r["dismissed"]
        assert r["precision_low"] <= r["precision"] <= r["precision_high"]
    assert all(r["precision"] is None for r in rows if not r["judged"])


def test_an_appeal_is_in_the_ledger_until_a_verdict_says_it(call, give, tmp_path, home, total, tables):
    start = total()
    code = call("appeal", "export", tmp_path / "out", "--top", 1, "--on", "2026-03-02", "--yes")[0]
    (path,) = (tmp_path / "out").iterdir()
    rows = pl.read_excel(path, sheet_name="线索汇总表", infer_schema_length=0).to_dicts()
    assert code == 0
    half = Decimal(rows[1]["涉及金额"]) - Decimal("0.01")
    back = [rows[0] | {"机构答复": "认可"}, rows[1] | {"认可金额": "0.01", "申诉金额": str(half), "申诉理由": "x"}]
    give("appeal", back, "--on", "2026-03-10")
    accepted = Decimal(rows[0]["涉及金额"]) + Decimal("0.01")
    now = total()
    assert now["agreed_amount"] - start["agreed_amount"] == accepted
    assert now["confirmed_amount"] - start["confirmed_amount"] == accepted
    assert now["suspected_amount"] == start["suspected_amount"]
    give("appeal", [{"明细编号": rows[1]["明细编号"], "环节": "复审", "答复": "维持"}], "--on", "2026-03-20")
    give(
        "appeal",
        [{"明细编号": rows[0]["明细编号"], "环节": "缴回"} | {"缴回金额": rows[0]["涉及金额"]}],
        "--on",
        "2026-04-01",
    )
    now = total()
    assert now["confirmed_amount"] - start["confirmed_amount"] == accepted + half
    assert now["agreed_amount"] - start["agreed_amount"] == accepted, "what was maintained was never agreed to"
    assert now["recovered_amount"] - start["recovered_amount"] == Decimal(rows[0]["涉及金额"])
    leads = sorted({rows[0]["线索编号"], rows[1]["线索编号"]})
    give("verdict", [verdict(lead, 确认违规金额="5") for lead in leads])
    now = total()
    assert now["confirmed_amount"] - start["confirmed_amount"] == 5 * len(leads)
    assert now["recovered_amount"] - start["recovered_amount"] == Decimal(rows[0]["涉及金额"])
    for way, part in tables().items():
        assert sums(part) == {c: round(v, 2) for c, v in now.items()}, way


def test_the_workbook_and_the_csv_say_what_the_table_says(call, tmp_path, read_csv, total):
    code, out, err = call("ledger", "--by", "month", "--csv", tmp_path / "m.csv", "--xlsx", tmp_path / "l.xlsx")
    assert code == 0 and "never added up" in out, err
    rows = read_csv(tmp_path / "m.csv")
    assert rows[-1]["month"] == "all"
    whole = total()
    assert {c: Decimal(rows[-1][c]) for c in YUAN} == whole
    sheets = pl.read_excel(tmp_path / "l.xlsx", sheet_id=0, infer_schema_length=0)
    assert len(sheets) == 15
    for title in ("Totals", "By rule", "By institution", "Kind, rule, month", "Self-check items"):
        frame = sheets[title]
        money = frame.filter(pl.col("confirmed_amount").is_not_null())["confirmed_amount"].cast(pl.Float64)
        assert money[-1] == pytest.approx(float(whole["confirmed_amount"])), title
    assert call("ledger", "--by", "colour")[0] == 2
    call("ledger", "--xlsx", tmp_path / "zh.xlsx", "--language", "zh")
    zh = pl.read_excel(tmp_path / "zh.xlsx", sheet_id=0, infer_schema_length=0)
    assert "屡查屡犯" in zh and not [c for c in zh["按月份"].columns if c.isascii()]


def test_a_finished_inspection_is_held_against_our_findings(call, home, tmp_path, read_csv, give, sources):
    # a visit with one nature alone, and one of which nothing was found, both at one place
    (number, place, amount, zh), *_ = query(
        home,
        """
        with line as (
            select s.encounter_id, f.source, f.settlement_id, f.line_id, max(f.amount) as amount
            from model.finding as f join model.coverage as c on c.source = f.source and c.status = 'live'
            join feature.settlement as s on s.settlement_id = f.settlement_id
            where f.outcome = 'hit' and f.amount > 0 group by all
        )
        select e.case_number, e.institution_id, sum(l.amount), min(l.source)
        from line as l join record.encounter as e on e.encounter_id = l.encounter_id
        where l.line_id is not null and e.case_number in (
            select case_number from record.encounter group by 1 having count(*) = 1)
        group by e.encounter_id, e.case_number, e.institution_id having count(distinct l.source) = 1
            and count(distinct coalesce(l.line_id, '')) = count(*)
        order by 1
        """,
    )
    nature = {s.id: natures.nature(s.card.violation).title_zh for s in sources}[zh]
    other = "重复收费" if nature != "重复收费" else "串换项目"
    clean = query(
        home,
        "select e.case_number from record.encounter as e where e.institution_id = $p and not exists (select 1 from"
        " model.finding as f left join feature.settlement as s on s.settlement_id = f.settlement_id where"
        " coalesce(f.encounter_id, s.encounter_id) = e.encounter_id) order by 1 limit 1",
        p=place,
    )[0][0]

    def row(number, kind, yuan, **more):
        return {"住院号": number, "机构编码": place, "问题类别": kind, "问题描述": "见附件", "涉及金额": yuan} | more

    def lined(*rows):
        pl.DataFrame(rows, infer_schema_length=None).write_csv(tmp_path / "i.csv")
        told = json.loads(call("ledger", "lineup", tmp_path / "i.csv", tmp_path / "out", "--on", TODAY, "--json")[1])
        return told, {r["case_number"]: r["state"] for r in told["rows"] if r["state"] != "only_ours"}

    told, state = lined(row(number, nature, str(amount)), row(clean, other, "50"), row("没有此号", other, "1"),
                        row(number, nature, "一百"))  # fmt: skip
    assert state == {number: "matched", clean: "only_theirs", "没有此号": "unknown_number"}
    assert told["refused_rows"][0]["row_number"] == 4 and "一百" in told["refused_rows"][0]["why"]
    whole = told["recall"][-1]
    assert (whole["theirs"], whole["found"], whole["missed"], whole["recall"]) == (2, 1, 1, 0.5)
    assert lined(row(number, nature, str(amount + 1)))[1] == {number: "amount_differs"}
    assert lined(row(number, other, str(amount)))[1] == {number: "class_differs"}
    assert lined(row(number, "说不清", str(amount)))[1] == {number: "matched"}
    lined(row(clean, other, "50"))
    (case,) = read_csv(tmp_path / "out" / "missed.csv")
    assert case["case_number"] == clean and case["why_silent"] and case["confirmed_amount"] == "50.00"
    told = json.loads(call("ledger", "import", tmp_path / "out" / "missed.csv", "--on", TODAY, "--yes", "--json")[1])
    assert told["written"] == 1
    assert query(home, "select is_missed, origin from casebook.current_problem") == [(True, "flight")]


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("import", "nowhere.csv"), 3, "does not exist"),
        (("import", "{bad}"), 3, "机构编码"),
        (("lineup", "{bad}"), 3, "住院号"),
        (("--by", "colour"), 2, "--by is 'colour'"),
        (("--from", "soon"), 2, "--from is 'soon'"),
        (("import", "{problem}", "--origin", "听说"), 2, "--origin is '听说'"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(call, tmp_path, arguments, code, words):
    (tmp_path / "bad.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    (tmp_path / "problem.csv").write_text("机构编码,问题编号\nH1,1\n", encoding="utf-8")
    paths = {"bad": tmp_path / "bad.csv", "problem": tmp_path / "problem.csv"}
    found, _, err = call("ledger", *(str(a).format(**paths) for a in arguments))
    assert found == code and words in err and "Traceback" not in err


def test_what_an_institution_declares_is_agreed_once_and_confirmed_by_nobody(home, give, total, tables):
    ((place,),) = query(home, "select min(institution_id) from feature.institution where not is_pharmacy")
    before = total()
    row = {
        "机构编码": place, "问题编号": "12", "是否存在": "是", "自查金额": "70", "已退回金额": "20",
        "自查起始日期": "2025-01-01", "自查截止日期": "2025-03-31", "自查日期": "2025-04-10",
    }  # fmt: skip
    none = row | {"问题编号": "13", "是否存在": "否", "自查金额": "0", "已退回金额": "0"}
    assert give("selfcheck", [row, none])["new"] == 2

    def grown():
        return {c: amount for c in YUAN if (amount := total()[c] - before[c])}

    assert grown() == {"agreed_amount": 70, "recovered_amount": 20}
    year = row | {"自查金额": "90", "自查截止日期": "2025-12-31", "自查日期": "2026-01-10"}
    give("selfcheck", [year], name="year.csv")
    assert grown() == {"agreed_amount": 90, "recovered_amount": 20}, "the year's return holds the quarter's"
    (of_item,) = (r for r in tables(("item",))["item"] if r["item_id"] == "hospital-12")
    assert of_item["agreed_amount"] == 90 and of_item["confirmed_amount"] == 0
    by_hand = {
        "机构编码": place, "问题编号": "Z1", "问题清单序号": "12", "来源": "自查", "违规金额": "90", "发现日期": "2026-01-10"
    }  # fmt: skip
    give("ledger", [by_hand], name="problem.csv")
    assert grown() == {"confirmed_amount": 90}
