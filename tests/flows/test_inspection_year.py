"""An inspection office's year by the command line: twelve deliveries, and all that people did in between.

Everything handed in is written down here a second time, beside the casebook; at the end of the year both must say the
same: no lead doubled, nothing lost, every date kept or overdue, the money to the fen, nobody in two places at once.
"""

import json
from collections import Counter
from datetime import date, timedelta
from decimal import Decimal

import polars as pl
import pytest

from data.warehouse.connection import open_warehouse
from flows.home import audit_log

pytestmark = pytest.mark.slow

STAFF = 2
NOTHING = Decimal(0)
MONTHS = [f"2025-{month:02}" for month in range(1, 13)]
TRUE = ("确认违规", "部分确认")
SPENT = ("suspected", "confirmed", "agreed", "recovered", "fined", "transferred")


@pytest.fixture(scope="module")
def months(tmp_path_factory):
    """Twelve deliveries of one simulated town, each visit whole in the month it was settled; registers in the first."""
    from data.simulate import simulate

    town, folder = tmp_path_factory.mktemp("town"), tmp_path_factory.mktemp("months")
    simulate(town, persons=700, seed=11)
    tables = {path.name.split(".")[0]: pl.read_csv(path, infer_schema=False) for path in town.glob("*.csv*")}
    settled = tables["setl_d"].select("setl_id", "mdtrt_id", month=pl.col("setl_time").str.slice(0, 7))
    of_visit = settled.group_by("mdtrt_id").agg(pl.col("month").min())
    rows = Counter()
    for name, table in tables.items():
        key = next((k for k in ("setl_id", "mdtrt_id") if k in table.columns), None)
        by = settled.select("setl_id", "month") if key == "setl_id" else of_visit
        dated = table.join(by, on=key, how="left") if key else table.with_columns(month=pl.lit(None, pl.String))
        for (month,), part in dated.with_columns(pl.col("month").fill_null(MONTHS[0])).group_by("month"):
            (folder / month).mkdir(exist_ok=True)
            part.drop("month").write_csv(folder / month / f"{name}.csv")
            rows[name] += part.height
    assert rows == {name: table.height for name, table in tables.items()}
    assert sorted(path.name for path in folder.iterdir()) == MONTHS
    return folder


class Office:
    """One HOME, and what was handed in to it as its people remember it."""

    def __init__(self, call, home, months, folder):
        self.call, self.home, self.months, self.folder = call, home, months, folder
        self.standing = {}  # lead -> the verdict row that counts
        self.verdict_rows = 0  # different rows handed in
        self.notes = []  # (case, text)
        self.outside = set()  # numbers of leads from outside
        self.answers = {}  # line key -> what was answered, reviewed, paid
        self.problems = NOTHING
        self.declared = NOTHING  # by a self-check
        self.register = {}  # lead -> its subject, as first listed
        self.files = 0

    def ask(self, *words, code=0):
        """The JSON answer of a command."""
        left, out, err = self.call(*words, "--home", self.home, "--json")
        assert left == code, (words, err, out[-800:])
        return json.loads(out) if code in (0, 3) and out else err

    def hand_in(self, command, rows, *options):
        """Give rows as a file to `COMMAND import`, for good; gives the answer."""
        self.files += 1
        path = self.folder / f"{command}{self.files}.csv"
        pl.DataFrame(rows, infer_schema_length=None).write_csv(path)
        return self.ask(command, "import", path, *options, "--yes")

    def query(self, text, **params):
        with open_warehouse(self.home, read_only=True) as con:
            return con.execute(text, params or None).fetchall()

    def deliver(self, month):
        """Take a month in and rank; no lead may be doubled by it, and none that was known may be lost."""
        self.ask("run", self.months / month, "--quiet")
        doubled = self.query(
            "select subject_type, subject_key from casebook.lead_register where closed_on is null group by all"
            " having count(*) > 1 union all select subject_type, subject_id from model.lead group by all"
            " having count(*) > 1"
        )
        assert not doubled, (month, doubled)
        alike = self.query(
            """
            with member as (
                select m.lead_id, m.person_id, count(*) over (partition by m.lead_id) as n
                from casebook.group_membership as m join model.lead as l on l.lead_id = m.lead_id
            )
            select a.lead_id, b.lead_id from member as a
            join member as b on b.person_id = a.person_id and b.lead_id > a.lead_id
            group by all having 2 * count(*) >= max(a.n + b.n) - count(*)
            """
        )
        assert not alike, (month, "one group under two numbers", alike)
        register = self.query("select lead_id, subject_type, subject_key, closed_on from casebook.lead_register")
        now = {lead: (kind, key) for lead, kind, key, _ in register}
        assert len(now) == len(register), "a lead stands once"
        places = {lead: subject for lead, subject in now.items() if subject[0] != "group"}
        assert self.register.items() <= places.items(), "a lead keeps its number and its subject"
        self.register = places
        is_open = {lead for lead, _, _, closed_on in register if closed_on is None}
        listed = {lead for (lead,) in self.query("select lead_id from model.lead")}
        assert listed <= is_open, (month, "what is judged is not listed again under its number")
        return listed

    def leads(self, kind):
        """Open leads of one list, best first: (lead, subject, amount at risk)."""
        rows = self.ask("watchlist", kind)
        return [(r["lead_id"], r["subject_id"], Decimal(str(r["amount_at_risk"]))) for r in rows]

    def judge(self, *rows):
        """Verdicts of one file; every row must be taken."""
        told = self.hand_in("verdict", [FORM | row for row in rows])
        assert (told["new"], told["written"], told["refused"]) == (len(rows), len(rows), 0), told
        self.verdict_rows += len(rows)
        self.standing |= {row["线索编号"]: FORM | row for row in rows}

    def visit(self, first, days, *, team, until=None):
        """Plan a round; gives its visits."""
        words = ("--staff", STAFF, "--days", days, "--team", team, "--from", first, "--seed", 5)
        told = self.ask("plan", *words, *(("--to", until) if until else ()))
        assert told["inspector_days"] <= max(told["staff_days"], 0) and told["visits"], told
        assert all(v["start_on"] >= str(first) and (until is None or v["end_on"] <= until) for v in told["visits"])
        return told


FORM = dict.fromkeys(
    "线索编号 核查结论 日期 案件编号 确认违规金额 认可金额 追回金额 处罚金额 移送部门 移送金额 理由".split()
)


def verdict(lead, said, on, number, **money):
    return {"线索编号": lead, "核查结论": said, "日期": on, "案件编号": f"AJ{number}", **money}


def in_spring(office):
    """January to March come in; two tips and a hand-down; whoever they are about is remembered."""
    for month in MONTHS[:3]:
        office.deliver(month)
    (first, place, _), (second, handed_down, _), (third, another, _), *_ = office.leads("institution")
    (quiet,) = office.query(
        "select min(institution_id) from feature.institution where not is_pharmacy and institution_id in (select"
        " institution_id from feature.settlement) and institution_id not in (select subject_id from model.lead)"
    )[0]
    tip = {"举报编号": "JB1", "受理日期": "2025-04-02", "机构编码": quiet, "举报内容": "空挂床",
           "办结期限": "2025-05-30", "反馈期限": "2025-06-10"}  # fmt: skip
    tips = [tip, tip | {"举报编号": "JB2", "受理日期": "2025-13-02"}, tip | {"举报编号": "JB3", "机构编码": place}]
    ordered = {"交办编号": "DB1", "交办日期": "2025-04-03", "机构编码": handed_down, "交办内容": "多收检查费",
               "办结期限": "2025-05-15", "反馈期限": "2025-05-20"}  # fmt: skip
    for new in (2, 0):
        told = office.hand_in("tip", tips, "--kind", "举报")
        assert (told["new"], told["known"], told["written"]) == (new, 2 - new, new), "the same file twice is once"
        assert told["refused_rows"][0]["row_number"] == 2
    assert office.hand_in("tip", [ordered], "--kind", "交办", "--office", "省局")["written"] == 1
    office.outside = {"JB1": quiet, "JB3": place, "DB1": handed_down}
    return {"place": (place, first), "handed_down": (handed_down, second), "another": (another, third), "quiet": quiet}


def in_may(office, who):
    """A case with notes, a draw, a round of visits and what came of it; the file of verdicts is handed in twice."""
    office.deliver(MONTHS[3])
    persons = [lead for lead, *_ in office.leads("person")][:8]
    (own,) = [lead for lead, subject, _ in office.leads("institution") if subject == who["quiet"]]
    opened = office.ask("case", "open", "成组就医", who["place"][1], "JB3", persons[4], "--kind", "举报", "--owner", "王",
                        "--due", "2025-07-31", "--on", "2025-05-06")  # fmt: skip
    case = opened["case_id"]
    for on, text in (("2025-05-07", "调取处方"), ("2025-05-08", "询问药师"), ("2025-06-20", "等待机构答复")):
        office.ask("case", "note", case, "--text", text, "--on", on)
        office.notes.append((case, text))
    office.ask("case", "note", case, "--text", "调取处方", "--on", "2025-05-07")  # the very same is one
    office.ask("draw", "--places", 3, "--seed", 11, "--on", "2025-05-07")
    told = office.visit("2025-05-12", 10, team=2, until="2025-05-23")
    visits = {v["institution_id"]: v for v in told["visits"]}
    assert visits[who["handed_down"][0]]["why"] == "due", "what is handed down is due before its day"
    *held, left = told["visits"]
    assert {who["place"][0], who["quiet"]} <= {visit["institution_id"] for visit in held}, "so are the tips"
    for visit in held:
        office.ask("plan", "--done", visit["visit_id"], "--on", visit["end_on"])
    rows = [
        verdict(persons[0], "确认违规", "2025-05-20", 1, 确认违规金额="1200.51", 认可金额="1000.00", 追回金额="900.07", 处罚金额="300.00"),
        verdict(persons[1], "申诉成立-排除", "2025-05-20", 2, 理由="有处方"),
        verdict(persons[2], "部分确认", "2025-05-21", 3, 确认违规金额="0.05", 移送部门="公安", 移送金额="0.05"),
        verdict(persons[3], "证据不足-暂缓", "2025-05-21", 4),
        verdict(own, "申诉成立-排除", "2025-05-22", 5, 理由="不属实"),
        verdict(who["handed_down"][1], "确认违规", "2025-05-14", 6, 确认违规金额="77.13", 追回金额="77.13"),
    ]  # fmt: skip
    office.judge(*rows)
    again = office.hand_in("verdict", [FORM | row for row in rows])
    assert (again["new"], again["known"], again["written"]) == (0, len(rows), 0), "the same file twice is once"
    return case, persons, left, {visit["institution_id"] for visit in held}


def in_summer(office, who, case, persons, left, held):
    """A correction, an appeal with its answers, two plans for the same days; the case is closed a day late."""
    office.deliver(MONTHS[4])
    office.judge(
        verdict(persons[0], "确认违规", "2025-05-20", 1, 确认违规金额="1100.11", 认可金额="1000.00", 追回金额="900.07")
    )
    office.ask("tip", "feedback", "JB1", "--text", "查无实据，已答复", "--on", "2025-06-05")
    office.ask("tip", "feedback", "DB1", "--text", "已查实，报送结果", "--on", "2025-06-10")
    sent = office.folder / "sent"
    places = (who["place"][0], who["another"][0])
    office.ask("appeal", "export", sent, *places, "--on", "2025-06-03", "--yes")
    assert office.query("select distinct run_id from casebook.appeal") == office.query(
        "select run_id from casebook.ranked_run order by number desc limit 1"
    )
    lists = [
        pl.read_excel(sent / f"{place}_2025-06-03.xlsx", sheet_name="线索汇总表", infer_schema_length=0).to_dicts()
        for place in places
    ]
    rows = lists[0]
    half = Decimal(rows[1]["涉及金额"]) - Decimal("0.01")
    back = [
        rows[0] | {"机构答复": "认可"},
        rows[1] | {"认可金额": "0.01", "申诉金额": str(half), "申诉理由": "有指征"},
        rows[2] | {"机构答复": "申诉", "申诉理由": "有指征"},
        lists[1][0] | {"机构答复": "认可"},
    ]
    office.deliver(MONTHS[5])
    told = office.hand_in("appeal", back, "--on", "2025-06-12")
    assert (told["new"], told["refused"]) == (4, 0), told
    for row, accepted, explained in (
        (rows[0], rows[0]["涉及金额"], NOTHING),
        (rows[1], "0.01", half),
        (rows[2], NOTHING, rows[2]["涉及金额"]),
        (lists[1][0], lists[1][0]["涉及金额"], NOTHING),
    ):
        parts = {"lead": row["线索编号"], "accepted": Decimal(accepted), "explained": Decimal(explained)}
        office.answers[row["明细编号"]] = parts | {"paid": NOTHING}
    first = office.visit("2025-07-07", 3, team=2, until="2025-07-18")
    assert left["visit_id"] in {v["visit_id"] for v in first["overdue"]}, "a visit that was not held is overdue"
    assert left["visit_id"] in {v["visit_id"] for v in first["visits"]}, "and comes first, under its number"
    second = office.ask("plan", "--staff", STAFF, "--days", 8, "--team", 1, "--from", "2025-07-07", "--to", "2025-07-18",
                        "--seed", 5)  # fmt: skip
    assert not {v["institution_id"] for v in first["visits"]} & {v["institution_id"] for v in second["visits"]}
    for visit in first["visits"]:
        office.ask("plan", "--done", visit["visit_id"], "--on", visit["end_on"])
    third = office.ask("plan", "--staff", STAFF, "--days", 8, "--from", "2025-07-07", "--to", "2025-07-18", "--seed", 5)
    planned = {visit["institution_id"] for told in (first, second, third) for visit in told["visits"]}
    assert not planned & held, "an answer that is owed still is no second visit"

    office.deliver(MONTHS[6])
    reviews = [
        {"明细编号": rows[1]["明细编号"], "环节": "复审", "答复": "维持"},
        {"明细编号": rows[2]["明细编号"], "环节": "复审", "答复": "申诉成功", "认定依据": "病历证实"},
    ]
    assert office.hand_in("appeal", reviews, "--on", "2025-08-01")["new"] == 2
    office.answers[rows[2]["明细编号"]]["explained"] = NOTHING
    office.ask("case", "close", case, "--text", "处理完毕", "--on", "2025-08-01")
    return rows, lists[1]


def in_autumn(office, who, persons, rows, others):
    """Money comes back, a self-check, what waited is judged, two more cases, a second draw and a recheck."""
    office.deliver(MONTHS[7])
    paid = [
        {"明细编号": row["明细编号"], "答复": "已缴回", "缴回金额": row["涉及金额"]} for row in (rows[0], others[0])
    ]
    assert office.hand_in("appeal", paid, "--step", "paid", "--on", "2025-09-02")["new"] == 2
    for row in (rows[0], others[0]):
        office.answers[row["明细编号"]]["paid"] = Decimal(row["涉及金额"])
    returned = [
        {"问题编号": "19", "涉及金额": "30"},
        {"问题编号": "12", "涉及金额": "0"},
        {"问题编号": "999", "涉及金额": "1"},
    ]
    period = ("--institution", who["place"][0], "--from", "2025-01-01", "--to", "2025-06-30", "--on", "2025-09-05")
    for new in (2, 0):
        told = office.hand_in("selfcheck", returned, *period)
        assert (told["new"], told["known"], told["refused"]) == (new, 2 - new, 1)
    compared = office.ask("selfcheck", "compare", "--institution", who["place"][0])
    assert sum(Decimal(str(row["declared_amount"] or 0)) for row in compared) == 30
    office.declared = Decimal(30)  # agreed to, and confirmed by nobody
    office.judge(verdict(persons[3], "确认违规", "2025-09-09", 4, 确认违规金额="410.40", 追回金额="400.00"))

    office.deliver(MONTHS[8])
    cases = []
    for title, leads, due in (("倒卖药品", persons[5:7], "2025-11-30"), ("冒名就医", persons[7:8], "2025-12-15")):
        cases.append(
            office.ask("case", "open", title, *leads, "--kind", "专项检查", "--due", due, "--on", "2025-10-10")[
                "case_id"
            ]
        )
        office.ask("case", "note", cases[-1], "--text", f"{title}立案", "--on", "2025-10-11")
        office.notes.append((cases[-1], f"{title}立案"))
    office.deliver(MONTHS[9])
    office.judge(
        verdict(persons[5], "确认违规", "2025-11-12", 7, 确认违规金额="333.33", 追回金额="111.11", 处罚金额="666.66"),
        verdict(persons[6], "申诉成立-排除", "2025-11-12", 8, 理由="本人购药"),
        verdict(others[0]["线索编号"], "部分确认", "2025-11-13", 9, 确认违规金额="12.34"),
    )
    office.ask("case", "close", cases[0], "--text", "结案", "--on", "2025-11-30")
    office.visit("2025-11-17", 5, team=1, until="2025-11-28")
    office.ask("draw", "--places", 2, "--seed", 12, "--on", "2025-11-14")

    office.deliver(MONTHS[10])
    again = office.ask("draw", "recheck", "--places", 2, "--from", "2025-01-01", "--seed", 13, "--on", "2025-12-02")
    assert len(again["rows"]) == 2
    problem = {
        "机构编码": who["place"][0],
        "来源": "飞检",
        "问题编号": "F1",
        "违规金额": "55.55",
        "发现日期": "2025-12-03",
    }
    for new in (1, 0):
        assert office.hand_in("ledger", [problem], "--on", "2025-12-04")["new"] == new
    office.problems = Decimal("55.55")
    office.deliver(MONTHS[11])
    return cases


def nothing_is_lost_or_doubled(office):
    """Verdicts, tips and notes in the casebook are those handed in, each once."""
    rows = office.query("select count(*), count(distinct verdict_id) from casebook.verdict")
    assert rows == [(office.verdict_rows, office.verdict_rows)]
    kept = office.query("select lead_id, conclusion_said, confirmed_amount, case_no from casebook.current_verdict")
    money = {lead: row["确认违规金额"] for lead, row in office.standing.items()}
    assert sorted(lead for lead, *_ in kept) == sorted(office.standing)
    for lead, said, confirmed, case in kept:
        row = office.standing[lead]
        assert (said, case) == (row["核查结论"], row["案件编号"])
        assert confirmed == (None if money[lead] is None else Decimal(money[lead]))
    assert dict(office.query("select outside_id, subject_id from casebook.outside_lead")) == office.outside
    assert office.query("select count(*) from casebook.outside_lead") == [(len(office.outside),)]
    notes = office.query("select case_id, text from casebook.case_event where act = 'note' order by number")
    assert notes == office.notes
    closed = {lead for lead, row in office.standing.items() if row["核查结论"] != "证据不足-暂缓"}
    register = office.query("select lead_id from casebook.lead_register where closed_on is not null")
    assert {lead for (lead,) in register} == closed


def every_date_is_kept_or_overdue(office, place, case, cases):
    """Cases, tips and lines sent: what was in time, what late, what is owed still; and the day before each was late."""

    def timing(command, key, on):
        words = ("--closed",) if command == "case" else ()
        return {row[key]: row["timing"] for row in office.ask(command, "list", *words, "--on", on)}

    assert timing("case", "case_id", "2025-07-31") == {case: "open"}
    assert timing("case", "case_id", "2025-12-15") == {case: "late", cases[0]: "kept", cases[1]: "open"}
    assert timing("case", "case_id", "2025-12-16") == {case: "late", cases[0]: "kept", cases[1]: "overdue"}
    assert [row["case_id"] for row in office.ask("case", "list", "--overdue", "--on", "2025-12-16")] == [cases[1]]
    assert timing("tip", "tip_id", "2026-01-10") == {"JB1": "kept", "JB3": "overdue", "DB1": "late"}
    lines = office.ask("appeal", "list", place, "--on", "2025-06-18")
    assert {line["is_overdue"] for line in lines if line["line_key"] not in office.answers} == {True}
    waits = [line for line in office.ask("appeal", "list", place, "--on", "2025-06-17") if line["state"] == "waiting"]
    assert not any(line["is_overdue"] for line in waits), "ten working days from Tuesday 3 June end on the 17th"


def the_ledger_adds_up(office):
    """Each step as handed in, summed here; every table to the same totals."""
    judged = {lead: row for lead, row in office.standing.items() if row["核查结论"] != "证据不足-暂缓"}

    def told(column, only=None):
        return sum(
            (Decimal(row[column] or 0) for row in judged.values() if only is None or row["核查结论"] in only), NOTHING
        )

    def appealed(part, column):
        open_ = (a for a in office.answers.values() if not (judged.get(a["lead"]) or {}).get(column))
        return sum((a[part] for a in open_), NOTHING)

    unjudged = [a for a in office.answers.values() if a["lead"] not in judged]
    expected = {
        "confirmed": told("确认违规金额", TRUE) + office.problems
        + sum((a["accepted"] + a["explained"] for a in unjudged), NOTHING),
        "agreed": told("认可金额") + appealed("accepted", "认可金额") + office.declared,
        "recovered": told("追回金额") + appealed("paid", "追回金额"),
        "fined": told("处罚金额"),
        "transferred": told("移送金额"),
    }  # fmt: skip
    assert len(unjudged) == 3 and all(expected.values())
    totals = {}
    for way in ("total", "origin", "rule", "detector", "month", "institution", "hand", "kind", "township", "item"):
        rows = office.ask("ledger", "--by", way)
        totals[way] = {s: sum(Decimal(str(row[f"{s}_amount"])) for row in rows) for s in SPENT}
    assert {s: totals["total"][s] for s in expected} == expected
    assert all(sums == totals["total"] for sums in totals.values()), totals
    lines = office.query(
        "select count(*), count(distinct settlement_id || '|' || coalesce(line_id, '')) from casebook.suspected_line"
    )
    assert lines[0][0] == lines[0][1] > 0, "a yuan of a closed lead is suspected once"


def the_plan_never_exceeds_the_staff(office):
    """At no half day are more people out than there are, and no plan takes more than the days it was given."""
    out, whose = Counter(), Counter()
    for plan_id, number, team, start, start_half, end, end_half in office.query(
        "select p.plan_id, v.team_number, p.team, v.start_on, v.start_half, v.end_on, v.end_half from"
        " casebook.current_plan_visit as v join casebook.plan as p on p.plan_id = v.plan_id where v.act <> 'drop'"
    ):
        for n in range((end - start).days + 1):
            for half in ("am", "pm"):
                day = start + timedelta(days=n)
                if (start, start_half) <= (day, half) <= (end, end_half):
                    out[day, half] += team
                    whose[plan_id, number, day, half] += 1
    assert max(out.values()) <= STAFF, [key for key, people in out.items() if people > STAFF]
    assert max(whose.values()) == 1, "a team is at one place"
    assert {team for (team,) in office.query("select distinct team from casebook.plan")} == {1, 2}
    beyond = office.query(
        "select plan_id from casebook.plan as p join casebook.plan_visit as v using (plan_id) group by plan_id, p.staff,"
        " p.days, p.team having sum(v.half_days) * p.team > 2 * p.staff * p.days"
    )
    assert not beyond
    week = sum(people for (day, _), people in out.items() if date(2025, 7, 7) <= day <= date(2025, 7, 18))
    assert week <= 2 * STAFF * 10, "three plans for the same two weeks"


def test_a_year_of_an_office_from_delivery_to_delivery(call, few, months, tmp_path):
    office = Office(call, few(tmp_path / "home"), months, tmp_path)
    who = in_spring(office)
    case, persons, left, held = in_may(office, who)
    rows, others = in_summer(office, who, case, persons, left, held)
    cases = in_autumn(office, who, persons, rows, others)
    nothing_is_lost_or_doubled(office)
    every_date_is_kept_or_overdue(office, who["place"][0], case, cases)
    the_ledger_adds_up(office)
    the_plan_never_exceeds_the_staff(office)
    assert audit_log.verify(office.home)[1] is None
    looked = {row["what"]: row for row in office.ask("doctor")}
    assert looked["audit log"]["state"] == "ok" and "intact" in looked["audit log"]["said"]
    entries = [
        json.loads(line)["event"] for line in (office.home / audit_log.FILE_NAME).read_text("utf-8").splitlines()
    ]
    assert Counter(entries)["verdict"] == 4 and {"outside", "case", "draw", "plan", "appeal"} <= set(entries)
