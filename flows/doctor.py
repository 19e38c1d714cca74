"""What `fundwatch doctor` looks at: the installation, HOME, and a delivery before it is loaded."""

from __future__ import annotations

import importlib.metadata
import sys
from collections.abc import Iterator, Sequence

import duckdb

from data.errors import FundwatchError, InUse, UsageError
from data.knowledge import load as knowledge_load
from data.warehouse.connection import open_warehouse
from flows import doctor_audit, doctor_delivery, steps, trouble
from flows.doctor_delivery import Line
from flows.home.settings import Settings
from flows.publish import words

PACKAGES = ("duckdb", "polars", "prefect", "fastapi", "scikit-learn", "pyod", "sqlglot")


def look(settings: Settings, is_full: bool = False) -> list[Line]:
    """Every line of the report, in a stable order; `is_full` reads every row of a delivery and not the first ones."""
    lines = [*_installation(settings), *_home(settings), *doctor_audit.lines(settings.home)]
    if settings.input is not None:
        lines += doctor_delivery.lines(settings.input, settings, is_full)
    return lines


def _installation(settings: Settings) -> Iterator[Line]:
    yield "python", "ok" if sys.version_info >= (3, 11) else "bad", sys.version.split()[0]
    for name in PACKAGES:
        try:
            yield name, "ok", importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            yield name, "bad", "not installed: install fundwatch again"
    try:
        found = steps.sources(settings)
        yield (
            "rules",
            "ok",
            f"{len(found)} rules and detectors, knowledge {knowledge_load.version(settings.home / 'knowledge')}",
        )
    except FundwatchError as error:
        yield "rules", "bad", str(error)


def _home(settings: Settings) -> Iterator[Line]:
    home = settings.home
    try:
        with open_warehouse(home, read_only=True) as con:
            rows = con.execute(
                "select (select count(*) from record.settlement), (select count(*) from record.fee_line),"
                " (select count(*) from run.run)"
            ).fetchall()[0]
            disagreement = _named(settings, con)
    except (UsageError, InUse) as error:  # there is none yet, or somebody is at work
        yield "home", "off", str(error)
        return
    except (FundwatchError, duckdb.Error) as error:
        yield "home", "bad", trouble.sentence(error, "doctor") or str(error).splitlines()[0]
        return
    yield "home", "ok", f"{home}: {rows[0]:,} settlements, {rows[1]:,} fee lines, {rows[2]} runs"
    if disagreement is not None:
        yield "pseudonyms", "bad", disagreement


def _named(settings: Settings, con: duckdb.DuckDBPyConnection) -> str | None:
    """What is wrong with how persons are named; None where settings, key and warehouse agree."""
    try:
        steps.naming(settings, con)
    except FundwatchError as error:
        return str(error)
    return None


def page(report: Sequence[Line], settings: Settings) -> str:
    """The report as one page for those who make the export: what to mend first, then what to know."""
    language = settings.language
    wanted = {"bad": "doctor_bad", "off": "doctor_off", "ok": "doctor_ok"}
    return words.page(
        "doctor",
        language,
        folder=settings.input.name if settings.input is not None else "",
        parts=[
            (
                title,
                [(what, words.spoken(sentence, language)) for what, state, sentence in report if state == wanted_state],
            )
            for wanted_state, title in wanted.items()
        ],
    )
