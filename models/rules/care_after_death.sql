/*
title       = "Care or purchase after the day of death"
title_zh    = "死亡后就医、购药"
violation   = "care_after_death"
family      = "identity"
fetch       = ["death_record", "identity"]
problem     = ["hospital-2", "pharmacy-1"]
subjects    = ["institution", "pharmacy", "person"]
certainty   = "definite"
stage       = "supervision"
window      = "settlement, or line inside a stay"
law         = [
    "regulation-15-1",
    "regulation-20",
    "regulation-40-1-1",
    "regulation-40-1-3",
    "regulation-17",
    "regulation-41-1-1",
    "regulation-41-2",
]
basis       = ["筛查模型 A01 死亡后就医、购药"]
needs       = ["record.settlement.started_on"]
exclusions  = [
    "a stay that ended in death and was settled after it: its first day counts, not the settlement",
    "the first {grace_days:day} after death: certificates and charges of the last hours",
    "no register of deaths was delivered: cannot judge those without a death in hospital",
    "the person is unknown: cannot judge",
]
exclusions_zh = [
    "住院期间死亡、死后才结算的：以入院日计，不以结算日计",
    "死亡后 {grace_days} 天以内：开具证明及最后数小时的费用",
    "未提供死亡登记：院内死亡以外的情形无法判定",
    "参保人未知：无法判定",
]
limits      = "Registers date deaths late or by the funeral, and a mistyped identity number declares the living dead: 2 to 7 days are weak, beyond 30 days strong, and care at several places for months speaks for a wrong register. Check a second register first. Purchases paid from the personal account count, for it ends with death. Who used the card is not known; the person stands for the card."
limits_zh   = "登记的死亡日期可能偏晚或以殡葬日为准，证件号码录错会把在世者登记为死亡：相差 2 至 7 天较弱，超过 30 天较强；数月内在多处就医说明登记可能有误，应先核对另一登记来源。个人账户支付的购药同样计入，因账户随死亡终止。用卡人无法确定，此处以参保人代指其医保凭证。"
version     = "1"
sentence    = "{what} on {occurred_on}, {lag_days} days after the registered day of death {died_on} ({amount} yuan)"
sentence_zh = "登记死亡日期 {died_on}，{lag_days} 天后（{occurred_on}）仍有{what_zh}，涉及 {amount} 元"

[params.grace_days]
value   = 1
unit    = "days"
meaning = "days after the day of death that are let pass"
*/
with register as (
    select (select count(*) from record.person_status where status_type = 'death') as deaths,
        (select coalesce(sum(unmatched), 0) from record.list_match
            where source_table = 'psn_status_d' and kind = 'death') as strangers
),

begun as (
    select s.settlement_id, s.encounter_id, s.person_id, s.institution_id, s.is_pharmacy, s.care_setting,
        s.started_on, s.eligible_amount, p.died_on, r.deaths, r.strangers,
        date_diff('day', p.died_on, s.started_on) as lag_days
    from feature.settlement as s
    left join feature.person as p on p.person_id = s.person_id
    cross join register as r
    where p.person_id is not null or s.person_id is null
),

-- Inside a stay begun in life the lines tell.
charged as (
    select b.settlement_id, l.line_id, b.encounter_id, b.person_id, b.institution_id, l.charged_on,
        l.eligible_amount, l.item_name, b.died_on, date_diff('day', b.died_on, l.charged_on) as lag_days
    from begun as b
    join feature.fee_line as l on l.settlement_id = b.settlement_id
    where b.care_setting = 'inpatient' and b.lag_days <= $grace_days and l.eligible_amount > 0
        and date_diff('day', b.died_on, l.charged_on) > $grace_days
)

select
    case
        when lag_days > $grace_days then 'hit'
        when person_id is null or (died_on is null and deaths = 0) or started_on is null then 'cannot_judge'
        else 'clear'
    end as outcome,
    case
        when person_id is null then 'the person is unknown'
        when died_on is null and deaths = 0 and strangers > 0
            then 'the register of deaths matches nobody of the record'
        when died_on is null and deaths = 0 then 'no register of deaths was delivered'
        when started_on is null then 'the first day of care is unknown'
    end as reason,
    settlement_id,
    cast(null as varchar) as line_id,
    encounter_id,
    person_id,
    institution_id,
    cast(null as varchar) as practitioner_id,
    started_on as occurred_on,
    eligible_amount as amount,
    died_on,
    lag_days,
    case
        when is_pharmacy then 'a purchase at a drugstore'
        when care_setting = 'inpatient' then 'a stay begun'
        else 'a visit'
    end as what,
    case when is_pharmacy then '购药' when care_setting = 'inpatient' then '入院' else '门诊就医' end as what_zh
from begun
union all
select
    'hit' as outcome,
    cast(null as varchar) as reason,
    settlement_id,
    line_id,
    encounter_id,
    person_id,
    institution_id,
    cast(null as varchar) as practitioner_id,
    charged_on as occurred_on,
    eligible_amount as amount,
    died_on,
    lag_days,
    item_name || ' charged in a stay' as what,
    '住院计费“' || item_name || '”' as what_zh
from charged
