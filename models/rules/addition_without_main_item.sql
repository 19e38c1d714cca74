/*
title       = "Surcharge item without the item it is added to, or more often than it"
title_zh    = "加收项目无主项目或多于主项目次数"
violation   = "addition_without_main"
family      = "overcharge"
fetch       = ["overcharge"]
judges      = ["quantity"]
subjects    = ["institution"]
certainty   = "suspected"
stage       = "audit"
window      = "visit; a main item some days apart at the institution counts too"
law         = ["regulation-15-1", "regulation-38-1-3", "rules-11"]
basis       = ["全国医疗服务价格项目规范：加收项目编码前 13 位与主项目相同、末两位不为 00"]
needs       = ["record.fee_line.charged_at", "record.fee_line.item_code", "record.fee_line.item_name"]
exclusions  = [
    "a size or variant that shares the code: only names that say 加收",
    "the main item or a variant of it stands in the visit, on another bill or paid in cash",
    "the main item was charged there to the person at most {days_apart:day} apart",
    "surcharges a part, a lead, an hour (每): they may be more than the main item",
    "reconstructions of scans: another rule",
    "the institution charges the surcharge by itself in {habit_share:%} of its visits or more, from {habit_visits:visit} on: cannot judge",
    "the encounter, a code or a quantity is unknown, or the visit has codes that no knowledge knows: cannot judge",
]
exclusions_zh = [
    "共用前 13 位编码的规格或亚类：仅看名称含“加收”的项目",
    "主项目或其亚类在本次就诊另一账单或自费收取",
    "主项目在同一机构相隔不超过 {days_apart} 天收取",
    "按部位、导联、小时等“每”计的加收：可多于主项目",
    "三维重建加收：由其他规则判断",
    "该机构收取该加收的就诊达 {habit_visits} 次以上，且 {habit_share:%} 以上均无主项目（单列收费习惯）：无法判定",
    "就诊、编码或数量未知，或本次就诊含知识表未收录的新编码：无法判定",
]
limits      = "The main item is told by the national code alone. Where an area's price document lets the surcharge be added to another item, or folds it into one, it looks the same."
limits_zh   = "主项目仅按国家编码推断。当地价格文件允许加在其他项目上，或并入其他项目的，也会呈现相同情形。"
status      = "trial"
version     = "2"
sentence    = "{item_name} of {occurred_on}: {additions} surcharges for {mains} of the item it is added to ({main_code}) in the visit; {amount} yuan of this line are over"
sentence_zh = "{occurred_on} “{item_name}”：本次就诊收取加收 {additions} 次，主项目（{main_code}）{mains} 次，本条超出部分 {amount} 元"

[params.habit_visits]
value   = 10
unit    = "visits"
meaning = "with the surcharge from which a habit of the institution is told"

[params.habit_share]
value   = 0.8
unit    = "share"
meaning = "of those visits without the main item that makes it a habit"

[params.days_apart]
value   = 3
unit    = "days"
meaning = "a main item at another visit to the institution counts up to this many days away"
*/
with addition as (
    select l.settlement_id, l.line_id, l.encounter_id, l.person_id, l.institution_id, l.practitioner_id, l.charged_on,
        l.item_code, l.item_name, l.quantity, l.eligible_amount, substr(l.item_code, 1, 13) as stem,
        regexp_matches(l.item_name, '每') as is_by_part
    from feature.fee_line as l
    where l.eligible_amount > 0 and regexp_matches(l.item_code, '^[0-9]{15}$') and substr(l.item_code, 14, 2) <> '00'
        and regexp_matches(l.item_name, '加收') and not regexp_matches(l.item_name, '三维|重建')
        and not coalesce(l.is_pharmacy, false)
),

main as (
    select encounter_id, person_id, institution_id, charged_on, substr(item_code, 1, 13) as stem, quantity
    from feature.fee_line
    where substr(item_code, 1, 13) in (select stem from addition)
        and not coalesce(regexp_matches(item_name, '加收'), false)
),

in_visit as (
    select encounter_id, stem, sum(quantity) as mains, max(case when quantity is null then 1 else 0 end) as is_uncounted
    from main
    where encounter_id is not null
    group by encounter_id, stem
),

near as (
    select distinct a.settlement_id, a.line_id
    from addition as a
    join main as m
        on m.person_id = a.person_id and m.institution_id = a.institution_id and m.stem = a.stem
        and m.encounter_id <> a.encounter_id and abs(date_diff('day', m.charged_on, a.charged_on)) <= $days_apart
),

counted as (
    select encounter_id, item_code, sum(quantity) as additions,
        max(case when quantity is null then 1 else 0 end) as is_uncounted
    from addition
    group by encounter_id, item_code
),

uncoded as (
    select distinct encounter_id from feature.fee_line where item_code is null and encounter_id is not null
    union
    select encounter_id from feature.encounter_code where unknown_lines > 0
),

-- A place that charges the surcharge by itself as a rule has it as an item of its own, by its price list or by habit.
habit as (
    select a.institution_id, a.item_code,
        count(distinct a.encounter_id) >= $habit_visits
            and count(distinct case when v.encounter_id is null then a.encounter_id end)
                >= $habit_share * count(distinct a.encounter_id) as is_habit
    from addition as a
    left join in_visit as v on v.encounter_id = a.encounter_id and v.stem = a.stem
    group by a.institution_id, a.item_code
),

weighed as (
    select a.*, coalesce(h.is_habit, false) as is_habit, c.additions, coalesce(v.mains, 0) as mains, n.line_id is not null as is_near,
        coalesce(c.is_uncounted, 0) + coalesce(v.is_uncounted, 0) as is_uncounted,
        a.encounter_id is null or u.encounter_id is not null as is_blind
    from addition as a
    left join counted as c on c.encounter_id = a.encounter_id and c.item_code = a.item_code
    left join in_visit as v on v.encounter_id = a.encounter_id and v.stem = a.stem
    left join habit as h on h.institution_id = a.institution_id and h.item_code = a.item_code
    left join near as n on n.settlement_id = a.settlement_id and n.line_id = a.line_id
    left join uncoded as u on u.encounter_id = a.encounter_id
)

select
    case
        when is_near then 'clear'
        when mains > 0 and (is_by_part or (is_uncounted = 0 and additions <= mains)) then 'clear'
        when is_blind or is_uncounted > 0 or (is_habit and mains = 0) then 'cannot_judge'
        else 'hit'
    end as outcome,
    case
        when is_blind then 'the encounter or the code of one of its items is unknown'
        when is_uncounted > 0 then 'the quantity is unknown'
        else 'the institution charges the surcharge by itself as a rule'
    end as reason,
    settlement_id,
    line_id,
    encounter_id,
    person_id,
    institution_id,
    practitioner_id,
    charged_on as occurred_on,
    cast(
        cast(eligible_amount as double) * cast(additions - mains as double) / nullif(cast(additions as double), 0)
        as decimal(16, 2)
    ) as amount,
    item_name,
    cast(additions as double) as additions,
    cast(mains as double) as mains,
    stem || '00' as main_code
from weighed
