"""The command `fundwatch watchlist`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from flows.commands.common import COMMON, COUNT, Common, app

if TYPE_CHECKING:
    import duckdb
    import polars as pl

    from flows.home.settings import Settings


@app.command
def watchlist(
    subject_type: Annotated[
        str, Parameter(help="institution, pharmacy, practitioner, person or group.")
    ] = "institution",
    *,
    top: Annotated[int, Parameter(converter=COUNT, help="How many leads.")] = 20,
    domain: Annotated[str, Parameter(help="Only what belongs to one domain, such as oncology.")] = "",
    area: Annotated[str, Parameter(help="Only one pooling area: its code, or how it begins, such as 3401.")] = "",
    language: Annotated[str | None, Parameter(help="Language of the reasons: en or zh.")] = None,
    common: Common = COMMON,
) -> None:
    """Print the top of one watchlist of the last run."""
    from data.errors import InUse, UsageError, like
    from data.warehouse.connection import open_warehouse
    from flows.publish import history, kept, published
    from flows.publish.watchlists import SUBJECT_TYPES, watchlist

    if subject_type not in SUBJECT_TYPES:
        near = like(subject_type, SUBJECT_TYPES)
        raise UsageError(f"There is no list of '{subject_type}'.{near} Use {', '.join(SUBJECT_TYPES)}.")
    settings = common.settings(language=language)
    if domain and area:
        raise UsageError("Give --area or --domain, not both.")
    if domain:
        _of_domain(settings, subject_type, domain, top, common)
        return
    try:
        with open_warehouse(settings.home, read_only=True) as con:
            last = history.last_run(con)
            rows = watchlist(con, subject_type, last, language=settings.language, top=None if area else top)
            if area:
                rows = _in_area(con, rows, area).head(top)
    except InUse:
        if area:
            raise
        folder = published.last(settings.home)
        with kept.of_run(settings.home, folder.name) as con:
            words = kept.words(con, settings.language)
        last, rows = folder.name, published.watchlist(folder, subject_type, top, words)
        common.as_published(last, is_worded=words is not None)
    common.console.give(rows.to_dicts())
    shown = ["rank", "lead_id", "subject_id", "subject_name", "tier", "score", "amount_at_risk", "status", "reasons"]
    spare = ["status", "tier", "score", "subject_name"]
    title = f"{subject_type}, {area}, run {last}" if area else f"{subject_type}, run {last}"
    common.console.table(title, shown, rows.select(shown).rows(), spare)


def _in_area(con: duckdb.DuckDBPyConnection, rows: pl.DataFrame, area: str) -> pl.DataFrame:
    """The rows of a list that are in an area. Raises UsageError where the record holds no place there."""
    from data.area import digits
    from data.errors import UsageError
    from flows.publish import areas

    held = areas.held(con)
    if not any(place.startswith(digits(area)) for place in held):
        begun = sorted({place[:4] for place in held})
        raise UsageError(f"No place of the record lies in area '{area}'. There are {', '.join(begun)}.")
    return areas.cut(con, rows, digits(area))


def _of_domain(settings: Settings, subject_type: str, domain: str, top: int, common: Common) -> None:
    """One list of a domain, with the domain's money and the place in the whole list."""
    from data.warehouse.connection import open_warehouse
    from flows.publish import domain as packs
    from flows.publish import history

    with open_warehouse(settings.home, read_only=True) as con:
        asked = packs.asked(con, domain)
        last = history.last_run(con)
        rows = packs.one_list(con, asked, subject_type, last, settings.language, top)
    common.console.give(rows.to_dicts())
    shown = ["rank", "lead_id", "subject_id", "subject_name", "tier", "overall_rank", "amount_at_risk", "findings"]
    title = f"{subject_type}, {asked.named(settings.language)}, run {last}"
    common.console.table(title, [*shown, "rules"], rows.select(*shown, "rules").rows(), ["rules", "tier"])
