"""Working days: Monday to Friday but the public holidays, and the days worked in their stead.

The knowledge calendar says both for the years whose arrangement it holds; of a year that the State Council has not
arranged yet it names the days off that stand in the law (kind statutory), and of others weekends alone are known.
"""

from __future__ import annotations

from datetime import date

import duckdb

from data.knowledge.load import FOLDER, tables
from data.warehouse.connection import has
from data.warehouse.paths import quoted

#: Days that any time limit of the casebook may fall on.
FROM, TO = date(2015, 1, 1), date(2045, 12, 31)


def prepare(con: duckdb.DuckDBPyConnection) -> None:
    """Temporary `workday`: on_date, is_working, upto (working days up to it), is_known (its year's holidays are)."""
    con.execute(
        f"""
        create or replace temp table workday as
        with special as (
            select on_date, max(case when kind in ('holiday', 'statutory') then 1 else 0 end) as is_holiday,
                max(case when kind = 'workday' then 1 else 0 end) as is_worked,
                max(case when kind = 'statutory' then 0 else 1 end) as is_arranged
            from {source(con, "calendar")}
            group by on_date
        ),
        arranged as (select distinct year(on_date) as year_number from special where is_arranged = 1),
        every as (
            select cast(d as date) as on_date
            from generate_series(timestamp '{FROM}', timestamp '{TO}', interval 1 day) as days(d)
        ),
        judged as (
            select e.on_date,
                coalesce(s.is_worked, 0) = 1 or (isodow(e.on_date) < 6 and coalesce(s.is_holiday, 0) = 0) as is_working,
                a.year_number is not null as is_known
            from every as e
            left join arranged as a on a.year_number = year(e.on_date)
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
    path = quoted(FOLDER / f"{table}.csv")
    kinds = {"on_date": "date", "valid_from": "date", "valid_to": "date", "working_days": "integer"}
    typed = [f"cast({c} as {kinds[c]}) as {c}" for c in tables()[table][0] if c in kinds]
    return (
        f"(select * replace ({', '.join(typed)}) from read_csv('{path}', header = true, all_varchar = true,"
        " nullstr = ''))"
    )
