"""What code this is: the release, and a hash of every file of the four packages that can change a result."""

from __future__ import annotations

import hashlib
import importlib.metadata
import platform
from functools import cache
from pathlib import Path

#: Whose own versions can change a result's bytes.
LIBRARIES = ("duckdb", "networkx", "numpy", "polars", "pyod", "scikit-learn", "scipy")

ROOT = Path(__file__).parents[2]
SIMULATOR = ROOT / "data" / "simulate"
#: Year and month of the release; the package's own version is read from here.
__version__ = "2026.12"


@cache
def code(packages: tuple[str, ...] = ("data", "features", "models", "flows")) -> str:
    """Hash of these folders' and single files, those that can change a result; the simulator makes inputs only."""
    digest = hashlib.sha256()
    for package in packages:
        place = ROOT / package
        for path in [place] if place.is_file() else sorted(place.rglob("*")):
            if path.suffix in (".py", ".sql", ".csv", ".toml") and SIMULATOR not in path.parents:
                digest.update(path.relative_to(ROOT).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


def told() -> str:
    """What `fundwatch --version` says: the release, and which code it really is."""
    return f"fundwatch {__version__} (code {code()})"


def libraries() -> dict[str, str]:
    """The versions of Python and of the libraries that compute."""
    return {"python": platform.python_version(), **{name: importlib.metadata.version(name) for name in LIBRARIES}}
