-- One row: one source at one institution that answered its lines, with how its lines stood there against how the
-- source's lines stand anywhere. Both are drawn towards what there was before: a place towards the source, the source
-- towards standing, each with the weight of ten lines, since the lines of one matter fall together.
-- factor: below 1 where the institution's appeals are upheld more often than others'
with decided as (
    select source, institution_id, count(*) as lines,
        sum((accepted_amount + explained_amount) / nullif(sent_amount, 0)) as stood
    from casebook.appeal_standing
    where state in ('won', 'stands', 'paid') and sent_amount > 0
    group by source, institution_id
),

anywhere as (
    select source, (10 + sum(stood)) / (10 + sum(lines)) as share from decided group by source
)

select d.source, d.institution_id as subject_id,
    cast((10 * a.share + d.stood) / (10 + d.lines) / a.share as double) as factor
from decided as d
join anywhere as a on a.source = d.source
order by d.source, d.institution_id
