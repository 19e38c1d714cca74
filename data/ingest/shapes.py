"""Numbers unlike the others of their column: a letter for a digit, or what belongs in another column."""

from __future__ import annotations

from itertools import combinations

import duckdb

from data.ingest.delivery import Delivery

#: Of a column's numbers so many are looked at.
SAMPLE = 5_000
#: The shape of numbers: letters before, digits behind. Of so many that one shape has, others are looked at.
LETTERS_AND_DIGITS = "([A-Za-z]*)([0-9]{8,})"
USUAL, LEAST_USUAL = 0.8, 4
#: Letters that people and text recognition put for 0 and 1, and marks that stand between digits.
TAKEN_FOR, MEANT, BETWEEN = "OoIl", "0011", "[-_. /·]"
MISREAD = "a number with a letter or mark where the others of its column have a digit"
SWAPPED = "a number such as another column has, and that one has a number such as belongs here: the two are swapped"


def mark(con: duckdb.DuckDBPyConnection, delivery: Delivery, stage: str, table_of_stage: str) -> None:
    """Mark staged rows with such a number, in the table behind the stage.

    5199O0000012400005 among numbers of 18 digits means nobody; which number was meant is for those who wrote it.
    """
    fields = {f.column: f for f in delivery.fields.values() if f.kind == "id" and not f.is_personal}
    shapes = {column: shape for column in fields if (shape := _usual_shape(con, stage, column)) is not None}
    for column, (letters, digits) in shapes.items():
        behind = f"translate(substr({column}, {letters + 1}), '{TAKEN_FOR}', '{MEANT}')"
        con.execute(
            f"""
            update {table_of_stage} set bad = '{fields[column].source}|{MISREAD}'
            where bad is null and case
                -- in this order: all but a few rows are told by the first
                when regexp_full_match({column}, '{_pattern(letters, digits)}') then false
                when not regexp_full_match(left({column}, {letters}), '[A-Za-z]*') then false
                else regexp_full_match(regexp_replace({behind}, '{BETWEEN}', '', 'g'), '[0-9]{{{digits}}}')
            end
            """
        )
    _mark_swapped(con, table_of_stage, {fields[column].source: (column, *shape) for column, shape in shapes.items()})


def _mark_swapped(con: duckdb.DuckDBPyConnection, table_of_stage: str, shaped: dict[str, tuple[str, int, int]]) -> None:
    """Two numbers of a row that stand in each other's column: a person under a hospital's code is neither."""
    for (name, (one, *form)), (_, (other, *its_form)) in combinations(shaped.items(), 2):
        if sum(form) == sum(its_form):  # numbers of one length say nothing of where they belong
            continue
        con.execute(
            f"""
            update {table_of_stage} set bad = '{name}|{SWAPPED}'
            where bad is null and length({one}) = {sum(its_form)} and length({other}) = {sum(form)}
                and regexp_full_match({one}, '{_pattern(*its_form)}')
                and regexp_full_match({other}, '{_pattern(*form)}')
            """
        )


def _pattern(letters: int, digits: int) -> str:
    return f"[A-Za-z]{{{letters}}}[0-9]{{{digits}}}"


def _usual_shape(con: duckdb.DuckDBPyConnection, stage: str, column: str) -> tuple[int, int] | None:
    """How many letters and then digits most of a column's first numbers have; None where there is no such form."""
    shapes = con.execute(
        f"""
        with sampled as (select {column} as id from {stage} where {column} is not null limit {SAMPLE}),
        shaped as (
            select length(regexp_extract(id, '^{LETTERS_AND_DIGITS}$', 1)) as letters,
                length(regexp_extract(id, '^{LETTERS_AND_DIGITS}$', 2)) as digits, count(*) as ids
            from sampled group by all
        )
        select letters, digits from shaped
        where digits > 0 and ids >= {LEAST_USUAL} and ids >= {USUAL} * (select sum(ids) from shaped)
        """
    ).fetchall()
    return shapes[0] if shapes else None
