"""A folder of wheels from which an intranet installs: what is installed here, version by version."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Sequence
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from data.errors import FundwatchError, UsageError

NAME, LIST = "fundwatch", "requirements.txt"
ROOT = Path(__file__).parents[1]


def needed(name: str = NAME) -> dict[str, str]:
    """Name -> installed version of everything the distribution needs here, itself left out.

    Raises UsageError where it is not installed as a distribution.
    """
    versions: dict[str, str] = {}
    waiting = [name]
    while waiting:
        for text in _requires(waiting.pop()):
            requirement = Requirement(text)
            key = canonicalize_name(requirement.name)
            if key in versions or not (requirement.marker is None or requirement.marker.evaluate({"extra": ""})):
                continue
            try:
                versions[key] = metadata.version(requirement.name)
            except metadata.PackageNotFoundError:
                continue  # `fundwatch doctor` names what is missing
            waiting.append(requirement.name)
    return dict(sorted(versions.items()))


def _requires(name: str) -> Sequence[str]:
    try:
        return metadata.requires(name) or ()
    except metadata.PackageNotFoundError as error:
        raise UsageError(f"{name} is not installed here, so what it needs is not known. Install it first.") from error


def bundle(folder: Path, run: Callable[[list[str]], None] | None = None) -> int:
    """Fill the folder with wheels of this version and of all it needs; gives how many packages.

    `run` runs pip with these words. Raises FundwatchError with pip's last word where it fails.
    """
    run = run or _pip
    versions = needed()
    pinned = [f"{name}=={version}" for name, version in versions.items()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / LIST).write_text("\n".join([*pinned, ""]), encoding="utf-8")
    except OSError as error:
        raise FundwatchError(f"{folder} cannot be written: {error.strerror}. Choose another folder.") from error
    if (ROOT / "pyproject.toml").is_file():
        run(["wheel", "--no-deps", "--wheel-dir", str(folder), str(ROOT)])
    else:
        pinned.append(f"{NAME}=={metadata.version(NAME)}")
    run(["download", "--no-deps", "--dest", str(folder), *pinned])
    return len(versions) + 1


def _pip(words: list[str]) -> None:
    pip = subprocess.run([sys.executable, "-m", "pip", *words], capture_output=True, text=True, check=False)
    if pip.returncode:
        lines = [line for line in pip.stderr.splitlines() if line.strip()] or ["it did not say why"]
        raise FundwatchError(f"pip {words[0]} failed: {lines[-1].strip()}. It needs pip and a package index in reach.")
