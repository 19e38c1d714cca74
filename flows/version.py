"""What code this is: a hash of every file of the four packages that can change a result."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]


@cache
def code(packages: tuple[str, ...] = ("data", "features", "models", "flows")) -> str:
    """Hash of the packages' .py, .sql and .csv files."""
    digest = hashlib.sha256()
    for package in packages:
        for path in sorted((ROOT / package).rglob("*")):
            if path.suffix in (".py", ".sql", ".csv"):
                digest.update(path.relative_to(ROOT).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]
