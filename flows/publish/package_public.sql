-- One row: one place, its care setting and a year: bills that stand and what they cost.
select s.institution_id, i.institution_name, case when i.is_pharmacy then 'pharmacy' else 'institution' end as subject_type,
    coalesce(i.division, '') as region,
    coalesce(s.care_setting, 'other') as care_setting,
    count(*) as count, count(distinct s.person_id) as persons, sum(s.total_amount) as total_amount,
    sum(s.fund_amount) as fund_amount
from feature.settlement as s
join feature.institution as i on i.institution_id = s.institution_id
where extract(year from s.settled_on) = $year
group by all
order by all
