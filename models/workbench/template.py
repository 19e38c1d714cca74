"""What `rule new` writes: a card, a query that already runs, and cases that fail until both are filled in."""

from __future__ import annotations

import re
from pathlib import Path

from data import texts
from data.errors import UsageError
from models.workbench.ruleset import RULES, known

TO_FILL = "FILL IN"

RULE = """/*
title       = "FILL IN: what it finds, in a few words"
title_zh    = "FILL IN"
violation   = "RULE_ID"
family      = "pattern"          # sources of one family are one piece of evidence
subjects    = ["institution"]    # institution, pharmacy, practitioner, person
certainty   = "suspected"        # definite only for contradictions of facts
status      = "trial"            # fundwatch rule promote RULE_ID --reason ... makes it live
window      = "settlement"
law         = []                 # duty and penalty, by id: data/knowledge/tables/legal_basis.csv
basis       = ["FILL IN: the clause, if it stands in no law of that table"]
needs       = ["record.settlement.eligible_amount"]
exclusions  = []                 # each in words, each with a silent case
limits      = "FILL IN: what it cannot know"
version     = "1"
sentence    = "FILL IN: settlement {settlement_id} of {amount} yuan on {occurred_on}"
sentence_zh = "FILL IN：{occurred_on} 结算 {settlement_id}，涉及 {amount} 元"

[params]
over_amount = { value = 1000000, unit = "yuan", meaning = "FILL IN: what the threshold decides" }
*/
-- Return every thing judged: hit, clear, or cannot_judge with its reason; missing data is never clear.
-- It may read record, knowledge and feature tables. What it selects beyond the columns below becomes detail.
select
    case
        when s.eligible_amount is null then 'cannot_judge'
        when s.eligible_amount > $over_amount then 'hit'
        else 'clear'
    end as outcome,
    case when s.eligible_amount is null then 'the amount is unknown' end as reason,
    s.settlement_id,
    cast(null as varchar) as line_id,
    s.encounter_id,
    s.person_id,
    s.institution_id,
    cast(null as varchar) as practitioner_id,
    s.settled_on as occurred_on,
    s.eligible_amount as amount
from feature.settlement as s
"""

CASES = """# RULE_ID

A case gives only the columns it needs: tables in, findings out. What stands under `given` is every case's; a case
states what is different. A row with the id of a given row replaces the columns it names (`*` for the id: in every
given row), any other row comes in addition. `without TABLE: COLUMN = A, B` leaves given rows out, `without TABLE` all
of them. A row with `S1..9` in it stands for nine rows. `with NAME = VALUE` sets a parameter.

## given

feature.settlement

| settlement_id | institution_id | person_id | settled_on | eligible_amount |
|---------------|----------------|-----------|------------|-----------------|
| S1            | H1             | P1        | 2025-03-01 | 600             |

## FILL IN: something it finds

finds

| settlement_id | amount |
|---------------|--------|
| S1            | 600    |

## FILL IN: something at the border that it leaves alone

feature.settlement

| settlement_id | eligible_amount |
|---------------|-----------------|
| S1            | 500             |

finds nothing

## The amount is unknown

feature.settlement

| settlement_id | eligible_amount |
|---------------|-----------------|
| S1            |                 |

finds nothing
cannot judge: the amount is unknown
"""


def write(home: Path, rule_id: str) -> tuple[Path, Path]:
    """Write the two files of a new rule into HOME/rules. Raises UsageError for an id that is taken or no id."""
    if not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", rule_id):
        raise UsageError(f"'{rule_id}' is no rule id: small letters, digits and single underscores, a letter first.")
    paths = home / RULES / f"{rule_id}.sql", home / RULES / f"{rule_id}.md"
    if rule_id in known(home) or paths[1].exists():
        raise UsageError(f"There is a rule '{rule_id}' already. Choose another id.")
    paths[0].parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    # the rule last: cases without a rule stop no other command
    texts.write_whole(paths[1], CASES.replace("RULE_ID", rule_id))
    try:
        texts.write_whole(paths[0], RULE.replace("RULE_ID", rule_id))
    except OSError:
        paths[1].unlink()
        raise
    return paths
