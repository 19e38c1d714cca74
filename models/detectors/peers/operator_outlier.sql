/*
title = "Counter repayments and re-settlements of one operator far above the others"
title_zh = "经办内控：零星报销、退费重结集中于个别经办人"
violation = "operator_outlier"
family = "internal_control"
subjects = ["institution"]
fetch = ["internal_control"]
certainty = "suspected"
window = "the whole delivered window"
law = ["regulation-25"]
basis = ["筛查模型 G01 经办内控：零星报销与退费重结异常"]
needs = [
    "record.settlement.operator_id",
    "record.settlement.settlement_type",
    "record.settlement.settled_at",
]
sentence = "Operator {operator} of office {office}: {how}, where {peers} operators have {usual} (median); {off_hours}% outside office hours; here {what} of {occurred_on}, {amount} yuan"
sentence_zh = "经办机构{office}经办人{operator}：{how_zh}，{peers}名经办人中位数为{usual}；非工作时间占{off_hours}%；本笔{occurred_on}{what_zh}{amount}元"
exclusions = [
    "settlements at institutions that were neither taken back nor repaid",
    "a bill settled anew for the same or less fund money: a correction",
    "the only operator on duty: with few operators money is not compared",
]
exclusions_zh = ["机构端结算且未退费、未零星报销", "重结后基金支付相同或更少：属更正", "唯一当班的经办人：经办人较少时不比较金额"]
limits = "For internal control only, hence on trial: it never enters the inspectors' lists. The subject is the office (the insured division that pays), the operator stands in the detail. One operator may have the duty of all repayments: see the roster."
limits_zh = "仅供内部控制，处于试运行，不进入核查名单。对象为经办机构（支付的参保区划），经办人列于明细。某经办人可能专责零星报销，应查阅排班。"
status = "trial"

[params.min_repaid]
value = 20
unit = "repayments"
meaning = "least of one operator for its money to count"

[params.min_z]
value = 3.0
unit = "robust z"
meaning = "least distance above the other operators"

[params.min_same]
value = 5
unit = "repayments"
meaning = "to one person by one operator that count alone"

[params.min_resettled]
value = 5
unit = "bills"
meaning = "taken back and settled anew for more fund money"

[params.max_days]
value = 30
unit = "days"
meaning = "between taking back and settling anew"

[params.min_operators]
value = 5
unit = "operators"
meaning = "fewer at counters: money is not compared"

[params.day_from]
value = 7
unit = "hour"
meaning = "office hours begin"

[params.day_to]
value = 19
unit = "hour"
meaning = "office hours end"
*/
-- operator_deed: repayments at the counter, and bills taken back and settled anew for more; each with who did it.
create temp table operator_deed as
with settled_anew as (
    select r.settlement_id as refund_id, s.settlement_id, o.fund_amount as fund_before, r.operator_id,
        row_number() over (partition by r.settlement_id order by s.settled_at, s.settlement_id) as place
    from feature.refund as f
    join record.settlement as r on r.settlement_id = f.refund_id
    join record.settlement as o on o.settlement_id = f.settlement_id
    join feature.settlement as s on s.person_id = r.person_id and s.institution_id = r.institution_id
        and s.settled_at > r.settled_at and date_diff('day', r.settled_at, s.settled_at) <= $max_days
        and s.started_on = o.started_on
    where s.fund_amount > o.fund_amount
)
select 'repaid' as deed, s.settlement_id, r.operator_id, s.fund_amount as money
from feature.settlement as s
join record.settlement as r on r.settlement_id = s.settlement_id
where r.settlement_type = '1'
union all
select 'again', a.settlement_id, coalesce(s.operator_id, a.operator_id), s.fund_amount - a.fund_before
from settled_anew as a
join feature.settlement as s on s.settlement_id = a.settlement_id
where a.place = 1;

-- named_deed: those whose operator is known, with the office that pays and whether it was outside office hours.
create temp table named_deed as
select d.*, s.person_id, s.encounter_id, s.settled_on, s.eligible_amount, coalesce(s.insured_division, '-') as office,
    (s.has_clock and (hour(s.settled_at) < $day_from or hour(s.settled_at) >= $day_to)) or coalesce(k.is_rest, false) as is_off
from operator_deed as d
join feature.settlement as s on s.settlement_id = d.settlement_id
left join feature.calendar_day as k on k.on_date = s.settled_on
where d.operator_id is not null;

-- repaid_person: how often one operator repaid one person.
create temp table repaid_person as
select office, operator_id, person_id, count(*) as times
from named_deed where deed = 'repaid' group by office, operator_id, person_id;

-- outlying_operator: far more money than the others, many repayments to one person, or many bills settled anew.
create temp table outlying_operator as
with most_repaid as (
    select office, operator_id, max(times) as same from repaid_person group by office, operator_id
),
summed as (
    select d.office, d.operator_id, count(*) filter (where d.deed = 'repaid') as repaid,
        cast(coalesce(sum(d.money) filter (where d.deed = 'repaid'), 0) as double) as fund,
        count(*) filter (where d.deed = 'again') as resettled,
        round(100 * avg(cast(d.is_off as integer)), 0) as off_hours, coalesce(any_value(m.same), 0) as same
    from named_deed as d
    left join most_repaid as m on m.office = d.office and m.operator_id = d.operator_id
    group by d.office, d.operator_id
),
middle as (
    select median(ln(fund + 1)) as centre, median(fund) as usual_fund, median(resettled) as usual_resettled,
        median(same) as usual_same, count(*) as operators
    from summed where repaid > 0 or resettled > 0
),
-- Counters differ by a third of themselves at least: however alike they are, nobody stands out by less.
spread as (
    select greatest(1.4826 * median(abs(ln(s.fund + 1) - m.centre)), 0.3) as sd
    from summed as s
    cross join middle as m
),
compared as (
    select s.*, m.operators - 1 as peers, m.operators, m.usual_fund, m.usual_resettled, m.usual_same,
        (ln(s.fund + 1) - m.centre) / d.sd as z
    from summed as s
    cross join middle as m
    cross join spread as d
),
signed as (
    select *, repaid >= $min_repaid and operators >= $min_operators and z >= $min_z as is_money,
        same >= $min_same as is_same,
        resettled >= $min_resettled and resettled > 2 * usual_resettled as is_again
    from compared
)
select * from signed where is_money or is_same or is_again;

-- deed_at_issue: what an outlying operator did of the kind that stands out.
create temp table deed_at_issue as
select d.*, o.* exclude (office, operator_id)
from outlying_operator as o
join named_deed as d on d.office = o.office and d.operator_id = o.operator_id
left join repaid_person as r on r.office = d.office and r.operator_id = d.operator_id and r.person_id = d.person_id
where case d.deed when 'again' then o.is_again else o.is_money or (o.is_same and coalesce(r.times, 0) >= $min_same) end;

-- Two signs of one operator are certain; one may be the duty roster.
select 'hit' as outcome, settlement_id, encounter_id, person_id, office as institution_id, settled_on as occurred_on,
    cast(case deed when 'again' then money else eligible_amount end as decimal(16, 2)) as amount,
    operator_id || deed as part, case when is_money and (is_same or is_again) then 1.0 else 0.6 end as weight,
    operator_id as operator, office, cast(off_hours as integer) as off_hours, repaid, resettled, same,
    round(z, 1) as z,
    case when is_money then 'money_repaid' when is_again then 'settled_anew' else 'repaid_to_one' end as indicator,
    case when is_money then 'yuan repaid by one operator' when is_again then 'bills settled anew for more'
        else 'repayments to one person' end as indicator_title,
    case when is_money then '经办人零星报销金额' when is_again then '退费后重结且基金增加笔数'
        else '向同一人零星报销笔数' end as indicator_title_zh,
    case when is_money then '¥' else '' end as unit,
    cast(case when is_money then fund when is_again then resettled else same end as bigint) as own,
    cast(case when is_money then usual_fund when is_again then usual_resettled else usual_same end as bigint) as usual,
    peers,
    case when is_money then repaid || ' repayments, ' || cast(fund as bigint) || ' yuan'
        when is_again then resettled || ' bills taken back and settled anew for more'
        else same || ' repayments to one person' end as how,
    case when is_money then '零星报销' || repaid || '笔' || cast(fund as bigint) || '元'
        when is_again then '退费后重结且基金增加' || resettled || '笔'
        else '向同一人零星报销' || same || '笔' end as how_zh,
    case deed when 'again' then 'a re-settlement' else 'a repayment' end as what,
    case deed when 'again' then '重结增加' else '零星报销' end as what_zh
from deed_at_issue

union all by name
select 'cannot_judge' as outcome, 'a repayment or re-settlement names no operator' as reason, count(*) as units
from operator_deed where operator_id is null having count(*) > 0

union all by name
select 'clear' as outcome, count(*) - (select count(*) from deed_at_issue) as units
from named_deed having count(*) > (select count(*) from deed_at_issue);
