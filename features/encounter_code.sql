-- One row: one encounter with service lines, and how many of their price codes the knowledge knows.
-- service_lines: lines whose code has the form of a service code
-- unknown_lines: of them, those of another price list than that of 2001 (00…) whose chapter no knowledge table names: what
--     seems missing beside them may stand under such a code
select l.encounter_id, count(*) as service_lines,
    sum(case when c.is_known or c.item_code like '00%' then 0 else 1 end) as unknown_lines
from feature.fee_line as l
join feature.service_code as c on c.item_code = l.item_code
where l.encounter_id is not null
group by l.encounter_id
