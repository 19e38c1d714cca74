"""The round trip of doubtful lines as a bureau meets it: sent, answered row by row, reviewed, paid, signed."""

import json
import shutil
from decimal import Decimal

import polars as pl
import pytest

from data.warehouse.connection import frame, open_warehouse
from flows import steps
from flows.home import audit_log
from models import belief
from models.casebook import rates
from models.ranking import totals
from models.ranking.rank import query as query_of
from models.ranking.rank import rank
from tests.models import offices

SENT, ANSWERED, REVIEWED, PAID = "2026-03-02", "2026-03-10", "2026-03-20", "2026-04-01"


@pytest.fixture
def home(finished, tmp_path):
    shutil.copytree(finished[0].home, tmp_path / "home", ignore=shutil.ignore_patterns("runs", "out"))
    yield tmp_path / "home"
    by_hand = "the verdicts "  # one test writes a verdict itself
    assert [fault for fault in offices.past_the_log(tmp_path / "home") if not fault.startswith(by_hand)] == []


@pytest.fixture
def call(call, home):
    return lambda *arguments: call(*arguments, "--home", home)


@pytest.fixture
def sent(call, tmp_path):
    """(institution, rows of its list) of the institution with the most yuan, sent."""
    code, out, err = call("appeal", "export", tmp_path / "out", "--top", 1, "--on", SENT, "--yes", "--json")
    assert code == 0, err
    (path,) = (tmp_path / "out").iterdir()
    rows = pl.read_excel(path, sheet_name="线索汇总表", infer_schema_length=0)
    return json.loads(out)["institutions"][0]["institution_id"], rows.to_dicts()


@pytest.fixture
def answer(call, tmp_path):
    """Import rows as the file that came back; gives the command's JSON."""

    def give(rows, *options, yes=True, name="back.csv"):
        pl.DataFrame(rows, infer_schema_length=None).write_csv(tmp_path / name)
        code, out, err = call("appeal", "import", tmp_path / name, *options, *["--yes"] * yes, "--json")
        told = json.loads(out)
        assert code == (3 if told["refused"] and not told["new"] and not told["known"] and not told["blank"] else 0), (
            err
        )
        return told

    return give


def query(home, text, **params):
    with open_warehouse(home, read_only=True) as con:
        return con.execute(text, params or None).fetchall()


def states(call, institution, on):
    lines = json.loads(call("appeal", "list", institution, "--on", on, "--json")[1])
    return {line["line_key"]: line for line in lines}


def test_what_is_sent_is_what_stands_on_the_lists_each_yuan_once(call, home, tmp_path):
    from models.casebook import appeals

    with open_warehouse(home) as con:
        appeals.at_issue(con)
        ours = con.sql(
            "select sum(amount), sum(fund_amount), count(*), count(distinct line_key) from at_issue"
        ).fetchall()
        once = totals.totals(con).row(-1, named=True)
    assert ours[0][:2] == (once["once"], once["fund_once"]) and ours[0][2] == ours[0][3] > 0
    assert call("appeal", "export", tmp_path / "all", "--on", SENT, "--yes")[0] == 0
    sheets = [pl.read_excel(p, sheet_name="线索汇总表", infer_schema_length=0) for p in (tmp_path / "all").iterdir()]
    rows = pl.concat(sheets, how="diagonal")
    whole = sum(map(Decimal, rows["涉及金额"]))
    kept = query(home, "select sum(amount), count(*), sum(l.a) from casebook.appeal as a, (select 0 as a) as l")
    lines = query(home, "select sum(amount), count(*) from casebook.appeal_line")
    assert whole == kept[0][0] == lines[0][0] and rows.height == lines[0][1] == rows["明细编号"].n_unique()
    # what is found of persons and groups is not told to the places they go to
    kinds = {kind for (kind,) in query(home, "select distinct subject_type from casebook.appeal_line")}
    assert kinds <= {"institution", "pharmacy", "practitioner"} and kinds
    code, _, err = call("appeal", "export", tmp_path / "all", "H1", "--yes")
    assert code == 2 and "Nothing is left to send to H1" in err
    again = json.loads(call("appeal", "export", tmp_path / "again", "--json")[1])
    assert again["institutions"] == [], "a line is sent once"


def test_the_list_has_the_official_columns_and_names_no_person(sent, home):
    _, rows = sent
    official = ["问题类别", "问题类型", "项目名称", "项目类别", "违规说明"]
    assert list(rows[0])[4:9] == official and all(row[name] for row in rows for name in official)
    assert all(row["线索编号"].startswith("L") and len(row["明细编号"]) == 16 for row in rows)
    names = [n for (n,) in query(home, "select person_name from record.person_identity where person_name is not null")]
    text = "".join(str(value) for row in rows for value in row.values())
    assert not [n for n in names if len(n) > 2 and n in text]


def test_every_row_adds_up_to_what_was_sent_or_is_refused_by_name(sent, answer):
    _, rows = sent
    amount = Decimal(rows[0]["涉及金额"])
    part = amount - Decimal("0.01")
    wrong = {
        1: {"认可金额": str(part)} | {"申诉金额": "0.02", "申诉理由": "x"},
        2: {"机构答复": "申诉"},
        3: {"机构答复": "也许"},
        4: {"认可金额": "十元"},
        5: {"机构答复": "认可", "日期": "2026-03-01"},
        6: {"机构答复": "部分认可", "认可金额": "0.01", "核减金额": "0.01", "申诉理由": "x"},
        7: {"机构答复": "认可", "涉及金额": "1.00"},
        8: {"机构答复": "认可", "核减人次": "2"},
        9: {"机构答复": "认可", "日期": "2027-01-01"},
        10: {"机构答复": "认可", "明细编号": "0000000000000000"},
        11: {"机构答复": "认可", "线索编号": "L0"},
        12: {"申诉金额": "-1", "申诉理由": "x", "认可金额": str(amount + 1)},
        13: {"机构答复": "申诉成功"},
        14: {"机构答复": "认可", "环节": "复审"},
    }
    told = answer([rows[0] | {"环节": None} | change for change in wrong.values()], "--on", ANSWERED)
    why = {row["row_number"]: row["why"] for row in told["refused_rows"]}
    assert set(why) == set(wrong)
    words = {
        1: ("认可金额", f"{amount} were sent"), 2: ("申诉理由",), 3: ("也许", "认可, 部分认可"), 4: ("认可金额 is '十元'",),
        5: ("2026-03-01", "before the list was sent"), 6: ("认定依据",), 7: ("涉及金额 is 1.00",), 8: ("核减人次 is 2",),
        9: ("not come yet",), 10: ("0000000000000000",), 11: ("线索编号 is L0",), 12: ("below 0",), 13: ("环节",),
        14: ("follows an answer",),
    }  # fmt: skip
    for number, parts in words.items():
        assert all(part in why[number] for part in parts), why[number]


def test_a_line_goes_its_whole_way_and_the_parts_always_add_up(sent, answer, call, home, tmp_path):
    institution, rows = sent
    first, second, third, fourth, fifth = rows[:5]
    third_amount = Decimal(third["涉及金额"])
    back = [
        first | {"机构答复": "认可"},
        second | {"机构答复": "申诉", "申诉理由": "有指征", "举证材料": "病历.pdf"},
        third | {"认可金额": "0.01", "申诉金额": str(third_amount - Decimal("0.01")), "申诉理由": "有指征"},
        fourth | {"机构答复": "申诉", "申诉理由": "有指征"},
        fifth,
    ]
    told = answer(back, "--on", ANSWERED)
    assert (told["new"], told["blank"], told["refused"]) == (4, 1, 0)
    parts = [Decimal(str(told[k])) for k in ("accepted_amount", "explained_amount", "cut_amount")]
    assert sum(parts) == Decimal(str(told["sent_amount"])) == sum(Decimal(r["涉及金额"]) for r in rows[:4])
    again = answer(back, "--on", "2026-03-11")
    assert (again["new"], again["known"]) == (0, 4), "the same file twice is one answer"

    key = [row["明细编号"] for row in rows[:5]]
    now = states(call, institution, ANSWERED)
    assert [now[k]["state"] for k in key] == ["stands", "appealing", "appealing", "appealing", "waiting"]
    # ten working days from Monday 2 March end on Monday the 16th; from the answer on the 10th on the 24th
    assert now[key[4]]["due_on"] == "2026-03-16" and now[key[1]]["due_on"] == "2026-03-24"
    assert not now[key[4]]["is_overdue"] and states(call, institution, "2026-03-17")[key[4]]["is_overdue"]

    assert call("appeal", "export", tmp_path / "review", "--step", "review", "--yes")[0] == 0
    (path,) = (tmp_path / "review").iterdir()
    listed = pl.read_excel(path, sheet_name="线索汇总表", infer_schema_length=0).to_dicts()
    assert [r["明细编号"] for r in listed] == sorted(key[1:4], key=key.index) and listed[0]["环节"] == "复审"
    by_key = {r["明细编号"]: r for r in listed}
    assert answer(listed, "--on", REVIEWED, name="blank.csv")["blank"] == 3
    cut = third_amount - Decimal("0.02")
    reviews = [
        by_key[key[1]] | {"复审结论": "申诉成功", "认定依据": "病历证实"},
        by_key[key[2]] | {"复审结论": "部分成立", "核减金额": str(cut), "认定依据": "部分有指征"},
        by_key[key[3]] | {"复审结论": "维持"},
    ]
    told = answer(reviews, "--on", REVIEWED, name="review.csv")
    assert told["new"] == 3, told
    now = states(call, institution, REVIEWED)
    assert [now[k]["state"] for k in key] == ["stands", "won", "stands", "stands", "waiting"]
    assert answer(back, "--on", REVIEWED)["known"] == 4, "the first file again is still known"

    again = answer(
        [reviews[2] | {"环节": "再申诉", "机构答复": "申诉", "申诉理由": "补充"}], "--on", "2026-03-25", name="2.csv"
    )
    assert again["new"] == 1 and states(call, institution, "2026-03-25")[key[3]]["state"] == "appealing"
    last = answer([{"明细编号": key[3], "环节": "终审", "答复": "维持"}], "--on", "2026-03-30", name="3.csv")
    assert last["new"] == 1 and states(call, institution, "2026-03-30")[key[3]]["state"] == "stands"
    paid = answer(
        [{"明细编号": k, "答复": "已缴回"} for k in (key[0], key[1], key[3])],
        "--step",
        "paid",
        "--on",
        PAID,
        name="4.csv",
    )
    assert paid["new"] == 2 and "nothing is to be paid back" in paid["refused_rows"][0]["why"]
    gone = answer([{"明细编号": key[4], "理由": "下发有误"}], "--step", "void", "--on", PAID, name="5.csv")
    assert gone["new"] == 1
    now = states(call, institution, PAID)
    assert [now[k]["state"] for k in key] == ["paid", "won", "stands", "paid", "void"]
    wrong = query(home, "select count(*) from casebook.appeal_standing where step is not null and (accepted_amount"
                  " + explained_amount + cut_amount <> sent_amount or accepted_fund + explained_fund + cut_fund <> sent_fund)")  # fmt: skip
    assert wrong == [(0,)]

    code, _, err = call("appeal", "form", institution, tmp_path / "form.html", "--on", PAID)
    page = (tmp_path / "form.html").read_text(encoding="utf-8")
    assert code == 0 and institution in page, err
    assert call("appeal", "form", institution, tmp_path / "form.xlsx")[0] == 0
    form = pl.read_excel(tmp_path / "form.xlsx", infer_schema_length=0)
    assert form.columns == (
        "序号 问题类别 问题类型 项目名称 问题情形描述 涉及人次 涉及金额 项目类型 核减后金额 涉及医保基金金额 问题认定依据".split()
    )
    total = query(home, "select sum(sent_amount), sum(sent_amount - coalesce(cut_amount, 0)) from"
                  " casebook.appeal_standing where institution_id = $i and state <> 'void'", i=institution)[0]  # fmt: skip
    assert (sum(map(Decimal, form["涉及金额"])), sum(map(Decimal, form["核减后金额"]))) == total
    assert all(f"{value:,.2f}" in page for value in total)
    sent_again = json.loads(call("appeal", "export", tmp_path / "x", institution, "--json")[1])
    assert sent_again["institutions"][0]["lines"] == 1, "a voided line may be sent again"
    assert audit_log.verify(home)[1] is None


def test_a_later_answer_takes_the_place_of_the_earlier(sent, answer, call):
    institution, rows = sent
    key = rows[0]["明细编号"]
    assert answer([rows[0] | {"机构答复": "认可"}], "--on", ANSWERED)["new"] == 1
    assert answer([rows[0] | {"机构答复": "申诉", "申诉理由": "更正"}], "--on", ANSWERED, name="2.csv")["new"] == 1
    assert states(call, institution, ANSWERED)[key]["state"] == "appealing"
    both = [rows[1] | {"机构答复": "认可"}, rows[1] | {"机构答复": "申诉", "申诉理由": "x"}]
    told = answer(both, "--on", ANSWERED, name="3.csv")
    assert told["refused"] == 2 and "twice in the file" in told["refused_rows"][0]["why"]


def test_decided_appeals_move_the_rates_once_and_their_lines_leave_the_lists(sent, answer, finished, home):
    _, rows = sent
    settings = finished[0]
    sources = steps.sources(settings)
    source = dict(query(home, "select line_key, source from casebook.appeal_line"))
    kind = {row["明细编号"]: source[row["明细编号"]] for row in rows}
    name = kind[rows[0]["明细编号"]]
    own = [row for row in rows if kind[row["明细编号"]] == name]
    lead = own[0]["线索编号"]

    def known(con):
        return rates.rates(con, sources).row(by_predicate=pl.col("source") == name, named=True)

    with open_warehouse(home) as con:
        before, version = known(con), rates.version(con)
    answer([row | {"机构答复": "申诉", "申诉理由": "x"} for row in own], "--on", ANSWERED)
    with open_warehouse(home) as con:
        assert rates.version(con) == version, "what is not decided says nothing"
    same = [{"明细编号": row["明细编号"], "环节": "复审", "答复": "申诉成功", "认定依据": "y"} for row in own]
    answer(same, "--on", REVIEWED, name="2.csv")
    with open_warehouse(home) as con:
        after = known(con)
        leads = {r["线索编号"] for r in own}
        assert after["dismissed"] == before["dismissed"] + len(leads) and after["rate"] < before["rate"]
        assert rates.version(con) != version
        rank(con, sources, "20260401-aaaa")
        still = con.execute(
            "select count(*) from model.finding_counted as c join model.finding as f on f.finding_id = c.finding_id"
            " join casebook.appeal_standing as a on a.settlement_id = f.settlement_id"
            " and coalesce(a.line_id, '') = coalesce(f.line_id, '') where a.state = 'won' and f.source = $name",
            {"name": name},
        ).fetchall()
        assert still == [(0,)]
        place_rates = frame(con, query_of("place_rate"))
        ((factor, place),) = place_rates.select("factor", "subject_id").rows()
        assert place_rates["source"].to_list() == [name] and 0 < factor < 1
        evidence = pl.DataFrame(
            {"source": [name] * 2, "subject_id": [place, "another"], "subject_type": ["institution"] * 2}
        ).with_columns(prior=0.3, ceiling=0.9)
        moved = belief.at_places(evidence, place_rates)
        assert moved["prior"][0] < 0.3 == moved["prior"][1] and moved["ceiling"][0] < 0.9 == moved["ceiling"][1]
        con.execute(
            "insert into casebook.verdict (verdict_id, imported_at, file, row_number, lead_id, subject_type, subject_id,"
            " sources, conclusion, conclusion_said, decided_on, is_closing) values ('v', now(), 'f', 1, $lead,"
            " 'institution', 'x', $name, 'dismissed', 'x', date '2026-03-30', true)",
            {"lead": lead, "name": name},
        )
        assert known(con)["dismissed"] == after["dismissed"], "a verdict and an appeal of one lead count once"


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("import", "nowhere.csv"), 3, "does not exist"),
        (("import", "{bad}"), 3, "明细编号"),
        (("import", "{bad}", "--step", "later"), 2, "--step is 'later'"),
        (("list", "--state", "lost"), 2, "--state is 'lost'"),
        (("list", "--on", "soon"), 2, "--on is 'soon'"),
        (("form", "H1", "f.pdf"), 2, "neither .html nor .xlsx"),
        (("form", "H1", "f.html"), 2, "Nothing was sent to H1"),
        (("export", "x", "--step", "review", "--yes"), 2, "Nothing waits for a review"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(call, tmp_path, arguments, code, words):
    bad = tmp_path / "bad.csv"
    bad.write_text("a,b\n1,2\n", encoding="utf-8")
    found, _, err = call("appeal", *(str(a).format(bad=bad) for a in arguments))
    assert found == code and words in err and "Traceback" not in err
