/*
title = "Tests done to nearly everybody, at peers to few"
title_zh = "无指征普遍开展检查检验（开展率明显高于同类）"
problem = [
    "hospital-80",
    "hospital-82",
    "hospital-91",
    "hospital-92",
    "hospital-93",
    "hospital-102",
    "hospital-103",
    "hospital-104",
    "hospital-106",
    "hospital-107",
    "hospital-108",
    "hospital-109",
    "hospital-110",
    "hospital-111",
    "hospital-112",
    "hospital-113",
    "hospital-115",
    "hospital-116",
    "hospital-117",
    "hospital-119",
    "hospital-120",
    "hospital-121",
    "hospital-122",
    "hospital-123",
    "hospital-126",
    "hospital-168",
    "hospital-169",
]
violation = "universal_tests"
family = "indication"
subjects = ["institution"]
certainty = "suspected"
scope = ["inpatient"]
window = "the whole delivered window"
basis = [
    "《医疗保障基金使用监督管理条例》第十五条、第三十八条第（二）项：违反诊疗规范过度检查",
    "定点医疗机构违法违规使用医保基金自查自纠问题清单（2025年版）：无指征普遍开展的检查检验",
    "筛查模型 D10 普遍开展的检查/检验",
]
needs = ["record.fee_line.fee_category", "record.fee_line.item_code"]
sentence = "{test} was done in {done} of {stays} {of_text}, {own}%; for their departments and diagnoses {expected}% would be usual elsewhere, the median of {peers} peers is {usual}%{official_text}; this line of {occurred_on}: {amount} yuan beyond the usual share"
sentence_zh = "{of_text_zh}{stays}次中{done}次开展“{test}”，开展率{own}%；按科室和病种他院预期{expected}%，同类{peers}家机构中位数{usual}%{official_text_zh}；{occurred_on}本条超出部分{amount}元"
exclusions = [
    "day surgery, and stays still going on",
    "what the departments and diagnoses of the place explain: expected from the same ones elsewhere",
    "what a fifth of the peers do as well: the custom of the place, tests before any operation",
    "methods of one test: items of one service code count as one",
    "departments and special kinds that too few peers have: cannot judge",
]
exclusions_zh = [
    "日间手术及尚未结束的住院",
    "可由本机构科室和诊断解释的部分：以他院相同科室、诊断计算预期",
    "五分之一以上的同类同样开展：当地习惯、术前常规检查",
    "同一检查的不同方法：同一服务编码计为一项",
    "同类中过少机构具有的科室和特殊类型：无法判定",
]
limits = "Whether a single test was needed is in its record. A package of the laboratory, a programme of the city or a research project look the same. The amount is the share of each line beyond what the peers' usual share would leave."
limits_zh = "单次检查是否必要，见其病历。检验套餐、市级项目、科研课题也会呈现相同情形。金额为每条明细超出同类正常占比的部分。"
uses = ["peer_place"]

[params.min_share]
value = 0.6
unit = "share"
meaning = "of the stays that had the test, at least"

[params.min_named_share]
value = 0.4
unit = "share"
meaning = "the same for a test that the official list names (knowledge.routine_test)"

[params.min_ratio]
value = 3.0
unit = "x"
meaning = "least ratio to the peers' median and to the share expected from the mix of stays"

[params.max_alike]
value = 0.2
unit = "share"
meaning = "of the peers may do it two thirds as often: more make it the custom of the place"

[params.min_stays]
value = 20
unit = "stays"
meaning = "fewer at the place: not judged"

[params.min_peer_stays]
value = 10
unit = "stays"
meaning = "fewer at a peer: no peer"

[params.min_peers]
value = 5
unit = "institutions"
meaning = "fewer peers: cannot judge"

[params.min_users]
value = 2
unit = "institutions"
meaning = "peers that do an unnamed test at all: else its code may just be the place's own"
*/
-- test_item: items that are tests. A service's national code has fifteen digits, of which the first eleven say what is
-- done, the rest how.
create temp table test_item as
with charged as (
    select item_code, min(item_name) as item_name, max(case when fee_category in ('03', '04') then 1 else 0 end)
        as is_test
    from feature.fee_line
    where care_setting = 'inpatient' and item_code is not null
    group by item_code
),
named as (
    select c.item_code, min_by(k.problem, coalesce(k.name_word, '')) as problem,
        min_by(k.base_word, coalesce(k.name_word, '')) as base_word
    from charged as c
    join knowledge.routine_test as k on starts_with(c.item_code, coalesce(k.item_prefix, ''))
        and contains(c.item_name, coalesce(k.name_word, ''))
    group by c.item_code
)
select c.item_code,
    case when regexp_full_match(c.item_code, '00[0-9]{13}') then substr(c.item_code, 1, 11) else c.item_code end
        as test,
    c.item_name, n.problem, n.base_word
from charged as c
left join named as n on n.item_code = c.item_code
where c.is_test = 1 or n.problem is not null;

-- test_stay: the stays that count.
create temp table test_stay as
select encounter_id, institution_id, coalesce(department_code, '-') as department_code, chapter
from feature.stay
where days is not null and not is_ward_day and lines > 0 and institution_id is not null;

-- tested_stay: a test and a stay that had it.
create temp table tested_stay as
select distinct i.test, l.encounter_id
from feature.fee_line as l
join test_item as i on i.item_code = l.item_code
where l.care_setting = 'inpatient' and l.eligible_amount > 0
    and l.encounter_id in (select encounter_id from test_stay);

-- named_test: a test, whether the official list names it, and what it is added to (base_word).
create temp table named_test as
select test, min(item_name) as test_name, max(problem) as problem, max(base_word) as base_word
from test_item group by test;

-- stay_of_base: the stays that a test is counted among: all, or those with what it is added to.
create temp table stay_of_base as
select cast(null as varchar) as base_word, s.* from test_stay as s
union all
select b.base_word, s.*
from (select distinct base_word from named_test where base_word is not null) as b
join test_stay as s on s.encounter_id in (
    select t.encounter_id
    from tested_stay as t
    join test_item as i on i.test = t.test
    where regexp_matches(i.item_name, b.base_word)
);

-- stays_of_mix: how many there are of each department and chapter of diagnoses at a place.
create temp table stays_of_mix as
select base_word, institution_id, department_code, chapter, count(*) as stays
from stay_of_base group by base_word, institution_id, department_code, chapter;

-- tested_of_mix: how many of them had each test.
create temp table tested_of_mix as
select n.test, s.base_word, s.institution_id, s.department_code, s.chapter, count(*) as done
from tested_stay as t
join named_test as n on n.test = t.test
join stay_of_base as s on s.encounter_id = t.encounter_id and s.base_word is not distinct from n.base_word
group by n.test, s.base_word, s.institution_id, s.department_code, s.chapter;

-- frequent_test: a place, or a department of it ('' is all of the place), and a test that is frequent there.
create temp table frequent_test as
with many as (
    select base_word, institution_id, coalesce(department_code, '') as department_code, sum(stays) as stays
    from stays_of_mix
    group by grouping sets ((base_word, institution_id), (base_word, institution_id, department_code))
),
often as (
    select test, base_word, institution_id, coalesce(department_code, '') as department_code, sum(done) as done
    from tested_of_mix
    group by grouping sets ((test, base_word, institution_id), (test, base_word, institution_id, department_code))
)
select o.test, n.test_name, n.problem, n.base_word, o.institution_id, o.department_code,
    cast(m.stays as integer) as stays, cast(o.done as integer) as done, o.done / cast(m.stays as double) as share
from often as o
join many as m on m.base_word is not distinct from o.base_word and m.institution_id = o.institution_id
    and m.department_code = o.department_code
join named_test as n on n.test = o.test
where o.department_code <> '-' and m.stays >= $min_stays
    and o.done >= m.stays * case when n.problem is null then $min_share else $min_named_share end;

-- tested_place: how often a place or department does a test, and how often it would be done there: the shares of the
-- same departments and chapters at all others, each leaning on the next coarser's with the weight of twenty stays.
create temp table tested_place as
with rate as (
    select w.test, m.base_word, m.institution_id, m.department_code, m.chapter, m.stays,
        coalesce(t.done, 0) as done
    from (select distinct test, base_word from frequent_test) as w
    join stays_of_mix as m on m.base_word is not distinct from w.base_word
    left join tested_of_mix as t on t.test = w.test and t.institution_id = m.institution_id
        and t.department_code = m.department_code and t.chapter = m.chapter
),
elsewhere as (
    select *,
        sum(stays) over (partition by test) - sum(stays) over (partition by test, institution_id) as all_stays,
        sum(done) over (partition by test) - sum(done) over (partition by test, institution_id) as all_done,
        sum(stays) over (partition by test, department_code)
            - sum(stays) over (partition by test, department_code, institution_id) as department_stays,
        sum(done) over (partition by test, department_code)
            - sum(done) over (partition by test, department_code, institution_id) as department_done,
        sum(stays) over (partition by test, department_code, chapter) - stays as mix_stays,
        sum(done) over (partition by test, department_code, chapter) - done as mix_done
    from rate
),
leaning as (
    select *,
        (mix_done + 20 * (department_done + 20 * all_done / nullif(cast(all_stays as double), 0))
            / (department_stays + 20)) / (mix_stays + 20) as expected
    from elsewhere
)
-- Summed as decimals: the order of the rows must not move the last digit.
select test, institution_id, coalesce(department_code, '') as department_code, sum(stays) as stays,
    sum(done) / sum(cast(stays as double)) as share,
    cast(sum(cast(stays * expected as decimal(18, 6))) as double) / sum(stays) as expected_share
from leaning
group by grouping sets ((test, institution_id), (test, institution_id, department_code));

-- test_beside_peers: a frequent test with how often the peers do it: the median, how many do it at all (users), how
-- many two thirds as often (alike). The whole of a special hospital has its like among its own kind only; a department
-- anywhere. Peers are of the same kind and level where there are enough, else of the kind, else all.
create temp table test_beside_peers as
with peer as (
    select f.test, f.institution_id, f.department_code, f.share as own, t.share,
        case when own.key_2 = other.key_2 then 1 when own.key_3 = other.key_3 then 2 else 3 end as distance
    from frequent_test as f
    join tested_place as t on t.test = f.test and t.department_code = f.department_code
        and t.institution_id <> f.institution_id and t.stays >= $min_peer_stays
    join peer_place as own on own.institution_id = f.institution_id
    join peer_place as other on other.institution_id = t.institution_id
    where f.department_code <> '' or (own.is_special = other.is_special
        and (not own.is_special or own.kind = other.kind))
),
counted as (
    select *, count(*) filter (where distance = 1) over place as near,
        count(*) filter (where distance <= 2) over place as fair
    from peer
    window place as (partition by test, institution_id, department_code)
),
compared as (
    select test, institution_id, department_code, count(*) as peers, median(share) as peer_share,
        count(*) filter (where share > 0) as users, count(*) filter (where share >= own * 2 / 3) as alike
    from counted
    where distance <= case when near >= $min_peers then 1 when fair >= $min_peers then 2 else 3 end
    group by test, institution_id, department_code
),
joined as (
    select f.*, t.expected_share, coalesce(c.peers, 0) as peers, c.peer_share, coalesce(c.users, 0) as users,
        coalesce(c.alike, 0) as alike
    from frequent_test as f
    join tested_place as t on t.test = f.test and t.institution_id = f.institution_id
        and t.department_code = f.department_code
    left join compared as c on c.test = f.test and c.institution_id = f.institution_id
        and c.department_code = f.department_code
),
weighed as (
    select *, greatest(peer_share, expected_share, 0.01) as usual_share,
        peers < $min_peers or (users < $min_users and problem is null) as is_alone
    from joined
)
select *,
    not is_alone and share >= $min_ratio * greatest(peer_share, expected_share) and alike <= $max_alike * peers
        as is_universal
from weighed;

-- Of the whole place and its departments the widest speaks. Strength: each further multiple of the least ratio halves
-- the distance to certainty.
with widest as (
    select * from test_beside_peers where is_universal
    qualify department_code = '' or not bool_or(department_code = '') over (partition by institution_id, test)
),
line as (
    select w.*, l.settlement_id, l.line_id, l.encounter_id, l.person_id, l.practitioner_id, l.charged_on,
        cast(l.eligible_amount * (1 - w.usual_share / w.share) as decimal(16, 2)) as amount
    from widest as w
    join test_stay as s on s.institution_id = w.institution_id
        and (w.department_code = '' or s.department_code = w.department_code)
    join test_item as i on i.test = w.test
    join feature.fee_line as l on l.encounter_id = s.encounter_id and l.item_code = i.item_code
    where l.eligible_amount > 0
)
select 'hit' as outcome, settlement_id, line_id, encounter_id, person_id, institution_id, practitioner_id,
    charged_on as occurred_on, amount, test || '|' || department_code as part,
    (share / usual_share - $min_ratio) / $min_ratio as strength, test_name as test, test_name as item_name, done, stays,
    'test_share' as indicator,
    'share with ' || test_name || case when department_code = '' then '' else ', department ' || department_code end
        as indicator_title,
    test_name || '开展率' || case when department_code = '' then '' else '（科室' || department_code || '）' end
        as indicator_title_zh,
    '%' as unit, round(100 * share, 1) as own, round(100 * peer_share, 1) as usual, peers,
    round(100 * expected_share, 1) as expected, alike,
    'stays' || case when department_code = '' then '' else ' of department ' || department_code end
        || case when base_word is null then '' else ' with ' || base_word end as of_text,
    case when department_code = '' then '' else '科室' || department_code end
        || case when base_word is null then '住院' else '做“' || base_word || '”的住院' end as of_text_zh,
    coalesce(' (self-check list 2025, ' || problem || ')', '') as official_text,
    coalesce('（2025年自查自纠问题清单第' || substr(problem, 10) || '项）', '') as official_text_zh,
    department_code, problem
from line

union all by name
select 'cannot_judge' as outcome,
    case when peers < $min_peers then 'too few peers with such stays' else 'a test that no peer does' end as reason,
    count(*) as units
from test_beside_peers where is_alone group by reason

union all by name
select 'clear' as outcome, count(*) as units
from test_beside_peers where not is_alone and not is_universal having count(*) > 0;
