/*
title       = "Chronic diseases certified in bulk on one day"
title_zh    = "门慢特资格批量认定"
violation   = "bulk_certification"
family      = "eligibility"
fetch       = ["certification"]
subjects    = ["institution"]
certainty   = "suspected"
stage       = "supervision"
window      = "certifying institution and day"
law         = ["regulation-15-1", "regulation-20", "regulation-40-1-1"]
basis       = ["筛查模型 C05、C06；门慢特虚假认定案例（天津）"]
needs       = ["record.chronic_registration.certified_on", "record.chronic_registration.certifying_institution_id"]
exclusions  = [
    "no more than {max_a_day} certifications: a busy panel day",
    "an institution whose usual panel day is as busy (up to {max_times} times its median day)",
    "registrations carried over to another code of the same person on one day count once",
    "the certifying institution or the day is unknown: cannot judge",
]
exclusions_zh = [
    "不超过 {max_a_day} 人：正常的集中评审日",
    "该机构平时评审日同样繁忙（不超过其中位数的 {max_times} 倍）",
    "同一参保人同日转换病种编码的结转登记只计一次",
    "认定机构或日期未知：无法判定",
]
limits      = "A mass screening or the move of an old register to the new platform looks the same. What the panel saw is in its files only. No money is at issue here; the settlements under these registrations are."
limits_zh   = "集中筛查或旧登记迁移至新平台也会呈现相同情形。评审依据只在其档案中。本条不涉及金额，金额体现在这些登记项下的结算中。"
status      = "trial"
version     = "1"
sentence    = "{persons} persons were certified for a chronic benefit on {occurred_on}; on half of its panel days it certifies at most {usual_persons}"
sentence_zh = "{occurred_on} 一日认定门慢特 {persons} 人，该机构认定日中位数 {usual_persons} 人"

[params.max_a_day]
value   = 30
unit    = "persons"
meaning = "certified by one institution in a day that are let pass"

[params.max_times]
value   = 3
unit    = "times"
meaning = "the institution's median day"
*/
with certified as (
    select certifying_institution_id as institution_id, certified_on, count(distinct person_id) as persons
    from record.chronic_registration
    where coalesce(is_valid, true)
    group by certifying_institution_id, certified_on
),

usual as (
    select institution_id, quantile_cont(cast(persons as double), 0.5) as usual_persons
    from certified
    where institution_id is not null and certified_on is not null
    group by institution_id
)

select
    case
        when c.institution_id is null or c.certified_on is null then 'cannot_judge'
        when c.persons > $max_a_day and c.persons > $max_times * u.usual_persons then 'hit'
        else 'clear'
    end as outcome,
    case when c.institution_id is null or c.certified_on is null
        then 'the certifying institution or the day is unknown' end as reason,
    cast(null as varchar) as settlement_id,
    cast(null as varchar) as line_id,
    cast(null as varchar) as encounter_id,
    cast(null as varchar) as person_id,
    c.institution_id,
    cast(null as varchar) as practitioner_id,
    c.certified_on as occurred_on,
    cast(0 as decimal(16, 2)) as amount,
    c.persons,
    u.usual_persons
from certified as c
left join usual as u on u.institution_id = c.institution_id
