-- tested_place: how often a place or department does a test, and how often it would be done there: the shares of the
-- same departments and chapters at all others, each leaning on the next coarser's with the weight of twenty stays.
create temp table tested_place as
with rate as (
    select w.test, m.base_word, m.institution_id, m.department_code, m.chapter, m.stays,
        coalesce(t.done, 0) as done
    from (select distinct test, base_word from frequent_test) as w
    join stays_of_mix as m on m.base_word is not distinct from w.base_word
    left join tested_of_mix as t on t.test = w.test and t.institution_id = m.institution_id
        and t.department_code = m.department_code and t.chapter = m.chapter
),
elsewhere as (
    select *,
        sum(stays) over (partition by test) - sum(stays) over (partition by test, institution_id) as all_stays,
        sum(done) over (partition by test) - sum(done) over (partition by test, institution_id) as all_done,
        sum(stays) over (partition by test, department_code)
            - sum(stays) over (partition by test, department_code, institution_id) as department_stays,
        sum(done) over (partition by test, department_code)
            - sum(done) over (partition by test, department_code, institution_id) as department_done,
        sum(stays) over (partition by test, department_code, chapter) - stays as mix_stays,
        sum(done) over (partition by test, department_code, chapter) - done as mix_done
    from rate
),
leaning as (
    select *,
        (mix_done + 20 * (department_done + 20 * all_done / nullif(cast(all_stays as double), 0))
            / (department_stays + 20)) / (mix_stays + 20) as expected
    from elsewhere
)
-- Summed as decimals: the order of the rows must not move the last digit.
select test, institution_id, coalesce(department_code, '') as department_code, sum(stays) as stays,
    sum(done) / sum(cast(stays as double)) as share,
    cast(sum(cast(stays * expected as decimal(18, 6))) as double) / sum(stays) as expected_share
from leaning
group by grouping sets ((test, institution_id), (test, institution_id, department_code));

-- test_beside_peers: a frequent test with how often the peers do it: the median, how many do it at all (users), how
-- many two thirds as often (alike). The whole of a special hospital has its like among its own kind only; a department
-- anywhere. Peers are of the same kind and level where there are enough, else of the kind, else all.
create temp table test_beside_peers as
with peer as (
    select f.test, f.institution_id, f.department_code, f.share as own, t.share,
        case when own.key_2 = other.key_2 then 1 when own.key_3 = other.key_3 then 2 else 3 end as distance
    from frequent_test as f
    join tested_place as t on t.test = f.test and t.department_code = f.department_code
        and t.institution_id <> f.institution_id and t.stays >= $min_peer_stays
    join peer_place as own on own.institution_id = f.institution_id
    join peer_place as other on other.institution_id = t.institution_id
    where f.department_code <> '' or (own.is_special = other.is_special
        and (not own.is_special or own.kind = other.kind))
),
counted as (
    select *, count(*) filter (where distance = 1) over place as near,
        count(*) filter (where distance <= 2) over place as fair
    from peer
    window place as (partition by test, institution_id, department_code)
),
compared as (
    select test, institution_id, department_code, count(*) as peers, median(share) as peer_share,
        count(*) filter (where share > 0) as users, count(*) filter (where share >= own * 2 / 3) as alike
    from counted
    where distance <= case when near >= $min_peers then 1 when fair >= $min_peers then 2 else 3 end
    group by test, institution_id, department_code
),
joined as (
    select f.*, t.expected_share, coalesce(c.peers, 0) as peers, c.peer_share, coalesce(c.users, 0) as users,
        coalesce(c.alike, 0) as alike
    from frequent_test as f
    join tested_place as t on t.test = f.test and t.institution_id = f.institution_id
        and t.department_code = f.department_code
    left join compared as c on c.test = f.test and c.institution_id = f.institution_id
        and c.department_code = f.department_code
),
weighed as (
    select *, greatest(peer_share, expected_share, 0.01) as usual_share,
        peers < $min_peers or (users < $min_users and problem is null) as is_alone
    from joined
)
select *,
    not is_alone and share >= $min_ratio * greatest(peer_share, expected_share) and alike <= $max_alike * peers
        as is_universal
from weighed;
