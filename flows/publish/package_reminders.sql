-- One row: a published limit of an item that the place itself billed: what its own system can remind of. Published rows in
-- force today alone; what is our own reading, and every threshold of a suspicion, stays in the office.
with own as (
    select distinct item_code
    from feature.fee_line
    where institution_id = $institution and item_code is not null
),

published as (
    select item_code, item_name, 'sex' as limit_kind, cast(null as varchar) as other_code,
        cast(null as varchar) as other_name, case sex when '1' then '限男性' else '限女性' end as limit_zh, official, basis,
        layer, valid_from, valid_to
    from knowledge.item_sex
    union all
    select item_code, item_name, 'age', null, null,
        concat_ws('，', '满' || age_from_years || '周岁', '不满' || age_to_years || '周岁', '出生' || age_to_days || '日内'),
        official, basis, layer, valid_from, valid_to
    from knowledge.item_age
    union all
    select item_code, item_name, 'frequency', null, null, '每' || time_window || '最多' || printf('%g', cast(max_quantity as double)),
        official, basis, layer, valid_from, valid_to
    from knowledge.item_frequency
    union all
    select item_a_code, item_a_name, 'not_together', item_b_code, item_b_name, '同一' || time_window || '不得同时收费', official,
        basis, layer, valid_from, valid_to
    from knowledge.exclusive_pair
    where window_source = 'published'
    union all
    select item_code, item_name, 'care_setting', null, null, concat_ws(
            '、', case when allows_inpatient then '住院' end, case when allows_emergency then '急诊' end,
            case when allows_outpatient then '门诊' end
        ) || '可支付', official, basis, layer, valid_from, valid_to
    from knowledge.item_care_setting
    union all
    select item_code, item_name, 'institution_level', null, null, min_level || '级及以上医疗机构', official, basis, layer,
        valid_from, valid_to
    from knowledge.item_institution_level
)

select p.item_code, p.item_name, p.limit_kind, p.other_code, p.other_name,
    replace(
        replace(replace(replace(replace(p.limit_zh, 'day', '日'), 'visit', '次就诊'), 'stay', '次住院'), ' hours', '小时'),
        'hour', '小时'
    ) as limit_zh, p.official, p.basis
from published as p
join own as o on o.item_code = p.item_code
where p.layer in ('nation', 'province', 'city') and $day >= coalesce(p.valid_from, $day) and $day <= coalesce(p.valid_to, $day)
order by all
