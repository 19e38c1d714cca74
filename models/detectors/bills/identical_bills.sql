/*
title = "Identical bills of several persons"
title_zh = "多人费用明细雷同（疑似套用模版）"
violation = "identical_bills"
family = "pattern"
subjects = ["institution", "practitioner"]
certainty = "suspected"
window = "the whole delivered window"
law = ["regulation-15-1", "regulation-20", "regulation-38-1-2", "regulation-40-1-3"]
basis = ["筛查模型 B11 费用/病历雷同"]
needs = ["record.fee_line"]
sentence = "{own} persons were billed the same {items} items in the same quantities here ({diagnosis_text}), where {usual} would be usual; this settlement is of {occurred_on}: {item_text}"
sentence_zh = "本机构{own}人费用明细完全相同（{items}个项目、数量一致，诊断{diagnosis_text}），参照同类机构及该诊断预期{usual}人；本次结算{occurred_on}：{item_text}"
exclusions = [
    "dialysis, chemotherapy, radiotherapy, check-ups, vaccination, day surgery",
    "bills of which none holds insurance money: neither the funds nor an account paid (check-ups before employment)",
    "acute notifiable infections (flu, hand-foot-and-mouth, chickenpox): many fall ill at once",
    "diagnoses treated in courses (admission exceptions)",
    "what peers bill as often, for all or for the diagnosis",
    "equal bills that the institution's usual items make by chance",
]
exclusions_zh = [
    "透析、化疗、放疗、体检、疫苗接种、日间手术",
    "全部未使用基金和个人账户的自费结算（如入职体检）",
    "急性法定传染病等（流感、手足口病、水痘）：短期内多人发病",
    "分疗程治疗的诊断（住院例外表）",
    "同类机构总体或该诊断同样常见的组合",
    "本机构常用项目偶然形成的相同账单",
]
limits = "Fewer than six persons, and acute infections, come with the ordinary reading first: one pathway. Only exactly equal bills: one changed quantity hides a stay. A package that only this institution sells, or one doctor's habit for one complaint, looks alike, and is spread over the year, so equal bills of neighbouring days weigh more: read the records."
limits_zh = "不足六人的，以及急性感染，首先提示同一临床路径的可能。仅看完全相同的账单，改动一个数量即可掩盖。仅本机构提供的套餐、某医师对某病的习惯也会呈现相同情形，且分散于全年，故相邻日期的雷同账单权重更高；应查阅病历。"

[params.min_persons]
value = 3
unit = "persons"
meaning = "least persons with the same bill"

[params.min_chronic_persons]
value = 6
unit = "persons"
meaning = "the same with a chronic visit among the bills: regimens repeat"

[params.min_stay_items]
value = 8
unit = "items"
meaning = "least items of a stay's bill"

[params.min_visit_items]
value = 5
unit = "items"
meaning = "least items of a visit's bill"

[params.min_surprise]
value = 5.0
unit = "log"
meaning = "least surprise at so many persons, over the number of templates searched; 5 is about one false group in 150 runs"

[params.min_attending]
value = 0.8
unit = "share"
meaning = "least share of the bills that one practitioner signed to be named"
*/
-- item_of_bill: an item and its quantity in one visit or stay.
create temp table item_of_bill as
select encounter_id, item_code, round(sum(quantity), 2) as quantity, min(practitioner_id) as practitioner_id
from feature.fee_line
where not is_pharmacy and encounter_id is not null and item_code is not null and quantity > 0
group by encounter_id, item_code;

-- bill: a visit or stay with its template, the sorted items and quantities, packaged care left out; is_long where it
-- has items enough to be compared.
create temp table bill as
with whole as (
    select encounter_id, count(*) as items, mode(practitioner_id order by practitioner_id) as practitioner_id,
        md5(string_agg(item_code || '*' || quantity, ';' order by item_code)) as template
    from item_of_bill
    group by encounter_id
),
day_care as (
    select distinct e.medical_category, e.area
    from (select distinct medical_category, coalesce(area, '') as area from feature.encounter) as e
    join knowledge.medical_category as k
        on starts_with(e.medical_category, k.code_prefix) and starts_with(e.area, coalesce(k.area, ''))
    where regexp_matches(coalesce(k.name_zh, ''), '日间|体检|预防')
),
-- Bills in which nobody's insurance money is.
cash as (
    select encounter_id
    from feature.settlement
    where encounter_id is not null
    group by encounter_id
    having bool_and(coalesce(is_cash_only, false))
)
select w.encounter_id, e.person_id, e.institution_id, e.is_inpatient as is_stay,
    w.encounter_id in (select encounter_id from cash) as is_cash,
    coalesce(e.care_setting, '-') = 'chronic' as is_chronic,
    coalesce(substr(e.principal_diagnosis_code, 1, 3), '-') as diagnosis,
    coalesce(e.attending_practitioner_id, w.practitioner_id) as practitioner_id, w.items, w.template,
    w.items >= case when e.is_inpatient then $min_stay_items else $min_visit_items end as is_long
from whole as w
join feature.encounter as e on e.encounter_id = w.encounter_id
join feature.encounter_excuse as x on x.encounter_id = w.encounter_id
-- In a course and in a package equal bills are the rule.
where not x.is_expected and not coalesce(e.is_package, false) and not coalesce(e.is_outbreak_disease, false)
    and e.person_id is not null and e.institution_id is not null
    and not exists (
        select 1 from day_care as d
        where d.medical_category = e.medical_category and d.area = coalesce(e.area, '')
    );

-- shared_template: a template of an institution that several persons have, with its commonest diagnosis.
create temp table shared_template as
select institution_id, is_stay, template, min(items) as items, count(*) as bills, count(distinct person_id) as persons,
    mode(diagnosis order by encounter_id) as diagnosis, min(encounter_id) as example
from bill
where is_long
group by institution_id, is_stay, template
having count(distinct person_id) >= case when bool_or(is_chronic) then $min_chronic_persons else $min_persons end
    -- Below the deductible one pays in cash too: only where nobody's insurance paid it is none of ours.
    and not bool_and(is_cash);

-- expected_template: with three numbers of persons to be expected: as often as peers have it for all (by_peers) and for
-- the diagnosis (by_pathway), and by chance from the items that the institution's other bills have (by_chance).
create temp table expected_template as
with place as materialized (
    select institution_id, is_stay, diagnosis, count(*) as bills, count(distinct person_id) as persons
    from bill
    group by cube (diagnosis), institution_id, is_stay
),
everywhere as (
    select is_stay, diagnosis, sum(persons) as persons from place group by is_stay, diagnosis
),
used as materialized (
    select is_stay, template, diagnosis, institution_id, count(distinct person_id) as persons
    from bill
    where template in (select template from shared_template)
    group by cube (diagnosis), is_stay, template, institution_id
),
elsewhere as (
    select s.institution_id, s.is_stay, s.template, u.diagnosis is null as is_any, sum(u.persons) as persons
    from shared_template as s
    join used as u on u.is_stay = s.is_stay and u.template = s.template
        and u.institution_id <> s.institution_id and coalesce(u.diagnosis, s.diagnosis) = s.diagnosis
    group by s.institution_id, s.is_stay, s.template, u.diagnosis is null
),
own_bills as (
    select s.institution_id, s.is_stay, s.template, s.diagnosis, s.example, count(*) as bills
    from shared_template as s
    join bill as b on b.institution_id = s.institution_id and b.is_stay = s.is_stay and b.template = s.template
        and b.diagnosis = s.diagnosis
    group by s.institution_id, s.is_stay, s.template, s.diagnosis, s.example
),
-- How often the institution's other bills of the diagnosis have each item in that quantity.
item_use as materialized (
    select b.institution_id, b.is_stay, b.diagnosis, i.item_code, i.quantity, count(*) as bills
    from bill as b
    join item_of_bill as i on i.encounter_id = b.encounter_id
    where (b.institution_id, b.is_stay, b.diagnosis) in (
        select (institution_id, is_stay, diagnosis) from shared_template
    )
    group by b.institution_id, b.is_stay, b.diagnosis, i.item_code, i.quantity
),
chance as (
    -- Logarithms are decimals, so that their sum is the same in any order.
    select o.institution_id, o.is_stay, o.template, exp(cast(sum(cast(
            ln((u.bills - o.bills + 0.5) / (p.bills - o.bills + 1)) as decimal(18, 12)
        )) as double)) as likely
    from own_bills as o
    join item_of_bill as i on i.encounter_id = o.example
    join item_use as u on u.institution_id = o.institution_id and u.is_stay = o.is_stay
        and u.diagnosis = o.diagnosis and u.item_code = i.item_code and u.quantity = i.quantity
    join place as p on p.institution_id = o.institution_id and p.is_stay = o.is_stay and p.diagnosis = o.diagnosis
    group by o.institution_id, o.is_stay, o.template
),
expected as (
    select s.*,
        here.persons * coalesce(a.persons, 0) / greatest(w.persons - here.persons, 1) as by_peers,
        alike.persons * coalesce(d.persons, 0) / greatest(v.persons - alike.persons, 1) as by_pathway,
        -- Who comes again and again has as many chances of the same bill.
        alike.persons * (1 - pow(1 - c.likely, cast(alike.bills as double) / greatest(alike.persons, 1))) as by_chance
    from shared_template as s
    join place as here on here.institution_id = s.institution_id and here.is_stay = s.is_stay
        and here.diagnosis is null
    join place as alike on alike.institution_id = s.institution_id and alike.is_stay = s.is_stay
        and alike.diagnosis = s.diagnosis
    join everywhere as w on w.is_stay = s.is_stay and w.diagnosis is null
    join everywhere as v on v.is_stay = s.is_stay and v.diagnosis = s.diagnosis
    join chance as c on c.institution_id = s.institution_id and c.is_stay = s.is_stay and c.template = s.template
    left join elsewhere as a on a.institution_id = s.institution_id and a.is_stay = s.is_stay
        and a.template = s.template and a.is_any
    left join elsewhere as d on d.institution_id = s.institution_id and d.is_stay = s.is_stay
        and d.template = s.template and not d.is_any
),
searched as (
    select is_stay, ln(greatest(count(distinct template), 1)) as templates from bill where is_long group by is_stay
),
floored as (
    select *, greatest(by_peers, by_pathway, by_chance) as usual,
        greatest(by_peers, by_pathway, by_chance, 0.01) as usual_at_least
    from expected
)
-- The bound on the logarithm of the chance to see so many when so few are usual, less what searching through so many
-- templates finds anyhow.
select f.*, f.persons * ln(f.persons / f.usual_at_least) - f.persons + f.usual_at_least - s.templates as surprise
from floored as f
join searched as s on s.is_stay = f.is_stay;

-- group_of_bills: a template that more persons have than chance and custom explain.
create temp table group_of_bills as
select *, institution_id || '|' || template as name
from expected_template
where surprise >= $min_surprise and persons > usual;

-- bill_of_group: its bills, each with the practitioner who signed nearly all of them, if one did.
create temp table bill_of_group as
with signed as (
    select g.name, b.practitioner_id
    from group_of_bills as g
    join bill as b on b.institution_id = g.institution_id and b.is_stay = g.is_stay and b.template = g.template
    where b.practitioner_id is not null
    group by g.name, b.practitioner_id, g.bills
    having count(*) >= $min_attending * g.bills
)
select g.*, b.encounter_id, b.person_id, e.started_on, s.practitioner_id as attending,
    coalesce(max(e.principal_diagnosis_name) over (partition by g.name, g.diagnosis = b.diagnosis), g.diagnosis)
        as diagnosis_text
from group_of_bills as g
join bill as b on b.institution_id = g.institution_id and b.is_stay = g.is_stay and b.template = g.template
join feature.encounter as e on e.encounter_id = b.encounter_id
left join signed as s on s.name = g.name and s.practitioner_id = b.practitioner_id;

with named as (
    select item_code, min(item_name) as item_name
    from feature.fee_line
    where item_code in (
        select i.item_code from item_of_bill as i join group_of_bills as g on g.example = i.encounter_id
    )
    group by item_code
),
spelt as (
    select g.name, string_agg(
            coalesce(n.item_name, i.item_code) || '×' || format('{:g}', cast(i.quantity as double)),
            '、' order by i.item_code
        ) as item_text
    from group_of_bills as g
    join item_of_bill as i on i.encounter_id = g.example
    left join named as n on n.item_code = i.item_code
    group by g.name
),
spaced as (
    select name, least(
            date_diff('day', lag(started_on) over by_day, started_on),
            date_diff('day', started_on, lead(started_on) over by_day)
        ) <= 1 as is_near
    from bill_of_group
    window by_day as (partition by name order by started_on, encounter_id)
),
near as (
    select name, avg(cast(coalesce(is_near, false) as integer)) as near_share from spaced group by name
)
select 'hit' as outcome, s.settlement_id, b.encounter_id, b.person_id, b.institution_id, b.attending as practitioner_id,
    s.settled_on as occurred_on, s.eligible_amount as amount, left(b.template, 12) as part,
    -- A package is spread over the year; bills filled in from a template stand close together. Half the distance to
    -- certainty for every 5 of log, and of that two fifths where no two bills are of neighbouring days.
    round((1 - 0.5 * pow(2, -(b.surprise - $min_surprise) / 5)) * (0.4 + 0.6 * n.near_share), 4) as weight,
    'persons_with_one_bill' as indicator, 'persons with one and the same bill' as indicator_title,
    '费用明细完全相同的人数' as indicator_title_zh, '' as unit, b.persons as own, round(b.usual, 1) as usual, b.items,
    b.diagnosis, b.diagnosis_text, round(b.by_peers, 2) as by_peers, round(b.by_pathway, 2) as by_pathway,
    round(b.by_chance, 2) as by_chance, round(b.surprise, 1) as surprise, left(b.template, 12) as template, t.item_text,
    -- Of few persons, or of an acute infection, one pathway of the house makes the same bill.
    case
        when regexp_matches(b.diagnosis, '^(A0|A3|B0|B3|J0|J1|J2[0-2])') then 'an epidemic treated by one protocol'
        when b.diagnosis = '-' then 'one complaint and its usual remedy: no diagnosis was delivered'
        when b.persons < 6 then 'a clinical pathway or package of the house (ask for it)'
    end as innocent,
    case
        when regexp_matches(b.diagnosis, '^(A0|A3|B0|B3|J0|J1|J2[0-2])') then '流行期同病按同一方案治疗'
        when b.diagnosis = '-' then '同病同方（未提供诊断）'
        when b.persons < 6 then '本院临床路径或套餐（应调取路径表单）'
    end as innocent_zh
from bill_of_group as b
join near as n on n.name = b.name
join spelt as t on t.name = b.name
join feature.settlement as s on s.encounter_id = b.encounter_id;

select 'cannot_judge' as outcome, 'the visit or stay has no fee lines' as reason, count(*) as units
from feature.encounter as e
left join feature.institution as i on i.institution_id = e.institution_id
where not coalesce(i.is_pharmacy, false)
    and not exists (select 1 from feature.fee_line as l where l.encounter_id = e.encounter_id)
having count(*) > 0

union all by name
select 'clear' as outcome, count(*) as units
from bill
where is_long and encounter_id not in (select encounter_id from bill_of_group)
having count(*) > 0
