-- Lent: stepped_up
with worded as (
    select *, strftime(month, '%Y-%m') as month_text from stepped_up
)
select 'hit' as outcome, institution_id, cast(month as date) as occurred_on,
    cast(excess as decimal(16, 2)) as amount, strength, month_text as month, 'money_a_month' as indicator,
    'yuan a month from ' || month_text || ' on, beside its months before and the peers'' course' as indicator_title,
    '自' || month_text || '起月均费用（对照按自身此前水平及同类走势）' as indicator_title_zh, '¥' as unit,
    after as own, before as usual, ratio, cast(excess as bigint) as excess, months_after, z, chance, peers,
    peer_key as peer_group
from worded;
