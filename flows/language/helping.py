"""Help in Chinese: what cyclopts lays out, paragraph by paragraph and parameter by parameter from the catalogue."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from cyclopts.help import DefaultFormatter, HelpEntry, HelpPanel, InlineText

from flows.language import catalogue

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions

#: What stands for a value in the list of parameters and in the line of usage.
METAVARS = {"STR": "文本", "INT": "整数", "FLOAT": "数值", "PATH": "路径", "BOOL": "是否", "DATE": "日期"}
USAGE = {"COMMAND": "命令", "[OPTIONS]": "[选项]", "[ARGS]": "[参数]", "[ARGS...]": "[参数...]", **METAVARS}
#: Defaults that say nothing: a switch that is off, a text that is empty.
UNSAID = (None, "None", "False", '""')
TITLES = {"Commands": "命令", "Parameters": "参数", "Arguments": "参数"}


class Formatter(DefaultFormatter):
    """The usual layout with every text in Chinese."""

    def render_usage(self, console: Console, options: ConsoleOptions, usage: Any) -> None:
        """用法 and what the line is made of."""
        if usage:
            words = str(usage).removeprefix("Usage: ").split()
            console.print("用法：" + " ".join(USAGE.get(w, w) for w in words) + "\n", markup=False, highlight=False)

    def render_description(self, console: Console, options: ConsoleOptions, description: Any) -> None:
        """What the command does."""
        super().render_description(console, options, _inline(description))

    def __call__(self, console: Console, options: ConsoleOptions, panel: HelpPanel) -> None:
        """One list of commands or parameters."""
        title = TITLES.get(str(panel.title), panel.title)
        super().__call__(console, options, panel.copy(title=title, entries=[_entry(e) for e in panel.entries]))


def formatter() -> Formatter:
    """What App.help_formatter takes."""
    return Formatter()


def text_zh(text: str) -> str:
    """A text of help by its paragraphs; one the catalogue lacks stays English."""
    known = catalogue()
    return "\n\n".join(known.get(paragraph, paragraph) for paragraph in paragraphs(text))


def paragraphs(text: str) -> list[str]:
    """A text's paragraphs, each in one line, as the catalogue has them."""
    return [joined for part in re.split(r"\n\s*\n", text) if (joined := " ".join(part.split()))]


def _entry(entry: HelpEntry) -> HelpEntry:
    """A row with its description, default and the mark of what must be given in Chinese."""
    words = [text_zh(_text(entry.description))]
    if entry.choices:
        words.append(f"［可选：{'、'.join(entry.choices)}］")
    if entry.default not in UNSAID:
        words.append(f"［默认：{entry.default}］")
    if entry.required:
        words.append("［必填］")
    kind = (entry.metavar or "").removesuffix("...")
    metavar = METAVARS[kind] + (entry.metavar or "").removeprefix(kind) if kind in METAVARS else entry.metavar
    shown = InlineText.from_format("".join(words).strip(), "plaintext")
    return entry.copy(description=shown, metavar=metavar, choices=None, default=None, required=False)


def _inline(description: Any) -> Any:
    return InlineText.from_format(text_zh(_text(description)), "markdown", force_empty_end=True)


def _text(description: Any) -> str:
    """The text of what cyclopts is about to print."""
    inside = getattr(description, "primary_renderable", description)
    return str(getattr(inside, "markup", inside) or "") if inside is not None else ""
