"""How a person's name is written: the first character and two stars, unless it is asked for in full.

Insured persons, practitioners and whoever answers for a place are treated alike.
"""

from __future__ import annotations

import polars as pl

#: Columns of our files that hold a person's name.
NAMES = ("person_name", "practitioner_name")
#: Lists whose subjects are persons.
PERSONS = ("person", "practitioner")


def person_name_sql(unmask: bool, column: str = "i.person_name") -> str:
    """SQL of a person's name."""
    return column if unmask else f"substr({column}, 1, 1) || '**'"


def masked(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows of a published file as they may be shown again, whatever the run that wrote them was asked for."""

    def mask(name: str) -> pl.Expr:
        return pl.col(name).str.slice(0, 1) + "**"

    shown = rows.with_columns(mask(name).alias(name) for name in NAMES if name in rows.columns)
    if {"subject_type", "subject_name"} <= set(shown.columns):
        is_person = pl.col("subject_type").is_in(PERSONS)
        shown = shown.with_columns(
            subject_name=pl.when(is_person).then(mask("subject_name")).otherwise(pl.col("subject_name"))
        )
    return shown
