"""replay.sql: the queries that find a lead's evidence again in HOME/warehouse.duckdb, parameters filled in."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from functools import partial
from typing import Any

from data.warehouse.paths import escaped
from models.sources import areas, rule
from models.sources.source import Source

#: Which column of a rule's rows names the subject.
KEY = {
    "institution": "institution_id",
    "pharmacy": "institution_id",
    "practitioner": "practitioner_id",
    "person": "person_id",
}


#: source -> area with knowledge of its own -> tables of it
Knowing = Mapping[str, Mapping[str, Collection[str]]]


def replay_sql(lead: Mapping[str, Any], sources: Iterable[Source], known: Knowing | None = None) -> str:
    """One statement a source: a rule's own query about the subject, or the findings that a detector left.

    Where areas differ, one for each set of parameters and knowledge.
    """
    head = [
        _comment(f"Lead {lead['lead_id']} of run {lead['run_id']}: {lead['subject_type']} {lead['subject_id']}."),
        "-- Run it on HOME/warehouse.duckdb as that run left it, opened read-only.",
    ]
    return "\n".join(head) + "\n\n" + "\n\n".join(_statement(lead, s, (known or {}).get(s.id)) for s in sources) + "\n"


def _statement(lead: Mapping[str, Any], source: Source, known: Mapping[str, Collection[str]] | None) -> str:
    said = _comment(f"{source.id} (version {source.card.version}): {source.card.title}")
    if source.kind != "rule" or lead["subject_type"] not in KEY:
        return (
            f"{said}\nselect f.* from model.finding as f\n"
            "join casebook.lead_register as r on r.subject_type = f.subject_type and r.subject_key = f.subject_id\n"
            f"where f.source = {_literal(source.id)} and r.lead_id = {_literal(lead['lead_id'])}\n"
            "order by f.occurred_on, f.settlement_id, f.line_id;"
        )
    query, every = rule.query(source.code).text.strip(), areas.parts(source.params, source.areas, known)
    statements = []
    for part in every:
        text = part.reading(re.sub(r"\$(\w+)", partial(_value, part.params), query))
        statements.append(
            f"select * from (\n{part.only(text) if len(every) > 1 else text}\n) as judged\n"
            f"where outcome = 'hit' and {KEY[lead['subject_type']]} = {_literal(lead['subject_id'])}\n"
            "order by occurred_on, settlement_id, line_id;"
        )
    return "\n".join([said, *statements])


def _value(params: Mapping[str, Any], found: re.Match[str]) -> str:
    return _literal(params[found[1]])


def _comment(text: str) -> str:
    """One line of comment: what is not seen, above all an end of line, is written out."""
    return "-- " + "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in text)


def _literal(value: object) -> str:
    return str(value) if isinstance(value, int | float) else f"'{escaped(value)}'"
