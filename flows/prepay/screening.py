"""Audit before payment: new settlements judged beside the history of their persons, HOME left as it is.

HOME's warehouse is opened read-only. A second database in memory takes the new rows and, of the record, what the rules
read about the same persons and about the days of the same practitioners and institutions; features and rules run
there. Rules of the stage supervision need whole institutions and are not asked.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import duckdb

from data import ingest
from data.errors import InputRefused, UsageError
from data.knowledge import load as knowledge_load
from data.warehouse import confined, guard, journal, spill
from data.warehouse.connection import ddl, frame, open_warehouse
from data.warehouse.paths import escaped
from features import build
from flows import steps
from flows.home.settings import Settings
from flows.prepay import past
from flows.prepay.answers import Screened, answers_sql, in_chinese
from flows.publish import in_force
from models.sources import areas, needs, rule, source
from models.sources.judged import KEYS, ROW, STANDARD
from models.sources.source import Params, Source
from models.workbench import ruleset

STAGES = ("reminder", "audit")


def screen(settings: Settings, delivery: Path, say: Callable[[str], None] = lambda _: None) -> Screened:
    """Judge a delivery of new settlements with HOME's live rules of the stages reminder and audit.

    Raises InputRefused for a delivery that cannot be read, UsageError where HOME holds no features.
    """
    rules = [s for s in ruleset.ruleset(settings.home, settings.rules, settings.areas) if _is_asked(s)]
    with ingest.workplace(settings.home / spill.NAME) as work, _opened(settings, work) as (con, names):
        rejected = _take_in(con, settings, names, delivery, work, say)
        confined.seal(con)
        past.remember(con, rules)
        _build(con, rules)
        confined.prepare(con)
        lacking = {}
        for one in rules:
            if said := _lacking(con, one):
                lacking[one.id] = "; ".join(said)
            else:
                with source.explained(one) if one.is_own else nullcontext():
                    _judge(con, one, settings.rule_minutes * 60 if one.is_own else 0)
        in_force.make(con, rules)
        answers = frame(con, answers_sql(rules, settings.language))
        if settings.language == "zh":
            answers = in_chinese(answers)
        settlements = con.execute("select count(*) from new_settlement").fetchall()[0][0]
    return Screened(answers, len(rules) - len(lacking), lacking, settlements, rejected)


def _is_asked(one: Source) -> bool:
    return one.kind == "rule" and one.card.stage in STAGES and one.card.status == "live"


def _folder(delivery: Path, work: Path) -> Path:
    """The delivery as a folder: a single file gets one of its own."""
    if delivery.is_dir():
        return delivery
    if not delivery.is_file():
        raise InputRefused(f"{delivery} does not exist. Give the file or folder that holds the new settlements.")
    alone = work / "delivery"
    alone.mkdir()
    try:
        shutil.copyfile(delivery, alone / delivery.name)
    except OSError as error:
        raise InputRefused(f"{delivery} cannot be read: {error.strerror}.") from error
    return alone


@contextmanager
def _opened(settings: Settings, work: Path) -> Iterator[tuple[duckdb.DuckDBPyConnection, ingest.Pseudonyms | None]]:
    """HOME's warehouse read-only, an empty one in memory beside it and in use; both spill into `work`.

    With it, how HOME names persons.
    """
    limits = {"memory_limit": settings.memory_limit, "threads": settings.threads}
    with open_warehouse(settings.home, read_only=True, **limits) as con:  # type: ignore[arg-type]
        con.execute(f"set temp_directory = '{escaped(work / 'spill')}'")
        if ("feature", "settlement") not in past.tables(con, "feature"):
            raise UsageError(f"{settings.home} has no feature tables yet. Run `fundwatch features` first.")
        names = _refuse_stale(con, settings)
        con.execute("attach ':memory:' as screening (read_write)")
        con.execute("use screening")
        con.execute(ddl())
        for schema, table in past.tables(con, "knowledge"):
            con.execute(f"drop table if exists screening.{schema}.{table}")
            con.execute(f"create view screening.{schema}.{table} as from warehouse.{schema}.{table}")
        yield con, names


def _refuse_stale(con: duckdb.DuckDBPyConnection, settings: Settings) -> ingest.Pseudonyms | None:
    """Knowledge that HOME does not hold yet would let lines pass unseen; so would persons under other names."""
    names = steps.naming(settings, con)
    if journal.print_of(con, "knowledge") != knowledge_load.version(settings.home / "knowledge"):
        raise UsageError(f"The knowledge in {settings.home} is of another version. Run `fundwatch features` first.")
    return names


def _take_in(
    con: duckdb.DuckDBPyConnection,
    settings: Settings,
    names: ingest.Pseudonyms | None,
    given: Path,
    work: Path,
    say: Callable[[str], None],
) -> int:
    """Load the new rows; returns how many could not be read. A refusal names the path as it was given."""
    folder = _folder(given, work)
    intake = ingest.Intake(work, steps.intake(settings, names).dialects, names)
    try:
        rejected = sum(a.rejected for a in ingest.ingest(con, folder, say, intake))
    except InputRefused as error:
        raise InputRefused(str(error).replace(str(folder), str(given))) from error
    con.execute("create temp table new_settlement as select settlement_id, encounter_id from record.settlement")
    con.execute(
        """
        create temp table new_line as
        select settlement_id, line_id, encounter_id, coalesce(item_name, institution_item_name, item_code) as item,
            coalesce(eligible_amount, amount) as eligible_amount, row_number() over () as place
        from record.fee_line
        """
    )
    con.execute(
        """
        create temp table concerned as
        select person_id from record.settlement where person_id is not null
        union select person_id from record.encounter where person_id is not null
        """
    )
    return rejected


def _build(con: duckdb.DuckDBPyConnection, rules: Collection[Source]) -> None:
    for name in past.features(rules):
        if name in past.WHOLE:
            con.execute(f"create view screening.feature.{name} as from warehouse.feature.{name}")
        else:
            con.execute(f"create table screening.feature.{name} as {build.load()[name].query.text}")
    con.execute(
        f"""
        create temp table screened (
            source varchar, certainty varchar, outcome varchar, reason varchar,
            {", ".join(f"{k} varchar" for k in KEYS)}, occurred_on date, amount decimal(16,2), detail varchar
        )
        """
    )


def _lacking(con: duckdb.DuckDBPyConnection, one: Source) -> list[str]:
    """What a rule needs that neither the new rows nor HOME's record hold."""
    here = needs.missing(con, one.card.needs)
    if not here:
        return []
    con.execute("use warehouse")
    try:
        there = needs.missing(con, one.card.needs)
    finally:
        con.execute("use screening")
    return [need for need in here if need in there]


def _judge(con: duckdb.DuckDBPyConnection, one: Source, seconds: float) -> None:
    """Add a rule's hits on the new settlements, and what it cannot judge there and why, to `screened`, each area's with
    what holds there; it sees the hall alone, and is stopped after `seconds` (0: never)."""
    query, every = rule.query(one.code), areas.parts(one.params, one.areas, areas.knowing(con, one.reads))
    with confined.within(con, seconds):
        for part in every:
            with areas.in_place(con, part), confined.inside(con):
                _answer(con, one, query, part.params, part.only(query.text) if len(every) > 1 else query.text)
        if one.card.by_edition:
            with confined.inside(con):
                _say_without_edition(con, one)


def _answer(con: duckdb.DuckDBPyConnection, one: Source, query: guard.Query, params: Params, rows: str) -> None:
    """Add what `rows`, the rule's query or some of its rows, say of the new settlements."""
    details = rule.packing(c for c in query.columns if c not in STANDARD and c not in ROW)
    certainty = "$card_certainty"
    if "certainty" in query.columns:
        certainty = f"case when certainty = 'suspected' then certainty else {certainty} end"
    detail = f"to_json(struct_pack({details}))" if details else "cast(null as varchar)"
    card = one.card
    values: dict[str, Any] = {"card_id": one.id, "card_certainty": card.certainty}
    values |= {"card_from": card.effective_from, "card_to": card.effective_to}
    ours = rule.rests_on_ours(con, query, "f") if card.certainty == "definite" else None
    con.execute(
        f"""
        insert into screened by name
        with found as ({rows}),
        mine as (
            select f.* replace (coalesce(f.settlement_id, e.settlement_id) as settlement_id),
                {ours or "false"} as is_ours
            from found as f
            left join new_settlement as e on e.encounter_id = f.encounter_id and f.settlement_id is null
            where f.outcome in ('hit', 'cannot_judge')
        )
        select $card_id as source, case when is_ours then 'suspected' else {certainty} end as certainty,
            outcome, reason, {", ".join(KEYS)},
            occurred_on, amount, {detail} as detail
        from mine
        where settlement_id in (select settlement_id from new_settlement)
            and coalesce(occurred_on >= $card_from, true) and coalesce(occurred_on <= $card_to, true)
        """,
        {**params, **values},
    )


def _say_without_edition(con: duckdb.DuckDBPyConnection, one: Source) -> None:
    """Add the new lines that a rule cannot judge, for no edition of the catalogue at hand covers their day."""
    con.execute(
        f"""
        insert into screened by name
        select $card_id as source, 'cannot_judge' as outcome, '{rule.NO_EDITION}' as reason, {", ".join(KEYS)},
            charged_on as occurred_on
        from ({rule.lines_without_edition(one.card)}) as gap
        where settlement_id in (select settlement_id from new_settlement)
        """,
        {"card_id": one.id},
    )
