-- One row: one visit and nature of problem that an inspection or this HOME's findings name, and how the two agree.
-- state: matched; amount_differs, class_differs (in part); only_theirs; only_ours; unknown_number (the record has no
--     such visit, or several: nothing can be said)
-- A problem whose words tell no nature (other) is held against everything found of the visit.
-- only_ours: at the places they inspected and between the days, what they have nothing of at the visit
-- lineup_row are their typed rows, nature_word and nature_name the words, source_nature the nature of each source.
with worded as (
    select row_number, institution_id, upper(trim(number)) as number, nature_zh, title_zh, description, item_name,
        amount, inspected_by, found_on, case_no
    from lineup_row
    where fault is null and number is not null
),

-- The longest word decides, the class before the type before the description.
classed as (
    select w.row_number, n.nature,
        row_number() over (
            partition by w.row_number
            order by case when contains(w.nature_zh, n.word) then 1 when contains(w.title_zh, n.word) then 2 else 3 end,
                length(n.word) desc, n.word
        ) as place
    from worded as w
    join nature_word as n
        on contains(w.nature_zh, n.word) or contains(w.title_zh, n.word) or contains(w.description, n.word)
),

numbered as (
    select encounter_id, institution_id, upper(case_number) as number from record.encounter where case_number is not null
    union
    select encounter_id, institution_id, upper(record_number) from record.encounter where record_number is not null
    union
    select encounter_id, institution_id, upper(encounter_id) from record.encounter
    union
    select encounter_id, institution_id, upper(settlement_id) from record.settlement where encounter_id is not null
),

-- A file number may be used again, and two houses may use the same: only one visit is known for sure.
placed as (
    select w.row_number, min(n.encounter_id) as encounter_id, count(distinct n.encounter_id) as visits
    from worded as w
    join numbered as n
        on n.number = w.number and (w.institution_id is null or n.institution_id = w.institution_id)
    group by w.row_number
),

their_row as (
    select w.*, coalesce(c.nature, 'other') as nature, case when p.visits = 1 then p.encounter_id end as encounter_id,
        coalesce(p.visits, 0) as visits
    from worded as w
    left join classed as c on c.row_number = w.row_number and c.place = 1
    left join placed as p on p.row_number = w.row_number
),

theirs as (
    select encounter_id, nature, sum(amount) as amount, count(*) as problems, min(row_number) as row_number
    from their_row
    where encounter_id is not null
    group by encounter_id, nature
),

visit as (
    select e.encounter_id, max(e.institution_id) as institution_id, max(e.case_number) as case_number,
        min(cast(e.started_at as date)) as started_on
    from record.encounter as e
    group by e.encounter_id
),

inspected as (
    select distinct v.institution_id
    from theirs as t
    join visit as v on v.encounter_id = t.encounter_id
),

span as (
    select coalesce(cast($since as date), min(v.started_on)) as since,
        coalesce(cast($until as date), max(v.started_on)) as until
    from theirs as t
    join visit as v on v.encounter_id = t.encounter_id
),

our_line as (
    select coalesce(f.encounter_id, s.encounter_id) as encounter_id, n.nature, f.settlement_id, f.line_id,
        max(f.amount) as amount
    from model.finding as f
    join model.coverage as c on c.source = f.source and c.status = 'live'
    join source_nature as n on n.source = f.source
    left join feature.settlement as s on s.settlement_id = f.settlement_id
    where f.outcome = 'hit'
    group by coalesce(f.encounter_id, s.encounter_id), n.nature, f.settlement_id, f.line_id
),

our_settlement as (
    select encounter_id, nature, settlement_id,
        greatest(
            coalesce(sum(case when line_id is null then amount end), 0),
            coalesce(sum(case when line_id is not null then amount end), 0)
        ) as amount
    from our_line
    where encounter_id is not null
    group by encounter_id, nature, settlement_id
),

ours as (
    select o.encounter_id, o.nature, cast(sum(o.amount) as decimal(16, 2)) as amount
    from our_settlement as o
    group by o.encounter_id, o.nature
),

-- Everything found of a visit, each yuan once whatever its nature.
our_visit as (
    select encounter_id, cast(sum(amount) as decimal(16, 2)) as amount, max(natures) as natures
    from (
        select encounter_id, settlement_id,
            greatest(
                coalesce(sum(case when line_id is null then amount end), 0),
                coalesce(sum(case when line_id is not null then amount end), 0)
            ) as amount, max(natures) as natures
        from (
            select l.encounter_id, l.settlement_id, l.line_id, max(l.amount) as amount, max(w.natures) as natures
            from our_line as l
            join (
                select encounter_id, string_agg(nature, ';' order by nature) as natures
                from ours group by encounter_id
            ) as w on w.encounter_id = l.encounter_id
            group by l.encounter_id, l.settlement_id, l.line_id
        ) as lines
        group by encounter_id, settlement_id
    ) as settlements
    group by encounter_id
),

compared as (
    select t.encounter_id, t.nature, t.row_number, t.problems, t.amount as their_amount,
        coalesce(o.amount, w.amount) as our_amount,
        coalesce(o.nature, w.natures) as our_natures,
        case
            when o.nature is null and (t.nature <> 'other' or w.encounter_id is null)
                then case when w.encounter_id is null then 'only_theirs'
                    when exists (
                        select 1 from ours as x
                        where x.encounter_id = t.encounter_id and not exists (
                            select 1 from theirs as y where y.encounter_id = x.encounter_id and y.nature = x.nature
                        )
                    ) then 'class_differs' else 'only_theirs' end
            when t.amount is null or t.amount = coalesce(o.amount, w.amount) then 'matched'
            else 'amount_differs'
        end as state
    from theirs as t
    left join ours as o on o.encounter_id = t.encounter_id and o.nature = t.nature
    left join our_visit as w on w.encounter_id = t.encounter_id
),

-- What stands against another class of theirs is no finding of ours alone.
answered as (
    select distinct encounter_id from compared where state = 'class_differs' or nature = 'other'
),

alone as (
    select o.encounter_id, o.nature, o.amount
    from ours as o
    join visit as v on v.encounter_id = o.encounter_id
    join inspected as i on i.institution_id = v.institution_id
    cross join span as s
    where v.started_on between s.since and s.until
        and not exists (select 1 from theirs as t where t.encounter_id = o.encounter_id and t.nature = o.nature)
        and not exists (select 1 from answered as a where a.encounter_id = o.encounter_id)
)

select c.state, v.institution_id, coalesce(v.case_number, r.number) as case_number, c.encounter_id, v.started_on,
    c.nature, n.title_zh as nature_zh, c.our_natures, c.their_amount,
    case when c.state <> 'only_theirs' then c.our_amount end as our_amount, r.row_number, r.title_zh, r.description,
    r.inspected_by, r.found_on, r.case_no, cast(null as varchar) as why
from compared as c
join visit as v on v.encounter_id = c.encounter_id
left join their_row as r on r.row_number = c.row_number
left join nature_name as n on n.nature = c.nature
union all
select 'unknown_number', r.institution_id, r.number, null, null, r.nature, n.title_zh, null, r.amount, null,
    r.row_number, r.title_zh, r.description, r.inspected_by, r.found_on, r.case_no,
    case when r.visits = 0 then 'the record has no visit of this number'
        else cast(r.visits as varchar) || ' visits have this number: give the institution''s code' end
from their_row as r
left join nature_name as n on n.nature = r.nature
where r.encounter_id is null
union all
select 'only_ours', v.institution_id, v.case_number, a.encounter_id, v.started_on, a.nature, n.title_zh, a.nature, null,
    a.amount, null, null, null, null, null, null, null
from alone as a
join visit as v on v.encounter_id = a.encounter_id
left join nature_name as n on n.nature = a.nature
order by state, institution_id, case_number, nature, row_number
