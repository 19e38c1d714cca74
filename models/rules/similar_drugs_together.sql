/*
title       = "Drugs of one group at the same time"
title_zh    = "重复开药"
official    = [69]
violation   = "duplicate_drug"
family      = "medication"
judges      = ["quantity"]
subjects    = ["institution", "practitioner"]
certainty   = "suspected"
stage       = "audit"
window      = "visit and day"
law         = ["regulation-15-1", "regulation-38-1-2", "rules-11"]
basis       = ["智能监管规则库（2025年版）69 重复开药"]
needs       = ["record.fee_line.charged_at", "record.fee_line.item_code"]
exclusions  = [
    "a switch within a stay: the drugs meet on fewer than {days_together:day}",
    "two strengths, makers or packs of one drug are one drug",
    "as many drugs of the group as make sense together",
    "drugstores: they dispense for several prescriptions",
    "the institution is unknown, and with it whether it is a drugstore: cannot judge",
    "put on skin, eye, ear or nose, inhaled, or given by rectum or vagina: not the drug in the body",
    "a drug of the group given for another purpose: nimodipine, heparin as a lock, injections around an operation",
]
exclusions_zh = [
    "住院中换药：两药重叠不足 {days_together} 天",
    "同一药品的不同规格、厂家、包装视为一种",
    "同组药品联用在合理种数以内",
    "药店：一次调配多张处方",
    "机构未知，无从知道是否为药店：无法判定",
    "外用、滴眼、滴鼻、吸入、直肠或阴道给药：非全身用药",
    "同组内用途不同的药品：尼莫地平、封管肝素、围手术期注射剂等",
]
limits      = "One visit only: the same drug from two hospitals is not seen here. Whether a pair is a treatment of its own (a long and a short acting form, an ointment and a tablet) is told by the groups, which are a start."
limits_zh   = "仅限一次就诊，两家医院开同一药品在此看不到。两药合用是否另成方案（长效与短效、软膏与片剂）由分组决定，分组尚属起步内容。"
status      = "trial"
version     = "2"
sentence    = "{item_name} was charged on {occurred_on} beside {other_drug} of the same group; {amount} yuan"
sentence_zh = "{occurred_on} 开具“{item_name}”，同日已有同组（{group_zh}）药品“{other_drug}”，涉及 {amount} 元"

[params.days_together]
value   = 2
unit    = "days"
meaning = "days of a stay on which the drugs must meet; one day may be a switch"
*/
with grouped as (
    select i.item_code, k.group_id, k.group_zh, k.max_kinds, coalesce(k.not_pattern, '^$') as not_pattern, k.valid_from,
        k.valid_to
    from (select distinct item_code from feature.fee_line where item_code like 'X%') as i
    join knowledge.drug_group as k on i.item_code like k.item_prefix || '%'
),

member as (
    select l.settlement_id, l.line_id, l.encounter_id, l.person_id, l.institution_id, l.practitioner_id,
        l.charged_on, l.item_name, l.eligible_amount, l.care_setting, g.group_id, substr(l.item_code, 1, 10) as generic,
        min(g.group_zh) as group_zh, min(g.max_kinds) as max_kinds,
        l.is_pharmacy is null as is_place_unknown
    from feature.fee_line as l
    join grouped as g on g.item_code = l.item_code
        and l.charged_on >= coalesce(g.valid_from, l.charged_on) and l.charged_on <= coalesce(g.valid_to, l.charged_on)
    where l.eligible_amount > 0 and l.quantity > 0 and not coalesce(l.is_pharmacy, false)
        and not coalesce(l.is_local, false) and not regexp_matches(coalesce(l.item_name, '-'), g.not_pattern)
    group by l.settlement_id, l.line_id, l.encounter_id, l.person_id, l.institution_id, l.practitioner_id,
        l.charged_on, l.item_name, l.eligible_amount, l.care_setting, l.is_pharmacy, g.group_id,
        substr(l.item_code, 1, 10)
),

taken as (
    select encounter_id, charged_on, group_id, generic, max(max_kinds) as max_kinds, min(item_name) as item_name,
        sum(eligible_amount) as eligible_amount
    from member
    where encounter_id is not null
    group by encounter_id, charged_on, group_id, generic
),

-- The dearest come first: what is at issue is the rest.
ordered as (
    select encounter_id, charged_on, group_id, generic, max_kinds, item_name,
        row_number() over (
            partition by encounter_id, charged_on, group_id order by eligible_amount desc, generic
        ) as place,
        count(*) over (partition by encounter_id, charged_on, group_id) as kinds
    from taken
),

days_met as (
    select encounter_id, group_id, count(distinct charged_on) as days
    from ordered
    where kinds > max_kinds
    group by encounter_id, group_id
),

judged as (
    select m.*, o.place > o.max_kinds and (m.care_setting <> 'inpatient' or t.days >= $days_together) as is_extra,
        f.item_name as other_drug, o.kinds,
        row_number() over (
            partition by m.settlement_id, m.line_id
            order by case when o.place > o.max_kinds then 0 else 1 end, m.group_id
        ) as choice
    from member as m
    left join ordered as o
        on o.encounter_id = m.encounter_id and o.charged_on = m.charged_on and o.group_id = m.group_id
        and o.generic = m.generic
    left join ordered as f
        on f.encounter_id = m.encounter_id and f.charged_on = m.charged_on and f.group_id = m.group_id and f.place = 1
    left join days_met as t on t.encounter_id = m.encounter_id and t.group_id = m.group_id
)

select
    case
        when encounter_id is null then 'cannot_judge'
        when coalesce(is_extra, false) and is_place_unknown then 'cannot_judge'
        when coalesce(is_extra, false) then 'hit'
        else 'clear'
    end as outcome,
    case when encounter_id is null then 'the encounter is unknown'
        else 'the institution is unknown, and with it whether it is a drugstore' end as reason,
    settlement_id,
    line_id,
    encounter_id,
    person_id,
    institution_id,
    practitioner_id,
    charged_on as occurred_on,
    eligible_amount as amount,
    item_name,
    other_drug,
    kinds,
    group_zh
from judged
where choice = 1
union all
select 'cannot_judge', 'knowledge.drug_group is empty: a city table', null, null, null, null, null, null, null, null,
    null, null, null, null
from (select count(*) as points from knowledge.drug_group) as known
where points = 0
