"""An office's small year by the command line: tips, cases, draws, a self-check; what is refused, logged, and never told."""

import json
import shutil

import pytest

from data.warehouse.connection import FILE_NAME, open_warehouse
from flows.home import audit_log
from tests.models import offices

PHONE, GIVER = "13812345678", "张建国"
FOUND = offices.source("institution_id in ('H1', 'H2')")
TIPS = f"""举报编号,受理日期,被举报单位,机构编码,举报渠道,举报内容,举报人,联系电话,办结期限,反馈期限
JB1,2026-01-05,安泽县第一人民医院,,{GIVER}来信,举报人{GIVER}称空挂床，手机{PHONE},{GIVER},{PHONE},2026-02-28,2026-03-10
JB2,2026-13-06,康宁医院,,来电,多收检查费,{GIVER},,2026-03-01,
JB3,2026-01-07,康宁医院,,来电,多收检查费,{GIVER},,2026-03-01,2026-03-31
"""


@pytest.fixture(scope="module")
def ranked(tmp_path_factory):
    home = offices.make_home(tmp_path_factory.mktemp("ranked"))
    with open_warehouse(home) as con:
        offices.ranked(con, "20260101-aaaa", FOUND)
    return home


@pytest.fixture
def home(ranked, tmp_path):
    (tmp_path / "home").mkdir()
    shutil.copy(ranked / FILE_NAME, tmp_path / "home")
    yield tmp_path / "home"
    assert offices.past_the_log(tmp_path / "home") == []


@pytest.fixture
def ask(call, home):
    def run(*arguments, code=0):
        left, out, err = call(*arguments, "--home", home)
        assert left == code and "Traceback" not in err, err
        return out + err

    return run


@pytest.fixture
def leads(home):
    with open_warehouse(home, read_only=True) as con:
        return dict(con.sql("select subject_id, lead_id from model.lead").fetchall())


@pytest.fixture
def tips(tmp_path):
    path = tmp_path / f"{GIVER}举报.csv"
    path.write_text(TIPS, encoding="utf-8")
    return path


def events(home):
    return [json.loads(line) for line in (home / audit_log.FILE_NAME).read_text(encoding="utf-8").splitlines()]


def rerank(home):
    with open_warehouse(home) as con:
        offices.ranked(con, "20260201-bbbb", FOUND)


@pytest.mark.slow
def test_a_year_of_an_office(ask, home, leads, tips, tmp_path):
    assert "Nothing was written" in ask("tip", "import", tips) and "JB" not in ask("tip", "list")
    out = ask("tip", "import", tips, "--yes")
    assert "2 leads from outside appended" in out and "Row 2 refused: 受理日期 is '2026-13-06'" in out
    assert "0 leads from outside appended" in ask("tip", "import", tips, "--yes"), "twice is once"
    rerank(home)
    assert "is open with 2 leads" in ask(
        "case", "open", "住院问题", leads["H1"], "JB3", "--kind", "举报", "--owner", "王", "--due", "2026-03-31", "--on", "2026-02-02"
    )  # fmt: skip
    ask("case", "note", "C2026-0001", "--text", f"与{GIVER}核对", "--on", "2026-02-03")
    assert "C2026-0001" not in ask("case", "list", "--overdue", "--on", "2026-03-31")
    assert "C2026-0001" in ask("case", "list", "--overdue", "--on", "2026-04-01")
    assert "JB1" in (late := ask("tip", "list", "--overdue", "--on", "2026-03-11")) and "JB3" in late
    ask("tip", "feedback", "JB1", "--text", "已答复", "--on", "2026-03-11")
    verdict = tmp_path / "v.csv"
    verdict.write_text(
        f"lead_id,conclusion,confirmed_amount,date,reason\n{leads['H1']},查实,321.5,2026-02-20,重复收费\n",
        encoding="utf-8",
    )
    ask("verdict", "import", verdict, "--yes")
    shown = ask("case", "show", "C2026-0001")
    assert "321.50" in shown and "重复收费" in shown and "confirmed" in shown
    ask("case", "close", "C2026-0001", "--text", "处理完毕", "--on", "2026-03-20")
    (case,) = json.loads(ask("case", "list", "--closed", "--json"))
    assert (case["timing"], case["leads"], case["notes"], case["confirmed_amount"]) == ("kept", 2, 1, 321.5)
    tip = {row["tip_id"]: row for row in json.loads(ask("tip", "list", "--on", "2026-05-01", "--json"))}
    assert (tip["JB1"]["timing"], tip["JB1"]["reward_base"], tip["JB3"]["case_id"]) == ("late", 321.5, "C2026-0001")
    assert "C2026-0001" in ask("explain", leads["H1"]) or "closed on 2026-02-20" in ask("explain", leads["H1"])
    draw = json.loads(ask("draw", "--places", 2, "--seed", 7, "--on", "2026-05-01", "--json"))
    again = json.loads(ask("draw", "recheck", "--places", 1, "--from", "2026-01-01", "--on", "2026-05-02", "--json"))
    assert [r["unit"] for r in again["rows"]] == ["C2026-0001"] and leads["H1"] in (
        home / "draws/D2026-02/recheck.csv"
    ).read_text()
    assert "follows from the frame" in ask("draw", "verify", draw["folder"])
    names = [e["event"] for e in events(home)]
    assert names[names.index("draw_frame") + 1] == "draw", "the frame's hash stands before the draw"
    assert events(home)[names.index("draw_frame")]["frame"] == draw["frame_hash"]
    assert audit_log.verify(home)[1] is None
    assert {"outside", "case", "draw", "verdict"} <= set(names)
    written = [p for p in home.rglob("*") if p.is_file() and p.name != FILE_NAME]
    assert len(written) > 5
    for path in written:
        assert GIVER.encode() not in path.read_bytes() and PHONE.encode() not in path.read_bytes(), path
    for told in (ask("tip", "list", "--json"), ask("case", "list", "--closed", "--json"), out):
        assert GIVER not in told.replace(tips.name, "") and PHONE not in told


def test_a_frame_that_was_changed_is_seen(ask, home):
    folder = json.loads(ask("draw", "--places", 2, "--on", "2026-05-01", "--json"))["folder"]
    frame = home / "draws" / "D2026-01" / "frame.csv"
    assert str(frame.parent) == folder
    frame.write_text(frame.read_text(encoding="utf-8").replace(",1.00,", ",9.00,", 1), encoding="utf-8")
    assert "The frame is not the one that was published" in ask("draw", "verify", folder, code=1)


def test_a_self_check_by_the_command_line(ask, home, tmp_path):
    path = tmp_path / "z.csv"
    path.write_text("问题编号,涉及金额\n19,30\n999,1\n", encoding="utf-8")
    said = ("--institution", "H1", "--from", "2025-01-01", "--to", "2025-12-31", "--on", "2026-03-01")
    out = ask("selfcheck", "import", path, *said, "--yes")
    assert "1 new items, 0 rows came before, 1 refused; 1 appended" in out and "Row 2 refused: item '999'" in out
    assert "1 rows came before" in ask("selfcheck", "import", path, *said, "--yes")
    for name in ("list.csv", "list.xlsx"):
        assert "1 institutions" in ask("selfcheck", "compare", "--out", tmp_path / name)
        assert (tmp_path / name).stat().st_size > 100
    assert "must end in .csv or .xlsx" in ask("selfcheck", "compare", "--out", tmp_path / "list.pdf", code=2)


@pytest.mark.parametrize(
    ("words", "code", "why"),
    [
        (("case", "open", "x", "L0", "--kind", "daily"), 2, "There is no lead L0"),
        (("case", "open", "x", "--kind", "吃饭"), 2, "There is no kind of check '吃饭'"),
        (("case", "show", "C1"), 2, "There is no case C1"),
        (("case", "list", "--on", "soon"), 2, "write the day as 2025-12-31"),
        (("tip", "import", "none.csv"), 3, "none.csv does not exist"),
        (("tip", "feedback", "T0", "--text", "x"), 2, "There is no tip"),
        (("draw", "--places", 0), 2, "at least 1"),
        (("draw", "--places", 2, "--of", "clinic"), 2, "must be institution or pharmacy"),
        (("draw", "verify", "nowhere"), 3, "does not exist"),
        (("draw", "coverage", "--often", "x"), 2, "--often has 'x'"),
        (("selfcheck", "compare"), 2, "No return is there"),
    ],
)
def test_what_cannot_be_is_one_sentence(ask, words, code, why):
    assert why in ask(*words, code=code)


def test_a_home_of_an_earlier_version_can_be_read_before_anything_is_written(ask, home, leads):
    """What is only looked at is not brought up to date: the later tables and columns are not there yet."""
    with open_warehouse(home) as con:
        con.execute("insert into run.run (run_id, fingerprint, finished_at) values ('20260101-aaaa', 'x', now())")
        con.execute("drop view casebook.heard_tip")
        for name in ("current_case", "case_lead", "current_self_check"):
            con.execute(f"drop view casebook.{name}")
        for name in ("case_event", "ranked_run", "lead_history", "outside_lead", "outside_event", "draw", "self_check"):
            con.execute(f"drop table casebook.{name}")
        for table, columns in (("lead_tip", ("kind", "office", "amount")), ("lead_case", ("reason",))):
            for column in columns:
                con.execute(f"alter table model.{table} drop column {column}")
        con.execute("delete from run.step where step = 'schema'")
        con.execute(
            "insert into model.lead_tip (lead_id, tip_id, content, matched_by, is_open) values ($id, 'T1', '空挂床', 'code', true)",
            {"id": leads["H1"]},
        )
    assert "T1: 空挂床" in ask("explain", leads["H1"])
    assert "no case yet" in ask("case", "list", code=2)
    assert "no lead from outside yet" in ask("tip", "list", code=2)
    assert "no self-check yet" in ask("selfcheck", "compare", code=2)
    assert "is open with 1 leads" in ask("case", "open", "x", leads["H1"], "--kind", "daily")
    assert "C20" in ask("explain", leads["H1"])


def test_explain_of_a_lead_that_is_gone_says_so_and_names_its_case(ask, home, leads):
    with open_warehouse(home) as con:
        con.execute("insert into run.run (run_id, fingerprint, finished_at) values ('20260301-cccc', 'x', now())")
        offices.ranked(con, "20260301-cccc", offices.source("institution_id = 'H2'"))
    ask("case", "open", "收费问题", leads["H1"], "--kind", "daily", "--on", "2026-03-02")
    out = ask("explain", leads["H1"])
    assert "does not find it any more" in out and "In case C2026-0001: 收费问题" in out
    assert "20260101-aaaa: rank" in out and "20260301-cccc: gone" in out
