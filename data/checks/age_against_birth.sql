-- warn: The age delivered and the date of birth agree within one year.
-- zh: 年龄与出生日期相差不超过一年
-- of: record.settlement where birth_on is not null and age_years is not null
-- above: 0.001
-- needs: record.settlement.birth_on record.settlement.age_years
select settlement_id, institution_id, age_years
from record.settlement
where abs(cast(date_diff('day', birth_on, coalesce(started_on, cast(settled_at as date))) as double) / 365.25 - age_years)
    > 2.01
