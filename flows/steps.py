"""The steps of a run, in order: each a plain function of (settings, warehouse), alone, again, after a crash."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from data import check as checking
from data import ingest as ingestion
from data import knowledge_load
from data.errors import FundwatchError, UsageError
from data.warehouse import open_warehouse, transaction
from features import build
from flows import publish as publishing
from flows import trouble, version
from flows.exports import tables
from flows.outcome import Outcome
from flows.settings import Settings
from models import artefacts, source
from models.casebook import rates as verdicts
from models.casebook import suppressions
from models.ranking import learned, tips, totals
from models.ranking.rank import rank as rank_leads
from models.source import Source
from models.workbench import ruleset

Say = Callable[[str], None]
#: A group stands with its findings: what a retired detector, or one that lost its data, left behind goes with them.
ORPHANS = """
    delete from model.group_member
    where group_key not in (select subject_id from model.finding where subject_type = 'group')
"""


@dataclass(frozen=True)
class Step:
    """One step: its name, what it does, and how often it may be tried again."""

    name: str
    act: Callable[[Settings, duckdb.DuckDBPyConnection, Say], Outcome]
    retries: int = 0


def sources(settings: Settings) -> list[Source]:
    """Every rule and detector with the settings' parameters."""
    return ruleset.sources(settings.home, settings.rules, settings.detectors)


def overlay(settings: Settings) -> Path:
    """The bureau's own knowledge: CSV files of the same names, laid over the package's."""
    return settings.home / "knowledge"


def record_version(settings: Settings, con: duckdb.DuckDBPyConnection) -> str:
    """Hash of the delivered contents the record holds and of the knowledge beside it."""
    files = con.sql("select file_id from run.input_file order by loaded_at, file_id").fetchall()
    if not files:
        raise UsageError("The warehouse is empty. Run `fundwatch ingest INPUT` first.")
    said = "\n".join([*(f for (f,) in files), knowledge_load.version(overlay(settings))])
    return hashlib.sha256(said.encode()).hexdigest()[:16]


def run_id(settings: Settings, con: duckdb.DuckDBPyConnection) -> tuple[str, str]:
    """(run id, fingerprint): the day and a hash of inputs, knowledge, code, settings, verdicts, own rules."""
    parts = [record_version(settings, con), version.code(), repr(settings.deciding()), verdicts.version(con)]
    said = "\n".join([*parts, ruleset.version(settings.home), suppressions.version(con)])
    fingerprint = hashlib.sha256(said.encode()).hexdigest()[:16]
    known = con.execute(
        """
        select run_id from (
            select run_id, 1 as place from run.run where fingerprint = $f
            union all select said, 2 from run.step where step = 'run' and fingerprint = $f
        ) as named order by place limit 1
        """,
        {"f": fingerprint},
    ).fetchall()
    return (known[0][0] if known else f"{time.strftime('%Y%m%d')}-{fingerprint[:8]}"), fingerprint


def name_run(con: duckdb.DuckDBPyConnection, this: str, fingerprint: str) -> None:
    """Keep the run's id from ranking on: a run that was killed before midnight is the same run after it."""
    _finish(con, "run", fingerprint, this)


def intake(settings: Settings, only: Collection[str] | None = None) -> ingestion.Intake:
    """How this HOME takes deliveries in; `only` restricts them to contents by their hashes."""
    return ingestion.Intake(
        work=settings.home / "spill",
        dialects=settings.home / "mappings",
        pseudonyms=ingestion.Pseudonyms.of(settings.home) if settings.pseudonyms else None,
        only=only,
    )


def ingest(settings: Settings, con: duckdb.DuckDBPyConnection, say: Say) -> Outcome:
    """Take the delivery into the record. What the run's last step could not write to is said before its first."""
    if settings.input is None:
        raise UsageError("Give the folder that holds the export.")
    publishing.ready(settings.out)
    accounts = ingestion.ingest(con, settings.input, say, intake(settings))
    loaded, rows = sum(a.loaded + a.replaced for a in accounts), sum(a.rows_in for a in accounts)
    rejected = sum(a.rejected for a in accounts)
    full, standing = tables.keep_rejected(con, settings.home), ingestion.standing(con)
    counts = {"files": len(accounts), "rows": rows, "loaded": loaded, "rejected": rejected, "standing": standing}
    if not loaded and not rejected:
        still = f"; {standing:,} rejected rows stand until mended, in full in {full}" if standing else ""
        return Outcome(f"nothing new: all {rows:,} rows of {len(accounts)} files came before{still}", counts)
    yuan = sum(a.yuan_loaded for a in accounts if a.source_table == "setl_d")
    more = ""
    if standing:
        in_all = "" if rejected == standing else f", {standing:,} in all"
        more = (
            f"; {rejected:,} rows rejected{in_all}: in full, with names, in {full}, which is for mending and not for"
            " handing on (row_number counts the rows below the header)"
        )
    sentence = f"{loaded:,} of {rows:,} rows loaded from {len(accounts)} files, {yuan:,} yuan of settlements{more}"
    return Outcome(sentence, counts)


def check(settings: Settings, con: duckdb.DuckDBPyConnection, say: Say) -> Outcome:
    """Judge the record as it stands, before anything is computed from it."""
    said = "\n".join([record_version(settings, con), version.code(("data",))])
    fingerprint = hashlib.sha256(said.encode()).hexdigest()[:16]
    if _done(con, "check") == fingerprint:
        return Outcome("nothing new", {"checks": 0})
    _know(settings, con)
    results = checking.run(con, say)
    sentence = checking.summary(results)
    _finish(con, "check", fingerprint, sentence)
    return Outcome(sentence, {"checks": len(results), "warnings": sum(r.failed for r in results)})


def features(settings: Settings, con: duckdb.DuckDBPyConnection, say: Say) -> Outcome:
    """Load the knowledge and build the feature tables that changed."""
    of = record_version(settings, con)
    _know(settings, con)
    built = build.build(con, of, say, knowledge_load.version(overlay(settings)))
    if _done(con, "features") != of:
        _finish(con, "features", of, f"{len(built)} feature tables built")
    return Outcome(f"{len(built)} feature tables built" if built else "nothing new", {"tables": len(built)})


def detect(settings: Settings, con: duckdb.DuckDBPyConnection, say: Say) -> Outcome:
    """Judge with every rule and detector whose query, parameters or data changed."""
    if _done(con, "features") != record_version(settings, con):
        raise UsageError("The feature tables are older than the record. Run `fundwatch features` first.")
    of = _judged_of(settings, con)
    known = dict(con.sql("select source, fingerprint from model.coverage").fetchall())
    everyone = [s for s in sources(settings) if s.card.status != "retired"]
    gone = set(known) - {s.id for s in everyone}
    for name in sorted(gone):
        with transaction(con):
            source.forget(con, name)
    todo = [s for s in everyone if known.get(s.id) != s.fingerprint(of)]
    if todo or gone:  # a run killed before the triage below leaves it to do
        con.execute("delete from run.step where step = 'triage'")
    for one in todo:
        source.run(con, one, of)
        say(one.id)
    con.execute(ORPHANS)
    said = _triage(con)
    hits, cannot = con.sql(
        "select coalesce(sum(hits), 0), count(*) filter (where reason like 'needs %') from model.coverage"
    ).fetchall()[0]
    counts = {"judged": len(todo), "retired": len(gone), "hits": int(hits), "lacking_data": cannot}
    if not todo and not gone:
        return Outcome("nothing new", counts)
    return Outcome(f"{len(todo)} sources judged, {hits:,} hits in all{said}, {cannot} sources lack their data", counts)


def rank(settings: Settings, con: duckdb.DuckDBPyConnection, say: Say) -> Outcome:
    """Make the findings leads, one a subject, and order them."""
    prints = con.sql("select source, fingerprint from model.coverage order by 1").fetchall()
    if not prints:
        raise UsageError("Nothing was judged yet. Run `fundwatch detect` first.")
    of = _judged_of(settings, con)
    standing = [s for s in sources(settings) if s.card.status != "retired"]
    if _done(con, "triage") is None or any(dict(prints).get(s.id) != s.fingerprint(of) for s in standing):
        raise UsageError("The findings are older than the record or the rules. Run `fundwatch detect` first.")
    this, of_run = run_id(settings, con)
    said = "\n".join([this, repr(prints), repr(settings.deciding()), version.code(("data", "models"))])
    fingerprint = hashlib.sha256(said.encode()).hexdigest()[:16]
    if _done(con, "rank") == fingerprint:
        return Outcome("nothing new", _leads(con))
    name_run(con, this, of_run)
    counts = rank_leads(con, sources(settings), this, settings.objective, settings.seed, least_yuan=settings.least_yuan)
    told = ", ".join(f"{n:,} {kind}" for kind, n in counts.items()) or "no"
    whole = totals.totals(con).row(-1, named=True)
    leads = f"{told} leads, {whole['once']:,} yuan at issue, each once, {learned.told(con)['said']}"
    sentence = "; ".join(s for s in (leads, tips.summary(con)) if s)
    _finish(con, "ranked", _ranked_of(settings, con), this)
    _finish(con, "rank", fingerprint, sentence)
    return Outcome(sentence, _leads(con))


def publish(settings: Settings, con: duckdb.DuckDBPyConnection, say: Say) -> Outcome:
    """Write the run's folder, whole or not at all, and copy the lists to --out."""
    if _done(con, "rank") is None:
        raise UsageError("Nothing was ranked yet. Run `fundwatch rank` first.")
    if _done(con, "ranked") != _ranked_of(settings, con):
        raise UsageError(
            "The ranking is older than the findings, or was made for another objective, seed or least_yuan."
            " Run `fundwatch rank` first, or set them in fundwatch.toml."
        )
    this, fingerprint = run_id(settings, con)
    return publishing.publish(settings, con, sources(settings), this, fingerprint, say)


STEPS = (
    Step("ingest", ingest),
    Step("check", check),
    Step("features", features, retries=1),
    Step("detect", detect, retries=1),
    Step("rank", rank, retries=1),
    Step("publish", publish, retries=1),
)


def perform(step: Step, settings: Settings, say: Say = lambda _: None) -> Outcome:
    """Open the warehouse and do one step; returns what came of it."""
    try:
        with open_warehouse(settings.home, memory_limit=settings.memory_limit, threads=settings.threads) as con:
            ingestion.refuse_other_way(ingestion.held(con), settings.pseudonyms, settings.home)
            return step.act(settings, con, say)
    except FundwatchError:
        raise
    except Exception as error:
        if (sentence := trouble.sentence(error, step.name)) is None:
            raise
        raise FundwatchError(sentence) from error


def _leads(con: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """How many leads each list has."""
    return dict(con.sql("select subject_type, count(*) from model.lead group by 1 order by 1").fetchall())


def _know(settings: Settings, con: duckdb.DuckDBPyConnection) -> None:
    """Load the package's knowledge and the bureau's own on top of it, where either changed."""
    if _done(con, "knowledge") != knowledge_load.version(overlay(settings)):
        rows = sum(knowledge_load.load(con, overlay(settings)).values())
        _finish(con, "knowledge", knowledge_load.version(overlay(settings)), f"{rows:,} knowledge rows")


def _triage(con: duckdb.DuckDBPyConnection) -> str:
    """Class the findings anew unless they are those of the last triage; says how many are artefacts, if any."""
    if _done(con, "triage") is not None:
        return ""
    found = artefacts.triage(con)
    _finish(con, "triage", "done", f"{found:,} artefacts")
    return f", {found:,} of them artefacts of the data" if found else ""


def _judged_of(settings: Settings, con: duckdb.DuckDBPyConnection) -> str:
    """What findings are made of beside their source: the record, the knowledge, the code."""
    return record_version(settings, con) + version.code(("data", "features", "models"))


def _ranked_of(settings: Settings, con: duckdb.DuckDBPyConnection) -> str:
    """What leads are made of, so that a ranking left behind by a stopped run is never published as a later one."""
    prints = con.sql("select source, fingerprint from model.coverage order by 1").fetchall()
    said = [_judged_of(settings, con), repr(prints), settings.objective, str(settings.seed), verdicts.version(con)]
    said += [suppressions.version(con), str(float(settings.least_yuan))]
    return hashlib.sha256("\n".join(said).encode()).hexdigest()[:16]


def _done(con: duckdb.DuckDBPyConnection, step: str) -> Any:
    rows = con.execute("select fingerprint from run.step where step = $step", {"step": step}).fetchall()
    return rows[0][0] if rows else None


def _finish(con: duckdb.DuckDBPyConnection, step: str, fingerprint: str, said: str) -> None:
    with transaction(con):
        con.execute("delete from run.step where step = $step", {"step": step})
        con.execute(
            "insert into run.step values ($step, $fingerprint, now(), null, $said)",
            {"step": step, "fingerprint": fingerprint, "said": said},
        )
