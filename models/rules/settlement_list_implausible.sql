/*
title       = "Settlement or its list contradicts itself"
title_zh    = "医保结算清单信息异常"
official    = [35]
violation   = "implausible_settlement"
family      = "data_quality"
judges      = ["numbers"]
subjects    = ["institution", "pharmacy"]
certainty   = "suspected"
stage       = "audit"
window      = "settlement"
law         = ["regulation-16", "regulation-39-1-3", "regulation-39-1-4", "rules-9"]
basis       = [
    "《医疗保障基金结算清单填写规范》",
    "智能监管规则库（2025年版）35 医保结算清单信息异常",
]
needs       = ["record.settlement.total_amount"]
exclusions  = [
    "void, reversed and aid-only settlements",
    "an amount that the export does not carry: the identity it belongs to is not asked",
    "a difference of amounts within {tolerance_yuan} yuan",
    "while in hospital no discharge way is asked",
]
exclusions_zh = [
    "作废、冲销及仅医疗救助的结算",
    "导出数据未携带的金额：涉及它的等式不予检查",
    "金额差异在 {tolerance_yuan} 元以内",
    "住院期间不检查离院方式",
]
limits      = "On trial, for a contradiction in an export is as often the exporter's as the place's, and it puts no money at issue: the data clerk's checks come first; where the platform itself is read it may go live. Names the first fault in this order: persons, days, amounts, diagnoses; how many there are is counted. The list's own table is not part of the export: what it repeats of settlement, encounter and diagnoses is read from there."
limits_zh   = "试运行原因：导出数据的矛盾可能出自导出环节而非机构，且不涉及金额，应先由数据人员核对；直接读取平台数据的可正式启用。按以下顺序列出首个问题：人员、日期、金额、诊断，并给出问题总数。清单自身的表不在导出数据中，其重复结算、就诊和诊断的内容从相应表读取。"
status      = "trial"
version     = "1"
sentence    = "The settlement of {occurred_on} contradicts itself: {fault} ({faults} faults)"
sentence_zh = "{occurred_on} 结算信息异常：{fault_zh}（共 {faults} 项）"

[params.tolerance_yuan]
value   = 0.05
unit    = "yuan"
meaning = "difference of amounts that is let pass"

[params.oldest]
value   = 120
unit    = "years"
meaning = "age beyond which a date of birth is taken for wrong"
*/
with diagnosed as (
    select settlement_id, count(*) as diagnoses, sum(case when is_principal then 1 else 0 end) as principals,
        max(case when is_principal and present_on_admission = '4' then 1 else 0 end) as is_principal_acquired
    from record.diagnosis
    where coalesce(diagnosis_type, '1') in ('1', '2')
    group by settlement_id
),

diagnosis_delivered as (
    select count(*) as diagnoses from record.diagnosis
),

standing as (
    select s.settlement_id, s.encounter_id, s.person_id, s.institution_id, s.sex, s.birth_on, s.started_on,
        s.ended_on, cast(s.settled_at as date) as settled_on,
        s.total_amount - s.self_paid_amount - s.over_limit_amount - s.first_paid_amount - s.eligible_amount
            as off_scope,
        s.fund_amount - coalesce(s.pooled_fund_amount, 0) - coalesce(s.civil_servant_fund_amount, 0)
            - coalesce(s.supplement_fund_amount, 0) - coalesce(s.catastrophic_fund_amount, 0)
            - coalesce(s.large_sum_fund_amount, 0) - coalesce(s.disability_fund_amount, 0)
            - coalesce(s.assistance_fund_amount, 0) - coalesce(s.other_fund_amount, 0) as off_funds,
        s.total_amount - s.fund_amount - s.account_amount - s.cash_amount - coalesce(s.institution_borne_amount, 0)
            as off_payers,
        coalesce(s.family_account_amount, 0) as family_account_amount, s.pooled_fund_amount,
        v.care_setting = 'inpatient' as is_inpatient, coalesce(e.is_in_hospital, false) as is_in_hospital,
        e.discharge_way, e.principal_diagnosis_code, d.diagnoses, d.principals, d.is_principal_acquired,
        a.diagnoses as all_diagnoses
    from record.settlement as s
    join feature.settlement as v on v.settlement_id = s.settlement_id
    left join record.encounter as e on e.encounter_id = s.encounter_id and coalesce(e.is_valid, true)
    left join diagnosed as d on d.settlement_id = s.settlement_id
    cross join diagnosis_delivered as a
),

tested as (
    select *,
        coalesce(sex, '0') not in ('1', '2') as no_sex,
        birth_on is null or birth_on > started_on
            or date_diff('day', birth_on, started_on) > $oldest * 366 as bad_birth,
        coalesce(started_on > ended_on, false) as bad_days,
        coalesce(ended_on > settled_on, false) as bad_settling,
        coalesce(abs(off_scope) > $tolerance_yuan, false) as bad_scope,
        pooled_fund_amount is not null and coalesce(abs(off_funds) > $tolerance_yuan, false) as bad_funds,
        coalesce(abs(off_payers) > $tolerance_yuan and abs(off_payers - family_account_amount) > $tolerance_yuan, false)
            as bad_payers,
        coalesce(is_inpatient and all_diagnoses > 0 and coalesce(principals, 0) = 0
            and principal_diagnosis_code is null, false) as no_principal,
        coalesce(principals > 1, false) as many_principals,
        coalesce(is_principal_acquired = 1, false) as bad_acquired,
        coalesce(is_inpatient and not is_in_hospital and discharge_way is null, false) as no_way
    from standing
),

named as (
    select *,
        case when no_sex then 1 else 0 end + case when bad_birth then 1 else 0 end
            + case when bad_days then 1 else 0 end + case when bad_settling then 1 else 0 end
            + case when bad_scope then 1 else 0 end + case when bad_funds then 1 else 0 end
            + case when bad_payers then 1 else 0 end + case when no_principal then 1 else 0 end
            + case when many_principals then 1 else 0 end + case when bad_acquired then 1 else 0 end
            + case when no_way then 1 else 0 end as faults
    from tested
)

select
    case when faults > 0 then 'hit' else 'clear' end as outcome,
    cast(null as varchar) as reason,
    settlement_id,
    cast(null as varchar) as line_id,
    encounter_id,
    person_id,
    institution_id,
    cast(null as varchar) as practitioner_id,
    settled_on as occurred_on,
    cast(0 as decimal(16, 2)) as amount,
    case
        when no_sex then 'the sex is not given'
        when bad_birth then 'the date of birth is missing or impossible'
        when bad_days then 'it ends before it begins'
        when bad_settling then 'it was settled before it ended'
        when bad_scope then 'the total is not the sum of its scopes'
        when bad_funds then 'the fund total is not the sum of the funds'
        when bad_payers then 'the total is not what all payers paid'
        when no_principal then 'a stay without principal diagnosis'
        when many_principals then 'more than one principal diagnosis'
        when bad_acquired then 'the principal diagnosis was not present on admission'
        else 'the discharge way is missing'
    end as fault,
    case
        when no_sex then '性别缺失或无效'
        when bad_birth then '出生日期缺失或不合理'
        when bad_days then '结束日期早于开始日期'
        when bad_settling then '结算时间早于结束日期'
        when bad_scope then '医疗费总额不等于各范围金额之和'
        when bad_funds then '基金支付总额不等于各项基金之和'
        when bad_payers then '医疗费总额不等于各方支付之和'
        when no_principal then '住院无主诊断'
        when many_principals then '主诊断多于一个'
        when bad_acquired then '主诊断入院病情为“无”'
        else '离院方式缺失'
    end as fault_zh,
    faults
from named
