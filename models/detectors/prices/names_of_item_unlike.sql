/*
title = "Own item name unlike the item billed"
title_zh = "院内（店内）项目名称与医保目录名称明显不符（疑似串换）"
violation = "substitution"
family = "substitution"
problem  = ["pharmacy-7", "pharmacy-8"]
subjects = ["institution", "pharmacy"]
certainty = "suspected"
window = "line"
law = ["regulation-15-1", "regulation-38-1-4", "rules-11"]
basis = ["筛查模型 D08 串换线索（名称不符）；定点零售药店自查自纠问题清单（2025年版）7、8"]
needs = ["record.fee_line.institution_item_name", "record.fee_line.item_name"]
sentence = "What the institution calls {own_name} was billed as {item_name}{resembles}: {amount} yuan (lines of this name: {lines})"
sentence_zh = "机构自有目录名称为“{own_name}”，按“{item_name}”结算{resembles_zh}，{amount}元（该名称共{lines}条）"
exclusions = [
    "names that share two characters in a row with the national or the trade name",
    "brands, packs and brackets beside the name",
    "names without two Chinese characters: codes and abbreviations",
    "a pair of names that several institutions use: a common alias",
    "an institution most of whose names are unlike: cannot judge",
    "medical services: their everyday names differ too much",
]
exclusions_zh = [
    "与国家名称或商品名有连续两字相同",
    "名称旁的品牌、包装和括号内容",
    "不足两个汉字的名称：编码和缩写",
    "多家机构共用的名称对：通用别名",
    "多数名称均不相近的机构：无法判定",
    "医疗服务项目：日常名称差异过大",
]
limits = "Where the name resembles no other item it may be a trade name, which is said first. A wrong match in the catalogue looks alike; where nearly all lines of a code are so, the data clerk is asked first. Goods sold under the drug's own name are not seen here."
limits_zh = "名称与其他项目均不相近的，可能为商品名，首先提示。目录对照错误也会呈现相同情形；某编码几乎全部如此的，应先询问数据维护人员。以药品本名销售其他商品，此处看不到。"

[params.max_likeness]
value = 0.5
unit = "share"
meaning = "Jaro-Winkler likeness from which names are alike"

[params.twin_likeness]
value = 0.85
unit = "share"
meaning = "likeness that says it is another item's name"

[params.max_unlike]
value = 0.2
unit = "share"
meaning = "of an institution's names; beyond it names are of another kind: cannot judge"

[params.max_users]
value = 1
unit = "institutions"
meaning = "that use the pair; more: a common alias"
*/
-- name_pair: a national name billed at an institution beside the institution's own.
create temp table name_pair as
select l.institution_id, l.item_code, l.item_name, l.institution_item_name as own_name, count(*) as lines,
    any_value(d.trade_name) as trade_name
from feature.fee_line as l
left join feature.drug_product as d on d.product_code = l.item_code
where l.institution_item_name is not null and l.item_name is not null and l.institution_id is not null
    and not starts_with(l.item_code, '0') and coalesce(l.catalogue_type, '101') <> '201'
group by l.institution_id, l.item_code, l.item_name, l.institution_item_name;

-- rated_pair: the pairs with whether their names are unlike; is_foreign where most names of the institution are so.
create temp table rated_pair as
with bare_names as (
    select distinct item_name, own_name, trade_name,
        regexp_replace(upper(item_name), '[（(\[【].*?[)）\]】]|\s', '', 'g') as national,
        regexp_replace(upper(own_name), '[（(\[【].*?[)）\]】]|\s', '', 'g') as own,
        regexp_replace(upper(coalesce(trade_name, '')), '[（(\[【].*?[)）\]】]|\s', '', 'g') as trade
    from name_pair
),
measured as (
    select item_name, own_name, trade_name, regexp_matches(own_name, '[\x{4e00}-\x{9fff}]{2}') as is_words,
        list_has_any(
            [substr(own, i, 2) for i in range(1, length(own))],
            [substr(national, i, 2) for i in range(1, length(national))]
                || [substr(trade, i, 2) for i in range(1, length(trade))]
        ) as shares_two_characters,
        list_max([
            greatest(jaro_winkler_similarity(piece, national), jaro_winkler_similarity(piece, trade))
            for piece in regexp_split_to_array(own, '[/、,，;；+_\-*·]')
        ]) as likeness
    from bare_names
),
compared as (
    select p.*, m.is_words and not coalesce(m.shares_two_characters, false)
            and coalesce(m.likeness, 0) < $max_likeness
            and count(*) over (partition by p.item_code, p.own_name) <= $max_users as is_unlike
    from name_pair as p
    join measured as m on m.item_name = p.item_name and m.own_name = p.own_name
        and m.trade_name is not distinct from p.trade_name
),
place as (
    -- Of fewer than five names a share says nothing.
    select institution_id, avg(cast(is_unlike as integer)) > $max_unlike and count(*) >= 5 as is_foreign
    from compared
    group by institution_id
)
select c.*, c.is_unlike and p.is_foreign as is_foreign, c.is_unlike and not p.is_foreign as is_hit
from compared as c
join place as p on p.institution_id = c.institution_id;

-- twin: the name of another item of the record, where the own name is nearly that.
create temp table twin as
with national as (
    select distinct item_name from name_pair
),
unlike as (
    select distinct own_name, item_name, regexp_replace(own_name, '[（(\[【].*?[)）\]】]|\s', '', 'g') as own
    from rated_pair
    where is_hit
)
select u.own_name, u.item_name,
    arg_max(n.item_name, (round(jaro_winkler_similarity(u.own, n.item_name), 6), n.item_name)) as twin
from unlike as u
join national as n
    on n.item_name <> u.item_name and jaro_winkler_similarity(u.own, n.item_name) >= $twin_likeness
group by u.own_name, u.item_name;

-- One hit a line; units are names of items at institutions: 1 on the first line of a name, 0 on the others.
select 'hit' as outcome, l.settlement_id, l.line_id, l.encounter_id, l.person_id, l.institution_id, l.practitioner_id,
    l.charged_on as occurred_on, l.eligible_amount as amount, r.own_name, r.item_name, r.lines,
    coalesce(', which is nearly the name of ' || t.twin, '') as resembles,
    coalesce('，与“' || t.twin || '”近似', '') as resembles_zh,
    case when t.twin is null then 'a trade name or the house''s own name of the drug' end as innocent,
    case when t.twin is null then '商品名或机构习用名' end as innocent_zh,
    0.9 as weight,  -- a single line speaks nearly as strongly as many do: what is left is a slip of the catalogue
    cast(row_number() over (
        partition by l.institution_id, l.item_code, l.institution_item_name
        order by l.charged_on, l.settlement_id, l.line_id
    ) = 1 as bigint) as units
from feature.fee_line as l
join rated_pair as r on r.is_hit and r.institution_id = l.institution_id and r.item_code = l.item_code
    and r.item_name = l.item_name and r.own_name = l.institution_item_name
left join twin as t on t.own_name = r.own_name and t.item_name = r.item_name
where l.eligible_amount > 0

union all by name
select 'cannot_judge' as outcome, 'the institution''s names are of another kind' as reason, count(*) as units
from rated_pair where is_foreign having count(*) > 0

union all by name
select 'clear' as outcome, count(*) as units
from rated_pair where not is_hit and not is_foreign having count(*) > 0
