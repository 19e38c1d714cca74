"""The Chinese pages and files are Chinese, the English ones English, but for names as delivered and quoted law."""

import csv
import dataclasses
import html
import re
import shutil
import zipfile

import polars as pl
import pytest

from data import ingest
from data.checks import checking
from data.contract import mapping
from data.ingest import normalise
from data.knowledge import load as knowledge_load
from data.warehouse.connection import open_warehouse
from flows import console, language, steps
from flows.cli import main
from flows.publish import labels, published, regions, watchlists, workbook
from flows.publish.words import PHRASES, page, spoken, words
from models import artefacts, detectors
from models.casebook import profile
from models.sources import card, law, rule, source, wording

#: Abbreviations that Chinese readers use as they are.
COMMON = {"CT", "ID", "DRG", "DIP", "ICD", "CM", "MCC", "CC", "CSV", "csv", "PET", "SPECT", "HOME", "MRI", "XYZ"}
WORD = re.compile(r"[A-Za-z][A-Za-z_]*[A-Za-z]")
#: What ranking says beside the leads.
LACKING = "; a learned model needs 30 confirmed and 40 dismissed, there are 5 and 6"
NO_BETTER = (
    "; the learned model (2024-01) is not better beyond doubt: average precision 0.4 vs 0.5 on 33 later verdicts"
)
FEW_TIPS = (
    "; 1 tip: 0 to handle on the lists (0 leads rest on tips alone), 1 handled or left off before,"
    " 2 about nobody known for sure, see tips_unmatched.csv"
)
HAN = re.compile(r"[\u4e00-\u9fff]+")
#: Columns of ids, codes, hashes, delivered names and file names, under their Chinese labels.
AS_DELIVERED = (
    "线索编号 对象编码 疑点编号 规则编号 结算ID 记账流水号 就诊ID 人员编号 定点医药机构编号 医师代码 医保目录编码"
    " 医保目录名称 对象名称 团伙成员 运行编号 对比的运行编号 校验编号 文件 表 字段 原始内容 抽样框校验值 示例或未校验原因"
).split()


@pytest.fixture(scope="module")
def sources():
    return [*rule.load(), *detectors.load()]


@pytest.fixture(scope="module")
def chinese(finished, tmp_path_factory):
    """(settings, folder of the run, folder of the copied lists) of the finished town published in Chinese."""
    settings, _ = finished
    home = tmp_path_factory.mktemp("zh") / "home"
    shutil.copytree(settings.home, home)
    shutil.rmtree(home / "runs")
    out = home / "out"
    zh = dataclasses.replace(settings, home=home, language="zh", labels="zh", out=out, top=10)
    steps.perform(next(s for s in steps.STEPS if s.name == "publish"), zh)
    (folder,) = (home / "runs").iterdir()
    return zh, folder, out


def shown(text):
    """What a browser shows of a page."""
    bare = re.sub(r"<style.*?</style>|<script.*?</script>|<[^>]+>", " ", text, flags=re.DOTALL)
    return html.unescape(bare)


def english(text, allowed):
    """Words of English in the text; codes, as 519902 or LB9B52 or Z20.1, are none."""
    bare = re.sub(r"“[^”]*”|\S*\d\S*", " ", text)
    return {w for w in WORD.findall(bare) if w not in allowed and w not in COMMON}


@pytest.fixture(scope="module")
def machine(sources):
    """Ids that stay: of rules in the small print, of tables and fields of the export where one is lacking."""
    tables = mapping.tables().values()
    fields = {f.source for t in tables for f in t.fields}
    return {s.id for s in sources} | {t.source for t in tables} | fields | set(knowledge_load.tables())


@pytest.mark.slow
def test_no_file_of_a_chinese_run_says_anything_in_english(chinese, machine, read_csv):
    _, folder, out = chinese
    files = [
        *folder.glob("*.csv"),
        *folder.glob("checks/*.csv"),
        *out.glob("*.csv"),
        *folder.glob("leads/*/evidence.csv"),
    ]
    assert len(files) > 30 and (out / "worklist_frame.csv").exists()
    odd = set()
    for path in files:
        rows = read_csv(path)
        for name, cell in ((n, c) for row in rows for n, c in row.items()):
            if name not in AS_DELIVERED:
                odd |= {(path.name, name, w) for w in english(cell or "", machine | {"gz"})}
        header = path.read_text(encoding="utf-8-sig").splitlines()[0]
        odd |= {(path.name, "header", w) for w in english(header, set())}
    assert not odd, sorted(odd)[:40]


def test_no_page_of_a_chinese_run_says_anything_in_english(chinese, machine):
    _, folder, _ = chinese
    odd = set()
    for path in [folder / "report.html", *sorted(folder.glob("leads/*/dossier.html"))]:
        text = shown(path.read_text(encoding="utf-8"))
        odd |= {(path.name, w) for w in english(text, machine | {"gz", "evidence", "members"})}
    assert not odd, sorted(odd)[:40]


def test_the_ids_of_rules_stand_in_small_print_only(chinese, sources):
    _, folder, _ = chinese
    for path in sorted(folder.glob("leads/*/dossier.html"))[:20]:
        body, _, small = path.read_text(encoding="utf-8").rpartition('<p class="note">')
        assert not {s.id for s in sources} & set(WORD.findall(shown(body))), path
        assert {s.id for s in sources} & set(WORD.findall(shown(small)))


def test_an_english_run_says_nothing_in_chinese_but_names_and_clauses(finished, sources):
    settings, _ = finished
    (folder,) = (p for p in (settings.home / "runs").iterdir() if p.is_dir())
    fixed = {w for s in sources for text in (s.card.title_zh, s.card.sentence_zh, *s.card.exclusions_zh, s.card.limits_zh)
             for w in HAN.findall(text) if len(w) > 3}  # fmt: skip
    fixed |= {w for text in (*words("zh").values(), *wording.materials("zh").values()) for w in HAN.findall(text)
              if len(w) > 3}  # fmt: skip
    clauses = {w for s in sources for clause in s.card.basis for w in HAN.findall(clause)}
    clauses |= {w for text in law.TABLE.read_text(encoding="utf-8").splitlines() for w in HAN.findall(text)}
    for path in sorted(folder.glob("leads/*/dossier.html"))[:20]:
        assert not (set(HAN.findall(shown(path.read_text(encoding="utf-8")))) & fixed) - clauses, path


def test_every_reason_of_every_rule_has_its_chinese():
    """What a rule cannot judge is read by inspectors: coverage, the report and the screen say why."""
    import sqlglot
    from sqlglot import exp

    def branches(node):
        if isinstance(node, exp.Case):
            for part in node.args["ifs"]:
                yield from branches(part.args["true"])
            if node.args.get("default") is not None:
                yield from branches(node.args["default"])
        elif isinstance(node, exp.Coalesce):
            for part in (node.this, *node.expressions):
                yield from branches(part)
        else:
            yield node

    lacking, asked = [], 0
    for one in rule.load():
        tree = sqlglot.parse_one(one.code.partition("*/")[2], dialect="duckdb")
        for alias in tree.find_all(exp.Alias):
            if alias.alias != "reason":
                continue
            for branch in branches(alias.this):
                if isinstance(branch, exp.Literal) and branch.is_string:
                    asked += 1
                    lacking += [branch.this] if not HAN.search(wording.reason_zh(branch.this)) else []
    assert asked > 150 and not lacking, lacking
    assert HAN.search(wording.reason_zh(source.NOTHING))


def test_no_reason_of_a_finished_run_stays_english(finished):
    with open_warehouse(finished[0].home, read_only=True) as con:
        reasons = [r for (r,) in con.sql("select reason from model.coverage where reason is not null").fetchall()]
        said = con.sql("select said from model.ranking").fetchall()[0][0]
    left = [(r, wording.reason_zh(r)) for r in reasons if re.search(r"[a-z] [a-z]", wording.reason_zh(r))]
    assert reasons and not left, left
    assert HAN.search(spoken(said, "zh")) and "ranked" not in spoken(said, "zh")


def test_every_parameter_of_every_card_says_in_chinese_what_it_decides(sources):
    """rule show, sweep and refused settings tell an inspector what a threshold is and in which unit."""
    params = [(s.id, name, p) for s in sources for name, p in s.card.params.items()]
    lacking = [(i, name) for i, name, p in params if not p.meaning or not HAN.search(p.decides("zh"))]
    assert len(params) > 600 and not lacking, lacking
    units = {p.unit for _, _, p in params if p.unit}
    odd = {u for u in units if english(wording.in_chinese(wording.UNITS).get(u, "unknown"), set())}
    assert not odd, odd
    # ids of parameters and of tables hold a "_"; two words are what is typed, before a dot or a bar
    words_left = {w for _, _, p in params for w in english(p.decides("zh"), {"Jaro", "Winkler"}) if "_" not in w}
    assert words_left <= {"outpatient", "knowledge"}, words_left
    assert set(wording.in_chinese(wording.MEANINGS)) == {p.meaning for _, _, p in params}, "rows that no card has"
    assert set(wording.in_chinese(wording.UNITS)) == units, "units that no card has"
    assert not any(p.meaning_zh for _, _, p in params), "of one meaning there is one translation, in meanings.csv"


def test_a_bureau_s_own_card_says_its_parameters_in_chinese_itself():
    own = card.Parameter(3, "days", "days of ours", "本地自定的天数")
    assert (own.decides("zh"), own.measured("zh")) == ("本地自定的天数", "天")
    bare = card.Parameter(3, "fathoms", "depth of ours")
    assert (bare.decides("zh"), bare.measured("zh")) == ("depth of ours", "fathoms")
    refused = "min_days is -3; it must be a number (days), not below 0"
    assert language.sentence(refused) == "min_days为-3，应为数值（天），不小于0"


def test_a_rule_is_shown_with_what_its_parameters_decide(capsys, tmp_path):
    for spoken_in, line in (
        ("zh", "  无诊疗天数，达到即纳入核查（天）"),
        ("en", "  idle days from which a stay is looked at (days)"),
    ):
        main(["rule", "show", "idle_stay", "--language", spoken_in, "--home", str(tmp_path)])
        lines = capsys.readouterr().out.rstrip().splitlines()
        assert lines[lines.index("min_days = 3") + 1] == line


def test_several_counted_reasons_are_each_in_chinese():
    said = wording.reason_zh("too few stays in the quarter (63); the sex is unknown (2)")
    assert said == "该季度住院人次过少（63）；性别不明（2）"
    assert wording.reason_zh("needs 性别 (psn_info_b.gend); 出生日期 (psn_info_b.brdy)") == (
        "缺少性别（psn_info_b.gend）；出生日期（psn_info_b.brdy）"
    )
    assert wording.reason_zh("本地规则自己的原因") == "本地规则自己的原因", "a bureau's own words stay"


def test_every_phrase_can_be_said_with_anything_in_it():
    """A Chinese sentence that asks for what the English one has not fails where somebody waits for an answer."""
    for table in language.tables():
        with table.open(encoding="utf-8", newline="") as handle:
            rows = list(csv.reader(handle))[1:]
        for phrase, chinese in rows:
            said = wording.translated(re.sub(r"\{[n=]?\}", "7", phrase), table)
            assert not re.search(r"\{\S*\}", said) and bool(HAN.search(said)) == bool(HAN.search(chinese)), phrase


@pytest.mark.parametrize("learned", ["", "; no later round yet to try a learned model on", LACKING, NO_BETTER])
@pytest.mark.parametrize("tips", ["", "; 19 tips: 12 to handle on the lists (2 leads rest on tips alone)", FEW_TIPS])
def test_what_the_ranking_says_is_chinese_with_or_without_tips(learned, tips):
    said = spoken(
        "rank: 2 group, 29 institution leads, 1,462.06 yuan at issue, each once, ranked by: prior rates moved by 11"
        f" verdicts{learned}{tips}",
        "zh",
    )
    assert said.startswith(
        "排序：线索：团伙2，定点医疗机构29，疑点金额1,462.06元（每笔只计一次），排序依据：先验查实率"
    )
    assert not english(re.sub(r"tips_unmatched\.csv", "", said), set()), said
    assert ("；举报19件" in said or "；举报1件" in said) == bool(tips)


def test_what_publishing_leaves_out_is_said_in_chinese():
    left = "13 leads with tips to handle lie outside this round's lists, see report.html"
    said = spoken(f"publish: run 20261130-6bfac941 in /h/runs/r, 97 evidence packs; {left}", "zh")
    assert (
        said
        == "发布：运行20261130-6bfac941已发布于/h/runs/r，证据包97个；另有13条有待办举报的线索未列入本轮名单，见report.html"
    )


def test_every_figure_that_drift_compares_has_its_chinese(con):
    figures = [c for query in profile.INDICATORS.values() for c in con.sql(query).columns]
    zh = words("zh")
    assert len(figures) > 20 and not [f for f in figures if not HAN.search(zh.get(f"drift.{f}", ""))]


def test_one_word_of_two_tables_has_a_meaning_in_each():
    names, rows = ["state", "turn"], [["waiting", "institution"], ["won", "none"]]
    assert labels.told(names, rows, "appeal") == (["状态", "待办方"], [["待确认", "机构"], ["申诉成功", "无"]])
    assert labels.told(["state", "is_overdue"], [["waiting", True]])[1] == [["待下次运行", "是"]]


def test_two_columns_of_one_label_are_both_shown(capsys, monkeypatch):
    monkeypatch.setattr(console, "_language", "zh")
    names = ["confirmed_amount", "amount", "amount_at_risk"]
    console.Console(as_json=False, quiet=False).table("", names, [["3.00", "1.00", "2.00"]], spare=["amount"])
    told = capsys.readouterr().out
    assert told.count("涉及金额") == 2 and "1.00" in told and "2.00" in told


def test_words_state_every_kind_status_and_family_once(sources):
    keys = [line.split(",")[0] for line in (PHRASES.parent / "words.csv").read_text(encoding="utf-8").splitlines()]
    assert len(keys) == len(set(keys))
    with labels.COLUMNS.open(encoding="utf-8", newline="") as handle:
        named = [(row["table"], row["column"]) for row in csv.DictReader(handle)]
    assert not {n for n in named if named.count(n) > 1}
    zh = words("zh")
    wanted = {*card.SUBJECTS, *card.CERTAINTIES, *card.STATUSES, "new", "persisting", "grown", "shrunk", "reopened"}
    wanted |= {s.card.family or s.card.violation for s in sources} | set(artefacts.load()) | {"pass", "cannot_judge"}
    wanted |= set(checking.LEVELS) | {"ok", "not_applicable"}
    assert not {w for w in wanted if not HAN.search(zh.get(w, ""))}
    assert [zh["live"], zh["trial"], zh["retired"]] == ["启用", "试运行", "停用"]


def test_what_is_rejected_says_why_in_chinese():
    kinds = {f"not {normalise.WANTED.get(kind, 'a number')}" for kind in (*normalise.TYPES, "date", "timestamp")}
    lost = {"a quotation mark is not closed", "the row does not have the 12 columns of the header"}
    for reason in kinds | lost | {normalise.SCIENTIFIC, normalise.UNREADABLE}:
        assert HAN.search(spoken(reason, "zh")), reason


def test_a_mended_copy_of_the_chinese_rejects_is_a_delivery(con, delivery, clean, tmp_path):
    from flows.publish import tables
    from flows.publish.safe import write_csv

    many = [dict(clean["setl_d.csv"][0], setl_id=f"S{n}") for n in range(1, 41)]
    clean["setl_d.csv"] = [*many, dict(many[0], setl_id="S41", medfee_sumamt="abc")]
    ingest.ingest(con, delivery(clean))
    rejects = tables.rejected(con)
    assert rejects.height == 1
    mended = tmp_path / "mended"
    mended.mkdir()
    raw = rejects.with_columns(pl.col("raw").str.replace("abc", "100.00"))
    write_csv(labels.labelled(raw, "zh", "rejected"), mended / "rejected.csv")
    assert "拒收原因" in (mended / "rejected.csv").read_text(encoding="utf-8-sig")
    ingest.ingest(con, mended)
    assert con.sql("select count(*) from record.settlement").fetchall()[0][0] == 41


NAMES = {
    "510000": "四川省", "510100": "成都市", "510104": "锦江区", "110000": "北京市", "110100": "市辖区",
    "110101": "东城区", "429000": "省直辖县级行政区划", "420000": "湖北省", "429004": "仙桃市",
}  # fmt: skip


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("510104", "成都市锦江区"),
        ("510100", "四川省成都市"),
        ("510199", "成都市本级"),
        ("519900", "四川省本级"),
        ("110101", "北京市东城区"),
        ("429004", "湖北省仙桃市"),
        ("510171", "成都市（510171）"),
        ("519902", "519902"),
        ("990000", "990000"),
        ("local", "local"),
        (None, None),
    ],
)
def test_a_division_is_named_as_far_as_its_code_is_known(code, name):
    assert regions.named(code, NAMES) == name


def test_the_shipped_divisions_are_those_of_the_country(con):
    knowledge_load.load(con)
    held = regions.known(con)
    assert len([c for c in held if c.endswith("0000")]) == 34
    assert regions.named("330106", held) == "杭州市西湖区" and regions.named("440300", held) == "广东省深圳市"
    assert not [c for c in held if not re.fullmatch(r"\d{6}", c)]


def test_files_keep_the_code_of_a_division_unless_labels_are_chinese():
    rows = pl.DataFrame({"region": ["330106"], "status": ["new"], "rules": ["idle_stay;bed_census"]})
    known = labels.Known(
        {"idle_stay": "疑似挂床住院", "bed_census": "超床位"}, NAMES | {"330100": "杭州市", "330106": "西湖区"}
    )
    assert labels.labelled(rows, "names", known=known).equals(rows)
    assert labels.labelled(rows, "zh", known=known).rows() == [("杭州市西湖区", "新增", "疑似挂床住院；超床位")]
    with_names = watchlists.with_regions({"institution": rows}, known)["institution"]
    assert with_names["region"][0] == "杭州市西湖区" and with_names["status"][0] == "new"


def test_a_list_written_in_full_names_and_chinese_is_read_again_in_masked_ones(tmp_path):
    plain = dict.fromkeys(watchlists.COLUMNS, "1") | {"subject_type": "person", "subject_name": "张三丰"}
    watchlists.write({"person": pl.DataFrame([plain])}, tmp_path, labels="zh")
    (row,) = published.watchlist(tmp_path, "person").to_dicts()
    assert (row["subject_type"], row["subject_name"]) == ("person", "张**")


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("hospital|2|1", "医院·二级·公立"),
        ("specialised", "专科医院"),
        ("primary|-", "基层医疗机构·未定级"),
        ("drugstore|510104", "药店（成都市锦江区）"),
        ("drugstore|all", "药店（全部）"),
        ("all", "全部"),
    ],
)
def test_a_peer_group_is_said_in_words(key, name):
    assert labels.peer_group(key, NAMES) == name


def test_the_workbook_is_laid_out_to_be_read_and_printed(chinese, tmp_path):
    """Dates fit their columns, the head is bold and stays, reasons wrap, a page is as wide as the sheet."""
    _, folder, _ = chinese
    sheets = pl.read_excel(folder / "watchlists.xlsx", sheet_id=0, infer_schema_length=0)
    fields = sheets["字段说明"]
    assert fields.columns == ["列名", "中文名", "含义"] and fields["列名"].to_list() == watchlists.COLUMNS
    assert not fields.filter(pl.col("含义").is_null() | (pl.col("含义").str.len_chars() < 4)).height
    with zipfile.ZipFile(folder / "watchlists.xlsx") as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
        styles = book.read("xl/styles.xml").decode()
        table = book.read("xl/tables/table1.xml").decode()
    widths = {int(a): float(w) for a, b, w in re.findall(r'<col min="(\d+)" max="(\d+)" width="([\d.]+)"', sheet)
              for a in range(int(a), int(b) + 1)}  # fmt: skip
    for column in ("first_on", "last_on"):
        assert widths[watchlists.COLUMNS.index(column) + 1] >= 11, "a date shows ### in a narrower cell"
    assert 'orientation="landscape"' in sheet and 'fitToHeight="0"' in sheet and 'fitToPage="1"' in sheet
    assert 'ySplit="1"' in sheet and "<b/>" in styles and 'wrapText="1"' in styles and "tableStyleInfo name=" in table
    assert watchlists.COLUMNS[0] == "rank" and sheets["定点医疗机构"].columns[0] == "排名"


def test_an_english_workbook_explains_its_columns_in_english(tmp_path):
    rows = {"institution": pl.DataFrame(schema=dict.fromkeys(watchlists.COLUMNS, pl.String))}
    workbook.write(rows, tmp_path / "a.xlsx", language="en", labels="names")
    fields = pl.read_excel(tmp_path / "a.xlsx", sheet_name="fields")
    assert fields["meaning"].str.len_chars().min() > 3 and not [m for m in fields["meaning"] if HAN.search(m)]


@pytest.mark.parametrize(
    "command",
    [
        ["watchlist", "institution", "--top", "3"],
        ["watchlist", "person", "--top", "3"],
        ["doctor"],
        ["check", "--every"],
        ["rule", "list"],
        ["rule", "coverage"],
        ["runs"],
        ["explain", "LEAD"],
    ],
)
def test_the_command_line_answers_in_chinese(chinese, machine, monkeypatch, capsys, command):
    settings, _, _ = chinese
    with open_warehouse(settings.home, read_only=True) as con:
        lead = con.sql("select lead_id from model.lead order by rank, lead_id limit 1").fetchall()[0][0]
    monkeypatch.setenv("FUNDWATCH_LANGUAGE", "zh")
    monkeypatch.setenv("COLUMNS", "400")
    main([*(lead if c == "LEAD" else c for c in command), "--home", str(settings.home)])
    told = capsys.readouterr().out
    packages = {"Python", "duckdb", "polars", "prefect", "fastapi", "scikit", "learn", "pyod", "sqlglot"}
    left = english(re.sub(r"/\S+|〔\w+〕", " ", told), machine | packages | {c.name for c in checking.load()})
    assert HAN.search(told) and not left, (left, told[:2000])


def test_a_page_never_shows_the_place_of_a_number_that_was_not_put_in():
    said = {k: t for lang in ("en", "zh") for k, t in words(lang).items() if re.search(r"\{\w+\}", t)}
    pages = labels.COLUMNS.parent.glob("*.j2")
    bare = [(p.name, k) for p in pages for k in re.findall(r"\{\{ w\.(\w+) \}\}", p.read_text("utf-8"))]
    assert len(bare) > 100 and not [b for b in bare if b[1] in said]


def test_a_page_s_punctuation_is_chinese(chinese):
    _, folder, _ = chinese
    text = shown((folder / "report.html").read_text(encoding="utf-8"))
    assert not re.search(r"[\u4e00-\u9fff][:;,.](?:\s|[\u4e00-\u9fff])", re.sub(r"\S*\d\S*", "", text))
    assert "本报告" in text and "本单" not in text and "启用" in text
    assert page("report", "zh", **EMPTY).count("启用0项") == 1


EMPTY = {
    "run_id": "r", "ranking": "", "totals": [], "lists": {}, "account": [], "checks": [], "hits": [], "lacking": [],
    "registers": "",
    "titles": {}, "artefacts": [], "coverage": {"live": 0, "judging": 0, "hit": 0, "lacking": 0}, "shared": [],
    "whole": dict.fromkeys(("leads", "amount", "again", "once"), 0), "tips": [], "tips_unmatched": 0,
    "whole_text": dict.fromkeys(("amount", "again", "once", "fund_once"), "0"), "official_rules": [],
    "official": dict.fromkeys(
        ("rules", "judged", "partly", "trial", "no_case", "cannot_judge", "no_rule", "starter"), 0
    ),
}  # fmt: skip
