/*
title       = "Item restricted to the other sex"
title_zh    = "药品、医疗服务项目与性别不符"
official    = [67, 81]
violation   = "sex_mismatch"
family      = "identity"
fetch       = ["identity", "overcharge"]
problem     = ["hospital-7", "hospital-76", "pharmacy-9", "pharmacy-17"]
judges      = ["sex"]
subjects    = ["institution", "pharmacy", "practitioner", "person"]
certainty   = "definite"
stage       = "audit"
window      = "line"
basis       = [
    "《医疗保障基金使用监督管理条例》第三十八条",
    "智能监管规则库（2025年版）67 药品区分性别使用、81 医疗服务项目区分性别使用",
]
needs       = ["record.settlement.sex"]
exclusions  = [
    "the identity number contradicts the delivered sex: cannot judge",
    "pregnancy and maternity care settled for a newborn",
    "a drugstore purchase paid without the funds: the personal account may be used for one's family",
    "the institution is unknown, and with it whether it is a drugstore: cannot judge",
]
exclusions_zh = [
    "证件号码与所报性别矛盾：无法判定",
    "妊娠、生育费用在新生儿名下结算",
    "未使用基金的药店购药：个人账户可用于家庭成员",
    "机构未知，无从知道是否为药店：无法判定",
]
limits      = "Silent on items without a published sex; an item taken for a spouse and paid by the funds looks the same."
limits_zh   = "未公布性别限制的项目不作判断；为配偶取用且由基金支付的也会呈现相同情形。"
version     = "1"
sentence    = "{item_name}, an item for {item_sex} persons, was charged for a {person_sex} person on {occurred_on} ({amount} yuan)"
sentence_zh = "{occurred_on} 为{person_sex_zh}性参保人结算限{item_sex_zh}性使用的“{item_name}”，涉及 {amount} 元"
*/
with restricted as (
    select l.settlement_id, l.line_id, l.encounter_id, l.person_id, l.institution_id, l.practitioner_id,
        l.charged_on, l.item_name, l.eligible_amount, s.sex, s.is_sex_contradicted, s.age_years,
        s.is_family_purchase,
        k.sex as item_sex, k.point_id
    from feature.fee_line as l
    join knowledge.item_sex as k
        on k.item_code = l.item_code
        and l.charged_on >= coalesce(k.valid_from, l.charged_on) and l.charged_on <= coalesce(k.valid_to, l.charged_on)
    join feature.settlement as s on s.settlement_id = l.settlement_id
    where l.eligible_amount > 0
)

select
    case
        when is_family_purchase then 'clear'
        when sex is null or is_sex_contradicted then 'cannot_judge'
        when sex <> item_sex and not (coalesce(age_years < 1, false) and item_sex = '2') and is_family_purchase is null
            then 'cannot_judge'
        when sex <> item_sex and not (coalesce(age_years < 1, false) and item_sex = '2') then 'hit'
        else 'clear'
    end as outcome,
    case
        when sex is null then 'the sex is unknown'
        when is_sex_contradicted then 'the identity number contradicts the sex'
        when is_family_purchase is null then 'the institution is unknown, and with it whether it is a drugstore'
    end as reason,
    settlement_id,
    line_id,
    encounter_id,
    person_id,
    institution_id,
    practitioner_id,
    charged_on as occurred_on,
    eligible_amount as amount,
    item_name,
    case item_sex when '1' then 'male' else 'female' end as item_sex,
    case item_sex when '1' then '男' else '女' end as item_sex_zh,
    case sex when '1' then 'male' else 'female' end as person_sex,
    case sex when '1' then '男' else '女' end as person_sex_zh,
    point_id
from restricted
