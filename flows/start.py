"""Where the installed command begins: Ctrl-C while the modules are read ends in the same sentence as later."""

from __future__ import annotations

import sys

STOPPED = "Stopped; run again to go on. What was finished stays."


def main() -> None:
    """Read the command line's modules and run it; exit 130 where Ctrl-C comes before they are read."""
    try:
        from flows.cli import main as run
    except KeyboardInterrupt:
        print(f"fundwatch: {STOPPED}", file=sys.stderr)
        sys.exit(130)
    run()


if __name__ == "__main__":
    main()
