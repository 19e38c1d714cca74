"""Anything that can find: a rule (SQL) or a detector (Python). Both end in the same findings.

A source fills the temporary table `judged` (models/sources/judged.py). From there on rows never become Python objects.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

import duckdb

from data.contract import mapping
from data.errors import FundwatchError
from data.ingest.match import STATUS
from data.warehouse import confined
from data.warehouse.connection import transaction
from models.sources import judged
from models.sources.card import Card, CardError
from models.sources.judged import KEYS, PEERS, ROW

#: Where else the record may hold what a need names: feature.person takes it from there.
ELSEWHERE = {
    "record.settlement.sex": ("record.encounter.sex", "record.person.sex"),
    "record.settlement.birth_on": ("record.encounter.birth_on", "record.person.birth_on"),
}
#: The reason of a source that judged nothing though it has its data.
NOTHING = "nothing of the kind in the data"
#: How the reason of a rule begins that people wrote, that is on trial and that cannot be run.
LEFT_OUT = "left out: "

Params = Mapping[str, Any]


@dataclass(frozen=True)
class Source:
    """One rule or detector, ready to run."""

    id: str
    kind: str  # rule, detector
    card: Card
    params: Params
    code: str  # its own text: part of the fingerprint
    fill: Callable[[duckdb.DuckDBPyConnection, Params], None]  # adds its rows to the temporary table `judged`
    reads: frozenset[str] = frozenset()  # schema.table: what its queries read
    is_own: bool = False  # a rule that people wrote: it is judged behind closed doors, and may fail
    refusal: str = ""  # why a rule that people wrote cannot be judged with at all

    def fingerprint(self, of: str) -> str:
        """Equal means: same source, same parameters, same data."""
        said = "\n".join([self.kind, self.code, repr(sorted(self.params.items())), of])
        return hashlib.sha256(said.encode()).hexdigest()[:16]

    def judge(self, con: duckdb.DuckDBPyConnection, params: Params) -> None:
        """Leave the temporary tables `judged` and `judged_member`, made anew.

        A rule that people wrote sees the hall that `confined.prepare` made, and nothing else.
        """
        judged.make(con)
        with confined.inside(con) if self.is_own else nullcontext():
            self.fill(con, params)
        if self.kind == "detector":
            con.execute("update judged set weight = round(1 - 0.5 * pow(2, -strength), 4) where strength is not null")


class RuleFailed(FundwatchError):
    """A rule that people wrote and that cannot be run: the text names it and says why."""


def run(con: duckdb.DuckDBPyConnection, source: Source, of: str, seconds: float = 0) -> bool:
    """Judge with one source: replace its findings and its coverage row, in one transaction.

    Returns whether the record held the data it needs. Raises RuleFailed for a rule that people wrote where it is
    refused, the engine refuses it, or it does not end within `seconds` (0: they are not counted); what it found
    before then stands.
    """
    if not source.is_own:
        return _run(con, source, of)
    with explained(source):
        confined.prepare(con)
        with confined.restored(con), confined.within(con, seconds):
            return _run(con, source, of)


@contextmanager
def explained(source: Source) -> Iterator[None]:
    """What fails inside the block is the rule's fault, and said in one sentence that names it.

    Raises RuleFailed; a full disk and a damaged warehouse are nobody's rule and stay what they are.
    """
    if source.refusal:
        raise RuleFailed(source.refusal)
    try:
        yield
    except confined.TookTooLong as error:
        raise RuleFailed(f"{source.id}.sql {error}: raise rule_minutes in fundwatch.toml, or simplify it.") from error
    except (duckdb.IOException, duckdb.FatalException, duckdb.InterruptException):
        raise
    except duckdb.OutOfMemoryException as error:
        raise RuleFailed(
            f"{source.id}.sql needs more memory than allowed: raise memory_limit in fundwatch.toml, or simplify it."
        ) from error
    except duckdb.Error as error:
        raise RuleFailed(f"{source.id}.sql cannot be run: {str(error).splitlines()[0].rstrip('.')}.") from error


def leave_out(con: duckdb.DuckDBPyConnection, source: Source, of: str, why: str) -> None:
    """Put down that a rule was not judged with: nothing found, and `why` as its coverage's reason."""
    with transaction(con):
        forget(con, source.id)
        _cover(con, source, of, (0, 0, 0, f"{LEFT_OUT}{why}"), 0.0)


def _run(con: duckdb.DuckDBPyConnection, source: Source, of: str) -> bool:
    started = time.perf_counter()
    with transaction(con):
        forget(con, source.id)
        lacking = missing(con, source.card.needs)
        if lacking:
            units, hits, cannot, reason = 0, 0, 0, f"needs {'; '.join(lacking)}"
        else:
            source.judge(con, source.params)
            units, hits, cannot, reason = _counts(con)
            if hits:
                _write(con, source)
                _write_members(con, source.id)
            reason = "; ".join(filter(None, [reason, _strangers(con, source)]))
        for what in source.card.judges:
            con.execute("insert into model.source_judges values ($id, $what)", {"id": source.id, "what": what})
        _cover(con, source, of, (units, hits, cannot, reason), time.perf_counter() - started)
    return not lacking


def _cover(
    con: duckdb.DuckDBPyConnection, source: Source, of: str, counts: tuple[int, int, int, str], seconds: float
) -> None:
    units, hits, cannot, reason = counts
    con.execute(
        "insert into model.coverage values ($id, $kind, $official, $status, $judged, $hits, $cannot,"
        " $reason, $seconds, $fingerprint)",
        {
            "id": source.id,
            "kind": source.kind,
            "official": " ".join(map(str, source.card.official)) or None,
            "status": source.card.status,
            "judged": units,
            "hits": hits,
            "cannot": cannot,
            "reason": reason or None,
            "seconds": round(seconds, 3),
            "fingerprint": source.fingerprint(of),
        },
    )


def forget(con: duckdb.DuckDBPyConnection, source_id: str) -> None:
    """Take away what a source found: its findings, its groups' members, its coverage."""
    for table in ("finding", "group_member", "coverage", "source_judges"):
        con.execute(f"delete from model.{table} where source = $id", {"id": source_id})


def check_needs(card: Card) -> None:
    """Raises CardError for a need that the record has no table or column for."""
    columns = {t.target: {f.column for f in t.fields} for t in mapping.tables().values()}
    for need in card.needs:
        schema, table, *column = need.split(".")
        if schema != "record" or table not in columns or (column and column[0] not in columns[table]):
            raise CardError(f"needs names {need}, which the record does not have")


def missing(con: duckdb.DuckDBPyConnection, needs: Collection[str]) -> list[str]:
    """What of `needs` (record.table or record.table.column) the record does not hold, in words."""
    lacking = []
    by_target = {t.target: t for t in mapping.tables().values()}
    for need in needs:
        _, table, *column = need.split(".")
        known = by_target[table]
        if any(_holds(con, place) for place in (need, *ELSEWHERE.get(need, ()))):
            continue
        field = next((f for f in known.fields if column and f.column == column[0]), None)
        name = f"{field.name_zh} ({known.source}.{field.source})" if field else f"{known.name_zh} ({known.source})"
        rows, nobody = _listed(con, known.source)
        lacking.append(f"{name}, whose {rows:,} rows match nobody of the record" if rows and rows == nobody else name)
    return lacking


def _holds(con: duckdb.DuckDBPyConnection, need: str) -> bool:
    _, table, *column = need.split(".")
    if column and not _has_column(con, table, column[0]):
        return False
    filled = f"where {column[0]} is not null" if column else ""
    return bool(con.execute(f"select 1 from record.{table} {filled} limit 1").fetchall())  # ends at the first value


def _has_column(con: duckdb.DuckDBPyConnection, table: str, column: str) -> bool:
    """Whether the table has it: a HOME of an earlier version, opened to be read, may not."""
    asked = (
        "select 1 from duckdb_columns() where database_name = current_database() and schema_name = 'record'"
        " and table_name = $table and column_name = $column"
    )
    return bool(con.execute(asked, {"table": table, "column": column}).fetchall())


def _strangers(con: duckdb.DuckDBPyConnection, source: Source) -> str:
    """How many rows of another department's list that the source reads match nobody: they are judged by nothing."""
    table = next(t for t in mapping.tables().values() if t.target == STATUS)
    rows, nobody = _listed(con, table.source) if f"record.{STATUS}" in source.code else (0, 0)
    return f"{nobody:,} of {rows:,} rows of {table.name_zh} match nobody of the record" if nobody else ""


def _listed(con: duckdb.DuckDBPyConnection, source_table: str) -> tuple[int, int]:
    rows = con.execute(
        "select coalesce(sum(delivered), 0), coalesce(sum(unmatched), 0) from record.list_match"
        " where source_table = $source",
        {"source": source_table},
    ).fetchall()
    return int(rows[0][0]), int(rows[0][1])


def _counts(con: duckdb.DuckDBPyConnection) -> tuple[int, int, int, str]:
    by = dict(con.execute("select outcome, cast(sum(units) as bigint) from judged group by 1").fetchall())
    reasons = con.execute(
        "select reason, cast(sum(units) as bigint) from judged where outcome = 'cannot_judge'"
        " group by 1 order by 2 desc, 1 limit 3"
    ).fetchall()
    hits, cannot = by.get("hit", 0), by.get("cannot_judge", 0)
    judged = by.get("clear", 0) + hits
    return judged, hits, cannot, "; ".join(f"{r} ({n})" for r, n in reasons) if judged or cannot else NOTHING


def _write(con: duckdb.DuckDBPyConnection, source: Source) -> None:
    branches = " union all ".join(_subject(s) for s in source.card.subjects)
    con.execute(
        f"""
        insert into model.finding by name
        with implicated as ({branches}),
        priced as (
            select i.*,
                coalesce(i.fund_at_issue, cast(i.amount * coalesce(s.fund_rate, 0) as decimal(16,2))) as fund_amount,
                md5(concat_ws('|', $id, subject_type, subject_id, i.settlement_id, line_id, i.encounter_id,
                    i.person_id, cast(occurred_on as varchar), part)) as finding_id
            from implicated as i
            left join feature.settlement as s on s.settlement_id = i.settlement_id
            where subject_id is not null
                and coalesce(occurred_on >= $effective_from, true)
                and coalesce(occurred_on <= $effective_to, true)
        ),
        single as (
            select *, row_number() over (partition by finding_id order by amount desc, detail) as place
            from priced
        )
        select finding_id, $id as source, $version as source_version, $family as family,
            case when certainty = 'suspected' then certainty else $certainty end as certainty,
            'hit' as outcome, subject_type, subject_id, settlement_id, line_id, encounter_id, person_id,
            institution_id, practitioner_id, occurred_on, amount, fund_amount, detail,
            coalesce(weight, 1) as weight, {", ".join(PEERS)}
        from single where place = 1
        order by finding_id
        """,
        {
            "id": source.id,
            "version": source.card.version,
            "family": source.card.family or source.card.violation,
            "certainty": source.card.certainty,
            "effective_from": source.card.effective_from,
            "effective_to": source.card.effective_to,
        },
    )


def _write_members(con: duckdb.DuckDBPyConnection, source_id: str) -> None:
    con.execute(
        "insert into model.group_member by name select group_key, person_id, share, $id as source from judged_member"
        " order by group_key, person_id",
        {"id": source_id},
    )


def _subject(kind: str) -> str:
    columns = ", ".join(f"j.{c}" for c in (*KEYS, "occurred_on", "amount", "detail", "part", "weight", *PEERS, *ROW))
    hits = "from judged as j"
    place = ("institution", "pharmacy")  # a row that implicates the place does not ask what it is
    kinds = "', '".join(place if kind in place else (kind,))
    implicated = f"j.outcome = 'hit' and coalesce(j.implicates, '{kind}') in ('{kinds}')"
    if kind in place:
        wanted = "coalesce(i.is_pharmacy, false)" if kind == "pharmacy" else "not coalesce(i.is_pharmacy, false)"
        return (
            f"select '{kind}' as subject_type, j.institution_id as subject_id, {columns} {hits}"
            " left join feature.institution as i on i.institution_id = j.institution_id"
            f" where {implicated} and {wanted}"
        )
    key = {"practitioner": "practitioner_id", "person": "person_id", "group": "group_key"}[kind]
    return f"select '{kind}' as subject_type, j.{key} as subject_id, {columns} {hits} where {implicated}"
