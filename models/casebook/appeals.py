"""The round trip of doubtful lines: sent to an institution, answered, reviewed, paid back or voided.

Every row of an answer splits what was sent into what is accepted, explained and cut, and the three add up to the fen.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from data.errors import UsageError
from data.warehouse.connection import frame, has, transaction
from data.warehouse.events import stamp
from features import build
from models.casebook import handed, workdays
from models.casebook.handed import Form, Handed, Planned

FOLDER = Path(__file__).parent
#: Of an answer's columns those that the list sent out had already filled.
SENT = {"appeal_id", "line_key", "lead_id", "amount"}
FORM = Form(
    "appeal",
    "answers",
    (("line_key",), tuple(c for c in handed.columns("appeal") if c not in SENT)),
    "holds no answers: the column 明细编号 (line_key) of the list that was sent is needed, and a column for the"
    " answer (机构答复) or the amounts (认可金额, 申诉金额, 核减金额). See `fundwatch appeal import --help`.",
)
STEPS = ("answer", "review", "second_answer", "second_review", "paid", "void")
KINDS = ("institution", "pharmacy", "practitioner", "person", "group")
#: Whose leads go to an institution: it answers for itself and its doctors. What is found of a person or a group would
#: warn them.
ANSWERABLE = ("institution", "pharmacy", "practitioner")
STATES = ("waiting", "appealing", "won", "stands", "paid", "void")
#: Columns of the plan that are no column of the event.
PLAN_ONLY = ("state", "why", "lead_id", "sent_amount")


@dataclass(frozen=True)
class Plan(Planned):
    """What a file of answers would do: `rows` are appeal_answers.sql's."""

    @property
    def counts(self) -> dict[str, Any]:
        """Rows by what becomes of them, and the yuan of the new ones by part."""
        new = self.of("new")
        counts: dict[str, Any] = self.tally("new", "known", "blank", "refused")
        parts = ("sent_amount", "accepted_amount", "explained_amount", "cut_amount")
        return counts | {name: new[name].cast(pl.Decimal(16, 2)).sum() for name in parts}


def at_issue(con: duckdb.DuckDBPyConnection, kinds: Collection[str] = KINDS) -> None:
    """Temporary `at_issue`: the lines that open leads rest on, each yuan once. Raises UsageError before a run.

    `kinds` are the subjects whose leads count.
    """
    if not has(con, "feature.institution") or not has(con, "model.finding_counted"):
        raise UsageError("This HOME has no run yet, so there is nothing to send. Run `fundwatch run INPUT` first.")
    query = build.legible(con, (FOLDER / "at_issue.sql").read_text(encoding="utf-8"))
    con.execute(f"create or replace temp table at_issue as {query}", {"kinds": list(kinds)})


def unsent(con: duckdb.DuckDBPyConnection) -> None:
    """Temporary `unsent`: what of `at_issue` no list that stands has sent yet.

    A settlement sent as a whole has its lines with it; what was sent as lines is not sent again as a whole.
    """
    at_issue(con, ANSWERABLE)
    con.execute(
        """
        create or replace temp table unsent as
        select i.*
        from at_issue as i
        where not exists (
            select 1 from casebook.appeal_standing as s
            where s.settlement_id = i.settlement_id and s.state <> 'void'
                and (s.line_id is null or i.line_id is null or s.line_id = i.line_id)
        )
        """
    )


def send(
    con: duckdb.DuckDBPyConnection, lines: pl.DataFrame, on: date, run_id: str | None, witness: Callable[[], None]
) -> None:
    """Keep what is sent, one list an institution (appeal_id in `lines`), with the evidence behind it; all or nothing.

    `witness` is called before the end; when it fails nothing is kept.
    """
    con.register("sent_frame", lines)
    try:
        with transaction(con):
            event = stamp(con)
            con.execute(
                """
                insert into casebook.appeal by name
                select appeal_id, $number as event_number, $at as made_at, institution_id, $on as sent_on,
                    $run as run_id, count(*) as lines, sum(amount) as amount, sum(fund_amount) as fund_amount
                from sent_frame group by appeal_id, institution_id order by appeal_id
                """,
                {"number": event.number, "at": event.at, "on": on, "run": run_id},
            )
            con.execute("insert into casebook.appeal_line by name select * from sent_frame")
            con.execute(
                """
                insert into casebook.appeal_evidence by name
                select distinct s.appeal_id, e.lead_id, e.source, e.certainty, e.places, e.volume, e.slip, e.weight
                from sent_frame as s
                join model.lead_evidence as e on e.lead_id = s.lead_id and e.source = s.source
                order by all
                """
            )
            witness()
    finally:
        con.unregister("sent_frame")


def plan(con: duckdb.DuckDBPyConnection, answers: Handed, step: str, on: date, hand: str | None = None) -> Plan:
    """What every row would do; writes nothing but temporary tables. `step` is that of rows that name none."""
    con.register("word_frame", pl.read_csv(FOLDER / "appeal_words.csv", infer_schema=False))
    con.execute("create or replace temp table appeal_word as select * from word_frame")
    con.unregister("word_frame")
    answers.typed_into(con, FORM, "answer_row")
    query = (FOLDER / "appeal_answers.sql").read_text(encoding="utf-8")
    return Plan(
        answers.name, frame(con, query, {"step": step, "on": on.isoformat(), "hand": hand or None}), answers.ignored
    )


def append(con: duckdb.DuckDBPyConnection, planned: Plan, witness: Callable[[], None] = lambda: None) -> int:
    """Append what is new, all or nothing; returns how many rows. When `witness` fails nothing is appended."""
    new = planned.of("new").drop(PLAN_ONLY).with_columns(file=pl.lit(planned.name))
    return handed.append(con, "casebook.appeal_event", new, witness)


def standing(con: duckdb.DuckDBPyConnection, on: date) -> pl.DataFrame:
    """casebook.appeal_standing with each line's next day: due_on, is_overdue, days_late, and whose turn it is.

    turn: institution (an answer is owed), bureau (a review), none. A second appeal is a right and is never overdue.
    """
    workdays.prepare(con)
    terms = workdays.source(con, "appeal_term")
    term = (
        f"(select max(t.working_days) from {terms} as t where t.step = {{step}}"
        " and {day} between coalesce(t.valid_from, date '0001-01-01') and coalesce(t.valid_to, date '9999-12-31'))"
    )
    due = {
        "answer": workdays.due_sql("d.sent_on", term.format(step="'answer'", day="d.sent_on")),
        "review": workdays.due_sql("d.on_day", term.format(step="'review'", day="d.on_day")),
        "second_review": workdays.due_sql("d.on_day", term.format(step="'second_review'", day="d.on_day")),
    }
    query = f"""
        with dated as (
            select n.*, i.institution_name
            from casebook.appeal_standing as n
            left join feature.institution as i on i.institution_id = n.institution_id
        ),
        -- one limit a day and step, not one a line
        limits as (
            select d.sent_on, d.on_day, d.state, d.step,
                case d.state when 'waiting' then {due["answer"]}
                    when 'appealing' then case when d.step = 'second_answer' then {due["second_review"]}
                        else {due["review"]} end end as due_on,
                {due["answer"]} as answer_due_on
            from (select distinct sent_on, on_day, state, step from dated) as d
        )
        select d.*, m.due_on, m.answer_due_on, coalesce(m.due_on < $on, false) as is_overdue,
            case d.state when 'waiting' then 'institution' when 'appealing' then 'bureau' else 'none' end as turn,
            greatest(date_diff('day', m.answer_due_on, d.answered_on), 0) as days_late
        from dated as d
        left join limits as m
            on m.sent_on = d.sent_on and m.on_day is not distinct from d.on_day and m.state = d.state
            and m.step is not distinct from d.step
        order by d.sent_on, d.appeal_id, d.line_key
    """
    return frame(con, query, {"on": on})


def upheld(lines: pl.DataFrame, by: Collection[str]) -> pl.DataFrame:
    """Decided lines by `by`: lines, decided, upheld and what of it was cut, with the share upheld (Wilson interval).

    decided: answered for good, or reviewed; upheld: nothing of the line is left.
    """
    from models.evaluation.metrics import wilson

    is_decided = pl.col("state").is_in(["won", "stands", "paid"])
    rows = (
        lines.filter(pl.col("state") != "void")
        .group_by(*by, maintain_order=True)
        .agg(
            lines=pl.len().cast(pl.Int64),
            decided=is_decided.sum().cast(pl.Int64),
            upheld=(pl.col("state") == "won").sum().cast(pl.Int64),
            sent_amount=pl.col("sent_amount").sum(),
            cut_amount=pl.col("cut_amount").filter(is_decided).sum(),
        )
    )
    bounds = [wilson(won / n if n else 0.0, n) for won, n in rows.select("upheld", "decided").iter_rows()]
    share = pl.when(pl.col("decided") > 0).then(pl.col("upheld") / pl.col("decided")).round(4)
    return rows.with_columns(
        share=share,
        share_low=pl.Series([round(low, 4) for low, _ in bounds], dtype=pl.Float64),
        share_high=pl.Series([round(high, 4) for _, high in bounds], dtype=pl.Float64),
    ).sort("decided", *by, descending=[True, *[False] * len(by)])
