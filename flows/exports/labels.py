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
    "institution_name": "定点医药机构名称",
    "department_code": "科室编码",
    "department_name": "科室名称",
    "record_number": "病历号",
    "case_number": "住院/门诊号",
    "person_name": "人员姓名",
    "admitted_on": "入院/就诊日期",
    "discharged_on": "出院/结束日期",
    "charged_at": "费用发生时间",
    "settled_at": "结算时间",
    "practitioner_name": "医师姓名",
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
    "settlement_amount": "结算医疗费总额",
    "settlement_fund": "结算基金支付",
    "amount": "疑点金额",
    "fund_amount": "疑点基金",
    "counted_amount": "计入金额",
    "counted_fund": "计入基金",
    "also_in": "金额计入的疑点编号",
    "together": "同日同机构成员数",
    "settlement_ids": "结算ID",
    "sex": "性别",
    "age": "年龄",
}
CHOICES = ("names", "zh")


def labelled(frame: pl.DataFrame, labels: str) -> pl.DataFrame:
    """The frame with the chosen column labels. Raises UsageError for labels that do not exist."""
    if labels not in CHOICES:
        raise UsageError(f"--labels {labels} does not exist; use {' or '.join(CHOICES)}.")
    return frame.rename({c: ZH[c] for c in frame.columns if c in ZH}) if labels == "zh" else frame
