-- One row: one row of a file of problems found otherwise, and what is to become of it.
-- state: new, known, refused; a known number (or, without one, the same problem) with other figures is a correction
-- problem_row are the typed rows, source_name the names of sources, origin_word the words of origins.
with named as (
    select t.*, coalesce(o.origin, case when t.origin is null then $origin end) as this_origin,
        coalesce(t.found_on, cast($on as date)) as this_day,
        coalesce(lower(t.state) in ('作废', '已作废', '撤销', '已撤销', '撤回', 'void', 'voided'), false) as is_void,
        i.institution_id is not null as is_known_place
    from problem_row as t
    left join origin_word as o on o.word = lower(t.origin)
    left join feature.institution as i on i.institution_id = t.institution_id
),

sourced as (
    select r.row_number, min(s.source) as source
    from named as r
    join source_name as s on s.name = r.rule
    group by r.row_number
),

judged as (
    select n.*, s.source,
        case
            when n.fault is not null then n.fault
            when n.institution_id is null
                then '机构编码 is empty: give the institution''s national code'
            when not n.is_known_place
                then '机构编码 is ' || n.institution_id || ', which the record does not know: give the national code'
            when n.this_origin is null and n.origin is null
                then '来源 is empty: give it in the file or with --origin'
            when n.this_origin is null then '来源 is ''' || n.origin
                || ''', which is not known: write 飞检, 信访, 案件, 巡察, 审计, 自查 or 其他'
            when n.this_day > cast($on as date)
                then '发现日期 is ' || cast(n.this_day as varchar) || ', which has not come yet'
            when n.recovered_on > cast($on as date)
                then '追回日期 is ' || cast(n.recovered_on as varchar) || ', which has not come yet'
            when least(n.suspected_amount, n.confirmed_amount, n.confirmed_fund_amount, n.agreed_amount,
                n.recovered_amount, n.returned_amount, n.penalty_amount, n.transferred_amount, n.effort_days) < 0
                then concat_ws(', ',
                    case when n.suspected_amount < 0 then '疑点金额 ' || cast(n.suspected_amount as varchar) end,
                    case when n.confirmed_amount < 0 then '违规金额 ' || cast(n.confirmed_amount as varchar) end,
                    case when n.confirmed_fund_amount < 0 then '涉及医保基金 ' || cast(n.confirmed_fund_amount as varchar) end,
                    case when n.agreed_amount < 0 then '认可金额 ' || cast(n.agreed_amount as varchar) end,
                    case when n.recovered_amount < 0 then '追回金额 ' || cast(n.recovered_amount as varchar) end,
                    case when n.returned_amount < 0 then '退还金额 ' || cast(n.returned_amount as varchar) end,
                    case when n.penalty_amount < 0 then '罚款金额 ' || cast(n.penalty_amount as varchar) end,
                    case when n.transferred_amount < 0 then '移送金额 ' || cast(n.transferred_amount as varchar) end,
                    case when n.effort_days < 0 then '核查人日 ' || cast(n.effort_days as varchar) end) || ' is below 0: what was given back stands in 退还金额'
            when n.returned_amount > coalesce(n.recovered_amount, 0)
                then '退还金额 is ' || cast(n.returned_amount as varchar) || ', and '
                || cast(coalesce(n.recovered_amount, 0) as varchar) || ' were recovered'
            when n.confirmed_fund_amount > n.confirmed_amount
                then '涉及医保基金 is ' || cast(n.confirmed_fund_amount as varchar) || ', above 违规金额 '
                || cast(n.confirmed_amount as varchar)
            when n.problem_no is null and n.description is null and n.title_zh is null and n.nature_zh is null
                and n.rule is null and n.problem_item is null
                then 'says neither 问题编号 nor what the problem is: give 问题类型 or 问题描述'
        end as wrong
    from named as n
    left join sourced as s on s.row_number = n.row_number
),

identified as (
    select *,
        md5(case
            when problem_no is not null then concat_ws('|', this_origin, institution_id, 'no', problem_no)
            else concat_ws('|', this_origin, institution_id, coalesce(case_number, ''), coalesce(problem_item, ''),
                coalesce(rule, ''), coalesce(nature_zh, ''), coalesce(title_zh, ''), coalesce(description, ''),
                coalesce(cast(found_on as varchar), ''))
        end) as problem_id,
        md5(concat_ws('|', coalesce(cast(found_on as varchar), ''), coalesce(case_number, ''),
            coalesce(problem_item, ''), coalesce(rule, ''), coalesce(nature_zh, ''), coalesce(title_zh, ''),
            coalesce(description, ''), coalesce(cast(suspected_amount as varchar), ''),
            coalesce(cast(confirmed_amount as varchar), ''), coalesce(cast(confirmed_fund_amount as varchar), ''),
            coalesce(cast(agreed_amount as varchar), ''), coalesce(cast(recovered_amount as varchar), ''),
            coalesce(cast(recovered_on as varchar), ''), coalesce(cast(returned_amount as varchar), ''),
            coalesce(cast(penalty_amount as varchar), ''), coalesce(cast(penalty_on as varchar), ''),
            coalesce(cast(transferred_amount as varchar), ''), coalesce(transferred_to, ''),
            coalesce(cast(transferred_on as varchar), ''), coalesce(cast(due_on as varchar), ''),
            coalesce(handled_by, ''), coalesce(case_no, ''), coalesce(document_no, ''), coalesce(legal_basis, ''),
            coalesce(cast(effort_days as varchar), ''), cast(is_void as varchar),
            cast(coalesce(missed, false) as varchar)
        )) as content_id
    from judged
),

doubled as (
    select *, count(distinct case when wrong is null then content_id end) over (partition by problem_id) as contents,
        min(row_number) over (partition by problem_id) as first_row,
        row_number() over (partition by problem_id, content_id, wrong order by row_number) as copy
    from identified
)

select d.row_number,
    case
        when d.wrong is not null or d.contents > 1 then 'refused'
        when d.copy > 1 or p.content_id = d.content_id then 'known'
        else 'new'
    end as state,
    coalesce(d.wrong, case when d.contents > 1
        then 'the same problem stands twice and not alike, see row ' || cast(d.first_row as varchar)
            || ': give each its own 问题编号' end) as why,
    p.problem_id is not null and p.content_id <> d.content_id as is_correction, d.problem_id, d.content_id,
    d.this_origin as origin, d.problem_no, d.institution_id, d.institution_name, d.case_number, d.problem_item, d.rule,
    d.source, d.nature_zh, d.title_zh, d.description, d.this_day as found_on, d.suspected_amount, d.confirmed_amount,
    d.confirmed_fund_amount, d.agreed_amount, d.recovered_amount, d.recovered_on, d.returned_amount, d.penalty_amount,
    d.penalty_on, d.transferred_amount, d.transferred_to, d.transferred_on, d.due_on, d.handled_by, d.case_no,
    d.document_no, d.legal_basis, d.effort_days, d.is_void, coalesce(d.missed, false) as is_missed
from doubled as d
left join casebook.current_problem as p on p.problem_id = d.problem_id
order by d.row_number
