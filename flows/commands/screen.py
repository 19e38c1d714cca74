"""screen: audit new settlements before payment."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from flows.commands.common import COMMON, Common, Language, app
from flows.options import Ids

SHOWN = 50


@app.command
def screen(
    delivery: Annotated[Path, Parameter(help="File or folder with setl_d, mdtrt_d and fee_list_d of new settlements.")],
    *,
    out: Annotated[Path | None, Parameter(help="Write the answers to this CSV, one row a line.")] = None,
    language: Language = None,
    labels: Annotated[str | None, Parameter(help="Column labels and values of the file: names or zh.")] = None,
    ids: Ids = None,
    common: Common = COMMON,
) -> None:
    """Answer every line of new settlements before they are paid: pass, suspected, definite or cannot_judge.

    The live rules of the stages reminder and audit judge them beside the same persons' loaded history; HOME stays as
    it is, but for the audit log's line where --out writes a file.
    """
    import polars as pl

    from data.errors import FundwatchError
    from flows.home import audit_log
    from flows.home.id_form import ids_as
    from flows.prepay import screening
    from flows.publish import publish
    from flows.publish.labels import Known, labelled, valued
    from flows.publish.safe import write_csv
    from models.workbench import ruleset

    settings = common.settled(language=language, labels=labels, ids=ids)
    publish.ready(None if out is None else out.parent)
    found = screening.screen(settings, delivery, common.console.progress)
    known = Known({s.id: s.card.title_zh for s in ruleset.ruleset(settings.home, settings.rules, settings.areas)})
    if out is not None:
        audit_log.record(settings.home, "screen", None, {"files": [out.name], "lines": found.answers.height})
        try:
            out.parent.mkdir(parents=True, exist_ok=True)
            keys = labelled(found.answers.head(0).select("settlement_id", "line_id"), settings.labels, "screen").columns
            with ids_as(settings.ids):
                write_csv(labelled(found.answers, settings.labels, "screen", known), out, keys)
        except OSError as error:
            raise FundwatchError(f"{out} cannot be written: {error.strerror or error}.") from error
    counts = found.counts()
    summary = {
        "settlements": found.settlements,
        "lines": found.answers.height,
        "answers": counts,
        "rules": found.rules,
        "lacking": found.lacking,
        "rejected": found.rejected,
    }
    common.console.give(summary | ({"file": str(out)} if out else {"rows": found.answers.to_dicts()}))
    shares = ", ".join(f"{n:,} {answer}" for answer, n in counts.items())
    common.console.say(
        f"{found.settlements:,} settlements, {found.answers.height:,} lines by {found.rules} rules: {shares}."
    )
    if found.rejected:
        common.console.say(f"{found.rejected:,} rows could not be read and have no answer.")
    for rule, lack in found.lacking.items():
        name = known.titles[rule] if settings.language == "zh" else rule
        common.console.say(f"{name} was not asked: it needs {lack}.")
    if out is None:
        shown = found.answers.filter(pl.col("answer") != "pass").drop("clause").head(SHOWN)
        if settings.language == "zh":
            shown = valued(shown, "screen", known)
        common.console.table(f"The first {SHOWN} lines that do not pass", shown.columns, shown.rows())
    else:
        common.console.say(str(out))
