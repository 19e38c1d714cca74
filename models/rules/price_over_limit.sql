/*
title       = "Medical service charged above its price limit"
title_zh    = "医疗服务项目超限定单价收费"
official    = [14]
violation   = "price_over_limit"
family      = "price"
fetch       = ["overcharge"]
problem     = [
    "hospital-21", "hospital-31", "hospital-42", "hospital-56", "hospital-57", "hospital-74",
    "hospital-88", "hospital-130", "hospital-137", "hospital-138", "hospital-145", "hospital-147",
    "hospital-148", "hospital-149", "hospital-150", "hospital-151", "hospital-152", "hospital-163",
    "hospital-164", "hospital-165", "hospital-166", "hospital-176", "hospital-181",
]
judges      = ["price"]
subjects    = ["institution"]
certainty   = "definite"
stage       = "audit"
window      = "line"
law         = ["regulation-15-1", "regulation-38-1-3", "rules-11"]
basis       = ["智能监管规则库（2025年版）14 医疗服务项目超限定单价收费"]
needs       = ["record.fee_line.unit_price"]
exclusions  = [
    "what lies above the limit is already the person's own",
    "rounding: prices within {tolerance} % of the limit",
    "units posted in bulk for care in which the limit changed, and the price is within the highest of its limits: cannot judge",
    "no limit for the institution's level and area though the item has limits: cannot judge",
    "drugs and consumables: their limits are shares of payment, not prices",
    "the institution is unknown: cannot judge",
]
exclusions_zh = [
    "高出限价部分已由个人承担",
    "舍入：价格在限价的 {tolerance}% 以内",
    "集中记账且就诊期间限价有调整，单价未超过期间最高限价：无法判定",
    "项目有限价，但无该机构级别和地区的限价：无法判定",
    "药品、耗材：其限制为支付标准，非价格",
    "机构未知：无法判定",
]
limits      = "The limit delivered with the line comes first, else the list's, of the nearest area and the institution's level (which codes mean which level differs by area: parameters). Only suspected, for a permitted surcharge may be part of the price: up to {max_surcharge:%} over the limit for a child up to {child_years:year} or of unknown age, at night, on a public holiday, or under a name that speaks of a surcharge; and units posted in bulk under the limit of the day of posting. The levels of a hospital's branches are not known. Items without any limit are not judged."
limits_zh   = "优先采用明细所带限价，其次为表中限价，取最近地区和机构级别（级别代码因地而异，由参数设定）。以下仅列可疑，因价格可能含许可加收：{child_years} 岁及以下或年龄未知、夜间、法定节假日或名称注明加收，且超出限价不超过 {max_surcharge:%} 的；以及按记账日限价集中记账的。分院级别未知。无限价的项目不作判断。"
version     = "3"
sentence    = "{item_name} was charged at {unit_price} yuan on {occurred_on}, the limit is {price_limit}; {quantity} units, {amount} yuan over"
sentence_zh = "{occurred_on} “{item_name}”单价 {unit_price} 元，高于限价 {price_limit} 元，数量 {quantity}，超出 {amount} 元"

[params.tolerance]
value   = 0.01
unit    = "%"
meaning = "above the limit that counts as rounding"

[params.max_surcharge]
value   = 0.3
unit    = "share"
meaning = "of the limit that a surcharge for children, nights or holidays may add"

[params.child_years]
value   = 6
unit    = "years"
meaning = "age up to which the price list adds a surcharge"

[params.level_1]
value   = "101"
meaning = "the area's code of limits for level 1"

[params.level_2]
value   = "102"
meaning = "the area's code of limits for level 2"

[params.level_3]
value   = "103"
meaning = "the area's code of limits for level 3"

[params.ungraded]
value   = "104"
meaning = "the area's code of limits for institutions without grade"
*/
with service as (
    select l.settlement_id, l.line_id, l.encounter_id, l.person_id, l.institution_id, l.practitioner_id, l.charged_on,
        l.charged_at, l.has_clock, l.item_code, l.item_name, l.quantity, l.unit_price, l.eligible_amount,
        coalesce(l.over_limit_amount, 0) as over_limit_amount,
        case when l.price_limit > 0 then l.price_limit end as own_limit,
        coalesce(l.is_posted_in_bulk, false) as is_posted_in_bulk, v.age_years,
        case when coalesce(l.is_posted_in_bulk, false) then coalesce(v.started_on, l.charged_on) else l.charged_on end
            as care_from,
        case when coalesce(l.is_posted_in_bulk, false) then coalesce(v.ended_on, l.charged_on) else l.charged_on end
            as care_to
    from feature.fee_line as l
    left join feature.settlement as v on v.settlement_id = l.settlement_id
    where l.eligible_amount > 0 and l.unit_price > 0 and not coalesce(l.is_pharmacy, false)
        and coalesce(l.catalogue_type, '201') = '201'
),

listed as (
    select item_code, limit_type, division, price_limit, valid_from, valid_to,
        case when division is null then 0 when substr(division, 3, 4) = '0000' then 1
            when substr(division, 5, 2) = '00' then 2 else 3 end as nearness
    from record.price_limit
    where price_limit > 0 and coalesce(is_valid, true)
),

place as (
    select i.institution_id, i.division,
        case coalesce(i.highest_level, i.institution_level)
            when 1 then $level_1
            when 2 then $level_2
            when 3 then $level_3
            else case when g.institution_grade is not null then $ungraded end
        end as limit_type
    from feature.institution as i
    left join knowledge.institution_grade as g on g.institution_grade = i.institution_grade
),

-- Which limit holds for an item at a place on a day, for lines that bring none; and which is the highest on the days
-- that units posted in bulk may stand for.
asked as (
    select distinct s.item_code, s.institution_id, s.charged_on, s.care_from, s.care_to
    from service as s
    where (s.own_limit is null or s.is_posted_in_bulk) and s.item_code in (select k.item_code from listed as k)
),

fitting as (
    select a.item_code, a.institution_id, a.charged_on, a.care_from, a.care_to, k.price_limit, k.nearness, k.valid_from,
        a.charged_on >= coalesce(k.valid_from, a.charged_on) and a.charged_on <= coalesce(k.valid_to, a.charged_on)
            as is_on_day,
        max(k.nearness) over (
            partition by a.item_code, a.institution_id, a.charged_on, a.care_from, a.care_to
        ) as nearest
    from asked as a
    join place as p on p.institution_id = a.institution_id
    join listed as k
        on k.item_code = a.item_code and coalesce(k.limit_type, p.limit_type) = p.limit_type
        and coalesce(k.valid_from, a.care_from) <= greatest(a.care_to, a.charged_on)
        and coalesce(k.valid_to, a.care_to) >= least(a.care_from, a.charged_on)
        and (
            k.nearness = 0
            or k.division = p.division
            or (k.nearness = 2 and substr(k.division, 1, 4) = substr(p.division, 1, 4))
            or (k.nearness = 1 and substr(k.division, 1, 2) = substr(p.division, 1, 2))
        )
),

offered as (
    select item_code, institution_id, charged_on, care_from, care_to, price_limit,
        row_number() over (
            partition by item_code, institution_id, charged_on, care_from, care_to
            order by nearness desc, valid_from desc, price_limit desc
        ) as choice
    from fitting
    where is_on_day
),

highest as (
    select item_code, institution_id, charged_on, care_from, care_to, max(price_limit) as price_limit
    from fitting
    where nearness = nearest
    group by item_code, institution_id, charged_on, care_from, care_to
),

limited as (
    select s.*, coalesce(s.own_limit, o.price_limit) as day_limit,
        greatest(coalesce(s.own_limit, o.price_limit), coalesce(h.price_limit, s.own_limit, o.price_limit))
            as price_limit,
        -- A limit that came with the line is that of the day of posting.
        s.is_posted_in_bulk and s.own_limit is not null and h.price_limit is null as is_limit_of_posting
    from service as s
    left join offered as o
        on o.item_code = s.item_code and o.institution_id = s.institution_id and o.charged_on = s.charged_on
        and o.care_from = s.care_from and o.care_to = s.care_to and o.choice = 1
    left join highest as h
        on h.item_code = s.item_code and h.institution_id = s.institution_id and h.charged_on = s.charged_on
        and h.care_from = s.care_from and h.care_to = s.care_to and s.is_posted_in_bulk
    where s.own_limit is not null or s.item_code in (select k.item_code from listed as k)
),

priced as (
    select l.*,
        cast(cast(l.unit_price - l.price_limit as double) * cast(l.quantity as double) as decimal(28, 2))
            - cast(l.over_limit_amount as double) as excess,
        -- A surcharge is part of the price item; the record does not say that it was due.
        cast(l.unit_price as double) <= cast(l.price_limit as double) * (1 + $max_surcharge + $tolerance / 100) and (
            coalesce(l.age_years <= $child_years, true)
            or coalesce(l.has_clock and (hour(l.charged_at) >= 20 or hour(l.charged_at) < 6), false)
            -- In a year whose holidays are not known any day may have been one.
            or coalesce(f.is_rest, f.on_date is not null)
            or coalesce(regexp_matches(l.item_name, '加收|特需|夜间|节假日|儿童'), false)
        ) as is_perhaps_surcharge
    from limited as l
    left join feature.calendar_day as f on f.on_date = l.charged_on
)

select
    case
        when price_limit is null or quantity is null then 'cannot_judge'
        when cast(unit_price as double) > cast(price_limit as double) * (1 + $tolerance / 100) and excess > 0.01
            then 'hit'
        when cast(unit_price as double) > cast(day_limit as double) * (1 + $tolerance / 100) and price_limit > day_limit
            then 'cannot_judge'
        else 'clear'
    end as outcome,
    case
        when price_limit is null and institution_id is null then 'the institution is unknown'
        when price_limit is null then 'no price limit for the level and area of the institution'
        when quantity is null then 'the quantity is unknown'
        else 'the limit changed while the care lasted, and the units may stand for other days'
    end as reason,
    settlement_id,
    line_id,
    encounter_id,
    person_id,
    institution_id,
    practitioner_id,
    charged_on as occurred_on,
    cast(least(excess, cast(eligible_amount as double)) as decimal(16, 2)) as amount,
    case when coalesce(is_perhaps_surcharge, true) or is_limit_of_posting then 'suspected' else 'definite' end as certainty,
    case
        when coalesce(is_perhaps_surcharge, true) then 'a surcharge of the price list, for a child, at night or on a holiday'
        when is_limit_of_posting then 'the price of the days of care, before the limit of the day of posting'
    end as innocent,
    case
        when coalesce(is_perhaps_surcharge, true) then '价格项目允许的加收（儿童、夜间、节假日）'
        when is_limit_of_posting then '按发生日价格计收、记账日限价已下调'
    end as innocent_zh,
    item_name,
    cast(unit_price as double) as unit_price,
    cast(price_limit as double) as price_limit,
    cast(quantity as double) as quantity,
    over_limit_amount
from priced
