-- One row: one row of a file of answers, with the line it is about and what is to become of it.
-- state: new, known (said before), blank (nothing filled in), refused; why: the reason of a refusal, else null
-- The three parts are those given; where one is left open it is the rest, and where the word says all, it is the whole.
-- The funds' part follows the yuan where it is left open, the last part taking what rounding leaves.
with worded as (
    select t.*, coalesce(s.meaning, case when t.step is null then $step end) as this_step,
        a.meaning as meant
    from answer_row as t
    left join appeal_word as s on s.kind = 'step' and s.word = lower(t.step)
    left join appeal_word as a on a.kind = 'answer' and a.word = lower(t.answer)
),

-- A line voided and sent again stands in two lists: without its list the row is about the later one.
sent as (
    select l.*, row_number() over (partition by l.line_key order by a.event_number desc) as newest
    from casebook.appeal_line as l
    join casebook.appeal as a on a.appeal_id = l.appeal_id
),

placed as (
    select w.*, s.appeal_id as this_appeal, s.line_key as this_line, s.lead_id as this_lead, s.amount as sent_amount,
        s.fund_amount as sent_fund, s.quantity as sent_quantity, s.persons as sent_persons, n.state as standing,
        n.sent_on, n.step as last_step, n.on_day as last_day, n.accepted_amount as was_accepted,
        n.accepted_fund as was_accepted_fund, n.explained_amount as was_explained,
        n.explained_fund as was_explained_fund, n.cut_amount as was_cut, n.cut_fund as was_cut_fund,
        n.reviewed_on, n.answered_on, n.paid_amount as was_paid,
        coalesce(w.on_day, cast($on as date)) as day,
        w.this_step in ('review', 'second_review') as is_review, w.this_step in ('paid', 'void') as is_after,
        case
            when w.this_step in ('review', 'second_review')
                then w.answer is null and coalesce(w.cut_amount = coalesce(n.cut_amount, 0), true)
            when w.this_step = 'paid' then w.answer is null and w.paid_amount is null and w.on_day is null
            when w.this_step = 'void' then w.answer is null and w.reason is null
            else w.answer is null and w.accepted_amount is null and w.explained_amount is null
                and w.cut_amount is null and w.reason is null and w.attachment is null
        end as is_blank
    from worded as w
    left join sent as s
        on s.line_key = w.line_key
        and (s.appeal_id = w.appeal_id or (w.appeal_id is null and s.newest = 1))
    left join casebook.appeal_standing as n on n.appeal_id = s.appeal_id and n.line_key = s.line_key
),

-- What a review and what comes after it cannot change is what the step before them says. In the list for a review the
-- parts of the answer stand already: there the cut decides.
opened as (
    select *,
        case when is_after or is_review then was_accepted else accepted_amount end as a,
        case
            when is_after or meant = 'maintained' then was_explained
            when is_review and meant = 'upheld' then 0
            when is_review and cut_amount is not null then null
            else explained_amount
        end as e,
        case
            when is_after or meant = 'maintained' then was_cut
            when is_review and meant = 'upheld' then coalesce(was_cut, 0) + coalesce(was_explained, 0)
            when this_step = 'second_answer' then coalesce(cut_amount, was_cut)
            else cut_amount
        end as c
    from placed
),

split as (
    select *,
        case
            when a is not null then a
            when meant = 'explained' or c = sent_amount then 0
            when meant = 'accepted' or e is not null then sent_amount - coalesce(e, 0) - coalesce(c, 0)
        end as accepted,
        case
            when e is not null then e
            when meant = 'accepted' or c = sent_amount then 0
            when meant = 'explained' or a is not null then sent_amount - coalesce(a, 0) - coalesce(c, 0)
        end as explained,
        case
            when c is not null then c
            when is_review and e is not null then sent_amount - coalesce(a, 0) - e
            else 0
        end as cut
    from opened
),

funded as (
    select *,
        case
            when is_after or is_review then was_accepted_fund
            when accepted_fund is not null then accepted_fund
            when accepted = 0 then 0
            when explained = 0 and cut = 0 then sent_fund
        end as af,
        case
            when is_after or meant = 'maintained' then was_explained_fund
            when meant = 'upheld' and is_review then 0
            when explained_fund is not null and not is_review then explained_fund
            when explained = 0 then 0
            when accepted = 0 and cut = 0 then sent_fund
        end as ef,
        case
            when is_after or meant = 'maintained' then was_cut_fund
            when cut_fund is not null and not (is_review and meant = 'upheld') then cut_fund
            when this_step = 'second_answer' and cut = was_cut then was_cut_fund
            when cut = 0 then 0
            when accepted = 0 and explained = 0 then sent_fund
        end as cf
    from split
),

-- With two parts open the cut takes its share, rounded, and the accepted or explained part the rest.
shared as (
    select *,
        coalesce(cf, case
            when af is not null and ef is not null then sent_fund - af - ef
            else cast(sent_fund * cut / nullif(sent_amount, 0) as decimal(16, 2)) end, 0) as cut_part,
        case when ef is null and af is null
            then cast(sent_fund * explained / nullif(sent_amount, 0) as decimal(16, 2)) end as explained_share
    from funded
),

filled as (
    select *,
        coalesce(ef, explained_share, sent_fund - af - cut_part, 0) as explained_part,
        coalesce(af, sent_fund - coalesce(ef, explained_share, 0) - cut_part) as accepted_part,
        accepted + explained as owed
    from shared
),

judged as (
    select f.*,
        case
            when f.fault is not null then f.fault
            when f.line_key is null then '明细编号 is empty: take the row from the list that was sent'
            when f.this_line is null then 'no line ' || f.line_key || ' was sent'
                || coalesce(' in list ' || f.appeal_id, '') || ': 明细编号 must be as in the list that was sent'
            when f.this_step is null then '环节 is ''' || f.step || ''', which is no step: '
                || 'write 申诉, 复审, 再申诉, 终审, 缴回 or 作废'
            when f.is_blank then null
            when f.answer is not null and f.meant is null then '答复 is ''' || f.answer || ''', which is not known: '
                || 'write 认可, 部分认可, 申诉, 申诉成功, 部分成立 or 维持'
            when f.lead_id is not null and f.lead_id <> f.this_lead
                then '线索编号 is ' || f.lead_id || ', and the line was sent for ' || f.this_lead
            when f.amount is not null and f.amount <> f.sent_amount
                then '涉及金额 is ' || cast(f.amount as varchar) || ', and ' || cast(f.sent_amount as varchar)
                || ' were sent: what was sent is not changed, write 核减金额'
            when f.day > cast($on as date) then 'its day ' || cast(f.day as varchar) || ' has not come yet'
            when f.day < f.sent_on then 'its day ' || cast(f.day as varchar) || ' lies before the list was sent, '
                || cast(f.sent_on as varchar)
            when f.day < f.last_day and f.this_step <> f.last_step
                then 'its day ' || cast(f.day as varchar) || ' lies before the step before it, '
                || cast(f.last_day as varchar)
            when f.standing = 'void' then 'the line was voided'
            when f.this_step = 'void' and f.reason is null then 'voided, and no reason (申诉理由) is given'
            when f.this_step = 'void' and f.standing = 'paid' then 'the line is paid back and cannot be voided'
            when f.this_step = 'answer' and f.meant in ('upheld', 'maintained', 'paid', 'void')
                then '答复 is ''' || f.answer || ''', which is no answer of an institution: give 环节'
            when f.this_step = 'answer' and f.last_step not in ('answer')
                then 'the line was reviewed on ' || cast(coalesce(f.reviewed_on, f.last_day) as varchar)
                || ': a second appeal is 环节 再申诉'
            when f.this_step = 'review' and (f.last_step is null or f.last_step not in ('answer', 'review'))
                then 'a review follows an answer, and the line stands at ' || coalesce(f.last_step, 'none yet')
            when f.this_step = 'second_answer' and (f.last_step is null or f.last_step not in ('review', 'second_answer'))
                then 'a second appeal follows a review, and the line stands at ' || coalesce(f.last_step, 'none yet')
            when f.this_step = 'second_review'
                and (f.last_step is null or f.last_step not in ('second_answer', 'second_review'))
                then 'a second review follows a second appeal, and the line stands at '
                || coalesce(f.last_step, 'none yet')
            when f.is_review and f.meant = 'maintained' and f.cut_amount <> f.was_cut
                then '维持, and yet 核减金额 is ' || cast(f.cut_amount as varchar) || ', not '
                || cast(f.was_cut as varchar) || ' as before'
            when f.is_review and f.meant = 'upheld' and f.cut_amount not in (f.was_cut, f.cut)
                then '申诉成功 cuts ' || cast(f.cut as varchar) || ', and 核减金额 is '
                || cast(f.cut_amount as varchar) || ': write 部分成立 where it holds in part'
            when f.is_review and f.explained_amount not in (f.was_explained, f.explained)
                then '申诉金额 is ' || cast(f.explained_amount as varchar) || ', and '
                || cast(f.explained as varchar) || ' is left of it'
            when f.this_step = 'second_answer' and f.explained > f.was_explained
                then '申诉金额 is ' || cast(f.explained as varchar) || ', and '
                || cast(f.was_explained as varchar) || ' were maintained'
            when f.this_step = 'second_answer' and f.cut < f.was_cut
                then '核减金额 is ' || cast(f.cut as varchar) || ', and ' || cast(f.was_cut as varchar)
                || ' were cut before'
            when f.is_review and f.last_step = 'answer' and f.was_explained = 0
                then 'nothing of the line was appealed'
            when f.this_step = 'second_answer' and coalesce(f.was_explained, 0) = 0
                then 'nothing of the line was maintained by the review'
            when f.this_step = 'paid' and f.standing not in ('stands', 'paid')
                then 'nothing is to be paid back of a line that is ' || f.standing
            when f.this_step = 'paid' and coalesce(f.paid_amount, f.owed) > f.owed
                then '缴回金额 is ' || cast(f.paid_amount as varchar) || ', and ' || cast(f.owed as varchar) || ' stand'
            when f.this_step = 'paid' and coalesce(f.paid_amount, f.owed) <= 0
                then '缴回金额 is ' || cast(f.paid_amount as varchar) || '; write what was paid so far'
            when not f.is_after and (f.accepted is null or f.explained is null)
                then 'of ' || cast(f.sent_amount as varchar)
                || ' yuan sent it does not say which are 认可金额 and which 申诉金额'
            when not f.is_after and least(f.accepted, f.explained, f.cut) < 0
                then '认可金额 ' || cast(f.accepted as varchar) || ', 申诉金额 ' || cast(f.explained as varchar)
                || ', 核减金额 ' || cast(f.cut as varchar) || ': none may be below 0'
            when not f.is_after and f.accepted + f.explained + f.cut <> f.sent_amount
                then '认可金额 ' || cast(f.accepted as varchar) || ' + 申诉金额 ' || cast(f.explained as varchar)
                || ' + 核减金额 ' || cast(f.cut as varchar) || ' = '
                || cast(f.accepted + f.explained + f.cut as varchar) || ', and ' || cast(f.sent_amount as varchar)
                || ' were sent'
            when not f.is_after and f.accepted_part + f.explained_part + f.cut_part <> f.sent_fund
                then '认可 ' || cast(f.accepted_part as varchar) || ' + 申诉 ' || cast(f.explained_part as varchar)
                || ' + 核减 ' || cast(f.cut_part as varchar) || ' of the funds = '
                || cast(f.accepted_part + f.explained_part + f.cut_part as varchar) || ', and '
                || cast(f.sent_fund as varchar) || ' were sent'
            when not f.is_after and (least(f.accepted_part, f.explained_part, f.cut_part) < 0
                or f.accepted_part > f.accepted or f.explained_part > f.explained or f.cut_part > f.cut)
                then 'the funds'' part of what is accepted, explained or cut is below 0 or above it'
            when f.this_step in ('answer', 'second_answer') and f.explained > 0 and f.reason is null
                then cast(f.explained as varchar) || ' yuan explained, and no reason (申诉理由) is given'
            when not f.is_after and f.cut > coalesce(f.was_cut, 0) and f.ground is null
                then cast(f.cut as varchar) || ' yuan cut, and no ground (认定依据) is given'
            when not f.is_after and f.is_review and f.cut < f.was_cut
                then '核减金额 is ' || cast(f.cut as varchar) || ', and ' || cast(f.was_cut as varchar)
                || ' were cut before: a review cuts more, never less'
            when f.cut_quantity < 0 or f.cut_quantity > f.sent_quantity
                then '核减数量 is ' || cast(f.cut_quantity as varchar) || ', and '
                || cast(f.sent_quantity as varchar) || ' were sent'
            when f.cut_persons < 0 or f.cut_persons > f.sent_persons
                then '核减人次 is ' || cast(f.cut_persons as varchar) || ', and ' || cast(f.sent_persons as varchar)
                || ' were sent'
        end as wrong
    from filled as f
),

identified as (
    select *,
        md5(concat_ws('|', this_appeal, this_line, this_step, coalesce(cast(on_day as varchar), ''), cast(accepted as varchar),
            cast(explained as varchar), cast(cut as varchar), cast(accepted_part as varchar),
            cast(explained_part as varchar), coalesce(cast(cut_quantity as varchar), ''),
            coalesce(cast(cut_persons as varchar), ''),
            coalesce(cast(case when this_step = 'paid' then coalesce(paid_amount, owed) end as varchar), ''),
            coalesce(reason, ''), coalesce(attachment, ''), coalesce(ground, '')
        )) as event_id
    from judged
),

compared as (
    select i.*, k.event_id is not null as is_known
    from identified as i
    left join (
        select event_id
        from (
            select event_id, row_number() over (
                    partition by appeal_id, line_key, step order by event_number desc, row_number desc
                ) as place
            from casebook.appeal_event
        ) as ordered
        where place = 1
    ) as k on k.event_id = i.event_id
),

-- The same line twice in one file, and not alike: nobody can tell which is meant.
doubled as (
    select *,
        count(distinct case when wrong is null and not is_blank then event_id end)
            over (partition by this_appeal, this_line, this_step) as answers,
        min(row_number) over (partition by this_appeal, this_line, this_step) as first_row,
        row_number() over (partition by event_id, is_blank order by row_number) as copy
    from compared
)

select d.row_number,
    case
        when d.is_blank and d.wrong is null then 'blank'
        when d.is_known then 'known'
        when d.wrong is not null or d.answers > 1 then 'refused'
        when d.copy > 1 then 'known'
        else 'new'
    end as state,
    case
        when d.is_blank and d.wrong is null then null
        when d.is_known then null
        else coalesce(d.wrong, case when d.answers > 1
            then 'the line stands twice in the file and not alike, see row ' || cast(d.first_row as varchar) end)
    end as why,
    d.event_id, d.this_appeal as appeal_id, d.this_line as line_key, d.this_step as step, d.day as on_day,
    cast(coalesce(d.accepted, d.sent_amount) as decimal(16, 2)) as accepted_amount,
    cast(coalesce(d.accepted_part, d.sent_fund) as decimal(16, 2)) as accepted_fund,
    cast(coalesce(d.explained, 0) as decimal(16, 2)) as explained_amount,
    cast(coalesce(d.explained_part, 0) as decimal(16, 2)) as explained_fund,
    cast(coalesce(d.cut, 0) as decimal(16, 2)) as cut_amount,
    cast(coalesce(d.cut_part, 0) as decimal(16, 2)) as cut_fund, d.cut_quantity,
    cast(d.cut_persons as bigint) as cut_persons,
    cast(case when d.this_step = 'paid' then coalesce(d.paid_amount, d.owed)
        when d.this_step = 'void' then d.was_paid end as decimal(16, 2)) as paid_amount,
    d.reason, d.attachment, d.ground, coalesce(d.handled_by, $hand) as handled_by,
    d.this_lead as lead_id, d.sent_amount
from doubled as d
order by d.row_number
