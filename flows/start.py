"""Where the installed command begins: Ctrl-C while the modules are read ends in the same sentence as later."""

from __future__ import annotations

import signal
import sys

STOPPED = "Stopped; run again to go on. What was finished stays."


def main() -> None:
    """Read the command line's modules and run it; exit 130 where Ctrl-C comes before they are read."""
    try:
        from flows.cli import main as run
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # it is ending: an impatient second one would be a traceback
        print(f"fundwatch: {_spoken(STOPPED)}", file=sys.stderr)
        sys.exit(130)
    run()


def _spoken(sentence: str) -> str:
    """In the language the command would have answered in. It is read as a whole text, so no other module is needed."""
    from flows import language  # not at the top: before the modules are read, Ctrl-C there would be a traceback

    if language.chosen(sys.argv[1:]) != "zh":
        return sentence
    return language.catalogue().get(sentence, sentence)


if __name__ == "__main__":
    main()
