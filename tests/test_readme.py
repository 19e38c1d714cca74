"""The README is kept true: its commands exist, its example is a rule, its generated parts are up to date."""

import re
import tomllib
from pathlib import Path

import pytest

from flows import readme, steps
from flows.cli import main
from flows.evaluate import measured
from models.sources import case_file, cases, rule

SECURITY = (readme.ROOT / ".github" / "SECURITY.md").read_text(encoding="utf-8")
TEXT = readme.README.read_text(encoding="utf-8")
FOLDERS = sorted(readme.ROOT.glob("*/**/README.md"))
EVERY = {path: path.read_text(encoding="utf-8") for path in (readme.README, *FOLDERS) if ".venv" not in path.parts}
NAMED = sorted(
    {
        c
        for text in EVERY.values()
        for c in re.findall(r"(?:`|^|bin/)fundwatch ((?:rule )?[a-z][a-z-]*)\b", text, re.MULTILINE)
    }
)
PARTS = list(readme.parts())


@pytest.mark.parametrize(("path", "name", "content"), PARTS, ids=[f"{p.parent.name}-{n}" for p, n, _ in PARTS])
def test_generated_parts_are_up_to_date(path, name, content):
    assert readme.part(EVERY[path], name) == content, "run python -m flows.readme"


def test_the_first_page_is_one_that_people_read_and_half_of_it_is_chinese():
    assert 120 <= len(TEXT.splitlines()) <= 180
    english, chinese = TEXT.split("\n## 中文说明\n")
    assert len(chinese.encode()) >= 0.8 * len(english.encode())


def test_links_lead_somewhere():
    for path, text in EVERY.items():
        targets = re.findall(r"\]\((?!https?:|#)([^)]+)\)", text)
        assert [t for t in targets if not (path.parent / t).exists()] == [], path


def test_what_was_attacked_is_held_by_tests_that_there_are():
    """Each row of the table names its tests; a test that is renamed or taken away leaves a hole in it."""
    tests = "".join(p.read_text(encoding="utf-8") for p in (readme.ROOT / "tests").rglob("test_*.py"))
    rows = [line for line in SECURITY.splitlines() if line.startswith("| ")][1:]
    assert len(rows) > 30
    for row in rows:
        named = re.findall(r"`(test_\w+)`", row)
        assert named and all(f"def {name}(" in tests for name in named), row
    kinds = {row.split()[1].rstrip(":") for row in rows}
    assert {f"H{n}" for n in range(10)} | {f"M{n}" for n in range(9)} | {"Low"} <= kinds


def test_figures_carry_their_commit_and_date():
    text = EVERY[readme.EVALUATION]
    assert len(re.findall(r"at commit [0-9a-f]{7}, 20\d\d-\d\d-\d\d", " ".join(text.split()))) >= 2
    assert all(f"| {title} | " in readme.part(TEXT, "measured-zh") for title in measured.LISTS_ZH.values())
    assert all(f"| {title} | " in readme.part(TEXT, "measured") for title in measured.LISTS)


def test_rounds_of_verdicts_are_those_of_the_evaluation():
    names = ("judged", "confirmed", *measured.ROUNDS.values(), "fresh_gain")
    one = {name: {"mean": 0.5, "sd": 0.125, "n": 5} for name in names}
    said = measured.learning({"persons": 20_000, "noise": 0.05, "rounds": [one, one, one]})
    assert said.count("0.50 ± 0.12 | 0.50 ± 0.12") == 6 and "rises by 0.50 ± 0.12 over 2 rounds" in said
    assert len([line for line in readme.part(EVERY[readme.EVALUATION], "learning").splitlines()]) >= 6


def test_measured_figures_are_those_of_the_evaluation():
    def one(mean):
        return {"mean": mean, "sd": 0.1, "n": 2, "low": 0.0, "high": 1.0}

    metrics = (
        "planted",
        "subjects",
        "precision_at_10",
        "precision_at_50",
        "recall_at_2r",
        "yuan_share_at_r",
        "average_precision",
    )
    orders = {
        name: dict.fromkeys(metrics, one(0.2)) for name in ("random", "by amount", "by count", "isolation forest")
    }
    lists = {kind: {"fundwatch": dict.fromkeys(metrics, one(0.8)), **orders} for kind in measured.LISTS}
    row = {"scheme": "made_up", "subject_type": "person", "planted": one(7), "recall": one(0.5), "listed": one(0.75)}
    results = {
        "seeds": [1, 2],
        "persons": 20_000,
        "lists": lists,
        "rings": [
            {"scheme": scheme, "planted": one(4), "found_share": one(0.9), "member_precision": one(precision)}
            for scheme, precision in (("all", 0.75), ("co_visit_ring", 0.85))
        ],
        "honest": [{"subject_type": "person", "tier_a": one(0), "tier_b": one(3)}],
        "schemes": [row],
        "novel": [row | {"recall": one(0.25)}],
    }
    said = measured.measured(results)
    assert "| person | 1 of 1 | 0.80 ± 0.10 |" in said and "| 4.0 |" in said
    assert "co_visit_ring 4 a town, 0.90 ± 0.10 of them found, member precision 0.85" in said
    assert "of all listed members 0.75 ± 0.10 are planted" in said and "person 0 and 3" in said
    assert "| made_up | person | 7 | 0.50 ± 0.10" in said and "0.25 ± 0.10" in said
    assert measured.heads(results).count(" | 1 of 1 | 0.80 ± 0.10 | 0.80 ± 0.10 | 0.80 ± 0.10 | 0.20 |") == 4
    assert measured.heads_zh(results).count(" | 1／1 | 0.80 ± 0.10 |") == 4


@pytest.mark.parametrize("command", NAMED)
def test_every_command_they_name_exists(command, capsys):
    main([*command.split(), "--help"])
    assert f"fundwatch {command}" in capsys.readouterr().out


def test_its_options_exist(capsys):
    for command, options in (("run", "--out --language --labels --objective --unmask --prefect"), ("serve", "--cron")):
        main([command, "--help"])
        said = capsys.readouterr().out
        everything = "".join(EVERY.values())
        assert all(option in said and option in everything for option in options.split())


def test_the_example_is_a_rule(tmp_path):
    example = re.search(r"```sql\n(.*?)```", EVERY[readme.ROOT / "models" / "rules" / "README.md"], re.DOTALL)
    assert example
    (tmp_path / "many_consultations.sql").write_text(example[1], encoding="utf-8")
    (one,) = rule.load(folder=tmp_path)
    line = {"person_id": "P1", "institution_id": "H1", "charged_on": "2025-01-01", "fee_category": "02"}
    lines = [line | {"settlement_id": "S1", "line_id": str(i), "eligible_amount": "10"} for i in range(5)]
    found = cases.Bench().run(one, case_file.Case("five consultations", {"feature.fee_line": lines}))
    assert [(hit["lines"], float(hit["amount"])) for hit in found.hits] == [("5", 10.0)]


def test_its_settings_are_settings(tmp_path):
    from flows.home.settings import load

    (tmp_path / "fundwatch.toml").write_text(block("toml"), encoding="utf-8")
    settings = load(tmp_path, {})
    (rule_id, said), *others = tomllib.loads(block("toml"))["rules"].items()
    values = {k: v["value"] if isinstance(v, dict) else v for k, v in said.items()}
    assert settings.rules == {rule_id: values} and not others
    assert settings.why[rule_id, "max_gap"].owner == said["max_gap"]["owner"]
    assert next(s for s in steps.sources(settings) if s.id == "split_admission").params["max_gap"] == 3


def test_its_two_commands_install_with_the_constraints():
    lines = [line for line in TEXT.splitlines() if line.startswith("python3.11 -m venv")]
    assert len(lines) == 2 and all("-c .ci/constraints.txt" in line for line in lines)
    assert (Path(readme.README).parent / ".ci" / "constraints.txt").exists()


def block(language):
    match = re.search(rf"```{language}\n(.*?)```", TEXT, re.DOTALL)
    assert match
    return match[1]
