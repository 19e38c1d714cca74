"""pack: the lists and the report of one domain, for a campaign."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from flows.commands.common import COMMON, Common, Language, app
from flows.options import Ids, Labels, Unmask

if TYPE_CHECKING:
    from flows.home.settings import Settings
    from flows.publish.domain import Pack


@app.command
def pack(
    domain: Annotated[str, Parameter(help="A domain by its name or in Chinese, such as oncology.")] = "",
    *,
    out: Annotated[Path | None, Parameter(help="Folder for the lists, lines, coverage and report.")] = None,
    language: Language = None,
    labels: Labels = None,
    ids: Ids = None,
    unmask: Unmask = False,
    common: Common = COMMON,
) -> None:
    """The lists and the report of one domain from the last run, for a campaign; without one, print the domains.

    What belongs to a domain stands in the knowledge tables domain and domain_part, which a file of the same name in
    HOME/knowledge extends. Nothing is judged again, and its money is that of the domain alone, each yuan once.
    """
    from data.errors import UsageError
    from data.warehouse.connection import open_warehouse
    from flows.publish import domain as packs

    settings = common.settled(out=out, language=language, labels=labels, ids=ids, unmask=unmask or None)
    if not domain:
        with open_warehouse(settings.home, read_only=True) as con:
            every = packs.domains(con)
        common.console.give([{"domain": d.id, "name_zh": d.name_zh, "name": d.name} for d in every])
        rows = [(d.id, d.named(settings.language)) for d in every]
        common.console.table("", ["domain", "name"], rows, kind="domain")
        return
    if out is None:
        raise UsageError("Say where the pack goes: fundwatch pack oncology --out DIR.")
    write(settings, domain, out, common)


def check(settings: Settings, domain: str) -> None:
    """Raises UsageError for a word that is no domain and for a pack that has no place, before anything is done."""
    from data.errors import UsageError
    from flows.publish import domain as packs

    overlay = settings.home / "knowledge"
    packs.checked(domain, overlay if overlay.is_dir() else None)
    if settings.out is None:
        raise UsageError("Say where the pack goes: --domain goes with --out DIR.")
    if settings.top is not None or settings.days is not None:
        raise UsageError("--top and --days cut whole lists; they do not go with --domain.")


def write(settings: Settings, domain: str, out: Path, common: Common) -> None:
    """Write the pack of one domain into `out`, and say what it holds."""
    from data.errors import FundwatchError
    from data.warehouse.connection import open_warehouse
    from flows import steps
    from flows.home import audit_log, lock
    from flows.home.id_form import ids_as
    from flows.publish import domain as packs
    from flows.publish import domain_files, history, publish

    publish.ready(out)
    overlay = settings.home / "knowledge"
    sources = steps.sources(settings)
    with lock.hold(settings.home), open_warehouse(settings.home, read_only=True) as con, ids_as(settings.ids):
        asked = packs.asked(con, domain)
        run_id = history.last_run(con)
        found = packs.pack(
            con,
            sources,
            asked,
            run_id,
            language=settings.language,
            overlay=overlay if overlay.is_dir() else None,
            unmask=settings.unmask,
        )
        what = {"domain": asked.id, "leads": sum(r.height for r in found.lists.values()), "to": str(out.resolve())}
        if settings.unmask:
            audit_log.record(settings.home, "unmask", run_id, {"for": "pack"})
        audit_log.record(settings.home, "pack", run_id, {**what, "unmasked": settings.unmask})
        try:
            known = publish.titles_and_regions(con, sources)
            rows = domain_files.write(found, out, language=settings.language, labels=settings.labels, known=known)
        except OSError as error:
            where, why = error.filename or out, error.strerror or error
            raise FundwatchError(f"{where} cannot be written: {why}. Make room or choose another folder.") from error
    common.console.give({**what, "run_id": run_id, "files": rows, "amount": found.amount, "fund": found.fund})
    _told(found, out, settings.language, common)


def _told(found: Pack, out: Path, language: str, common: Common) -> None:
    from flows.publish.words import words

    name = found.domain.named(language)
    if not found.lists:
        common.console.say(f"{name}: no lead has anything of it. Files in {out}.")
        return
    by_name, comma = words(language), "、" if language == "zh" else ", "
    lists = comma.join(f"{by_name[kind]} {rows.height}" for kind, rows in found.lists.items())
    common.console.say(
        f"{name}: leads by list: {lists}; {found.amount:,} yuan at risk, each once"
        f" ({found.fund:,} of the funds). Files in {out}."
    )
