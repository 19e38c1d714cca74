-- warn: The institution of a settlement is in the register of hospitals or pharmacies.
-- zh: 结算机构在医疗机构或零售药店登记中存在
-- of: (select distinct institution_id from record.settlement) as i
-- needs: record.settlement record.hospital
select s.institution_id, count(*) as settlements, sum(s.total_amount) as total_amount
from record.settlement as s
where not exists (select 1 from record.hospital as h where h.institution_id = s.institution_id)
    and not exists (select 1 from record.pharmacy as p where p.institution_id = s.institution_id)
group by s.institution_id
