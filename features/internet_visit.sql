-- One row: one settlement of a visit over the internet: nobody needs to have come.
-- is_by_category: its medical category says so (knowledge.medical_category; the national codes have none, an area's own
--     come with its tables); else an item of the bill does: 互联网复诊 is a price item of its own
with charged as (
    select distinct settlement_id
    from feature.fee_line
    where regexp_matches(coalesce(item_name, ''), '(互联网|线上|网络|在线)(医院|门诊)?(复诊|诊查|诊察|诊疗|问诊)')
        and coalesce(care_setting, '') <> 'inpatient'
)

select
    s.settlement_id,
    coalesce(s.care_setting = 'internet', false) as is_by_category
from feature.settlement as s
left join charged as c on c.settlement_id = s.settlement_id
where s.care_setting = 'internet' or c.settlement_id is not null
