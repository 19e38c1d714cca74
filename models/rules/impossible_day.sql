/*
title       = "More persons seen in a day than a day holds"
title_zh    = "医师单日接诊量超能力"
violation   = "impossible_day"
family      = "capacity"
fetch       = ["workload"]
problem     = ["hospital-3", "hospital-5", "hospital2026-286"]
judges      = ["practitioner", "day"]
subjects    = ["institution", "practitioner"]
certainty   = "suspected"
stage       = "supervision"
scope       = ["outpatient", "emergency", "chronic"]
window      = "practitioner and day"
law         = ["regulation-15-1", "regulation-20", "regulation-38-1-7", "regulation-40-1-3"]
basis       = ["筛查模型 D01 医师超产能"]
needs       = ["record.fee_line.ordering_practitioner_id"]
exclusions  = [
    "persons with laboratory, examination or treatment lines alone: ordered before, not seen that day",
    "orders of a stay: ward rounds",
    "vaccinations, and units posted in bulk for other days",
    "a day of collective refills: without chronic and two-disease refills no more than {max_persons:person}, cannot judge",
    "a date without a clock on which the institution posts several days (more than {max_posting} times its median day): cannot judge",
    "the practitioner is unknown: cannot judge",
    "the institution or some persons are unknown: cannot judge",
]
exclusions_zh = [
    "仅有检验、检查、治疗明细的参保人：此前开单，当日未接诊",
    "住院医嘱：查房",
    "疫苗接种，以及为其他日期集中补记的数量",
    "集中续方取药日：除门慢特、两病续方外未超过 {max_persons} 人，无法判定",
    "仅有日期无时刻，且机构当日集中记账多日费用（超过其日中位数 {max_posting} 倍）：无法判定",
    "医师未知：无法判定",
    "机构或部分参保人未知：无法判定",
]
limits      = "A code shared by several physicians is the usual finding, an offence of its own. Look at the days before and after. No single settlement is at issue, so no amount is given."
limits_zh   = "常见结果为多名医师共用一个编码，其本身即属另一问题。应查看前后日期。不涉及单笔结算，故不列金额。"
version     = "3"
sentence    = "{persons} persons were prescribed for in one name on {occurred_on}, more than the {param_max_persons} a day holds"
sentence_zh = "{occurred_on} 以同一医师名义开方 {persons} 人，超过单日 {param_max_persons} 人"

[params.max_persons]
value   = 120
unit    = "persons"
meaning = "seen and prescribed for by one practitioner in a day"

[params.max_posting]
value   = 5
unit    = "times"
meaning = "the median day of the institution's dates without a clock"
*/
with vaccinated as (
    select distinct settlement_id
    from feature.fee_line
    where regexp_matches(item_name, '疫苗|接种')
),

seen as (
    select l.practitioner_id, case when l.is_pharmacy is not null then l.institution_id end as institution_id,
        l.charged_on, count(distinct l.person_id) as persons,
        count(distinct coalesce(l.person_id, 'settled ' || l.settlement_id)) as most_persons,
        count(distinct case
            when l.care_setting = 'chronic' or coalesce(s.medical_category, '') = '9901' then null
            else coalesce(l.person_id, 'settled ' || l.settlement_id)
        end) as most_but_refills,
        max(case when l.has_clock then 1 else 0 end) as has_clock
    from feature.fee_line as l
    left join feature.settlement as s on s.settlement_id = l.settlement_id
    left join vaccinated as v on v.settlement_id = l.settlement_id
    where v.settlement_id is null and not coalesce(l.is_posted_in_bulk, false) and not coalesce(l.is_pharmacy, false)
        and l.care_setting in ('outpatient', 'emergency', 'chronic')
        and (l.catalogue_type <> '201' or l.fee_category in ('02', '12'))
    group by l.practitioner_id, case when l.is_pharmacy is not null then l.institution_id end, l.charged_on
),

institution_day as (
    select institution_id, charged_on, sum(persons) as persons
    from seen
    where practitioner_id is not null and institution_id is not null
    group by institution_id, charged_on
),

usual as (
    select institution_id, quantile_cont(cast(persons as double), 0.5) as usual_persons
    from institution_day
    group by institution_id
),

compared as (
    select s.*, s.persons > $max_persons and s.institution_id is not null as is_over,
        case
            when s.institution_id is not null then s.most_persons
            else max(case when s.institution_id is null then 0 else s.most_persons end) over (
                partition by s.practitioner_id, s.charged_on
            )
        end + sum(case when s.institution_id is null then s.most_persons else 0 end) over (
            partition by s.practitioner_id, s.charged_on
        ) > $max_persons as is_perhaps_over,
        s.most_but_refills <= $max_persons as is_refill_day,
        s.has_clock = 0 and cast(d.persons as double) > $max_posting * u.usual_persons as is_posting_day
    from seen as s
    left join institution_day as d on d.institution_id = s.institution_id and d.charged_on = s.charged_on
    left join usual as u on u.institution_id = s.institution_id
)

select
    case
        when c.practitioner_id is null then 'cannot_judge'
        when is_over then case when is_posting_day or is_refill_day then 'cannot_judge' else 'hit' end
        when is_perhaps_over then 'cannot_judge'
        else 'clear'
    end as outcome,
    case
        when c.practitioner_id is null then 'the practitioner is unknown'
        when is_over and is_refill_day then 'a day of collective refills'
        when is_over then 'several days were posted on one date'
        else 'the institution or some persons are unknown'
    end as reason,
    cast(null as varchar) as settlement_id,
    cast(null as varchar) as line_id,
    cast(null as varchar) as encounter_id,
    cast(null as varchar) as person_id,
    c.institution_id,
    c.practitioner_id,
    c.charged_on as occurred_on,
    cast(0 as decimal(16, 2)) as amount,
    case when p.origin <> 'register' then 'one number that several physicians sign with: no register names its owner' end
        as innocent,
    case when p.origin <> 'register' then '多名医师共用编码（名录中无此编码）' end as innocent_zh,
    persons
from compared as c
left join feature.practitioner as p on p.practitioner_id = c.practitioner_id
