-- warn: Sex is coded 0, 1, 2 or 9.
-- zh: 性别代码为0、1、2、9
-- of: (select distinct sex from record.settlement where sex is not null) as c
-- needs: record.settlement.sex
select sex as code, count(*) as settlements
from record.settlement
where sex is not null and sex not in ('0', '1', '2', '9')
group by sex
