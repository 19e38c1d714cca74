-- warn: Every institution grade is in the knowledge base.
-- zh: 医院等级均在知识库内
-- of: (select distinct institution_grade from record.settlement where institution_grade is not null) as c
-- needs: record.settlement.institution_grade knowledge.institution_grade
with delivered as (
    select institution_grade, count(*) as settlements
    from record.settlement
    where institution_grade is not null
    group by institution_grade
)

select d.institution_grade, d.settlements
from delivered as d
where not exists (select 1 from knowledge.institution_grade as k where k.institution_grade = d.institution_grade)
