-- One row: one finding of a lead and the part of the lead's money that it carries.
-- Each line is carried by one finding, its largest (equal ones: the more certain, then by source and id). A settlement
-- contains its lines: where the whole of it is at issue for as much as its lines together, the largest finding about
-- the whole carries it, else its lines do, up to what the settlement was eligible for.
with placed as (
    select *,
        row_number() over (
            partition by lead_id, settlement_id, line_id
            order by amount desc, case when certainty = 'definite' then 0 else 1 end, source, finding_id
        ) as place
    from lead_found
),

best as (
    select * from placed where place = 1
),

-- largest: the finding that carries the first of its lines
lines as (
    select lead_id, settlement_id, sum(amount) as amount,
        min(case when line_place = 1 then finding_id end) as largest
    from (
        select *,
            row_number() over (partition by lead_id, settlement_id order by amount desc, line_id) as line_place
        from best
        where line_id is not null
    ) as ordered
    group by lead_id, settlement_id
),

whole as (
    select lead_id, settlement_id, finding_id, amount from best where line_id is null
),

-- up_to: yuan of its lines up to this one, in the order in which they carry the settlement
standing as (
    select b.*, w.finding_id as whole_id, w.amount as whole_amount, t.largest, t.amount as lines_amount,
        sum(case when b.line_id is not null then b.amount else 0 end) over (
            partition by b.lead_id, b.settlement_id
            order by case when b.line_id is null then 0 else 1 end, b.amount desc, b.line_id
            rows between unbounded preceding and current row
        ) as up_to
    from best as b
    left join whole as w on w.lead_id = b.lead_id and w.settlement_id = b.settlement_id
    left join lines as t on t.lead_id = b.lead_id and t.settlement_id = b.settlement_id
),

-- carrier: who carries the money of this line, or of the settlement as a whole; itself if it does
carried as (
    select *,
        case
            when whole_id is null then finding_id
            when whole_amount >= coalesce(lines_amount, 0) then whole_id
            when line_id is null then largest
            else finding_id
        end as carrier,
        case when whole_id is null then up_to else least(up_to, settlement_eligible) end as after_this,
        case when whole_id is null then up_to - amount else least(up_to - amount, settlement_eligible) end as before_this
    from standing
),

-- What the whole settlement is rounded to is what its lines add up to.
priced as (
    select lead_id, settlement_id, line_id, finding_id, carrier,
        case
            when carrier <> finding_id then 0
            when line_id is null then least(amount, settlement_eligible)
            else after_this - before_this
        end as amount,
        case
            when carrier <> finding_id then 0
            when line_id is null then cast(least(amount, settlement_eligible) * fund_rate as decimal(16, 2))
            when whole_id is null then cast(amount * fund_rate as decimal(16, 2))
            else cast(after_this * fund_rate as decimal(16, 2)) - cast(before_this * fund_rate as decimal(16, 2))
        end as fund_amount
    from carried
)

select f.finding_id, r.lead_id,
    cast(case when m.finding_id = f.finding_id then m.amount else 0 end as decimal(16, 2)) as counted_amount,
    cast(case when m.finding_id = f.finding_id then m.fund_amount else 0 end as decimal(16, 2)) as counted_fund,
    case when m.carrier <> f.finding_id then m.carrier end as also_in
from listed_finding as f
join ranked_subject as r on r.subject_type = f.subject_type and r.subject_id = f.subject_id
left join priced as m
    on m.lead_id = r.lead_id and m.settlement_id = f.settlement_id
    and coalesce(m.line_id, '') = coalesce(f.line_id, '')
