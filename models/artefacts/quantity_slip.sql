-- A slip of unit, quantity or price: a number far from usual while the money is not, or numbers that contradict it.
-- 数量、单位或单价录入差错：数量远离平常而金额相近，或数量、单价与金额自相矛盾。
with bound as (
    select
        10 as min_times,       -- the usual quantity: a box has that many tablets, a lost point makes it ten
        8 as min_cheaper,      -- times below the usual price, nearly as much
        0.5 as min_bill,       -- of the usual bill, and
        2 as max_bill,         -- of it: the money is as usual
        10 as min_institution, -- lines of an item at a place that show what is usual there
        4 as min_person,       -- lines of an item of a person that show what is usual for them
        5 as min_off           -- times between quantity times price and the amount; refunds and rounding are far below
),

suspect as (
    select f.finding_id, j.what as judges, f.settlement_id, f.line_id, l.encounter_id, l.institution_id, l.person_id,
        l.item_code, l.quantity, l.unit_price, l.amount
    from model.finding as f
    join model.source_judges as j on j.source = f.source and j.what in ('quantity', 'price', 'amount', 'numbers')
    join feature.fee_line as l on l.settlement_id = f.settlement_id and l.line_id = f.line_id
    where l.quantity > 0 and l.unit_price > 0
),

of_institution as (
    select l.institution_id, l.item_code, quantile_cont(cast(l.quantity as double), 0.5) as quantity,
        quantile_cont(cast(l.unit_price as double), 0.5) as unit_price
    from feature.fee_line as l
    cross join bound as b
    where l.item_code in (select item_code from suspect)
    group by l.institution_id, l.item_code
    having count(*) >= max(b.min_institution)
),

of_person as (
    select l.person_id, l.item_code, quantile_cont(cast(l.quantity as double), 0.5) as quantity,
        quantile_cont(cast(l.unit_price as double), 0.5) as unit_price
    from feature.fee_line as l
    cross join bound as b
    where l.item_code in (select item_code from suspect) and l.person_id in (select person_id from suspect)
    group by l.person_id, l.item_code
    having count(*) >= max(b.min_person)
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
    select c.finding_id, max(c.quantity) as quantity, max(c.unit_price) as unit_price,
        min(c.usual_quantity) as usual_quantity, max(c.usual_price) as usual_price
    from compared as c
    cross join bound as b
    where c.quantity >= b.min_times * c.usual_quantity and c.usual_price >= b.min_cheaper * c.unit_price
        and c.quantity * c.unit_price >= b.min_bill * c.usual_quantity * c.usual_price
        and c.quantity * c.unit_price <= b.max_bill * c.usual_quantity * c.usual_price
    group by c.finding_id
),

-- The lines of the encounters in question, as delivered: a refund changes amounts and quantities apart, and where the
-- amount was not delivered its parts still say what was billed.
written as (
    select r.settlement_id, r.line_id, r.encounter_id, r.item_code, r.quantity, r.unit_price, r.amount,
        cast(r.quantity as double) * cast(r.unit_price as double) as product,
        case when r.self_paid_amount is not null and r.eligible_amount > 0 then least(
                r.amount, r.self_paid_amount + coalesce(r.over_limit_amount, 0) + coalesce(r.first_paid_amount, 0)
                + r.eligible_amount
            ) else r.amount end as parts
    from record.fee_line as r
    where r.encounter_id in (select encounter_id from suspect) and r.quantity > 0 and r.unit_price > 0 and r.amount > 0
),

billed as (
    select l.settlement_id, cast(sum(l.amount) as double) as lines_amount, cast(max(s.total_amount) as double) as total
    from record.fee_line as l
    join record.settlement as s on s.settlement_id = l.settlement_id
    where l.settlement_id in (select settlement_id from written)
    group by l.settlement_id
),

-- What a unit of the item costs anywhere tells which of the numbers is wrong.
usual as (
    select l.item_code, quantile_cont(cast(l.unit_price as double), 0.5) as unit_price
    from feature.fee_line as l
    cross join bound as b
    where l.item_code in (select item_code from written)
    group by l.item_code
    having count(*) >= max(b.min_institution)
),

-- Billed for less than the numbers say, or for more while the settlement knows nothing of it: nobody was paid for it.
contradicted as (
    select w.settlement_id, w.line_id, w.encounter_id, w.item_code, w.quantity, w.unit_price,
        case when cast(w.amount as double) > w.product then w.amount else w.parts end as amount,
        case
            when cast(w.amount as double) > w.product then 'amount'
            when cast(w.unit_price as double) >= b.min_off * u.unit_price then 'price'
            when cast(w.unit_price as double) < b.min_off * u.unit_price then 'quantity'
        end as wrong
    from written as w
    join billed as t on t.settlement_id = w.settlement_id
    left join usual as u on u.item_code = w.item_code
    cross join bound as b
    where w.product >= b.min_off * cast(w.parts as double)
        or (
            cast(w.amount as double) >= b.min_off * w.product
            and t.lines_amount - t.total >= 0.5 * (cast(w.amount as double) - w.product)
        )
),

-- A source is wrong only about the number it judges by, one of prices also about how many were dear; where it is a
-- quantity of a day or a stay, on all its lines.
judged as (
    select finding_id, settlement_id, line_id, encounter_id, item_code, judges
    from suspect
),

doubted as (
    select finding_id, settlement_id, line_id, quantity, unit_price, amount, wrong,
        row_number() over (partition by finding_id order by is_other, settlement_id, line_id) as choice
    from (
        select j.finding_id, c.settlement_id, c.line_id, c.quantity, c.unit_price, c.amount, c.wrong, 0 as is_other
        from judged as j
        join contradicted as c on c.settlement_id = j.settlement_id and c.line_id = j.line_id
        where j.judges = 'numbers' or coalesce(c.wrong, j.judges) = j.judges
            or (j.judges = 'price' and c.wrong = 'quantity')
        union all
        select j.finding_id, c.settlement_id, c.line_id, c.quantity, c.unit_price, c.amount, c.wrong, 1 as is_other
        from judged as j
        join contradicted as c on c.encounter_id = j.encounter_id and c.item_code = j.item_code
        where j.judges = 'quantity' and c.wrong = 'quantity'
    ) as either_way
)

select finding_id,
    'quantity ' || cast(cast(quantity as decimal(16, 2)) as varchar) || ' at '
        || cast(cast(unit_price as decimal(16, 2)) as varchar) || ' yuan where '
        || cast(cast(usual_quantity as decimal(16, 2)) as varchar) || ' at '
        || cast(cast(usual_price as decimal(16, 2)) as varchar)
        || ' is usual: another unit. Ask in which unit the item is counted' as reason,
    '数量' || cast(cast(quantity as decimal(16, 2)) as varchar) || '、单价'
        || cast(cast(unit_price as decimal(16, 2)) as varchar) || '元，平常为数量'
        || cast(cast(usual_quantity as decimal(16, 2)) as varchar) || '、单价'
        || cast(cast(usual_price as decimal(16, 2)) as varchar) || '元，疑为计价单位不同。请核对计价单位' as reason_zh
from slipped
union all
select finding_id,
    'line ' || line_id || ' has quantity ' || cast(cast(quantity as decimal(16, 2)) as varchar) || ' at '
        || cast(cast(unit_price as decimal(16, 2)) as varchar) || ' yuan, but an amount of '
        || cast(cast(amount as decimal(16, 2)) as varchar) || ' yuan; '
        || case when wrong is null then 'one of the three is wrong' else 'the ' || wrong || ' must be wrong' end
        || '. Have it checked and the line sent anew' as reason,
    '明细' || line_id || '数量' || cast(cast(quantity as decimal(16, 2)) as varchar) || '、单价'
        || cast(cast(unit_price as decimal(16, 2)) as varchar) || '元，金额却为'
        || cast(cast(amount as decimal(16, 2)) as varchar) || '元，三者矛盾'
        || case wrong when 'price' then '，应为单价有误' when 'quantity' then '，应为数量有误'
            when 'amount' then '，应为金额有误' else '' end
        || '。请核对后重传该明细' as reason_zh
from doubted
where choice = 1
