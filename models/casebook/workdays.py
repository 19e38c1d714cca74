"""Working days: Monday to Friday but the public holidays, and the days worked in their stead.

The knowledge calendar says both for the years it covers; of other years weekends alone are known.
"""

from __future__ import annotations

from datetime import date

import duckdb

from data.knowledge.load import FOLDER, tables
from data.warehouse.connection import has

#: Days that any time limit of the casebook may fall on.
FROM, TO = date(2015, 1, 1), date(2045, 12, 31)


def prepare(con: duckdb.DuckDBPyConnection) -> None:
    """Temporary `workday`: on_date, is_working, upto (working days up to it), is_known (its year's holidays are)."""
    con.execute(
        f"""
        create or replace temp table workday as
        with special as (
            select on_date, max(case when kind = 'holiday' then 1 else 0 end) as is_holiday,
                max(case when kind = 'workday' then 1 else 0 end) as is_worked
            from {source(con, "calendar")}
            group by on_date
        ),
        span as (select year(min(on_date)) as first_year, year(max(on_date)) as last_year from special),
        every as (
            select cast(d as date) as on_date
            from generate_series(timestamp '{FROM}', timestamp '{TO}', interval 1 day) as days(d)
        ),
        judged as (
            select e.on_date,
                coalesce(s.is_worked, 0) = 1 or (isodow(e.on_date) < 6 and coalesce(s.is_holiday, 0) = 0) as is_working,
                year(e.on_date) between p.first_year and p.last_year as is_known
            from every as e
            cross join span as p
            left join special as s on s.on_date = e.on_date
        )
        select on_date, is_working, sum(case when is_working then 1 else 0 end) over (order by on_date) as upto,
            coalesce(is_known, false) as is_known
        from judged
        """
    )


def due_sql(day: str, working_days: str) -> str:
    """SQL: the last day of a limit of so many working days; the day it begins does not count. After `prepare`."""
    begun = f"(select max(w.upto) from workday as w where w.on_date = {day})"
    return f"(select min(w.on_date) from workday as w where w.is_working and w.upto = {begun} + {working_days})"


def source(con: duckdb.DuckDBPyConnection, table: str) -> str:
    """SQL of a knowledge table: this HOME's, else what is shipped (a HOME of an earlier version lacks it)."""
    if has(con, f"knowledge.{table}") and con.execute(f"select count(*) from knowledge.{table}").fetchall()[0][0]:
        return f"knowledge.{table}"
    path = str(FOLDER / f"{table}.csv").replace("'", "''")
    kinds = {"on_date": "date", "valid_from": "date", "valid_to": "date", "working_days": "integer"}
    typed = [f"cast({c} as {kinds[c]}) as {c}" for c in tables()[table][0] if c in kinds]
    return (
        f"(select * replace ({', '.join(typed)}) from read_csv('{path}', header = true, all_varchar = true,"
        " nullstr = ''))"
    )
