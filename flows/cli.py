"""The command line: parse, call, exit code. Every command imports what it needs when it runs."""

from __future__ import annotations

import importlib
import os
import pkgutil
import sys
from collections.abc import Iterator

from cyclopts import App, CycloptsError

from data.errors import FundwatchError
from flows import commands
from flows.commands.common import app

for _command in pkgutil.iter_modules(commands.__path__):
    importlib.import_module(f"flows.commands.{_command.name}")  # each module registers its commands


def main(arguments: list[str] | None = None) -> None:
    """Run one command; exit 0 done, 1 stopped, 2 usage, 3 input refused."""
    os.umask(0o077)  # everything this program writes is for its user alone
    try:
        app(arguments, exit_on_error=False, print_error=False, result_action="return_value")
    except CycloptsError as error:
        _leave(f"{_flat(str(error))} Try `fundwatch --help`.", 2)
    except FundwatchError as error:
        _leave(str(error), error.exit_code)
    except KeyboardInterrupt:
        _leave("Interrupted. The next run goes on from the last finished step.", 130)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except Exception as error:
        from flows import trouble

        if (sentence := trouble.sentence(error, "fundwatch")) is None:
            raise
        _leave(sentence, 1)


def summaries() -> list[tuple[str, str]]:
    """Every command with the first sentence of its help, by name; commands of a group with the group's name."""
    return sorted(_summaries(app, ()))


def _summaries(group: App, names: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    for name in group:
        if name.startswith("-"):
            continue
        command = group[name]
        if command.default_command is None:
            yield from _summaries(command, (*names, name))
        else:
            yield " ".join((*names, name)), " ".join((command.help or "").split("\n\n")[0].split())


def _flat(message: str) -> str:
    return " ".join(message.split())


def _leave(sentence: str, code: int) -> None:
    print(f"fundwatch: {sentence}", file=sys.stderr)
    sys.exit(code)


if __name__ == "__main__":
    main()
