"""The one place that says how a delivered text becomes a typed value."""

from __future__ import annotations

from data.mapping import Field

DATE_FORMS = "['%Y/%m/%d', '%Y/%m/%d %H:%M:%S', '%Y/%m/%d %H:%M', '%Y%m%d', '%Y%m%d%H%M%S', '%Y年%m月%d日']"

TYPES = {
    "date": "date",
    "timestamp": "timestamp",
    "money": "decimal(16,2)",
    "price": "decimal(16,6)",
    "quantity": "decimal(16,4)",
    "share": "decimal(8,4)",
    "degree": "double",
    "count": "integer",
    "flag": "boolean",
}

#: What a bad value should have been, for the sentence that refuses it.
WANTED = {
    "date": "a date",
    "timestamp": "a date and time",
    "flag": "0 or 1",
    "count": "a whole number",
}


def text(cell: str) -> str:
    """SQL for the delivered text without padding; empty is null."""
    return f"""nullif(trim({_name(cell)}, ' \t\r'), '')"""


def typed(raw: str, field: Field) -> str:
    """SQL that turns the text in column `raw` into the field's type; null where it cannot."""
    match field.kind:
        case "id":
            return f"ltrim({raw}, '''')"
        case "date" | "timestamp":
            parsed = f"coalesce(try_cast({raw} as timestamp), try_strptime({raw}, {DATE_FORMS}))"
            return f"cast({parsed} as date)" if field.kind == "date" else parsed
        case "flag":
            return (
                f"case when lower({raw}) in ('1', '01', 'true', 'y', '是') then true"
                f" when lower({raw}) in ('0', '00', 'false', 'n', '否') then false end"
            )
        case "grade":
            return f"lpad({raw}, 2, '0')"
        case "count":
            return f"try_cast(try_cast({raw} as decimal(16,4)) as integer)"
        case kind if kind in TYPES:
            return f"try_cast({raw} as {TYPES[kind]})"
        case _:
            return raw


def must_parse(field: Field) -> bool:
    """Whether a text that does not parse makes the row wrong, rather than the value unknown."""
    return field.kind in TYPES and (field.kind != "flag" or field.is_required)


def wanted(field: Field) -> str:
    """What the field holds, in words: 'a number', 'a date'."""
    return WANTED.get(field.kind, "a number")


def _name(cell: str) -> str:
    return '"' + cell.replace('"', '""') + '"'
