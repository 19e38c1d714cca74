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
