-- One row: one coded diagnosis of the record that only one sex can have, as far as all that is known of its code agrees.
-- sex: 1 male, 2 female
-- layer: of the knowledge it rests on, ours where any of it is
select c.diagnosis_code, max(k.sex) as sex,
    coalesce(max(case when k.layer in ('starter', 'derived') then k.layer end), max(k.layer)) as layer
from (select distinct diagnosis_code from feature.visit_diagnosis) as c
join knowledge.diagnosis_sex as k
    on substr(c.diagnosis_code, 1, length(k.diagnosis_prefix)) = k.diagnosis_prefix
group by c.diagnosis_code
having max(k.sex) = min(k.sex)
