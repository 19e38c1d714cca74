-- warn: A person has one sex in all settlements.
-- zh: 同一人员各次结算性别一致
-- of: (select distinct person_id from record.settlement) as p
-- needs: record.settlement.sex
select person_id
from record.settlement
where sex in ('1', '2')
group by person_id
having min(sex) <> max(sex)
