-- One row: one practitioner and one confirmed matter, with its points as a proposal; scored_verdict is that query.
-- Who answers: the practitioner whom the verdict is about, or whom a note of responsibility names for it.
with part as (
    select subject_id, matter, share
    from (
        select subject_id, matter, share,
            row_number() over (partition by subject_id, matter order by number desc) as place
        from casebook.points_note
        where kind = 'share' and subject_type = 'practitioner'
    ) as ordered
    where place = 1
),

answering as (
    select v.*, v.subject_id as practitioner_id, p.share
    from scored_verdict as v
    left join part as p
        on p.subject_id = v.subject_id and p.matter in (v.matter, v.case_no, v.lead_id, v.verdict_id)
    where v.subject_type = 'practitioner'
    union all
    select v.*, p.subject_id, p.share
    from scored_verdict as v
    join part as p on p.matter in (v.matter, v.case_no, v.lead_id, v.verdict_id)
    where v.subject_type in ('institution', 'pharmacy')
),

-- Recurrence within the year lifts what would be of the two lower bands; never what nobody had scored before.
banded as (
    select a.* exclude (band),
        case when a.band in ('contract', 'penalty') and a.is_repeat_of_year and a.subject_type = 'practitioner'
            then 'repeat' else a.band end as band
    from answering as a
    where a.share is distinct from 'none'
),

counted as (
    select b.*, k.points_from, k.points_to, k.name_zh as band_zh, h.name_zh as share_zh,
        case
            when b.decided_points is not null then b.decided_points
            else least(k.points_from + coalesce(h.step, 0), k.points_to)
        end as points
    from banded as b
    left join knowledge.points_band as k
        on k.band = b.band and b.decided_on >= coalesce(k.valid_from, b.decided_on)
        and b.decided_on <= coalesce(k.valid_to, b.decided_on)
    left join knowledge.points_share as h
        on h.share = b.share and b.decided_on >= coalesce(h.valid_from, b.decided_on)
        and b.decided_on <= coalesce(h.valid_to, b.decided_on)
),

-- Several rules, or the place and the person, of one matter are one event: its highest counts.
highest as (
    select *, row_number() over (
        partition by practitioner_id, matter order by points desc nulls last, decided_on, verdict_id
    ) as place
    from counted
),

upheld as (
    select subject_id, matter, sum(points) as points
    from casebook.points_note
    where kind = 'objection' and subject_type = 'practitioner' and matter is not null and points is not null
    group by subject_id, matter
)

select h.practitioner_id as subject_id, h.matter, h.verdict_id, h.decided_on, h.year, h.band, h.band_zh, h.share,
    h.share_zh, h.decided_points is not null as is_decided, h.points as scored, h.points_from, h.points_to,
    least(coalesce(u.points, 0), h.points) as taken_back,
    h.points - least(coalesce(u.points, 0), h.points) as points, h.lacks_clause, h.rule, h.institution_id
from highest as h
left join upheld as u on u.subject_id = h.practitioner_id and u.matter in (h.matter, h.verdict_id, h.lead_id)
where h.place = 1
order by h.practitioner_id, h.decided_on, h.matter
