"""Lines of a table that are no record: totals, a second header, units, remarks of the program that wrote them.

They are left out by what they hold and by what they lack: a line of them names no row. What has a row's key is a
record, whatever else stands in it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

import duckdb

from data.contract import mapping
from data.contract.mapping import Field
from data.errors import InputRefused
from data.ingest import header_faults
from data.ingest.delivery import Delivery
from data.ingest.heading import UNITS
from data.ingest.normalise import listed, quoted
from data.warehouse.paths import escaped

if TYPE_CHECKING:
    from data.ingest.cells import Cells

LEFT = "stage_left"
#: What a total is called, blanks and marks around it taken off; 3月小计, 本页合计(元), Grand Total:
TOTAL = (
    r"[^a-z0-9]{0,8}[0-9]{0,4}(年|月|日|季度|季)?[0-9]{0,2}(月|日|页)?"
    r"(合计|小计|总计|累计|共计|总和|合计数|总合计|总数|汇总)(金额|人次|数量|费用)?([(\[（].{0,8}[)\]）])?"
    r"|((grand|sub|sheet|page)-?)?totals?|sum"
)
#: What spreadsheets and people call the total of a group: its name, or its number, and the word behind it.
SUBTOTAL = TOTAL + r"|.+(合计|小计|总计|汇总|计数|(sub)?total)([(（].{0,8}[)）])?"
NUMBER = r"[-+¥￥$]?[0-9][0-9,]*(\.[0-9]+)?(e[+-]?[0-9]+)?[%元条人次笔行]?|[-—–/]+|[(（]?[-0-9.,]+[)）]"
#: How a line begins that a program or its user wrote beside the table.
REMARK = (
    r"(数据)?(导出|打印|制表|制单|统计|查询|生成|填报|报表|填表|上报|审核|复核|经办|操作|截止|截至|抽取|提取|下载|开始|完成)"
    r"(时间|日期|人员?|人签字|单位|部门|条件|结果|机构|周期|区间|员|范围|口径|说明)?([(（].{0,8}[)）])?[:：\s].*"
    r"|[(（\[【]?(数据)?(导出|抽取|查询|打印|生成)(完成|完毕|结束|成功)[)）\]】。.]*"
    r"|(单位|备注|说明|注|注释|数据来源|来源|统计期|制表|以上|以下|本表|本页|此页|附注)([:：].*|空白|结束|数据.*)"
    r"|(以下空白|以上空白|结束|完|此页无正文)"
    r"|(共|共计|合计|总计|总共|一共|总)\s*[:：]?\s*[0-9,]+\s*(条|行|笔|人次|人|页|个|元)?.*"
    r"|第\s*[0-9]+\s*页.*|(合计|总计|小计|累计|总金额|合计金额)(人次|人数|金额|笔数|条数|费用)?\s*[:：].*"
    r"|[(（]?[0-9,]+\s*(行|条|笔)(记录|数据)?(受影响|被选中|已选择)?[)）]?[。.]?"
    r"|(总|总?记录|数据)(条数|行数|数|量)\s*[:：]?\s*[0-9,]+.*"
    r"|sql>.*|(time taken|elapsed|已用时间|rows?|fetched|query time)\s*[:：].*|query ok,.*"
    r"|(pl/sql procedure|commit complete).*|(dis)?connected (from|to) .*"
    r"|\(?[0-9,]+ (rows?|records?)( selected| affected| in set.*| returned)?\)?\.?"
    r"|已选择\s*[0-9,]+\s*行.*|(total|row count|record count|number of (rows|records))\s*[:=].*"
    r"|(exported|printed|generated|created|source|note|remark|page|report)( (at|on|by|date|time))?\s*[:].*"
    r"|#.*|--.*|/\*.*|\*{2,}.*|(end|eof|end of (file|report|data))\.?"
)
RULER = r"[-=*_~ +|]{2,}"
#: What stands under a header to say how its values are written.
UNIT = (
    r"[(（\[]?(元|万元|人民币|分|角|%|％|岁|天|日|次|个|盒|片|支|克|mg|g|ml|人次|年|月|小时|代码|编码|编号|名称|文本|文字|数字|数值|日期|时间"
    r"|日期时间|字符|字符型|字符串|整型|整数|浮点|数值型|日期型|布尔|枚举|必填|选填|非必填|是否必填|主键|外键|varchar2?|nvarchar2?|char|text|string"
    r"|number|numeric|decimal|int|integer|bigint|smallint|float|double|date|datetime|timestamp"
    r"|yyyy.?mm.?dd( ?hh.?mm.?ss)?"
    r"|not null|null|required|optional|pk|y|n)([(（][0-9, ]+[)）])?[)）\]]?"
)
#: Kinds of lines that are no record, and how one is called in a sentence.
KINDS = {
    "total": ("total line", "total lines"),
    "label": ("line of labels", "lines of labels"),
    "unit": ("line of units", "lines of units"),
    "remark": ("remark", "remarks"),
    "blank": ("empty row", "empty rows"),
}


def is_line_below(cells: Sequence[str]) -> bool:
    """Whether a line too short for the table looks like a total or a remark, and no row that lost a part."""
    if not cells:
        return False
    first = cells[0].strip()
    plain = re.sub(r"[\s:：*]", "", first).lower()
    if re.fullmatch(TOTAL, plain):
        return all(re.fullmatch(f"{NUMBER}|{TOTAL}", re.sub(r"[\s:：*]", "", c).lower()) for c in cells[1:])
    return len(cells) <= FEW and re.fullmatch(f"{REMARK}|{RULER}", first.lower(), re.DOTALL) is not None


#: What a program writes into an export that it could not finish.
BROKEN = re.compile(
    r"\W*(ora-\d{5}|sp2-\d{4}|error\b|fatal\b|msg \d+, level|sqlstate|traceback|([a-z]+\.)+[a-z]*exception"
    r"|lost connection|mysql server has gone|内存不足|内存溢出|(导出|查询|连接|抽取)(失败|超时|中断|异常|错误))",
    re.IGNORECASE,
)


def refuse_broken(name: str, lost: Sequence[tuple[int, str]]) -> None:
    """Raises InputRefused where a line that is no row says that the export broke off."""
    for row, text in lost:
        if BROKEN.match(text):
            raise InputRefused(
                f"{name}, data row {row}: the program that wrote it says {text.strip()[:60]!r}: the export broke off."
                " Export it again and deliver it whole; nothing was loaded."
            )


#: A remark fills no more cells than this.
FEW = 3


def doubt(delivery: Delivery) -> str:
    """SQL over the delivered cells: whether a row lacks something that rows have, or its key has no digit."""
    keys, wanted = _keys(delivery), _wanted(delivery)
    return f"({_is_doubtful(keys, wanted)})" if keys else "false"


def are_doubtful(con: duckdb.DuckDBPyConnection, delivery: Delivery, held: Cells, stage: str) -> bool:
    """Whether any row may be no record, by the stage's column `doubtful` or by the first rows."""
    if not _keys(delivery):
        return False
    return _is_under(con, delivery, held) or bool(
        con.execute(f"select 1 from {stage} where doubtful limit 1").fetchall()
    )


def _keys(delivery: Delivery) -> list[str]:
    by_column = {f.column: cell for cell, f in delivery.fields.items()}
    return [quoted(by_column[k]) for k in delivery.table.key if k in by_column]


def _wanted(delivery: Delivery) -> list[str]:
    by_column = {f.column: (cell, f) for cell, f in delivery.fields.items()}
    return [quoted(cell) for cell, f in by_column.values() if f.is_required and f.kind != "text"]


def find(con: duckdb.DuckDBPyConnection, delivery: Delivery, names: mapping.Names, texts: str) -> dict[str, int]:
    """Fill `stage_left` (row_place, kind) with the rows of `texts` that are no record; rows by kind."""
    keys, wanted = _keys(delivery), _wanted(delivery)
    con.execute(f"create or replace temp table {LEFT} (row_place bigint, kind varchar)")
    if not keys:
        return {}
    doubtful = _is_doubtful(keys, wanted)
    con.execute(
        f"""
        insert into {LEFT}
        with doubtful as (
            select * from {texts} where {doubtful} or row_place < {HIGH}
        ),
        held as (
            select row_place, {_filled(map(quoted, delivery.header))} as cells,
                {_filled(keys)} as keys, {_named(delivery, names)} as named,
                {_filled(map(quoted, delivery.fields))} as own,
                {_lacking(wanted)} as lacking, coalesce({", ".join(map(quoted, delivery.fields))}) is null as is_bare
            from doubtful
        ),
        seen as (
            select *, list_transform(cells, lambda c: regexp_replace(c, '\\s', '', 'g')) as words,
                list_transform(own, lambda c: regexp_replace(c, '\\s', '', 'g')) as own_words
            from held
        ),
        told as (
            select *, len(cells) as filled,
                len(list_filter(words, lambda c: regexp_full_match(c, '{escaped(TOTAL)}'))) as totals,
                len(list_filter(words, lambda c: regexp_full_match(c, '{escaped(f"{TOTAL}|{NUMBER}")}'))) as figures,
                len(list_filter(own_words, lambda c: regexp_full_match(c, '{escaped(UNIT)}'))) as units,
                len(list_filter(own, lambda c: regexp_full_match(c, '{escaped(RULER)}'))) as rulers,
                len(list_filter(cells, lambda c: regexp_matches(c, '[0-9]'))) as with_digits,
                len(list_filter(words, lambda c: regexp_full_match(c, '{escaped(SUBTOTAL)}'))) as subtotals,
                len(list_filter(keys, lambda c: regexp_full_match(c, '{escaped(TOTAL)}'))) as total_keys,
                len(list_filter(keys, lambda c: not regexp_full_match(c, '{escaped(f"{SUBTOTAL}|{REMARK}")}')))
                    as real_keys
            from seen
        ),
        judged as (
            select row_place, case
                when filled = 0 then 'blank'
                when named >= least(2, filled) and 2 * named >= filled then 'label'
                when rulers > 0 and rulers = len(own) then 'remark'
                when totals > 0 and real_keys = 0 and (figures = filled or lacking >= 0.5) then 'total'
                when subtotals > 0 and real_keys = 0 and lacking >= 0.5 then 'total'
                when totals > 0 and figures = filled and (lacking >= 0.7 or total_keys > 0) then 'total'
                when filled <= {FEW} and lacking >= 0.5 and real_keys = 0
                    and regexp_full_match(cells[1], '(?s){escaped(REMARK)}') then 'remark'
                when is_bare then 'blank' -- a running number, and nothing of the table
                when row_place < {HIGH} and units = len(own) then 'unit'
                when row_place = 0 and filled >= 2 and with_digits = 0 and len(keys) = {len(keys)}
                    and not exists (
                        select 1 from {texts}
                        where row_place between 1 and 100 and not regexp_matches({keys[0]}, '[0-9]')
                    ) and (select count(*) from {texts}) > 1 then 'label'
            end as kind
            from told
        )
        select row_place, kind from judged where kind is not null
        """
    )
    rows = con.execute(f"select kind, count(*) from {LEFT} group by kind order by kind").fetchall()
    if rows:
        _refuse_unit(con, delivery, texts)
    return {kind: int(count) for kind, count in rows}


def _refuse_unit(con: duckdb.DuckDBPyConnection, delivery: Delivery, texts: str) -> None:
    """Raises InputRefused where a line that is no record says that amounts are in another unit than the yuan."""
    amounts = [quoted(cell) for cell, field in delivery.fields.items() if field.kind in header_faults.AMOUNTS]
    if not amounts:
        return
    under = " or ".join(f"regexp_full_match({cell}, '[(（]?{UNITS}[)）]?')" for cell in amounts)
    whole = f"concat_ws(' ', {', '.join(map(quoted, delivery.header))})"
    named_units = con.execute(
        f"""
        select regexp_extract({whole}, '{UNITS}', 1), row_place + 1 from {texts}
        where row_place in (select row_place from {LEFT} where kind in ('unit', 'remark'))
            and ({under} or regexp_matches({whole}, '单位[:： ]*(人民币)?[(（]?{UNITS}($|[ )）,，;；。])')) limit 1
        """
    ).fetchall()
    for unit, row in named_units:
        raise InputRefused(header_faults.other_unit(delivery.name, f"data row {row}", unit))


#: Lines of units stand at once under the header.
HIGH = 3


def sentence(kinds: dict[str, int], rows: Sequence[int]) -> str:
    """What was left out, in words."""
    shown = ", ".join(f"{n:,} {KINDS[kind][n > 1]}" for kind, n in kinds.items())
    return f"{shown} left out: no record (data row {', '.join(map(str, rows[:3]))}{' ...' if len(rows) > 3 else ''})"


def _is_under(con: duckdb.DuckDBPyConnection, delivery: Delivery, held: Cells) -> bool:
    """Whether one of the first rows says how the values below it are written; it may look like a row with a key."""
    own = ", ".join(map(quoted, delivery.fields))
    rows = held.first(con, own, HIGH)
    filled = [[re.sub(r"\s", "", c).lower() for c in row if c] for row in rows]
    return any(cells and all(re.fullmatch(UNIT, c) for c in cells) for cells in filled)


def _is_doubtful(keys: list[str], wanted: list[str]) -> str:
    """SQL: the row lacks something that rows have, or its key has no digit; cheap, for it is asked of every row."""
    lacks = [f"{cell} is null" for cell in dict.fromkeys([*keys, *wanted])]
    odd = [f"not ({key} between '0' and '9~' or regexp_matches({key}, '[0-9]'))" for key in keys]
    return " or ".join([*lacks, *odd])


def _filled(cells: object) -> str:
    """SQL: the filled ones of the cells, half-width small letters without blanks, colons and stars."""
    joined = ", ".join(cells)  # type: ignore[arg-type]
    plain = "regexp_replace(lower(c), '[\\s:：*\u3000\u00a0]+$|^[\\s*\u3000\u00a0]+|[\u3000\u00a0]', '', 'g')"
    return f"list_filter(list_transform([{joined}], lambda c: {plain}), lambda c: c is not null and c <> '')"


def _named(delivery: Delivery, names: mapping.Names) -> str:
    """SQL: how many cells are a name of their own column."""
    counted = []
    for cell in delivery.header:
        own = {cell.strip().lower(), mapping.tidy(cell)} - {""}
        if (named := delivery.fields.get(cell)) is not None:
            own |= _all_names(delivery, names, named)
        text = f"regexp_replace(lower({quoted(cell)}), '\\s', '', 'g')"
        own_names = listed(sorted(own))
        counted.append(f"(case when {text} in ({own_names}) then 1 else 0 end)")
    return " + ".join(counted)


def _all_names(delivery: Delivery, names: mapping.Names, named: Field) -> set[str]:
    source = delivery.table.source
    names_of_field = {
        "".join(n.split()) for (table, n), f in names.of_field.items() if table == source and f == named.source
    }
    return names_of_field | {mapping.tidy(n) for n in names_of_field}


def _lacking(wanted: list[str]) -> str:
    """SQL: the share of what a row must have that is not there."""
    if not wanted:
        return "1.0"
    empty = " + ".join(f"(case when {cell} is null or trim({cell}) = '' then 1 else 0 end)" for cell in wanted)
    return f"({empty}) / {len(wanted)}.0"
