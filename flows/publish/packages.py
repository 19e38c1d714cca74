"""What leaves the office, by who gets it: inspector, lead (负责人), third-party, institution, public.

One folder, new or empty, that appears whole; its audit line is written before it has its name. Nothing of it is
unmasked, whoever asks: names in full are a run's own affair (`publish --unmask`).
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from data.errors import FundwatchError, UsageError, like
from data.warehouse.connection import frame
from flows import steps
from flows.home import audit_log
from flows.home.id_form import ids_as
from flows.home.settings import Settings
from flows.publish import (
    history,
    in_force,
    package_before,
    package_public,
    package_third_party,
    regions,
    visit_files,
    visits,
    watchlists,
    workbook,
)
from flows.publish.labels import Known, labelled
from flows.publish.safe import whole, write_csv
from flows.publish.words import words

ROLES = ("inspector", "lead", "third-party", "institution", "public")
CHINESE = {"检查员": "inspector", "负责人": "lead", "第三方": "third-party", "机构": "institution", "公众": "public"}
ABOUT = "about.txt"
IDS = ("line_id", "settlement_id", "encounter_id", "item_code", "other_code", "institution_id", "region")
#: Of a list for who decides: not who belongs to a group.
NOT_FOR_LEAD = ("members",)


@dataclass(frozen=True)
class Ask:
    """Whom the package is for, and what that role has to say besides."""

    role: str
    institution: str = ""
    contract: str = ""
    first: date | None = None  # of the contract
    last: date | None = None
    year: int | None = None
    logged: dict[str, Any] = field(default_factory=dict)  # what its writer has the audit log say besides


def asked(role: str, **more: Any) -> Ask:
    """The request, checked before anything is read. Raises UsageError for what is missing or does not go together."""
    name = CHINESE.get(role.strip(), role.strip().lower())
    if name not in ROLES:
        raise UsageError(f"--for is '{role}'.{like(name, ROLES)} Use {', '.join(ROLES)}.")
    ask = Ask(name, **more)
    if name == "institution" and not ask.institution:
        raise UsageError("Say with --institution whose package it is: the institution's code.")
    if name != "institution" and name != "third-party" and ask.institution:
        raise UsageError(f"--institution does not go with --for {name}.")
    if name == "third-party":
        if not ask.contract or ask.first is None or ask.last is None:
            raise UsageError("A package for a third party needs --contract NAME and its --from and --to.")
        if ask.last < ask.first:
            raise UsageError(f"--to {ask.last} is before --from {ask.first}.")
        if ask.last < date.today():
            raise UsageError(f"The contract ended on {ask.last}; nothing leaves after it.")
    elif ask.contract or ask.first or ask.last:
        raise UsageError("--contract, --from and --to go with --for third-party.")
    if ask.year is not None and name != "public":
        raise UsageError("--year goes with --for public.")
    return ask


def write(settings: Settings, con: duckdb.DuckDBPyConnection, ask: Ask, out: Path) -> dict[str, int]:
    """Write the package to `out`; returns rows by file.

    Raises UsageError where nothing was ranked or `out` holds something, FundwatchError where it cannot be written.
    """
    if not con.execute("select 1 from run.step where step = 'rank'").fetchall():
        raise UsageError("Nothing was ranked yet. Run `fundwatch run INPUT` first.")
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UsageError(f"--out {out} holds something already. Give a new folder; nothing left the office.")
    run_id = history.last_run(con, needed=False)
    aside = out.with_name(f".{out.name}.part")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(aside, ignore_errors=True)
        aside.mkdir(mode=0o700)
        with ids_as(settings.ids):
            rows = WRITERS[ask.role](settings, con, ask, run_id, aside)
        _about(settings, ask, aside)
        what: dict[str, Any] = {
            "for": ask.role,
            "files": {**rows, ABOUT: 1},
            "unmasked": False,
            "to": str(out.resolve()),
        }
        more = {"institution": ask.institution, "contract": ask.contract, "from": ask.first, "until": ask.last}
        what |= {k: str(v) for k, v in more.items() if v} | ask.logged
        audit_log.record(settings.home, "package", run_id, what)
        if out.exists():
            out.rmdir()
        aside.rename(out)
        audit_log.sync_folder(out.parent)
    except OSError as error:
        where = error.filename or out
        raise FundwatchError(f"{where} cannot be written: {error.strerror or error}. Choose another --out.") from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return rows


def _inspector(settings: Settings, con: Any, ask: Ask, run_id: str, folder: Path) -> dict[str, int]:
    """The lists and visit sheets as a run publishes them, masked."""
    places = visit_files.of_last_run(con, settings)
    lists = watchlists.lists(con, run_id, language=settings.language, unmask=False)
    rows = watchlists.write(lists, folder, labels=settings.labels, known=places.known)
    rows |= visits.write(places, folder, settings.labels)
    workbook.write(
        lists, folder / "watchlists.xlsx", language=settings.language, labels=settings.labels, known=places.known,
        visits=places,
    )  # fmt: skip
    return {**rows, "watchlists.xlsx": sum(r.height for r in lists.values())}


def _lead(settings: Settings, con: Any, ask: Ask, run_id: str, folder: Path) -> dict[str, int]:
    """The lists, masked and without members, and their totals; no line, no evidence."""
    lists = watchlists.lists(con, run_id, language=settings.language, unmask=False)
    names = _known(settings, con)
    blank = [pl.lit(None, pl.String).alias(c) for c in NOT_FOR_LEAD]
    lists = {kind: rows.with_columns(blank) for kind, rows in lists.items()}
    written = watchlists.write(lists, folder, labels=settings.labels, known=names)
    totals = frame(
        con,
        """
        select subject_type, tier, count(*) as leads, sum(amount_at_risk) as amount_at_risk,
            sum(fund_at_risk) as fund_at_risk, sum(expected_yield) as expected_yield
        from model.lead group by subject_type, tier order by subject_type, tier
        """,
    )
    write_csv(labelled(totals, settings.labels, "package_totals"), folder / "totals.csv")
    return {**written, "totals.csv": totals.height}


def _institution(settings: Settings, con: Any, ask: Ask, run_id: str, folder: Path) -> dict[str, int]:
    """Its own lines, and the sheet of rules for its own system."""
    places = {str(i) for (i,) in con.execute("select institution_id from feature.institution").fetchall()}
    if ask.institution not in places:
        raise UsageError(f"The record knows no institution '{ask.institution}'.{like(ask.institution, places)}")
    sources = {s.id: s for s in steps.sources(settings)}
    in_force.make(con, list(sources.values()))
    rows = frame(con, lines_query(), {"institution": ask.institution}).filter(pl.col("source").is_in(list(sources)))
    titles = {i: _title(settings, s) for i, s in sources.items()}
    lines = rows.with_columns(
        title=pl.col("source").replace_strict(titles, return_dtype=pl.String)
    ).select(
        "line_id", "settlement_id", "encounter_id", "occurred_on", "item_code", "item_name", "quantity", "unit_price",
        "amount", "amount_at_issue", "title",
    )  # fmt: skip
    _csv(lines, folder / "lines.csv", settings, "package_lines")
    sheet = _rule_sheet(settings, con, list(sources.values()), ask.institution)
    _csv(sheet, folder / "rules.csv", settings, "package_rules")
    query = Path(__file__).with_name("package_reminders.sql").read_text(encoding="utf-8")
    limits = frame(con, query, {"institution": ask.institution, "day": date.today()})
    _csv(limits, folder / "reminders.csv", settings, "package_reminders")
    return {"lines.csv": lines.height, "rules.csv": sheet.height, "reminders.csv": limits.height}


def _rule_sheet(settings: Settings, con: Any, sources: list[Any], place: str) -> pl.DataFrame:
    """The rules about places of its kind that it can run before it bills, without their parameters.

    A published limit stands in reminders.csv with its words; the numbers of our cards are tolerances and thresholds of
    supervision, of definite rules too, and who knew them would bill just below.
    """
    query = "select is_pharmacy from feature.institution where institution_id = $place"
    kind = "pharmacy" if con.execute(query, {"place": place}).fetchall()[0][0] else "institution"
    clauses = {
        str(source): str(clause)
        for source, clause in con.execute(
            "select source, clause from law_clause where subject_type = $kind and $day between begins and ends",
            {"day": date.today(), "kind": kind},
        ).fetchall()
    }
    withheld = words("zh" if _is_zh(settings) else settings.language)["package.withheld"]
    rows = [
        (
            s.id, _title(settings, s), s.card.stage, s.card.certainty, withheld if s.params else "",
            "；".join(map(str, s.card.official)), clauses.get(s.id, ""),
        )
        for s in sorted(sources, key=lambda source: source.id)
        if s.kind == "rule"
        and kind in s.card.subjects
        and s.card.stage in ("reminder", "audit") and s.card.status == "live"
    ]  # fmt: skip
    names = ["source", "title", "stage", "certainty", "parameters", "official", "clause"]
    return pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String), orient="row")


def _third_party(settings: Settings, con: Any, ask: Ask, run_id: str, folder: Path) -> dict[str, int]:
    assert ask.first and ask.last
    lines = frame(con, lines_query(), {"institution": ask.institution or None})
    tables = package_third_party.hidden(con, lines, settings.key, ask.contract, ask.first, ask.last)
    titles = {s.id: _title(settings, s) for s in steps.sources(settings)}
    tables = tables.filter(pl.col("source").is_in(list(titles))).with_columns(
        title=pl.col("source").replace_strict(titles, return_dtype=pl.String)
    )
    _csv(tables.drop("source"), folder / "lines.csv", settings, "package_lines")
    return {"lines.csv": tables.height}


def _public(settings: Settings, con: Any, ask: Ask, run_id: str, folder: Path) -> dict[str, int]:
    if ask.year is not None:
        package_before.refuse_open_year(con, ask.year)
    tables = package_public.tables(con, ask.year, steps.sources(settings))
    year, figures = package_public.figures(tables)
    package_before.refuse_another(settings.home, year, figures)
    tables["violations"], matters, as_of = package_before.held_against(settings.home, year, tables["violations"])
    ask.logged.update(year=year, figures=figures, matters=matters, matters_of=as_of)
    for name, rows in tables.items():
        _csv(rows, folder / f"{name}.csv", settings, f"public_{name}")
    return {f"{name}.csv": rows.height for name, rows in tables.items()}


WRITERS: dict[str, Callable[[Settings, Any, Ask, str, Path], dict[str, int]]] = {
    "inspector": _inspector,
    "lead": _lead,
    "third-party": _third_party,
    "institution": _institution,
    "public": _public,
}


def _is_zh(settings: Settings) -> bool:
    return "zh" in (settings.language, settings.labels)


def _title(settings: Settings, source: Any) -> str:
    return str(source.card.title_zh if _is_zh(settings) else source.card.title)


def lines_query() -> str:
    """The lines at issue of places."""
    return Path(__file__).with_name("package_lines.sql").read_text(encoding="utf-8")


def _about(settings: Settings, ask: Ask, folder: Path) -> None:
    text = words(settings.language)[f"package.{ask.role}"].format(
        institution=ask.institution, contract=ask.contract, first=ask.first, last=ask.last
    )
    if as_of := ask.logged.get("matters_of"):
        text += "\n" + words(settings.language)["package.matters_of"].format(day=as_of)
    whole(folder / ABOUT, lambda aside: aside.write_text(text + "\n", encoding="utf-8"))


def _csv(rows: pl.DataFrame, path: Path, settings: Settings, table: str) -> None:
    ids = labelled(rows.head(0).select(c for c in IDS if c in rows.columns), settings.labels, table).columns
    write_csv(labelled(rows, settings.labels, table), path, ids=ids)


def _known(settings: Settings, con: Any) -> Known:
    return Known({s.id: s.card.title_zh for s in steps.sources(settings)}, regions.known(con))
