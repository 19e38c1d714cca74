"""Anything that can find: a rule (SQL) or a detector (Python). Both end in the same findings.

A source fills the temporary table `judged` (models/sources/judged.py). From there on rows never become Python objects.
"""

from __future__ import annotations

import hashlib
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Any

import duckdb

from data.contract import mapping
from data.errors import FundwatchError
from data.ingest.match import STATUS
from data.warehouse import confined
from data.warehouse.connection import has, transaction
from models.sources import areas, judged
from models.sources.areas import Part
from models.sources.card import Card
from models.sources.judged import KEYS, PEERS, ROW
from models.sources.needs import Held, listed, missing

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
    fill_part: Callable[[duckdb.DuckDBPyConnection, Params, Part], None] | None = (
        None  # as fill, the rows of some areas
    )
    areas: Mapping[str, Params] = field(default_factory=dict)  # parameters that an area sets, by how its codes begin

    def fingerprint(self, of: str) -> str:
        """Equal means: same source, same parameters, same data."""
        by_area = [repr(sorted((area, sorted(set_there.items())) for area, set_there in self.areas.items()))]
        said = "\n".join([self.kind, self.code, repr(sorted(self.params.items())), of, *by_area * bool(self.areas)])
        return hashlib.sha256(said.encode()).hexdigest()[:16]

    def judge(self, con: duckdb.DuckDBPyConnection, params: Params) -> None:
        """Leave the temporary tables `judged` and `judged_member`, made anew.

        A rule that people wrote sees the hall that `confined.prepare` made, and nothing else.
        """
        parts = areas.parts(params, self.areas, areas.knowing(con, self.reads))
        judged.make(con)
        if len(parts) == 1:
            self._fill(con, params, None)
        else:
            areas.fill(con, parts, lambda part: self._fill(con, part.params, part), is_whole=self.fill_part is None)
        if self.kind == "detector":
            con.execute("update judged set weight = round(1 - 0.5 * pow(2, -strength), 4) where strength is not null")

    def _fill(self, con: duckdb.DuckDBPyConnection, params: Params, part: Part | None) -> None:
        with confined.inside(con) if self.is_own else nullcontext():
            if part is None or self.fill_part is None:
                self.fill(con, params)
            else:
                self.fill_part(con, params, part)


class RuleFailed(FundwatchError):
    """A rule that people wrote and that cannot be run: the text names it and says why."""


def run(con: duckdb.DuckDBPyConnection, source: Source, of: str, seconds: float = 0, held: Held | None = None) -> bool:
    """Judge with one source: replace its findings and its coverage row, in one transaction.

    `held` is what the record holds, where many sources judge the same record.
    Returns whether the record held the data it needs. Raises RuleFailed for a rule that people wrote where it is
    refused, the engine refuses it, or it does not end within `seconds` (0: they are not counted); what it found
    before then stands.
    """
    if not source.is_own:
        return _run(con, source, of, held or Held(con))
    with explained(source):
        confined.prepare(con)
        with confined.restored(con), confined.within(con, seconds):
            return _run(con, source, of, held or Held(con))


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


def _run(con: duckdb.DuckDBPyConnection, source: Source, of: str, held: Held) -> bool:
    started = time.perf_counter()
    with transaction(con):
        forget(con, source.id)
        lacking = missing(con, source.card.needs, held)
        if lacking:
            units, hits, cannot, reason = 0, 0, 0, f"needs {'; '.join(lacking)}"
        else:
            source.judge(con, source.params)
            units, hits, cannot, reason = _counts(con)
            if hits:
                _write(con, source)
                _write_members(con, source.id)
            reason = "; ".join(filter(None, [reason, _strangers(con, source)]))
        if source.card.judges:
            con.execute(
                "insert into model.source_judges select $id, unnest($judges)",
                {"id": source.id, "judges": list(source.card.judges)},
            )
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
    left = " union all ".join(
        f"(select '{table}' from model.{table} where source = $id limit 1)"
        for table in ("finding", "group_member", "coverage", "source_judges")
    )  # one question, since on a new record no source has left anything
    for (table,) in con.execute(left, {"id": source_id}).fetchall():
        con.execute(f"delete from model.{table} where source = $id", {"id": source_id})


def _strangers(con: duckdb.DuckDBPyConnection, source: Source) -> str:
    """How many rows of another department's list that the source reads match nobody: they are judged by nothing."""
    table = next(t for t in mapping.tables().values() if t.target == STATUS)
    rows, nobody = listed(con, table.source) if f"record.{STATUS}" in source.code else (0, 0)
    return f"{nobody:,} of {rows:,} rows of {table.name_zh} match nobody of the record" if nobody else ""


def _counts(con: duckdb.DuckDBPyConnection) -> tuple[int, int, int, str]:
    rows = con.execute(
        "select outcome, case when outcome = 'cannot_judge' then reason end, cast(sum(units) as bigint) from judged"
        " group by all"
    ).fetchall()
    by: Counter[str] = Counter()
    for outcome, _, units in rows:
        by[outcome] += units
    reasons = sorted(
        ((reason, units) for outcome, reason, units in rows if outcome == "cannot_judge"),
        key=lambda each: (-each[1], each[0] is None, each[0] or ""),
    )[:3]
    hits, cannot = by.get("hit", 0), by.get("cannot_judge", 0)
    judged = by.get("clear", 0) + hits
    return judged, hits, cannot, "; ".join(f"{r} ({n})" for r, n in reasons) if judged or cannot else NOTHING


def _write(con: duckdb.DuckDBPyConnection, source: Source) -> None:
    branches = " union all ".join(_subject(s) for s in source.card.subjects)
    # What people said to be one subject is one; a finding keeps its id, by which verdicts know it.
    kept, joined = "single.subject_id", ""
    if has(con, "casebook.current_same"):
        kept = "coalesce(c.kept_id, single.subject_id)"
        joined = """
            left join casebook.current_same as c
                on c.subject_type = single.subject_type and c.subject_id = single.subject_id"""
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
            'hit' as outcome, single.subject_type, {kept} as subject_id, settlement_id, line_id, encounter_id,
            person_id, institution_id, practitioner_id, occurred_on, amount, fund_amount, detail,
            coalesce(weight, 1) as weight, {", ".join(PEERS)}
        from single {joined} where place = 1
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
