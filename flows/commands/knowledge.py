"""knowledge coverage, import, diff."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import App, Parameter

from flows.commands.common import COMMON, Common, app

if TYPE_CHECKING:
    import polars as pl

knowledge = App(name="knowledge", help="The knowledge base: coverage, import, diff.")
app.command(knowledge)

SHOWN = 50


@knowledge.command
def coverage(*, common: Common = COMMON) -> None:
    """Share of the published points that was read, by rule class; the points that were not; rows by table."""
    import polars as pl

    from data.knowledge import diff as knowledge_diff
    from data.knowledge.load import FOLDER, OVERLAY

    published = pl.read_csv(FOLDER / "published.csv")
    unparsed = pl.read_csv(FOLDER / "unparsed.csv", infer_schema=False)
    laid = common.settings().home / OVERLAY
    loaded = knowledge_diff.state(laid if laid.is_dir() else None)
    sizes = knowledge_diff.sizes(loaded)
    common.console.give({"classes": published.to_dicts(), "unparsed": unparsed.to_dicts(), "tables": sizes.to_dicts()})
    common.console.table("Published points read", published.columns, published.rows(), kind="knowledge")
    told = unparsed.select("rule_name_zh", "item_name_zh", "why")
    common.console.table("Points not read", told.columns, told.rows(), kind="knowledge")
    common.console.table("Rows by table and layer", sizes.columns, sizes.rows(), kind="knowledge")


@knowledge.command(name="import")
def import_(
    file: Annotated[Path, Parameter(help="An official workbook (.xlsx): points on sheet 1, codes on sheet 2.")],
    *,
    rule: Annotated[str, Parameter(help="The rule class, where the workbook does not name it.")] = "",
    published: Annotated[str, Parameter(help="Day of publication, YYYY-MM-DD; default today.")] = "",
    layer: Annotated[str, Parameter(help="nation, province or city.")] = "nation",
    yes: Annotated[bool, Parameter(negative=(), help="Write it into HOME/knowledge.")] = False,
    common: Common = COMMON,
) -> None:
    """Show what a workbook would change in HOME/knowledge; with --yes write it there."""
    from datetime import date

    import polars as pl

    from data.errors import UsageError
    from data.knowledge.load import LAYERS, OVERLAY
    from data.knowledge.published import build as knowledge_build
    from data.knowledge.published import workbook as knowledge_import

    if layer not in LAYERS:
        raise UsageError(f"--layer is '{layer}'; it must be {', '.join(LAYERS)}.")
    try:
        day = date.fromisoformat(published).isoformat() if published else date.today().isoformat()
    except ValueError as error:
        raise UsageError(f"--published is '{published}'; it must be a day like 2026-01-28.") from error
    points, codes = knowledge_import.read_workbook(file, rule=rule, published=day)
    made, judged = knowledge_build.make(points, codes)
    folder = common.settings().home / OVERLAY
    effect = _effect(folder, made, layer)
    changes = knowledge_import.merge(folder, made, layer, write=False)
    if yes:
        _write(common.settings().home, file, made, layer, changes)
    unread = judged.filter(pl.col("why").is_not_null()).select("item_name_zh", "why")
    document = {"points": len(points), "changes": changes.to_dicts(), "unread": unread.to_dicts(), "written": yes}
    common.console.give(document | {"effect": effect.to_dicts()})
    common.console.table(
        f"{points['rule_name_zh'][0]}: {len(points)} points", changes.columns, changes.rows(), kind="knowledge"
    )
    if len(unread):
        common.console.table("Points not read", unread.columns, unread.rows(), kind="knowledge")
    _show(common, effect, "What rules would read" if not yes else "What rules read from now on")
    common.console.say(f"Written to {folder}." if yes else f"Nothing was written. --yes writes it to {folder}.")


@knowledge.command
def diff(
    before: Annotated[Path | None, Parameter(help="A folder of knowledge files; default: what ships.")] = None,
    after: Annotated[Path | None, Parameter(help="Another; default: with the overlay of HOME/knowledge.")] = None,
    *,
    common: Common = COMMON,
) -> None:
    """Rows that two states of the knowledge do not share; an overlay folder stands for itself on what ships."""
    from data.knowledge import diff as knowledge_diff
    from data.knowledge.load import OVERLAY

    laid = common.settings().home / OVERLAY
    after = after or (laid if laid.is_dir() else None)
    found = knowledge_diff.compare(knowledge_diff.state(before), knowledge_diff.state(after))
    common.console.give(found.to_dicts())
    _show(common, found, "")


def _write(home: Path, file: Path, made: dict[str, pl.DataFrame], layer: str, changes: pl.DataFrame) -> None:
    """Lay the rows into HOME/knowledge, while nobody else writes HOME; the audit log's line comes first."""
    import hashlib

    from data.errors import FundwatchError
    from data.knowledge.load import OVERLAY
    from data.knowledge.published import workbook as knowledge_import
    from flows.home import audit_log, lock

    with lock.hold(home):
        sha = hashlib.sha256(file.read_bytes()).hexdigest()
        what: dict[str, Any] = {"file": file.name, "sha256": sha, "layer": layer, "tables": changes["table"].to_list()}
        what |= {name: int(changes[name].sum()) for name in ("new", "changed", "same")}
        audit_log.record(home, "knowledge", None, what)
        try:
            (home / OVERLAY).mkdir(exist_ok=True)
            knowledge_import.merge(home / OVERLAY, made, layer, write=True)
            audit_log.sync_folder(home / OVERLAY)
        except OSError as error:
            raise FundwatchError(
                f"{home / OVERLAY} cannot be written: {error.strerror or error}. Make room, then import again."
            ) from error


def _effect(folder: Path, made: dict[str, pl.DataFrame], layer: str) -> pl.DataFrame:
    """What the typed rows change in the knowledge that rules read, package and overlay together; writes nothing."""
    import shutil
    from tempfile import TemporaryDirectory

    from data.knowledge import diff as knowledge_diff
    from data.knowledge.published import workbook as knowledge_import

    with TemporaryDirectory() as place:
        tried = Path(place, folder.name)
        shutil.copytree(folder, tried) if folder.is_dir() else tried.mkdir()
        before = knowledge_diff.state(tried)
        knowledge_import.merge(tried, made, layer, write=True)
        return knowledge_diff.compare(before, knowledge_diff.state(tried))


def _show(common: Common, found: pl.DataFrame, title: str) -> None:
    """The first differences as a table, and how many there are of each kind."""
    common.console.table(title, found.columns, found.head(SHOWN).rows(), kind="knowledge")
    counts = dict(found["change"].value_counts().rows())
    said = ", ".join(f"{counts.get(c, 0):,} {c}" for c in ("added", "removed", "changed"))
    common.console.say(f"{said}." + (f" The first {SHOWN} are shown; --json gives all." if len(found) > SHOWN else ""))
