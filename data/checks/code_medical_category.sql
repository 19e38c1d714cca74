-- warn: Every medical category has a care setting in the knowledge base.
-- zh: 医疗类别均可对应到就医方式
-- of: (select distinct medical_category from record.settlement) as c
-- needs: record.settlement knowledge.medical_category
with delivered as (
    select medical_category, count(*) as settlements
    from record.settlement
    group by medical_category
)

select d.medical_category, d.settlements
from delivered as d
where not exists (
    select 1
    from knowledge.medical_category as k
    where substr(d.medical_category, 1, length(k.code_prefix)) = k.code_prefix
)
