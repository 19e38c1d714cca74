"""Lists of single pooling areas (统筹区): areas/<code>/ of a run's folder, cut from those of the whole.

They are written where HOME sets parameters or knowledge for areas and the record holds places of several. Columns,
ranks and scores are those of the whole, so that an area's list and the whole are one; a group stands in the list of
every area in which it has been.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

import duckdb
import polars as pl

from data.area import digits
from data.knowledge import by_area
from data.warehouse.connection import frame
from flows.home.settings import Settings
from flows.publish import watchlists
from flows.publish.labels import Known

FOLDER = "areas"
#: One row: a lead and an area in which it is.
OF_LEADS = """
    select l.lead_id, coalesce(i.area, h.area, p.area) as area
    from model.lead as l
    left join feature.institution as i
        on l.subject_type in ('institution', 'pharmacy') and i.institution_id = l.subject_id
    left join feature.practitioner as d on l.subject_type = 'practitioner' and d.practitioner_id = l.subject_id
    left join feature.institution as h on h.institution_id = d.institution_id
    left join feature.person as p on l.subject_type = 'person' and p.person_id = l.subject_id
    where l.subject_type <> 'group'
    union
    select r.lead_id, coalesce(i.area, s.area) as area
    from casebook.lead_register as r
    join model.finding as f on f.subject_type = 'group' and f.subject_id = r.subject_key
    left join feature.institution as i on i.institution_id = f.institution_id
    left join feature.settlement as s on s.settlement_id = f.settlement_id
    where r.subject_type = 'group'
"""


def set_in(settings: Settings) -> list[str]:
    """The areas for which HOME sets anything, by how their codes begin."""
    of_knowledge = by_area.folders(settings.home / "knowledge", lambda _: [])
    return sorted({*map(digits, settings.areas), *of_knowledge})


def held(con: duckdb.DuckDBPyConnection) -> list[str]:
    """The areas of the record's places."""
    rows = con.execute("select distinct area from feature.institution where area is not null order by 1").fetchall()
    return [str(area) for (area,) in rows]


def cut(con: duckdb.DuckDBPyConnection, rows: pl.DataFrame, area: str) -> pl.DataFrame:
    """The rows of a list that are in an area."""
    within = frame(con, f"select distinct lead_id from ({OF_LEADS}) where starts_with(area, $area)", {"area": area})
    return rows.filter(pl.col("lead_id").is_in(within["lead_id"].to_list()))


def write(
    con: duckdb.DuckDBPyConnection,
    settings: Settings,
    lists: Mapping[str, pl.DataFrame],
    folder: Path,
    known: Known,
) -> dict[str, int]:
    """Write the lists of each area; nothing where HOME sets none, or the record lies in one. The rows of all."""
    areas = set_in(settings)
    if not areas or len({_narrowest(place, areas) for place in held(con)}) < 2:
        return {}
    rows = 0
    for area in areas:
        of_area = {kind: cut(con, of_kind, area) for kind, of_kind in lists.items()}
        place = folder / FOLDER / area
        place.mkdir(parents=True, mode=0o700)
        rows += sum(watchlists.write(of_area, place, labels=settings.labels, known=known).values())
    return {FOLDER: rows}


def _narrowest(place: str, areas: Collection[str]) -> str:
    return max((area for area in areas if place.startswith(area)), key=len, default="")
