-- warn: A person is between 0 and 120 years old at the settlement.
-- zh: 结算时年龄在0至120岁之间
-- of: record.settlement where birth_on is not null or age_years is not null
-- needs: record.settlement
select settlement_id, institution_id, age_years
from record.settlement
where age_years < 0 or age_years > 120
    or date_diff('day', birth_on, coalesce(ended_on, cast(settled_at as date))) < 0
    or date_diff('day', birth_on, coalesce(ended_on, cast(settled_at as date))) > 120 * 366
