"""What a run looks like in counts: the main indicators, the scores, the hit rates, the first places of each list.

Kept so that later runs can say what changed. Counts by bin and nine deciles of each indicator; lead ids of the first
places; no subject. An indicator is a rate, a mean or a share of the months delivered, never a sum over all of them: a
record of twelve months stands beside one of eleven.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import polars as pl

from data.warehouse.connection import frame, transaction

TOP = 50
INDICATORS = {
    "institution": """
        select amount_per_stay, amount_per_visit, nights_per_stay, drug_share, exam_share, material_share,
            treatment_share, short_stay_share, repeated_stay_share, price_index, m.settlements_a_month,
            m.settlements_per_person_month
        from feature.institution_indicator as i
        left join (
            select institution_id, avg(settlements) as settlements_a_month,
                cast(sum(settlements) as double) / nullif(sum(persons), 0) as settlements_per_person_month
            from feature.institution_month group by institution_id
        ) as m on m.institution_id = i.institution_id
        order by i.institution_id
    """,
    "pharmacy": """
        select amount_per_purchase, m.amount_per_person_month, purchases_per_person_month, round_share, repeated_share,
            ward_share, patent_share, price_index
        from feature.pharmacy_indicator as i
        left join (
            select institution_id,
                cast(sum(eligible_amount) as double) / nullif(sum(persons), 0) as amount_per_person_month
            from feature.pharmacy_month group by institution_id
        ) as m on m.institution_id = i.institution_id
        order by i.institution_id
    """,
    "practitioner": """
        select cast(count(*) as double) / count(distinct date_trunc('month', charged_on)) as days_a_month,
            avg(encounters) as encounters_a_day,
            cast(sum(eligible_amount) as double) / nullif(sum(encounters), 0) as amount_per_encounter,
            cast(sum(lines) as double) / nullif(sum(encounters), 0) as lines_per_encounter
        from feature.practitioner_day group by practitioner_id order by practitioner_id
    """,
    "person": """
        select avg(settlements) as settlements_a_month, avg(days) as days_a_month,
            cast(sum(eligible_amount) as double) / count(*) as amount_a_month,
            avg(institutions) as institutions_a_month, avg(inpatient_days) as inpatient_days_a_month
        from feature.person_month group by person_id order by person_id
    """,
}


def values(con: duckdb.DuckDBPyConnection) -> dict[tuple[str, str, str], np.ndarray]:
    """(what, subject type, name) -> values of all subjects: indicators, and the scores of the last ranking."""
    found: dict[tuple[str, str, str], np.ndarray] = {}
    for kind, query in INDICATORS.items():
        for column in frame(con, query).cast(pl.Float64).iter_columns():
            found["indicator", kind, column.name] = column.drop_nulls().round(6).to_numpy()
    scores = frame(con, "select subject_type, cast(score as double) as score from model.lead order by lead_id")
    for (kind,), part in sorted(scores.group_by("subject_type")):
        found["score", str(kind), "score"] = part["score"].to_numpy()
    return found


def deciles(of: np.ndarray) -> list[float]:
    """The inner deciles that differ, each a value of the data; none without data."""
    if not len(of):
        return []
    return sorted({float(v) for v in np.quantile(of, np.arange(1, 10) / 10, method="lower")})


def binned(of: np.ndarray, edges: list[float]) -> list[int]:
    """How many values lie up to the first edge, up to the second ..., beyond the last."""
    return np.bincount(np.searchsorted(np.array(edges), of, side="left"), minlength=len(edges) + 1).tolist()  # type: ignore[no-any-return]


def take(con: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """This warehouse's profile: what, subject_type, name, n, edges, counts, hits, noise; see the schema."""
    rows: list[tuple[object, ...]] = []
    for (what, kind, name), of in values(con).items():
        edges = deciles(of)
        rows.append((what, kind, name, len(of), json.dumps(edges), json.dumps(binned(of, edges)), None, None))
    rows += [("source", None, r["name"], r["n"], None, None, r["hits"], r["noise"]) for r in sources(con)]
    top = con.execute(
        "select subject_type, lead_id, rank from model.lead where rank <= $top order by subject_type, rank",
        {"top": TOP},
    ).fetchall()
    rows += [("top", kind, lead, place, None, None, None, None) for kind, lead, place in top]
    return pl.DataFrame(
        rows,
        schema={
            "what": pl.String,
            "subject_type": pl.String,
            "name": pl.String,
            "n": pl.Int64,
            "edges": pl.String,
            "counts": pl.String,
            "hits": pl.Int64,
            "noise": pl.Float64,
        },
        orient="row",
    )


def sources(con: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """name, n (judged), hits and noise of every source; noise of 1 is chance."""
    return [
        {"name": source, "n": judged, "hits": hits, "noise": max(1.0, noise)}
        for source, judged, hits, noise in con.execute(_text("source_month")).fetchall()
    ]


def remember(con: duckdb.DuckDBPyConnection, run_id: str) -> None:
    """Keep the profile of a published run; one that is kept already stays as it is."""
    if con.execute("select 1 from casebook.run_profile where run_id = $run limit 1", {"run": run_id}).fetchall():
        return
    with transaction(con):
        con.register("profile_frame", take(con))
        con.execute(
            """
            insert into casebook.run_profile by name
            select $run as run_id, (select coalesce(max(place), 0) + 1 from casebook.run_profile) as place, p.*
            from profile_frame as p
            """,
            {"run": run_id},
        )
        con.unregister("profile_frame")


def before(con: duckdb.DuckDBPyConnection, run_id: str) -> tuple[str | None, pl.DataFrame]:
    """The run published last before this one, and its profile; (None, no rows) for the first."""
    rows = frame(
        con,
        """
        select p.* exclude (place) from casebook.run_profile as p
        where p.place = (
            select max(place) from casebook.run_profile
            where place < coalesce(
                (select min(place) from casebook.run_profile where run_id = $run), 9223372036854775807
            )
        )
        order by all
        """,
        {"run": run_id},
    )
    return (str(rows["run_id"][0]) if rows.height else None), rows


def _text(name: str) -> str:
    return Path(__file__).with_name(f"{name}.sql").read_text(encoding="utf-8")
