"""The answer to each new line, from what the rules said of it and of its settlement."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

import polars as pl

from models.sources import sentence, wording
from models.sources.source import Source


@dataclass(frozen=True)
class Screened:
    """The answers, one row a new line; the rules that judged; the rules that lack their data, and which."""

    answers: pl.DataFrame
    rules: int
    lacking: dict[str, str]
    settlements: int
    rejected: int

    def counts(self) -> dict[str, int]:
        """Lines by answer."""
        return dict(self.answers.group_by("answer").len().sort("answer").iter_rows())


def in_chinese(answers: pl.DataFrame) -> pl.DataFrame:
    """The answers with the reasons of what cannot be judged in Chinese, as what rules found already is."""
    reasons = pl.col("reason").map_elements(
        lambda joined: "；".join(wording.reason_zh(reason) for reason in re.split("; |；", joined)),
        return_dtype=pl.String,
    )
    return answers.with_columns(
        reason=pl.when(pl.col("answer") == "cannot_judge").then(reasons).otherwise(pl.col("reason"))
    )


def answers_sql(rules: Collection[Source], language: str) -> str:
    """SQL over `screened`, `law_clause`, `new_line`, `new_settlement`: a row a new line, its gravest answer, whose."""
    return f"""
        with told as (
            select f.source, f.certainty, f.outcome, f.settlement_id, f.line_id, f.amount,
                case when f.outcome = 'hit' then {sentence.sentence_sql(rules, language)} else f.reason end as said,
                c.clause,
                case when f.outcome = 'cannot_judge' then 1 when f.certainty = 'definite' then 3 else 2 end as weight
            from screened as f
            left join law_clause as c  -- whoever is concerned: the answer goes to the institution and to the fund
                on c.source = f.source and c.subject_type = 'group'
                and coalesce(f.occurred_on, date '2021-05-01') between c.begins and c.ends
        ),
        line as (
            select l.*, n.settlement_id is not null as is_known
            from new_line as l left join new_settlement as n on n.settlement_id = l.settlement_id
            union all
            select n.settlement_id, null, n.encounter_id, null, null, null, true
            from new_settlement as n
            where n.settlement_id not in (select settlement_id from new_line where settlement_id is not null)
        ),
        matched as (
            select l.settlement_id, l.line_id, l.encounter_id, t.source, max(t.weight) as weight,
                max_by(t.said, row(t.weight, t.said)) as said, max(t.clause) as clause,
                max(case when t.weight = 1 then null when t.line_id is null then l.eligible_amount else t.amount end)
                    as amount
            from line as l
            join told as t on t.settlement_id = l.settlement_id and (t.line_id is null or t.line_id = l.line_id)
            group by all
        ),
        counted as (  -- beside a hit, what could not be judged adds nothing
            select *, max(weight) over (partition by settlement_id, line_id, encounter_id) as gravest from matched
        ),
        judged as (
            select settlement_id, line_id, encounter_id, max(gravest) as gravest, max(amount) as amount,
                string_agg(source, ';' order by weight desc, source) as rules,
                string_agg(said, '{"；" if language == "zh" else "; "}' order by weight desc, source) as reason,
                string_agg(clause, '{"；" if language == "zh" else "; "}' order by weight desc, source) as clause
            from counted where weight > 1 or gravest = 1
            group by all
        )
        select l.settlement_id, l.line_id, l.item,
            case when not l.is_known then 'cannot_judge' when j.gravest = 3 then 'definite'
                when j.gravest = 2 then 'suspected' when j.gravest = 1 then 'cannot_judge' else 'pass' end as answer,
            j.rules,
            case when l.is_known then j.reason else 'its settlement is not in the delivery' end as reason,
            case when j.gravest > 1 then j.clause end as clause, j.amount
        from line as l
        left join judged as j
            on j.settlement_id = l.settlement_id and j.line_id is not distinct from l.line_id
            and j.encounter_id is not distinct from l.encounter_id
        order by l.place nulls last, l.settlement_id
    """
