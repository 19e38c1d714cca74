-- One row: another lead that claims some of the same money, of a lead of tier A or B.
select o.lead_id, o.other_lead_id as other_id, o.amount as shared
from model.lead_overlap as o
join model.lead as l on l.lead_id = o.lead_id
where l.tier in ('A', 'B')
order by o.lead_id, o.amount desc, o.other_lead_id
