"""The steps of a run, in order: each a plain function of (settings, warehouse), alone, again, after a crash."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from dataclasses import dataclass

import duckdb

from data import ingest as ingestion
from data.checks import checking
from data.errors import FundwatchError, UsageError
from data.knowledge import load as knowledge_load
from data.warehouse import confined, journal, spill
from data.warehouse.connection import open_warehouse, transaction
from data.warehouse.parts import DONE, NO_DATA, Parts
from features import build
from flows import cluster as clusters
from flows import own_rules, trouble
from flows.home import version
from flows.home.settings import Settings
from flows.home.state import State
from flows.outcome import Outcome
from flows.publish import publish as publishing
from flows.publish import tables
from models import artefacts
from models.ranking import learned, tips, totals
from models.ranking.rank import rank as rank_leads
from models.sources import source
from models.sources.needs import Held
from models.sources.source import Source
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
    is_closed: bool = False  # it touches no file but the warehouse, and can touch none


def sources(settings: Settings) -> list[Source]:
    """Every rule and detector with the settings' parameters."""
    return ruleset.sources(settings.home, settings.rules, settings.detectors, settings.areas)


def run_id(state: State) -> tuple[str, str]:
    """(run id, fingerprint): the day and a hash of everything the run is made of; a run keeps its first day."""
    named = state.con.execute(
        """
        select run_id from (
            select run_id, 1 as place from run.run where fingerprint = $f
            union all select said, 2 from run.step where step = 'run' and fingerprint = $f
        ) as named order by place limit 1
        """,
        {"f": state.run},
    ).fetchall()
    return (named[0][0] if named else f"{time.strftime('%Y%m%d')}-{state.run[:8]}"), state.run


def intake(
    settings: Settings, pseudonyms: ingestion.Pseudonyms | None, only: Collection[str] | None = None
) -> ingestion.Intake:
    """How this HOME takes deliveries in; `only` restricts them to contents by their hashes."""
    return ingestion.Intake(
        work=settings.home / spill.NAME,
        dialects=settings.home / "mappings",
        pseudonyms=pseudonyms,
        only=only,
        newer=settings.newer,
        is_partial=settings.accept_partial,
    )


def naming(settings: Settings, con: duckdb.DuckDBPyConnection) -> ingestion.Pseudonyms | None:
    """How HOME names persons, for who only works on them. Raises UsageError where settings and warehouse disagree."""
    if not con.execute("select 1 from run.input_file limit 1").fetchall():
        return None  # nobody is named yet, and no key is made to look
    return ingestion.agreed(con, settings.pseudonyms, settings.key)


def ingest(settings: Settings, con: duckdb.DuckDBPyConnection, say: Say) -> Outcome:
    """Take the delivery into the record. What the run's last step could not write to is said before its first."""
    if settings.input is None:
        raise UsageError("Give the folder that holds the export.")
    publishing.ready(settings.out)
    clusters.ready(settings)
    pseudonyms = ingestion.agreed(con, settings.pseudonyms, settings.key, makes=True)
    accounts = ingestion.ingest(con, settings.input, say, intake(settings, pseudonyms))
    loaded, rows = sum(a.loaded + a.replaced for a in accounts), sum(a.rows_in for a in accounts)
    rejected = sum(a.rejected for a in accounts)
    left = sum(a.left_out for a in accounts)
    full, standing = tables.keep_rejected(con, settings.home), ingestion.standing(con)
    counts = {"files": len(accounts), "rows": rows, "loaded": loaded, "rejected": rejected, "standing": standing}
    refused = [a for a in accounts if a.refused is not None]
    counts |= {"left_out": left, "refused_files": len(refused)}
    beside = "".join(f"; left out whole: {a.refused}" for a in refused)  # the reason names the file
    taken = len(accounts) - len(refused)
    if not loaded and not rejected:
        still = f"; {standing:,} rejected rows stand until mended, in full in {full}" if standing else ""
        return Outcome(f"nothing new: all {rows:,} rows of {taken} files came before{still}{beside}", counts)
    yuan = sum(a.yuan_loaded for a in accounts if a.source_table == "setl_d")
    more = f"; {left:,} lines left out as no record" if left else ""
    if standing:
        in_all = "" if rejected == standing else f", {standing:,} in all"
        more += (
            f"; {rejected:,} rows rejected{in_all}: in full, with names, in {full}, which is for mending and not for"
            " handing on (row_number counts the rows below the header)"
        )
    sentence = f"{loaded:,} of {rows:,} rows loaded from {taken} files, {yuan:,} yuan of settlements{more}{beside}"
    return Outcome(sentence, counts)


def check(settings: Settings, con: duckdb.DuckDBPyConnection, say: Say) -> Outcome:
    """Judge the record as it stands, before anything is computed from it."""
    state = State(settings, con)
    fingerprint = journal.hash_of([state.record, version.code(("data",))])
    if journal.print_of(con, "check") == fingerprint:
        return Outcome("nothing new", {"checks": 0})
    _know(state)
    results = checking.run(con, say)
    sentence = checking.summary(results)
    journal.done(con, "check", fingerprint, sentence)
    return Outcome(sentence, {"checks": len(results), "warnings": sum(r.failed for r in results)})


def features(settings: Settings, con: duckdb.DuckDBPyConnection, say: Say) -> Outcome:
    """Load the knowledge and build the feature tables that changed."""
    state = State(settings, con)
    record = state.record
    _know(state)
    cluster = clusters.of(state)
    if cluster is not None:
        cluster.fill()
    built = build.build(con, record, say, state.knowledge, None if cluster is None else cluster.rows)
    if cluster is not None:
        cluster.fill_features()
    if journal.print_of(con, "features") != record:
        journal.done(con, "features", record, f"{len(built)} feature tables built")
    return Outcome(f"{len(built)} feature tables built" if built else "nothing new", {"built": len(built)})


def detect(settings: Settings, con: duckdb.DuckDBPyConnection, say: Say) -> Outcome:
    """Judge with every rule and detector whose query, parameters or data changed."""
    state = State(settings, con)
    if journal.print_of(con, "features") != state.record:
        raise UsageError("The feature tables are older than the record. Run `fundwatch features` first.")
    if build.lacking(con):
        raise UsageError("The feature tables are of an earlier version. Run `fundwatch features` first.")
    known, seconds = _last(con)
    gone = sorted(set(known) - {s.id for s in state.sources if s.card.status != "retired"})
    with transaction(con):
        for name in gone:
            source.forget(con, name)
        con.execute(ORPHANS)
    stale = state.stale(known)
    shown = {s.id: f"{s.card.title_zh} {s.id}" if settings.language == "zh" else s.id for s in stale}
    lasting = {shown[name]: took for name, took in seconds.items() if name in shown}
    parts = Parts(say, "sources", shown.values(), lasting)
    refused, held, cluster = own_rules.refused(con, stale), Held(con), clusters.of(state)
    for each in stale if cluster is None else map(cluster.judging, stale):
        parts.begin(shown[each.id])
        has_data = each.id not in refused and own_rules.judge(state, each, refused, held)
        parts.end(DONE if has_data else NO_DATA)
    for name, why in refused.items():
        left = next(s for s in stale if s.id == name)
        source.leave_out(con, left, state.basis(left), why)
        say(f"{name}, on trial, is left out: {why}")
    classed = _triage(state)
    hits, cannot = con.execute(
        "select coalesce(sum(hits), 0), count(*) filter (where reason like 'needs %') from model.coverage"
    ).fetchall()[0]
    counts = {"judged": len(stale), "retired": len(gone), "hits": int(hits), "lacking_data": cannot}
    if not stale and not gone:
        return Outcome("nothing new", counts)
    left_out = f", {len(refused)} on trial left out ({', '.join(refused)})" if refused else ""
    judged = len(stale) - len(refused)
    return Outcome(
        f"{judged} sources judged, {hits:,} hits in all{classed}, {cannot} sources lack their data{left_out}", counts
    )


def rank(settings: Settings, con: duckdb.DuckDBPyConnection, say: Say) -> Outcome:
    """Make the findings leads, one a subject, and order them."""
    state, prints = State(settings, con), _prints(con)
    if not prints:
        raise UsageError("Nothing was judged yet. Run `fundwatch detect` first.")
    if journal.print_of(con, "triage") != state.triage(prints) or state.stale(dict(prints)):
        raise UsageError("The findings are older than the record or the rules. Run `fundwatch detect` first.")
    this, fingerprint = run_id(state)
    ranked = journal.hash_of([this, state.ranking(prints), repr(settings.deciding())])
    if journal.print_of(con, "rank") == ranked:
        return Outcome("nothing new", _leads(con))
    journal.done(con, "run", fingerprint, this)  # a run that was killed before midnight is the same run after it
    counts = rank_leads(con, state.sources, this, settings.objective, settings.seed, least_yuan=settings.least_yuan)
    by_kind = ", ".join(f"{n:,} {kind}" for kind, n in counts.items()) or "no"
    whole = totals.totals(con).row(-1, named=True)
    leads = f"{by_kind} leads, {whole['once']:,} yuan at issue, each once, {learned.told(con)['said']}"
    sentence = "; ".join(s for s in (leads, tips.summary(con)) if s)
    journal.done(con, "ranked", state.ranking(prints), this)
    journal.done(con, "rank", ranked, sentence)
    return Outcome(sentence, _leads(con))


def publish(settings: Settings, con: duckdb.DuckDBPyConnection, say: Say) -> Outcome:
    """Write the run's folder, whole or not at all, and copy the lists to --out."""
    state = State(settings, con)
    if journal.print_of(con, "rank") is None:
        raise UsageError("Nothing was ranked yet. Run `fundwatch rank` first.")
    if journal.print_of(con, "ranked") != state.ranking(_prints(con)) or state.stale(dict(_prints(con))):
        raise UsageError(
            "The ranking is older than the findings, or was made for another objective, seed or least_yuan."
            " Run `fundwatch rank` first, or set them in fundwatch.toml."
        )
    this, fingerprint = run_id(state)
    return publishing.publish(settings, con, state.sources, this, fingerprint, say)


STEPS = (
    Step("ingest", ingest),
    Step("check", check),
    Step("features", features, retries=1),
    Step("detect", detect, retries=1, is_closed=True),
    Step("rank", rank, retries=1, is_closed=True),
    Step("publish", publish, retries=1),
)


def perform(step: Step, settings: Settings, say: Say = lambda _: None) -> Outcome:
    """Open the warehouse and do one step; returns what came of it."""
    try:
        with open_warehouse(settings.home, memory_limit=settings.memory_limit, threads=settings.threads) as con:
            if step.name != "ingest":
                naming(settings, con)
            if step.is_closed:
                confined.seal(con)
            return step.act(settings, con, say)
    except FundwatchError:
        raise
    except Exception as error:
        if (sentence := trouble.sentence(error, step.name)) is None:
            raise
        raise FundwatchError(sentence) from error


def _leads(con: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """How many leads each list has."""
    return dict(con.execute("select subject_type, count(*) from model.lead group by 1 order by 1").fetchall())


def _last(con: duckdb.DuckDBPyConnection) -> tuple[dict[str, str], dict[str, float | None]]:
    """Fingerprint and seconds of each source when it was last judged."""
    rows = con.execute("select source, fingerprint, seconds from model.coverage").fetchall()
    return {name: print_of for name, print_of, _ in rows}, {name: took for name, _, took in rows}


def _prints(con: duckdb.DuckDBPyConnection) -> list[tuple[str, str]]:
    """Source and fingerprint of everything that was judged."""
    return con.execute("select source, fingerprint from model.coverage order by 1").fetchall()


def _know(state: State) -> None:
    """Load the package's knowledge and the bureau's own on top of it, where either changed."""
    if journal.print_of(state.con, "knowledge") != state.knowledge:
        rows = sum(knowledge_load.load(state.con, state.overlay).values())
        journal.done(state.con, "knowledge", state.knowledge, f"{rows:,} knowledge rows")


def _triage(state: State) -> str:
    """Class the findings anew unless they are those of the last triage; says how many are artefacts, if any."""
    prints = state.triage(_prints(state.con))
    if journal.print_of(state.con, "triage") == prints:
        return ""
    classed = artefacts.triage(state.con)
    journal.done(state.con, "triage", prints, f"{classed:,} artefacts")
    return f", {classed:,} of them artefacts of the data" if classed else ""
