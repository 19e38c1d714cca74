-- One row: one settlement that stands, net of refunds; reversed, void and aid-only settlements are left out.
-- care_setting: inpatient, outpatient, emergency, chronic, drugstore ...; null for an unknown medical category
-- area: whose parameters and knowledge hold (统筹区): the pooling area in whose books it stands, within it the division of
--     the place; where none was delivered the place's, else where the person is insured, for catalogue, prices and
--     supervision are those of the place of care (就医地目录、就医地管理)
-- is_pharmacy: the institution's; where none is named a purchase is a drugstore's, a stay is not, and the rest is null
-- settled_on, month: day of settlement, first day of its month
-- has_clock: settled_at has a time of day that is its own: midnight is none, nor the second in which a place settled four
--     bills or more, which is a machine's that sent them together
-- total_amount, eligible_amount, fund_amount, account_amount, person_paid_amount: yuan, net of partial refunds
-- refunded_amount: yuan taken back by partial refunds
-- is_account_only: no fund money is in it: the personal account or cash paid; null where what the funds paid is unknown
-- is_cash_only: neither the funds nor anybody's account paid: no insurance money is in it; null where one is unknown
-- is_family_money: is_account_only, or a relative's account paid part (账户共济): by law a family shares its accounts, so
--     neither who came nor for whom it was can be told from it
-- is_family_purchase: family money at a drugstore: what was bought may be for any of the family; null where the place
--     or what the funds paid is unknown
-- fund_rate: share of the eligible amount that the funds paid, 0 to 1
-- repeats_settlement_id: the settlement that this reimbursement by hand repeats: the same person, institution, days and
--     total, or the same invoice and total, settled before; its lines are no second treatment
-- age_years: age on the first day of care, from the date of birth
-- is_sex_of_bill: the bill names the sex itself; else it is the register's of today, where a sex may have been changed since
-- is_sex_contradicted, is_birth_contradicted: the sources of the person's sex, or of the date of birth, name more than one
-- is_newborn: the care is a newborn's, under whoever's number: flagged so in the settlement or its encounter, of the
--     category of newborns' stays, begun within 28 days of birth, or for a perinatal illness (P, Z38) of one too old for
--     it. A newborn not yet insured is settled under the
--     mother's number, so age and sex of the number tell nothing of who was treated
with standing as (
    select m.*
    from record.settlement as m
    left join feature.refund as r on r.refund_id = m.settlement_id
    where coalesce(m.is_valid, true) and coalesce(m.settlement_type, '2') <> '3' and r.refund_id is null
),

taken_back as (
    select settlement_id, sum(total_amount) as total_amount, sum(eligible_amount) as eligible_amount,
        sum(fund_amount) as fund_amount, sum(account_amount) as account_amount,
        sum(person_paid_amount) as person_paid_amount
    from feature.refund
    where settlement_id is not null
    group by settlement_id
),

net as (
    select s.*,
        cast(s.total_amount + coalesce(b.total_amount, 0) as decimal(16, 2)) as net_total,
        cast(coalesce(s.eligible_amount, s.total_amount) + coalesce(b.eligible_amount, 0) as decimal(16, 2))
            as net_eligible,
        cast(coalesce(s.fund_amount, 0) + coalesce(b.fund_amount, 0) as decimal(16, 2)) as net_fund,
        case when coalesce(s.fund_amount, s.pooled_fund_amount) is not null
            then coalesce(s.fund_amount, s.pooled_fund_amount) + coalesce(b.fund_amount, 0) <= 0 end as is_account_only,
        coalesce(s.family_account_amount, 0) > 0 as is_family_paid,
        cast(coalesce(s.account_amount, 0) + coalesce(b.account_amount, 0) as decimal(16, 2)) as net_account,
        cast(coalesce(s.person_paid_amount, 0) + coalesce(b.person_paid_amount, 0) as decimal(16, 2)) as net_paid,
        cast(-coalesce(b.total_amount, 0) as decimal(16, 2)) as refunded_amount
    from standing as s
    left join taken_back as b on b.settlement_id = s.settlement_id
),

pooled as (
    select n.*, i.is_pharmacy as is_known_pharmacy, coalesce(n.institution_division, i.division) as place_division,
        i.institution_level,
        case
            when regexp_matches(n.pooling_area, '^[0-9]{2}0000$') then substr(n.pooling_area, 1, 2)
            when regexp_matches(n.pooling_area, '^[0-9]{4}00$') then substr(n.pooling_area, 1, 4)
            else n.pooling_area
        end as pooling_digits
    from net as n
    left join feature.institution as i on i.institution_id = n.institution_id
),

located as (
    select p.*,
        case
            when p.pooling_area is null or substr(p.place_division, 1, length(p.pooling_digits)) = p.pooling_digits
                then coalesce(p.place_division, p.insured_division)
            else p.pooling_area
        end as area
    from pooled as p
),

settings as (
    select medical_category, area, care_setting, is_of_newborns
    from (
        select c.medical_category, c.area, k.care_setting, coalesce(k.name_zh like '%新生儿%', false) as is_of_newborns,
            row_number() over (
                partition by c.medical_category, c.area
                order by length(k.code_prefix) desc, length(coalesce(k.area, '')) desc
            ) as nearness
        from (select distinct medical_category, coalesce(area, '') as area from located) as c
        join knowledge.medical_category as k
            on substr(c.medical_category, 1, length(k.code_prefix)) = k.code_prefix
            and substr(c.area, 1, length(coalesce(k.area, ''))) = coalesce(k.area, '')
    ) as candidates
    where nearness = 1
),

placed as (
    select n.*, g.care_setting, coalesce(g.is_of_newborns, false) as is_of_newborns,
        coalesce(
            n.is_known_pharmacy,
            case g.care_setting when 'drugstore' then true when 'inpatient' then false end
        ) as is_pharmacy
    from located as n
    left join settings as g on g.medical_category = n.medical_category and g.area = coalesce(n.area, '')
),

-- A bill handed in again on paper.
repeated as (
    select settlement_id, min(first_id) as first_id
    from (
        select m.settlement_id, o.settlement_id as first_id
        from net as m
        join net as o
            on o.person_id = m.person_id and o.institution_id = m.institution_id and o.started_on = m.started_on
            and o.ended_on = m.ended_on and o.net_total = m.net_total
        where (coalesce(m.settlement_type, '2') = '1' or coalesce(m.manual_reimbursement_reason, '') <> '')
            and (o.settled_at < m.settled_at or (o.settled_at = m.settled_at and o.settlement_id < m.settlement_id))
        union all
        select m.settlement_id, o.settlement_id as first_id
        from net as m
        join net as o
            on o.invoice_number = m.invoice_number and o.person_id = m.person_id
            and o.institution_id = m.institution_id and o.net_total = m.net_total
        where (coalesce(m.settlement_type, '2') = '1' or coalesce(m.manual_reimbursement_reason, '') <> '')
            and (o.settled_at < m.settled_at or (o.settled_at = m.settled_at and o.settlement_id < m.settlement_id))
    ) as candidates
    group by settlement_id
),

flagged as (
    select distinct encounter_id
    from record.encounter
    where is_newborn
),

perinatal as (
    select distinct encounter_id
    from record.encounter
    where regexp_matches(principal_diagnosis_code, '^(P[0-9]|Z38)')
)

select
    n.settlement_id,
    n.encounter_id,
    n.person_id,
    n.institution_id,
    n.is_pharmacy,
    case when n.is_known_pharmacy then 'drugstore' else n.care_setting end as care_setting,
    n.medical_category,
    n.insurance_type,
    n.insured_division,
    n.place_division as institution_division,
    n.area,
    n.payment_method,
    n.payment_location,
    n.operator_id,
    n.started_on,
    n.ended_on,
    n.settled_at,
    cast(n.settled_at as date) as settled_on,
    cast(date_trunc('month', n.settled_at) as date) as month,
    n.settled_at <> cast(cast(n.settled_at as date) as timestamp)
        and count(*) over (partition by n.institution_id, n.settled_at) < 4 as has_clock,
    n.net_total as total_amount,
    n.net_eligible as eligible_amount,
    n.net_fund as fund_amount,
    n.net_account as account_amount,
    n.net_paid as person_paid_amount,
    n.refunded_amount,
    n.is_account_only,
    n.is_account_only and n.net_account <= 0 and not n.is_family_paid as is_cash_only,
    n.is_account_only or n.is_family_paid as is_family_money,
    n.is_pharmacy and (n.is_account_only or n.is_family_paid) as is_family_purchase,
    d.first_id as repeats_settlement_id,
    case when n.net_eligible > 0
        then least(1.0, greatest(0.0, cast(n.net_fund as double) / nullif(cast(n.net_eligible as double), 0)))
        else 0.0 end as fund_rate,
    coalesce(p.sex, case when n.sex in ('1', '2') then n.sex end) as sex,
    coalesce(n.sex in ('1', '2'), false) as is_sex_of_bill,
    coalesce(p.is_sex_contradicted, false) as is_sex_contradicted,
    coalesce(p.is_birth_contradicted, false) as is_birth_contradicted,
    coalesce(p.birth_on, case when n.birth_on > date '1900-01-01' then n.birth_on end) as birth_on,
    floor(date_diff(
        'day', coalesce(p.birth_on, case when n.birth_on > date '1900-01-01' then n.birth_on end), n.started_on
    ) / 365.25) as age_years,
    coalesce(n.is_newborn, false) or w.encounter_id is not null or n.is_of_newborns or coalesce(date_diff(
        'day', coalesce(p.birth_on, case when n.birth_on > date '1900-01-01' then n.birth_on end), n.started_on
    ) between 0 and 28, false) or (
        b.encounter_id is not null and coalesce(floor(date_diff(
            'day', coalesce(p.birth_on, case when n.birth_on > date '1900-01-01' then n.birth_on end), n.started_on
        ) / 365.25) >= 10, true)
    ) as is_newborn,
    n.institution_level
from placed as n
left join feature.person as p on p.person_id = n.person_id
left join flagged as w on w.encounter_id = n.encounter_id
left join perinatal as b on b.encounter_id = n.encounter_id
left join repeated as d on d.settlement_id = n.settlement_id
where n.net_total > 0
