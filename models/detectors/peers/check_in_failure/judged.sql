-- Lent: check_share
-- checked_bill: settlements that rest on a day's check-ins.
create temp table checked_bill as
select b.settlement_id, b.encounter_id, b.person_id, b.institution_id, b.settled_on, b.eligible_amount,
    c.is_faced and c.is_failed as is_failed, c.is_located and c.is_far as is_far
from check_day as c
join feature.visit_bill as b on b.person_id = c.person_id and b.institution_id = c.institution_id
    and b.settled_on = c.checked_on
where coalesce(b.care_setting, '') <> 'emergency' and b.settlement_type <> '1';

-- bill_at_issue: those on failed or far ones, at a place with too many. A register's wrong position makes nearly every
-- check-in far; that is a slip of data.
create temp table bill_at_issue as
select b.*, s.* exclude (institution_id)
from checked_bill as b
join check_share as s on s.institution_id = b.institution_id and s.is_hit
    and not (s.indicator = 'far_share' and s.own >= 90)
where case s.indicator when 'far_share' then b.is_far else b.is_failed end
qualify count(*) over (partition by b.institution_id, s.indicator) >= $min_settlements;

select 'hit' as outcome, settlement_id, encounter_id, person_id, institution_id, settled_on as occurred_on,
    eligible_amount as amount, indicator as part, strength, indicator, title as indicator_title,
    title_zh as indicator_title_zh, unit, own, usual, peers, round(percentile, 1) as percentile, round(z, 2) as z,
    volume as checks
from bill_at_issue

union all by name
select 'cannot_judge' as outcome, 'too few check-ins or peers' as reason, count(distinct settlement_id) as units
from checked_bill
where institution_id not in (select institution_id from check_share where reason is null)
having count(*) > 0

union all by name
select 'clear' as outcome,
    count(distinct settlement_id) - (select count(distinct settlement_id) from bill_at_issue) as units
from checked_bill
where institution_id in (select institution_id from check_share where reason is null)
having count(distinct settlement_id) > (select count(distinct settlement_id) from bill_at_issue);
