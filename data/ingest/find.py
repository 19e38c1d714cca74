"""Find what was delivered and say which table each content is: by file or sheet name, else by header."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from data import texts
from data.contract import mapping
from data.errors import InputRefused
from data.ingest import decode, foreign, going_on, heading, stray, struck
from data.ingest.contents import HIDDEN, NO_TABLE, STRAY, contents
from data.ingest.delivery import Delivery, once, stamp
from data.ingest.faults import Faults
from data.ingest.header_faults import is_sound
from data.ingest.heading import Heading
from data.ingest.unpack import TEXTS, Part
from data.ingest.workbook import ADVICE, PLACE

HEAD = 1 << 20
MOST_LINE = 1 << 20
#: What rejected.csv says of itself; a mended copy is a delivery.
MENDED = ("file", "row_number", "table", "field", "reason", "raw")
#: What stands beyond them: where a spreadsheet shows the row.
SHEET_ROW = {"sheet_row", "表中行号"}
#: The same with Chinese labels.
MENDED_ZH = ("文件", "行号", "表", "字段", "拒收原因", "原始内容")


@dataclass(frozen=True)
class Found:
    """What a folder holds: tables, mended rejects, and what was left alone, with the reason."""

    deliveries: list[Delivery]
    mended: list[Part]
    left: list[tuple[str, str]]
    controls: list[Part] = field(default_factory=list)  # what counts the others


def find(folder: Path, work: Path, names: mapping.Names | None = None, faults: Faults | None = None) -> Found:
    """Every readable content of the folder and below, in a stable order; archives are taken apart in `work`.

    Raises InputRefused when the folder is missing or holds no known table. A link out of it, an archive that is not
    safe, a table that lacks a required field, and a file that may be a table and cannot be read are faults of that
    file: InputRefused too, unless `faults` keeps them; the file is then no delivery.
    """
    names = names or mapping.names()
    faults = faults or Faults()
    if not folder.is_dir():
        what = f"{folder} is a file" if folder.exists() else f"The input folder {folder} does not exist"
        raise InputRefused(f"{what}. Give the folder that holds the export.")
    found = Found([], [], [])
    hidden: list[Delivery] = []
    headless: list[Part] = []
    order: dict[str, int] = {}
    for part in contents(folder, work, names, found.left, faults):
        order[part.name] = len(order)
        if part.form == "control":
            found.controls.append(part)
            continue
        with faults.within(part.name, names.table(part.stem)):
            _place(part, names, found, hidden, headless)
    for part in headless:
        with faults.within(part.name, names.table(part.stem)):
            _resolve(part, names, found)
    _refuse_hidden(hidden, found.deliveries, faults)
    _refuse_papers(found, names, faults)
    if not found.deliveries and not found.mended and not faults.kept:
        wanted = ", ".join(f"{t.source}.csv" for t in mapping.tables().values() if t.is_required)
        raise InputRefused(
            f"{folder} holds no table of the national export. Expected at least {wanted}, as CSV, zip, xlsx or"
            f" Parquet.{unfinished(found)}"
        )
    sound = [d for d in found.deliveries if is_sound(d, names, faults)]
    sound.sort(key=lambda d: order[d.name])
    return replace(found, deliveries=sound)


def _place(part: Part, names: mapping.Names, found: Found, hidden: list[Delivery], headless: list[Part]) -> None:
    delivery = _recognise(part, names)
    if delivery is None and _is_mended(part):
        found.mended.append(part)
    elif part.is_hidden:
        found.left.append((part.name, HIDDEN))
        hidden += [delivery] if delivery is not None else []
    elif delivery is None or delivery.table.lacks([f.source for f in delivery.fields.values()]):
        headless.append(part)
    else:
        found.deliveries.append(delivery)


def unfinished(found: Found) -> str:
    """What of the files that were left alone may be what is missing."""
    names = [name for name, why in found.left if why == STRAY and name.lower().endswith(HALF)]
    if names:
        return f" {', '.join(names[:3])} is a download that did not end."
    headless = [name for name, why in found.left if why == NO_TABLE and _may_be_table(name)]
    listed = f"{', '.join(headless[:3])}{' ...' if len(headless) > 3 else ''}"
    return f" If it is {listed}: nothing in there names the columns of a table." if headless else ""


def _may_be_table(name: str) -> bool:
    called = name.rpartition("!")[2] if name.rpartition("!")[2].lower().endswith(TEXTS) else name.rpartition("/")[2]
    return (
        not stray.explains(called)
        and not stray.is_paper(called)
        and (called.lower().endswith(TEXTS) or "." not in called)
    )


HALF = (".crdownload", ".part", ".partial", ".download", ".downloading", ".opdownload", ".td", ".xltd", ".tmp")


def _resolve(part: Part, names: mapping.Names, found: Found) -> None:
    """A content without a header goes on from one that has it, or is no table, or says what it lacks."""
    rows = _first_rows(part)
    goes_on = going_on.before(part, rows, found.deliveries)
    if goes_on is not None:
        before, left = goes_on
        if part.form == "grid":
            part = replace(part, path=_widened(part.path, left, len(before.header)))
        seen, digest = stamp(part.path), part.digest or _digest(part)
        encoding = "" if part.form == "grid" else decode.first_guess(_head(part))
        found.deliveries.append(
            replace(
                before, path=part.path, name=part.name, file_id=digest, encoding=encoding, lines=0, above=0, stamp=seen
            )
        )
        return
    delivery = _recognise(part, names)
    if delivery is not None and not (delivery.form == "text" and _is_paper(part, delivery)):
        found.deliveries.append(delivery)  # it is refused for what it lacks
    else:
        going_on.refuse_alike(part, rows, found.deliveries)
        struck.refuse_list(part.name)
        if stray.is_control(part.stem) or stray.is_control(part.book):
            found.controls.append(part)
        else:
            found.left.append((part.name, NO_TABLE))


def _widened(path: Path, left: int, width: int) -> Path:
    """A sheet's grid with the empty columns back that it lost at its edges; the grid itself where it lost none."""
    import polars as pl

    grid = pl.scan_parquet(path, glob=False)
    own = len(grid.collect_schema()) - 1
    if own == width:
        return path
    empty = [pl.lit(None, pl.String).alias(f"c{i}") for i in range(width) if not left <= i < left + own]
    places = {f"c{i}": f"c{i + left}" for i in range(own)}
    whole = grid.rename(places).with_columns(empty).select(*(f"c{i}" for i in range(width)), PLACE)
    target = path.with_name(f"{path.stem}-whole.grid")
    whole.collect().write_parquet(target)
    return target


def _is_paper(part: Part, delivery: Delivery) -> bool:
    return stray.explains(part.stem) and len(delivery.fields) < heading.LEAST


def _refuse_hidden(hidden: list[Delivery], shown: list[Delivery], faults: Faults) -> None:
    for sheet in hidden:
        if sheet.table not in [d.table for d in shown]:
            with faults.within(sheet.name, sheet.table):
                raise InputRefused(
                    f"{sheet.name} is hidden, and nothing else of the delivery is {sheet.table.source}"
                    f" ({sheet.table.name_zh}). Show the sheet if it counts, delete it if not; nothing was loaded."
                )


def _refuse_papers(found: Found, names: mapping.Names, faults: Faults) -> None:
    """A signed print of a table lies beside it; alone it is the table, and nobody can read it."""
    came = [d.table for d in found.deliveries] + [fault.table for fault in faults.kept]
    for name, why in found.left:
        base = name.rpartition("!")[2].rpartition("/")[2]
        if why != NO_TABLE or not stray.is_paper(base) or not stray.is_table_on_paper(base, names.of_table):
            continue
        table = names.table(base)
        if table not in came:
            with faults.within(name, table):
                raise InputRefused(
                    f"{name} is a paper or picture called as a table. Deliver the table as xlsx or CSV, or take the"
                    " file out; nothing was loaded."
                )


def missing_tables(found: Collection[Delivery], loaded: Collection[str]) -> list[str]:
    """The indispensable tables that neither this delivery nor an earlier one brings."""
    have = {d.table.source for d in found} | set(loaded)
    return [t.source for t in mapping.tables().values() if t.is_required and t.source not in have]


def _recognise(part: Part, names: mapping.Names) -> Delivery | None:
    """The content as the table that its name or its header says; None where it is none."""
    encoding, best, seen = "", Heading(()), stamp(part.path)
    table = names.table(part.stem)
    if part.form == "parquet":
        best = Heading(heading.unique(_parquet_header(part), table, names))
    elif part.form == "grid":
        rows = _first_rows(part)
        best = heading.of_rows(rows, table, names)
        table = table or names.guess(best.header)
        if table is None and (booked := names.table(part.book)) is not None:
            best = heading.of_rows(rows, booked, names)
            table = booked if best.known > heading.LEAST else None
    else:
        head = _head(part)
        encoding = decode.first_guess(head)
        text = head.decode(encoding, "replace").lstrip(texts.MARK)
        best = heading.of_text(text, table, names)
        if "\0" in (text[:4096] if best.known < 0 else "".join(best.header)):
            raise InputRefused(f"{part.name} is not a text file: its header holds NUL bytes. {ADVICE}")
        if best.known < heading.LEAST or text.lstrip().startswith("{"):
            foreign.refuse(text, part.name, part.stem, table, names)
    table = table or names.guess(best.header)
    if table is None:
        return None
    fields, again = once(names.match(table, best.header))
    updated = mapping.updated(best.header)
    return Delivery(
        part.path, part.name, table, part.digest or _digest(part), part.form, encoding,
        best.delimiter if part.form == "text" else "", best.header, fields, updated, words_of(table, names),
        lines=best.lines, above=best.above, quote=best.quote, rows_above=best.rows_above,
        stamp=seen, again=again, unit=best.unit, is_1904=part.is_1904, says=best.says,
    )  # fmt: skip


def _first_rows(part: Part) -> list[list[str | None]]:
    """The cells of a content's first rows, as far as they can be told without knowing its header."""
    if part.form == "grid":
        import polars as pl

        first = pl.scan_parquet(part.path, glob=False).head(heading.WITHIN + 2).collect()
        return [list(row) for row in first.drop(PLACE).rows()]
    if part.form == "text":
        head = _head(part)
        text = head.decode(decode.first_guess(head), "replace").lstrip(texts.MARK)
        return [[line] for line in heading.LINE.split(text)[: heading.WITHIN] if line.strip()]
    return []


def words_of(table: mapping.Table, names: mapping.Names) -> dict[str, Mapping[str, str]]:
    """The words that stand for codes in the table's fields."""
    return {name: words for (source, name), words in names.of_word.items() if source == table.source}


def _head(part: Part) -> bytes:
    try:
        with decode.open_bytes(part.path) as handle:
            return handle.read(HEAD)
    except (OSError, EOFError, zlib.error) as error:
        raise InputRefused(f"{part.name} cannot be read ({error}). Deliver the file again.") from error


def _parquet_header(part: Part) -> tuple[str, ...]:
    import polars as pl

    try:
        schema = pl.scan_parquet(part.path, glob=False).collect_schema()
    except Exception as error:  # the reader raises kinds of its own
        raise InputRefused(f"{part.name} cannot be read as Parquet. Deliver the file again.") from error
    if nested := [name for name, kind in schema.items() if kind.is_nested()]:
        raise InputRefused(
            f"{part.name}: the column {nested[0]} holds lists or records and no values. Export it with one value a row;"
            " nothing was loaded."
        )
    return tuple(schema)


def _is_mended(part: Part) -> bool:
    rows = _first_rows(part)[:2]
    if not rows or part.form == "parquet":
        return False
    if part.form == "text":
        try:
            header, _ = texts.table("\n".join(row[0] or "" for row in rows))
        except ValueError:
            return False
    else:
        header = [(c or "").strip() for c in rows[0]]
    more = {cell for cell in header[len(MENDED) :] if cell}
    return tuple(header[: len(MENDED)]) in (MENDED, MENDED_ZH) and more <= SHEET_ROW


def _digest(part: Part) -> str:
    """The content's hash. Refuses a text with a line no table has: the reader would drop it without a word."""
    if part.form == "text":
        try:
            if decode.longest_line(part.path, at_least=MOST_LINE) >= MOST_LINE:
                raise InputRefused(
                    f"{part.name} has a line of over {MOST_LINE >> 20} MB; no table has. Nothing was loaded."
                )
        except (OSError, EOFError, zlib.error) as error:
            raise InputRefused(f"{part.name} cannot be read to its end ({error}). Nothing was loaded.") from error
    with part.path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()
