"""SQL for days and times as offices write them: every form is read right or not at all.

A cast alone will not do: it drops what follows the clock, so that 02:54 PM becomes the morning and 00:12Z stays at
midnight, and it reads the year 25 in 25-01-12.
"""

from __future__ import annotations

#: Longest first: what says which half of the day a clock of twelve hours means.
BEFORE_NOON = ("凌晨", "早上", "早晨", "清晨", "上午")
AFTER_NOON = ("下午", "傍晚", "晚上", "夜里", "夜间")
NOON = "中午"
#: Written forms beyond year-month-day with a clock; none of them with two digits for the year.
FORMS = (
    *(
        "%Y%m%d",
        "%Y%m%d%H%M%S",
        "%Y%m%d%H%M",
        "%Y%m%d %H:%M:%S",
        "%Y%m%d %H:%M",
        "%Y%m%dT%H%M%S",
        "%Y%m%d %H%M%S",
        "%Y%m%d %H%M",
    ),
    *("%Y年%m月%d日", "%Y年%m月%d日 %H:%M:%S", "%Y年%m月%d日 %H:%M", "%Y年%m月%d日%H:%M:%S", "%Y年%m月%d日%H:%M"),
    *("%Y年%m月%d日%H时%M分%S秒", "%Y年%m月%d日 %H时%M分%S秒", "%Y年%m月%d日%H时%M分", "%Y年%m月%d日 %H时%M分"),
    *(
        "%Y年%m月%d日%H时",
        "%Y年%m月%d日 %H时",
        "%Y年%m月%d",
        "%Y-%m-%d %H时%M分",
        "%Y/%m/%d %H时%M分%S秒",
        "%Y-%m-%d %H时%M分%S秒",
    ),
    *("%Y.%m.%d", "%Y.%m.%d %H:%M:%S", "%Y.%m.%d %H:%M", "%Y-%m-%d-%H.%M.%S.%f", "%Y-%m-%d-%H.%M.%S"),
    *(
        "%Y-%m-%d %H.%M.%S",
        "%Y-%m-%d %H.%M.%S.%f",
        "%Y-%m-%d %H%M%S",
        "%Y-%m-%d:%H:%M:%S",
        "%d-%b-%Y",
        "%d-%b-%Y %H:%M:%S",
        "%d %b %Y",
        "%d %b %Y %H:%M:%S",
    ),
    *(
        "%Y %m %d",
        "%Y %m %d %H:%M:%S",
        "%b %d %Y %H:%M",
        "%b %d %Y",
        "%b %d, %Y",
        "%b %d %Y %H:%M:%S",
        "%b %d, %Y %H:%M:%S",
        "%Y %a %b %d %H:%M:%S",
    ),
)
#: Year, month and day with a clock or without, and nothing behind it.
PLAIN = "[0-9]{4}[-/][0-9]{1,2}[-/][0-9]{1,2}([ T][0-9]{1,2}:[0-9]{1,2}(:[0-9]{1,2}([.,][0-9]{1,9})?)?)?"
#: A clock's zone, as it may stand behind it; CST is China's.
ZONE = (
    "(?i)(:[0-9]{1,2}(?:[.,][0-9]+)?|T[0-9]{4,6})"
    " *(z|utc|gmt|cst|[+-][0-9]{2}:?[0-9]{2}|[+-][0-9]{1,2}|(?:utc|gmt)[+-][0-9]{1,2}(?::?[0-9]{2})?)"
    r" *(?:\[?(?:asia/shanghai|prc|中国标准时间|北京时间)\]?)?$"
)
PLACE = r"(?i) *\[?\(?(asia/shanghai|prc|中国标准时间|北京时间|china standard time)\)?\]?$"
#: Java writes the zone before the year: Sun Jan 12 08:04:33 CST 2025.
JAVA = "(?i)^([a-z]{3} [a-z]{3} [0-9]{1,2} [0-9:]{8}) (cst|utc|gmt) ([0-9]{4})$"
#: Oracle in Chinese writes 05-1月 -2025.
ORACLE = "^([0-9]{1,2})-([0-9]{1,2})月 ?- ?([0-9]{4})"
SINCE_1970 = "1[0-8][0-9]{8}([0-9]{3}|[0-9]{6})?"
#: Said with the day, and nothing that the day does not say.
WEEKDAY = "(?i)(星期|周|礼拜)[一二三四五六日天]|^(mon|tue|wed|thu|fri|sat|sun)[a-z]*,? "
#: China is eight hours ahead of the world's time, summer and winter.
AHEAD = 8


def moment(raw: str, half_width: str) -> str:
    """SQL for the local time that the text `raw` means, null where it is none; `half_width`: `raw` in ASCII digits.

    What nearly every cell is, costs one look at its form.
    """
    odd = f"list_transform([ltrim({half_width}, '''')], lambda w: {_odd('w')})[1]"
    return f"coalesce({usual(raw)}, case when {raw} is not null then {odd} end)"


def usual(raw: str) -> str:
    """SQL for the local time of the two forms in which nearly every cell is written, null for any other."""
    return (
        f"case strlen({raw}) when 19 then try_strptime({raw}, '%Y-%m-%d %H:%M:%S')"
        f" when 10 then try_strptime({raw}, '%Y-%m-%d') end"
    )


def none(moment: str, raw: str, is_birth: bool) -> str:
    """SQL: whether the day means that there is none: 1900-01-01 and before, 2090 and later, zeros, the epoch.

    Two digits for a year are no such mark: 25-01-12 is not the year 25.
    """
    epoch = "" if is_birth else f" or cast({moment} as date) = date '1970-01-01'"
    return (
        f"(coalesce(year({moment}) = 1 or year({moment}) between 1000 and 1900 or year({moment}) >= 2090{epoch}, false)"
        f" or ({moment} is null and regexp_full_match({raw}, '0+([-/.:年月日 ]+0+)*[日 ]*')))"
    )


def _odd(text: str) -> str:
    """A written form other than the usual two: zone and half of the day are taken off and counted in."""
    java = rf"regexp_replace(regexp_replace({text}, '{JAVA}', '\3 \1 \2'), '{ORACLE}', '\3-\2-\1')"
    whole = f"trim(regexp_replace({java}, '{PLACE}', ''))"
    zone = f"lower(regexp_extract(x, '{ZONE}', 2))"
    half = f"lower(replace(regexp_extract(x, '{_half()}', 1), '.', ''))"
    without = rf"regexp_replace(regexp_replace(x, '{ZONE}', '\1'), '{_half()}', ' ')"
    bare = f"trim(regexp_replace(regexp_replace({without}, '{WEEKDAY}', ' '), ' +', ' ', 'g'))"
    bare = rf"regexp_replace(regexp_replace({bare}, '号', '日'), '^(.*:[0-9]{{2}}):([0-9]{{3}})$', '\1.\2')"
    bare = rf"regexp_replace({bare}, '^([0-9]{{8}}|[0-9]{{10}}|[0-9]{{13,14}})\.0+$', '\1')"  # a float of 20250301
    parts = f"struct_pack(zone := {zone}, half := {half}, bare := {bare})"
    return f"list_transform([{whole}], lambda x: list_transform([{parts}], lambda p: {_local('p')})[1])[1]"


def _half() -> str:
    words = "|".join((*BEFORE_NOON, *AFTER_NOON, NOON))
    return rf"(?i)({words}|[ap]\.?m\b\.?)"


def _local(part: str) -> str:
    """The local time of a text taken apart into zone, half of the day and the rest."""
    forms = ", ".join(f"'{form}'" for form in FORMS)
    serial = (
        f"case when regexp_full_match({part}.bare, '[1-9][0-9]{{4}}(\\.[0-9]+)?') then timestamp '1899-12-30'"
        f" + to_seconds(cast(round(try_cast({part}.bare as double) * 86400) as bigint)) end"
    )
    # so many seconds or thousandths since 1970 in the world's time, 2001 to 2029: no other form is so long
    clock = (
        f"case when regexp_full_match({part}.bare, '{SINCE_1970}') then timestamp '1970-01-01 {AHEAD:02}:00:00'"
        f" + to_microseconds(cast(rpad({part}.bare, 16, '0') as bigint)) end"
    )
    short = rf"regexp_replace({part}.bare, '([.][0-9]{{6}})[0-9]+$', '\1')"  # no finer than a microsecond
    written = (
        f"coalesce(case when regexp_full_match({part}.bare, '{PLAIN}')"
        f" then try_cast(replace({part}.bare, ',', '.') as timestamp) end,"
        f" case when not regexp_full_match({part}.bare, '[0-9]{{1,2}}[-/.].*[-/.][0-9]{{1,2}}')"
        f" then try_strptime({short}, [{forms}]) end, {serial}, {clock})"
    )
    return f"list_transform([{written}], lambda t: t{_noon(part)}{_shift(part)})[1]"


def _noon(part: str) -> str:
    """The hours that the half of the day adds; null, and so the whole, where the two contradict each other."""
    before = ", ".join(f"'{word}'" for word in (*BEFORE_NOON, "am"))
    after = ", ".join(f"'{word}'" for word in (*AFTER_NOON, "pm"))
    return (
        f" + to_hours(case when {part}.half = '' then 0"
        f" when {part}.half in ({before}) then case when hour(t) = 12 then -12 when hour(t) < 12 then 0 end"
        f" when {part}.half in ({after}) then case when hour(t) < 12 then 12 when hour(t) > 12 or"
        f" {part}.half in ('pm', '下午') then 0 end"
        f" when hour(t) between 11 and 13 then 0 when hour(t) < 3 then 12 end)"
    )


def _shift(part: str) -> str:
    """From the clock's own zone to China's."""
    zone = f"{part}.zone"
    sign = f"case when contains({zone}, '-') then -1 else 1 end"
    hours = f"cast(coalesce(nullif(regexp_extract({zone}, '[+-]([0-9]{{1,2}})', 1), ''), '0') as integer)"
    minutes = f"cast(coalesce(nullif(regexp_extract({zone}, '[+-][0-9]{{2}}:?([0-9]{{2}})', 1), ''), '0') as integer)"
    return (
        f" + to_minutes(case when {part}.zone in ('', 'cst') then 0"
        f" else {AHEAD * 60} - {sign} * ({hours} * 60 + {minutes}) end)"
    )
