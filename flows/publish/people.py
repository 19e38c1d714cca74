"""Where a lead's money is and who came together: places and departments, a group's members, its joint days."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from data.warehouse.connection import frame
from flows.publish.chart import day
from flows.publish.names import person_name_sql
from flows.publish.words import words

IDS = ("institution_id", "person_id", "settlement_ids")
PLACE = ("institution_id", "institution_name")
#: Members, places and days that a page has room for; members.csv has all.
MEMBERS, PLACES, JOINT_DAYS = 20, 10, 14


def places(evidence: pl.DataFrame) -> pl.DataFrame:
    """One row an institution and department of the findings, the most money first.

    What a whole place is measured by beside its peers has no bill and stands nowhere in it, so it has no row
    beside those that have.
    """
    seated = pl.col("settlement_id").is_not_null()
    has_bill = seated.any().over("institution_id")
    return (
        evidence.filter(pl.col("institution_id").is_not_null() & (seated | ~has_bill))
        .group_by(*PLACE, "department_code", "department_name")
        .agg(
            findings=pl.len(),
            settlements=pl.col("settlement_id").drop_nulls().n_unique(),
            persons=pl.col("person_id").drop_nulls().n_unique(),
            counted_amount=pl.col("counted_amount").sum(),
            first_on=day().min(),
            last_on=day().max(),
        )
        .sort("counted_amount", "findings", "institution_id", "department_code", descending=[True, True, False, False])
    )


def members(
    con: duckdb.DuckDBPyConnection, where: str, params: dict[str, object], *, unmask: bool = False
) -> pl.DataFrame:
    """One row a member of the groups' leads that `where` (over `l`, model.lead) selects: name, sex, age."""
    query = Path(__file__).with_name("members.sql").read_text(encoding="utf-8")
    return frame(con, query.format_map({"name": person_name_sql(unmask), "chosen": f"({where})"}), params)


def visits(members: pl.DataFrame, evidence: pl.DataFrame) -> pl.DataFrame:
    """One row a member, day and institution of a group's findings, with how many members were there that day."""
    came = (
        evidence.filter(pl.col("settlement_id").is_not_null())
        .with_columns(occurred_on=day())
        .group_by("occurred_on", *PLACE, "person_id")
        .agg(
            settled_at=pl.col("settled_at").min(),
            settlement_ids=pl.col("settlement_id").unique().sort().str.join(";"),
            counted_amount=pl.col("counted_amount").sum(),
        )
        .with_columns(together=pl.len().over("occurred_on", "institution_id"))
    )
    return (
        members.drop("lead_id", strict=False)
        .join(came, on="person_id")
        .select(
            "occurred_on",
            *PLACE,
            "together",
            "person_id",
            "person_name",
            "sex",
            "age",
            "settled_at",
            "settlement_ids",
            "counted_amount",
        )
        .sort("occurred_on", "institution_id", "person_id")
    )


def gathering(members: pl.DataFrame, visits: pl.DataFrame) -> dict[str, Any]:
    """What a page shows of a group: its members with their joint visits, and tables of places and days by members.

    members: the most joint visits first, numbered from 1; at: the places with most of them, each with `days`, on how
    many each member shown was there; days: the joint days with most of them, by date, each with `present`, a flag for
    each member shown. members_left and days_left: how many are in members.csv only.
    """
    joint = visits.filter(pl.col("together") > 1)
    counted = joint.group_by("person_id").agg(joint_visits=pl.len(), places=pl.col("institution_id").n_unique())
    money = visits.group_by("person_id").agg(pl.col("counted_amount").sum())
    everyone = (
        members.join(counted, on="person_id", how="left")
        .join(money, on="person_id", how="left")
        .with_columns(pl.col("joint_visits", "places", "counted_amount").fill_null(0))
        .sort("joint_visits", "person_id", descending=[True, False])
    )
    shown = everyone.head(MEMBERS).with_row_index("number", offset=1)
    days = joint.group_by("occurred_on", *PLACE).agg(pl.col("person_id"), together=pl.col("together").first())
    chosen = days.sort("together", "occurred_on", "institution_id", descending=[True, False, False]).head(JOINT_DAYS)
    ids = shown["person_id"].to_list()
    at = (
        visits.group_by(*PLACE)
        .agg(
            pl.col("person_id").n_unique().alias("together"),
            *(pl.col("occurred_on").filter(pl.col("person_id") == i).n_unique().alias(f"of {i}") for i in ids),
        )
        .sort("together", "institution_id", descending=[True, False])
        .head(PLACES)
    )
    return {
        "at": at.select(*PLACE, "together", days=pl.concat_list([f"of {i}" for i in ids])).to_dicts(),
        "members": shown.to_dicts(),
        "members_left": everyone.height - shown.height,
        "days": chosen.sort("occurred_on", "institution_id")
        .with_columns(present=pl.concat_list([pl.col("person_id").list.contains(pl.lit(i)) for i in ids]))
        .drop("person_id")
        .to_dicts(),
        "joint_days": days.height,
        "days_left": days.height - chosen.height,
    }


def told(places: pl.DataFrame, gathering: dict[str, Any] | None, language: str) -> list[str]:
    """The same in lines of text, for a terminal: a heading, its rows, and a heading for what follows."""
    w = words(language)
    heading = w["colon"].rstrip()
    lines = [w["where"] + heading]
    lines += [
        "  "
        + w["place_line"].format(
            place=p["institution_name"] or "–",
            code=p["institution_id"],
            department=p["department_name"] or p["department_code"] or "–",
            findings=p["findings"],
            persons=p["persons"],
            amount=f"{p['counted_amount'] or 0:,.2f}",
        )
        for p in places.head(JOINT_DAYS).iter_rows(named=True)
    ]
    if gathering is None:
        return lines
    lines.append(w["members"] + heading)
    for m in gathering["members"]:
        sex = {"1": w["male"], "2": w["female"]}.get(m["sex"], "–")
        age = "–" if m["age"] is None else w["age"].format(age=m["age"])
        lines.append("  " + w["member_line"].format_map({**m, "sex": sex, "age": age}))
    if gathering["days"]:
        lines.append(w["together"] + heading)
    for d in gathering["days"]:
        numbers = w["comma"].join(str(n) for n, here in enumerate(d["present"], start=1) if here)
        name = d["institution_name"] or d["institution_id"]
        lines.append("  " + w["day_line"].format(day=d["occurred_on"], place=name, n=d["together"], numbers=numbers))
    return lines
