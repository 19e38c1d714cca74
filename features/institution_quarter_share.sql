-- One row: one institution, quarter and kind of share of its stays, beside its peers of the quarter.
-- kind: drugs, tests, consumables, treatment, ct, mri (of the eligible fees of stays, by day of charge);
--     hospital_infection, readmission (of the stays, by day of discharge)
-- quarter_on: first day of the quarter
-- stays: stays that carry the share
-- cases: stays with the infection or the readmission; null for shares of fees
-- share: 0 to 1
-- peer_group: as in feature.institution_peer_group
-- peers, median_share, deviation: members of the peer group with at least 20 such stays in the quarter, their median
--     and their robust standard deviation (1.4826 x median absolute deviation)
with item as (
    select distinct item_code, coalesce(item_name, '') as item_name
    from feature.fee_line
    where care_setting = 'inpatient'
),

scanned as (
    select i.item_code, i.item_name, max(k.group_id) as group_id
    from item as i
    join knowledge.item_group as k
        on substr(i.item_code, 1, length(coalesce(k.item_prefix, ''))) = coalesce(k.item_prefix, '')
        and i.item_name like '%' || coalesce(k.name_word, '') || '%'
    where k.group_id in ('ct', 'mri')
    group by i.item_code, i.item_name
),

line as (
    select l.institution_id, cast(date_trunc('quarter', l.charged_on) as date) as quarter_on, l.encounter_id,
        l.fee_category, l.eligible_amount as yuan, coalesce(g.group_id, '') as group_id
    from feature.fee_line as l
    left join scanned as g on g.item_code = l.item_code and g.item_name = coalesce(l.item_name, '')
    where l.care_setting = 'inpatient' and l.eligible_amount > 0
),

summed as (
    select institution_id, quarter_on, count(distinct encounter_id) as stays, sum(yuan) as yuan,
        sum(case when fee_category in ('09', '10', '11') then yuan else 0 end) as drugs,
        sum(case when fee_category in ('03', '04', '1408', '1409', '1410') then yuan else 0 end) as tests,
        sum(case when fee_category = '08' then yuan else 0 end) as consumables,
        sum(case when fee_category = '05' then yuan else 0 end) as treatment,
        sum(case when group_id = 'ct' then yuan else 0 end) as ct,
        sum(case when group_id = 'mri' then yuan else 0 end) as mri
    from line
    group by institution_id, quarter_on
),

-- Only settlement lists that say of any diagnosis whether it was there on admission carry the share.
infectious as (
    select distinct c.diagnosis_code
    from (select distinct diagnosis_code from record.diagnosis) as c
    join knowledge.diagnosis_group as k
        on k.group_id = 'hospital_infection'
        and substr(c.diagnosis_code, 1, length(k.diagnosis_prefix)) = k.diagnosis_prefix
),

marked as (
    select s.encounter_id,
        max(case when d.present_on_admission = '4' and i.diagnosis_code is not null then 1 else 0 end) as is_infected
    from record.diagnosis as d
    join feature.settlement as s on s.settlement_id = d.settlement_id
    left join infectious as i on i.diagnosis_code = d.diagnosis_code
    where d.present_on_admission is not null and s.care_setting = 'inpatient'
    group by s.encounter_id
),

record_end as (
    select max(started_on) as last_on from feature.encounter where is_inpatient
),

following as (
    select e.encounter_id, e.institution_id, e.ended_on, x.is_sent_home,
        substr(e.principal_diagnosis_code, 1, 3) as disease, x.is_exception as is_expected,
        coalesce(e.is_day_care, false) as is_day_care,
        lead(e.started_on) over (
            partition by e.person_id, e.institution_id order by e.started_on, e.encounter_id
        ) as next_on,
        lead(
            coalesce(e.is_continued, false) or coalesce(e.is_day_care, false) or coalesce(e.is_in_course, false)
        ) over (
            partition by e.person_id, e.institution_id order by e.started_on, e.encounter_id
        ) as is_next_planned,
        lead(substr(e.principal_diagnosis_code, 1, 3)) over (
            partition by e.person_id, e.institution_id order by e.started_on, e.encounter_id
        ) as next_disease
    from feature.encounter as e
    join feature.encounter_excuse as x on x.encounter_id = e.encounter_id
    where e.is_inpatient and e.person_id is not null
),

-- Readmitted: back at the institution within 31 days for the same disease, which is not treated in courses; a stay that
-- only went on after a settlement, day care and a course are planned.
discharge as (
    select f.institution_id, cast(date_trunc('quarter', f.ended_on) as date) as quarter_on,
        case
            when not f.is_expected and not f.is_day_care and not f.is_next_planned
                and f.next_disease = f.disease and f.next_on >= f.ended_on
                and date_diff('day', f.ended_on, f.next_on) <= 31 then 1
            else 0
        end as is_readmitted
    from following as f
    cross join record_end as r
    where f.ended_on is not null and f.is_sent_home
        and date_diff('day', f.ended_on, r.last_on) >= 31
),

counted as (
    select e.institution_id, cast(date_trunc('quarter', e.ended_on) as date) as quarter_on,
        'hospital_infection' as kind, m.is_infected as is_case
    from feature.encounter as e
    join marked as m on m.encounter_id = e.encounter_id
    where e.is_inpatient and e.ended_on is not null
    union all
    select institution_id, quarter_on, 'readmission', is_readmitted from discharge
),

rated as (
    select institution_id, quarter_on, kind, count(*) as stays, sum(is_case) as cases,
        cast(sum(is_case) as double) / nullif(count(*), 0) as share
    from counted
    group by institution_id, quarter_on, kind
),

shared as (
    select institution_id, quarter_on, 'drugs' as kind, stays, cast(null as bigint) as cases,
        cast(drugs as double) / nullif(cast(yuan as double), 0) as share
    from summed
    union all
    select institution_id, quarter_on, 'tests', stays, null,
        cast(tests as double) / nullif(cast(yuan as double), 0)
    from summed
    union all
    select institution_id, quarter_on, 'consumables', stays, null,
        cast(consumables as double) / nullif(cast(yuan as double), 0)
    from summed
    union all
    select institution_id, quarter_on, 'treatment', stays, null,
        cast(treatment as double) / nullif(cast(yuan as double), 0)
    from summed
    union all
    select institution_id, quarter_on, 'ct', stays, null,
        cast(ct as double) / nullif(cast(yuan as double), 0)
    from summed
    union all
    select institution_id, quarter_on, 'mri', stays, null,
        cast(mri as double) / nullif(cast(yuan as double), 0)
    from summed
    union all
    select institution_id, quarter_on, kind, stays, cases, share from rated
),

peer_group as (
    select distinct peer_group from feature.institution_peer_group
),

-- Every member of a group counts for it, also where its own comparison is finer.
member as (
    select g.peer_group, m.institution_id
    from peer_group as g
    join feature.institution_peer_group as m
        on m.key_1 = g.peer_group or m.key_2 = g.peer_group or m.key_3 = g.peer_group or m.key_4 = g.peer_group
),

peer as (
    select m.peer_group, s.quarter_on, s.kind, s.share
    from shared as s
    join member as m on m.institution_id = s.institution_id
    where s.stays >= 20
),

middle as (
    select peer_group, quarter_on, kind, count(*) as peers, quantile_cont(cast(share as double), 0.5) as median_share
    from peer
    group by peer_group, quarter_on, kind
),

spread as (
    select p.peer_group, p.quarter_on, p.kind,
        quantile_cont(cast(abs(p.share - m.median_share) as double), 0.5) * 1.4826 as deviation
    from peer as p
    join middle as m on m.peer_group = p.peer_group and m.quarter_on = p.quarter_on and m.kind = p.kind
    group by p.peer_group, p.quarter_on, p.kind
)

select
    s.institution_id,
    s.quarter_on,
    s.kind,
    s.stays,
    s.cases,
    s.share,
    g.peer_group,
    coalesce(m.peers, 0) as peers,
    m.median_share,
    d.deviation
from shared as s
left join feature.institution_peer_group as g on g.institution_id = s.institution_id
left join middle as m on m.peer_group = g.peer_group and m.quarter_on = s.quarter_on and m.kind = s.kind
left join spread as d on d.peer_group = g.peer_group and d.quarter_on = s.quarter_on and d.kind = s.kind
