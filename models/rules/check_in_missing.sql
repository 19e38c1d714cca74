/*
title       = "Settled without check-in where everybody checks in"
title_zh    = "未签到结算集中的机构"
violation   = "check_in_missing"
family      = "presence"
fetch       = ["check_in"]
problem     = ["hospital-2", "pharmacy-1"]
subjects    = ["institution", "pharmacy"]
certainty   = "suspected"
stage       = "supervision"
scope       = ["outpatient", "drugstore"]
window      = "settlement, institution's share"
law         = ["regulation-15-1", "regulation-38-1-7"]
basis       = ["筛查模型 A08 就医签到、人脸登记缺失"]
needs       = ["record.check_in", "record.settlement.settled_at"]
exclusions  = [
    "institutions without the device, or that used it for less than {min_used:%} of their persons",
    "the days before the device's first and after its last check-in",
    "emergencies and stays",
    "manual reimbursement",
    "drugstore purchases paid without the funds or from a relative's account: accounts are shared within the family",
    "a check-in within a day of the settlement, whatever the face",
    "one missing here and there: only institutions that lack more than {max_missing:%} of their check-ins and at least {times_usual} times the usual share",
    "fewer than {min_settlements:settlement} at the institution: cannot judge",
    "the institution is unknown: cannot judge",
    "the person is unknown: cannot judge",
]
exclusions_zh = [
    "未配备签到设备，或用其签到的参保人占比低于 {min_used:%} 的机构",
    "设备首次签到之前、末次签到之后的日期",
    "急诊和住院",
    "手工报销",
    "未使用基金或由家庭共济账户支付的药店购药：个人账户可供家庭成员使用",
    "结算前后一天内有签到，不论人脸是否相符",
    "零星缺失：仅看缺失率超过 {max_missing:%} 且达一般水平 {times_usual} 倍的机构",
    "机构结算不足 {min_settlements} 笔：无法判定",
    "机构未知：无法判定",
    "参保人未知：无法判定",
]
limits      = "The elderly without telephone and relatives who fetch medicines do not check in, which is why a share of about a fifth is usual and single settlements say nothing. A broken device shows as whole weeks without a check-in; settlements at night without any speak for cards kept in the shop."
limits_zh   = "没有手机的老年人、代取药的家属不会签到，因此缺失约五分之一属一般水平，单笔结算不说明问题。设备故障表现为整周无签到；夜间结算均无签到，则提示医保凭证可能存放在店内。"
version     = "2"
sentence    = "Settled at {clock} on {occurred_on} without check-in ({amount} yuan); the place lacks {missing_percent} % of its check-ins, {usual_percent} % are usual"
sentence_zh = "{occurred_on} {clock} 结算无就医签到，涉及 {amount} 元；该机构签到缺失率 {missing_percent}%，一般为 {usual_percent}%"

[params.min_used]
value   = 0.25
meaning = "share of settlements with check-in from which the device counts as used"

[params.max_missing]
value   = 0.4
meaning = "share of settlements without check-in that is let pass"

[params.times_usual]
value   = 1.75
meaning = "how many times the median institution's share"

[params.min_settlements]
value   = 30
unit    = "settlements"
meaning = "of an institution from which its share can be judged"
*/
with device as (
    select institution_id, min(cast(checked_in_at as date)) as first_on, max(cast(checked_in_at as date)) as last_on
    from record.check_in
    group by institution_id
),

check_day as (
    select distinct person_id, institution_id, cast(checked_in_at as date) as checked_on
    from record.check_in
),

visit as (
    select s.settlement_id, s.encounter_id, s.person_id, s.institution_id, s.settled_on, s.settled_at,
        s.started_on, s.eligible_amount
    from feature.settlement as s
    join device as d
        on d.institution_id = s.institution_id and s.settled_on >= d.first_on and s.settled_on <= d.last_on
    join record.settlement as r on r.settlement_id = s.settlement_id
    where coalesce(s.care_setting, '') not in ('inpatient', 'emergency') and coalesce(r.settlement_type, '2') <> '1'
        and not coalesce(s.is_family_purchase, false)
),

seen as (
    select distinct v.settlement_id
    from visit as v
    join check_day as c
        on c.person_id = v.person_id and c.institution_id = v.institution_id
        and date_diff('day', c.checked_on, v.settled_on) in (-1, 0, 1)
),

place as (
    select v.institution_id, count(*) as settlements,
        1.0 - cast(count(s.settlement_id) as double) / nullif(count(*), 0) as missing_share
    from visit as v
    left join seen as s on s.settlement_id = v.settlement_id
    where v.person_id is not null
    group by v.institution_id
),

usual as (
    select quantile_cont(cast(missing_share as double), 0.5) as usual_share
    from place
    where settlements >= $min_settlements and 1 - missing_share >= $min_used
)

select
    case
        when s.settlement_id is not null then 'clear'
        when v.person_id is null then 'cannot_judge'
        when p.settlements < $min_settlements then 'cannot_judge'
        when 1 - p.missing_share < $min_used then 'cannot_judge'
        when p.missing_share > $max_missing and p.missing_share >= $times_usual * u.usual_share then 'hit'
        else 'clear'
    end as outcome,
    case
        when v.person_id is null then 'the person is unknown'
        when p.settlements < $min_settlements then 'too few settlements at the institution'
        when 1 - p.missing_share < $min_used then 'check-ins are not usual there'
    end as reason,
    v.settlement_id,
    cast(null as varchar) as line_id,
    v.encounter_id,
    v.person_id,
    v.institution_id,
    cast(null as varchar) as practitioner_id,
    v.settled_on as occurred_on,
    v.eligible_amount as amount,
    substr(cast(v.settled_at as varchar), 12, 5) as clock,
    cast(round(100 * p.missing_share, 0) as integer) as missing_percent,
    cast(round(100 * u.usual_share, 0) as integer) as usual_percent
from visit as v
left join place as p on p.institution_id = v.institution_id
cross join usual as u
left join seen as s on s.settlement_id = v.settlement_id
union all
select 'cannot_judge', 'the institution is unknown', s.settlement_id, null, s.encounter_id, s.person_id,
    s.institution_id, null, s.settled_on, s.eligible_amount, null, null, null
from feature.settlement as s
join record.settlement as r on r.settlement_id = s.settlement_id
where s.institution_id is null and coalesce(s.care_setting, '') not in ('inpatient', 'emergency')
    and coalesce(r.settlement_type, '2') <> '1' and s.settled_on >= (select min(first_on) from device)
    and s.settled_on <= (select max(last_on) from device)
