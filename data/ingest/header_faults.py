"""What is wrong with a content's header, in a sentence each: columns missing or named twice, rows above it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

from data.contract import mapping
from data.contract.proposal import proposals
from data.errors import InputRefused
from data.ingest import heading
from data.ingest.faults import Faults

if TYPE_CHECKING:
    from data.ingest.delivery import Delivery


def is_sound(delivery: Delivery, names: mapping.Names, faults: Faults) -> bool:
    """Whether nothing is wrong with the content's header; every fault of it is raised or kept."""
    sentences = list(_header_faults(delivery, names))
    for sentence in sentences:
        with faults.within(delivery.name, delivery.table, delivery.header):
            raise InputRefused(sentence)
    return not sentences


def _header_faults(delivery: Delivery, names: mapping.Names) -> Iterator[str]:
    have = [f.source for f in delivery.fields.values()]
    lacking = delivery.table.lacks(have)
    table = f"{delivery.table.source}, {delivery.table.name_zh}"
    if lacking and len(have) < heading.LEAST and delivery.lines:
        yield (
            f"{delivery.name} is called as a table ({table}), but none of its first {heading.WITHIN} lines names the"
            f" columns; it lacks the column {', '.join(lacking)}. Put the line with the names on top, or give the file"
            " another name; nothing was loaded."
        )
    elif lacking:
        place = f", its header is line {delivery.lines}" if delivery.lines > 1 else ""
        yield (
            f"{delivery.name} ({delivery.table.source}{place}) lacks the column {', '.join(lacking)}."
            f" Export the table again with this column{other_name(delivery, lacking, names)}; nothing was loaded."
        )
    if delivery.rows_above:
        yield (
            f"{delivery.name}: {delivery.rows_above} lines above its header (line {delivery.lines}) look like rows of"
            " the table. Put the line with the names on top and deliver it again; nothing was loaded."
        )
    if delivery.unit and any(f.kind in AMOUNTS for f in delivery.fields.values()):
        yield other_unit(delivery.name, "a line above its header", delivery.unit)
    for cell, field in delivery.fields.items():
        unit = heading.unit_of(cell)
        if unit and field.kind in AMOUNTS:
            yield other_unit(delivery.name, f"the column {' '.join(cell.split())}", unit)


#: Kinds of fields that are read in yuan.
AMOUNTS = ("money", "price")


def other_unit(name: str, where: str, unit: str) -> str:
    """The refusal of amounts that are not in yuan."""
    return (
        f"{name}: {where} says that amounts are in {unit}; they are read in yuan (元). Export them in yuan and deliver"
        " it again; nothing was loaded."
    )


def other_name(delivery: Delivery, lacking: Collection[str], names: mapping.Names) -> str:
    """Where an unknown column may be the one that is missed: the line that would say so."""
    near = [p for p in proposals(delivery.table, delivery.header, names) if p.field in lacking]
    lines = " and ".join(p.line for p in near)
    return f", or, if it is there under another name, say so in HOME/mappings/names.csv: {lines}" if near else ""
