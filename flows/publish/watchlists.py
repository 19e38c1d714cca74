"""watchlist_<subject type>.csv: every subject with a lead, best first."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import duckdb
import polars as pl

from data.warehouse.connection import frame
from features import build
from flows.publish import regions
from flows.publish.labels import NOTHING, Known, labelled
from flows.publish.names import person_name_sql
from flows.publish.safe import write_csv

SUBJECT_TYPES = ("institution", "pharmacy", "practitioner", "person", "group")
COLUMNS = (
    "rank, lead_id, subject_type, subject_id, subject_name, region, tier, score, rank_low, rank_high,"
    " amount_at_risk, fund_at_risk, expected_yield, findings, settlements, persons, first_on, last_on, status,"
    " prior_confirmed, control_arm, rules, reasons, peer_group, members, run_id"
).split(", ")
IDS = ("subject_id", "members", "region")


def watchlist(
    con: duckdb.DuckDBPyConnection,
    subject_type: str,
    run_id: str,
    *,
    language: str = "en",
    unmask: bool = False,
    top: int | None = None,
) -> pl.DataFrame:
    """One list in the contract's columns; persons' names keep their first character unless unmasked."""
    zh = language == "zh"
    said = "reasons_zh" if zh else "reasons"
    at = "'主要涉及' || w.institution_name || '。'" if zh else "'mostly at ' || w.institution_name || ': '"
    name = person_name_sql(unmask)
    query = build.legible(
        con,
        f"""
        with named as (
            select person_id, arg_min(person_name, source_table) as person_name
            from record.person_identity where person_name is not null group by person_id
        ),
        insured as (
            select person_id, max(insured_division) as division from feature.settlement group by person_id
        ),
        -- A group is where its places are, if they are in one division.
        gathered as (
            select r.lead_id, min(i.division) as division
            from casebook.lead_register as r
            join model.finding as f on f.subject_type = 'group' and f.subject_id = r.subject_key
            join feature.institution as i on i.institution_id = f.institution_id
            where r.subject_type = 'group'
            group by r.lead_id
            having count(distinct i.division) = 1
        )
        select l.rank, l.lead_id, l.subject_type, l.subject_id,
            case l.subject_type
                when 'person' then {name}
                when 'practitioner' then {person_name_sql(unmask, "d.practitioner_name")}
                when 'group' then (len(l.members) - len(replace(l.members, ';', '')) + 1)
                    || case when $language = 'zh' then '人' else ' persons' end
                else o.institution_name
            end as subject_name,
            coalesce(o.division, h.division, n.division, g.division) as region,
            l.tier, l.score, l.rank_low, l.rank_high, l.amount_at_risk, l.fund_at_risk, l.expected_yield,
            l.findings, l.settlements, l.persons, l.first_on, l.last_on, l.status, l.prior_confirmed,
            l.is_control_arm as control_arm, l.rules,
            case when l.subject_type in ('practitioner', 'group') and w.institution_name is not null
                then {at} else '' end || l.{said} as reasons, l.peer_group, l.members,
            $run_id as run_id
        from model.lead as l
        left join feature.institution as o
            on l.subject_type in ('institution', 'pharmacy') and o.institution_id = l.subject_id
        left join feature.practitioner as d on l.subject_type = 'practitioner' and d.practitioner_id = l.subject_id
        left join feature.institution as h on h.institution_id = d.institution_id
        left join named as i on l.subject_type = 'person' and i.person_id = l.subject_id
        left join feature.institution as w on w.institution_id = l.institution_id
        left join gathered as g on l.subject_type = 'group' and g.lead_id = l.lead_id
        left join insured as n on l.subject_type = 'person' and n.person_id = l.subject_id
        where l.subject_type = $subject_type and l.rank <= coalesce($top, l.rank)
        order by l.rank
        """,
    )
    params = {"subject_type": subject_type, "run_id": run_id, "language": language, "top": top}
    return frame(con, query, params).select(COLUMNS)


def lists(con: duckdb.DuckDBPyConnection, run_id: str, *, language: str, unmask: bool) -> dict[str, pl.DataFrame]:
    """Every subject type with its whole list."""
    return {kind: watchlist(con, kind, run_id, language=language, unmask=unmask) for kind in SUBJECT_TYPES}


def with_regions(of: Mapping[str, pl.DataFrame], known: Known) -> dict[str, pl.DataFrame]:
    """The lists with divisions by name, for pages; a file for joins keeps the code."""
    name = pl.col("region").map_elements(lambda code: regions.named(code, known.regions), return_dtype=pl.String)
    return {kind: rows.with_columns(name) for kind, rows in of.items()}


def write(of: Mapping[str, pl.DataFrame], folder: Path, *, labels: str, known: Known = NOTHING) -> dict[str, int]:
    """Write the lists into the folder; returns the rows of each file."""
    for kind, rows in of.items():
        # the ids are made safe before the columns may change their names
        ids = labelled(rows.head(0).select(IDS), labels).columns
        write_csv(labelled(rows, labels, known=known), folder / f"watchlist_{kind}.csv", ids=ids)
    return {f"watchlist_{kind}.csv": rows.height for kind, rows in of.items()}
