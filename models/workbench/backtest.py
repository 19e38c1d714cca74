"""What a rule does on loaded data, beside what the last run has: hits, money, leads, overlap, verdicts, examples."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

import duckdb
import polars as pl

from data.warehouse.connection import frame
from models.sources.sentence import sentence_sql
from models.sources.source import Source
from models.workbench.bench import judge

OTHER = "(the other version)"
TOP, EXAMPLES, OVERLAPS, LEADS = 20, 5, 5, 20
TITLES = {
    "summary": "What it judged and found",
    "subjects": "Subjects: leads as of the last run; `only_this` rests on no other live source",
    "leads": f"Leads it changes, by its yuan (the first {LEADS} of each change; ranks are of the last run)",
    "against": "Hits beside the other version",
    "months": "By month",
    "overlap": "Settlements that other sources hit as well",
    "verdicts": "Verdicts on its subjects",
    "examples": "Examples",
}

#: One row a hit, whomever it implicates.
HIT = """
    select source, settlement_id, line_id, encounter_id, person_id, institution_id, practitioner_id, occurred_on,
        detail, max(amount) as amount, max(fund_amount) as fund_amount
    from {finding}
    where source = $id and outcome = 'hit'
        and ($from_day is null or occurred_on >= $from_day) and ($to_day is null or occurred_on <= $to_day)
    group by all
"""
#: Every line's money once, at its largest; hits without settlement by what they say.
MONEY = """
    select source, date_trunc('month', max(occurred_on)) as month, max(amount) as amount,
        max(fund_amount) as fund_amount
    from hit
    group by source, settlement_id, line_id, case when settlement_id is null then concat_ws('|', person_id,
        institution_id, encounter_id, occurred_on, detail) end
"""


@dataclass(frozen=True)
class Period:
    """First and last day that count; None leaves the side open. A hit without a day counts only if both are."""

    first: date | None = None
    last: date | None = None


def backtest(
    con: duckdb.DuckDBPyConnection,
    source: Source,
    other: Source | None,
    period: Period,
    language: str = "en",
    seconds: float = 0,
) -> dict[str, pl.DataFrame]:
    """Tables by the names of TITLES. `other` is another version; without it the last run's hits of the same id are.

    Raises FundwatchError for a version that does not end within `seconds` (0: they are not counted).
    """
    judge(con, source, seconds=seconds)
    collect(con, "hit", "model.finding", source.id, period)
    if other is None:
        collect(con, "other_hit", "warehouse.model.finding", source.id, period)
    else:
        judge(con, replace(other, id=OTHER), f"{other.id}.sql", seconds)
        collect(con, "other_hit", "model.finding", OTHER, period)
    _subjects(con, source, other, period)
    return {
        "summary": _summary(con, source),
        "subjects": frame(con, SUBJECTS),
        "leads": frame(con, CHANGED),
        "against": frame(con, AGAINST),
        "months": frame(con, MONTHS),
        "overlap": frame(con, OVERLAP, {"id": source.id, "top": OVERLAPS}),
        "verdicts": frame(con, VERDICTS, {"id": source.id}),
        "examples": _examples(con, source, language),
    }


def money(con: duckdb.DuckDBPyConnection) -> tuple[object, ...]:
    """(hits, settlements, yuan, yuan of the funds) of the temporary table hit."""
    row: tuple[object, ...] = con.execute(
        f"""
        select (select count(*) from hit), (select count(distinct settlement_id) from hit),
            coalesce(sum(amount), 0), coalesce(sum(fund_amount), 0)
        from ({MONEY})
        """
    ).fetchall()[0]
    return row


def collect(con: duckdb.DuckDBPyConnection, name: str, finding: str, source: str, period: Period) -> None:
    con.execute(
        f"create or replace temp table {name} as {HIT.format(finding=finding)}",
        {"id": source, "from_day": period.first, "to_day": period.last},
    )


def _summary(con: duckdb.DuckDBPyConnection, source: Source) -> pl.DataFrame:
    hits, settlements, yuan, fund = money(con)
    judged = con.execute(
        "select judged, cannot_judge, reason, seconds from model.coverage where source = $id", {"id": source.id}
    ).fetchall()[0]
    names = ["rule", "status", "judged", "cannot_judge", "why", "seconds", "hits", "settlements", "yuan", "fund_yuan"]
    values = [source.id, source.card.status, *judged, hits, settlements, yuan, fund]
    return pl.DataFrame({"what": names, "value": ["" if v is None else str(v) for v in values]})


def _subjects(con: duckdb.DuckDBPyConnection, source: Source, other: Source | None, period: Period) -> None:
    """Temporary table `moved`: every subject of this or the other version, and what becomes of its lead."""
    theirs, counts = "model.finding", "true"
    if other is None:  # what the last run found counts where it makes leads
        theirs = "warehouse.model.finding"
        counts = "source in (select source from warehouse.model.coverage where status = 'live')"
    con.execute(
        MOVED.format(theirs=theirs, counts=counts),
        {
            "id": source.id,
            "other": source.id if other is None else OTHER,
            "from_day": period.first,
            "to_day": period.last,
        },
    )


def _examples(con: duckdb.DuckDBPyConnection, source: Source, language: str) -> pl.DataFrame:
    """By the hash that names a finding: as good as drawn by lot, and the same every time."""
    return frame(
        con,
        f"""
        select f.occurred_on, f.settlement_id, f.amount, {sentence_sql([source], language)} as sentence
        from (
            select f.*, row_number() over (
                partition by f.settlement_id, f.line_id, f.occurred_on, f.detail order by f.finding_id
            ) as place
            from model.finding as f where f.source = $id
        ) as f
        semi join hit as h on h.settlement_id is not distinct from f.settlement_id
            and h.line_id is not distinct from f.line_id and h.occurred_on is not distinct from f.occurred_on
        where f.place = 1
        order by f.finding_id limit {EXAMPLES}
        """,
        {"id": source.id},
    )


MOVED = """
    create or replace temp table moved as
    with mine as (
        select subject_type, subject_id, count(*) as hits, sum(amount) as yuan
        from model.finding where source = $id and outcome = 'hit'
            and ($from_day is null or occurred_on >= $from_day) and ($to_day is null or occurred_on <= $to_day)
        group by all
    ),
    before as (
        select distinct subject_type, subject_id from {theirs} where {counts} and source = $other and outcome = 'hit'
            and ($from_day is null or occurred_on >= $from_day) and ($to_day is null or occurred_on <= $to_day)
    ),
    elsewhere as (
        select distinct f.subject_type, f.subject_id
        from warehouse.model.finding as f
        join warehouse.model.coverage as c on c.source = f.source and c.status = 'live'
        where f.outcome = 'hit' and f.source <> $id
    ),
    everyone as (
        select subject_type, subject_id from mine union select subject_type, subject_id from before
    )
    select e.subject_type, e.subject_id, l.lead_id, l.rank, coalesce(m.hits, 0) as hits,
        coalesce(m.yuan, 0) as yuan, m.subject_id is not null as is_mine, x.subject_id is not null as is_elsewhere,
        case
            when m.subject_id is not null and l.lead_id is null and b.subject_id is null then 'new'
            when m.subject_id is not null and l.lead_id is null then 'in both, no lead'
            when m.subject_id is null and x.subject_id is null then 'lost'
            when m.subject_id is null then 'loses this reason'
            when b.subject_id is null then 'gains this reason'
            else 'keeps this reason'
        end as change
    from everyone as e
    left join mine as m on m.subject_type = e.subject_type and m.subject_id = e.subject_id
    left join before as b on b.subject_type = e.subject_type and b.subject_id = e.subject_id
    left join elsewhere as x on x.subject_type = e.subject_type and x.subject_id = e.subject_id
    left join warehouse.model.lead as l on l.subject_type = e.subject_type and l.subject_id = e.subject_id
"""
SUBJECTS = f"""
    select subject_type, count(*) filter (where is_mine) as subjects, count(*) filter (where change = 'new') as new,
        count(*) filter (where is_mine and lead_id is not null) as already_leads,
        count(*) filter (where is_mine and rank <= {TOP}) as in_top_{TOP},
        count(*) filter (where change = 'gains this reason') as gain_it,
        count(*) filter (where change = 'loses this reason') as lose_it,
        count(*) filter (where change = 'lost') as lost,
        count(*) filter (where is_mine and not is_elsewhere) as only_this,
        sum(yuan) as yuan
    from moved group by subject_type order by subject_type
"""
CHANGED = f"""
    select change, subject_type, subject_id, lead_id, rank, hits, yuan
    from (
        select *, row_number() over (partition by change order by yuan desc, rank, subject_type, subject_id) as place
        from moved where change not in ('keeps this reason', 'in both, no lead')
    )
    where place <= {LEADS} order by change, place
"""
KEY = ("settlement_id", "line_id", "encounter_id", "person_id", "institution_id", "occurred_on")
PLACE = "concat_ws('|', " + ", ".join(f"coalesce(cast({c} as varchar), '')" for c in KEY) + ")"
AGAINST = f"""
    with sides as (
        select {PLACE} as place, true as is_here, amount, settlement_id from hit
        union all select {PLACE}, false, amount, settlement_id from other_hit
    ),
    places as (
        select place, max(settlement_id) as settlement_id, max(amount) as amount,
            case
                when bool_and(is_here) then 'only here'
                when bool_or(is_here) then 'both'
                else 'only there'
            end as side
        from sides group by place
    )
    select side, count(*) as hits, count(distinct settlement_id) as settlements, sum(amount) as yuan
    from places group by side order by side
"""
MONTHS = f"""
    with h as (
        select date_trunc('month', occurred_on) as month, count(*) as hits,
            count(distinct settlement_id) as settlements
        from hit group by 1
    ),
    m as (select month, sum(amount) as yuan from ({MONEY}) group by 1)
    select strftime(h.month, '%Y-%m') as month, h.hits, h.settlements, coalesce(m.yuan, 0) as yuan
    from h left join m on m.month is not distinct from h.month order by 1 nulls last
"""
OVERLAP = """
    with mine as (select distinct settlement_id from hit where settlement_id is not null)
    select f.source, count(distinct f.settlement_id) as settlements,
        round(count(distinct f.settlement_id) / (select nullif(count(*), 0) from mine), 3) as share
    from warehouse.model.finding as f semi join mine on mine.settlement_id = f.settlement_id
    where f.source <> $id and f.outcome = 'hit'
    group by f.source order by settlements desc, f.source limit $top
"""
#: A verdict counts once a subject; one that names other rules alone says nothing about this one.
VERDICTS = """
    with said as (
        select v.subject_type, v.subject_id, max(v.conclusion in ('confirmed', 'partly_confirmed')) as is_confirmed
        from casebook.current_verdict as v
        semi join moved as m on m.is_mine and m.subject_type = v.subject_type and m.subject_id = v.subject_id
        where v.conclusion <> 'unsure'
            and (v.rule is null or list_contains(string_split(coalesce(v.sources, ''), ';'), $id))
        group by 1, 2
    )
    select subject_type, count(*) as judged, count(*) filter (where is_confirmed) as confirmed,
        round(count(*) filter (where is_confirmed) / count(*), 3) as precision
    from said group by subject_type order by subject_type
"""
