-- One row: one person whose sex a diagnosis leaves open (knowledge.sex_exception for any item): the registered one decides
--     nothing.
-- diagnosis_code: the first such diagnosis
-- layer: of the knowledge it rests on, ours where any of it is
select d.person_id, min(d.diagnosis_code) as diagnosis_code,
    coalesce(max(case when k.layer in ('starter', 'derived') then k.layer end), max(k.layer)) as layer
from feature.visit_diagnosis as d
join knowledge.sex_exception as k on d.diagnosis_code like k.diagnosis_prefix || '%'
where k.name_word is null and d.person_id is not null
group by d.person_id
