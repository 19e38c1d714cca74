"""visits/<code>.html and visits.csv: one page a place: every lead that touches it, each yuan once.

What the record proves at the desk stands apart from what needs a visit; then the records to pull with the clock times
that a camera is asked for, whom to speak to, what to ask for, and the days it takes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from data.warehouse.connection import frame
from flows.publish import regions
from flows.publish.labels import NOTHING, Known, labelled
from flows.publish.names import masked, person_name_sql
from flows.publish.safe import whole, write_csv
from flows.publish.words import page
from models.ranking.capacity import Capacity
from models.sources.source import Source
from models.visits import places

FOLDER, INDEX = "visits", "visits.csv"
#: Rows that a page has room for, the most money first; the workbook of `fundwatch visit` has all. Records fill what
#: the rest leaves of one page.
ROWS = {"zh": 33, "en": 27}  # English breaks into more lines
LEADS, REASONS, RECORDS, DOCTORS, PERSONS, ASKS, DEPARTMENTS = 6, 7, 6, 4, 4, 5, 8
COLUMNS = (
    "rank, institution_id, institution_name, subject_type, region, tier, leads, findings, records, persons, amount,"
    " fund, desk_amount, desk_fund, visit_amount, visit_fund, expected, desk_days, visit_days, days, yield_per_day,"
    " first_on, last_on, sheet, run_id"
).split(", ")
IDS = ("institution_id", "region")

LEAD_PARTS = """
    select institution_id, lead_id, subject_type, subject_id, tier, count(*) as findings,
        cast(sum(counted_amount) as decimal(16, 2)) as amount, cast(sum(counted_fund) as decimal(16, 2)) as fund
    from visit_finding where institution_id is not null
    group by institution_id, lead_id, subject_type, subject_id, tier
    order by institution_id, amount desc, findings desc, lead_id
"""
REASON_PARTS = """
    select f.institution_id, f.certainty = 'definite' as is_definite, t.nature, t.nature_zh, t.title, t.title_zh,
        f.source, count(distinct f.settlement_id || coalesce(f.line_id, '')) as places,
        count(distinct f.encounter_id) as records,
        count(distinct f.person_id) as persons, cast(sum(f.counted_amount) as decimal(16, 2)) as amount,
        cast(sum(f.counted_fund) as decimal(16, 2)) as fund
    from visit_finding as f join visit_source as t on t.source = f.source
    where f.institution_id is not null
    group by f.institution_id, f.certainty = 'definite', t.nature, t.nature_zh, t.title, t.title_zh, f.source
    order by f.institution_id, is_definite desc, amount desc, places desc, f.source
"""
DOCTORS_OF = """
    select u.institution_id, u.practitioner_id as id, {name} as name,
        count(distinct u.encounter_id) as records, cast(sum(u.counted_amount) as decimal(16, 2)) as amount
    from visit_unit as u left join feature.practitioner as p on p.practitioner_id = u.practitioner_id
    where u.practitioner_id is not null and u.is_doubtful
    group by u.institution_id, u.practitioner_id, p.practitioner_name
    order by u.institution_id, amount desc, records desc, id
"""


class Visits:
    """The sheets of the places that leads of the last ranking touch; tables are read once, a sheet made of its parts.

    `lists`: subject type -> watchlist, for the names of whom leads are about.
    """

    def __init__(
        self,
        con: duckdb.DuckDBPyConnection,
        sources: Collection[Source],
        lists: Mapping[str, pl.DataFrame],
        run_id: str,
        *,
        capacity: Capacity,
        least_yuan: float,
        language: str,
        unmask: bool = False,
        known: Known = NOTHING,
    ) -> None:
        self.language, self.run_id, self.known = language, run_id, known
        self.sources = {s.id: s for s in sources}
        places.prepare(con, sources)
        self.places = places.places(con, capacity, least_yuan).with_columns(run_id=pl.lit(run_id))
        records = places.records(con, person_name_sql(unmask))
        self.records = records if unmask else masked(records)
        named = pl.concat(rows.select("lead_id", "subject_name", "rank", "amount_at_risk") for rows in lists.values())
        self._leads = _by_place(frame(con, LEAD_PARTS).join(named, on="lead_id", how="left", maintain_order="left"))
        self._reasons = _by_place(frame(con, REASON_PARTS))
        self._doctors = _by_place(frame(con, DOCTORS_OF.format(name=person_name_sql(unmask, "p.practitioner_name"))))
        self._records = self.records.partition_by("institution_id", as_dict=True, maintain_order=True)

    def index(self) -> pl.DataFrame:
        """visits.csv: every place that a lead touches, best first; `sheet` names its page where it is worth one."""
        named = pl.col("institution_id").map_elements(lambda i: file_name(i, "html"), return_dtype=pl.String)
        sheet = pl.lit(f"{FOLDER}/") + named
        return self.places.with_columns(sheet=pl.when("is_worth_it").then(sheet)).select(COLUMNS)

    def worth(self) -> list[str]:
        """The places worth a sheet, best first."""
        return [str(i) for i in self.places.filter("is_worth_it")["institution_id"].to_list()]

    def lead_ids(self) -> dict[str, str]:
        """The leads that touch each place, joined by `;`."""
        return {place: ";".join(sorted(r["lead_id"] for r in rows)) for place, rows in self._leads.items()}

    def sheet(self, institution_id: str) -> dict[str, Any]:
        """All that stands on one sheet, as plain values; sums over its parts are those of the place."""
        place = self.places.filter(institution_id=institution_id).row(0, named=True)
        place["region"] = regions.named(place["region"], self.known.regions)
        leads, reasons = self._leads.get(institution_id, []), self._reasons.get(institution_id, [])
        zh = self.language == "zh"
        for row in reasons:
            row["said"] = row["title_zh"] if zh else row["title"]
            row["kind"] = row["nature_zh"] if zh else row["nature"]
        records = self._records.get((institution_id,), self.records.head(0))
        departments = self._departments(records)
        people = self._doctors.get(institution_id, [])[:DOCTORS], self._persons(records)
        desk, visit = ([r for r in reasons if r["is_definite"] is proved] for proved in (True, False))
        parts = _cut(leads, LEADS), _cut(desk, REASONS), _cut(visit, REASONS)
        taken = sum(len(p["rows"]) + bool(p["left"]) for p in parts) + max(sum(map(len, people)), ASKS + 2)
        pulled = records.sort("is_doubtful", "counted_amount", "place", descending=[True, True, False]).head(
            max(RECORDS, ROWS[self.language] - taken)
        )
        return {
            "place": place,
            **dict(zip(("leads", "desk", "visit"), parts, strict=True)),
            "departments": departments[:DEPARTMENTS],
            "departments_left": len(departments[DEPARTMENTS:]),
            "records": pulled.sort("department_code", "admitted_on", "encounter_id", nulls_last=True).to_dicts(),
            "records_left": records.height - pulled.height,
            "numbered": records.filter(~pl.col("is_number_missing")).height,
            "all_records": records.height,
            **dict(zip(("doctors", "persons"), people, strict=True)),
            "fetch": self._fetch(reasons),
        }

    def page(self, institution_id: str) -> str:
        """The sheet as a page of its own."""
        return page("visit", self.language, run_id=self.run_id, **self.sheet(institution_id))

    def _departments(self, records: pl.DataFrame) -> list[dict[str, Any]]:
        """Records and money by department, all of them: the list of records below is only the first."""
        return (
            records.group_by("department_code", "department_name")
            .agg(records=pl.len(), amount=pl.col("counted_amount").sum())
            .sort("amount", "records", "department_code", descending=[True, True, False], nulls_last=True)
            .to_dicts()
        )

    def _persons(self, records: pl.DataFrame) -> list[dict[str, Any]]:
        return (
            records.filter(pl.col("is_doubtful") & pl.col("person_id").is_not_null())
            .group_by("person_id", "person_name")
            .agg(records=pl.len(), amount=pl.col("counted_amount").sum())
            .sort("amount", "records", "person_id", descending=[True, True, False])
            .head(PERSONS)
            .to_dicts()
        )

    def _fetch(self, reasons: list[dict[str, Any]]) -> list[str]:
        """What to ask for, of what needs a visit first, the most money first."""
        ordered = sorted(reasons, key=lambda r: (r["is_definite"], -r["amount"], r["source"]))
        asks = [ask for r in ordered for ask in self.sources[r["source"]].card.asks(self.language)]
        return list(dict.fromkeys(asks))[:ASKS]


def write(visits: Visits, folder: Path, labels: str) -> dict[str, int]:
    """visits.csv and a page for each place worth a visit into the run's folder; returns the rows and pages."""
    index = visits.index()
    write_index(index, folder / INDEX, labels, visits.known)
    (folder / FOLDER).mkdir(exist_ok=True)
    for institution_id in visits.worth():
        write_page(visits, institution_id, folder / FOLDER / file_name(institution_id, "html"))
    return {INDEX: index.height, FOLDER: len(visits.worth())}


def write_index(index: pl.DataFrame, path: Path, labels: str, known: Known = NOTHING) -> None:
    """visits.csv."""
    ids = labelled(index.head(0).select(IDS), labels, FOLDER).columns
    write_csv(labelled(index, labels, FOLDER, known), path, ids=ids)


def write_page(visits: Visits, institution_id: str, path: Path) -> None:
    """One sheet as HTML, whole or not at all."""
    text = visits.page(institution_id)
    whole(path, lambda aside: aside.write_text(text, encoding="utf-8"))


def file_name(institution_id: str, ending: str) -> str:
    """The place's code as the name of a file; a delivered code is text of any kind, and two never share a file."""
    plain = "".join(c if c.isalnum() or c in "-_" else "_" for c in institution_id)
    if plain != institution_id:
        plain += "-" + hashlib.sha256(institution_id.encode()).hexdigest()[:8]
    return f"{plain}.{ending}"


def _by_place(rows: pl.DataFrame) -> dict[str, list[dict[str, Any]]]:
    parts = rows.partition_by("institution_id", as_dict=True, include_key=False, maintain_order=True)
    return {str(place): part.to_dicts() for (place,), part in parts.items()}


def _cut(rows: list[dict[str, Any]], most: int) -> dict[str, Any]:
    """The first rows, what is left of them in one figure, and the sum of all."""
    kept, left = (rows, []) if len(rows) <= most else (rows[: most - 1], rows[most - 1 :])
    nothing = Decimal("0.00")
    return {
        "rows": kept,
        "left": len(left),
        "left_findings": sum(r.get("findings", r.get("places", 0)) for r in left),
        "left_amount": sum((r["amount"] for r in left), nothing),
        "left_fund": sum((r["fund"] for r in left), nothing),
        "findings": sum(r.get("findings", r.get("places", 0)) for r in rows),
        "amount": sum((r["amount"] for r in rows), nothing),
        "fund": sum((r["fund"] for r in rows), nothing),
    }
