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
