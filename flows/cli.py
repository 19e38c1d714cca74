"""The command line: parse, call, exit code. Every command imports what it needs when it runs."""

from __future__ import annotations

import importlib
import os
import pkgutil
import sys

from cyclopts import CycloptsError

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


def _flat(message: str) -> str:
    return " ".join(message.split())


def _leave(sentence: str, code: int) -> None:
    print(f"fundwatch: {sentence}", file=sys.stderr)
    sys.exit(code)


if __name__ == "__main__":
    main()
