"""A full disk in every command that writes: one sentence, and what stood before stands as it was."""

import csv
import json
import re
import resource
import shutil
from datetime import date

import pytest
import xlsxwriter

from data.warehouse.connection import open_warehouse
from flows import doctor_audit
from flows.cli import app
from flows.home import audit_log

#: A command and its words. {out} is a file that stands already, {folder} one that does not; the rest is in `ready`.
WRITES = {
    "init": "",
    "appeal export": "{folder} --top 1 --yes",
    "appeal form": "{sent_to} {out}.html",
    "appeal import": "{answers} --yes",
    "burden": "--line 1 --out {out}",
    "case add": "{case} {another}",
    "case assign": "{case} --owner 李",
    "case close": "{closing} --text 结束 --as concluded",
    "case due": "{case} --until 2099-01-01",
    "case note": "{case} --text 记",
    "case open": "某事 {third} --kind 举报",
    "draw": "--places 2 --out {folder}",
    "draw compare": "{recheck} --yes",
    "draw coverage": "--out {out}",
    "draw recheck": "--places 1 --from 2020-01-01 --out {folder}",
    "fund": "--out {out}",
    "knowledge import": "{knowledge} --yes --layer city",
    "ledger": "--xlsx {out}",
    "ledger import": "{problems} --yes",
    "ledger lineup": "{lineup} {folder}",
    "makers": "--out {out}",
    "norms export": "{out} --basis 省局",
    "norms import": "{norms}",
    "pack": "dental --out {folder}",
    "plan": "--staff 2 --days 5 --out {folder}",
    "prices": "--out {out}",
    "pseudonymise": "{town} --out {folder}",
    "publish": "--for public --out {folder}",
    "rejected dismiss": "--file {rejected} --all --reason 因",
    "reveal": "{reference} --contract K --from 2025-01-01 --to 2025-12-31 --reason 因",
    "review draw": "--from 2025-01-01 --to 2025-12-31 --third-party 某所 --until 2099-01-01 --out {folder}",
    "review estimate": "{review} --out {out}",
    "review import": "{reviewed} --yes",
    "rule new": "my_rule",
    "rule promote": "idle_stay --reason 因",
    "rule retire": "split_admission --reason 因",
    "same": "{place} {second} --reason 因",
    "not-same": "{place} {joined} --reason 因",
    "screen": "{town} --out {out}",
    "selfcheck compare": "--out {out}",
    "selfcheck import": "{declared} --yes",
    "suppress": "institution {place} --reason 因",
    "tiers": "--xlsx {out}.xlsx",
    "tiers note": "{place} --kind objection --text 异议",
    "tip feedback": "{tip} --text 已答复",
    "tip import": "{tips} --yes",
    "tip place": "{tip} institution {place}",
    "transfer": "{lead} --to police --out {folder}",
    "transfer note": "{transfer} --state decided",
    "verdict form": "{out}",
    "verdict import": "{verdicts} --yes",
    "visit": "{place} --out {folder}",
}
#: Commands that take a whole run, a town of their own or a server: their full disks are in test_kill.py, or they write
#: nothing but what a run writes.
BY_RUNS = {
    "run", "ingest", "features", "detect", "rank", "replay", "serve", "demo", "simulate", "evaluate", "benchmark",
    "bundle", "deploy",
}  # fmt: skip
READS = {
    "appeal list", "case list", "case show", "check", "desk", "doctor", "draw verify", "explain", "knowledge coverage",
    "knowledge diff", "problems", "rejected list", "review list", "rule backtest", "rule coverage", "rule list",
    "rule show", "rule sweep", "rule test", "runs", "tip list", "transfer list", "verdict list", "watchlist",
}  # fmt: skip


def commands(group=app, names=()):
    if names and group.default_command is not None:
        yield " ".join(names)
    for name in group:
        if not name.startswith("-"):
            yield from commands(group[name], (*names, name))


def write(path, *rows):
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)
    return path


def published(path):
    """A workbook of knowledge points with one point."""
    sheets = {
        ("规则对应知识点明细", "“药品区分性别使用”类规则对应知识点明细"): [("序号", "药品通用名", "检出逻辑"), (1, "甲片", "与限定性别不符")],
        ("知识点对应药品代码", "代码"): [("序号", "药品通用名", "药品代码"), (1, "甲片", "XG04CBF019A001010100030")],
    }  # fmt: skip
    with xlsxwriter.Workbook(path) as book:
        for (name, title), rows in sheets.items():
            sheet = book.add_worksheet(name)
            for number, row in enumerate([("附件",), (title,), (), *rows]):
                sheet.write_row(number, 0, row)
    return path


@pytest.fixture(scope="module")
def home(finished, tmp_path_factory):
    """A finished run in which rows of a file wait to be mended."""
    home = tmp_path_factory.mktemp("full") / "home"
    shutil.copytree(finished[0].home, home, ignore=shutil.ignore_patterns("out"))
    (home / "pseudonym.key").write_text("5a" * 32 + "\n", encoding="ascii")
    with open_warehouse(home) as con:
        con.execute(
            "insert into run.rejected (ingest_id, file, row_number, source_table, reason, raw, masked)"
            " values ('i', 'f.csv', 1, 'setl_d', 'x', 'a', 'a')"
        )
    return home


@pytest.fixture
def ready(home, call, town, tmp_path_factory):
    """What the commands are given: made by the commands themselves, once."""
    kept = home.parent / "ready.json"
    if kept.exists():
        return json.loads(kept.read_text())
    folder = tmp_path_factory.mktemp("given")

    def ask(*words):
        code, out, err = call(*words, "--home", home, "--json")
        assert code == 0, (words, err)
        return json.loads(out)

    with open_warehouse(home, read_only=True) as con:
        leads = con.sql(
            "select lead_id, subject_id from model.lead where subject_type = 'institution' order by rank"
        ).fetchall()
    (lead, place), (another, _), (third, _), (fourth, _), (fifth, _), *_ = leads
    day, lines = str(date.today()), folder / "lines"
    tips = write(folder / "t.csv", {"举报编号": "JB1", "受理日期": day, "机构编码": place, "举报内容": "空挂床"})
    ask("tip", "import", tips, "--yes")
    sent = ask("appeal", "export", lines, "--top", 1, "--yes")["institutions"][0]["institution_id"]
    verdict = {"线索编号": fourth, "核查结论": "申诉成立-排除", "日期": day}
    ask("verdict", "import", write(folder / "closed.csv", verdict), "--yes")
    review = ask("review", "draw", "--from", "2025-01-01", "--to", "2025-12-31", "--out", folder / "review")
    drawn = ask("draw", "recheck", "--places", 1, "--from", "2020-01-01", "--out", folder / "recheck")
    declared = {
        "机构编码": place, "问题编号": "1", "是否存在": "是", "自查金额": "5", "自查起始日期": "2025-01-01",
        "自查截止日期": "2025-12-31", "自查日期": day,
    }  # fmt: skip
    ask("selfcheck", "import", write(folder / "d1.csv", declared), "--yes")
    ask("rule", "retire", "idle_stay", "--reason", "因")
    norms = folder / "norms.csv"
    ask("norms", "export", norms, "--basis", "省局")
    with open_warehouse(home, read_only=True) as con:
        (second,), (joined,) = con.execute(
            "select institution_id from feature.institution where not is_pharmacy and institution_id <> $place"
            " order by 1 limit 2",
            {"place": place},
        ).fetchall()
    ask("same", place, joined, "--reason", "因")
    given = {
        "second": second, "joined": joined,
        "place": place, "lead": lead, "another": another, "third": third, "town": town, "sent_to": sent,
        "answers": next(lines.iterdir()), "review": review["review_id"], "tip": "JB1", "rejected": "f.csv",
        "case": ask("case", "open", "某事", lead, "--kind", "举报")["case_id"],
        "closing": ask("case", "open", "另事", fifth, "--kind", "举报")["case_id"],
        "transfer": ask("transfer", another, "--to", "discipline", "--out", folder / "tr")["transfer_id"],
        "tips": write(folder / "t2.csv", {"举报编号": "JB2", "受理日期": day, "机构编码": place, "举报内容": "挂床"}),
        "verdicts": write(folder / "v.csv", verdict | {"线索编号": another}),
        "declared": write(folder / "d.csv", declared | {"问题编号": "2"}),
        "problems": write(folder / "p.csv", {"机构编码": place, "问题编号": "W1", "问题类型": "挂床", "违规金额": "5", "来源": "飞检", "发现日期": day}),
        "reference": "0" * 24,
        "reviewed": write(folder / "f.csv", {"评审编号": review["review_id"], "样本号": "1", "评审人一": "甲", "违规金额一": "0"}),
        "norms": norms,
        "knowledge": published(folder / "第1批.xlsx"),
        "lineup": write(folder / "l.csv", {"机构编码": place, "住院号": "1", "问题类型": "挂床", "违规金额": "5", "发现日期": day}),
        "recheck": write(folder / "r.csv", {"抽查编号": drawn["draw_id"], "线索编号": fourth, "复查结论": "确认违规", "复查金额": "1", "复查人": "甲", "复查日期": day}),
    }  # fmt: skip
    kept.write_text(json.dumps(given, default=str))
    return given


def test_every_command_is_tried_or_writes_nothing():
    assert sorted({*WRITES, *BY_RUNS, *READS}) == sorted(commands())


#: Bytes that a file may have: the lock fits and not the log's line; then nothing; the log's line and not all that comes
#: after; nearly all.
ROOM, MORE_ROOM = (100,), (0, 6000, 30_000, 200_000)
#: These take seconds before they write anything.
DEAR = {"screen", "pack", "pseudonymise", "appeal export", "rule promote", "selfcheck compare", "plan", "visit"}
DEAR |= {name for name in WRITES if name.endswith(" import")} - {"appeal import"}
slow, long = pytest.mark.slow, pytest.mark.long


def tried(call, home, words, room):
    """The command where no file may grow beyond so many bytes, which is what a disk without room is to a program."""
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, limit[1]))
    try:
        return call(*words, "--home", home, "--quiet")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)


def attempt(call, home, ready, tmp_path, command, room):
    """One try: whether the command was done all the same; what it refused must have left no half file."""
    out, folder = tmp_path / "out.csv", tmp_path / "folder"
    earlier = {out: "earlier", out.with_name("out.csv.html"): "earlier"}
    for path, text in earlier.items():
        path.write_text(text)
    given = {**ready, "out": out, "folder": folder}
    words = [*command.split(), *(word.format_map(given) for word in WRITES[command].split())]
    files = sorted(p for name in ("rules", "knowledge") for p in home.glob(f"{name}/*"))
    code, _, err = tried(call, home, words, room)
    assert "Traceback" not in err and code in (0, 1), (room, err)
    if code == 0:
        return True
    assert err.count("\n") == 1 and "None" not in err, (room, err)
    assert re.search("disk is full|cannot (be )?writ", err), (room, err)
    assert sorted(p for name in ("rules", "knowledge") for p in home.glob(f"{name}/*")) == files
    assert {path: path.read_text() for path in earlier} == earlier, (room, "the earlier file stands")
    assert not list(tmp_path.glob("*.part")), room
    halves = [p for p in folder.rglob("*") if p.is_file() and (".part" in p.name or not p.stat().st_size)]
    assert not halves, (room, halves)
    return err.startswith(("fundwatch: Plan", "fundwatch: Review", "fundwatch: Draw"))  # kept, and said so


@pytest.mark.parametrize(
    ("command", "rooms"),
    [
        *(pytest.param(name, ROOM, marks=long if name in DEAR else slow) for name in WRITES),
        *(pytest.param(name, MORE_ROOM, marks=long) for name in WRITES),
    ],
)
def test_a_full_disk_is_one_sentence_and_nothing_is_lost(call, home, ready, tmp_path, command, rooms):
    before = doctor_audit.seen(home).states
    for room in rooms:
        (tmp_path / str(room)).mkdir()
        if attempt(call, home, ready, tmp_path / str(room), command, room):
            before = None
            break
    seen = doctor_audit.seen(home)
    assert before in (None, seen.states), "what was refused is not half kept"
    assert [text for _, state, text in doctor_audit.judged(home, audit_log.read(home), seen) if state == "bad"] == []
