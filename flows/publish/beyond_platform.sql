-- One row: one lead of this run beside the platform's suspicions; no row where none were handed in.
-- suspicions: of the platform, about the subject or about a settlement of the lead
-- beyond_amount: yuan of the lead on settlements that the platform does not name
-- beyond: new (no suspicion touches the lead), more (some of its money is beyond), same (none is), cannot_tell (the
-- platform suspects the subject and names no settlement)
with platform as (
    select h.tip_id, h.encounter_id, h.amount, coalesce(h.settlement_id, s.settlement_id, f.settlement_id) as settlement_id
    from casebook.heard_tip as h
    left join feature.settlement as s on h.settlement_id is null and s.encounter_id = h.encounter_id
    left join record.fee_line as f
        on h.settlement_id is null and h.encounter_id is null and f.line_id = h.line_id
    where h.kind = 'platform'
),

unit as (
    select lead_id, settlement_id,
        greatest(
            sum(case when line_id is null then amount else 0 end),
            sum(case when line_id is null then 0 else amount end)
        ) as amount
    from model.lead_line
    where settlement_id is not null
    group by lead_id, settlement_id
),

touching as (
    select u.lead_id, p.tip_id, p.amount
    from unit as u
    join platform as p on p.settlement_id = u.settlement_id
    union
    select t.lead_id, t.tip_id, t.amount
    from model.lead_tip as t
    where t.kind = 'platform'
),

suspected as (
    select lead_id, count(distinct tip_id) as suspicions
    from touching
    group by lead_id
),

beyond as (
    select lead_id, cast(sum(amount) as decimal(16, 2)) as beyond_amount
    from unit
    where settlement_id not in (select settlement_id from platform where settlement_id is not null)
    group by lead_id
),

vague as (
    select distinct t.lead_id
    from model.lead_tip as t
    join platform as p on p.tip_id = t.tip_id
    where t.kind = 'platform' and p.settlement_id is null
)

select l.lead_id, l.subject_type, l.subject_id, l.tier, l.rank, l.amount_at_risk, coalesce(s.suspicions, 0) as suspicions,
    case when v.lead_id is null then coalesce(b.beyond_amount, 0) end as beyond_amount,
    case
        when s.lead_id is null then 'new'
        when v.lead_id is not null then 'cannot_tell'
        when b.beyond_amount > 0 then 'more'
        else 'same'
    end as beyond
from model.lead as l
left join suspected as s on s.lead_id = l.lead_id
left join beyond as b on b.lead_id = l.lead_id
left join vague as v on v.lead_id = l.lead_id
where l.findings > 0 and exists (select 1 from platform)
order by l.subject_type, l.rank
