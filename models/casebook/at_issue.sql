-- One row: one fee line, or one settlement where the whole of it is at issue, that open leads rest on: each yuan once,
-- whichever leads it stands in; of leads about the kinds of subjects that are asked for.
-- lead_id, source, finding_id: the lead and the finding that carry it: the largest amount; of equal ones the place's
--     own lead, then its doctors', persons' and groups'
-- also: the other sources that hit the same line or settlement, joined by ;
-- other_leads: the other leads in which it stands, joined by ;
-- A settlement contains its lines: where it is at issue as a whole for as much as its lines together, it is one row,
-- else its lines are.
with open_finding as (
    select l.lead_id, l.subject_type, l.subject_id, c.counted_amount, c.counted_fund, f.finding_id, f.source,
        f.certainty, f.settlement_id, f.line_id, f.encounter_id, f.person_id,
        coalesce(f.institution_id, s.institution_id) as institution_id, f.practitioner_id,
        coalesce(f.occurred_on, s.settled_on) as occurred_on,
        case l.subject_type when 'institution' then 1 when 'pharmacy' then 1 when 'practitioner' then 2
            when 'person' then 3 else 4 end as nearness
    from model.finding_counted as c
    join model.lead as l on l.lead_id = c.lead_id
    join casebook.lead_register as r on r.lead_id = l.lead_id and r.closed_on is null
    join model.finding as f on f.finding_id = c.finding_id
    join feature.settlement as s on s.settlement_id = f.settlement_id
    where list_contains($kinds, l.subject_type)
),

placed as (
    select *,
        row_number() over (
            partition by settlement_id, line_id
            order by counted_amount desc, nearness, lead_id, case when certainty = 'definite' then 0 else 1 end, source,
                finding_id
        ) as place
    from open_finding
    where counted_amount > 0
),

together as (
    select settlement_id, sum(case when line_id is null then counted_amount else 0 end) as whole_amount,
        sum(case when line_id is null then 0 else counted_amount end) as lines_amount
    from placed
    where place = 1
    group by settlement_id
),

carrier as (
    select p.*
    from placed as p
    join together as t on t.settlement_id = p.settlement_id
    where p.place = 1 and (p.line_id is null) = (t.whole_amount >= t.lines_amount)
),

standing as (
    select distinct c.finding_id, o.source, o.lead_id, o.source <> c.source as is_other_source,
        o.lead_id <> c.lead_id as is_other_lead
    from carrier as c
    join open_finding as o
        on o.settlement_id = c.settlement_id and coalesce(o.line_id, c.line_id, '') = coalesce(c.line_id, o.line_id, '')
),

also_source as (
    select finding_id, string_agg(source, ';' order by source) as also
    from (select distinct finding_id, source from standing where is_other_source) as s
    group by finding_id
),

also_lead as (
    select finding_id, string_agg(lead_id, ';' order by lead_id) as other_leads
    from (select distinct finding_id, lead_id from standing where is_other_lead) as s
    group by finding_id
)

select c.lead_id, c.subject_type, c.subject_id, c.finding_id, c.source, c.settlement_id, c.line_id, c.encounter_id,
    c.person_id, c.institution_id, c.practitioner_id, c.occurred_on, c.counted_amount as amount,
    c.counted_fund as fund_amount, b.also, d.other_leads,
    upper(substr(md5(c.settlement_id || '|' || coalesce(c.line_id, '')), 1, 16)) as line_key
from carrier as c
left join also_source as b on b.finding_id = c.finding_id
left join also_lead as d on d.finding_id = c.finding_id
order by c.institution_id, c.lead_id, c.occurred_on, c.settlement_id, c.line_id
