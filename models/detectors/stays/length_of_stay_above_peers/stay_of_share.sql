-- treated_stay: a stay of two nights or more that ended at home, with the day of its last drug, examination, test or
-- operation (last_on), what was charged on the quiet days after it (quiet_amount), and the money of its bed, nursing
-- and ward rounds (bed_amount).
create temp table treated_stay as
with sent_home as (
    select s.*, coalesce(p.busiest_share > $bulk_share, false) as is_bulk, s.lines > 0 and s.unsorted_lines = 0 as is_sorted,
        substr(s.diagnosis_code, 1, 3) || case when s.is_operated then '+' else '' end as disease
    from feature.stay as s
    left join feature.institution_posting as p on p.institution_id = s.institution_id
    where s.days >= 2 and not s.is_ward_day and not coalesce(s.is_cut, false) and s.is_sent_home
),
last_done as (
    select l.encounter_id, max(l.charged_on) as on_date
    from feature.fee_line as l
    join sent_home as k on k.encounter_id = l.encounter_id
    where l.fee_category in ('03', '04', '06', '09', '10', '11') and not coalesce(l.is_take_home, false)
        and l.charged_on >= k.started_on and l.charged_on < k.ended_on
    group by l.encounter_id
),
money as (
    select l.encounter_id,
        sum(l.eligible_amount) filter (where l.charged_on > d.on_date and l.charged_on < k.ended_on) as quiet_amount,
        sum(l.eligible_amount) filter (where l.fee_category in ('01', '02', '07')) as bed_amount
    from feature.fee_line as l
    join sent_home as k on k.encounter_id = l.encounter_id
    left join last_done as d on d.encounter_id = l.encounter_id
    group by l.encounter_id
)
select k.*, d.on_date as last_on, m.quiet_amount, m.bed_amount
from sent_home as k
left join last_done as d on d.encounter_id = k.encounter_id
left join money as m on m.encounter_id = k.encounter_id;

-- usual_length: the geometric mean of a disease's nights at all institutions but this one.
create temp table usual_length as
with own as (
    select disease, institution_id, count(*) as stays, sum(cast(ln(days) as decimal(18, 9))) as logs
    from treated_stay
    where disease is not null
    group by disease, institution_id
),
elsewhere as (
    select disease, institution_id, sum(stays) over d - stays as stays, sum(logs) over d - logs as logs
    from own
    window d as (partition by disease)
)
select disease, institution_id, exp(cast(logs as double) / stays) as nights from elsewhere where stays >= $min_like;

create temp table stay_of_share as
select 'quiet_end' as share, institution_id, encounter_id, chapter, stratum,
    date_diff('day', last_on, ended_on) - 1 >= greatest($quiet_nights, $quiet_share * days) as is_flagged,
    cast(quiet_amount as decimal(16, 2)) as amount
from treated_stay
where is_sorted and not is_bulk and last_on is not null

union all by name
select 'long' as share, k.institution_id, k.encounter_id, k.chapter, k.stratum,
    k.days >= $long_ratio * u.nights and k.days >= u.nights + $long_nights as is_flagged,
    cast(k.bed_amount * (1 - u.nights / k.days) as decimal(16, 2)) as amount
from treated_stay as k
join usual_length as u on u.disease = k.disease and u.institution_id = k.institution_id;
