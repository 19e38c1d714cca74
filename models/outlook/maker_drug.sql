-- One row: one drug of one maker: what it costs where, beside the same drug of others, and what took whose place.
-- maker: the code's last five characters; same drug: generic name, form and specification alike
-- lowest, highest: of the median prices of its places, spread: highest / lowest; ratio: to the median of the others
-- selected_price: of volume procurement, in force on the last day; peers: other makers of the same drug
-- taken_over, given_way: places where it begins within 60 days after another maker's ended, and the other way round
-- findings, at_issue: hits of live sources about prices, procurement and resale on its lines, and their yuan, each line once
with named as (
    select d.product_code, p.item_name, p.specification, p.generic_key, p.form_key, p.maker_key, d.institution_id,
        d.lines, d.quantity, d.price, d.eligible_amount, d.first_on, d.last_on
    from feature.drug_price as d
    join feature.drug_product as p on p.product_code = d.product_code
),

sold as (
    select maker_key, product_code, max(item_name) as item_name, max(specification) as specification,
        max(generic_key) as generic_key, max(form_key) as form_key, count(*) as places, sum(lines) as lines,
        cast(sum(quantity) as double) as quantity, sum(eligible_amount) as total_amount, median(price) as price,
        min(price) as lowest, max(price) as highest
    from named
    group by maker_key, product_code
),

beside as (
    select s.product_code, count(distinct o.maker_key) as peers, median(o.price) as usual
    from sold as s
    join named as o
        on o.generic_key = s.generic_key and o.form_key = s.form_key and o.specification = s.specification
        and o.maker_key <> s.maker_key
    group by s.product_code
),

swap as (
    select distinct a.product_code as came, b.product_code as went, a.institution_id
    from named as a
    join named as b
        on b.institution_id = a.institution_id and b.generic_key = a.generic_key and b.form_key = a.form_key
        and b.specification = a.specification and b.maker_key <> a.maker_key
        and date_diff('day', b.last_on, a.first_on) between 0 and 60
),

came as (
    select came as product_code, count(distinct institution_id) as taken_over from swap group by came
),

went as (
    select went as product_code, count(distinct institution_id) as given_way from swap group by went
),

selected as (
    select catalogue_code as product_code, min(selected_price) as selected_price
    from record.procurement_drug
    where is_selected and coalesce(valid_to, date '9999-12-31') >= (select max(last_on) from feature.drug_price)
    group by catalogue_code
),

hit as (
    select coalesce(c.product_code, i.product_code) as product_code, f.line_id, count(*) as findings,
        max(f.amount) as amount
    from model.finding as f
    join model.coverage as v on v.source = f.source and v.status = 'live'
    join feature.fee_line as l on l.line_id = f.line_id
    left join feature.drug_product as c on c.product_code = l.catalogue_code
    left join feature.drug_product as i on i.product_code = l.item_code
    where f.outcome = 'hit' and f.family in ('price', 'procurement', 'resale')
        and f.subject_type in ('institution', 'pharmacy')
    group by coalesce(c.product_code, i.product_code), f.line_id
),

doubted as (
    select product_code, sum(findings) as findings, sum(amount) as at_issue from hit group by product_code
)

select s.maker_key as maker, s.product_code as item_code, s.item_name, s.specification, s.places, s.lines, s.quantity,
    s.total_amount, round(s.price, 4) as price, round(s.lowest, 4) as lowest, round(s.highest, 4) as highest,
    round(s.highest / s.lowest, 3) as spread, coalesce(b.peers, 0) as peers, round(b.usual, 4) as usual,
    round(s.price / b.usual, 3) as ratio, cast(x.selected_price as double) as selected_price,
    coalesce(c.taken_over, 0) as taken_over, coalesce(w.given_way, 0) as given_way,
    cast(coalesce(d.findings, 0) as bigint) as findings, cast(coalesce(d.at_issue, 0) as decimal(16, 2)) as at_issue
from sold as s
left join beside as b on b.product_code = s.product_code
left join came as c on c.product_code = s.product_code
left join went as w on w.product_code = s.product_code
left join selected as x on x.product_code = s.product_code
left join doubted as d on d.product_code = s.product_code
where $maker is null or s.maker_key = $maker
order by total_amount desc, item_code
