"""Publish a run: its folder appears whole or not at all; the lists are copied to --out."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Collection
from contextlib import suppress
from pathlib import Path

import duckdb

from data.errors import FundwatchError, UsageError
from data.warehouse import events, journal
from data.warehouse.connection import transaction
from flows.home import audit_log, housekeeping
from flows.home.id_form import ids_as
from flows.home.settings import Settings
from flows.outcome import Outcome
from flows.publish import (
    areas,
    artefacts,
    checks,
    desk,
    kept,
    manifest,
    official,
    outside,
    packs,
    regions,
    report,
    tables,
    tips,
    visits,
    watchlists,
    workbook,
    worklists,
)
from flows.publish.labels import Known, labelled
from flows.publish.safe import whole, write_csv
from models.casebook import drift, profile
from models.sources.source import Source

MANIFEST = "manifest.json"


def publish(
    settings: Settings,
    con: duckdb.DuckDBPyConnection,
    sources: Collection[Source],
    run_id: str,
    fingerprint: str,
    say: Callable[[str], None],
) -> Outcome:
    """Write HOME/runs/<run_id>/ unless it stands complete. Copies lists to settings.out.

    Raises UsageError where nothing can be written to settings.out, before anything is done; FundwatchError for what
    goes wrong later, saying whether the run stands.
    """
    ready(settings.out)
    with ids_as(settings.ids):
        return _publish(settings, con, sources, run_id, fingerprint)


def _publish(
    settings: Settings, con: duckdb.DuckDBPyConnection, sources: Collection[Source], run_id: str, fingerprint: str
) -> Outcome:
    folder = settings.home / "runs" / run_id
    counts = {"packs": 0}
    try:
        _sweep(folder.parent)
        if complete(folder, fingerprint):
            sentence = f"nothing new: run {run_id} stands in {folder}"
        else:
            counts["packs"] = _write(settings, con, sources, run_id, fingerprint, folder)
            sentence = f"run {run_id} in {folder}, {counts['packs']:,} evidence packs"
            if changed := drift.summary(drift.compare(con, run_id)):
                sentence += f"; {changed}"
    except OSError as error:
        where, why = error.filename or folder, error.strerror or error
        raise FundwatchError(f"{where} cannot be written: {why}. No run was published.") from error
    profile.remember(con, run_id)
    _remember(con, settings, run_id, fingerprint)
    kept.keep(con, settings.home, run_id)
    housekeeping.prune(settings.home, settings.keep_runs, con)
    if settings.out is not None:
        try:
            if remark := _copy(settings, con, run_id, settings.out, titles_and_regions(con, sources)):
                sentence += f"; {remark}"
        except OSError as error:
            where, why = error.filename or settings.out, error.strerror or error
            raise FundwatchError(
                f"Run {run_id} is published in {folder}, but {where} cannot be written: {why}."
                f" Make room or choose another folder, then run `fundwatch publish --out DIR`."
            ) from error
    return Outcome(sentence, counts, run_id, folder.resolve())


def ready(out: Path | None) -> None:
    """Try whether lists can be written to `out`; leaves nothing behind. Raises UsageError where they cannot."""
    if out is None:
        return
    new: list[Path] = []
    try:
        new = [place for place in (out, *out.parents) if not place.exists()]
        out.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=out):
            pass
    except OSError as error:
        raise UsageError(
            f"--out {out} cannot be written: {error.strerror or error}. Choose another folder; nothing was done yet."
        ) from error
    finally:
        for place in new:
            with suppress(OSError):
                place.rmdir()


def complete(folder: Path, fingerprint: str) -> bool:
    """Whether the run's folder is there, with the manifest that is written last."""
    try:
        said = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return False
    return isinstance(said, dict) and said.get("fingerprint") == fingerprint and not housekeeping.pruned(folder)


def _sweep(runs: Path) -> None:
    """Take away what a killed run left aside; the lock on HOME says that nobody is writing it."""
    for aside in runs.glob(".*.part"):
        shutil.rmtree(aside, ignore_errors=True)


def _write(
    settings: Settings,
    con: duckdb.DuckDBPyConnection,
    sources: Collection[Source],
    run_id: str,
    fingerprint: str,
    folder: Path,
) -> int:
    aside = folder.with_name(f".{run_id}.part")
    aside.mkdir(parents=True, mode=0o700)
    lists = watchlists.lists(con, run_id, language=settings.language, unmask=settings.unmask)
    known = titles_and_regions(con, sources)
    rows = watchlists.write(lists, aside, labels=settings.labels, known=known)
    rows |= areas.write(con, settings, lists, aside, known)
    covered, from_outside = official.screened(con, sources), outside.tables(con, run_id, settings.language)
    places = visits.Visits(
        con,
        sources,
        lists,
        run_id,
        capacity=settings.workload(),
        least_yuan=settings.least_yuan,
        language=settings.language,
        unmask=settings.unmask,
        known=known,
    )
    rows |= visits.write(places, aside, settings.labels)
    workbook.write(
        lists,
        aside / "watchlists.xlsx",
        language=settings.language,
        labels=settings.labels,
        known=known,
        official=covered,
        outside=from_outside,
        visits=places,
    )
    if settings.language == "zh":
        lists = watchlists.with_regions(lists, known)
    report.write(con, sources, lists, aside / "report.html", run_id, ingest_of(con), language=settings.language)
    rows["desk.html"] = desk.write(lists, aside / "desk.html", run_id, settings.language)
    rows["findings.parquet"] = tables.findings(con, aside / "findings.parquet")
    for name, table in (
        ("coverage", tables.coverage(con)),
        ("official", covered),
        ("account", tables.account(con, ingest_of(con))),
        ("check", checks.results(con)),
        ("drift", drift.compare(con, run_id)),
        ("rejected", tables.rejected(con)),
    ):
        write_csv(labelled(table, settings.labels, name, known), aside / f"{name}.csv")
    checks.write_rows(con, aside / checks.FOLDER, settings.labels)
    unmatched = tips.write(con, aside / "tips_unmatched.csv", language=settings.language, labels=settings.labels)
    rows["tips_unmatched.csv"] = unmatched
    rows |= outside.write(from_outside, aside, labels=settings.labels)
    rows["artefacts.csv"] = artefacts.write(con, aside / "artefacts.csv", settings.labels, known)
    rows["artefact_tasks.csv"] = artefacts.write_tasks(con, aside / "artefact_tasks.csv", settings.labels, known)
    leads = packs.write(
        con,
        sources,
        aside / "leads",
        lists,
        run_id,
        language=settings.language,
        labels=settings.labels,
        unmask=settings.unmask,
    )
    facts = manifest.manifest(settings, con, sources, run_id, fingerprint, aside)
    whole(
        aside / MANIFEST,
        lambda path: path.write_text(json.dumps(facts, ensure_ascii=False, indent=1) + "\n", encoding="utf-8"),
    )
    for place in sorted((p for p in aside.rglob("*") if p.is_dir()), reverse=True):
        audit_log.sync_folder(place)
    audit_log.sync_folder(aside)
    _log(settings, con, "publish", run_id, aside, rows | {"leads": leads}, manifest=manifest.digest(aside / MANIFEST))
    shutil.rmtree(folder, ignore_errors=True)
    aside.rename(folder)
    audit_log.sync_folder(folder.parent)
    return leads


def titles_and_regions(con: duckdb.DuckDBPyConnection, sources: Collection[Source]) -> Known:
    """The names that only a run knows."""
    return Known({s.id: s.card.title_zh for s in sources} | outside.TITLES, regions.known(con))


def _log(
    settings: Settings,
    con: duckdb.DuckDBPyConnection,
    event: str,
    run_id: str,
    folder: Path,
    rows: dict[str, int],
    **more: str,
) -> None:
    """One line an export, one more before it when names are written in full."""
    files = {p.name: rows.get(p.name) for p in sorted(folder.iterdir())}
    what = {"files": files, "unmasked": settings.unmask, **more}
    if settings.unmask:
        audit_log.record(settings.home, "unmask", run_id, {"for": event}, con)
    audit_log.record(settings.home, event, run_id, what, con)


def ingest_of(con: duckdb.DuckDBPyConnection) -> str:
    """The last delivery that brought something the record did not hold."""
    return journal.print_of(con, "ingest") or ""


def _remember(con: duckdb.DuckDBPyConnection, settings: Settings, run_id: str, fingerprint: str) -> None:
    """The run's row. Its folder is kept relative to HOME, which may be moved."""
    named = {"id": run_id, "fingerprint": fingerprint}
    if con.execute("select 1 from run.run where run_id = $id and fingerprint = $fingerprint", named).fetchall():
        return
    with transaction(con):
        con.execute(
            "insert into run.run values ($id, $fingerprint, $at, $at, $input, $folder, $number)",
            {
                **named,
                "input": str(settings.input.resolve()) if settings.input else None,
                "folder": f"runs/{run_id}",
                **events.stamp(con)._asdict(),
            },
        )


def _copy(settings: Settings, con: duckdb.DuckDBPyConnection, run_id: str, out: Path, known: Known) -> str:
    """All lists are written aside first, so a full disk leaves the earlier copies as they were.

    Returns what is to be said of the copied lists, above all what they leave out that has to be handled all the same.
    """
    aside, remark, round_rows = out / ".fundwatch.part", "", {}
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    lists = watchlists.lists(con, run_id, language=settings.language, unmask=settings.unmask)
    if settings.top is not None or settings.days is not None:
        plan = worklists.plan(con, settings.workload(), settings.seed, settings.objective, settings.least_yuan)
        hashes = worklists.publish(plan, aside / worklists.FRAME, settings.labels)
        os.replace(aside / worklists.FRAME, out / worklists.FRAME)  # there before anybody is drawn
        drawn = {"seed": settings.seed, "frames": hashes, "to": str(out.resolve())}
        audit_log.record(settings.home, "draw", run_id, drawn, con)
        chosen = worklists.draw(con, plan, run_id)
        written = worklists.write(lists, chosen, aside / worklists.ROUND, labels=settings.labels, known=known)
        round_rows = {worklists.ROUND: written}
        lists, remark = worklists.cut(lists, chosen), worklists.nothing_fits(plan, settings.workload())
    else:
        (out / worklists.ROUND).unlink(missing_ok=True)  # of an earlier copy, and not of these lists
    rows = round_rows | watchlists.write(lists, aside, labels=settings.labels, known=known)
    _log(settings, con, "copy", run_id, aside, rows, to=str(out.resolve()))
    for path in sorted(aside.iterdir()):
        os.replace(path, out / path.name)
    aside.rmdir()
    audit_log.sync_folder(out)
    outside = tips.outside(con, lists)
    left_out = f"{outside:,} leads with tips to handle lie outside this round's lists, see report.html"
    return "; ".join(s for s in (remark, left_out if outside else "") if s)
