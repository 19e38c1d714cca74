/*
title       = "Drugs that must not be taken together, on one day"
title_zh    = "药品相互作用"
official    = [74]
violation   = "drug_interaction"
family      = "medication"
subjects    = ["institution", "practitioner"]
certainty   = "suspected"
stage       = "reminder"
window      = "person, institution and day"
basis       = [
    "《处方管理办法》第三十五条：药师审核处方潜在的药物相互作用和配伍禁忌",
    "智能监管规则库（2025年版）74 药品相互作用",
]
needs       = ["record.fee_line.charged_at", "record.fee_line.item_code"]
exclusions  = [
    "charged on different days",
    "charged at another institution, which did not see the first drug",
    "bought at a drugstore",
    "the institution is unknown: cannot judge",
    "put on skin, eye, ear or nose, inhaled, or given by rectum or vagina: not the drug in the body",
]
exclusions_zh = [
    "不同日期收费",
    "在其他机构收费，其不知前一药品",
    "药店购买",
    "机构未知：无法判定",
    "外用、滴眼、滴鼻、吸入、直肠或阴道给药：非全身用药",
]
limits      = "A question of safety: no money is put at issue. The day of charge stands for the day of use; a drug dispensed for weeks and one given later are not seen together. Doses spaced on purpose and risks that are watched look the same."
limits_zh   = "属用药安全问题，不涉及金额。以收费日代替用药日，先取数周用量、后用另一药的不能同时看到。有意错时给药及已监测的风险也会呈现相同情形。"
status      = "trial"
version     = "2"
sentence    = "{item_name} was charged on {occurred_on} together with {other_drug}; the two must not be combined"
sentence_zh = "{occurred_on} 同日使用“{item_name}”与“{other_drug}”：{reason_zh}"
*/
with pair as (
    select coalesce(a_prefix, '') || '|' || coalesce(a_word, '') || '|' || coalesce(b_prefix, '') || '|'
            || coalesce(b_word, '') as pair_id,
        coalesce(a_prefix, '') || '%' as a_code, '%' || coalesce(a_word, '') || '%' as a_name,
        coalesce(b_prefix, '') || '%' as b_code, '%' || coalesce(b_word, '') || '%' as b_name,
        reason_zh, valid_from, valid_to
    from knowledge.drug_interaction
),

item as (
    select distinct item_code, coalesce(item_name, '') as item_name
    from feature.fee_line
    where item_code is not null and eligible_amount > 0 and not coalesce(is_local, false)
),

side_a as (
    select p.pair_id, i.item_code, i.item_name from item as i
    join pair as p on i.item_code like p.a_code and i.item_name like p.a_name
),

side_b as (
    select p.pair_id, p.reason_zh, p.valid_from, p.valid_to, i.item_code, i.item_name from item as i
    join pair as p on i.item_code like p.b_code and i.item_name like p.b_name
),

first_drug as (
    select l.person_id, l.institution_id, l.charged_on, a.pair_id, l.item_code, max(a.item_name) as item_name
    from feature.fee_line as l
    join side_a as a on a.item_code = l.item_code and a.item_name = coalesce(l.item_name, '')
    where l.eligible_amount > 0 and not coalesce(l.is_pharmacy, false) and not coalesce(l.is_local, false)
    group by l.person_id, l.institution_id, l.charged_on, a.pair_id, l.item_code
),

second_drug as (
    select l.settlement_id, l.line_id, l.encounter_id, l.person_id, l.institution_id, l.practitioner_id,
        l.charged_on, l.item_code, l.item_name, b.pair_id, b.reason_zh
    from feature.fee_line as l
    join side_b as b on b.item_code = l.item_code and b.item_name = coalesce(l.item_name, '')
        and l.charged_on >= coalesce(b.valid_from, l.charged_on) and l.charged_on <= coalesce(b.valid_to, l.charged_on)
    where l.eligible_amount > 0 and not coalesce(l.is_pharmacy, false) and not coalesce(l.is_local, false)
),

chosen as (
    select s.*, f.item_name as other_drug, coalesce(f.institution_id = s.institution_id, false) as is_met,
        f.item_code is not null and (f.institution_id is null or s.institution_id is null) as is_met_somewhere,
        row_number() over (
            partition by s.settlement_id, s.line_id
            order by case when f.institution_id = s.institution_id then 0 when f.item_code is not null
                and (f.institution_id is null or s.institution_id is null) then 1 else 2 end, s.pair_id, f.item_code
        ) as place
    from second_drug as s
    left join first_drug as f
        on f.person_id = s.person_id and f.charged_on = s.charged_on and f.pair_id = s.pair_id
        and f.item_code <> s.item_code
)

select
    case
        when person_id is null then 'cannot_judge'
        when is_met then 'hit'
        when is_met_somewhere then 'cannot_judge'
        else 'clear'
    end as outcome,
    case when person_id is null then 'the person is unknown' when is_met_somewhere then 'the institution is unknown' end
        as reason,
    settlement_id,
    line_id,
    encounter_id,
    person_id,
    institution_id,
    practitioner_id,
    charged_on as occurred_on,
    cast(0 as decimal(16, 2)) as amount,
    item_name,
    other_drug,
    reason_zh
from chosen
where place = 1
union all
select 'cannot_judge', 'knowledge.drug_interaction is empty: a city table', null, null, null, null, null, null, null,
    null, null, null, null
from (select count(*) as points from knowledge.drug_interaction) as known
where points = 0
