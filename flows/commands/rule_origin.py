"""What of the effective rule base one HOME sets itself, and where: for `rule coverage`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from data.errors import UsageError
from flows.home.settings import FILE_NAME

if TYPE_CHECKING:
    from pathlib import Path

    from flows.home.settings import Settings, Why
    from models.sources.source import Source

#: Stands for what features read, and through them any source: the code map first of all.
EVERY = "every source"
COLUMNS = ["what", "value", "ships_as", "set_in", "reason", "owner", "date"]


def set_here(settings: Settings) -> dict[str, list[dict[str, Any]]]:
    """By source id, every value that is not what ships: its query, status, parameters, rows of knowledge by layer.

    ``ships_as`` is empty for what the package does not have. A switch carries its reason, owner and date, and so does
    a parameter where it is said.
    """
    from data.knowledge.load import OVERLAY
    from models.workbench import ruleset

    everyone = ruleset.unswitched(settings.home, settings.rules, settings.detectors, settings.areas)
    ruleset.switched(settings.home, everyone)  # refuses a switch of what does not exist
    switched = ruleset.switches(settings.home)
    laid = _laid(settings.home / OVERLAY)
    found: dict[str, list[dict[str, Any]]] = {}
    for one in everyone:
        rows = []
        if (origin := ruleset.origin(settings.home, one.id)) != ruleset.PACKAGE:
            rows.append(_row("query", origin, "", f"{ruleset.RULES}/{one.id}.sql"))
        if (switch := switched.get(one.id)) is not None:
            day = switch.date.isoformat() if switch.date else ""
            why = (switch.reason, switch.owner, day)
            rows.append(_row("status", switch.status, one.card.status, ruleset.SWITCHES, *why))
        rows += _params(one, settings.why)
        tables = sorted(set(re.findall(r"\bknowledge\.(\w+)", one.code)) & set(laid))
        rows += [row for table in tables for row in laid[table]]
        if rows:
            found[one.id] = rows
    read = {row["what"] for rows in found.values() for row in rows}
    by_features = [row for rows in laid.values() for row in rows if row["what"] not in read]
    return found | ({EVERY: by_features} if by_features else {})


def unexplained(found: Mapping[str, Sequence[Mapping[str, Any]]]) -> int:
    """Of what `set_here` found, the parameters that no reason, owner and date stand beside."""
    return sum(row["set_in"] == FILE_NAME and not row["reason"] for rows in found.values() for row in rows)


def _params(one: Source, why: Mapping[tuple[str, ...], Why]) -> list[dict[str, Any]]:
    rows = []
    for name, value in one.params.items():
        if value != (ships_as := one.card.params[name].value):
            said = why.get((one.id, name))
            given = (said.reason, said.owner, said.date.isoformat()) if said else ()
            rows.append(_row(name, value, ships_as, FILE_NAME, *given))
    for area, params in sorted(one.areas.items()):
        for name, value in sorted(params.items()):
            said = why.get((one.id, name, area))
            given = (said.reason, said.owner, said.date.isoformat()) if said else ()
            rows.append(_row(f"{name} [{area}]", value, one.params[name], FILE_NAME, *given))
    return rows


def _laid(folder: Path) -> dict[str, list[dict[str, Any]]]:
    """The overlay's rows of each table, counted by layer; what is switched off, by its reason."""
    import polars as pl

    from data.knowledge.by_area import FOLDER
    from data.knowledge.load import LAYERS, OFF

    found: dict[str, list[dict[str, Any]]] = {}
    for path in [*sorted(folder.glob("*.csv")), *sorted(folder.glob(f"{FOLDER}/*/*.csv"))]:
        try:
            rows = pl.read_csv(path, infer_schema=False, glob=False)
        except (pl.exceptions.PolarsError, OSError) as error:
            raise UsageError(f"{path} cannot be read: {str(error).splitlines()[0]}") from error
        absent = [pl.lit(None, pl.String).alias(c) for c in ("layer", OFF) if c not in rows.columns]
        rows = rows.with_columns(absent).with_columns(pl.col("layer").fill_null(LAYERS[-1]))
        counted = rows.group_by("layer", OFF).len().sort("layer", OFF, nulls_last=True)
        place = f"{folder.name}/{path.relative_to(folder).as_posix()}"
        found.setdefault(path.stem, []).extend(
            _row(f"knowledge.{path.stem}", _counted(n, layer, off), "", place, off or "")
            for layer, off, n in counted.iter_rows()
        )
    return found


def _counted(rows: int, layer: str, off: str | None) -> str:
    return f"{layer}: {rows:,}" + (" switched off" if off else "")


def _row(*values: object) -> dict[str, Any]:
    padded: Sequence[object] = [*values, *[""] * (len(COLUMNS) - len(values))]
    return dict(zip(COLUMNS, padded, strict=True))
