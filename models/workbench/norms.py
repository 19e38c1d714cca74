"""The norms of a record: what every detector that compares peers would compare, measured and frozen."""

from __future__ import annotations

from collections.abc import Mapping

import duckdb
import polars as pl

from models import detectors, peers
from models.detectors.peers import method, norms
from models.sources import detector
from models.sources.source import Params
from models.sources.work import Work

COLUMNS = ("subject", "indicator", *peers.KEYS, "members", "volume", *norms.QUANTILES)


def measured(con: duckdb.DuckDBPyConnection, overrides: Mapping[str, Params]) -> pl.DataFrame:
    """COLUMNS, one row a cell. Nothing of it is one institution's or person's, and only group names are text.

    Whoever is compared with norms of others already is measured as it is here. `overrides` are the parameters that
    the settings change, by detector.
    """
    parts = [pl.DataFrame(schema=dict.fromkeys(COLUMNS, pl.String))]
    for name, path in detector.paths_of(detectors.FOLDER):
        if not (path / "find.py").is_file():
            continue
        unit = detector.read(path)
        compared = getattr(detector.find_module(unit), "compared", None)
        if compared is None:
            continue
        with Work(con, unit.card, unit.card.values(overrides.get(name, {})), unit.scripts, path) as work:
            for shared in unit.card.uses:
                work.run(f"{detector.SHARED}/{shared}")
            parts += _cells(work, *compared(work))
    return pl.concat([part.select(pl.col(COLUMNS).cast(pl.String)) for part in parts]).sort(COLUMNS[:6])


def _cells(
    work: Work, rows: pl.DataFrame, indicators: list[method.Indicator], subjects: method.Subjects
) -> list[pl.DataFrame]:
    place = subjects.place or subjects.key
    return [
        norms.cells(method.prepared(rows, i, subjects), place, method.least_volume(i, work.params)).with_columns(
            subject=pl.lit(subjects.name), indicator=pl.lit(i.name)
        )
        for i in indicators
    ]
