-- One row: one line, or one settlement as a whole, that something was found about at a place; however many sources
-- and leads say so, it stands once.
-- source, certainty: of the finding that carries its money, else of the strongest; also: the other sources, by id
-- involved, involved_fund: what was billed and what the funds paid of it, where money of the row is at issue
with placed as (
    select *,
        row_number() over (
            partition by settlement_id, coalesce(line_id, '')
            order by counted_amount desc, case when certainty = 'definite' then 0 else 1 end, amount desc, source,
                finding_id
        ) as place
    from visit_finding
    where settlement_id is not null and institution_id is not null
),

first as (
    select * from placed where place = 1
),

others as (
    select p.settlement_id, coalesce(p.line_id, '') as line_key, string_agg(p.source, ';' order by p.source) as also
    from (select distinct settlement_id, line_id, source from placed) as p
    join first as f
        on f.settlement_id = p.settlement_id and coalesce(f.line_id, '') = coalesce(p.line_id, '')
        and f.source <> p.source
    group by p.settlement_id, coalesce(p.line_id, '')
),

summed as (
    select settlement_id, coalesce(line_id, '') as line_key, count(*) as findings,
        cast(sum(counted_amount) as decimal(16, 2)) as counted_amount,
        cast(sum(counted_fund) as decimal(16, 2)) as counted_fund,
        max(case when certainty = 'definite' then 0 else 1 end) = 1 as is_doubtful,
        min(practitioner_id) as practitioner_id
    from placed
    group by settlement_id, coalesce(line_id, '')
)

select f.institution_id, f.settlement_id, f.line_id, f.encounter_id, f.person_id,
    coalesce(f.practitioner_id, e.practitioner_id, m.practitioner_id) as practitioner_id, f.source, f.certainty,
    m.is_doubtful, o.also, m.findings, f.occurred_on, e.item_code, e.item_name, e.catalogue_type, e.fee_category,
    e.department_code, e.quantity, e.unit_price, e.eligible_amount,
    case when e.has_clock then e.charged_at end as charged_at, s.care_setting, s.settled_at, m.counted_amount,
    m.counted_fund,
    cast(case when m.counted_amount > 0 then coalesce(e.amount, s.total_amount) else 0 end as decimal(16, 2))
        as involved,
    cast(case when m.counted_amount > 0 then coalesce(e.fund_amount, s.fund_amount) else 0 end as decimal(16, 2))
        as involved_fund,
    cast(
        case when e.eligible_amount > 0
            then cast(e.quantity as double) * cast(m.counted_amount as double) / cast(e.eligible_amount as double) end
        as decimal(16, 4)
    ) as counted_quantity
from first as f
join summed as m on m.settlement_id = f.settlement_id and m.line_key = coalesce(f.line_id, '')
join feature.settlement as s on s.settlement_id = f.settlement_id
left join others as o on o.settlement_id = f.settlement_id and o.line_key = coalesce(f.line_id, '')
left join feature.fee_line as e on e.settlement_id = f.settlement_id and e.line_id = f.line_id
