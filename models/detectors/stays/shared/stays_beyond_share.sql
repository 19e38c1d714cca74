-- Hits are the stays of a kind at institutions whose share stands out (share_of_place, see shares.py).
-- Lent: share_of_place, stay_of_share
create temp table rated_stay as
select f.encounter_id, f.institution_id, f.is_flagged, f.amount, h.* exclude (institution_id)
from stay_of_share as f
join share_of_place as h on h.institution_id = f.institution_id and h.share = f.share;

with beyond as (
    select * from rated_stay where is_hit and is_flagged
),
-- Who signed one or two of them may not have known.
signed as (
    select b.share, e.practitioner_id
    from beyond as b
    join feature.stay as e on e.encounter_id = b.encounter_id
    where e.practitioner_id is not null
    group by b.share, e.practitioner_id
    having count(*) >= 3
),
-- A stay settled in parts: each part has its part of the amount.
settled as (
    select b.*, s.settlement_id, s.person_id, s.started_on, s.eligible_amount,
        cast(s.eligible_amount as double) / nullif(
            cast(sum(s.eligible_amount) over (partition by b.share, b.encounter_id) as double), 0
        ) as part_of_stay
    from beyond as b
    join feature.settlement as s on s.encounter_id = b.encounter_id
)
select 'hit' as outcome, t.settlement_id, t.encounter_id, t.person_id, t.institution_id, g.practitioner_id,
    t.started_on as occurred_on,
    cast(t.excess * case t.at_issue
        when 'stay' then t.eligible_amount
        when 'amount' then t.amount * t.part_of_stay
    end as decimal(16, 2)) as amount,
    t.share as part, t.strength, t.share as indicator, t.title as indicator_title, t.title_zh as indicator_title_zh,
    '%' as unit, t.own, t.usual, t.peers, round(t.percentile, 1) as percentile, t.expected, t.flagged,
    t.volume as stays, t.peer_group, t.adjusted, round(t.z, 2) as z
from settled as t
left join feature.stay as e on e.encounter_id = t.encounter_id
left join signed as g on g.share = t.share and g.practitioner_id = e.practitioner_id

union all by name
select 'cannot_judge' as outcome, reason, count(*) as units
from rated_stay where reason is not null group by reason

union all by name
select 'clear' as outcome, count(*) as units
from rated_stay where reason is null and not (is_hit and is_flagged) having count(*) > 0;
