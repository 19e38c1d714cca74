"""Rows that the sender struck out: lists of deleted rows, and columns that mark a row as deleted.

Nothing here takes rows out of the record by a list, and a deleted row that is read as any other comes back to life.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import duckdb

from data.errors import InputRefused
from data.ingest import match, normalise

if TYPE_CHECKING:
    from data.ingest.cells import Cells
    from data.ingest.delivery import Delivery

#: How files, folders and sheets of deleted rows are called.
CALLED = re.compile(
    r"作废|废单|撤销|(已删|删除)(?!除?了?(重复|空|多余|无效|错误|姓名|身份|敏感|隐私|个人|标识|字段|列))"
    r"|(?<![a-z])(del|deletes?|deleted|deletions?|removed|voids?|voided|cancell?ed|revoked)(?![a-z])",
    re.IGNORECASE,
)
#: Columns that say of a row that it was deleted, and of change logs that say what was done with it.
MARKS = re.compile(
    r"(is_?|__)?(del|delete|deleted|dele|removed|cancel|canceled|cancelled|void|voided)(_?(flag|flg|stas|status|mark|ind))?"
    r"|(是否)?(删除|作废|撤销)(标志|标识|标记|状态)?",
    re.IGNORECASE,
)
CHANGES = re.compile(
    r"_*(op|opt|oper|dml|cdc|ogg|change|row)_?(type|kind|code|op|flag)?|(操作|变更|数据操作)类型", re.IGNORECASE
)
#: What says of a row that it stands, where its table has the column.
STAND = {"is_valid": "coalesce(is_valid, true)", "is_refund": "not coalesce(is_refund, false)"}
STANDS = ("0", "00", "n", "no", "f", "false", "否", "未删除", "正常", "未作废", "有效")
TAKEN_OUT = ("d", "delete", "deleted", "del", "-d", "删除", "作废", "撤销")


def is_called_deleted(name: str) -> bool:
    """Whether the name of a content, with its folder and workbook, calls it a list of deleted rows."""
    return any(CALLED.search(re.sub(r"\.[^.]*$", "", piece)) for piece in re.split(r"[/!]", name))


def refuse_list(name: str) -> None:
    """Raises InputRefused for a content that no table knows and that is called a list of deleted rows."""
    if is_called_deleted(name):
        raise InputRefused(
            f"{name} is called a list of deleted rows, and nothing here takes rows out by a list. Deliver the rows"
            " themselves with vali_flag 0, or take the file out; nothing was loaded."
        )


def refuse(con: duckdb.DuckDBPyConnection, delivery: Delivery, held: Cells, stage: str) -> None:
    """Raises InputRefused where rows were struck out in a way that nothing here reads; `stage` holds the typed rows."""
    if delivery.table.target in match.LISTS or delivery.mends is not None:
        return
    columns = {f.column for f in delivery.table.fields}
    if is_called_deleted(delivery.name):
        stands = ["bad is null", *(sql for column, sql in STAND.items() if column in columns)]
        (count,) = con.execute(f"select count(*) from {stage} where {' and '.join(stands)}").fetchall()[0]
        if count:
            raise InputRefused(
                f"{delivery.name} is called a list of deleted rows, and {count:,} of them stand as valid. Deliver them"
                " with vali_flag 0, or give the file another name if they stand; nothing was loaded."
            )
    for cell in delivery.header:
        if cell in delivery.fields or cell in delivery.again:
            continue
        plain = cell.strip().rpartition(".")[2].strip("\"'`[]").lower()
        value = f"lower(trim({normalise.quoted(cell)}))"
        if MARKS.fullmatch(plain):
            marked = f"{value} not in ({normalise.listed((*STANDS, '', plain))})"
        elif CHANGES.fullmatch(plain):
            marked = f"{value} in ({normalise.listed(TAKEN_OUT)})"
        else:
            continue
        (count,) = con.execute(f"select count_if({marked}) from {held.source}").fetchall()[0]
        if count:
            raise InputRefused(
                f"{delivery.name}: the column {cell} marks {count:,} rows as deleted, and nothing here reads it. Leave"
                " these rows out, or deliver them with vali_flag 0; nothing was loaded."
            )
