"""SQL for numbers as offices write them: thousands apart, less than nil in brackets, the decimal comma; ids too."""

from __future__ import annotations

#: What parts thousands besides a comma: blanks of all widths that do not break a line.
BLANKS = " \u00a0\u2009\u202f"
#: Marks of an amount, before it or behind.
MARKS = "([¥￥$元圆''\\s\u00a0]|(?i)rmb|cny|人民币)+"
SHORT = "a number in scientific notation, its last digits lost"
#: What of a text's ways says that a comma is its decimal mark: it parts its cells by semicolons.
COMMA = "decimal_comma"


def number(raw: str, half: str, kind: str, is_comma: bool = False) -> str:
    """SQL for the number of this type that the text `raw` means, null where it is none; `half`: `raw` in half width.

    `is_comma`: a comma may be the decimal mark. Then 1,250 may mean two numbers, and is read as neither.
    """
    plain = f"regexp_replace({half}, '^{MARKS}|{MARKS}$', '', 'g')"
    # accountants write less than nil in brackets or with the sign behind
    plain = f"regexp_replace({plain}, '^\\(([^-]*)\\)$|^([^-]+)-$', '-\\1\\2')"
    plain = f"regexp_replace({plain}, '^(-?){MARKS}', '\\1')"
    grouped = f"regexp_full_match({plain}, '-?[1-9][0-9]{{0,2}}([,{BLANKS}][0-9]{{3}})+(\\.[0-9]+)?')"
    mended = f"when {grouped} then regexp_replace({plain}, '[,{BLANKS}]', '', 'g')"
    if is_comma:
        twofold = f"when regexp_full_match({plain}, '-?[1-9][0-9]{{0,2}},[0-9]{{3}}') then null"
        pointed = f"regexp_full_match({plain}, '-?[0-9]{{1,3}}(\\.[0-9]{{3}})*,[0-9]+|-?[0-9]+,[0-9]+')"
        mended = f"{twofold} when {pointed} then replace(replace({plain}, '.', ''), ',', '.') {mended}"
    value = f"coalesce(try_cast({raw} as {kind}), try_cast(case {mended} else {plain} end as {kind}))"
    return f"case when {lost(raw)} then null else {value} end"


def lost(raw: str) -> str:
    """SQL: whether a spreadsheet wrote the number by its power of ten and left out digits that every amount has.

    1.00150E+03 shows them all, 1.00E+03 does not; 0.00E+00 is nil. Programs write 1.0E7 and 1e+05 of whole numbers.
    """
    decimals = f"length(regexp_extract({raw}, '\\.([0-9]*)E', 1))"
    power = f"try_cast(regexp_extract({raw}, 'E\\+([0-9]+)$', 1) as integer)"
    return (
        f"(contains({raw}, 'E+') and regexp_full_match({raw}, '-?[0-9](\\.[0-9]*)?E\\+[0-9]{{2,3}}')"
        f" and regexp_matches({raw}, '^-?[0-9.]*[1-9]') and {decimals} < {power} + 2)"
    )


def plain_id(raw: str, value: str, form: str | None) -> str:
    """SQL for an id without what number formats put into it, and without the name that stands with a code of `form`."""
    number = f"when contains({raw}, ',') and regexp_full_match({value}, '[0-9]{{1,3}}(,[0-9]{{3}})+')"
    number += f" then replace({value}, ',', '')"
    number += f" when suffix({raw}, '.00') then regexp_replace({value}, '^([0-9]+)\\.0+$', '\\1')"
    if form is not None:
        codes = f"regexp_extract_all({value}, '{form}')"
        number += f" when strlen({raw}) > length({raw}) and len({codes}) = 1 then upper({codes}[1])"
    return f"case {number} else {value} end"
