"""The README is kept true: its commands exist, its example is a rule, its generated parts are up to date."""

import json
import re
import tomllib
from pathlib import Path

import pytest

from flows import readme, steps
from flows.cli import main
from models import cases, detectors, rule

TEXT = readme.README.read_text(encoding="utf-8")
COMMANDS = sorted(set(re.findall(r"(?:`|^|bin/)fundwatch ((?:rule )?[a-z]+)\b", TEXT, re.MULTILINE)))


def test_the_catalogues_are_those_of_the_cards():
    sources = rule.load() + detectors.load()
    assert readme.part(TEXT, "catalogue") == readme.catalogue(sources), "run python -m flows.readme"
    assert readme.part(TEXT, "catalogue-zh") == readme.catalogue_zh(sources), "run python -m flows.readme"


def test_the_demo_s_figures_are_those_of_the_demo(tmp_path, capsys):
    main(["demo", "--json", "--quiet", "--home", str(tmp_path)])
    truth = json.loads(capsys.readouterr().out)["truth"]
    assert readme.part(TEXT, "demo") == readme.demo_figures(truth), "run python -m flows.readme"


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_it_names_exists(command, capsys):
    main([*command.split(), "--help"])
    assert f"fundwatch {command}" in capsys.readouterr().out


def test_every_command_is_in_the_readme(capsys):
    main(["--help"])
    listed = re.findall(r"│ ([a-z]+) +[A-Z]", capsys.readouterr().out)
    assert len(listed) > 10
    missing = [c for c in listed if f"fundwatch {c}" not in TEXT and f"`{c}" not in TEXT]
    assert missing == []


def test_its_options_exist(capsys):
    for command, options in (("run", "--out --language --labels --objective --unmask --prefect"), ("serve", "--cron")):
        main([command, "--help"])
        said = capsys.readouterr().out
        assert all(option in said and option in TEXT for option in options.split())


def test_its_rule_is_a_rule(tmp_path):
    (tmp_path / "many_consultations.sql").write_text(block("sql"), encoding="utf-8")
    (one,) = rule.load(folder=tmp_path)
    line = {"person_id": "P1", "institution_id": "H1", "charged_on": "2025-01-01", "fee_category": "02"}
    lines = [line | {"settlement_id": "S1", "line_id": str(i), "eligible_amount": "10"} for i in range(5)]
    found = cases.Bench().run(one, cases.Case("five consultations", {"feature.fee_line": lines}))
    assert [(hit["lines"], float(hit["amount"])) for hit in found.hits] == [("5", 10.0)]


def test_its_settings_are_settings(tmp_path):
    from flows.settings import load

    (tmp_path / "fundwatch.toml").write_text(block("toml"), encoding="utf-8")
    settings = load(tmp_path, {})
    assert settings.rules == tomllib.loads(block("toml"))["rules"]
    assert next(s for s in steps.sources(settings) if s.id == "split_admission").params["max_gap"] == 3


def test_its_two_commands_install_with_the_constraints():
    lines = [line for line in TEXT.splitlines() if line.startswith("python3.11 -m venv")]
    assert len(lines) == 2 and all("-c .ci/constraints.txt" in line for line in lines)
    assert (Path(readme.README).parent / ".ci" / "constraints.txt").exists()


def block(language):
    match = re.search(rf"```{language}\n(.*?)```", TEXT, re.DOTALL)
    assert match
    return match[1]
