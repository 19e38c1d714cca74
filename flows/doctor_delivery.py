"""What `fundwatch doctor` says of a delivery: every fault in one pass, what it brings, and what would be off."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from data.contract import mapping
from data.contract.proposal import proposals, unknown
from data.errors import InputRefused
from data.ingest import Faults, Pseudonyms, find, look, mended, trial, workplace
from data.ingest.find import Found, missing_tables
from data.ingest.look import Holding, Seen
from data.warehouse import spill
from flows import steps
from flows.home.settings import Settings
from models.sources import registers
from models.sources.needs import ELSEWHERE

Line = tuple[str, str, str]  # what, ok | off | bad, sentence
#: Months without a row that are named; more are counted.
MOST_MONTHS = 6


#: What HOME holds is not known while another process writes it.
UNASKED = "this HOME is in use and could not be asked"


@dataclass
class Looked:
    """One look at a delivery: what it holds, what is wrong with it, what HOME has beside it."""

    found: Found
    faults: Faults
    seen: list[Seen]
    holding: Holding
    names: mapping.Names


def lines(folder: Path, settings: Settings, is_full: bool) -> Iterator[Line]:
    """Every line on a delivery: its files, its faults, its tables, the lists of others, what would be off."""
    try:
        with workplace(settings.home / spill.NAME) as work:
            looked = _look(folder, settings, work, is_full)
            sound = [s.delivery for s in looked.seen if not s.refusals]
            listed = list(trial.lists(sound, settings.home, work, _key(settings), looked.names))
    except InputRefused as error:
        yield "delivery", "bad", str(error)
        return
    for one in looked.seen:
        yield from _file(one, looked)
    for fault in looked.faults.kept:
        yield fault.name, "bad", fault.sentence
        if fault.table is not None:
            yield from _columns(fault.name, fault.table, fault.header, looked.names)
    for part in looked.found.mended:
        if part.name not in looked.faults.names():
            is_open = looked.holding.is_open
            yield part.name, "ok" if is_open else "off", "mended rejects" if is_open else f"mended rejects; {UNASKED}"
    for name, why in looked.found.left:
        yield name, "off", why
    yield from _tables(looked, is_full)
    yield from listed
    for source in missing_tables([s.delivery for s in looked.seen], looked.holding.columns):
        if source not in {f.table.source for f in looked.faults.kept if f.table is not None}:
            state = "bad" if looked.holding.is_open else "off"
            yield source, state, "indispensable and missing" if state == "bad" else f"not in this delivery; {UNASKED}"
    yield from _off(looked, settings)


def _look(folder: Path, settings: Settings, work: Path, is_full: bool) -> Looked:
    names = mapping.names(settings.home / "mappings")
    faults = Faults(keeps=True)
    found = find(folder, work, names, faults)
    with look.place(settings.home, work) as (con, is_open):
        holding = look.holding(con, is_open, mapping.tables(), names)
        deliveries = list(found.deliveries)
        for part in found.mended if is_open else ():
            with faults.within(part.name):
                deliveries += list(mended.deliveries(con, [part], work, names))
        seen = list(look.look(con, deliveries, work, names, is_full))
    return Looked(found, faults, seen, holding, names)


def _key(settings: Settings) -> Pseudonyms | None:
    """The key under which HOME hides persons; looking makes none."""
    return Pseudonyms.at(settings.key) if settings.pseudonyms and settings.key.exists() else None


def _file(seen: Seen, looked: Looked) -> Iterator[Line]:
    """One file's header, and everything that is wrong with its values."""
    one = seen.delivery
    have = len(one.table.fields) - len(one.missing)
    sentence = f"{one.table.source} ({one.table.name_zh}), {have} of {len(one.table.fields)} fields"
    if one.encoding not in ("", "utf-8"):
        sentence += f", {one.encoding}"
    yield one.name, "ok", sentence + (f"; without {', '.join(one.missing)}" if one.missing else "")
    if (one.file_id, one.table.source) in looked.holding.contents:
        yield one.name, "off", "this HOME has taken it before: it would load nothing"
    same = next((s.delivery.name for s in looked.seen if s.delivery.file_id == one.file_id), one.name)
    if same != one.name:
        yield one.name, "off", f"its content is that of {same}: it would load nothing"
    for refusal in seen.refusals:
        yield one.name, "bad", refusal
    for fault in seen.faults:
        cell = f"{fault.column} is {fault.reason}" if fault.column else fault.reason
        rows = f"{fault.rows:,} row{'s' * (fault.rows > 1)}"
        state = "bad" if seen.refusals else "off"
        yield one.name, state, f"{cell}: {rows} would be rejected, the first is data row {fault.first:,}"
    for note in seen.notes:
        yield one.name, "off", note
    if not seen.rows and not seen.refusals:
        yield one.name, "off", "it has no row below its header"
    if seen.empty:
        yield one.name, "off", f"columns without any value: {', '.join(seen.empty)}"
    yield from _columns(one.name, one.table, one.header, looked.names)


def _columns(name: str, table: mapping.Table, header: Sequence[str], names: mapping.Names) -> Iterator[Line]:
    """The columns that nobody knows: what each may be, and the line that would say so."""
    near = proposals(table, header, names)
    for one in near:
        yield (
            name, "off",
            f"the column {one.cell} is not known; if it is {one.name_zh} ({one.field}), this line under"
            f" table,name,field in HOME/mappings/names.csv says so: {one.line}",
        )  # fmt: skip
    rest = [c for c in unknown(table, header, names) if c not in {p.cell for p in near}]
    if rest:
        yield name, "off", f"columns that are not known and would not be read: {', '.join(rest)}"


def _tables(looked: Looked, is_full: bool) -> Iterator[Line]:
    """Rows, first and last day and months of each table."""
    of_table: dict[str, list[Seen]] = {}
    for seen in looked.seen:
        of_table.setdefault(seen.delivery.table.source, []).append(seen)
    for source, parts in of_table.items():
        rows = sum(s.rows for s in parts)
        state = "ok"
        is_needed = parts[0].delivery.table.is_required and source not in looked.holding.columns
        if is_needed and not any(s.sound for s in parts):
            yield source, "bad", "indispensable, and no file of it has a row that can be read"
            continue
        sentence = f"{rows:,} rows in {len(parts)} file{'s' * (len(parts) > 1)}"
        firsts = [s.first for s in parts if s.first is not None]
        lasts = [s.last for s in parts if s.last is not None]
        if firsts and lasts:
            months = sorted({m for s in parts for m in s.months})
            sentence += f", {min(firsts)} to {max(lasts)}, {len(months)} month{'s' * (len(months) > 1)}"
            gaps = _between(months, min(firsts), max(lasts)) if parts[0].delivery.table.is_required else []
            if gaps:
                state = "off"
                more = f" and {len(gaps) - MOST_MONTHS} more" if len(gaps) > MOST_MONTHS else ""
                sentence += f"; no row in {', '.join(gaps[:MOST_MONTHS])}{more}"
        yield source, state, sentence
        if cut := [s for s in parts if s.lines]:
            whole = sum(s.lines or 0 for s in cut)
            yield (
                source, "off",
                f"only the first {look.SAMPLE:,} rows of a file were looked at for faults, {len(cut)} of them longer"
                f" ({whole:,} rows in all); --full looks at every row",
            )  # fmt: skip


def _between(months: Sequence[str], first: date, last: date) -> list[str]:
    """The months from the first to the last that are not among these."""
    every = range(first.year * 12 + first.month - 1, last.year * 12 + last.month)
    return [m for m in (f"{n // 12:04}-{n % 12 + 1:02}" for n in every) if m not in months]


def _off(looked: Looked, settings: Settings) -> Iterator[Line]:
    """The rules and detectors that neither the delivery nor HOME gives what they need."""
    by_target = {t.target: t for t in mapping.tables().values()}
    columns = {source: set(held) for source, held in looked.holding.columns.items()}
    for seen in looked.seen:
        filled = {f.column for cell, f in seen.delivery.fields.items() if cell not in seen.empty}
        columns.setdefault(seen.delivery.table.source, set()).update(filled)
    for fault in looked.faults.kept:  # what is refused for something else would bring its columns when it is mended
        if fault.table is not None:
            fields = looked.names.match(fault.table, fault.header).values() or fault.table.fields
            columns.setdefault(fault.table.source, set()).update(f.column for f in fields)
            columns[fault.table.source] |= {f.column for f in fault.table.fields if f.is_required}
    every = steps.sources(settings)
    if sentence := registers.sentence(registers.asleep(every, columns), columns, settings.language):
        yield "registers", "off", sentence
    for source in every:
        lacking = []
        for need in source.card.needs:
            places = [place.split(".")[1:] for place in (need, *ELSEWHERE.get(need, ()))]
            have = [columns.get(by_target[target].source) for target, *_ in places]
            if not any(
                held is not None and set(column) <= held for (_, *column), held in zip(places, have, strict=True)
            ):
                lacking.append(named(by_target[places[0][0]], places[0][1:]))
        if lacking:
            yield source.id, "off", f"will say 'cannot judge': needs {', '.join(lacking)}"


def named(table: mapping.Table, column: list[str]) -> str:
    """What a source needs, as coverage.csv names it."""
    needed = next((f for f in table.fields if column and f.column == column[0]), None)
    return f"{needed.name_zh} ({table.source}.{needed.source})" if needed else f"{table.name_zh} ({table.source})"
