-- One row: one institution in one month of charge, and how much of its service codes the knowledge knows.
-- service_lines: lines whose code has the form of a service code
-- known_lines: of them, those of a price list that the knowledge is written for (service_code)
-- known_code_share: known to all of them; where it falls, rules that know items by code cannot judge (old and new codes)
select l.institution_id, cast(date_trunc('month', l.charged_on) as date) as month, count(*) as service_lines,
    sum(case when c.is_known then 1 else 0 end) as known_lines,
    cast(sum(case when c.is_known then 1 else 0 end) as double) / nullif(cast(count(*) as double), 0)
        as known_code_share
from feature.fee_line as l
join feature.service_code as c on c.item_code = l.item_code
where l.institution_id is not null and l.charged_on is not null
group by l.institution_id, cast(date_trunc('month', l.charged_on) as date)
