"""The generated parts of the READMEs: `python -m flows.readme [EVALUATION ...]` writes them, tests keep them true.

An EVALUATION is what `fundwatch evaluate --json`, with or without --learning, printed; what it measured stays as it is
without one.
"""

from __future__ import annotations

import ast
import csv
import json
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from data.contract import mapping
from features import build
from flows.evaluate.measured import heads, heads_zh, learning, measured
from models import detectors
from models.sources import rule
from models.sources.source import Source
from models.sources.wording import filled

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
POLICY = ROOT / "flows" / "policy.csv"
EVALUATION = ROOT / "models" / "evaluation" / "README.md"
#: What `fundwatch benchmark --keep` wrote when it was last measured; flows/README.md says no other figures of speed.
SPEED = ROOT / "flows" / "evaluate" / "speed.json"


def catalogue(sources: list[Source]) -> str:
    """The rules and detectors as a table, in English."""
    lines = ["| id | official | state | certainty | about | what it says |", "|---|---|---|---|---|---|"]
    for s in sources:
        official = ", ".join(map(str, s.card.official)) or "–"
        lines.append(
            f"| `{s.id}` | {official} | {s.card.status} | {s.card.certainty} | {', '.join(s.card.subjects)} |"
            f" {s.card.title}. {_sentences(filled(s.card.limits, s.params), 1)} |"
        )
    return "\n".join(lines)


def catalogue_zh(sources: list[Source]) -> str:
    """The rules and detectors as a table, in Chinese."""
    kinds = {
        "institution": "医疗机构",
        "pharmacy": "药店",
        "practitioner": "医师",
        "person": "参保人",
        "group": "团伙",
    }
    lines = ["| 编号 | 官方规则 | 状态 | 判定 | 对象 | 名称 | 依据 |", "|---|---|---|---|---|---|---|"]
    states = {"live": "启用", "trial": "试运行", "retired": "停用"}
    for s in sources:
        official = "、".join(map(str, s.card.official)) or "–"
        certainty = "明确违规" if s.card.certainty == "definite" else "可疑"
        subjects = "、".join(kinds[k] for k in s.card.subjects)
        lines.append(
            f"| `{s.id}` | {official} | {states[s.card.status]} | {certainty} | {subjects} | {s.card.title_zh} |"
            f" {s.card.clauses()} |"
        )
    return "\n".join(lines)


def tables() -> str:
    """The tables that a delivery may hold."""
    lines = ["| table | 中文 | in the record | fields | indispensable |", "|---|---|---|---|---|"]
    lines += [
        f"| `{t.source}` | {t.name_zh} | `record.{t.target}` | {len(t.fields)} | {'yes' if t.is_required else ''} |"
        for t in mapping.tables().values()
    ]
    return "\n".join(lines)


def features() -> str:
    """The feature tables with what a row is."""
    lines = ["| table | one row |", "|---|---|"]
    lines += [f"| `{f.name}` | {f.row} |" for f in sorted(build.load().values(), key=lambda f: f.name)]
    return "\n".join(lines)


def modules(folder: Path) -> str:
    """The modules of a folder with the first sentence of their docstrings, read and not imported."""
    lines = ["| module | what it does |", "|---|---|"]
    for path in sorted(folder.glob("[a-z]*.py")):
        text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
        lines.append(f"| `{path.stem}` | {_sentences(' '.join(text.split()), 1)} |")
    return "\n".join(lines)


def commands() -> str:
    """The commands with the first line of their help."""
    from flows import cli

    lines = ["| command | what it does |", "|---|---|"]
    lines += [f"| `fundwatch {name}` | {help_line} |" for name, help_line in cli.summaries()]
    return "\n".join(lines)


def speed(figures: Mapping[str, Any]) -> str:
    """The benchmark's figures as a table, with the machine and the day."""
    lines = [
        "| fee lines | step | seconds | processor seconds | times the plain read | peak GB |",
        "|---|---|---|---|---|---|",
    ]
    for town in figures["towns"]:
        costs = [("plain read", town["plain"]), *((s["step"], s) for s in town["steps"])]
        for name, cost in [*costs, ("from CSV to watchlists", town["whole"])]:
            ratio, peak = cost.get("ratio", 1), "" if cost["peak"] is None else f"{cost['peak']:.1f}"
            lines.append(
                f"| {town['fee_lines']:,} | {name} | {cost['wall']:.1f} | {cost['cpu']:.1f} | {ratio:.1f} | {peak} |"
            )
    grown = figures["growth"]
    more = "" if grown is None else f" Processor seconds grow with the lines to the power of {grown}."
    note = f"Measured on {figures['date']} ({figures['machine']}), code `{figures['code']}`; ratios are of processor"
    return "\n".join(lines) + f"\n\n{note} seconds.{more}"


def policy() -> str:
    """What the policies ask for, with the commands and sources that serve it and the data it waits for."""
    lines = ["| policy | asked for | command | rule or detector | waits for |", "|---|---|---|---|---|"]
    with POLICY.open(encoding="utf-8", newline="") as handle:
        for row in csv.DictReader(handle):
            asked = row["asked"].replace("|", "/")
            served, sources = (
                ", ".join(f"`{name}`" for name in row[column].split(";") if name) for column in ("commands", "sources")
            )
            lines.append(f"| {row['seed']} | {asked} | {served} | {sources} | {row['waits_for']} |")
    return "\n".join(lines)


def part(text: str, name: str) -> str:
    """A generated part of a README, without its marks."""
    match = re.search(rf"<!-- {name} -->\n(.*?)\n?<!-- /{name} -->", text, re.DOTALL)
    if match is None:
        raise ValueError(f"the README has no part <!-- {name} -->")
    return match[1]


def with_part(text: str, name: str, content: str) -> str:
    """The README with one part replaced."""
    part(text, name)
    return re.sub(
        rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", lambda m: m[1] + content + "\n" + m[2], text, flags=re.DOTALL
    )


def _sentences(text: str, count: int) -> str:
    return " ".join(re.split(r"(?<=[.])\s+", text.strip())[:count]).replace("|", "/")


def parts() -> Iterable[tuple[Path, str, str]]:
    """Every part that is made of the code: file, name, content."""
    rules, found_by = rule.load(), detectors.load()
    for folder, sources in (("rules", rules), ("detectors", found_by)):
        path = ROOT / "models" / folder / "README.md"
        yield path, "catalogue", catalogue(sources)
        yield path, "catalogue-zh", catalogue_zh(sources)
    yield ROOT / "data" / "README.md", "tables", tables()
    yield ROOT / "data" / "simulate" / "README.md", "schemes", modules(ROOT / "data" / "simulate" / "schemes")
    yield ROOT / "data" / "simulate" / "README.md", "lookalikes", modules(ROOT / "data" / "simulate" / "lookalikes")
    yield ROOT / "features" / "README.md", "features", features()
    yield ROOT / "flows" / "README.md", "commands", commands()
    if SPEED.exists():
        yield ROOT / "flows" / "README.md", "speed", speed(json.loads(SPEED.read_text(encoding="utf-8")))
    yield ROOT / "flows" / "README.md", "policy", policy()


def measured_parts(results: Mapping[str, object]) -> Iterable[tuple[Path, str, str]]:
    """Every part that is made of an evaluation."""
    if "rounds" in results:
        yield EVALUATION, "learning", learning(results)
    else:
        yield EVALUATION, "measured", measured(results)
        yield README, "measured", heads(results)
        yield README, "measured-zh", heads_zh(results)


def write(evaluations: Sequence[Path]) -> None:
    """Bring every generated part up to date."""
    results = [json.loads(path.read_text(encoding="utf-8")) for path in evaluations]
    for path, name, content in [*parts(), *(p for r in results for p in measured_parts(r))]:
        path.write_text(with_part(path.read_text(encoding="utf-8"), name, content), encoding="utf-8")


if __name__ == "__main__":
    write([Path(name) for name in sys.argv[1:]])
