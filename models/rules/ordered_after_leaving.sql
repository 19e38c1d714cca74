/*
title       = "Orders in the name of a practitioner who has left"
title_zh    = "离职、协议终止医师开单"
violation   = "ordered_after_leaving"
family      = "internal_control"
fetch       = ["practitioner_register", "signatures"]
problem     = ["hospital-3", "hospital-5"]
judges      = ["moment"]
subjects    = ["institution", "practitioner"]
certainty   = "definite"
stage       = "audit"
window      = "line"
law         = ["regulation-15-1", "regulation-38-1-7"]
basis       = ["医保支付资格管理：为暂停、终止资格人员冒名结算；筛查模型 D02"]
needs       = ["record.practitioner.left_on"]
exclusions  = [
    "up to {grace_days:day} after leaving: orders posted late",
    "during a stay begun before leaving: standing orders run on",
    "still or again registered at the institution under another entry",
    "registered at several places (multi-site) and left only one of them: judged there alone",
    "the institution is unknown: cannot judge",
    "the practitioner is unknown: cannot judge",
]
exclusions_zh = [
    "离职后 {grace_days} 天以内：医嘱补录",
    "离职前已开始的住院：长期医嘱延续",
    "在该机构以另一登记仍在或再次在册",
    "登记于多处（多点执业）而仅离开其中一处：仅就该处判断",
    "机构未知：无法判定",
    "医师未知：无法判定",
]
limits      = "Registers are closed by the personnel office, sometimes months after, sometimes by mistake: ask for the resignation first. Usually another practitioner works under the name; the practitioner may not know."
limits_zh   = "登记由人事部门关闭，可能滞后数月或操作有误，应先调取离职材料。通常为其他医师以其名义开单，该医师本人未必知情。"
version     = "1"
sentence    = "{item_name} was ordered on {occurred_on} in the name of a practitioner who had left on {left_on}, {days_after} days before ({amount} yuan)"
sentence_zh = "医师 {left_on} 已离职（协议终止），{days_after} 天后（{occurred_on}）仍以其名义开具“{item_name}”，涉及 {amount} 元"

[params.grace_days]
value   = 7
unit    = "days"
meaning = "after leaving that are let pass"
*/
with service as (
    select practitioner_id, institution_id, coalesce(left_on, contract_to) as left_on, contract_from
    from record.practitioner
    where institution_id is not null
),

line as (
    select l.settlement_id, l.line_id, l.encounter_id, l.person_id, l.institution_id, l.practitioner_id, l.charged_on,
        l.item_name, l.eligible_amount, s.left_on,
        row_number() over (
            partition by l.settlement_id, l.line_id
            order by case when l.institution_id is null then coalesce(s.left_on, date '9999-12-31') end,
                case when s.left_on is null then 0 else 1 end, s.left_on desc
        ) as place
    from feature.fee_line as l
    join service as s
        on s.practitioner_id = l.practitioner_id and coalesce(s.institution_id = l.institution_id, true)
    where l.eligible_amount > 0
),

placed as (
    select l.*, coalesce(e.is_inpatient, false) and e.started_on <= l.left_on as is_running_stay
    from line as l
    left join feature.encounter as e on e.encounter_id = l.encounter_id
    where l.place = 1
)

select
    case
        when left_on is not null and charged_on is null then 'cannot_judge'
        when date_diff('day', left_on, charged_on) > $grace_days and not coalesce(is_running_stay, false)
            then case when institution_id is null then 'cannot_judge' else 'hit' end
        else 'clear'
    end as outcome,
    case when left_on is not null and charged_on is null then 'the day of the charge is unknown'
        else 'the institution is unknown' end as reason,
    settlement_id,
    line_id,
    encounter_id,
    person_id,
    institution_id,
    practitioner_id,
    charged_on as occurred_on,
    eligible_amount as amount,
    item_name,
    left_on,
    date_diff('day', left_on, charged_on) as days_after
from placed
union all
select 'cannot_judge', 'the practitioner is unknown', settlement_id, line_id, encounter_id, person_id, institution_id,
    practitioner_id, charged_on, eligible_amount, item_name, null, null
from feature.fee_line
where practitioner_id is null and eligible_amount > 0 and not coalesce(is_pharmacy, false)
