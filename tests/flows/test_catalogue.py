"""`--language zh` is Chinese throughout: every sentence of the source, every help text, every answer of a command."""

import csv
import io
import itertools
import json
import re

import pytest

from data.checks import checking
from data.warehouse.parts import Part
from flows import language
from flows.cli import app
from flows.progress import Bar, Lines
from models.sources import wording
from tests.flows import uttered

HAN = re.compile(r"[\u4e00-\u9fff]")
#: Codes, commands and what is quoted stay as they are.
KEPT = re.compile(r"`[^`]*`|'[^']*'|“[^”]*”|fundwatch [a-zA-Z -]*|[a-z_]+\([^)]*\)|https?:\S+|可用(命令：)?[a-z, ]+")
ENGLISH = re.compile(r"\b[A-Za-z][a-z]+[,:;.]? [a-z]+[,:;.]? [a-z]+\b")
#: Words of an answer that are neither codes nor names of files, options and columns.
PROSE = re.compile(r"(?<![\w./=-])[A-Za-z][a-z]{2,}(?![\w./=-])")
ROOMS = {"data": "data", "features": "data", "models": "models", "flows": "flows"}


def chinese(template):
    """A template with 7 in its holes, an s after a word, as it is told in Chinese."""
    filled = re.sub(r"\{[n=]?\}", "7", re.sub(r"(?<=[a-z])\{\}(?= |$)", "s", template))
    return filled, language.spoken(filled, "zh")


def is_english(template):
    filled, told = chinese(template)
    return told == filled or bool(ENGLISH.search(KEPT.sub("", told)))


def rows_to_add(missing, room=None):
    """The lines that are missing, ready for the catalogue, each with the place that says it."""
    lines = []
    for template, places in sorted(missing.items(), key=lambda item: item[1]):
        out = io.StringIO()
        csv.writer(out, lineterminator="").writerow([template, ""])
        file = room or ROOMS[places[0].partition("/")[0]]
        lines.append(f"flows/language/{file}.csv: {out.getvalue()}   <- {places[0]}")
    return "\n".join(["lacks its Chinese:", *lines])


def test_every_sentence_has_its_chinese():
    found = uttered.utterances()
    assert len(found) > 400 and "Give --top or --days, not both." in found
    missing = {template: places for template, places in found.items() if is_english(template)}
    assert not missing, rows_to_add(missing)


def test_every_sentence_about_a_refused_row_has_its_chinese():
    found = uttered.reasons()
    assert len(found) > 50 and "it names no item; write its official number" in found
    missing = {template: places for template, places in found.items() if is_english(template)}
    assert not missing, rows_to_add(missing)


def test_every_text_of_help_has_its_chinese():
    found, known = uttered.helps(), language.catalogue()
    assert len(found) > 150 and "No progress lines." in found
    missing = {text: places for text, places in found.items() if not HAN.search(known.get(text, ""))}
    assert not missing, rows_to_add(missing, "help")


def test_what_a_check_asks_for_and_what_to_do_has_its_chinese():
    for check in checking.load():
        row = ", ".join(f"{column}=1" for column in check.query.columns if column not in checking.PERSONAL)
        first = f", first {row}" if row else ""
        spoken = language.spoken(f"warn: {check.name}: 9 of 1,200 (0.75 %) are against '{check.what}'{first}", "zh")
        before, _, example = spoken.partition("，首例 ")
        assert before == f"提示：{check.name}：1,200条中有9条（0.75%）不符合“{check.what_zh}”"
        assert example.count("=1") == row.count("=1") and not re.search("[a-z]{3}", example), example
        assert not check.remedy or HAN.search(language.spoken(check.remedy, "zh")), check.remedy


def catalogue_rows():
    for path in language.tables():
        with path.open(encoding="utf-8", newline="") as handle:
            for row in list(csv.reader(handle))[1:]:
                yield path, row


def test_the_catalogue_is_well_formed():
    seen, odd = {}, []
    for path, row in catalogue_rows():
        assert len(row) == 2, (path.name, row)
        english, zh = row
        holes = wording.ANYTHING.findall(english)
        places = re.findall(r"\{(\d*)\}", zh)
        if path.parent == language.FOLDER:
            odd += [(path.name, english, "stands twice")] if english in seen else []
            odd += [(path.name, english, "half-width punctuation")] if re.search(r"[\u4e00-\u9fff][,;:?!]", zh) else []
        if any(places) and not all(places):
            odd.append((path.name, english, "holes with and without numbers"))
        numbers = list(map(int, places)) if any(places) else list(range(len(places)))
        odd += (
            [(path.name, english, "more holes than the English has")] if max(numbers, default=-1) >= len(holes) else []
        )
        seen[english] = path
    assert not odd, odd


def test_a_sentence_is_put_together_in_the_order_of_chinese():
    told = language.spoken(
        "fee_list_d.csv lacks the column bkkp_sn. Export the table again with this column; nothing was loaded."
        " It cannot be left out: the delivery has no other file of the indispensable table fee_list_d (费用明细表);"
        " nothing was loaded.",
        "zh",
    )
    assert told.startswith("fee_list_d.csv缺少列bkkp_sn。") and "必需" in told and not ENGLISH.search(told)
    assert language.spoken("There is no list of 'persn'. Did you mean 'person'? Use institution, person.", "zh") == (
        "没有“persn”这一名单。您是否要写“person”？可用institution, person。"
    ), "what is to be typed stays as it is typed"
    assert language.spoken("/data/a (1); b.csv does not exist. Give the file that holds the verdicts.", "zh") == (
        "/data/a (1); b.csv不存在，请指定核查结论文件。"
    ), "a path keeps its own punctuation"
    assert language.spoken('Unknown command "lst". Available commands: import, form.', "zh") == (
        "没有命令“lst”。可用命令：import, form。"
    ), "one full stop"
    several = (
        "The rules cannot be loaded:\n[rules.x] in fundwatch.toml: has no parameter y\n"
        "[rules.z] in fundwatch.toml: days is -1; it must be a number (days), not below 0"
    )
    assert language.spoken(several, "zh").split("\n") == [
        "规则无法载入：",
        "fundwatch.toml中[rules.x]：没有参数y",
        "fundwatch.toml中[rules.z]：days为-1，应为数值（天），不小于0",
    ]
    assert language.spoken("a bureau's own words", "zh") == "a bureau's own words"
    assert language.spoken("nothing new", "en") == "nothing new"


def test_of_two_phrases_the_one_with_more_words_counts(tmp_path):
    table = tmp_path / "phrases.csv"
    table.write_text(
        "en,zh\n{}: {} leads,{}：{}条\n{}: no leads,{}：无线索\n{}: {n} leads,{}：{}条线索\n", encoding="utf-8"
    )
    assert wording.translated("rank: no leads", table) == "rank：无线索"
    assert wording.translated("rank: many leads", table) == "rank：many条"
    assert wording.translated("rank: 1,204 leads", table) == "rank：1,204条线索"


def test_the_language_is_known_before_anything_is_parsed(tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    assert language.chosen(["runs"], {}) == "en"
    assert language.chosen(["runs", "--language", "zh"], {}) == "zh"
    assert language.chosen(["runs", "--language=zh"], {}) == "zh"
    assert language.chosen(["runs", "--language", "fr"], {}) == "en"
    assert language.chosen(["runs", "--language"], {}) == "en"
    assert language.chosen(["runs"], {"FUNDWATCH_LANGUAGE": "zh"}) == "zh"
    (home / "fundwatch.toml").write_text('language = "zh"\n', encoding="utf-8")
    assert language.chosen(["runs", "--home", str(home)], {}) == "zh"
    assert language.chosen(["runs"], {"FUNDWATCH_HOME": str(home)}) == "zh"
    assert language.chosen(["runs", "--home", str(home), "--language", "en"], {}) == "en"
    assert language.chosen(["runs"], {"FUNDWATCH_HOME": str(home), "FUNDWATCH_LANGUAGE": "en"}) == "en"
    (home / "fundwatch.toml").write_text("language = \n", encoding="utf-8")
    assert language.chosen(["runs", "--home", str(home)], {}) == "en", "a faulty file is refused later, in a sentence"


@pytest.mark.parametrize("way", ["option", "environment", "file"])
def test_errors_are_chinese_however_it_was_asked_for(call, tmp_path, monkeypatch, way):
    home = tmp_path / "home"
    home.mkdir()
    given = ["--language", "zh"] if way == "option" else []
    if way == "environment":
        monkeypatch.setenv("FUNDWATCH_LANGUAGE", "zh")
    if way == "file":
        (home / "fundwatch.toml").write_text('language = "zh"\n', encoding="utf-8")
    for command, words in (
        (["watchlist"], "还没有数据仓库，请先运行"),
        (["runs"], "还没有数据仓库，请先运行"),  # it has no language of its own
        (["watchlist", "persn"], "您是否要写“person”？"),
        (["watchlist", "--top", "none"], "--top为“none”，应为不小于1的整数。"),
        (["rank", "--seed", "x"], "--seed为“x”，应为整数。请用 fundwatch rank --help 查看用法。"),
        (["nowhere"], "没有命令“nowhere”。"),
        (["run"], "缺少INPUT。"),
        (["run", str(tmp_path / "none")], "不存在，请指定导出文件所在目录。"),
        (["burden"], "请用 --line YUAN 指定"),
    ):
        code, out, err = call(*command, "--home", home, *given)
        assert code in (1, 2, 3) and not out, command
        assert words in err, (command, err)
        assert not ENGLISH.search(KEPT.sub("", err.replace(str(tmp_path), ""))), err


@pytest.mark.parametrize(
    "command",
    [
        "appeal import FILE",
        "draw compare FILE",
        "ledger import FILE",
        "ledger lineup FILE",
        "selfcheck import FILE",
        "tip import FILE",
        "verdict import FILE",
    ],
)
def test_a_file_of_another_kind_is_refused_in_chinese(call, tmp_path, finished, command):
    file = tmp_path / "other.csv"
    file.write_text("a,b\n1,2\n", encoding="utf-8")
    home = finished[0].home
    code, out, err = call(*command.replace("FILE", str(file)).split(), "--home", home, "--language", "zh")
    assert code == 3 and "other.csv" in err and HAN.search(err), (out, err)
    assert not ENGLISH.search(KEPT.sub("", err)), err
    code, _, err = call(*command.replace("FILE", str(tmp_path / "no.csv")).split(), "--home", home, "--language", "zh")
    assert code == 3 and "不存在" in err and not ENGLISH.search(KEPT.sub("", err)), err


def test_json_says_its_errors_in_the_language_and_keeps_its_keys(call, tmp_path):
    code, out, _ = call("watchlist", "--home", tmp_path, "--json", "--language", "zh")
    document = json.loads(out)
    assert code == 2 and set(document) == {"error", "exit_code"}
    assert document["exit_code"] == 2 and HAN.search(document["error"])


def commands(group=app, names=()):
    yield names
    for name in group:
        if not name.startswith("-"):
            yield from commands(group[name], (*names, name))


def test_all_help_is_chinese(call, monkeypatch):
    monkeypatch.setenv("COLUMNS", "400")
    everything = list(commands())
    assert len(everything) > 35
    for names in everything:
        code, out, err = call(*names, "--help", "--language", "zh")
        assert (code, err) == (0, "")
        assert "用法：" in out and HAN.search(out)
        left = ENGLISH.findall(KEPT.sub("", out))
        assert not left and "Parameters" not in out and "required" not in out, (names, left)
    code, out, _ = call("run", "--help")
    assert "Usage:" in out and not HAN.search(out), "and English again when it is not asked for"


class Heard:
    """What would stand on standard error."""

    quiet = False

    def __init__(self):
        self.lines = []

    def progress(self, line):
        self.lines.append(language.spoken(line, "zh"))


def test_progress_is_chinese(monkeypatch):
    from data.warehouse.parts import DONE, NO_DATA, Parts
    from flows import console as speaking

    monkeypatch.setattr(speaking, "_language", "zh")
    heard = Heard()
    work = Lines(6, heard)
    for name in ("ingest", "check", "features", "detect", "rank", "publish"):
        with work.step(name) as watcher:
            parts = Parts(watcher, "sources", ["死亡后就医、购药 care_after_death", "二"])
            for word, part in ((DONE, "死亡后就医、购药 care_after_death"), (NO_DATA, "二")):
                parts.begin(part)
                parts.end(word)
    work.finish()
    text = "\n".join(heard.lines)
    assert heard.lines[0] == "接收 ..." and "发布 ..." in heard.lines
    assert re.search(r"^  1/2 完成 死亡后就医、购药 care_after_death（0\.\d\d秒）$", text, re.MULTILINE)
    assert re.search(r"^  2/2 缺数据 二（0\.\d\d秒）$", text, re.MULTILINE)
    assert re.search(r"^6/6 完成 发布（0\.\d\d秒）$", text, re.MULTILINE)
    assert heard.lines[-1] == "运行：完成，用时0:00"

    from rich.console import Console as Rich

    out = Rich(width=100, file=io.StringIO())
    bar = Bar(6, out)
    bar.place, bar.name = 4, "detect"
    bar.begin(Part("死亡后就医、购药", 3, 169, "sources", 61.0))
    out.print(bar.picture())
    drawn = out.file.getvalue()
    assert "第4步，共6步：筛查" in drawn and "3/169个规则与模型" in drawn
    assert "已用0:00，“筛查”约剩1:01，死亡后就医、购药" in drawn


def test_the_answers_of_the_commands_are_chinese(call, finished, monkeypatch):
    settings, _ = finished
    lead = json.loads(call("watchlist", "--json", "--home", settings.home)[1])[0]["lead_id"]
    asked = (
        "watchlist",
        f"explain {lead}",
        "runs",
        "doctor",
        "fund",
        "prices",
        "burden --line 1000",
        "problems --state partly",
        "rule list",
        "rule coverage",
        "suppress",
        "rejected list",
        "knowledge coverage",
        "knowledge diff",
    )
    for command in asked:
        code, out, err = call(*command.split(), "--home", settings.home, "--language", "zh")
        assert code == 0 and HAN.search(out), (command, err)
        assert not ENGLISH.search(KEPT.sub("", out.replace(str(settings.home), ""))), (command, out[:1500])
        lines = out.split("\n")
        heads = [above for above, line in itertools.pairwise(lines) if line.startswith(" ──")]
        left = set(PROSE.findall(" ".join(heads)))
        assert not left, (command, left)


def test_speaking_chinese_leaves_nothing_behind(call, tmp_path):
    assert HAN.search(call("runs", "--home", tmp_path, "--language", "zh")[2])
    assert "holds no warehouse yet" in call("runs", "--home", tmp_path)[2]
