/*
title       = "Second-line drug without the first line before"
title_zh    = "药品限二线使用，未见一线用药"
official    = [5]
by_edition  = true
violation   = "no_first_line"
family      = "medication"
problem     = ["hospital-7", "pharmacy-9"]
subjects    = ["institution", "pharmacy", "practitioner"]
certainty   = "suspected"
stage       = "audit"
window      = "line and the person's earlier drugs"
law         = ["regulation-15-2", "regulation-38-1-6", "rules-11"]
basis       = ["智能监管规则库（2025年版）5 药品限二线使用"]
needs       = ["record.fee_line.charged_at", "record.fee_line.item_code"]
exclusions  = [
    "a first-line drug at any time before in the record, at any institution, or on the same day",
    "the person's care is on record for less than {look_back_days:day} before: who moved in may have had the first line elsewhere, cannot judge",
    "no edition of the catalogue at hand covers the day of the charge: cannot judge",
    "the published text names no first-line drug: cannot judge",
    "a drugstore purchase paid without the funds or from a relative's account: accounts are shared within the family",
    "the person is unknown: cannot judge",
    "the institution is unknown, and with it whether it is a drugstore: cannot judge",
]
exclusions_zh = [
    "此前任何时间、任何机构或同日用过一线药",
    "用药前可见该参保人就医记录不足 {look_back_days} 天（迁入者可能已在原参保地使用一线药）：无法判定",
    "收费日期不在现有目录版本有效期内：无法判定",
    "公布条文未指明一线药：无法判定",
    "未使用基金或由家庭共济账户支付的药店购药：个人账户可供家庭成员使用",
    "参保人未知：无法判定",
    "机构未知，无从知道是否为药店：无法判定",
]
limits      = "First-line drugs that were paid in cash, bought elsewhere or not tolerated before the record begins are not seen; an intolerance or a resistance test stands in the medical record. One first-line drug of the text suffices, whatever its course."
limits_zh   = "自费、在他处购买或数据起始之前不耐受的一线药看不到；不耐受或耐药检测见病历。条文中有一种一线药即可，不论疗程。"
version     = "3"
sentence    = "{item_name}, paid after the first line ({first_line}), was charged on {occurred_on}; no such drug is seen in {days_seen} days before ({amount} yuan)"
sentence_zh = "{occurred_on} 使用限二线药品“{item_name}”，此前 {days_seen} 天未见一线用药（{first_line}），涉及 {amount} 元"

[params.look_back_days]
value   = 180
unit    = "days"
meaning = "history that must be on record before the absence of a first line says anything"
*/
with second as (
    select l.settlement_id, l.line_id, l.encounter_id, l.person_id, l.institution_id, l.practitioner_id,
        l.charged_on, l.item_name, l.eligible_amount, k.point_id, k.first_line_text,
        coalesce(k.is_first_line_named, false) as is_named,
        s.is_family_purchase
    from feature.fee_line as l
    join knowledge.second_line_drug as k
        on k.item_code = l.item_code
        and l.charged_on >= coalesce(k.valid_from, l.charged_on) and l.charged_on <= coalesce(k.valid_to, l.charged_on)
    join feature.settlement as s on s.settlement_id = l.settlement_id
    where l.eligible_amount > 0
),

history as (
    select l.person_id, l.item_code, coalesce(l.item_name, '') as item_name, min(l.charged_on) as first_on
    from feature.fee_line as l
    where l.person_id in (select person_id from second) and l.catalogue_type <> '201'
    group by l.person_id, l.item_code, coalesce(l.item_name, '')
),

first_item as (
    select distinct i.item_code, i.item_name, k.point_id
    from (select distinct item_code, item_name from history) as i
    join knowledge.first_line_drug as k
        on substr(i.item_code, 1, length(coalesce(k.item_prefix, ''))) = coalesce(k.item_prefix, '')
        and i.item_name like '%' || coalesce(k.name_word, '') || '%'
    where k.point_id in (select point_id from second)
        -- the drug itself is not its own earlier line: the same generic shares ten characters of the code
        and not exists (
            select 1 from knowledge.second_line_drug as d
            where d.point_id = k.point_id and substr(d.item_code, 1, 10) = substr(i.item_code, 1, 10)
        )
),

first_use as (
    select h.person_id, f.point_id, min(h.first_on) as first_on
    from history as h
    join first_item as f on f.item_code = h.item_code and f.item_name = h.item_name
    group by h.person_id, f.point_id
),

weighed as (
    select s.*, date_diff('day', h.covered_from, s.charged_on) as days_seen,
        coalesce(u.first_on <= s.charged_on, false) as is_preceded
    from second as s
    left join feature.person_history as h on h.person_id = s.person_id
    left join first_use as u on u.person_id = s.person_id and u.point_id = s.point_id
),

told as (
    select *,
        case
            when person_id is null then 'the person is unknown'
            when not is_named then 'the published text names no first-line drug'
            when coalesce(days_seen < $look_back_days, true) then 'the record begins too late to see the first line'
        end as reason
    from weighed
)

select
    case
        when is_family_purchase or is_preceded then 'clear'
        when reason is not null then 'cannot_judge'
        when is_family_purchase is null then 'cannot_judge'
        else 'hit'
    end as outcome,
    case
        when reason is not null then reason
        when is_family_purchase is null then 'the institution is unknown, and with it whether it is a drugstore'
    end as reason,
    settlement_id,
    line_id,
    encounter_id,
    person_id,
    institution_id,
    practitioner_id,
    charged_on as occurred_on,
    eligible_amount as amount,
    item_name,
    first_line_text as first_line,
    days_seen,
    point_id
from told
