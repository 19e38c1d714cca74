"""The one place that says how a delivered text becomes a typed value, and when it cannot."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping

from data.contract.mapping import Field
from data.ingest import moments, numbers
from data.ingest.numbers import number
from data.ingest.survey import ODD
from data.warehouse.paths import escaped

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
WIDE, HARD = "\u3000", "\u00a0"  # full-width and no-break space

#: What a bad value should have been, for the sentence that refuses it.
WANTED = {"date": "a date", "timestamp": "a date and time", "flag": "0 or 1", "count": "a whole number"}
SCIENTIFIC = "scientific notation: the id cannot be restored"
HAN, NAME = "[\\x{4e00}-\\x{9fff}]", "a name where a number or code is asked for"
BLANK = "holding a blank between its digits"
UNREADABLE = "characters that cannot be read"
#: Ends of lines, tabs and the like within a text; what has no width at all is taken out before (remarks.py).
CONTROL = "[\\x00-\\x1f\\x7f-\\x{9f}\\x{2028}\\x{2029}]"
UNSEEN = "holding a character that is not seen, such as the end of a line"
ERROR_CELL = "an error cell of a spreadsheet"
NO_SHARE = "no share from 0 to 1"
EMPTY_AMOUNT = "empty, and it is an amount that every row has"
#: What people and programs write where a number or a day is not known or does not apply, small and without blanks.
NONE = (
    r"- -- --- — —— – － / // \ \n null (null) <null> [null] none nil n/a na nan nat nul undefined unknown"
    " 无 空 暂无 未填 未填写 未知 不详 不明 不适用 未记录 缺失 待定 未提供 无数据 （空） (空) (空白) （无） (无) ? ？"
).split()
_AROUND = f"[\\s¥￥$元'{WIDE}{HARD}]*"
#: The same with blanks and the marks of an amount: an accounting format shows nil as `¥ -`.
NOTHING = rf"{_AROUND}({'|'.join(re.escape(word) for word in NONE)})?{_AROUND}"
#: What stands in an id that may be left empty where it names nothing.
NO_ID = f"0+|{NOTHING}"
ERRORS = ("#N/A", "#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#NUM!", "#NULL!", "#GETTING_DATA", "#SPILL!", "#CALC!")
UNKNOWN_WORD = "not a known word: "
DAY_THAT_IS_NONE = "a day that means none, and every row has one"
#: Years before and after which a day is none of a person, a bill or a contract.
EARLIEST, LATEST = 1850, 2150
YES = ("1", "01", "1.0", "true", "t", "y", "yes", "√", "✓", "是")
NO = ("0", "00", "0.0", "false", "f", "n", "no", "×", "✗", "否", "非", "不是")
#: Words that mean yes and no in some fields only: what is 正常 stands where validity is asked, and is no refund.
OF_FLAG = {
    "is_valid": ("有效 正常 在用 启用", "无效 作废 已作废 注销 已注销 停用 失效 废止"),
    "is_refund": ("退费 已退费 退款 已退款 冲销 冲正 红冲", "正常 正常结算 收费 未退费 未退款 非退费"),
    "is_return": ("退货 已退货", "正常 未退货 入库 采购"),
    "is_in_hospital": ("在院 住院中", "出院 已出院 离院"),
    "is_selected": ("中选", "未中选 非中选"),
    "is_principal": ("主要 主要诊断 主诊断 主手术 主要手术", "次要 次要诊断 其他 其他诊断 其他手术"),
}
SEXES = {"男": "1", "男性": "1", "m": "1", "male": "1", "女": "2", "女性": "2", "f": "2", "female": "2"}
#: What each digit of an identity number counts for in its check digit (GB 11643).
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)

FULL = "０１２３４５６７８９．－−，：／（）［］ＡＢＣＤＥＦＧＨＩＪＫＬＭＮＯＰＱＲＳＴＵＶＷＸＹＺ"
HALF = "0123456789.--,:/()[]ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def text(cell: str, odd: Collection[str] = ODD) -> str:
    """SQL for the delivered text without padding (blanks, tabs, full-width and no-break spaces); empty is null.

    Trimming costs ten times as much as seeing that there is nothing to trim, and that costs as much as reading, so it
    is spared where the bytes show neither: `odd` is what of survey.ODD the content may hold, here and below.
    """
    x = quoted(cell)
    if not {"padding", "tab", "formula", "invisible"} & set(odd):
        return x
    ends = " or ".join(
        f"suffix({x}, {mark})" for mark in ("' '", "chr(9)", "chr(10)", "chr(13)", f"'{WIDE}'", f"'{HARD}'")
    )
    padded = f"{x} < '!' or {ends} or starts_with({x}, '{WIDE}') or starts_with({x}, '{HARD}')"
    # ="0012" keeps a spreadsheet from reading a number
    inner = f"regexp_replace(trim({x}, ' \t\r\n{WIDE}{HARD}'), '^=\"(.*)\"$', '\\1')"
    formula = f"when contains({x}, '=\"') then nullif(trim({inner}), '')"
    return f"case {formula} when {padded} then nullif(trim({x}, ' \t\r\n{WIDE}{HARD}'), '') else {x} end"


def moment(raw: str, field: Field) -> str | None:
    """SQL for the local time that the text of a day or time means, any year; None for a field of another kind."""
    return moments.moment(raw, half(raw)) if field.kind in ("date", "timestamp") else None


def typed(raw: str, field: Field, local: str | None = None, odd: Collection[str] = ODD) -> str:
    """SQL that turns the text in column `raw` into the field's type; null where it cannot.

    `local` is a column that holds `moment`, where it was computed before.
    """
    match field.kind:
        case "id" | "code" | "grade":
            return _code(raw, field, odd)
        case "sex":
            named = " ".join(f"when {_text(word)} then '{code}'" for word, code in SEXES.items())
            return f"case lower({half(raw)}) {named} else ltrim({half(raw)}, '0') end"
        case "date" | "timestamp":
            when = local or f"({moment(raw, field)})"
            is_day = f"year({when}) between {EARLIEST} and {LATEST} and not {moments.none(when, raw, _is_birth(field))}"
            day = f"case when {is_day} then {when} end"
            return f"cast({day} as date)" if field.kind == "date" else day
        case "flag":
            more = OF_FLAG.get(field.column, ("", ""))
            yes, no = (listed((*words, *own.split())) for words, own in zip((YES, NO), more, strict=True))
            long = f"case when lower({raw}) in ({yes}) then true when lower({raw}) in ({no}) then false end"
            return f"case when {raw} = '0' then false when {raw} = '1' then true when {raw} is not null then {long} end"
        case "count":
            return f"try_cast({number(raw, half(raw), 'decimal(16,4)')} as integer)"
        case "share":
            bare = f"regexp_replace({raw}, ' *[%％]$', '')"
            part = number(bare, half(bare), "decimal(16,6)", numbers.COMMA in odd)
            percent = f"when regexp_matches({raw}, '[%％]$') then cast({part} / 100 as {TYPES['share']})"
            return f"case {percent} else {number(raw, half(raw), TYPES['share'], numbers.COMMA in odd)} end"
        case kind if kind in TYPES:
            return number(raw, half(raw), TYPES[kind], numbers.COMMA in odd)
        case _ if "nul" not in odd:
            return raw
        case _:
            return f"case when contains({raw}, chr(0)) then replace({raw}, chr(0), '') else {raw} end"


def fault(raw: str, value: str, field: Field, local: str | None = None, odd: Collection[str] = ODD) -> str | None:
    """SQL: the reason why the text is no value of the field, null when it is; None when every text is."""
    if field.kind in ("id", "code"):
        # the cheap test first: hardly any code holds such characters
        faults = [f"when {_scientific(raw)} then '{SCIENTIFIC}'"]
        if field.kind == "id" and field.is_required:
            faults.append(f"when contains({raw}, ' ') and regexp_matches({raw}, '[0-9] +[0-9]') then '{BLANK}'")
        if "hash" in odd:
            faults.insert(0, f"when starts_with({raw}, '#') and upper({raw}) in ({listed(ERRORS)}) then '{ERROR_CELL}'")
        if field.kind == "id" and field.is_required and not field.is_personal:
            faults.append(f"when strlen({value}) > length({value}) and regexp_matches({value}, '{HAN}') then '{NAME}'")
        if {"unreadable", "nul"} & set(odd):
            faults.append(f"when contains({raw}, '\ufffd') or contains({raw}, chr(0)) then '{UNREADABLE}'")
        return f"case {' '.join(faults)} end"
    if field.kind in TYPES:
        given = f"{raw} is not null and {value} is null"
        is_day = field.kind in ("date", "timestamp")
        is_none = moments.none(local or f"({moment(raw, field)})", raw, _is_birth(field)) if is_day else "false"
        if not field.is_required:
            if is_day:  # a day that means none is read as none: 9999-12-31, 1900-01-01
                given += f" and not {is_none}"
            given += f" and not regexp_full_match({raw}, {_text(NOTHING)}, 'i')"
        wrong = f"when {given} then 'not {WANTED.get(field.kind, 'a number')}'"
        if field.kind == "flag":
            wrong = f"when {given} then '{UNKNOWN_WORD}' || replace(left({raw}, 40), '|', '/') || '; one of 0, 1'"
        elif field.kind in ("money", "price", "quantity"):
            wrong = f"when {given} and {numbers.lost(raw)} then '{numbers.SHORT}' {wrong}"
        elif is_day and field.is_required:
            wrong = f"when {given} and {is_none} then '{DAY_THAT_IS_NONE}' {wrong}"
        if field.kind == "share":
            wrong += f" when abs({value} - 0.5) > 0.5 then '{NO_SHARE}'"
        if field.is_required and field.kind == "money":
            wrong += f" when {raw} is null then '{EMPTY_AMOUNT}'"
        return f"case {wrong} end"
    return None


def unseen(raws: Mapping[str, str]) -> str | None:
    """SQL: 'FIELD|reason' of the first id that holds a character nobody sees; `raws` are the texts by field.

    One look at all ids of a row, since hardly any holds one.
    """
    if not raws:
        return None
    each = ", ".join(f"case when regexp_matches({raw}, '{CONTROL}') then '{f}|{UNSEEN}' end" for f, raw in raws.items())
    return (
        f"case when regexp_matches(concat_ws(' ', {', '.join(raws.values())}), '{CONTROL}') then coalesce({each}) end"
    )


def id_key(raw: str) -> str:
    """SQL for an identity number as it is compared: 18 digits, capital X, no blanks; other texts as they are.

    A number of 15 digits gets its century and its check digit; people who still have one were born in the 1900s.
    """
    plain = f"regexp_replace({half(f'upper({raw})')}, '[\\s''\u3000\u00a0-]', '', 'g')"
    long = f"(left({plain}, 6) || '19' || substr({plain}, 7))"
    weighed = " + ".join(f"cast({long}[{i}] as integer) * {w}" for i, w in enumerate(WEIGHTS, 1))
    return (
        f"case when regexp_full_match({raw}, '[0-9]{{17}}[0-9X]') then {raw}"
        f" when regexp_full_match({plain}, '[0-9]{{15}}') then {long} || substr('10X98765432', ({weighed}) % 11 + 1, 1)"
        f" else {plain} end"
    )


def implied(raw: str | None) -> list[str]:
    """SQL columns id_sex and id_birth_on: what an 18-digit id number says of its owner."""
    if raw is None:
        return ["cast(null as varchar) as id_sex", "cast(null as date) as id_birth_on"]
    digits = f"ltrim(upper({half(raw)}), '''')"
    sound = f"regexp_full_match({digits}, '[0-9]{{17}}[0-9X]')"
    return [
        f"case when {sound} then if(substr({digits}, 17, 1) in ('1', '3', '5', '7', '9'), '1', '2') end as id_sex",
        f"case when {sound} then cast(try_strptime(substr({digits}, 7, 8), '%Y%m%d') as date) end as id_birth_on",
    ]


def quoted(cell: str) -> str:
    """A header cell as an SQL name."""
    return '"' + cell.replace('"', '""') + '"'


def listed(values: Iterable[str]) -> str:
    """SQL: the texts of a list, as `in (...)` asks."""
    return ", ".join(map(_text, values))


def _text(value: str) -> str:
    return f"'{escaped(value)}'"


def half(raw: str) -> str:
    """Full-width letters and digits made half-width; only where the text is not plain ASCII."""
    return f"case when strlen({raw}) = length({raw}) then {raw} else translate({raw}, '{FULL}', '{HALF}') end"


def _code(raw: str, field: Field, odd: Collection[str]) -> str:
    bare = half(raw) if "full_width" in odd else raw
    if "apostrophe" in odd:
        bare = f"case when starts_with({raw}, '''') then ltrim({bare}, '''') else {bare} end"
    if field.kind == "grade":
        whole = f"regexp_replace({bare}, '\\.0$', '')"
        return f"case when length({whole}) = 1 then '0' || {whole} else {whole} end"
    if (form := national(field)) is not None:  # national codes have capitals only
        is_small = f"{raw} <> upper({raw}) and regexp_full_match({raw}, '{form}')"
        bare = f"case when {is_small} then upper({raw}) else {bare} end"
    elif field.column.endswith("diagnosis_code"):  # I10.x00 keeps its small x
        first = f"{raw} >= 'a' and {raw} < '{{'"
        bare = f"case when {first} then upper(left({raw}, 1)) || substr({raw}, 2) else {bare} end"
    whole = f"case when suffix({raw}, '.0') then regexp_replace({bare}, '^([0-9]+)\\.0$', '\\1') else {bare} end"
    if field.kind == "id":
        whole = numbers.plain_id(raw, whole, national(field))
    if field.kind == "id" and not field.is_required:  # 0, - and the words for none name nothing
        return f"case when {names_nothing(raw)} then null else {whole} end"
    # 11.0 for 11 is a spreadsheet's; a code of items and diagnoses may end so
    return whole if field.kind == "id" or not field.column.endswith("_code") else bare


def names_nothing(raw: str) -> str:
    """SQL: whether an id that may be left empty says that there is none."""
    is_short = f"length({raw}) <= 12 and not ({raw} between '1' and '9~')"  # no word for none begins so
    return f"({is_short} and regexp_full_match({raw}, {_text(NO_ID)}, 'i'))"


def national(field: Field) -> str | None:
    """The form, with letters of either case, of the national code that the field holds; None where it holds another."""
    if field.column in ("item_code", "catalogue_code"):
        return "[XZTCxztc][A-Za-z0-9]{8,}"
    if field.column.endswith(("institution_id", "practitioner_id")):
        return "[HPDhpd][0-9]{8,}"
    return None


def _scientific(raw: str) -> str:
    """SQL: whether a spreadsheet or a program wrote the id as a float, whose digits after the fifteenth are gone."""
    is_float = f"regexp_full_match({raw}, '''?[0-9](\\.[0-9]+)?[eE]\\+?[0-9]+')"
    return f"{raw} < ':' and (contains({raw}, '+') or contains({raw}, '.')) and {is_float}"


def _is_birth(field: Field) -> bool:
    return field.column == "birth_on"
