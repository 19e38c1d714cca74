/*
title = "A yearly benefit used up in equal amounts or in the last month"
title_zh = "年度待遇额度冲顶（等额拆分或年末突击）"
violation = "quota_exhaustion"
family = "pattern"
subjects = ["person"]
fetch = ["frequency"]
certainty = "suspected"
scope = ["outpatient", "chronic", "drugstore"]
window = "benefit year"
law = ["regulation-19-1", "regulation-41-1-3", "rules-31-1-3"]
basis = ["筛查模型 C06 门慢特、统筹额度冲顶"]
needs = ["record.settlement.pooled_fund_amount", "record.settlement.settled_at"]
sentence = "{used} yuan of the yearly {cap} ({own}%) of this benefit used in {settlements} settlements: {how}; {peers} persons have the benefit, half use at most {usual}%; this one of {occurred_on} {fund} yuan from the fund"
sentence_zh = "该项待遇年度限额约{cap}元，{settlements}次结算已用{used}元（{own}%），{how_zh}；享受该待遇{peers}人，半数不超过{usual}%；本次{occurred_on}基金支付{fund}元"
exclusions = [
    "benefits whose limit is neither given nor seen as a pile of persons at one height: cannot judge",
    "the seriously ill whose amounts differ and run evenly through the year",
    "fewer than {min_settlements:settlement}",
]
exclusions_zh = ["限额既未提供，也看不出多人集中于同一高度的待遇：无法判定", "重病者金额各异且全年均匀支出", "不足 {min_settlements} 次结算"]
limits = "A limit that is inferred is the height at which persons pile up. A monthly package of one price uses equal amounts lawfully: look for the medicines. Limits that differ within a benefit are not told apart."
limits_zh = "推定的限额为多人集中的高度。每月同价套餐合法使用等额，应查看药品。同一待遇内不同限额不作区分。"
status = "trial"

[params.caps]
value = ""
meaning = "known yearly limits of the pooled fund, as benefit=yuan joined by ';'; benefit is a disease code, else the care setting and insurance type joined by '|', such as outpatient|390=400"

[params.min_used]
value = 0.95
unit = "share"
meaning = "of the limit that is used up"

[params.min_settlements]
value = 6
unit = "settlements"
meaning = "least in the benefit year"

[params.max_amounts]
value = 3
unit = "amounts"
meaning = "different fund amounts that make most of them"

[params.equal_share]
value = 0.8
unit = "share"
meaning = "of the settlements that those amounts make"

[params.last_share]
value = 0.4
unit = "share"
meaning = "of the money that the last month holds"

[params.times_month]
value = 3.0
unit = "x"
meaning = "the last month to the mean of the months before"

[params.min_pile]
value = 5
unit = "persons"
meaning = "at one height, from which an unknown limit is inferred"

[params.min_fund]
value = 500
unit = "yuan"
meaning = "least limit worth a look"
*/
-- given_limit: the known yearly limits of the parameter. A part without a number is left out.
create temp table given_limit as
with entry as (
    select unnest(string_split($caps, ';')) as text
)
select trim(split_part(text, '=', 1)) as benefit, try_cast(split_part(text, '=', 2) as double) as cap
from entry
where try_cast(split_part(text, '=', 2) as double) > 0;

-- paid: a settlement that draws on a yearly benefit of the pooled fund.
create temp table paid as
select s.settlement_id, s.encounter_id, s.person_id, s.institution_id, s.settled_on, s.month, s.eligible_amount,
    cast(least(r.pooled_fund_amount, s.fund_amount) as double) as fund,
    coalesce(r.benefit_year, strftime(s.settled_on, '%Y')) as year,
    coalesce(
        case when s.care_setting = 'chronic' then r.disease_code end,
        s.care_setting || '|' || coalesce(s.insurance_type, '-')
    ) as benefit
from feature.settlement as s
join record.settlement as r on r.settlement_id = s.settlement_id
where s.care_setting in ('outpatient', 'chronic', 'drugstore') and s.person_id is not null
    and r.pooled_fund_amount > 0 and s.fund_amount > 0;

-- frequent_amount: the few fund amounts, to the yuan, that a person draws most often in a benefit year.
create temp table frequent_amount as
with amount as (
    select person_id, benefit, year, round(fund) as fund, count(*) as times
    from paid
    group by person_id, benefit, year, round(fund)
    qualify row_number() over (
        partition by person_id, benefit, year order by count(*) desc, round(fund)
    ) <= $max_amounts
)
select * from amount where times >= 2;

-- drawn: what a person drew of a benefit in its year.
create temp table drawn as
with equal as (
    select person_id, benefit, year, sum(times) as settlements
    from frequent_amount
    group by person_id, benefit, year
),
last_month as (
    select person_id, benefit, year, month, sum(fund) as fund,
        count(*) over (partition by person_id, benefit, year) as months
    from paid
    group by person_id, benefit, year, month
    qualify row_number() over (partition by person_id, benefit, year order by month desc) = 1
)
select p.person_id, p.benefit, p.year, round(sum(p.fund), 2) as used, count(*) as settlements,
    coalesce(max(e.settlements), 0) as equal_settlements, max(m.month) as last_month,
    round(max(m.fund), 2) as last_fund, max(m.months) as months
from paid as p
join last_month as m on m.person_id = p.person_id and m.benefit = p.benefit and m.year = p.year
left join equal as e on e.person_id = p.person_id and e.benefit = p.benefit and e.year = p.year
group by p.person_id, p.benefit, p.year;

-- yearly_limit: given, or inferred: a limit shows as persons piled up at the top, more in its last twentieth than in
-- the three below it.
create temp table yearly_limit as
with highest as (
    select benefit, year, max(used) as most, count(*) - 1 as peers, median(used) as usual
    from drawn
    group by benefit, year
),
piled as (
    select h.benefit, h.year, count(*) filter (d.used >= 0.95 * h.most) as at_top,
        count(*) filter (d.used >= 0.8 * h.most and d.used < 0.95 * h.most) as below
    from highest as h
    join drawn as d on d.benefit = h.benefit and d.year = h.year
    group by h.benefit, h.year
)
select h.benefit, h.year, coalesce(g.cap, h.most) as cap, h.peers, h.usual
from highest as h
join piled as p on p.benefit = h.benefit and p.year = h.year
left join given_limit as g on g.benefit = h.benefit
where (g.cap is not null or (p.at_top >= $min_pile and p.at_top > p.below)) and coalesce(g.cap, h.most) >= $min_fund;

-- used_up: a limit that a person used up in equal amounts, or with a rush in the last month.
create temp table used_up as
with compared as (
    select d.*, l.cap, l.peers, l.usual, d.equal_settlements >= $equal_share * d.settlements as is_equal,
        d.months >= 3 and d.last_fund >= $last_share * d.used
            and d.last_fund >= $times_month * (d.used - d.last_fund) / greatest(d.months - 1, 1) as is_rush
    from drawn as d
    join yearly_limit as l on l.benefit = d.benefit and l.year = d.year
    where d.used >= $min_used * l.cap and d.settlements >= $min_settlements
)
select * from compared where is_equal or is_rush;

-- at_issue: of those limits the settlements of equal amounts and of the rush.
create temp table at_issue as
select u.*, p.settlement_id, p.encounter_id, p.institution_id, p.settled_on, p.eligible_amount, p.fund
from used_up as u
join paid as p on p.person_id = u.person_id and p.benefit = u.benefit and p.year = u.year
left join frequent_amount as a on a.person_id = p.person_id and a.benefit = p.benefit and a.year = p.year
    and a.fund = round(p.fund)
where (u.is_equal and a.person_id is not null) or (u.is_rush and p.month = u.last_month);

select 'hit' as outcome, settlement_id, encounter_id, person_id, institution_id, settled_on as occurred_on,
    eligible_amount as amount, benefit || '|' || year as part,
    case when is_equal and is_rush then 1.0 else 0.7 end as weight, benefit, used, round(cap, 0) as cap,
    'quota_used' as indicator, 'share of the yearly limit used' as indicator_title,
    '年度限额使用率' as indicator_title_zh, '%' as unit, round(100 * used / cap, 0) as own,
    round(100 * usual / cap, 0) as usual, peers, settlements,
    case
        when is_equal then equal_settlements || ' of them in at most ' || $max_amounts || ' amounts'
        else round(100 * last_fund / used) || '% of it in the last month'
    end as how,
    case
        when is_equal then '其中' || equal_settlements || '次仅' || $max_amounts || '种以内金额'
        else '最后一月占' || round(100 * last_fund / used) || '%'
    end as how_zh,
    fund
from at_issue

union all by name
select 'cannot_judge' as outcome, 'no yearly limit of the benefit can be told' as reason, count(*) as units
from paid
where (benefit, year) not in (select (benefit, year) from yearly_limit)
having count(*) > 0

union all by name
select 'clear' as outcome, count(*) as units
from paid
where (benefit, year) in (select (benefit, year) from yearly_limit)
    and settlement_id not in (select settlement_id from at_issue)
having count(*) > 0
