/*
title = "A batch of visits of one kind on one day, in few amounts"
title_zh = "同日批量同病种（同金额）就医购药"
violation = "batch_visits"
family = "pattern"
subjects = ["institution", "pharmacy"]
fetch = ["identity", "pattern"]
certainty = "suspected"
scope = ["outpatient", "chronic", "drugstore"]
window = "institution and day"
law = ["regulation-15-1", "regulation-38-1-2", "regulation-40-1-1", "rules-25"]
basis = ["筛查模型 C15 同日批量同项目门诊（组团刷卡、义诊拉客）"]
needs = ["record.settlement.settled_at"]
sentence = "{own} persons on {occurred_on} for {kind_text}, billed in only {amounts} different amounts; {usual} persons would be usual there on such a day (own other days and {peers} peers); this settlement {amount} yuan"
sentence_zh = "{occurred_on} 同日{own}人以{kind_text_zh}结算，仅{amounts}种金额；参照本机构其他日及同类{peers}家，当日预期{usual}人；本次结算{amount}元"
exclusions = [
    "a batch in which is no insurance money: neither the funds nor an account paid for anybody (check-ups before employment)",
    "acute notifiable infections (flu, hand-foot-and-mouth, chickenpox): many fall ill at once",
    "dialysis, chemotherapy, radiotherapy, check-ups, vaccination, a family doctor's package, herbal patches of the hottest and coldest days",
    "emergencies, maternity, hospital stays, repayments at the counter",
    "drug days of the chronically ill and of the two diseases: the same persons every month or quarter",
    "what the place or its peers see as often on other days, or the others on that day: epidemics, campaigns",
]
exclusions_zh = [
    "全体人员均未使用基金和个人账户的自费结算（如入职体检）",
    "急性法定传染病等（流感、手足口病、水痘）：短期内多人发病",
    "透析、化疗、放疗、体检、疫苗接种、家庭医生签约服务包、三伏贴三九贴",
    "急诊、生育、住院、零星报销",
    "门慢特、两病取药日：每月或每季均为同一批人",
    "本机构或同类机构其他日期、其他机构当日同样常见：流行病、专项活动",
]
limits = "A free consultation day, a firm's outing and a card collector look alike: read the register of the day. A place that bills the same package every day has made it usual; a group that comes every month with a chronic benefit is left to the detector of groups that visit together."
limits_zh = "义诊日、单位集体就医与收集医保凭证表现相同，应查阅当日登记。每日按同一套餐收费的机构，已使其成为常态；每月以门慢特待遇同来的人群由“多人结伴就医、购药、住院”模型判断。"

[strength]  # half the distance to certainty for every 5 of log: 150 times less likely by chance
by = "evidence"
halving = 5
above = "min_surprise"

[params.min_persons]
value = 10
unit = "persons"
meaning = "least persons of one diagnosis or amount"

[params.max_amounts]
value = 0.2
unit = "share"
meaning = "different amounts to persons"

[params.min_surprise]
value = 5.0
unit = "log"
meaning = "least surprise at so many persons, over the number of days and kinds searched"

[params.min_amount]
value = 500
unit = "yuan"
meaning = "least eligible money of a batch"

[params.max_regulars]
value = 0.5
unit = "share"
meaning = "chronic batches whose persons came in such a batch 14 to 100 days before or after: drug days, moved up before a holiday"

[params.min_days]
value = 20
unit = "days"
meaning = "fewer open days: not judged"
*/
-- visit: a settlement outside hospital stays, neither paid back at the counter nor of a course of treatment.
create temp table visit as
select settlement_id, encounter_id, person_id, institution_id, is_pharmacy, settled_on, care_setting, is_chronic_drugs,
    diagnosis, total_amount, eligible_amount, items, first_item, last_item,
    coalesce(is_cash_only, false) as is_cash_only
from feature.visit_bill
where care_setting in ('outpatient', 'chronic', 'drugstore') and settlement_type <> '1' and not is_course
    and not coalesce(is_session, false)
    and not coalesce(is_outbreak_disease, false)
    and person_id is not null and institution_id is not null and settled_on is not null;

-- visit_of_kind: visits, twice each: by diagnosis (not at drugstores), and by exact amount with the items' ends.
create temp table visit_of_kind as
select settlement_id, person_id, institution_id, settled_on, is_chronic_drugs, total_amount, eligible_amount,
    is_cash_only,
    'diagnosis' as way, diagnosis as kind
from visit
where not is_pharmacy and diagnosis is not null
union all
select settlement_id, person_id, institution_id, settled_on, is_chronic_drugs, total_amount, eligible_amount,
    is_cash_only,
    'bill', concat_ws('|', items, first_item, last_item, total_amount)
from visit
where items > 0;

-- place: and on how many days it was open.
create temp table place as
select institution_id, bool_or(is_pharmacy) as is_pharmacy, count(distinct settled_on) as days
from visit
group by institution_id;

-- crowded_day: a day on which a place sees far more persons of a kind than usual, in few amounts.
create temp table crowded_day as
with kind_of_day as (
    select institution_id, way, kind, settled_on, count(distinct person_id) as persons,
        count(distinct total_amount) as amounts, avg(case when is_chronic_drugs then 1 else 0 end) >= 0.8 as is_chronic,
        sum(eligible_amount) as eligible_amount, bool_and(is_cash_only) as is_all_cash
    from visit_of_kind
    group by institution_id, way, kind, settled_on
),
day_here as (
    select institution_id, settled_on, count(distinct person_id) as persons
    from visit
    group by institution_id, settled_on
),
all_here as (
    select institution_id, sum(persons) as persons from day_here group by institution_id
),
kind_here as (
    select institution_id, way, kind, sum(persons) as persons from kind_of_day group by institution_id, way, kind
),
kind_everywhere as (
    select p.is_pharmacy, k.way, k.kind, sum(k.persons) as persons
    from kind_here as k
    join place as p on p.institution_id = k.institution_id
    group by p.is_pharmacy, k.way, k.kind
),
all_everywhere as (
    select p.is_pharmacy, sum(d.persons) as persons, count(distinct d.institution_id) as places
    from day_here as d
    join place as p on p.institution_id = d.institution_id
    group by p.is_pharmacy
),
kind_that_day as (
    select p.is_pharmacy, k.way, k.kind, k.settled_on, sum(k.persons) as persons
    from kind_of_day as k
    join place as p on p.institution_id = k.institution_id
    group by p.is_pharmacy, k.way, k.kind, k.settled_on
),
all_that_day as (
    select p.is_pharmacy, d.settled_on, sum(d.persons) as persons
    from day_here as d
    join place as p on p.institution_id = d.institution_id
    group by p.is_pharmacy, d.settled_on
),
expected as (
    select k.*, e.places - 1 as peers, greatest(
            -- the kind on the place's other days, and the peers' share of it in as busy a day
            cast(h.persons - k.persons as double) / greatest(p.days - 1, 1),
            d.persons * cast(w.persons - h.persons as double) / greatest(e.persons - a.persons, 1),
            -- and what the others see of it that very day: an epidemic, a campaign; twenty persons without it beside
            -- them, so that one person elsewhere on a quiet day makes no epidemic
            d.persons * cast(t.persons - k.persons as double) / (y.persons - d.persons + 20),
            0.05
        ) as usual
    from kind_of_day as k
    join place as p on p.institution_id = k.institution_id
    join kind_here as h on h.institution_id = k.institution_id and h.way = k.way and h.kind = k.kind
    join all_here as a on a.institution_id = k.institution_id
    join day_here as d on d.institution_id = k.institution_id and d.settled_on = k.settled_on
    join kind_everywhere as w on w.is_pharmacy = p.is_pharmacy and w.way = k.way and w.kind = k.kind
    join all_everywhere as e on e.is_pharmacy = p.is_pharmacy
    join kind_that_day as t on t.is_pharmacy = p.is_pharmacy and t.way = k.way and t.kind = k.kind
        and t.settled_on = k.settled_on
    join all_that_day as y on y.is_pharmacy = p.is_pharmacy and y.settled_on = k.settled_on
    where k.persons >= $min_persons and k.amounts <= $max_amounts * k.persons and p.days >= $min_days
        and k.eligible_amount >= $min_amount
        -- Below the deductible one pays in cash too: only where nobody's insurance paid it is none of ours.
        and not k.is_all_cash
),
-- The bound on the logarithm of the chance to see so many when so few are usual, less what searching through so many
-- days and kinds finds anyhow.
surprising as (
    select *, persons * ln(persons / usual) - persons + usual
        - (select ln(greatest(count(*), 1)) from kind_of_day) as surprise
    from expected
    where persons > usual
)
select * from surprising where surprise >= $min_surprise;

-- batch: a crowded day that is no drug day, to which the chronically ill come every month or quarter.
create temp table batch as
with member as (
    select distinct c.institution_id, c.way, c.kind, c.settled_on, k.person_id
    from crowded_day as c
    join visit_of_kind as k on k.institution_id = c.institution_id and k.way = c.way and k.kind = c.kind
        and k.settled_on = c.settled_on
),
-- Those of the batch who came together for their drugs on another day, whether or not so many were unusual then, and
-- whether for as many packs or not: before a holiday they take double.
together as (
    select m.institution_id, m.way, m.kind, m.settled_on, n.settled_on as other_on,
        count(distinct m.person_id) as persons
    from member as m
    join visit_of_kind as n on n.institution_id = m.institution_id and n.way = m.way
        and n.person_id = m.person_id and abs(date_diff('day', m.settled_on, n.settled_on)) between 14 and 100
    group by m.institution_id, m.way, m.kind, m.settled_on, n.settled_on
),
regulars as (
    select institution_id, way, kind, settled_on, max(persons) as persons
    from together
    group by institution_id, way, kind, settled_on
)
select c.*, coalesce(r.persons, 0) >= $max_regulars * c.persons as is_of_regulars
from crowded_day as c
left join regulars as r on r.institution_id = c.institution_id and r.way = c.way and r.kind = c.kind
    and r.settled_on = c.settled_on
where not (c.is_chronic and coalesce(r.persons, 0) >= $max_regulars * c.persons);

-- visit_of_batch: each visit in the batch that surprises most, of the two it may belong to.
create temp table visit_of_batch as
select k.settlement_id, b.*
from batch as b
join visit_of_kind as k on k.institution_id = b.institution_id and k.way = b.way and k.kind = b.kind
    and k.settled_on = b.settled_on
qualify row_number() over (partition by k.settlement_id order by b.surprise desc, b.way) = 1;

-- screened_batch: a batch that looks like the second look of a public screening: women's two cancers, pupils' eyes or
-- backs, old persons' eyes, contacts of tuberculosis. The first look is paid by public health and stands in no bill, so no
-- field tells such a day from one on which cards were gathered: the ordinary reading is named first.
create temp table screened_batch as
select v.institution_id, v.settled_on, v.way, v.kind
from (
    select b.institution_id, b.settled_on, b.way, b.kind, s.sex, s.age_years, v.diagnosis
    from visit_of_batch as b
    join visit as v on v.settlement_id = b.settlement_id
    join feature.settlement as s on s.settlement_id = b.settlement_id
) as v
group by v.institution_id, v.settled_on, v.way, v.kind
having avg(case
    when v.sex = '2' and v.age_years between 20 and 69 and regexp_matches(v.diagnosis, '^(N6[0-4]|N72|N8[67]|D06|R87)') then 1
    when v.age_years between 3 and 18 and regexp_matches(v.diagnosis, '^(H5[0-2]|M41)') then 1
    when v.age_years >= 60 and regexp_matches(v.diagnosis, '^(H2[56]|H35|H40)') then 1
    when regexp_matches(v.diagnosis, '^(Z20|R76)') then 1
    else 0
end) >= 0.9;

-- batch_of_house: a batch of persons of one school, works or home: nearly all of one narrow age below 25, of one employer,
-- or under one telephone. Who lives together falls ill together and is seen together. And a batch without diagnoses
-- (is_undiagnosed), which an epidemic would tell.
create temp table batch_of_house as
with member as (
    select v.institution_id, v.settled_on, v.way, v.kind, s.age_years, r.employer_id, c.contact, o.diagnosis,
        o.is_pharmacy
    from visit_of_batch as v
    join visit as o on o.settlement_id = v.settlement_id
    join feature.settlement as s on s.settlement_id = v.settlement_id
    join record.settlement as r on r.settlement_id = v.settlement_id
    left join (
        select person_id, min(contact) as contact from feature.person_contact group by person_id
    ) as c on c.person_id = s.person_id
),
counted as (
    select institution_id, settled_on, way, kind, count(*) as persons,
        count(*) filter (where diagnosis is null) as undiagnosed,
        count(*) filter (where age_years between 3 and 24) as pupils, max(age_years) filter (where age_years <= 24)
            - min(age_years) filter (where age_years >= 3) as span,
        max(employees) as employees, max(sharers) as sharers, bool_or(is_pharmacy) as is_pharmacy
    from (
        select *, count(*) filter (where employer_id <> '') over (
                partition by institution_id, settled_on, way, kind, employer_id
            ) as employees,
            count(*) filter (where contact is not null) over (
                partition by institution_id, settled_on, way, kind, contact
            ) as sharers
        from member
    ) as beside
    group by institution_id, settled_on, way, kind
)
select institution_id, settled_on, way, kind,
    not is_pharmacy and undiagnosed >= 0.8 * persons and not (
        (pupils >= 0.9 * persons and span <= 12) or employees >= 0.6 * persons or sharers >= 0.6 * persons
    ) as is_undiagnosed
from counted
where (pupils >= 0.9 * persons and span <= 12) or employees >= 0.6 * persons or sharers >= 0.6 * persons
    or (not is_pharmacy and undiagnosed >= 0.8 * persons);

with diagnosis as (
    select substr(principal_diagnosis_code, 1, 3) as code, min(principal_diagnosis_name) as name
    from feature.encounter
    where principal_diagnosis_code is not null
    group by substr(principal_diagnosis_code, 1, 3)
)
select 'hit' as outcome, v.settlement_id, v.encounter_id, v.person_id, v.institution_id, v.settled_on as occurred_on,
    v.eligible_amount as amount, strftime(v.settled_on, '%Y%m%d') || b.way as part, b.surprise as evidence,
    'persons_of_kind' as indicator, 'persons of one kind on a day' as indicator_title,
    '同日同类就医购药人数' as indicator_title_zh, '' as unit, b.persons as own, round(b.usual, 1) as usual, b.peers,
    b.amounts, round(b.surprise, 1) as surprise, b.way,
    case b.way when 'bill' then 'one and the same bill' else coalesce(d.name, b.kind) end as kind_text,
    case b.way when 'bill' then '同一账单（项目、金额一致）' else '“' || coalesce(d.name, b.kind) || '”' end
        as kind_text_zh,
    case
        when p.kind is not null then 'the second look of a public screening (ask for the programme''s list)'
        when h.is_undiagnosed then 'an epidemic or a campaign: the bills bear no diagnosis'
        when h.kind is not null then 'people of one school, works or home who fell ill or were seen together'
        when b.is_of_regulars then 'a drug day: the same persons come every month or quarter'
    end as innocent,
    case
        when p.kind is not null then '公共筛查项目的集中复查（应调取筛查名单）'
        when h.is_undiagnosed then '流行期集中就诊或专项活动（单据无诊断）'
        when h.kind is not null then '同一学校、单位或机构人员同时患病或集中就诊'
        when b.is_of_regulars then '集中取药日：同一批人按月或按季前来'
    end as innocent_zh
from visit_of_batch as b
join visit as v on v.settlement_id = b.settlement_id
left join diagnosis as d on b.way = 'diagnosis' and d.code = b.kind
left join screened_batch as p on p.institution_id = b.institution_id and p.settled_on = b.settled_on and p.way = b.way
    and p.kind = b.kind
left join batch_of_house as h on h.institution_id = b.institution_id and h.settled_on = b.settled_on and h.way = b.way
    and h.kind = b.kind;

select 'cannot_judge' as outcome, 'the place was open on too few days' as reason, count(*) as units
from visit as v
join place as p on p.institution_id = v.institution_id
where p.days < $min_days
having count(*) > 0

union all by name
select 'clear' as outcome, count(*) as units
from visit as v
join place as p on p.institution_id = v.institution_id
where p.days >= $min_days and v.settlement_id not in (select settlement_id from visit_of_batch)
having count(*) > 0
