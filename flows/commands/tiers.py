"""tiers: tiers of institutions and drugstores and points of practitioners, as proposals from confirmed verdicts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from flows.commands.common import COMMON, Common, Language, app

if TYPE_CHECKING:
    from flows.home.settings import Settings
    from models.casebook.points import Proposal

tiers = App(
    name="tiers",
    help="Tiers of places and points of practitioners (分级分类、支付资格记分): from confirmed verdicts alone.",
)
app.command(tiers)

PLACES = "subject_id subject_name tier score matters confirmed_amount taken given_back open_objections".split()
PERSONS = "subject_id institution_id points line matters scored taken_back repaired open_objections".split()
MOST = 30


@tiers.default
def show(
    *,
    year: Annotated[int | None, Parameter(help="The natural year; this one by default.")] = None,
    csv: Annotated[
        Path | None, Parameter(help="Folder to write tiers.csv, points.csv and what they rest on to.")
    ] = None,
    xlsx: Annotated[Path | None, Parameter(help="Workbook to write the same to, .xlsx.")] = None,
    language: Language = None,
    labels: Annotated[str | None, Parameter(help="Column labels: names or zh.")] = None,
    common: Common = COMMON,
) -> None:
    """Propose a year's tiers of institutions and drugstores, and practitioners' points.

    Only verdicts that were confirmed and still stand count; a verdict dismissed or withdrawn later takes its points
    back, and nobody has any from suspicion. A place that nobody judged in the year has no tier. Everything is a draft
    for people to decide on.
    """
    from datetime import date

    from data.errors import UsageError
    from data.warehouse.connection import open_warehouse
    from models.casebook import points

    settings = common.settled(language=language, labels=labels)
    wanted = year or date.today().year
    if xlsx is not None and xlsx.suffix.lower() != ".xlsx":
        raise UsageError(f"--xlsx is '{xlsx.name}'; it must end in .xlsx.")
    with open_warehouse(settings.home, read_only=True) as con:
        proposed = points.proposal(con, wanted)
    _write(proposed, csv, xlsx, settings)
    common.console.give(
        {
            "year": wanted,
            "draft": points.DRAFT,
            "tiers": proposed.tiers.to_dicts(),
            "points": proposed.points.to_dicts(),
            "score_cards": proposed.cards.to_dicts(),
            "events": proposed.events.to_dicts(),
        }
    )
    judged = proposed.tiers.filter(proposed.tiers["tier"].is_not_null())
    unjudged = proposed.tiers.height - judged.height
    common.console.table(f"tiers {wanted}", PLACES, judged.select(PLACES).head(MOST).rows(), kind="tiers")
    common.console.table(f"points {wanted}", PERSONS, proposed.points.select(PERSONS).head(MOST).rows(), kind="points")
    if judged.height > MOST or proposed.points.height > MOST:
        common.console.say("The tables are cut here; --csv DIR or --xlsx FILE writes them whole.")
    common.console.say(
        f"{judged.height:,} places with a tier, {unjudged:,} without a verdict in {wanted} and"
        f" without a tier; {proposed.points.height:,} practitioners with a confirmed matter."
        " Proposals, to be decided by a meeting."
    )


@tiers.command
def note(
    subject: Annotated[str, Parameter(help="Code of the practitioner, institution or drugstore.")],
    *,
    kind: Annotated[str, Parameter(help="repair, objection or share (信用修复, 异议, 责任认定).")],
    text: Annotated[str, Parameter(help="What was done, said or decided; it stays in the casebook.")] = "",
    points: Annotated[
        float | None, Parameter(help="Points taken back; of an objection only when it was upheld.")
    ] = None,
    matter: Annotated[
        str | None, Parameter(name="--of", help="The matter an objection or a share is about: case, lead or verdict.")
    ] = None,
    share: Annotated[
        str | None, Parameter(help="Responsibility for the matter: general, important, main or none.")
    ] = None,
    on: Annotated[str, Parameter(help="Day of the act, as 2025-12-31; today by default.")] = "",
    language: Language = None,
    common: Common = COMMON,
) -> None:
    """Note a repair, an objection, or how far a practitioner answers for a confirmed matter; only ever appended to."""
    from flows.days import day
    from flows.home.casebook import book
    from models.casebook import points as casebook

    settings = common.settled(language=language)
    with book(settings, "tiers") as (con, witness):
        noted = casebook.note(
            con,
            subject.strip(),
            kind,
            " ".join(text.split()),
            day(on, "--on"),
            witness,
            points=points,
            matter=(matter or "").strip() or None,
            share=share,
        )
    common.console.give(noted)
    common.console.say(
        f"Noted of {noted['subject_id']}."
        if noted["is_new"]
        else "The very same was noted before; nothing was written."
    )


def _write(proposed: Proposal, folder: Path | None, workbook: Path | None, settings: Settings) -> None:
    from data.errors import FundwatchError
    from flows.home import audit_log
    from flows.publish import tier_files

    if folder is None and workbook is None:
        return
    audit_log.record(settings.home, "tiers", None, {"act": "export", "files": tier_files.counts(proposed)})
    try:
        if folder is not None:
            tier_files.write_csvs(proposed, folder, settings.labels)
        if workbook is not None:
            tier_files.write_workbook(proposed, workbook, settings.language, settings.labels)
    except OSError as error:
        raise FundwatchError(
            f"{error.filename or folder or workbook} cannot be written: {error.strerror or error}."
            " Choose another place."
        ) from error
