-- Lent: named_group
-- settlement_of_group: what the group settled together. The account is the family's to spend, so its money is not at
-- issue; but nobody's family is larger than a household, and where such a group goes shopping together is to be seen.
create temp table settlement_of_group as
select distinct n.group_key, j.settlement_id, j.encounter_id, j.person_id, j.institution_id, j.settled_on,
    case when j.is_at_issue then j.eligible_amount else 0 end as amount_at_issue,
    f.members, f.joint_events, f.institutions, n.by_chance
from named_group as n
join suspect_group as f on f.community = n.community
join joint_settlement as j on j.community = n.community
where j.is_at_issue or f.members > $household;

create temp table crowded_settlement as
select distinct p.settlement_id
from counted_settlement as p
join crowded_window as c
    on c.place = p.place and c.start = case when p.way = 1 then p.tick else p.tick // 2 * 2 end;

select n.group_key, j.person_id, round(count(distinct j.event) / max(f.joint_events), 4) as share
from named_group as n
join suspect_group as f on f.community = n.community
join joint_settlement as j on j.community = n.community
group by n.group_key, j.person_id;

select 'hit' as outcome, g.settlement_id, encounter_id, person_id, institution_id, settled_on as occurred_on,
    amount_at_issue as amount, group_key, group_key as part, members, joint_events, institutions, by_chance,
    group_key as in_group, 1 - (by_chance + 1) / (joint_events + 1) as weight,
    -- Without a clock only the day is shared, as on every clinic day of a village.
    case when c.settlement_id is not null then 'a clinic day that the same persons keep: the export has no clock' end
        as innocent,
    case when c.settlement_id is not null then '同一批人固定日期就诊（导出数据无时刻，仅日期相同）' end as innocent_zh
from settlement_of_group as g
left join (
    select distinct settlement_id as clockless_id, settlement_id from counted_settlement where way = 1
) as c on c.clockless_id = g.settlement_id

union all by name
select 'cannot_judge' as outcome, 'too many persons at once: who belongs together cannot be told' as reason,
    count(*) as units
from crowded_settlement having count(*) > 0

union all by name
select 'clear' as outcome,
    (select count(distinct settlement_id) from counted_settlement)
        - (select count(distinct settlement_id) from settlement_of_group)
        - (select count(*) from crowded_settlement) as units;
