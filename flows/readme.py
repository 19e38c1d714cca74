"""The parts of the README that are generated: `python -m flows.readme [EVALUATION ...]` writes them, tests keep them
true.

An EVALUATION is what `fundwatch evaluate --json`, with or without --learning, printed; what it measured stays as it is
without one.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from flows.measured import learning, measured, measured_zh
from models import detectors, rule
from models.source import Source
from models.wording import filled

README = Path(__file__).parents[1] / "README.md"
DEMO = {"persons": 3_000, "seed": 1}


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
            f" {'；'.join(s.card.basis)} |"
        )
    return "\n".join(lines)


def demo_figures(truth: list[Mapping[str, object]]) -> str:
    """The demo town's lists against its planted truth, as `fundwatch demo --json` gives them."""
    lines = ["| list | planted in the town | first leads looked at | planted among them |", "|---|---|---|---|"]
    lines += [f"| {row['list']} | {row['planted']} | {row['top']} | {row['planted among them']} |" for row in truth]
    return "\n".join(lines)


def part(text: str, name: str) -> str:
    """A generated part of the README, without its marks."""
    match = re.search(rf"<!-- {name} -->\n(.*?)\n<!-- /{name} -->", text, re.DOTALL)
    if match is None:
        raise ValueError(f"the README has no part <!-- {name} -->")
    return match[1]


def with_part(text: str, name: str, content: str) -> str:
    """The README with one part replaced."""
    part(text, name)
    return re.sub(
        rf"(<!-- {name} -->\n).*?(\n<!-- /{name} -->)", lambda m: m[1] + content + m[2], text, flags=re.DOTALL
    )


def _sentences(text: str, count: int) -> str:
    return " ".join(re.split(r"(?<=[.])\s+", text.strip())[:count]).replace("|", "/")


def write(run_demo: Callable[[], list[Mapping[str, object]]], evaluations: Sequence[Path]) -> None:
    """Bring every generated part up to date."""
    sources = rule.load() + detectors.load()
    text = README.read_text(encoding="utf-8")
    text = with_part(text, "catalogue", catalogue(sources))
    text = with_part(text, "catalogue-zh", catalogue_zh(sources))
    text = with_part(text, "demo", demo_figures(run_demo()))
    for results in (json.loads(path.read_text(encoding="utf-8")) for path in evaluations):
        parts = {"learning": learning} if "rounds" in results else {"measured": measured, "measured-zh": measured_zh}
        for name, made in parts.items():
            text = with_part(text, name, made(results))
    README.write_text(text, encoding="utf-8")


def _demo() -> list[Mapping[str, object]]:
    import subprocess
    import tempfile

    with tempfile.TemporaryDirectory() as home:
        said = subprocess.run(
            [sys.executable, "-m", "flows.cli", "demo", "--json", "--quiet", "--home", home],
            capture_output=True,
            check=True,
        )
    truth: list[Mapping[str, object]] = json.loads(said.stdout)["truth"]
    return truth


if __name__ == "__main__":
    write(_demo, [Path(name) for name in sys.argv[1:]])
