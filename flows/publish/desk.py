"""desk.html: every lead of a run on one page that needs nothing else: search, open, enter verdicts, save them."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl
from markupsafe import Markup

from flows.publish import words
from flows.publish.forms import BLANK
from flows.publish.labels import columns, labelled

#: What the page shows of a lead, and what a search looks at.
FACTS = (
    "lead_id subject_type subject_id region tier score amount_at_risk fund_at_risk expected_yield findings settlements"
    " persons first_on last_on status prior_confirmed reasons peer_group members"
).split()
MONEY = {"amount_at_risk", "fund_at_risk", "expected_yield"}
SEARCHED = ("lead_id", "subject_id", "subject_name", "region", "reasons", "members")
#: What names the lead in the file of verdicts.
NAMED = ("lead_id", "subject_type", "subject_id", "subject_name", "amount_at_risk")
#: The conclusions to choose from, in both languages, as the import reads them.
CONCLUSIONS = {
    "zh": ("确认违规", "部分确认", "申诉成立-排除", "数据问题", "证据不足-暂缓", "无法核实", "移交"),
    "en": ("confirmed", "partly_confirmed", "dismissed", "data_problem", "unsure", "transferred"),
}
FIELDS = {"date": "date"} | dict.fromkeys(
    ("confirmed_amount", "agreed_amount", "recovered_amount", "penalty_amount", "effort_days"), "number"
)
#: Rows the page shows at once; the search narrows them.
MOST = 500
#: Of each list so many leads and all of tiers A and B: a page of a whole city's would not open.
KEPT = 2_000
SCRIPT = Path(__file__).with_name("desk.js")


def write(lists: Mapping[str, pl.DataFrame], path: Path, run_id: str, language: str) -> int:
    """Write the page of these lists (divisions by name for Chinese readers); returns the leads on it."""
    script = SCRIPT.read_text(encoding="utf-8")
    every = pl.concat(lists.values())
    leads = every.filter((pl.col("rank") <= KEPT) | pl.col("tier").is_in(["A", "B"]))
    data = _data(leads, run_id, language)
    page = words.page(
        "desk",
        language,
        run_id=run_id,
        left_out=every.height - leads.height,
        filters=_filters(leads, language),
        data=Markup(_embedded(data)),
        script=Markup(script),
        script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
    )
    path.write_text(page, encoding="utf-8")
    return leads.height


def _data(leads: pl.DataFrame, run_id: str, language: str) -> dict[str, Any]:
    w = words.words(language)
    shown = list(dict.fromkeys((*FACTS, *NAMED, *SEARCHED, "rank")))
    has_pack = pl.col("tier").is_in(["A", "B"]).alias("has_pack")
    return {
        "leads": leads.select(*shown, has_pack, pl.struct(_worded(leads, language)).alias("worded")).to_dicts(),
        "kinds": {kind: w[kind] for kind in leads["subject_type"].unique(maintain_order=True)},
        "facts": [column | {"is_money": column["name"] in MONEY} for column in _labelled(FACTS, language)],
        "named": _labelled(NAMED, language),
        "blank": _blank(language),
        "searched": SEARCHED,
        "files": [("dossier.html", w["desk_dossier"]), ("evidence.csv", w["desk_evidence"])],
        "file": f"verdicts-{run_id}.csv",
        "most": MOST,
        "words": {"count": w["desk_count"], "no_pack": w["desk_no_pack"], "loaded": w["desk_loaded"]},
    }


def _worded(leads: pl.DataFrame, language: str) -> list[pl.Series]:
    """What is shown of each lead, its values in the reader's words."""
    if language != "zh":
        return [leads[name] for name in FACTS]
    names = {column.zh: name for name, column in columns().items()}
    labelled_facts = labelled(leads.select(FACTS), "zh")
    return [series.rename(names.get(series.name, series.name)) for series in labelled_facts]


def _labelled(names: tuple[str, ...] | list[str], language: str) -> list[dict[str, Any]]:
    labels = columns() if language == "zh" else {}
    return [{"name": name, "label": labels[name].zh if name in labels else name} for name in names]


def _blank(language: str) -> list[dict[str, Any]]:
    """What is to be filled in, with how it is entered."""
    return [
        {
            "name": name,
            "label": label if language == "zh" else name,
            "kind": FIELDS.get(name, "text"),
            "choices": CONCLUSIONS[language] if name == "conclusion" else None,
            "is_long": name == "reason",
        }
        for name, label in BLANK.items()
    ]


def _filters(leads: pl.DataFrame, language: str) -> list[tuple[str, str, list[tuple[str, str]]]]:
    """Of each filter its field, what it is called, and its values with their words."""
    w = words.words(language)
    values = {name: leads[name].drop_nulls().unique().sort().to_list() for name in ("subject_type", "tier", "region")}
    return [
        ("kind", w["subject"], [(kind, w[kind]) for kind in values["subject_type"]]),
        ("tier", w["tier"], [(tier, tier) for tier in values["tier"]]),
        ("region", w["region"], [(region, region) for region in values["region"]]),
        ("state", w["desk_entered"], [("entered", w["desk_is_entered"]), ("open", w["desk_is_open"])]),
    ]


def _embedded(data: dict[str, Any]) -> str:
    """JSON that no text in it can end: a page's own marks are written as escapes, money and days as they read."""
    text = json.dumps(data, ensure_ascii=False, default=str, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
