"""leads/<lead_id>/dossier.html: what the inspector takes along: who, why, how much, beside whom, what to fetch."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from data.warehouse.connection import frame
from flows.publish import chart, history, legal, people, sentences
from flows.publish.names import person_name_sql
from flows.publish.words import page, words
from models.sources import areas
from models.sources.source import Source
from models.sources.wording import filled

#: Findings shown on the page, the most money of each rule; between the least and the most of a rule. The rest stands
#: in evidence.csv.
SHOWN, LEAST, MOST = 20, 2, 10
#: A group's days and members show what its rules say again and again.
OF_GROUP = 3
#: Other leads with the same money, figures beside peers, places that the page has room for.
RELATED, PEERS, PLACES = 6, 12, 10

POINTS = "select lead_id, part, points from model.lead_part where points <> 0 order by lead_id, points desc, part"


class Dossiers:
    """The pages of one run's leads: tables read once, a page made of the parts of its lead."""

    def __init__(
        self,
        con: duckdb.DuckDBPyConnection,
        sources: Collection[Source],
        lists: Mapping[str, pl.DataFrame],
        language: str,
        *,
        unmask: bool = False,
        before: int | None = None,
    ) -> None:
        """`before`: the event's number as of which the cases that hold a lead are told."""
        self.sources, self.language, self.words = {s.id: s for s in sources}, language, words(language)
        self._peers = _by_lead(frame(con, _query("peers"), {"language": language}))
        self._points = _by_lead(frame(con, POINTS))
        self._history = history.by_lead(con, self.sources, language, before=before)
        self._law = legal.Law(con, sources, language)
        self._areas = _areas(con) if any(s.areas for s in sources) else {}
        self._subjects = _by_lead(frame(con, _query("subject").format(owner=person_name_sql(unmask, "o.owner"))))
        named = ("lead_id", "subject_type", "subject_id", "subject_name", "rank", "tier", "amount_at_risk")
        others = pl.concat(rows.select(named) for rows in lists.values()).rename({"lead_id": "other_id"})
        related = frame(con, _query("related")).join(others, on="other_id", maintain_order="left")
        self._related = _by_lead(related)

    def page(self, lead: dict[str, Any], evidence: pl.DataFrame, members: pl.DataFrame | None = None) -> str:
        """The page of one lead (a watchlist row) with its evidence rows; `members` of a group."""
        lead_id, reasons = lead["lead_id"], self._reasons(lead, evidence)
        places = people.places(evidence)
        elsewhere = lead["subject_type"] in ("practitioner", "person") or places.height > 1
        related = self._related.get(lead_id, [])
        return page(
            "dossier",
            self.language,
            lead=lead,
            facts=self._facts(lead),
            summary=self._summary(lead, reasons, places),
            reasons=reasons,
            extent=[self._counted(key, lead) for key in ("findings", "settlements", "persons")],
            found=sum((r["amount"] for r in reasons), Decimal(0)),
            counted=sum((r["counted"] for r in reasons), Decimal(0)),
            points=self._points.get(lead_id, []),
            known_before=self._history.get(lead_id),
            peers=self._peers.get(lead_id, [])[:PEERS],
            chart=chart.months(evidence),
            # of a group, a table of its own says where; of one department or none the head of the page does
            places=places.head(PLACES).to_dicts() if elsewhere and members is None else [],
            places_left=max(0, places.height - PLACES),
            gathering=None if members is None else people.gathering(members, people.visits(members, evidence)),
            related=related[:RELATED],
            related_left=max(0, len(related) - RELATED),
            law=self._law.units(lead, evidence),
            limitation=legal.limitation(evidence, self.language),
            loss=self._law.loss(evidence),
            fetch=self._fetch(evidence),
        )

    def _reasons(self, lead: dict[str, Any], evidence: pl.DataFrame) -> list[dict[str, Any]]:
        zh, rules = self.language == "zh", []
        room = SHOWN // max(1, evidence["source"].n_unique())
        shown = OF_GROUP if lead["subject_type"] == "group" else max(LEAST, min(MOST, room))
        if evidence.height <= MOST:
            shown = MOST
        for (name,), rows in evidence.group_by("source", maintain_order=True):
            card, params = self.sources[str(name)].card, self._params(lead, str(name))
            placed = pl.col("settlement_id").is_not_null()
            told = sentences.blocks(rows, shown, self.language)
            rules.append(
                {
                    "source": name,
                    "title": card.title_zh if zh else card.title,
                    "certainty": card.certainty,
                    "definite": rows.filter(pl.col("certainty") == "definite").height,
                    "clauses": legal.clauses(rows),
                    "exclusions": [filled(e, params) for e in (card.exclusions_zh if zh else card.exclusions)],
                    "limits": filled(card.limits_zh if zh else card.limits, params),
                    "findings": rows.height,
                    "amount": rows.filter(placed)["amount"].sum() or Decimal(0),
                    "indicator": rows.filter(~placed)["amount"].sum() or Decimal(0),
                    "counted": rows["counted_amount"].sum() or Decimal(0),
                    "shown": min(shown, rows.height),
                    **told,
                }
            )
        return sorted(rules, key=lambda r: (r["certainty"] != "definite", -r["counted"], -r["amount"], r["source"]))

    def _params(self, lead: dict[str, Any], name: str) -> Mapping[str, Any]:
        """The parameters that most of a source's findings about the subject were judged with."""
        source, noted = self.sources[name], self._areas.get((lead["subject_type"], lead["subject_id"], name))
        return areas.of(noted, source.params, source.areas)

    def _facts(self, lead: dict[str, Any]) -> list[str]:
        """What is known of the subject beside its name, in words; nothing of what was not delivered."""
        row, w = self._subjects[lead["lead_id"]][0], self.words
        zh = self.language == "zh"
        level = row["level"] and (row["level_zh"] if zh else w["level"].format(level=row["level"]))
        told = [
            level,
            {"1": w["public"], "2": w["private"]}.get(row["ownership"]),
            w["beds"].format(beds=row["beds"]) if row["beds"] else None,
            w["owner"].format(owner=row["owner"]) if row["owner"] else None,
            row["practice_scope"],
            {"1": w["male"], "2": w["female"]}.get(row["sex"]),
            w["age"].format(age=row["age"]) if row["age"] is not None else None,
        ]
        if row["business"]:
            share = 100 * float(lead["amount_at_risk"]) / float(row["business"])
            told.append(w["business"].format(business=f"{row['business']:,}", share=f"{share:.1f}"))
        return [fact for fact in told if fact]

    def _summary(self, lead: dict[str, Any], reasons: list[dict[str, Any]], places: pl.DataFrame) -> str:
        """Who, why, how much in one sentence."""
        w = self.words
        names = list(dict.fromkeys(r for r in places["institution_name"].to_list() if r))
        where = ""
        if lead["subject_type"] in ("practitioner", "group", "person") and names:
            more = w["and_more_places"].format(n=len(names) - 2, total=len(names)) if len(names) > 2 else ""
            where = w["summary_at"].format(places=w["comma"].join(names[:2]) + more)
        titles = w["comma"].join(w["quoted"].format(title=r["title"]) for r in reasons[:2])
        more = w["and_more_rules"].format(n=len(reasons) - 2, total=len(reasons)) if len(reasons) > 2 else ""
        return w["summary"].format(
            kind=w[lead["subject_type"]],
            name=lead["subject_name"] or lead["subject_id"],
            where=where,
            rules=titles + more,
            settlements=self._counted("settlements", lead),
            persons=self._counted("persons", lead),
            amount=f"{lead['amount_at_risk']:,}",
            fund=f"{lead['fund_at_risk']:,}",
            period=self._period(lead["first_on"], lead["last_on"]),
        )

    def _counted(self, key: str, lead: dict[str, Any]) -> str:
        """How many of the lead's settlements, persons or findings, in words; one is not many."""
        return self.words[f"{key}.1" if lead[key] == 1 else key].format(n=f"{lead[key]:,}")

    def _period(self, first: Any, last: Any) -> str:
        """The days in the sentence; one day stands once, none not at all."""
        if not first:
            return ""
        return self.words["summary_day" if first == last else "summary_period"].format(first=first, last=last)

    def _fetch(self, evidence: pl.DataFrame) -> list[str]:
        cards = (self.sources[name].card for name in evidence["source"].unique(maintain_order=True))
        return list(dict.fromkeys(ask for c in cards for ask in c.asks(self.language)))


def _query(name: str) -> str:
    return Path(__file__).with_name(f"dossier_{name}.sql").read_text(encoding="utf-8")


def _areas(con: duckdb.DuckDBPyConnection) -> dict[tuple[str, str, str], str]:
    """Subject and source -> the areas whose parameters most of its findings were judged with; empty: everybody's."""
    noted = f"coalesce(json_extract_string(detail, '$.{areas.NOTED}'), '')"
    rows = con.execute(
        f"""
        select subject_type, subject_id, source, arg_max(noted, (findings, noted))
        from (
            select subject_type, subject_id, source, {noted} as noted, count(*) as findings
            from model.finding group by all
        )
        group by all
        """
    ).fetchall()
    return {(kind, subject, source): areas_of for kind, subject, source, areas_of in rows}


def _by_lead(rows: pl.DataFrame) -> dict[str, list[dict[str, Any]]]:
    parts = rows.partition_by("lead_id", as_dict=True, include_key=False, maintain_order=True)
    return {str(lead): part.to_dicts() for (lead,), part in parts.items()}
