/*
title       = "Orders in the name of a practitioner who has left"
title_zh    = "已离职医师开单"
violation   = "ordered_after_leaving"
family      = "internal_control"
fetch       = ["practitioner_register", "signatures"]
problem     = ["hospital-3", "hospital-5"]
judges      = ["moment"]
subjects    = ["institution"]
certainty   = "definite"
stage       = "audit"
window      = "line"
law         = ["regulation-15-1", "regulation-38-1-7"]
basis       = ["医保支付资格管理：为暂停、终止资格人员冒名结算；筛查模型 D02"]
needs       = ["record.practitioner.left_on"]
exclusions  = [
    "up to {grace_days:day} after leaving: orders posted late",
    "during a stay begun before leaving: standing orders run on",
    "serving that day at the institution by another entry: re-hired after retirement, a renewed contract",
    "entered again at the institution from a later day: the register lags, cannot judge",
    "no leaving in the register, only a contract that ran out: renewals are entered late or never, cannot judge",
    "an institution of whose ordering practitioners more than {max_left:%}, {least_left} or more, have left by the register: it is out of date, cannot judge",
    "several who still order left on one and the same day: closed in bulk, cannot judge",
    "registered at several places (multi-site) and left only one of them: judged there alone",
    "the institution is unknown: cannot judge",
    "the practitioner is unknown: cannot judge",
]
exclusions_zh = [
    "离职后 {grace_days} 天以内：医嘱补录",
    "离职前已开始的住院：长期医嘱延续",
    "当日在该机构另有有效登记：退休返聘、合同续签",
    "此后又在该机构登记：登记滞后，无法判定",
    "登记中未见离职，仅合同到期：续签登记常滞后或未登记，无法判定",
    "开单医师中按登记已离职者超过 {max_left:%} 且不少于 {least_left} 人的机构：名录过期，无法判定",
    "多名仍在开单的医师登记于同一日离职：批量关闭，无法判定",
    "登记于多处（多点执业）而仅离开其中一处：仅就该处判断",
    "机构未知：无法判定",
    "医师未知：无法判定",
]
limits      = "Registers are closed by the personnel office, sometimes months after, sometimes by mistake: ask for the resignation first. Usually another practitioner works under the name and the practitioner knows nothing of it: the finding is the institution's."
limits_zh   = "登记由人事部门关闭，可能滞后数月或操作有误，应先调取离职材料。通常为其他医师以其名义开单，该医师本人未必知情，故仅指向机构。"
version     = "2"
sentence    = "{item_name} was ordered on {occurred_on} in the name of a practitioner who had left on {left_on}, {days_after} days before ({amount} yuan)"
sentence_zh = "医师 {left_on} 已离职，{days_after} 天后（{occurred_on}）仍以其名义开具“{item_name}”，涉及 {amount} 元"

[params.grace_days]
value   = 7
unit    = "days"
meaning = "after leaving that are let pass"

[params.max_left]
value   = 0.3
unit    = "share"
meaning = "of an institution's ordering practitioners; above it the register is taken to be out of date"

[params.least_left]
value   = 3
unit    = "practitioners"
meaning = "who order after leaving, from which a register is taken to be out of date or closed in bulk"
*/
-- A date before 1950 or after 2900 fills an empty field; a void entry says nothing.
with entry as (
    select practitioner_id, institution_id,
        case when left_on >= date '1950-01-01' and left_on < date '2900-01-01' then left_on end as left_on,
        contract_from,
        case when contract_to >= date '1950-01-01' then contract_to end as contract_to
    from record.practitioner
    where institution_id is not null and coalesce(is_valid, true)
),

line as (
    select l.settlement_id, l.line_id, l.encounter_id, l.person_id, l.institution_id, l.practitioner_id, l.charged_on,
        l.item_name, l.eligible_amount, coalesce(e.is_inpatient, false) as is_stay, e.started_on
    from feature.fee_line as l
    left join feature.encounter as e on e.encounter_id = l.encounter_id
    where l.eligible_amount > 0
),

-- What all entries of the practitioner at the place say of the day.
met as (
    select l.settlement_id, l.line_id, max(s.left_on) as latest_left_on,
        max(case
            when s.left_on >= l.charged_on then 1
            when s.left_on is null and coalesce(s.contract_from <= l.charged_on, true)
                and coalesce(s.contract_to >= l.charged_on, true) then 1
            else 0
        end) as is_serving,
        max(case when s.left_on < l.charged_on then s.left_on end) as left_on,
        max(case when s.left_on is null and s.contract_to < l.charged_on then s.contract_to end) as ran_out_on,
        max(case when s.contract_from > l.charged_on then 1 else 0 end) as is_entered_later
    from line as l
    join entry as s
        on s.practitioner_id = l.practitioner_id and coalesce(s.institution_id = l.institution_id, true)
    group by l.settlement_id, l.line_id
),

placed as (
    select l.*, m.left_on, m.latest_left_on, m.ran_out_on, m.is_serving, m.is_entered_later,
        m.is_serving = 0 and m.left_on is not null and date_diff('day', m.left_on, l.charged_on) > $grace_days
            and not coalesce(l.is_stay and l.started_on <= m.left_on, false) as is_after
    from line as l
    join met as m on m.settlement_id = l.settlement_id and m.line_id = l.line_id
),

ordering as (
    select institution_id, count(distinct practitioner_id) as practitioners
    from line
    where institution_id is not null
    group by institution_id
),

left_behind as (
    select institution_id, left_on, count(distinct practitioner_id) as alike
    from placed
    where is_after and institution_id is not null
    group by institution_id, left_on
),

stale as (
    select b.institution_id, sum(b.alike) as practitioners, max(o.practitioners) as ordering_practitioners
    from left_behind as b
    join ordering as o on o.institution_id = b.institution_id
    group by b.institution_id
),

judged as (
    select p.*,
        case
            when p.latest_left_on is not null and p.charged_on is null then 'the day of the charge is unknown'
            when p.is_after and p.institution_id is null then 'the institution is unknown'
            when p.is_after and p.ran_out_on > p.left_on then 'the contract of the practitioner had run out'
            when p.is_after and p.is_entered_later = 1 then 'the register has the practitioner again from a later day'
            when p.is_after and b.alike >= $least_left
                then 'the register closed several practitioners on one day'
            when p.is_after and t.practitioners >= $least_left
                and cast(t.practitioners as double) > $max_left * cast(t.ordering_practitioners as double)
                then 'the register of the institution seems out of date'
            when p.is_serving = 0 and p.left_on is null and p.ran_out_on is not null
                then 'the contract of the practitioner had run out'
        end as reason
    from placed as p
    left join left_behind as b on b.institution_id = p.institution_id and b.left_on = p.left_on
    left join stale as t on t.institution_id = p.institution_id
)

select
    case when reason is not null then 'cannot_judge' when is_after then 'hit' else 'clear' end as outcome,
    reason,
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
from judged
union all
select 'cannot_judge', 'the practitioner is unknown', settlement_id, line_id, encounter_id, person_id, institution_id,
    practitioner_id, charged_on, eligible_amount, item_name, null, null
from feature.fee_line
where practitioner_id is null and eligible_amount > 0 and not coalesce(is_pharmacy, false)
