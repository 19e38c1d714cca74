-- One row: one row of the file: what the second reader says, beside the verdict that stands, and what is to become of it.
-- state: new, known (came before), blank (not filled in yet), refused; why: the reason of a refusal
with verdict as (
    select lead_id, conclusion, confirmed_amount, decided_on, handled_by, reason,
        row_number() over (
            partition by lead_id
            order by case when rule is null then 0 else 1 end, decided_on desc, imported_at desc, row_number desc
        ) as place
    from casebook.current_verdict
    where lead_id is not null
),

told as (
    select h.row_number, h.draw_id, h.lead_id, h.confirmed_amount as second_amount, h.reviewer, h.rechecked_on,
        h.reason as second_reason, h.conclusion as said, c.conclusion as second, h.fault, v.conclusion,
        v.confirmed_amount, v.decided_on, v.handled_by, v.reason, r.lead_id as known_lead
    from handed_row as h
    left join conclusion_word as c on c.word = h.word
    left join casebook.lead_register as r on r.lead_id = h.lead_id
    left join verdict as v on v.lead_id = h.lead_id and v.place = 1
),

judged as (
    select t.*,
        t.said is null and t.second_amount is null and t.second_reason is null as is_blank,
        case
            when t.fault is not null then t.fault
            when t.lead_id is null then 'it names no lead; take lead_id from the form'
            when t.known_lead is null then 'there is no lead ' || t.lead_id || '; take lead_id from the form'
            when t.conclusion is null then 'lead ' || t.lead_id || ' has no verdict yet, so there is nothing to look at again'
            when t.said is null then 'it has no conclusion; write 确认违规, 部分确认, 排除 or 暂缓'
            when t.second is null
                then 'conclusion is ''' || left(t.said, 40) || ''', which is not known; write 确认违规, 部分确认, 排除 or 暂缓'
            when t.second_amount < 0 then 'confirmed_amount is ' || cast(t.second_amount as varchar) || ', below 0; write what is confirmed'
            when t.rechecked_on > cast($today as date)
                then 'rechecked_on is ' || cast(t.rechecked_on as varchar) || ', which has not come yet; correct the day'
            when t.rechecked_on < t.decided_on
                then 'rechecked_on is ' || cast(t.rechecked_on as varchar) || ', before the verdict of '
                    || cast(t.decided_on as varchar) || '; correct the day'
            when t.reviewer is not null and contains(t.handled_by, t.reviewer)
                then t.reviewer || ' handled the lead; somebody else must look at it again'
            when t.draw_id is not null and t.draw_id not in (select draw_id from casebook.draw)
                then 'there is no draw ' || t.draw_id || '; take draw_id from the form'
        end as wrong
    from told as t
),

hashed as (
    select j.*,
        md5(concat_ws('|', coalesce(j.draw_id, ''), j.lead_id, j.second, coalesce(cast(j.second_amount as varchar), ''),
            coalesce(j.reviewer, ''), coalesce(cast(j.rechecked_on as varchar), ''), coalesce(j.second_reason, '')))
            as content_hash
    from judged as j
),

copied as (
    select h.*, row_number() over (partition by h.content_hash, h.wrong is null order by h.row_number) as copy
    from hashed as h
)

select row_number,
    case
        when is_blank then 'blank'
        when wrong is not null then 'refused'
        when copy > 1 or content_hash in (select content_hash from casebook.recheck) then 'known'
        else 'new'
    end as state,
    case when not is_blank then wrong end as why, draw_id, lead_id, conclusion, second, confirmed_amount, second_amount,
    decided_on, coalesce(rechecked_on, cast($today as date)) as rechecked_on, handled_by, reviewer, reason, second_reason,
    content_hash
from copied
order by row_number
