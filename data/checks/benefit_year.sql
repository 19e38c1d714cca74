-- warn: A settlement counts to a year in which its care or its settlement took place.
-- zh: 结算年度为就诊或结算所在年度
-- of: record.settlement where benefit_year is not null
-- needs: record.settlement.benefit_year
select settlement_id, institution_id, benefit_year, started_on, ended_on, settled_at
from record.settlement
where benefit_year not in (
    coalesce(cast(year(started_on) as varchar), ''),
    coalesce(cast(year(ended_on) as varchar), ''),
    coalesce(cast(year(settled_at) as varchar), '')
)
