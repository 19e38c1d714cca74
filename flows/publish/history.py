"""What the bureau knew of a lead's subject before: tips, and cases with their year, amount, number and conclusion."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import duckdb

from data.warehouse.connection import frame
from flows.publish.words import words
from models.sources.source import Source

TIPS = """
    select lead_id, tip_id, received_on, channel, content, matched_by, is_open
    from model.lead_tip where lead_id = coalesce($lead, lead_id)
    order by lead_id, received_on nulls last, tip_id
"""
CASES = """
    select lead_id, decided_on, case_no, rule, sources, conclusion, conclusion_said, confirmed_amount,
        recovered_amount, penalty_amount, transferred_to
    from model.lead_case where lead_id = coalesce($lead, lead_id)
    order by lead_id, decided_on desc nulls last, case_no, rule
"""
History = dict[str, list[dict[str, Any]]]


def by_lead(
    con: duckdb.DuckDBPyConnection, sources: Mapping[str, Source], language: str, lead_id: str | None = None
) -> dict[str, History]:
    """Lead -> its `tips` (oldest first) and `cases` (latest first); leads without either are left out."""
    found: dict[str, History] = {}
    for name, query in (("tips", TIPS), ("cases", CASES)):
        for row in frame(con, query, {"lead": lead_id}).to_dicts():
            found.setdefault(str(row.pop("lead_id")), {"tips": [], "cases": []})[name].append(row)
    for history in found.values():
        for case in history["cases"]:
            case["about"] = _about(case, sources, language)
    return found


def one(con: duckdb.DuckDBPyConnection, sources: Collection[Source], language: str, lead_id: str) -> History:
    """The same of one lead."""
    by_id = {s.id: s for s in sources}
    return by_lead(con, by_id, language, lead_id).get(lead_id, {"tips": [], "cases": []})


def lines(history: History, language: str) -> list[str]:
    """The same as lines of text; none where nothing was known."""
    w, comma = words(language), "，" if language == "zh" else ", "
    if not (history["tips"] or history["cases"]):
        return []
    said = [f"\n{w['known_before']}"]
    if history["tips"]:
        said.append(f"  {w['tip_caution']}")
    for tip in history["tips"]:
        head = " ".join(str(tip[k]) for k in ("received_on", "channel", "tip_id") if tip[k] is not None)
        state = [w["tip_open"] if tip["is_open"] else w["tip_handled"]]
        state += [w["tip_by_name"]] if tip["matched_by"] != "code" else []
        said.append(f"  - {head}: {tip['content'] or w['tip_silent']} ({comma.join(state)})")
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
        said.append(f"  - {head}: {comma.join(parts)}")
    return said


def _about(case: Mapping[str, Any], sources: Mapping[str, Source], language: str) -> str | None:
    """What the case was about: the title of the rule that goes by the delivered name, else that name."""
    known = [sources[s].card for s in (case["sources"] or "").split(";") if s in sources]
    titles = list(dict.fromkeys(c.title_zh if language == "zh" else c.title for c in known))
    said: str | None = case["rule"]
    return ("；" if language == "zh" else "; ").join(titles) or said
