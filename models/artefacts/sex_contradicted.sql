-- A finding about a person's sex where the delivered sex contradicts the identity number.
-- 性别类疑点，但参保人登记性别与身份证号所示性别不一致。
select f.finding_id,
    'the delivered sex contradicts the identity number of person ' || f.person_id
        || '. Have the register and the settlements corrected' as reason,
    '参保人' || f.person_id || '的登记性别与身份证号不一致。请核对并更正参保登记和结算数据' as reason_zh
from model.finding as f
join feature.person as p on p.person_id = f.person_id
where p.is_sex_contradicted and f.source in (select source from model.source_judges where what = 'sex')
