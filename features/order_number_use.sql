-- One row: one institution, kind of care and kind of drug, and what its order numbers (rx_drord_no) number: a
--     prescription, a single line (ward orders, and many systems everywhere) or a whole visit.
-- is_inpatient: in hospital stays, else outside
-- is_herb: herbal pieces, else western and patent medicines
-- companied_lines: lines on a day of a settlement with several lines of the kind, which a prescription could join
-- alone_share: of companied_lines, those that are alone under their number, 0 to 1
-- beside_numbers: numbers on a day of a settlement that has lines of other kinds too
-- mixed_share: of beside_numbers, those that number such other lines too, 0 to 1: a prescription holds no services, and
--     herbs stand on one of their own
-- is_by_line: most companied lines are alone: the number is a line's; null where nothing shows it
-- is_by_visit: most numbers are mixed: the number is the visit's; null where nothing shows it
with line as (
    select institution_id, care_setting = 'inpatient' as is_inpatient, settlement_id, charged_on, order_number,
        case
            when catalogue_type = '102' or fee_category = '10' or item_code like 'T%' then 'herb'
            when catalogue_type = '101' then 'drug'
            else 'other'
        end as kind
    from feature.fee_line
    where order_number is not null and institution_id is not null and eligible_amount is not null
),

numbered as (
    select institution_id, is_inpatient, settlement_id, charged_on, kind, order_number, count(*) as lines
    from line
    group by institution_id, is_inpatient, settlement_id, charged_on, kind, order_number
),

of_day as (
    select *,
        sum(lines) over (partition by settlement_id, charged_on, kind) as kind_lines,
        sum(lines) over (partition by settlement_id, charged_on) as day_lines,
        sum(lines) over (partition by settlement_id, charged_on, order_number) as number_lines
    from numbered
),

counted as (
    select institution_id, coalesce(is_inpatient, false) as is_inpatient, kind = 'herb' as is_herb,
        sum(case when kind_lines > 1 then lines else 0 end) as companied_lines,
        sum(case when kind_lines > 1 and lines = 1 then 1 else 0 end) as alone_lines,
        sum(case when day_lines > kind_lines then 1 else 0 end) as beside_numbers,
        sum(case when day_lines > kind_lines and number_lines > lines then 1 else 0 end) as mixed_numbers
    from of_day
    where kind <> 'other'
    group by institution_id, coalesce(is_inpatient, false), kind = 'herb'
)

select institution_id, is_inpatient, is_herb, companied_lines,
    cast(alone_lines as double) / nullif(companied_lines, 0) as alone_share,
    beside_numbers,
    cast(mixed_numbers as double) / nullif(beside_numbers, 0) as mixed_share,
    cast(alone_lines as double) / nullif(companied_lines, 0) > 0.5 as is_by_line,
    cast(mixed_numbers as double) / nullif(beside_numbers, 0) > 0.5 as is_by_visit
from counted
