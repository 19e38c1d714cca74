-- One row: one row of a returned form, resolved against the sample, and what is to become of it.
-- state: new, known (came before), blank (not filled in yet), refused; why: the reason of a refusal
with contract as (
    select review_id, max(until) as until, max_by(third_party, until) as third_party
    from casebook.review_package
    group by review_id
),

told as (
    select h.*, s.place as drawn_place, s.institution_id as drawn_institution, s.record_number as drawn_record,
        s.amount, r.review_id as known_review, c.until, c.third_party,
        case
            when h.missing is null or h.missing in ('否', '0', 'no', 'n', 'No', 'NO', 'false') then false
            when h.missing in ('是', '1', 'yes', 'y', 'Yes', 'YES', 'true') then true
        end as is_missing,
        h.wrong_amount_1 is null and h.wrong_amount_2 is null and h.agreed_amount is null and h.missing is null
            and h.ground_1 is null and h.ground_2 is null and h.fault is null as is_blank
    from handed_row as h
    left join casebook.review as r on r.review_id = h.review_id
    left join contract as c on c.review_id = h.review_id
    left join casebook.review_stay as s on s.review_id = h.review_id and s.place = h.place
),

judged as (
    select t.*,
        case
            when t.fault is not null then t.fault
            when t.review_id is null then 'it names no review; take review_id from the form'
            when t.known_review is null then 'there is no review ' || t.review_id || '; take review_id from the form'
            when $on > t.until
                then 'the contract with ' || t.third_party || ' ended on ' || cast(t.until as varchar)
                    || '; a form that came in time is taken with --on and its day'
            when t.place is null then 'it names no sample number; take place from the form'
            when t.drawn_place is null
                then 'sample ' || cast(t.place as varchar) || ' is not in review ' || t.review_id
                    || '; only stays that were drawn count'
            when t.institution_id is not null and t.institution_id <> t.drawn_institution
                then 'sample ' || cast(t.place as varchar) || ' is a stay of another institution than '
                    || left(t.institution_id, 40) || '; take the row as the form has it'
            when t.record_number is not null and t.record_number is distinct from t.drawn_record
                then 'record_number is ''' || left(t.record_number, 40) || ''', which is not the record of sample '
                    || cast(t.place as varchar) || '; take the row as the form has it'
            when t.is_missing is null
                then 'missing is ''' || left(t.missing, 40) || '''; write 是 where the record was not provided, else leave it empty'
            when t.is_missing and coalesce(t.wrong_amount_1, t.wrong_amount_2, t.agreed_amount) is not null
                then 'the record was not provided and yet an amount is judged; leave one of both empty'
            when t.wrong_amount_1 < 0
                then 'wrong_amount_1 is ' || cast(t.wrong_amount_1 as varchar) || ', below 0; write 0 where nothing is wrong'
            when t.wrong_amount_2 < 0
                then 'wrong_amount_2 is ' || cast(t.wrong_amount_2 as varchar) || ', below 0; write 0 where nothing is wrong'
            when t.agreed_amount < 0
                then 'agreed_amount is ' || cast(t.agreed_amount as varchar) || ', below 0; write 0 where nothing is wrong'
            when t.wrong_amount_1 > t.amount
                then 'wrong_amount_1 is ' || cast(t.wrong_amount_1 as varchar) || ', above the ' || cast(t.amount as varchar)
                    || ' yuan that count of the stay; correct it'
            when t.wrong_amount_2 > t.amount
                then 'wrong_amount_2 is ' || cast(t.wrong_amount_2 as varchar) || ', above the ' || cast(t.amount as varchar)
                    || ' yuan that count of the stay; correct it'
            when t.agreed_amount > t.amount
                then 'agreed_amount is ' || cast(t.agreed_amount as varchar) || ', above the ' || cast(t.amount as varchar)
                    || ' yuan that count of the stay; correct it'
            when not t.is_missing and t.wrong_amount_1 is null
                then 'wrong_amount_1 is empty; write what the first reviewer judges wrong, 0 for nothing'
            when t.wrong_amount_1 is not null and t.reviewer_1 is null
                then 'reviewer_1 is empty; write who judged'
            when t.wrong_amount_2 is not null and t.reviewer_2 is null
                then 'reviewer_2 is empty; write who judged'
            when t.wrong_amount_2 is not null and t.reviewer_2 = t.reviewer_1
                then t.reviewer_1 || ' is both reviewers; somebody else must judge the stay the second time'
            when t.wrong_amount_1 > 0 and t.ground_1 is null
                then 'ground_1 is empty; write why the amount is wrong'
            when t.wrong_amount_2 > 0 and t.ground_2 is null
                then 'ground_2 is empty; write why the amount is wrong'
            when t.agreed_amount is not null and t.wrong_amount_2 is null
                then 'agreed_amount is given with one reviewer; give the second one''s amount or leave it empty'
        end as wrong
    from told as t
),

hashed as (
    select j.*,
        md5(concat_ws('|', j.review_id, cast(j.place as varchar), cast(j.is_missing as varchar),
            coalesce(j.reviewer_1, ''), coalesce(cast(j.wrong_amount_1 as varchar), ''), coalesce(j.ground_1, ''),
            coalesce(j.reviewer_2, ''), coalesce(cast(j.wrong_amount_2 as varchar), ''), coalesce(j.ground_2, ''),
            coalesce(cast(j.agreed_amount as varchar), ''))) as content_hash
    from judged as j
),

copied as (
    select h.*,
        row_number() over (partition by h.content_hash, h.wrong is null order by h.row_number) as copy,
        first_value(h.content_hash) over (
            partition by h.review_id, h.place, h.wrong is null and not h.is_blank order by h.row_number
        ) as first_hash
    from hashed as h
)

select row_number,
    case
        when is_blank then 'blank'
        when wrong is not null then 'refused'
        when content_hash <> first_hash then 'refused'
        when copy > 1 or content_hash in (
            select a.content_hash
            from casebook.review_answer as a
        ) then 'known'
        else 'new'
    end as state,
    case
        when is_blank then null
        when wrong is not null then wrong
        when content_hash <> first_hash
            then 'sample ' || cast(place as varchar) || ' stands above with other figures; keep one of both rows'
    end as why,
    review_id, place, coalesce(is_missing, false) as is_missing, reviewer_1, wrong_amount_1, ground_1, reviewer_2,
    wrong_amount_2, ground_2, agreed_amount,
    case
        when is_missing then null
        else coalesce(agreed_amount, least(wrong_amount_1, coalesce(wrong_amount_2, wrong_amount_1)))
    end as wrong_amount,
    content_hash
from copied
order by row_number
