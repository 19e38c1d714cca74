"""check.csv: what each check found in the record that the lists were made from."""

from __future__ import annotations

import duckdb
import polars as pl

from data.warehouse import frame


def results(con: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """One row a check, what fails first; `share` is rows / of, `example` the first rows or why none was judged."""
    return frame(
        con,
        """
        select check_name as "check", level, what, what_zh, offending as "rows", judged as "of", share, state, example
        from run.check_result
        order by case state when 'stop' then 0 when 'warn' then 1 when 'not_applicable' then 2 else 3 end,
            level = 'note', check_name
        """,
    )
