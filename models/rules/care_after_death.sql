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
    "settled late: all its lines were charged in life",
    "reimbursed by hand: heirs hand in the bills, the day typed in is not the day of care",
    "examinations and tests of a stay charged within {report_days:day} after death: reported late",
    "a check-in with matching face at the place that day: the register is wrong",
    "the first {grace_days:day} after death: certificates and charges of the last hours",
    "no register of deaths was delivered: cannot judge those without a death in hospital",
    "a death that the register ended again: declared in error",
    "the person is unknown: cannot judge",
]
exclusions_zh = [
    "住院期间死亡、死后才结算的：以入院日计，不以结算日计",
    "延后结算：全部费用发生在生前",
    "手工报销：由继承人递交票据，录入日期并非就诊日期",
    "死亡后 {report_days} 天以内计费的住院检查检验：报告后计费",
    "当日在该机构签到且人脸相符：登记有误",
    "死亡后 {grace_days} 天以内：开具证明及最后数小时的费用",
    "未提供死亡登记：院内死亡以外的情形无法判定",
    "登记已撤销（有截止日期）的死亡：登记有误",
    "参保人未知：无法判定",
]
limits      = "Registers date deaths late or by the funeral, and a mistyped identity number declares the living dead: up to {sure_days:day} after, a death only a hospital recorded, or dated a week and more later by another source, care at {many_places:place} or more afterwards, and purchases from the account alone (it is the heirs') are suspected, not definite. Check a second register first. Who used the card is not known; the person stands for the card."
limits_zh   = "登记的死亡日期可能偏晚或以殡葬日为准，证件号码录错会把在世者登记为死亡：死亡后 {sure_days} 天以内的、仅有院内死亡记录的、其他来源死亡日期晚一周以上的、其后在 {many_places} 家以上机构就医的，以及仅由个人账户支付的（账户余额属继承人），均列为可疑而非明确违规，应先核对另一登记来源。用卡人无法确定，此处以参保人代指其医保凭证。"
version     = "3"
sentence    = "{what} on {occurred_on}, {lag_days} days after the registered day of death {died_on} ({amount} yuan)"
sentence_zh = "登记死亡日期 {died_on}，{lag_days} 天后（{occurred_on}）仍有{what_zh}，涉及 {amount} 元"

[params.grace_days]
value   = 1
unit    = "days"
meaning = "days after the day of death that are let pass"

[params.sure_days]
value   = 7
unit    = "days"
meaning = "after the registered day of death up to which a slip of the register is likelier"

[params.report_days]
value   = 3
unit    = "days"
meaning = "after death in which examinations and tests are charged on their report"

[params.many_places]
value   = 3
unit    = "places"
meaning = "with care after death, from which the register is likelier wrong than the places"
*/
with register as (
    select (select count(*) from record.person_status where status_type = 'death') as deaths,
        (select coalesce(sum(unmatched), 0) from record.list_match
            where source_table = 'psn_status_d' and kind = 'death') as strangers
),

begun as (
    select s.settlement_id, s.encounter_id, s.person_id, s.institution_id, s.is_pharmacy, s.care_setting,
        s.started_on, s.eligible_amount, p.died_on, p.is_death_registered, p.is_death_contradicted,
        r.deaths, r.strangers,
        date_diff('day', p.died_on, s.started_on) as lag_days, s.fund_amount <= 0 as is_account_only,
        coalesce(v.settlement_type, '2') = '1' or coalesce(v.manual_reimbursement_reason, '') <> '' as is_by_hand
    from feature.settlement as s
    left join feature.person as p on p.person_id = s.person_id
    left join record.settlement as v on v.settlement_id = s.settlement_id
    cross join register as r
    where p.person_id is not null or s.person_id is null
),

-- What began after death, and whether anything was charged after it; places the dead went to.
late as (
    select b.settlement_id, max(case when date_diff('day', b.died_on, l.charged_on) <= $grace_days then 0 else 1 end)
        as is_charged_after
    from begun as b
    join feature.fee_line as l on l.settlement_id = b.settlement_id
    where b.lag_days > $grace_days
    group by b.settlement_id
),

wandering as (
    select person_id, count(distinct institution_id) as places
    from begun
    where lag_days > $grace_days
    group by person_id
),

seen as (
    select distinct b.settlement_id
    from begun as b
    join record.check_in as c
        on c.person_id = b.person_id and c.institution_id = b.institution_id
        and cast(c.checked_in_at as date) = b.started_on
    where b.lag_days > $grace_days and c.is_face_match
),

after as (
    select b.*, coalesce(l.is_charged_after, 1) = 0 or b.is_by_hand or f.settlement_id is not null as is_excused,
        b.lag_days <= $sure_days or not coalesce(b.is_death_registered, false) or w.places >= $many_places
            or b.is_account_only or coalesce(b.is_death_contradicted, false) as is_doubtful
    from begun as b
    left join late as l on l.settlement_id = b.settlement_id
    left join wandering as w on w.person_id = b.person_id
    left join seen as f on f.settlement_id = b.settlement_id
),

-- Inside a stay begun in life the lines tell.
charged as (
    select b.settlement_id, l.line_id, b.encounter_id, b.person_id, b.institution_id, l.charged_on,
        l.eligible_amount, l.item_name, b.died_on,
        b.is_death_registered, b.is_death_contradicted,
        date_diff('day', b.died_on, l.charged_on) as lag_days
    from begun as b
    join feature.fee_line as l on l.settlement_id = b.settlement_id
    where b.care_setting = 'inpatient' and b.lag_days <= $grace_days and l.eligible_amount > 0
        and date_diff('day', b.died_on, l.charged_on)
            > case when l.fee_category in ('03', '04') then greatest($grace_days, $report_days) else $grace_days end
)

select
    case
        when lag_days > $grace_days and not is_excused then 'hit'
        when lag_days > $grace_days then 'clear'
        when person_id is null or (died_on is null and deaths = 0) or started_on is null then 'cannot_judge'
        else 'clear'
    end as outcome,
    case
        when lag_days > $grace_days then null
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
    case when is_doubtful then 'suspected' end as certainty,
    case when is_death_contradicted then 'a death that another source dates later' end as innocent,
    case when is_death_contradicted then '其他来源所载死亡日期更晚，登记日期可能有误' end as innocent_zh,
    died_on,
    lag_days,
    case
        when is_pharmacy then 'a purchase at a drugstore'
        when care_setting = 'inpatient' then 'a stay begun'
        else 'a visit'
    end as what,
    case when is_pharmacy then '购药' when care_setting = 'inpatient' then '入院' else '门诊就医' end as what_zh
from after
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
    case when lag_days <= $sure_days or not coalesce(is_death_registered, false) or coalesce(is_death_contradicted, false)
        then 'suspected' end as certainty,
    case when is_death_contradicted then 'a death that another source dates later' end as innocent,
    case when is_death_contradicted then '其他来源所载死亡日期更晚，登记日期可能有误' end as innocent_zh,
    died_on,
    lag_days,
    item_name || ' charged in a stay' as what,
    '住院计费“' || item_name || '”' as what_zh
from charged
