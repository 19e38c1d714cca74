-- warn: Every insurance type is in the national dictionary.
-- zh: 险种类型均在国家字典内
-- of: (select distinct insurance_type from record.settlement) as c
-- needs: record.settlement.insurance_type
select insurance_type, count(*) as settlements
from record.settlement
where insurance_type is null or insurance_type not in (
    '310', '320', '330', '340', '350', '360', '370', '380', '390', '391', '392', '399', '410', '510'
)
group by insurance_type
