-- One row: one figure of a lead of tier A or B beside its peers': the finding's own columns, or a list of indicators in
-- its detail. Figures come with their unit.
with compared as (
    select r.lead_id, f.source, f.detail, f.indicator_title, f.indicator_title_zh, f.unit, f.own, f.usual, f.peers,
        f.percentile, regexp_replace(cast(f.own as varchar), '\.0$', '') as plain_own,
        regexp_replace(cast(f.usual as varchar), '\.0$', '') as plain_usual
    from model.finding as f
    join casebook.lead_register as r on r.subject_type = f.subject_type and r.subject_key = f.subject_id
    join model.lead as l on l.lead_id = r.lead_id and l.tier in ('A', 'B')
    join model.coverage as c on c.source = f.source and c.status = 'live'
    where f.outcome = 'hit' and (f.own is not null or f.detail like '%peer_text%')
),

-- Money has its cents, whole yuan too; more decimals stay.
written as (
    select *,
        regexp_replace(regexp_replace(plain_own, '^(-?[0-9]+)$', '\1.0'), '^(-?[0-9]+[.][0-9])$', '\10') as yuan_own,
        regexp_replace(regexp_replace(plain_usual, '^(-?[0-9]+)$', '\1.0'), '^(-?[0-9]+[.][0-9])$', '\10')
            as yuan_usual
    from compared
),

listed as (
    select lead_id, source, json_extract_string(detail, '$.peers') as peers,
        unnest(from_json(
            coalesce(json_extract(detail, '$.indicators'), json_extract(detail, '$.reasons')),
            '[{"indicator_title": "varchar", "indicator_title_zh": "varchar", "own_text": "varchar",'
            || ' "peer_text": "varchar", "peers": "varchar", "peer_percentile": "double", "z": "double"}]'
        )) as i
    from compared
    where coalesce(json_extract(detail, '$.indicators'), json_extract(detail, '$.reasons')) is not null
),

figure as (
    select lead_id, source, indicator_title as title, coalesce(indicator_title_zh, indicator_title) as title_zh,
        case unit when '¥' then '¥' || yuan_own else plain_own || coalesce(unit, '') end as own,
        case unit when '¥' then '¥' || yuan_usual else plain_usual || coalesce(unit, '') end as usual,
        cast(peers as varchar) as peers, percentile, try_cast(json_extract_string(detail, '$.z') as double) as z
    from written
    where indicator_title is not null and own is not null and usual is not null
    union all
    select lead_id, source, i.indicator_title, i.indicator_title_zh, i.own_text, i.peer_text,
        coalesce(i.peers, peers),
        i.peer_percentile, i.z
    from listed
),

-- Of one indicator a lead's strongest figure: a batch or a day each would fill the page.
strongest as (
    select lead_id, source, title, title_zh, own, usual, peers, max(percentile) as percentile, max(z) as z,
        row_number() over (partition by lead_id, source, title order by max(z) desc nulls last, own desc, usual) as place
    from figure
    where title is not null and own is not null and usual is not null
    group by lead_id, source, title, title_zh, own, usual, peers
)

select lead_id, source, case when $language = 'zh' then title_zh else title end as indicator, own, usual, peers as n,
    percentile, z
from strongest
where place = 1
order by lead_id, z desc nulls last, source, title
