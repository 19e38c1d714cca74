/*
title = "Drugs that sell well, collected from many places beyond need"
title_zh = "多机构高频开取易倒卖药品，超出用药需要（疑似职业开药）"
violation = "drug_resale"
family = "resale"
subjects = ["person"]
certainty = "suspected"
scope = ["outpatient", "chronic", "drugstore"]
window = "180 days, over all institutions"
law = ["regulation-19-1", "regulation-41-1-3", "rules-31-1-3"]
basis = ["国家医保局医保药品倒卖模型；筛查模型 C09 职业开药人、C04 跨机构重复开药"]
needs = ["record.fee_line.supply_days", "record.fee_line.item_code"]
sentence = "In {days} days to {last_on} {own} packs of drugs that sell well from {places} places and {doctors} practitioners, {watch_amount} yuan, of which {beyond_amount} yuan while at least {least_left} days of the drug were at home; {peers} persons with such drugs have {usual} packs from {usual_places} places (median); here {drug} on {occurred_on}, {left_days} days at home, {amount} yuan"
sentence_zh = "截至{last_on}的{days}天内自{places}家机构、{doctors}名医师处取得易倒卖药品{own}盒、{watch_amount}元，其中手中余量超{least_left}天仍取药{beyond_amount}元；同期用此类药的{peers}人中位数为{usual_places}家、{usual}盒；本条{occurred_on}取“{drug}”，余量约{left_days}天，{amount}元"
exclusions = [
    "one or two places, a drug from one place only, or few packs: the prescriber's habit is the question",
    "several diseases at once: only what comes while the same drug is still at home counts",
    "drugs given during a stay",
    "what is paid without the funds or from a relative's account: accounts are shared within the family",
    "a drug one of whose lines does not say how long it lasts",
]
exclusions_zh = ["仅一两家机构、某药仅取自一家、盒数较少：应看开方习惯", "多病并存：仅计同一药品尚有余量时再取的部分", "住院期间使用的药品", "未使用基金或由家庭共济账户支付的部分：个人账户可供家庭成员使用", "有明细未载可用天数的药品"]
limits = "The quantity is in billing units, mostly packs. Lost packs, a doubled dose and a relative without a card explain some of it. oversupply names the single drug, this the person; both are one family. What was collected before the delivered period is not seen."
limits_zh = "数量按计价单位，多为盒。药品遗失、双倍剂量、无医保凭证的家属可解释部分。“跨机构超量囤药”指向单一药品，本条指向参保人，两者属同一类证据。提供数据之前取的药看不到。"

[params.groups]
value = "XA10 XA11 XB01 XB03 XC01 XC07 XC08 XC09 XC10 XG04 XJ05 XL01 XL02 XL04 XN07 XR03 ZA09 ZA12"
meaning = "first four characters of catalogue codes of drugs that sell well: insulin and diabetes, anticoagulants, heart and lipids, liver, tumour, nerves, lungs, bones, stasis, tonics"

[params.window]
value = 180
unit = "days"
meaning = "in which everything is counted"

[params.min_places]
value = 4
unit = "places"
meaning = "least institutions and drugstores"

[params.min_drug_places]
value = 2
unit = "places"
meaning = "least places that gave the drug itself, for a line of it to be beyond need"

[params.min_packs]
value = 60
unit = "packs"
meaning = "least quantity"

[params.min_amount]
value = 3000
unit = "yuan"
meaning = "least eligible money for such drugs"

[params.least_left]
value = 30
unit = "days"
meaning = "supply at home from which more is beyond need"

[params.min_beyond]
value = 2500
unit = "yuan"
meaning = "least money for what is beyond need"

[params.min_share]
value = 0.3
unit = "share"
meaning = "least of it in the money for such drugs"
*/
-- sought_line: a fee line of a drug that sells well, and whether it came while the drug was still at home.
create temp table sought_line as
with place as (
    select person_id, item_name as drug, count(distinct institution_id) as places
    from feature.fee_line
    where catalogue_type = '101' and care_setting in ('outpatient', 'chronic', 'drugstore')
        and not coalesce(is_family_money, false)
    group by person_id, item_name
)
select l.settlement_id, l.line_id, l.encounter_id, l.person_id, l.institution_id, l.practitioner_id,
    l.charged_on, l.item_name as drug, l.quantity, l.eligible_amount, s.left_days,
    coalesce(s.left_days >= $least_left, false) and p.places >= $min_drug_places as is_beyond
from feature.fee_line as l
join feature.drug_supply as s
    on s.person_id = l.person_id and s.drug = l.item_name and s.charged_on = l.charged_on
join place as p on p.person_id = l.person_id and p.drug = l.item_name
where l.catalogue_type = '101' and l.eligible_amount > 0
    and l.care_setting in ('outpatient', 'chronic', 'drugstore')
    and not coalesce(l.is_family_money, false)
    and list_contains(string_split($groups, ' '), substr(l.item_code, 1, 4));

-- buyer_window: a window of a person that reaches the bounds; each ends on a day of collection.
create temp table buyer_window as
with likely as (
    select person_id
    from sought_line
    group by person_id
    having count(distinct institution_id) >= $min_places and sum(quantity) >= $min_packs
        and sum(eligible_amount) >= $min_amount
        and sum(eligible_amount) filter (where is_beyond) >= $min_beyond
),
span as (
    select distinct person_id, charged_on - cast(greatest($window, 1) - 1 as integer) as first_on,
        charged_on as last_on
    from sought_line
    where person_id in (select person_id from likely)
)
select w.person_id, w.first_on, w.last_on, count(distinct l.institution_id) as places,
    count(distinct l.practitioner_id) as doctors, sum(l.quantity) as packs, sum(l.eligible_amount) as watch_amount,
    sum(l.eligible_amount) filter (where l.is_beyond) as beyond_amount
from span as w
join sought_line as l on l.person_id = w.person_id and l.charged_on between w.first_on and w.last_on
group by w.person_id, w.first_on, w.last_on
having count(distinct l.institution_id) >= $min_places and sum(l.quantity) >= $min_packs
    and sum(l.eligible_amount) >= $min_amount
    and sum(l.eligible_amount) filter (where l.is_beyond) >= greatest($min_beyond, $min_share * sum(l.eligible_amount));

-- line_beyond_need: in the window that says most.
create temp table line_beyond_need as
select l.*, w.last_on, w.places, w.doctors, w.packs, w.watch_amount, w.beyond_amount
from sought_line as l
join buyer_window as w on w.person_id = l.person_id and l.charged_on between w.first_on and w.last_on
where l.is_beyond
qualify row_number() over (
    partition by l.settlement_id, l.line_id order by w.beyond_amount desc, w.last_on
) = 1;

with collected as (
    select person_id, count(distinct institution_id) as places, sum(quantity) as packs
    from sought_line
    group by person_id
),
usual as (
    select count(*) - 1 as peers, median(places) as places, median(packs) as packs from collected
)
select 'hit' as outcome, l.settlement_id, l.line_id, l.encounter_id, l.person_id, l.institution_id,
    l.practitioner_id, l.charged_on as occurred_on, l.eligible_amount as amount, $window as days, l.last_on,
    l.places, l.doctors, 'packs_that_sell_well' as indicator,
    'packs of drugs that sell well in ' || $window || ' days' as indicator_title,
    $window || '天内易倒卖药品盒数' as indicator_title_zh, '' as unit, cast(l.packs as bigint) as own,
    cast(u.packs as bigint) as usual, u.peers, l.watch_amount, l.beyond_amount, $least_left as least_left,
    cast(u.places as bigint) as usual_places, l.drug, cast(l.left_days as bigint) as left_days,
    round(1 - 0.5 * $min_beyond / greatest(l.beyond_amount, $min_beyond), 4) as weight
from line_beyond_need as l
cross join usual as u

union all by name
select 'cannot_judge' as outcome, 'the days of supply are unknown' as reason, count(*) as units
from sought_line where left_days is null having count(*) > 0

union all by name
select 'clear' as outcome,
    (select count(*) from sought_line where left_days is not null) - (select count(*) from line_beyond_need) as units;
