-- One row: one list that came from outside: what it is, from whom, when, and what it matched.
-- list_type: what a delivered list says of persons: death, custody, overseas, work_injury, third_party
-- received_on: the day it came, of a delivered list the last day it speaks of; matched: rows about somebody of the record
-- leads: on this run's lists, of those it is about; found: those among them that have findings of their own
with tip as (
    select h.kind, h.office, coalesce(h.file_hash, '') as file_hash, h.received_on, h.tip_id, h.amount, t.lead_id,
        l.findings
    from casebook.heard_tip as h
    left join model.lead_tip as t on t.tip_id = h.tip_id
    left join model.lead as l on l.lead_id = t.lead_id
),

handed as (
    select kind, office, cast(null as varchar) as list_type, max(received_on) as received_on,
        count(distinct tip_id) as delivered,
        count(distinct case when lead_id is not null then tip_id end) as matched, count(distinct lead_id) as leads,
        count(distinct case when findings > 0 then lead_id end) as found,
        cast(sum(amount) as decimal(16, 2)) as amount
    from tip
    group by kind, office, file_hash
),

status as (
    select status_type, source_department, person_id, status_from, true as is_matched
    from record.person_status
    union all
    select status_type, source_department, person_id, status_from, false
    from record.person_status_unmatched
),

delivered as (
    select 'department' as kind, s.source_department as office, s.status_type as list_type,
        max(s.status_from) as received_on, count(*) as delivered,
        count(case when s.is_matched then 1 end) as matched, count(distinct l.lead_id) as leads,
        count(distinct case when l.findings > 0 then l.lead_id end) as found, cast(null as decimal(16, 2)) as amount
    from status as s
    left join model.lead as l on s.is_matched and l.subject_type = 'person' and l.subject_id = s.person_id
    group by s.status_type, s.source_department
)

select kind, office, list_type, received_on, delivered, matched, leads, found, amount
from handed
union all
select kind, office, list_type, received_on, delivered, matched, leads, found, amount
from delivered
order by kind, office, list_type, received_on, delivered, matched, leads, found, amount
