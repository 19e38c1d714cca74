"""Reading detectors: in a family's folder `<id>.sql`, its card on top, or `<id>/` with card.toml, SQL steps, find.py.

A detector is a rule that needs more than one portable query: named steps, DuckDB's own functions, arithmetic in Python.
Everything it runs passes the guard when it is loaded. Folders without a card are shared parts of their family.
"""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import duckdb

from data.warehouse import guard
from data.warehouse import scripts as scripts_guard
from models.sources import card as cards
from models.sources.card import Card, CardError, SettingError
from models.sources.needs import check_needs
from models.sources.source import Params, Source
from models.sources.work import Script, Work

ROOT = Path(__file__).parents[2]
MAY_READ = frozenset({"record", "knowledge", "feature", "casebook"})
SHARED = "shared"


@dataclass(frozen=True)
class Unit:
    """One detector as it stands on disk."""

    id: str
    family: Path
    card: Card
    scripts: Mapping[str, Script]  # by name; those of the family as shared/<name>
    folder: Path | None  # of find.py and tables
    code: str


def load(folder: Path, overrides: Mapping[str, Params] | None = None) -> tuple[list[Source], list[str]]:
    """Every detector below the folder, by id, and what is wrong with the others or the overrides, one line each."""
    overrides = overrides or {}
    sources, problems, paths = [], [], dict(sorted(paths_of(folder)))
    problems += [f"[detectors.{name}] names no detector" for name in sorted(set(overrides) - set(paths))]
    for name, path in sorted(paths.items()):
        try:
            sources.append(source_of(read(path), overrides.get(name, {})))
        except SettingError as error:
            problems.append(f"[detectors.{name}] in fundwatch.toml: {error}")
        except (CardError, guard.SqlRefused) as error:
            problems.append(f"{name} {error}")
    return sources, problems


def paths_of(folder: Path) -> Iterator[tuple[str, Path]]:
    """Detector ids with their file or folder."""
    for family in sorted(p for p in folder.iterdir() if p.is_dir()):
        for path in sorted(family.iterdir()):
            if path.suffix == ".sql" or (path / "card.toml").is_file():
                yield path.stem, path


@cache
def read(path: Path) -> Unit:
    """One detector. Raises CardError or SqlRefused."""
    family = path.parent
    if path.is_dir():
        card = cards.parse((path / "card.toml").read_text(encoding="utf-8"))
        texts = {p.stem: p.read_text(encoding="utf-8") for p in sorted(path.glob("*.sql"))}
        if not texts:
            raise guard.SqlRefused("has no SQL step")
    else:
        text = path.read_text(encoding="utf-8")
        opening = re.match(r"\s*/\*(.*?)\*/", text, flags=re.DOTALL)
        if opening is None:
            raise CardError("must begin with its card in a /* comment */")
        card, texts = cards.parse(opening[1]), {"steps": text[opening.end() :]}
    shared = {f"{SHARED}/{p.stem}": p.read_text(encoding="utf-8") for p in sorted((family / SHARED).glob("*.sql"))}
    scripts = _checked(shared | texts)
    _agree(card, scripts)
    folder = path if path.is_dir() else None
    return Unit(path.stem, family, card, scripts, folder, _code(path))


def source_of(unit: Unit, overrides: Params) -> Source:
    """The detector with its parameters, ready to run. Raises CardError."""
    params = unit.card.values(overrides)

    def fill(con: duckdb.DuckDBPyConnection, values: Params) -> None:
        work = Work(con, unit.card, values, unit.scripts, unit.folder or unit.family)
        with work:
            for name in unit.card.uses:
                work.run(f"{SHARED}/{name}")
            if unit.folder is not None and (unit.folder / "find.py").is_file():
                find_module(unit).find(work)
            else:
                work.run("steps")

    reads = frozenset(t for s in unit.scripts.values() for step in s.steps for t in step.query.tables)
    return Source(unit.id, "detector", unit.card, params, unit.code, fill, reads)


def find_module(unit: Unit):  # type: ignore[no-untyped-def]  # a module has whatever it has
    """The detector's find.py, imported when it is first needed."""
    assert unit.folder is not None
    return importlib.import_module(".".join([*unit.folder.relative_to(ROOT).parts, "find"]))


def _checked(texts: Mapping[str, str]) -> dict[str, Script]:
    """Every script through the guard; the tables that any of them makes or says it is lent are known to the others."""
    lent = {name: re.findall(r"^-- Lent: (.*)$", text, flags=re.MULTILINE) for name, text in texts.items()}
    given = {n.strip() for lines in lent.values() for line in lines for n in line.split(",")}
    made = {n for text in texts.values() for n in re.findall(r"create temp table (\w+) as", text)}
    scripts = {}
    for name, text in texts.items():
        try:
            scripts[name] = Script(name, scripts_guard.script(text, MAY_READ, guard.PERSONAL, frozenset(given | made)))
        except guard.SqlRefused as error:
            raise guard.SqlRefused(f"{name}.sql: {error}") from error
    return scripts


def _agree(card: Card, scripts: Mapping[str, Script]) -> None:
    if card.certainty == "definite":
        raise CardError("certainty is 'definite': a detector infers, so its findings are suspected")
    check_needs(card)
    if lacking := [u for u in card.uses if f"{SHARED}/{u}" not in scripts]:
        raise CardError(f"uses {', '.join(lacking)}, which its family does not share")


def _code(path: Path) -> str:
    """The text of everything the detector is made of: its files, its family's shared ones, the Python it imports.

    Tables of the family's other detectors belong to it: it may read them.
    """
    own = sorted(p for p in path.iterdir() if p.suffix in (".py", ".sql", ".toml", ".csv")) if path.is_dir() else [path]
    shared = [*sorted((path.parent / SHARED).glob("*.sql")), *sorted(path.parent.glob("*/*.csv"))]
    python = [p for p in own if p.suffix == ".py"]
    files = dict.fromkeys([*own, *shared, *sorted(_imported(python))])
    return "\n".join(p.read_text(encoding="utf-8") for p in files)


def _imported(files: list[Path]) -> set[Path]:
    """The modules of this project that the files import, and those import."""
    reached: set[Path] = set()
    waiting = list(files)
    while waiting:
        for name in _names(waiting.pop()):
            base = ROOT.joinpath(*name.split("."))
            for path in (base.with_suffix(".py"), base / "__init__.py"):
                if path.is_file() and path not in reached and name.partition(".")[0] in ("models", "features"):
                    reached.add(path)
                    waiting.append(path)
    return reached


@cache
def _names(path: Path) -> tuple[str, ...]:
    """The modules, or what is in them, that a file imports; asked once of what many detectors share."""
    names: list[str] = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names += (a.name for a in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names += (node.module, *(f"{node.module}.{a.name}" for a in node.names))
    return tuple(names)
