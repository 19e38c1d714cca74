"""What the tests of commands share."""

import pytest

from flows.cli import main


@pytest.fixture
def call(capsys):
    """Run a command in this process: (exit code, standard output, standard error)."""

    def run(*arguments):
        code = 0
        try:
            main([str(a) for a in arguments])
        except SystemExit as left:
            code = left.code or 0
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run
