"""The command line: parse, call, exit code. Every command imports what it needs when it runs."""

from __future__ import annotations

import importlib
import os
import pkgutil
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from cyclopts import App, CycloptsError

from data.errors import FundwatchError, UsageError
from flows import commands, console, language, usage
from flows.commands.common import app
from flows.start import STOPPED

#: Options whose value is a path.
PATHS = ("--home", "--out", "--input", "--html", "--folder", "--before", "--after", "--file", "--delivery")

for _command in pkgutil.iter_modules(commands.__path__):
    importlib.import_module(f"flows.commands.{_command.name}")  # each module registers its commands


def main(arguments: list[str] | None = None) -> None:
    """Run one command; exit 0 done, 1 stopped, 2 usage, 3 input refused, 130 stopped by Ctrl-C."""
    os.umask(0o077)  # everything this program writes is for its user alone
    words = sys.argv[1:] if arguments is None else arguments
    console.begin(language.chosen(words))
    stop = _Stop()
    try:
        _refuse_empty(words)
        with _helpful():
            app(words, exit_on_error=False, print_error=False, result_action="return_value")
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except (Exception, KeyboardInterrupt) as error:
        told = _told(error, stop.asked)
        if told is None:
            raise
        _leave(*told, as_json="--json" in words)
    finally:
        stop.restore()


def _refuse_empty(words: list[str]) -> None:
    """Raise UsageError for a path that is empty, as of a variable that is not set: it would be the current folder."""
    for place, word in enumerate(words):
        before = words[place - 1] if place else ""
        if not word.strip() and (not before.startswith("-") or before in PATHS):
            what = before if before in PATHS else "An argument"
            raise UsageError(f"{what} is empty. Give a path or a name; nothing was done.")


class _Stop:
    """Remembers Ctrl-C: the libraries turn the interrupt into errors of their own."""

    def __init__(self) -> None:
        self.asked = False
        self._before: object = None
        try:
            if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
                self._before = signal.signal(signal.SIGINT, self._ask)
        except ValueError:  # not the main thread
            pass

    def _ask(self, number: int, at: FrameType | None) -> None:
        self.asked = True
        raise KeyboardInterrupt

    def restore(self) -> None:
        if self._before is not None:
            signal.signal(signal.SIGINT, signal.default_int_handler)


@contextmanager
def _helpful() -> Iterator[None]:
    """Help in the language spoken."""
    if console.language() == "en":
        yield
        return
    from flows.language import helping

    app.help_formatter = helping.formatter()
    try:
        yield
    finally:
        app.help_formatter = None


def summaries() -> list[tuple[str, str]]:
    """Every command with the first sentence of its help, by name; commands of a group with the group's name."""
    return sorted(_summaries(app, ()))


def _summaries(group: App, names: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    for name in group:
        if name.startswith("-"):
            continue
        command = group[name]
        if command.default_command is not None:
            yield " ".join((*names, name)), " ".join((command.help or "").split("\n\n")[0].split())
        yield from _summaries(command, (*names, name))  # a group may do something of its own and have commands below


def _told(error: BaseException, is_stopped: bool) -> tuple[str, int] | None:
    """The sentence and the exit code of an error, None where it is a fault of the program."""
    if is_stopped or isinstance(error, KeyboardInterrupt):
        return STOPPED, 130
    if isinstance(error, CycloptsError):
        return usage.sentence(error), 2
    if isinstance(error, FundwatchError):
        return str(error), error.exit_code
    from flows import trouble

    if (lacking := trouble.lacking(error)) is not None:
        return lacking, UsageError.exit_code
    sentence = trouble.sentence(error, "fundwatch")
    return None if sentence is None else (sentence, 1)


def _leave(sentence: str, code: int, as_json: bool) -> None:
    sentence = console.spoken(sentence)
    print(console.printable(f"fundwatch: {sentence}"), file=sys.stderr)
    if as_json and not console.is_answered():
        console.Console(as_json=True).give({"error": sentence, "exit_code": code})
    sys.exit(code)


if __name__ == "__main__":
    main()
