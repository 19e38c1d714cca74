-- note: A settlement has the person's sex and date of birth.
-- zh: 结算有性别和出生日期
-- of: record.settlement
select settlement_id, institution_id
from record.settlement
where birth_on is null or coalesce(sex, '0') not in ('1', '2')
