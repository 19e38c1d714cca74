"""What a flow run may not be asked by its caller: the service's own settings.

They are kept in the environment of the process that serves, which the processes of its runs inherit and which no other
user of the machine can read; Prefect's server never learns of them.
"""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

from data.errors import UsageError

VARIABLE = "FUNDWATCH_SERVICE"
#: Beside the options: the process that must live for its runs to go on.
SERVED_BY = "served_by"


def own(settings: dict[str, Any]) -> None:
    """Fix them for this process and those it begins."""
    os.environ[VARIABLE] = json.dumps(settings)


def owned() -> dict[str, Any]:
    """The service's own settings. Raises UsageError where nobody fixed any."""
    try:
        return dict(json.loads(os.environ[VARIABLE]))
    except (KeyError, ValueError) as error:
        raise UsageError("A run of the flow belongs to `fundwatch serve` or `fundwatch run --prefect`.") from error


def tag(home: Path) -> str:
    """What marks the flow runs of a HOME, and says nothing of where it is."""
    return f"home-{hashlib.sha256(str(home.resolve()).encode()).hexdigest()[:12]}"
