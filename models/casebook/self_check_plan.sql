-- One row: one row of a self-check return with the institution and the official item it means, and what becomes of it.
-- state: new, known (came before), refused; why: the reason of a refusal
with place as (
    select institution_id, institution_name, case when is_pharmacy then 'pharmacy' else 'institution' end as subject
    from feature.institution
),

called as (
    select institution_name, min(institution_id) as institution_id, count(*) as n
    from place
    where institution_name is not null
    group by institution_name
),

told as (
    select h.*, coalesce(h.institution_id, case when c.n = 1 then c.institution_id end,
            case when h.institution_name is null then cast($institution as varchar) end) as this_institution,
        coalesce(h.period_from, cast($first as date)) as first_on, coalesce(h.period_to, cast($last as date)) as last_on,
        coalesce(h.declared_on, cast($day as date)) as day,
        lower(regexp_replace(h.item, '[\s第条项号．.、]', '', 'g')) as item_word,
        regexp_replace(h.problem, '[\s，。；：、,.;:（）()“”"]', '', 'g') as problem_word
    from handed_row as h
    left join called as c on c.institution_name = h.institution_name
),

placed as (
    select t.*, p.subject
    from told as t
    left join place as p on p.institution_id = t.this_institution
),

-- An item by its id, by its official number in the list of the place's kind, else by our short words for it.
meant as (
    select p.row_number, count(distinct i.item_id) as items, min(i.item_id) as item_id
    from placed as p
    join official_item as i
        on p.item_word = i.item_id
        or (p.subject = i.subject and regexp_full_match(p.item_word, '[0-9]+')
            and i.item_id = case
                when p.subject = 'pharmacy' then 'pharmacy-' || ltrim(p.item_word, '0')
                when contains(coalesce(p.edition, ''), '2026') or cast(p.item_word as bigint) > 183
                    then 'hospital2026-' || ltrim(p.item_word, '0')
                else 'hospital-' || ltrim(p.item_word, '0')
            end)
        or (p.item_word is null and p.subject = i.subject and p.problem_word is not null
            and p.problem_word = regexp_replace(i.problem_zh, '[\s，。；：、,.;:（）()“”"]', '', 'g'))
    group by p.row_number
),

judged as (
    select p.*, m.item_id, i.subject as item_subject,
        case
            when p.fault is not null then p.fault
            when p.this_institution is null and p.institution_name is not null
                then 'no or several places are called ''' || left(p.institution_name, 40) || '''; give institution_id'
            when p.this_institution is null then 'it names no institution; give institution_id, or --institution'
            when p.subject is null then 'the record knows no institution ' || p.this_institution || '; correct institution_id'
            when p.item is null and p.problem is null then 'it names no item; write its official number'
            when m.items is null
                then 'item ''' || left(coalesce(p.item, p.problem), 40) || ''' is not in the official list; write its official number as item'
            when m.items > 1 then 'item ''' || left(coalesce(p.item, p.problem), 40) || ''' could be several; write its official number as item'
            when i.subject <> p.subject
                then 'item ' || m.item_id || ' is not for a place of this kind; correct the item or the institution'
            when p.first_on is null or p.last_on is null then 'it names no period; give period_from and period_to, or --from and --to'
            when p.first_on > p.last_on then 'period_from is after period_to; correct one of them'
            when p.day > cast($today as date)
                then 'declared_on is ' || cast(p.day as varchar) || ', which has not come yet; correct the day'
            when p.amount is null and coalesce(p.is_found, true) then 'it has no amount; write 0 where there was nothing'
            when p.amount < 0 then 'amount is ' || cast(p.amount as varchar) || ', below 0; correct it'
            when p.fund_amount < 0 then 'fund_amount is ' || cast(p.fund_amount as varchar) || ', below 0; correct it'
            when p.returned_amount < 0 then 'returned_amount is ' || cast(p.returned_amount as varchar) || ', below 0; correct it'
            when p.cases < 0 then 'cases is ' || cast(p.cases as varchar) || ', below 0; correct it'
            when p.amount > 0 and not p.is_found then 'it says that there was nothing, and yet an amount; correct one of them'
            when p.fund_amount > p.amount then 'fund_amount is above amount; correct one of them'
            when p.returned_amount > p.amount then 'returned_amount is above amount; correct one of them'
        end as wrong
    from placed as p
    left join meant as m on m.row_number = p.row_number
    left join official_item as i on i.item_id = m.item_id
),

hashed as (
    select j.*,
        md5(concat_ws('|', j.this_institution, j.item_id, cast(j.first_on as varchar), cast(j.last_on as varchar),
            cast(j.day as varchar), coalesce(cast(j.amount as varchar), ''), coalesce(cast(j.fund_amount as varchar), ''),
            coalesce(cast(j.returned_amount as varchar), ''), coalesce(cast(j.cases as varchar), ''))) as content_hash
    from judged as j
),

compared as (
    select h.*, row_number() over (partition by h.content_hash, h.wrong is null order by h.row_number) as copy,
        min(h.row_number) over (partition by h.this_institution, h.item_id, h.first_on, h.last_on, h.wrong is null)
            as first_row,
        count(*) over (partition by h.this_institution, h.item_id, h.first_on, h.last_on, h.wrong is null) as rows_of_item,
        count(*) over (partition by h.content_hash, h.wrong is null) as rows_of_hash
    from hashed as h
)

select row_number,
    case
        when wrong is not null or (rows_of_item > rows_of_hash and row_number > first_row) then 'refused'
        when copy > 1 or content_hash in (select content_hash from casebook.self_check) then 'known'
        else 'new'
    end as state,
    coalesce(wrong, case
        when rows_of_item > rows_of_hash and row_number > first_row
            then 'item ' || item_id || ' stands in row ' || first_row || ' already with other numbers; put them together'
    end) as why,
    content_hash, this_institution as institution_id, item_id, first_on as period_from, last_on as period_to,
    day as declared_on, coalesce(is_found, amount > 0) as is_found, cast(cases as bigint) as cases,
    cast(coalesce(amount, 0) as decimal(16, 2)) as amount, fund_amount, returned_amount, text
from compared
order by row_number
