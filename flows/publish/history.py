"""What the bureau knew of a lead before: its runs, the cases that hold it, leads from outside, earlier conclusions."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import duckdb

from data.warehouse.connection import frame, has
from flows.publish.words import words
from models.casebook import cases, lead_runs
from models.sources.source import Source

TIPS = """
    select lead_id, tip_id, coalesce({kind}, 'tip') as kind, {office} as office, received_on, channel, content,
        matched_by, is_open
    from model.lead_tip where lead_id = coalesce($lead, lead_id)
    order by lead_id, kind, received_on nulls last, tip_id
"""
CASES = """
    select lead_id, decided_on, case_no, rule, sources, conclusion, conclusion_said, {reason} as reason,
        confirmed_amount, recovered_amount, penalty_amount, transferred_to
    from model.lead_case where lead_id = coalesce($lead, lead_id)
    order by lead_id, decided_on desc nulls last, case_no, rule
"""
#: Leads from outside that a page or an answer tells one by one; a platform's list may be long.
SHOWN = 20
#: How a lead from outside found its subject where nobody has to look again.
BY_CODE = ("code",)
History = dict[str, list[dict[str, Any]]]


#: Columns that a warehouse of an earlier version, opened for reading, may lack.
LATER = {"tips": ("model.lead_tip", ("kind", "office")), "cases": ("model.lead_case", ("reason",))}


def by_lead(
    con: duckdb.DuckDBPyConnection,
    sources: Mapping[str, Source],
    language: str,
    lead_id: str | None = None,
    before: int | None = None,
) -> dict[str, History]:
    """Lead -> `tips` (oldest first), `cases` (latest first), `runs` (oldest first), `held` (the cases that hold it).

    Leads with nothing of it are left out; `before`: the number of the event as of which cases are told.
    """
    known: dict[str, History] = {}
    parts = {"tips": frame(con, _query(con, "tips", TIPS), {"lead": lead_id})}
    parts["cases"] = frame(con, _query(con, "cases", CASES), {"lead": lead_id})
    parts["runs"] = lead_runs.of_leads(con, lead_id)
    if has(con, "casebook.case_event"):
        held = cases.of_leads(con, before)
        parts["held"] = held if lead_id is None else held.filter(lead_id=lead_id)
    for name, rows in parts.items():
        for row in rows.to_dicts():
            known.setdefault(str(row.pop("lead_id")), _nothing())[name].append(row)
    for history in known.values():
        for case in history["cases"]:
            case["about"] = _about(case, sources, language)
    return known


def one(con: duckdb.DuckDBPyConnection, sources: Collection[Source], language: str, lead_id: str) -> History:
    """The same of one lead."""
    by_id = {s.id: s for s in sources}
    return by_lead(con, by_id, language, lead_id).get(lead_id, _nothing())


def lines(history: History, language: str) -> list[str]:
    """The same as lines of text; none where nothing was known."""
    w = words(language)
    parts = [*_held(history, language), *_runs(history, language)]
    if history["tips"] or history["cases"]:
        parts.append(f"\n{w['known_before']}")
    if history["tips"]:
        parts.append(f"  {w['tip_caution']}")
    return [*parts, *_tips(history, language), *_cases(history, language)]


def _held(history: History, language: str) -> list[str]:
    """The cases that hold the lead."""
    w, comma = words(language), "，" if language == "zh" else ", "
    told = []
    for case in history["held"]:
        parts = [w[f"kind.{case['kind']}"], w[f"state.{case['state']}"], case["owner"]]
        parts += [w["case_due"].format(day=case["due_on"])] if case["due_on"] else []
        told.append(f"\n{w['in_case']} {case['case_id']}: {case['title']} ({comma.join(p for p in parts if p)})")
    return told


def _runs(history: History, language: str) -> list[str]:
    """How the lead stood in each run."""
    w, colon = words(language), "：" if language == "zh" else ": "
    told = [f"\n{w['runs_before']}"] if history["runs"] else []
    for run in history["runs"]:
        line = w["run_gone"] if run["is_gone"] else w["run_line"].format(**run)
        told.append(f"  - {run['run_id']}{colon}{line}")
    return told


def _tips(history: History, language: str) -> list[str]:
    w, comma = words(language), "，" if language == "zh" else ", "
    told = []
    for tip in history["tips"][:SHOWN]:
        kind = [] if tip["kind"] == "tip" else [w[f"kind.{tip['kind']}"], tip["office"]]
        named = [*kind, *(tip[k] for k in ("received_on", "channel", "tip_id"))]
        head = " ".join(str(part) for part in named if part is not None)
        state = [w["tip_open"] if tip["is_open"] else w["tip_handled"]]
        state += [w["tip_by_name"]] if tip["matched_by"] not in BY_CODE else []
        told.append(f"  - {head}: {tip['content'] or w['tip_silent']} ({comma.join(state)})")
    if left := len(history["tips"]) - SHOWN:
        told += [f"  - {w['tips_left'].format(n=left)}"] if left > 0 else []
    return told


def _cases(history: History, language: str) -> list[str]:
    w, comma = words(language), "，" if language == "zh" else ", "
    told = []
    for case in history["cases"]:
        head = " ".join(str(case[k]) for k in ("decided_on", "case_no", "about") if case[k] is not None)
        parts = [w[f"case_{case['conclusion']}"] if case["conclusion"] else str(case["conclusion_said"])]
        named = (
            ("case_amount", "confirmed_amount"),
            ("case_recovered", "recovered_amount"),
            ("case_penalty", "penalty_amount"),
        )
        parts += [f"{w[word]} {case[column]:,}" for word, column in named if case[column] is not None]
        parts += [f"{w['case_transferred']} {case['transferred_to']}"] if case["transferred_to"] else []
        parts += [str(case["reason"])] if case["reason"] else []
        told.append(f"  - {head}: {comma.join(parts)}")
    return told


def _nothing() -> History:
    return {"tips": [], "cases": [], "runs": [], "held": []}


def _query(con: duckdb.DuckDBPyConnection, name: str, text: str) -> str:
    """The query with the columns that the warehouse has; a lead from outside of an earlier version is a tip."""
    table, later = LATER[name]
    lacking = {"kind": "'tip'"}
    return text.format(**{c: c if has(con, table, c) else lacking.get(c, "null") for c in later})


def _about(case: Mapping[str, Any], sources: Mapping[str, Source], language: str) -> str | None:
    """What the case was about: the title of the rule that goes by the delivered name, else that name."""
    known = [sources[s].card for s in (case["sources"] or "").split(";") if s in sources]
    titles = list(dict.fromkeys(c.title_zh if language == "zh" else c.title for c in known))
    said: str | None = case["rule"]
    return ("；" if language == "zh" else "; ").join(titles) or said
