"""The words of offices, resolved once: conclusions, kinds of subjects, and the delivered inspections in our words."""

from __future__ import annotations

from pathlib import Path

import duckdb
import polars as pl

FOLDER = Path(__file__).parent
LISTED = {"conclusion_word": "conclusions", "subject_word": "subject_words"}
#: Hyphens, dashes and minus signs of every width: offices type whichever their keyboard gives, once or twice.
DASHES = "\u002d\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u2500\ufe58\ufe63\uff0d"
_BLANKS = r"[\s\x{3000}\x{a0}]*"
#: Patterns: dashes with the blanks around them, which become one hyphen; blanks at either end, which go.
DASHED = f"{_BLANKS}[{DASHES}]+{_BLANKS}"
EDGES = f"^{_BLANKS}|{_BLANKS}$"


def plain(text: str) -> str:
    """SQL: a word as the lists have it, lower case, any dashes and the blanks around them one hyphen."""
    return f"lower(regexp_replace(regexp_replace({text}, '{DASHED}', '-', 'g'), '{EDGES}', '', 'g'))"


def lists() -> dict[str, pl.DataFrame]:
    """conclusion_word and subject_word: a word as `plain` gives it, and what it means."""
    return {table: pl.read_csv(FOLDER / f"{file}.csv", infer_schema=False) for table, file in LISTED.items()}


def prepare(con: duckdb.DuckDBPyConnection) -> None:
    """Temporary conclusion_word, subject_word, and `inspection`: the record's inspections with both resolved.

    subject_type and conclusion are null where the word is not known.
    """
    for table, words in lists().items():
        con.register("word_frame", words)
        con.execute(f"create or replace temp table {table} as select * from word_frame")
        con.unregister("word_frame")
    con.execute(
        f"""
        create or replace temp view inspection as
        select i.case_id, i.rule_id, i.subject_id, s.subject_type, c.conclusion
        from record.inspection_result as i
        left join conclusion_word as c on c.word = {plain("i.result")}
        left join subject_word as s on s.word = {plain("i.subject_type")}
        """
    )
