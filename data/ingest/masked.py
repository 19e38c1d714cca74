"""A delivered row without what names a person: for files that are handed on."""

from __future__ import annotations

from data.contract.mapping import Field
from data.ingest import match, normalise
from data.ingest.delivery import Delivery
from data.ingest.pseudonym import HIDDEN

#: Stands in place of a cell; nobody writes it, so a file that holds it is a masked copy.
MASK = "〔已隐去〕"
#: Names of people that the record keeps: they are masked where they are handed on, as persons' are.
NAMES = (
    "attending_practitioner_name", "ordering_practitioner_name", "performing_practitioner_name", "practitioner_name",
    "surgeon_name", "legal_representative",
)  # fmt: skip
#: An identity number inside a free text, not part of a longer number.
CARD = "(^|[^0-9])[1-9][0-9]{5}(18|19|20)[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])[0-9]{3}[0-9Xx]"


def cells(delivery: Delivery, is_pseudonymous: bool) -> list[str]:
    """SQL of each delivered cell: masked where it names a person or where nobody knows what it is."""
    return [_cell(cell, delivery.fields.get(cell), delivery, is_pseudonymous) for cell in delivery.header]


def _cell(cell: str, field: Field | None, delivery: Delivery, is_pseudonymous: bool) -> str:
    text = normalise.quoted(cell)
    if cell == delivery.updated:
        return text
    if field is None or field.is_personal or field.column in NAMES or _names_person(field, delivery, is_pseudonymous):
        return f"case when {text} is not null then '{MASK}' end"
    if field.kind == "text":
        return f"regexp_replace({text}, '{CARD}', '\\1{MASK}', 'g')"
    return text


def _names_person(field: Field, delivery: Delivery, is_pseudonymous: bool) -> bool:
    """Whether the field's number must not be shown: other departments put identity numbers there."""
    if match.LISTS.get(delivery.table.target) == field.column:
        return True
    return is_pseudonymous and field.column in HIDDEN
