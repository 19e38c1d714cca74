/*
title = "A chronic-disease benefit drawn down at a new place before the year ends"
title_zh = "年末在新去处集中支取门慢特待遇"
violation = "quota_exhaustion"
family = "growth"
subjects = ["pharmacy", "institution", "person"]
fetch = ["resale"]
certainty = "suspected"
scope = ["chronic", "drugstore"]
window = "the last months of a benefit year beside the months before"
law = ["regulation-19-2", "regulation-38-1-5", "regulation-19-1", "regulation-41-1-3", "rules-31-1-3"]
basis = ["筛查模型 C06 门慢特冲顶（年末突击）；定点零售药店自查自纠问题清单 3"]
needs = ["record.settlement.settled_at", "record.settlement.disease_code"]
sentence = "In the last months of {year} {newcomers} of {persons} persons with a registered disease came to this place for the first time and took bills {own} times their own earlier ones; at {peers} other places {usual_share}% are new and take {usual} times; here {paid} yuan on {occurred_on} instead of {usual_paid}, {amount} yuan more"
sentence_zh = "{year}年末在本处使用门慢特待遇的{persons}人中{newcomers}人为首次前来，单次费用为其本人此前的{own}倍，其他{peers}家机构新到者占{usual_share}%、为{usual}倍；本次{occurred_on}{paid}元，此前通常{usual_paid}元，高出{amount}元"
exclusions = [
    "persons who stock up where they always go, and one more fill of the usual size",
    "the seriously ill: each person is compared with their own earlier bills for the same disease",
    "what is usual at all places in these months",
    "what is paid without the funds or from a relative's account: accounts are shared within the family",
    "persons with fewer than {min_own:bill} for the disease earlier in the year",
]
exclusions_zh = ["在原去处备药，以及按平常量多取一次的参保人", "重病参保人：与其本人同病此前的费用比较", "所有机构在这些月份的普遍情形", "未使用基金或由家庭共济账户支付的部分：个人账户可供家庭成员使用", "当年此前同病费用少于 {min_own} 次的参保人"]
limits = "A store that opened or won a hospital's prescriptions late in the year gets newcomers too; that they pay more at once may be a longer supply. Who kept the goods is not known."
limits_zh = "年末新开业或承接医院处方的药店也会有较多新到者；单次费用高也可能是处方天数较长。药品由谁取走，此处未知。"

[strength]  # half the distance to certainty for every 5 of log: 150 times less likely by chance
by = "evidence"
halving = 5
above = "min_surprise"

[params.months]
value = "11 12"
meaning = "calendar months that end the benefit year, joined by blanks"

[params.min_own]
value = 3
unit = "bills"
meaning = "of a person for the disease earlier in the year"

[params.min_persons]
value = 4
unit = "persons"
meaning = "least newcomers of a place that take more"

[params.min_ratio]
value = 2.0
unit = "x"
meaning = "least ratio of a bill to the person's earlier ones"

[params.min_excess]
value = 1000
unit = "yuan"
meaning = "least money of a place above the earlier bills"

[params.min_area]
value = 30
unit = "persons"
meaning = "fewer to compare with: not judged"

[params.min_surprise]
value = 8.0
unit = "log"
meaning = "least surprise over the places searched: by how many are new and by how much they take"
*/
-- bill: a chronic or drugstore bill for a disease; is_late in the months that end the benefit year.
create temp table bill as
select settlement_id, encounter_id, person_id, institution_id, settled_on, year(settled_on) as year, diagnosis,
    cast(eligible_amount as double) as paid,
    list_contains(string_split($months, ' '), cast(month(settled_on) as varchar)) as is_late
from feature.visit_bill
where care_setting in ('chronic', 'drugstore') and diagnosis is not null and person_id is not null
    and institution_id is not null and eligible_amount > 0 and not coalesce(is_family_money, false);

-- late_draw: a person's late bills for a disease at a place beside their own earlier ones in the year, as logarithms.
create temp table late_draw as
with earlier as (
    select person_id, diagnosis, year, median(ln(paid)) as own_level
    from bill
    where not is_late
    group by person_id, diagnosis, year
    having count(*) >= $min_own
),
first_seen as (
    select person_id, institution_id, min(settled_on) as first_on from bill group by person_id, institution_id
),
late as (
    select person_id, diagnosis, institution_id, year, median(ln(paid)) as level, min(settled_on) as late_on
    from bill
    where is_late
    group by person_id, diagnosis, institution_id, year
)
select l.*, e.own_level, f.first_on >= l.late_on as is_new
from late as l
join earlier as e on e.person_id = l.person_id and e.diagnosis = l.diagnosis and e.year = l.year
join first_seen as f on f.person_id = l.person_id and f.institution_id = l.institution_id;

-- person_at_place: by how much a person's late bills are above their earlier ones, over their diseases, as a logarithm.
-- Gaps are decimals, so that means of them are the same in any order.
create temp table person_at_place as
select institution_id, year, person_id, bool_and(is_new) as is_new,
    cast(avg(cast(level - own_level as decimal(12, 6))) as decimal(12, 6)) as gap
from late_draw
group by institution_id, year, person_id;

-- drained_place: places that surprise by how many are new (Poisson) and by how much these take (normal), against all.
create temp table drained_place as
with area as (
    select year, count(*) as persons, avg(gap) as mean, avg(cast(is_new as integer)) as share,
        count(distinct institution_id) as places,
        greatest(sqrt(greatest(avg(cast(gap * gap as decimal(18, 6))) - avg(gap) * avg(gap), 0)), 0.3) as spread
    from person_at_place
    group by year
),
place as (
    select institution_id, year, count(*) as persons, count(*) filter (is_new) as newcomers,
        count(*) filter (is_new and gap >= ln($min_ratio)) as dear, avg(gap) filter (is_new) as gap
    from person_at_place
    group by institution_id, year
),
scored as (
    select p.*, a.places - 1 as peers, a.share as usual_share, exp(a.mean) as usual, exp(p.gap) as ratio,
        case
            when p.newcomers > p.persons * a.share
                then p.newcomers * ln(p.newcomers / (p.persons * a.share)) - p.newcomers + p.persons * a.share
            else 0
        end + pow(greatest(p.gap - a.mean, 0) / a.spread, 2) * p.newcomers / 2 - ln(a.places) as surprise
    from place as p
    join area as a on a.year = p.year
    where p.dear >= $min_persons and a.persons >= $min_area
)
select * from scored where surprise >= $min_surprise and ratio >= $min_ratio * usual;

-- drawn_bill: a newcomer's late bill far above the usual one of their own, at a place where such bills are much money.
create temp table drawn_bill as
with dear_bill as (
    select b.*, exp(l.own_level) as usual_paid, cast(b.paid - exp(l.own_level) as decimal(16, 2)) as excess
    from bill as b
    join late_draw as l on l.person_id = b.person_id and l.diagnosis = b.diagnosis
        and l.institution_id = b.institution_id and l.year = b.year
    where b.is_late and l.is_new and b.paid >= $min_ratio * exp(l.own_level)
)
select b.settlement_id, b.encounter_id, b.person_id, b.settled_on, b.paid, b.usual_paid, b.excess, d.*
from drained_place as d
join dear_bill as b on b.institution_id = d.institution_id and b.year = d.year
qualify sum(b.excess) over (partition by d.institution_id, d.year) >= $min_excess;

select 'hit' as outcome, settlement_id, encounter_id, person_id, institution_id, settled_on as occurred_on,
    excess as amount, cast(year as varchar) as part, surprise as evidence, year, persons, newcomers,
    'bill_against_earlier' as indicator, 'newcomers'' bills against their own earlier ones, times' as indicator_title,
    '新到者单次费用为其本人此前的倍数' as indicator_title_zh, '' as unit, round(ratio, 1) as own,
    round(usual, 1) as usual, peers, round(100 * usual_share, 0) as usual_share, round(surprise, 1) as surprise,
    round(paid, 2) as paid, round(usual_paid, 2) as usual_paid
from drawn_bill;

with late_bill as (
    select b.settlement_id, l.person_id is not null and (select count(*) from person_at_place) >= $min_area
            as is_comparable
    from bill as b
    left join late_draw as l on l.person_id = b.person_id and l.diagnosis = b.diagnosis
        and l.institution_id = b.institution_id and l.year = b.year
    where b.is_late
)
select 'cannot_judge' as outcome, 'too few earlier bills for the disease to compare with' as reason, count(*) as units
from late_bill where not is_comparable having count(*) > 0

union all by name
select 'clear' as outcome, count(*) as units
from late_bill
where is_comparable and settlement_id not in (select settlement_id from drawn_bill)
having count(*) > 0
