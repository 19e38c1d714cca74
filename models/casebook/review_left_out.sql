-- One row: how many stays of the period have no amount that counts, so that they cannot be drawn
select count(*) as stays
from feature.encounter
where is_inpatient and institution_id is not null and not coalesce(is_in_hospital, false)
    and ended_on between cast($from as date) and cast($to as date)
    and coalesce(eligible_amount, total_amount, 0) <= 0
    and (len($codes) = 0 or list_contains($codes, institution_id))
