"""Chinese column labels for people who read the files; machine names are the default."""

from __future__ import annotations

import polars as pl

from data.errors import UsageError

ZH = {
    "rank": "排名",
    "lead_id": "线索编号",
    "subject_type": "对象类型",
    "subject_id": "对象编码",
    "subject_name": "对象名称",
    "region": "归属区划",
    "tier": "线索等级",
    "score": "风险分",
    "rank_low": "排名下限",
    "rank_high": "排名上限",
    "amount_at_risk": "涉及金额",
    "fund_at_risk": "涉及基金",
    "expected_yield": "预期追回",
    "findings": "疑点数",
    "settlements": "涉及结算数",
    "persons": "涉及人数",
    "first_on": "最早日期",
    "last_on": "最晚日期",
    "status": "线索状态",
    "prior_confirmed": "既往查实次数",
    "control_arm": "随机抽查",
    "rules": "规则与模型",
    "reasons": "线索说明",
    "peer_group": "对比组",
    "members": "团伙成员",
    "run_id": "运行编号",
    "finding_id": "疑点编号",
    "source": "规则编号",
    "title": "规则名称",
    "clause": "依据",
    "certainty": "判定类型",
    "explanation": "疑点说明",
    "settlement_id": "结算ID",
    "line_id": "记账流水号",
    "encounter_id": "就诊ID",
    "person_id": "人员编号",
    "institution_id": "定点医药机构编号",
    "practitioner_id": "医师代码",
    "occurred_on": "发生日期",
    "item_code": "医保目录编码",
    "item_name": "医保目录名称",
    "quantity": "数量",
    "unit_price": "单价",
    "line_amount": "明细金额",
    "eligible_amount": "符合范围金额",
    "amount": "疑点金额",
    "fund_amount": "疑点基金",
    "tip_id": "举报编号",
    "received_on": "受理日期",
    "why": "未匹配原因",
    "candidates": "可能的对象",
}
CHOICES = ("names", "zh")


def labelled(frame: pl.DataFrame, labels: str) -> pl.DataFrame:
    """The frame with the chosen column labels. Raises UsageError for labels that do not exist."""
    if labels not in CHOICES:
        raise UsageError(f"--labels {labels} does not exist; use {' or '.join(CHOICES)}.")
    return frame.rename({c: ZH[c] for c in frame.columns if c in ZH}) if labels == "zh" else frame
