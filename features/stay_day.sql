-- One row: one day of a stay in hospital with a charge. How little makes a day idle is for cards to say
-- institution_id: the stay's
-- lines: fee lines of the day
-- is_inside: from the first day up to, without, the last; false while in hospital
-- has_bed: a bed was charged
-- active_amount: yuan of anything but bed, rounds, nursing, general fees, certificates and take-home drugs
-- is_bare: inside, with a bed and nothing active
-- is_worked: an examination, a test, a treatment or an operation
-- is_operated: an operation
-- is_unsorted: a line without fee category
with day as (
    select l.encounter_id, e.institution_id, l.charged_on, count(*) as lines,
        max(case when l.charged_on >= e.started_on and l.charged_on < e.ended_on then 1 else 0 end) as is_inside,
        max(case when l.fee_category = '01' then 1 else 0 end) as has_bed,
        sum(case when coalesce(l.fee_category, '') in ('01', '02', '07', '12', '13') or l.is_take_home then 0
            else l.amount end) as active_amount,
        max(case when l.fee_category in ('03', '04', '05', '06') then 1 else 0 end) as is_worked,
        max(case when l.fee_category = '06' then 1 else 0 end) as is_operated,
        max(case when l.fee_category is null then 1 else 0 end) as is_unsorted
    from feature.fee_line as l
    join feature.encounter as e on e.encounter_id = l.encounter_id
    where e.is_inpatient
    group by l.encounter_id, e.institution_id, l.charged_on
)

select
    encounter_id,
    institution_id,
    charged_on,
    lines,
    is_inside = 1 as is_inside,
    has_bed = 1 as has_bed,
    cast(active_amount as decimal(16, 2)) as active_amount,
    is_inside = 1 and has_bed = 1 and active_amount = 0 as is_bare,
    is_worked = 1 as is_worked,
    is_operated = 1 as is_operated,
    is_unsorted = 1 as is_unsorted
from day
