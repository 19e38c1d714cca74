"""What goes to an institution and what it signs: the list of doubtful lines, the list under review, the signed form.

The reader is a hospital or drugstore, so these are in Chinese whatever the settings say. Nothing in them tells of a
tip, and a person's name is masked: the file numbers find the visit.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from hashlib import md5
from pathlib import Path

import duckdb
import polars as pl

from data.warehouse.connection import frame
from flows.publish import sheets
from flows.publish.evidence import evidence
from flows.publish.safe import whole
from flows.publish.words import page
from models.sources import natures
from models.sources.source import Source

MONEY = pl.Decimal(16, 2)
#: Column of casebook.appeal_line -> its name on the sheet, in the order of the sheet; the official five come first.
SENT = {
    "place": "序号",
    "appeal_id": "批次号",
    "line_key": "明细编号",
    "lead_id": "线索编号",
    "nature_zh": "问题类别",
    "title_zh": "问题类型",
    "item_name": "项目名称",
    "item_class": "项目类别",
    "explanation": "违规说明",
    "record_number": "病案号",
    "case_number": "住院/门诊号",
    "department_name": "科室",
    "practitioner_id": "医师代码",
    "occurred_on": "发生日期",
    "item_code": "医保目录编码",
    "persons": "涉及人次",
    "quantity": "涉及数量",
    "amount": "涉及金额",
    "fund_amount": "涉及医保基金",
    "also": "同时触发",
    "clause": "政策依据",
}
#: What the institution, and what the bureau fills in.
ANSWER = (
    *("机构答复", "认可金额", "申诉金额", "申诉理由", "举证材料", "核减数量", "核减人次", "核减金额"),
    *("核减医保基金金额", "认定依据", "日期"),
)
REVIEW = ("复审结论", "核减数量", "核减人次", "核减金额", "核减医保基金金额", "认定依据", "日期", "经手人")
LIST, GUIDE = "线索汇总表", "填写说明"
HOW = (
    "机构答复填“认可”“部分认可”或“申诉”；认可金额＋申诉金额＋核减金额须等于涉及金额（精确到分）。",
    "只填“认可”即全部认可，只填“申诉”即全部申诉；申诉须写申诉理由，举证材料填附件文件名。",
    "核减须写核减金额和认定依据；批次号、明细编号、线索编号、涉及金额请勿改动。",
    "本表为疑点核实，不是处理决定。",
)
HOW_REVIEW = (
    "复审结论填“申诉成功”“部分成立”或“维持”；部分成立须填核减金额（含此前已核减的）和认定依据。",
    "认可金额＋申诉金额＋核减金额须等于涉及金额（精确到分）。",
)


def describe(con: duckdb.DuckDBPyConnection, sources: Collection[Source], institutions: Collection[str]) -> None:
    """Temporary tables of what is said of the unsent lines of these institutions; once for all of them."""
    chosen = "l.lead_id in (select lead_id from unsent where list_contains($places, institution_id))"
    told = evidence(con, sources, chosen, {"places": list(institutions)}, "zh")
    for name, frame_of in (("evidence_frame", told), ("nature_frame", natures.by_source(sources))):
        con.register("given_frame", frame_of)
        con.execute(f"create or replace temp table {name} as select * from given_frame")
        con.unregister("given_frame")


def rows(con: duckdb.DuckDBPyConnection, institution_id: str, on: date) -> pl.DataFrame:
    """The lines of one institution that no list has sent yet, as casebook.appeal_line keeps them; after `describe`."""
    query = Path(__file__).with_name("appeal_lines.sql").read_text(encoding="utf-8")
    lines = frame(con, query, {"institution": institution_id})
    key = "|".join([institution_id, on.isoformat(), *lines["line_key"]])
    return lines.with_columns(appeal_id=pl.lit("S" + md5(key.encode(), usedforsecurity=False).hexdigest()[:11].upper()))


def write(lines: pl.DataFrame, path: Path, titles: dict[str, str]) -> None:
    """The list as it goes out: what was found, and empty columns for the answer."""
    named = _titled(lines, titles).select(*SENT).rename(SENT)
    blank = named.with_columns(pl.lit(None, pl.String).alias(name) for name in ANSWER)
    guide = pl.DataFrame({"填写说明": HOW})
    sheets.write(path, {LIST: blank, GUIDE: guide}, fill=ANSWER)


def write_review(con: duckdb.DuckDBPyConnection, institution_id: str, step: str, path: Path) -> int:
    """The lines an institution appealed, with its answers, for the bureau to review; returns how many."""
    query = Path(__file__).with_name("appeal_review.sql").read_text(encoding="utf-8")
    found = frame(con, query, {"institution": institution_id, "step": step})
    answered = {"step": "环节", "accepted_amount": "认可金额", "explained_amount": "申诉金额"}
    answered |= {"cut_before": "此前核减", "reason": "申诉理由", "attachment": "举证材料"}
    wanted = {name: label for name, label in SENT.items() if name not in ("also",)}
    named = found.select(*wanted, *answered).rename(wanted | answered)
    blank = named.with_columns(pl.lit(None, pl.String).alias(name) for name in REVIEW)
    sheets.write(path, {LIST: blank, GUIDE: pl.DataFrame({"填写说明": HOW_REVIEW})}, fill=REVIEW)
    return found.height


def form(con: duckdb.DuckDBPyConnection, institution_id: str, on: date) -> tuple[dict[str, object], pl.DataFrame]:
    """What the page of the signed form shows: whose it is and when, and one row a kind of problem and item."""
    name = con.execute(
        "select max(institution_name) from feature.institution where institution_id = $id", {"id": institution_id}
    ).fetchall()[0][0]
    query = Path(__file__).with_name("appeal_form.sql").read_text(encoding="utf-8")
    found = frame(con, query, {"institution": institution_id})
    money = ("sent_amount", "accepted_amount", "explained_amount", "cut_amount", "left_amount", "left_fund")
    sums = {column: found[column].cast(MONEY).sum() for column in money}
    head = {"institution_id": institution_id, "institution_name": name or institution_id, "on": on, "sums": sums}
    return head, found


def write_form(head: dict[str, object], found: pl.DataFrame, path: Path) -> None:
    """The form as one page for A4."""
    text = page("appeal_form", "zh", **head, rows=found.to_dicts())
    path.parent.mkdir(parents=True, exist_ok=True)
    whole(path, lambda aside: aside.write_text(text, encoding="utf-8"))


#: What the states are called on paper.
STATES_ZH = {
    "waiting": "待确认",
    "appealing": "申诉中",
    "won": "申诉成功",
    "stands": "维持",
    "paid": "已缴回",
    "void": "已作废",
}
FORM = {
    "place": "序号",
    "nature_zh": "问题类别",
    "title_zh": "问题类型",
    "item_name": "项目名称",
    "explanation": "问题情形描述",
    "persons": "涉及人次",
    "sent_amount": "涉及金额",
    "item_class": "项目类型",
    "left_amount": "核减后金额",
    "left_fund": "涉及医保基金金额",
    "ground": "问题认定依据",
}


def write_form_sheet(found: pl.DataFrame, path: Path) -> None:
    """The same as a sheet with the eleven columns."""
    sheets.write(path, {"签字反馈表": found.select(*FORM).rename(FORM)})


def _titled(lines: pl.DataFrame, titles: dict[str, str]) -> pl.DataFrame:
    parts = pl.col("also").str.split(";").list.eval(pl.element().replace(titles)).list.join("；")
    return lines.with_columns(also=parts)


def institutions(con: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """institution_id, institution_name, lines, amount: of what is unsent, most yuan first; after `appeals.unsent`."""
    return frame(
        con,
        """
        select u.institution_id, max(i.institution_name) as institution_name, count(*) as lines,
            sum(u.amount) as amount
        from unsent as u
        left join feature.institution as i on i.institution_id = u.institution_id
        where u.institution_id is not null
        group by u.institution_id
        order by amount desc, u.institution_id
        """,
    )
