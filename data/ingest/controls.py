"""Totals and counts that came with a table, held against what was read of it.

A program that wrote a table knows how many rows it wrote and what they add up to; so does a sheet with a total line.
Where what was read is something else, rows are missing or came twice, and nothing else may show it.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from math import sqrt
from typing import TYPE_CHECKING

import duckdb

from data.errors import InputRefused
from data.ingest import labels, normalise
from data.ingest.cells import TEXTS

if TYPE_CHECKING:
    from data.ingest.cells import Cells
    from data.ingest.delivery import Delivery

#: Stands for the number of rows among the sums of columns.
ROWS = ""
_DIGITS = "([0-9][0-9,]*)(?![0-9.,]*[0-9%])"
_OF_ROWS = "(?:条|行|笔|rows?|records?|lines?)"
#: How a line says how many rows there are.
COUNTS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"(?:共计?|合计|总计|总共|一共|总)(?:有|为)?\s*[:：]?\s*{_DIGITS}\s*{_OF_ROWS}",
        rf"(?:总|总?记录|数据|导出|明细|总?结算)(?:条|行|笔|记录)?(?:数量|数|总数)\s*[:：=]?\s*{_DIGITS}",
        rf"^[(（]?{_DIGITS}\s*(?:行|条|笔)(?:记录|数据)?(?:受影响|被选中|已选择)?[)）]?[。.]?$",
        rf"已选择\s*{_DIGITS}\s*行",
        rf"^\(?{_DIGITS} (?:rows?|records?)",
        rf"(?:row ?count|record ?count|number of (?:rows|records)|total (?:rows|records))\s*[:=]?\s*{_DIGITS}",
    )
)
#: How it says what their amounts add up to.
AMOUNT = re.compile(r"(?:金额|费用|合计|总额|总计)[^0-9:：]{0,6}[:：]\s*[¥￥]?(-?[0-9][0-9,]*\.[0-9]{2})(?![0-9])")


@dataclass(frozen=True)
class Claim:
    """A total or count that is not what was read: who says it, of which column, both numbers."""

    where: str
    of: str  # ROWS, or what the column is called
    columns: tuple[str, ...]  # any of which may be meant
    claimed: Decimal
    read: Decimal

    def sentence(self) -> str:
        """Both numbers, and what to do."""
        if self.of == ROWS:
            numbers = f"says that there are {self.claimed:,} rows, and {self.read:,} were read"
        else:
            numbers = f"says that {self.of} adds up to {self.claimed:,}, and what was read adds up to {self.read:,}"
        return (
            f"{self.where} {numbers}. Rows are missing or too many: export it again, or take out what says so if it is"
            " wrong; nothing was loaded."
        )


@dataclass(frozen=True)
class Control:
    """What a content says of itself and is not so, and what it holds, for what says so of several together."""

    claims: tuple[Claim, ...] = ()
    sums: Mapping[str, Decimal] = field(default_factory=dict)


def held(
    con: duckdb.DuckDBPyConnection, delivery: Delivery, cells: Cells, stage: str, left: Mapping[str, int]
) -> Control:
    """The content's own totals and counts against its rows; `left`: its lines that are no record, by kind."""
    if delivery.mends is not None:
        return Control()
    records = Decimal(cells.counted - sum(left.values()))
    sums = {ROWS: records, **_sums(con, delivery, stage)}
    counts = {records, records + left.get("total", 0)}
    claims = [
        c for text in delivery.says for c in _in_text(f"{delivery.name}, above its header,", [text], sums, counts)
    ]
    if cells.lost or not {"total", "remark"} & set(left):
        return Control(tuple(claims), sums)
    rows = list(_lines(con, delivery))
    for place, texts, _ in rows:
        claims += _in_text(f"{delivery.name}, data row {place + 1},", texts, sums, counts)
    claims += _totals(con, delivery, stage, [r for r in rows if _is_total(r[1])], sums)
    return Control(tuple(claims), sums)


class Sums:
    """The controls of a delivery: of a content that is alone of its table they are held at once, of others at the end,
    for the last of them often says what all hold."""

    def __init__(self, tables: Sequence[str], is_replay: bool = False) -> None:
        """`tables`: of each content its table; what was taken once `is_replay` takes again."""
        self._tables, self._is_replay = tables, is_replay
        self.read: dict[str, tuple[Delivery, Control | None]] = {}  # by content; None where it was loaded before

    def add(self, delivery: Delivery, control: Control) -> None:
        """Raises InputRefused where a content that is alone says of itself what is not so."""
        source = delivery.table.source
        if self._tables.count(source) == 1 and not self._is_replay:
            refuse(control.claims)
        self.read[delivery.name] = (delivery, control)

    def add_seen(self, delivery: Delivery) -> None:
        """A content that was loaded before: what it holds was compared then."""
        self.read[delivery.name] = (delivery, None)

    def refuse(self) -> None:
        """Raises InputRefused where one of several contents says what is true neither of it nor of all of them."""
        by_table: dict[str, list[Control | None]] = {}
        for delivery, control in self.read.values():
            by_table.setdefault(delivery.table.source, []).append(control)
        for controls in by_table.values():
            fresh = [c for c in controls if c is not None]
            if len(fresh) == len(controls) > 1:
                refuse([claim for control in fresh for claim in control.claims], together(fresh))


def refuse(claims: Collection[Claim], together: Mapping[str, Decimal] | None = None) -> None:
    """Raises InputRefused for the first claim that is not true of its content, nor of all contents `together`."""
    for claim in claims:
        rows = int((together or {}).get(ROWS, 0))
        sums = [together[c] for c in (claim.columns or (ROWS,)) if c in together] if together is not None else []
        if not any(abs(claim.claimed - value) <= (slack(rows) if claim.columns else 0) for value in sums):
            raise InputRefused(claim.sentence())


def together(controls: Sequence[Control]) -> dict[str, Decimal]:
    """What several contents of one table hold; a column that one of them lacks has no sum."""
    common = set.intersection(*(set(c.sums) for c in controls)) if controls else set()
    return {name: sum((c.sums[name] for c in controls), Decimal(0)) for name in common}


def _amounts(delivery: Delivery) -> dict[str, str]:
    """Column -> header cell of its amounts."""
    return {f.column: cell for cell, f in delivery.fields.items() if f.kind == "money"}


def _sums(con: duckdb.DuckDBPyConnection, delivery: Delivery, stage: str) -> dict[str, Decimal]:
    """The sums of amounts, where every one of them can be read."""
    columns = list(_amounts(delivery))
    if not columns:
        return {}
    added = ", ".join(f"coalesce(sum({c}), 0)" for c in columns)
    values = con.execute(f"select {added} from {stage}").fetchall()[0]
    unread = {
        f
        for (f,) in con.execute(
            f"select distinct split_part(bad, '|', 1) from {stage} where bad is not null"
        ).fetchall()
    }
    source = {f.column: f.source for f in delivery.fields.values()}
    return {c: Decimal(v) for c, v in zip(columns, values, strict=True) if source[c] not in unread}


Line = tuple[int, list[str], dict[str, Decimal]]  # place, filled cells, amounts by column


def _lines(con: duckdb.DuckDBPyConnection, delivery: Delivery) -> Iterator[Line]:
    """The lines that are totals or remarks."""
    amounts = _amounts(delivery)
    fields = {f.column: f for f in delivery.fields.values()}
    texts = ", ".join(f"{normalise.text(cell)} as a_{c}" for c, cell in amounts.items())
    typed = ", ".join(normalise.typed(f"a_{c}", fields[c]) for c in amounts)
    cells = ", ".join(map(normalise.quoted, delivery.header))
    rows = con.execute(
        f"""
        select row_place, cells{", " if typed else ""}{typed}
        from (
            select row_place, [{cells}] as cells{", " if texts else ""}{texts} from {TEXTS}
            where row_place in (select row_place from {labels.LEFT} where kind in ('total', 'remark'))
        ) order by row_place
        """
    ).fetchall()
    for place, filled, *values in rows:
        numbers = {c: Decimal(v) for c, v in zip(amounts, values, strict=True) if v is not None}
        yield place, [c.strip() for c in filled if c and c.strip()], numbers


def _is_total(texts: Sequence[str]) -> bool:
    """Whether the line is called a total of everything above it; one with a name is of rows that may stand anywhere."""
    return any(re.fullmatch(labels.TOTAL, re.sub(r"[\s:：*]", "", text).lower()) for text in texts)


def _in_text(
    where: str, texts: Sequence[str], sums: Mapping[str, Decimal], counts: Collection[Decimal]
) -> Iterator[Claim]:
    """What a line says in words: 共 12 条, 合计金额：13761.19."""
    ways = (" ".join(texts), ",".join(texts))  # a comma within a number may have parted it
    row_counts = [Decimal(n.replace(",", "")) for way in ways for pattern in COUNTS for n in pattern.findall(way)]
    if row_counts and not set(row_counts) & set(counts):
        yield Claim(where, ROWS, (), row_counts[0], sums[ROWS])
    amounts = [Decimal(n.replace(",", "")) for way in ways for n in AMOUNT.findall(way)]
    columns = tuple(c for c in sums if c != ROWS)
    allowed = slack(int(sums[ROWS]))
    if amounts and columns and not any(abs(a - sums[c]) <= allowed for a in amounts for c in columns):
        nearest = min(columns, key=lambda c: abs(sums[c] - amounts[0]))
        yield Claim(where, "an amount", columns, amounts[0], sums[nearest])


def _totals(
    con: duckdb.DuckDBPyConnection, delivery: Delivery, stage: str, lines: Sequence[Line], sums: Mapping[str, Decimal]
) -> Iterator[Claim]:
    """Total lines that are the sum of no block of rows: of all, of those from a total line or the top to theirs, or of
    those from theirs to the next ones."""
    columns = [c for c in _amounts(delivery) if c in sums and any(c in amounts for _, _, amounts in lines)]
    if not columns:
        return
    places = ", ".join(f"({place})" for place, _, _ in lines)
    added = ", ".join(f"coalesce(sum({c}), 0)" for c in columns)
    blocks = con.execute(
        f"""
        select coalesce(t.place, -1), {added}
        from {stage} as s asof left join (values {places}) as t (place) on s.row_place > t.place
        group by 1
        """
    ).fetchall()
    after = {place: [Decimal(v) for v in values] for place, *values in blocks}
    allowed = slack(int(sums[ROWS]))
    for i, column in enumerate(columns):
        until = Decimal(0) + after.get(-1, [Decimal(0)] * len(columns))[i]
        borders = [Decimal(0)]
        for place, _, _ in lines:
            borders.append(until)
            until += after[place][i] if place in after else 0
        borders.append(until)
        for n, (place, _, amounts) in enumerate(lines, 1):
            value = amounts.get(column)
            if value is None or abs(value - sums[column]) <= allowed:
                continue
            if not _has(borders[:n], borders[n] - value, allowed) and not _has(
                borders[n + 1 :], borders[n] + value, allowed
            ):
                cell = " ".join(_amounts(delivery)[column].split())
                yield Claim(f"{delivery.name}, data row {place + 1},", cell, (column,), value, sums[column])


def _has(values: Sequence[Decimal], value: Decimal, allowed: Decimal) -> bool:
    ordered = sorted(values)
    place = bisect_left(ordered, value - allowed)
    return place < len(ordered) and ordered[place] <= value + allowed


def slack(rows: int) -> Decimal:
    """What parts of a fen that were rounded away may add up to."""
    return Decimal("0.01") + Decimal(f"{0.01 * sqrt(rows):.2f}")


def decimal(text: str) -> Decimal | None:
    """A written number; None for what is none."""
    try:
        return Decimal(text.replace(",", "").strip("¥￥元 "))
    except InvalidOperation:
        return None
