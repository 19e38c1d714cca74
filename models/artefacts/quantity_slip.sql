-- A slip of unit or quantity: ten times the usual number or more, at a price so much lower that the bill is as usual.
-- 数量或单位录入差错：数量为平常的十倍以上，单价相应降低，金额与平常相近。
with suspect as (
    select f.finding_id, f.line_id, l.institution_id, l.person_id, l.item_code, l.quantity, l.unit_price, l.amount
    from model.finding as f
    join feature.fee_line as l on l.settlement_id = f.settlement_id and l.line_id = f.line_id
    where l.quantity > 0 and l.unit_price > 0
        and (
            f.source like '%over%' or f.source like '%supply%' or f.source like '%stock%'
            or f.source like '%implausible%' or f.source like '%count%'
        )
),

of_institution as (
    select institution_id, item_code, quantile_cont(cast(quantity as double), 0.5) as quantity,
        quantile_cont(cast(unit_price as double), 0.5) as unit_price
    from feature.fee_line
    where item_code in (select item_code from suspect)
    group by institution_id, item_code
    having count(*) >= 10
),

of_person as (
    select person_id, item_code, quantile_cont(cast(quantity as double), 0.5) as quantity,
        quantile_cont(cast(unit_price as double), 0.5) as unit_price
    from feature.fee_line
    where item_code in (select item_code from suspect) and person_id in (select person_id from suspect)
    group by person_id, item_code
    having count(*) >= 4
),

compared as (
    select s.finding_id, s.quantity, s.unit_price, u.quantity as usual_quantity, u.unit_price as usual_price
    from suspect as s
    join of_institution as u on u.institution_id = s.institution_id and u.item_code = s.item_code
    union all
    select s.finding_id, s.quantity, s.unit_price, u.quantity as usual_quantity, u.unit_price as usual_price
    from suspect as s
    join of_person as u on u.person_id = s.person_id and u.item_code = s.item_code
),

slipped as (
    select finding_id, max(quantity) as quantity, max(unit_price) as unit_price, min(usual_quantity) as usual_quantity,
        max(usual_price) as usual_price
    from compared
    where quantity >= 10 * usual_quantity and usual_price >= 8 * unit_price
        and quantity * unit_price >= 0.5 * usual_quantity * usual_price
        and quantity * unit_price <= 2 * usual_quantity * usual_price
    group by finding_id
)

select finding_id,
    'quantity ' || cast(cast(quantity as decimal(16, 2)) as varchar) || ' at '
        || cast(cast(unit_price as decimal(16, 2)) as varchar) || ' yuan where '
        || cast(cast(usual_quantity as decimal(16, 2)) as varchar) || ' at '
        || cast(cast(usual_price as decimal(16, 2)) as varchar) || ' is usual: another unit' as reason,
    '数量' || cast(cast(quantity as decimal(16, 2)) as varchar) || '、单价'
        || cast(cast(unit_price as decimal(16, 2)) as varchar) || '元，平常为数量'
        || cast(cast(usual_quantity as decimal(16, 2)) as varchar) || '、单价'
        || cast(cast(usual_price as decimal(16, 2)) as varchar) || '元，疑为计价单位不同' as reason_zh
from slipped
