/*
title       = "Herbs that must not be combined, on one prescription"
title_zh    = "中药饮片配伍禁忌"
official    = [75]
violation   = "herb_incompatibility"
family      = "medication"
fetch       = ["herbs"]
subjects    = ["institution", "practitioner"]
certainty   = "suspected"
stage       = "reminder"
window      = "prescription"
basis       = [
    "《中国药典》一部凡例、各饮片“注意”项：不宜与……同用",
    "《医院中药饮片管理规范》：存在十八反、十九畏的处方由医师确认或重新开具",
    "智能监管规则库（2025年版）75 中药饮片配伍禁忌",
]
needs       = ["record.fee_line.order_number"]
exclusions  = [
    "the two herbs stand on different prescriptions",
    "a herb whose name only sounds alike",
    "a patent medicine that contains one of them",
    "the prescription number is unknown: cannot judge",
    "the institution numbers lines or whole visits, and both were charged on one day: cannot judge",
]
exclusions_zh = [
    "两味饮片在不同处方",
    "仅名称相近的饮片",
    "含其中一味的中成药",
    "处方号未知：无法判定",
    "机构的处方/医嘱号为逐条编号或整次就诊共用，两味同日收费：无法判定",
]
limits      = "A question of safety: no money is put at issue. A physician may combine them knowingly and sign a second time for it: ask to see the prescription."
limits_zh   = "属用药安全问题，不涉及金额。医师可知情合用并再次签名，应调取处方核对。"
version     = "3"
sentence    = "{item_name} stands on one prescription of {occurred_on} with {other_herb}; the two must not be combined"
sentence_zh = "{occurred_on} 同一处方同时使用“{other_herb}”与“{item_name}”，属{kind_zh}配伍禁忌"
*/
with herb as (
    select distinct item_code, coalesce(item_name, '') as item_name
    from feature.fee_line
    where item_code like 'T%' or catalogue_type = '102'
),

pair as (
    select herb_a_word || '|' || herb_b_word as pair_id, '%' || herb_a_word || '%' as a_name,
        coalesce(herb_a_not_word, '^$') as a_not, '%' || herb_b_word || '%' as b_name,
        coalesce(herb_b_not_word, '^$') as b_not, kind, valid_from, valid_to
    from knowledge.herb_pair
),

side_a as (
    select p.pair_id, h.item_code, h.item_name from herb as h
    join pair as p on h.item_name like p.a_name and not regexp_matches(h.item_name, p.a_not)
),

side_b as (
    select p.pair_id, p.kind, p.valid_from, p.valid_to, h.item_code, h.item_name from herb as h
    join pair as p on h.item_name like p.b_name and not regexp_matches(h.item_name, p.b_not)
),

first_herb as (
    select l.settlement_id, l.order_number, l.charged_on, a.pair_id, l.item_code, max(a.item_name) as item_name
    from feature.fee_line as l
    join side_a as a on a.item_code = l.item_code and a.item_name = coalesce(l.item_name, '')
    group by l.settlement_id, l.order_number, l.charged_on, a.pair_id, l.item_code
),

second_herb as (
    select l.settlement_id, l.line_id, l.encounter_id, l.person_id, l.institution_id, l.practitioner_id,
        l.charged_on, l.order_number, l.item_code, l.item_name, b.pair_id, b.kind,
        coalesce(u.is_by_line, false) or coalesce(u.is_by_visit, false) as is_number_no_prescription
    from feature.fee_line as l
    left join feature.order_number_use as u
        on u.institution_id = l.institution_id and u.is_herb
        and u.is_inpatient = coalesce(l.care_setting = 'inpatient', false)
    join side_b as b on b.item_code = l.item_code and b.item_name = coalesce(l.item_name, '')
        and l.charged_on >= coalesce(b.valid_from, l.charged_on) and l.charged_on <= coalesce(b.valid_to, l.charged_on)
),

chosen as (
    select s.*, f.item_name as other_herb,
        coalesce(f.order_number = s.order_number, false) and not s.is_number_no_prescription as is_met,
        f.item_code is not null and s.is_number_no_prescription as is_met_on_day,
        row_number() over (
            partition by s.settlement_id, s.line_id
            order by case when f.item_code is null then 2 when f.order_number = s.order_number then 0 else 1 end,
                s.pair_id, f.item_code
        ) as place
    from second_herb as s
    left join first_herb as f
        on f.settlement_id = s.settlement_id and f.charged_on = s.charged_on and f.pair_id = s.pair_id
        and f.item_code <> s.item_code
)

select
    case
        when order_number is null or is_met_on_day then 'cannot_judge'
        when is_met then 'hit'
        else 'clear'
    end as outcome,
    case
        when order_number is null then 'the prescription number is unknown'
        when is_met_on_day then 'the order number is not that of a prescription'
    end as reason,
    settlement_id,
    line_id,
    encounter_id,
    person_id,
    institution_id,
    practitioner_id,
    charged_on as occurred_on,
    cast(0 as decimal(16, 2)) as amount,
    item_name,
    other_herb,
    case kind when 'nineteen_fears' then '“十九畏”' else '“十八反”' end as kind_zh,
    order_number
from chosen
where place = 1
union all
select 'cannot_judge', 'knowledge.herb_pair is empty: a city table', null, null, null, null, null, null, null, null,
    null, null, null, null
from (select count(*) as points from knowledge.herb_pair) as known
where points = 0
