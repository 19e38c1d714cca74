-- One row: one fee line of an item whose indications are known (knowledge.service_indication), once per official rule.
-- official: the rule whose indications these are
-- item_name: empty when none was delivered
-- times: units of the item charged in the visit; null without an encounter
-- diagnosis: a diagnosis of the visit in words, the principal one first; null when none is known
-- is_diagnosed: the visit has a coded diagnosis
-- is_otherwise_diagnosed: it has none, only one of Chinese medicine or in words
-- is_before_operation: an operation in the visit justifies the item (service_indication.with_operation)
-- justified_days_ago: days since the last diagnosis that indicates the item, 0 for one of the visit itself; null
--     when the person has none up to the visit
with item as (
    select distinct item_code, coalesce(item_name, '') as item_name
    from feature.fee_line
    where item_code is not null and eligible_amount > 0
),

indicated as (
    select distinct i.item_code, i.item_name, k.official, k.diagnosis_prefix, coalesce(k.with_operation, false) as with_operation, k.valid_from, k.valid_to
    from item as i
    join knowledge.service_indication as k
        on i.item_code like coalesce(k.item_prefix, '') || '%'
        and i.item_name like '%' || coalesce(k.name_word, '') || '%'
),

concerned as (
    select distinct l.settlement_id, l.line_id, l.encounter_id, l.person_id, l.institution_id, l.practitioner_id,
        l.is_pharmacy, l.charged_on, l.item_code, coalesce(l.item_name, '') as item_name, l.quantity,
        l.eligible_amount, i.official
    from feature.fee_line as l
    join indicated as i on i.item_code = l.item_code and i.item_name = coalesce(l.item_name, '')
        and l.charged_on >= coalesce(i.valid_from, l.charged_on) and l.charged_on <= coalesce(i.valid_to, l.charged_on)
    where l.eligible_amount > 0
),

visit as (
    select c.encounter_id, c.item_code, c.item_name, c.official, max(c.person_id) as person_id,
        min(coalesce(e.started_on, c.charged_on)) as started_on, sum(coalesce(c.quantity, 1)) as times
    from concerned as c
    left join feature.encounter as e on e.encounter_id = c.encounter_id
    where c.encounter_id is not null
    group by c.encounter_id, c.item_code, c.item_name, c.official
),

fitting as (
    select distinct d.diagnosis_code, i.diagnosis_prefix
    from (select distinct diagnosis_code from feature.visit_diagnosis) as d
    join (select distinct diagnosis_prefix from indicated) as i on d.diagnosis_code like i.diagnosis_prefix || '%'
),

relevant as (
    select d.encounter_id, d.person_id, d.started_on, f.diagnosis_prefix
    from feature.visit_diagnosis as d
    join fitting as f on f.diagnosis_code = d.diagnosis_code
),

met as (
    select v.encounter_id, v.item_code, v.item_name, v.official, 0 as days_ago
    from visit as v
    join indicated as i on i.item_code = v.item_code and i.item_name = v.item_name and i.official = v.official
    join relevant as r on r.encounter_id = v.encounter_id and r.diagnosis_prefix = i.diagnosis_prefix
    union
    select v.encounter_id, v.item_code, v.item_name, v.official, date_diff('day', r.started_on, v.started_on)
    from visit as v
    join indicated as i on i.item_code = v.item_code and i.item_name = v.item_name and i.official = v.official
    join relevant as r on r.person_id = v.person_id and r.diagnosis_prefix = i.diagnosis_prefix
    where r.started_on <= v.started_on
),

justified as (
    select encounter_id, item_code, item_name, official, min(days_ago) as days_ago
    from met
    group by encounter_id, item_code, item_name, official
),

operated as (
    select distinct i.item_code, i.item_name, i.official, e.encounter_id
    from (select distinct item_code, item_name, official from indicated where with_operation) as i
    join visit as v on v.item_code = i.item_code and v.item_name = i.item_name and v.official = i.official
    join feature.encounter as e on e.encounter_id = v.encounter_id and e.is_operated
),

uncoded as (
    select distinct encounter_id from feature.delivered_diagnosis where kind <> 'coded'
),

named as (
    select encounter_id, min(case when is_principal then diagnosis_name end) as principal_name,
        min(diagnosis_name) as any_name, min(case when is_principal then diagnosis_code end) as principal_code,
        min(diagnosis_code) as any_code
    from feature.visit_diagnosis
    group by encounter_id
)

select
    c.settlement_id,
    c.line_id,
    c.encounter_id,
    c.person_id,
    c.institution_id,
    c.practitioner_id,
    coalesce(c.is_pharmacy, false) as is_pharmacy,
    c.charged_on,
    c.item_code,
    c.item_name,
    c.quantity,
    c.eligible_amount,
    c.official,
    v.times,
    coalesce(n.principal_name, n.any_name, n.principal_code, n.any_code) as diagnosis,
    n.encounter_id is not null as is_diagnosed,
    n.encounter_id is null and u.encounter_id is not null as is_otherwise_diagnosed,
    o.encounter_id is not null as is_before_operation,
    j.days_ago as justified_days_ago
from concerned as c
left join visit as v
    on v.encounter_id = c.encounter_id and v.item_code = c.item_code and v.item_name = c.item_name
    and v.official = c.official
left join justified as j
    on j.encounter_id = c.encounter_id and j.item_code = c.item_code and j.item_name = c.item_name
    and j.official = c.official
left join named as n on n.encounter_id = c.encounter_id
left join uncoded as u on u.encounter_id = c.encounter_id
left join operated as o
    on o.encounter_id = c.encounter_id and o.item_code = c.item_code and o.item_name = c.item_name
    and o.official = c.official
