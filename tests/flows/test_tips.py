"""Tips and earlier cases as people meet them: lists, dossiers, explain, the clerk's file, the report, the sentence."""

import csv
import dataclasses
import json
import re

import polars as pl
import pytest

from data.warehouse.connection import open_warehouse
from flows import steps
from flows.cli import main
from flows.home.settings import Settings

TIP = ("tip_id", "recv_date", "subject_type", "subject_id", "subject_name", "channel", "content")
CASE = ("case_id", "subject_type", "subject_id", "rule_id", "insp_date", "result", "vola_amt")
PHONE = "13812345678"


def deliver(folder, name, header, rows):
    folder.mkdir(exist_ok=True)
    with (folder / name).open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerows([header, *rows])


@pytest.fixture(scope="module")
def place(tmp_path_factory, hamlet, few):
    """(home, who, said): a run on the hamlet, then its tips and cases; `who` are subjects by what they are for."""
    home = few(tmp_path_factory.mktemp("tips") / "home")
    settings = Settings(home=home, input=hamlet, language="zh")
    for step in steps.STEPS[:-1]:
        steps.perform(step, settings)
    with open_warehouse(home, read_only=True) as con:
        plain, named, *_ = con.sql(
            """
            select institution_id, institution_name from feature.institution as i
            where not exists (select 1 from model.lead as l where l.subject_id = i.institution_id)
                and institution_id in (
                    select min(institution_id) from feature.institution group by institution_name having count(*) = 1
                )
            order by 1
            """
        ).fetchall()
        (found,) = con.sql(
            "select subject_id from model.lead where subject_type in ('institution', 'pharmacy') and tier in ('A', 'B')"
            " order by score desc, lead_id limit 1"
        ).fetchall()[0]
        (person,) = con.sql(
            "select person_id from feature.person where person_id not in (select subject_id from model.lead)"
            " order by 1 limit 1"
        ).fetchall()[0]
        (lead,) = con.execute("select lead_id from model.lead where subject_id = $id", {"id": found}).fetchall()[0]
    who = {"plain": plain[0], "named": named[0], "found": found, "person": person}
    main(["case", "open", "住院问题", lead, "--kind", "专项检查", "--owner", "王", "--home", str(home), "--quiet"])
    extra = tmp_path_factory.mktemp("extra")
    deliver(
        extra,
        "tip_d.csv",
        TIP,
        [
            ("T1", "2025-03-01", "institution", who["plain"], "", "来信", f"举报人：张建国，{PHONE}，空挂床"),
            ("T2", "2025-03-02", "institution", "", f"{named[1][:2]} {named[1][2:]}", "来访", "多收检查费"),
            ("T3", "2025-03-03", "institution", who["found"], "", "内部人举报", "病房里没几个病人"),
            ("T4", "2025-03-04", "person", who["person"], "", "来电", "借卡给亲戚用"),
            ("T5", "2025-03-05", "person", "519900000000000001", "李小明", "来电", "倒卖药品"),
            ("T6", "2025-03-06", "药店", "", "=大药房", "来电", "换日用品"),
        ],
    )
    cases = [("AJ1", "institution", who["found"], "GZ1", "2023-04-05", "confirmed", 1234.5)]
    deliver(extra, "insp_result_d.csv", CASE, cases)
    settings = dataclasses.replace(settings, input=extra, out=home / "out", top=1)
    return home, who, {step.name: steps.perform(step, settings) for step in steps.STEPS}


@pytest.fixture
def folder(place):
    home, _, said = place
    return home / "runs" / said["publish"].run_id


@pytest.fixture
def lead_of(folder, read_csv):
    rows = [r for path in folder.glob("watchlist_*.csv") for r in read_csv(path)]

    def find(subject):
        (row,) = [r for r in rows if r["subject_id"] == subject]
        return row

    return find


@pytest.fixture
def call(place, capsys):
    def run(*arguments):
        main([*map(str, arguments), "--home", str(place[0])])
        return capsys.readouterr().out

    return run


@pytest.mark.slow
def test_every_placed_tip_is_on_the_lists_with_day_and_content(place, lead_of):
    who = place[1]
    for subject, day, content in (
        ("plain", "2025-03-01", "空挂床"), ("named", "2025-03-02", "多收检查费"), ("person", "2025-03-04", "借卡"),
    ):  # fmt: skip
        row = lead_of(who[subject])
        assert (row["tier"], row["rules"], row["findings"], row["amount_at_risk"]) == ("C", "tip", "0", "0.00")
        assert day in row["reasons"] and content in row["reasons"] and row["status"] == "new"
    assert "举报2025-03-03：病房里没几个病人" in lead_of(who["found"])["reasons"]


def test_the_dossier_shows_tips_and_earlier_cases(place, folder, lead_of):
    row = lead_of(place[1]["found"])
    text = (folder / "leads" / row["lead_id"] / "dossier.html").read_text(encoding="utf-8")
    block = text.partition("举报与既往查处")[2]
    for words in ("2025-03-03", "内部人举报", "病房里没几个病人", "待核查", "不得向被检查对象"):
        assert words in block
    for words in ("2023-04-05", "AJ1", "¥1,234.50", "查实"):
        assert words in block


def test_the_dossier_names_the_case_and_how_the_lead_stood_in_each_run(place, folder, lead_of, call):
    row = lead_of(place[1]["found"])
    text = (folder / "leads" / row["lead_id"] / "dossier.html").read_text(encoding="utf-8")
    assert re.search(r"已列入案件 <b>C\d{4}-0001</b> 住院问题 · 专项检查 · 待研判 · 王", text)
    runs = text.partition("历次运行情况")[2].partition("</table>")[0]
    assert runs.count("<tr><td>") == 2 and folder.name in runs and f"{row['score']}" in runs
    out = call("explain", row["lead_id"], "--language", "zh")
    assert "已列入案件 C" in out and "历次运行情况" in out


def test_what_came_from_outside_is_a_file_of_its_own(folder, lead_of, place, read_csv):
    rows = {r["tip_id"]: r for r in read_csv(folder / "outside.csv")}
    book = pl.read_excel(folder / "watchlists.xlsx", sheet_id=0, infer_schema_length=0)
    (sheet,) = (rows for title, rows in book.items() if title in ("Leads from outside", "其他来源线索"))
    assert sheet[sheet.columns[0]].to_list() == [*rows] and "平台之外新增" not in book
    assert [rows[f"T{n}"]["state"] for n in range(1, 7)] == [
        "own_lead",
        "own_lead",
        "joined",
        "own_lead",
        "unmatched",
        "unmatched",
    ]
    assert rows["T3"]["lead_id"] == lead_of(place[1]["found"])["lead_id"] and "channel" not in rows["T3"]
    assert (folder / "beyond_platform.csv").exists() and (folder / "outside_lists.csv").exists()


def test_explain_shows_them_also_where_a_lead_has_no_folder(place, lead_of, call, folder):
    lead_id = lead_of(place[1]["named"])["lead_id"]
    assert not (folder / "leads" / lead_id).exists()
    out = call("explain", lead_id, "--language", "zh")
    assert "2025-03-02 来访 T2: 多收检查费 (待核查，按名称匹配，请先核对)" in out
    document = json.loads(call("explain", lead_of(place[1]["found"])["lead_id"], "--json"))
    assert [t["tip_id"] for t in document["history"]["tips"]] == ["T3"]
    (case,) = document["history"]["cases"]
    assert (case["case_no"], case["decided_on"], case["confirmed_amount"]) == ("AJ1", "2023-04-05", 1234.5)
    out = call("explain", lead_of(place[1]["found"])["lead_id"], "--language", "en")
    assert "2023-04-05 AJ1 GZ1: confirmed, Amount confirmed 1,234.50" in out


def test_the_clerk_gets_what_nobody_can_place_and_persons_stay_masked(folder, read_csv):
    first, second = read_csv(folder / "tips_unmatched.csv")
    assert (first["tip_id"], first["subject_id"], first["subject_name"]) == ("T5", "519900******", "李**")
    assert first["why"].startswith("编号与登记的对象不符") and not first["candidates"]
    assert (second["tip_id"], second["received_on"], second["subject_name"]) == ("T6", "2025-03-06", "'=大药房")
    assert "请补充对象编号" in second["why"]


def test_the_run_says_what_became_of_the_tips_and_what_the_round_leaves_out(place, folder):
    said = place[2]
    assert "6 tips: 4 to handle on the lists (3 leads rest on tips alone)" in str(said["rank"])
    assert "2 about nobody known for sure, see tips_unmatched.csv" in str(said["rank"])
    assert re.search(r"[1-4] leads with tips to handle lie outside this round's lists", str(said["publish"]))
    text = (folder / "report.html").read_text(encoding="utf-8")
    block = text.partition("待办举报")[2]
    assert all(f">T{n}<" in block for n in (1, 2, 3, 4)) and "2 件举报未能确定对象" in block


def test_nothing_that_leaves_the_house_leads_to_who_gave_a_tip(place):
    home = place[0]
    texts = [p for p in [*(home / "runs").rglob("*"), *(home / "out").rglob("*")] if p.suffix in (".csv", ".html")]
    assert len(texts) > 10
    for path in texts:
        text = path.read_text(encoding="utf-8")
        assert PHONE not in text and "张建国" not in text
        assert "内部人举报" not in text or path.name in ("dossier.html", "report.html")
