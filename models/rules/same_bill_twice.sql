/*
title       = "The same bill settled twice by one institution"
title_zh    = "同一费用重复结算"
violation   = "same_bill_twice"
family      = "overcharge"
fetch       = ["double_settlement"]
subjects    = ["institution", "pharmacy"]
certainty   = "suspected"
stage       = "audit"
window      = "two settlements"
law         = ["regulation-15-1", "regulation-38-1-3", "rules-11"]
basis       = ["筛查模型 A06 重复报销（同一费用两次结算）"]
needs       = ["record.settlement.started_on", "record.settlement.total_amount"]
exclusions  = [
    "the first was refunded",
    "manual reimbursement: another rule",
    "diseases treated in courses, several sessions a day",
    "given again {min_hours:hour} later or more, by the times of care and of settlement (an infusion every twelve hours, morning and evening); the times of care are unknown: cannot judge",
    "paid without the funds",
    "the same total made up of other items",
    "totals below {min_amount} yuan",
    "fee lines are missing: cannot judge",
    "the institution is unknown: cannot judge",
]
exclusions_zh = [
    "前一次已退费",
    "手工报销：由其他规则判断",
    "分疗程治疗的疾病、一日多次治疗",
    "按诊疗时刻和结算时刻均相隔 {min_hours} 小时以上再次治疗（每 12 小时输液、早晚各一次）；诊疗时刻未知：无法判定",
    "未使用基金",
    "总额相同而项目不同",
    "总额低于 {min_amount} 元",
    "缺少费用明细：无法判定",
    "机构未知：无法判定",
]
limits      = "Two prescriptions with the same items on one day do occur, for instance where one settlement may hold only a week's supply; the clock and the prescription numbers tell. Interim settlements have other days."
limits_zh   = "同日两张处方项目相同的情况存在，例如单次结算只能开一周用量；以时刻和处方号为准。中途结算的日期不同。"
version     = "4"
sentence    = "{lines} items, total {total_amount} yuan, were settled again on {occurred_on}, {kind} settlement {previous_settlement_id}; {amount} yuan counted twice"
sentence_zh = "{occurred_on} 再次结算与 {previous_settlement_id} {kind_zh}的费用（{lines} 个项目，总额 {total_amount} 元），重复涉及 {amount} 元"

[params.min_amount]
value   = 100
unit    = "yuan"
meaning = "total from which equal bills are looked at"

[params.min_hours]
value   = 4
unit    = "hours"
meaning = "apart in one day, from which equal bills are two treatments"
*/
with bill as (
    select s.settlement_id, s.encounter_id, s.person_id, s.institution_id, s.started_on, s.ended_on, s.settled_at,
        s.settled_on, s.total_amount, s.eligible_amount, s.is_account_only, r.invoice_number, s.care_setting,
        date_diff('day', cast('2000-01-01' as date), s.settled_on) * 1440
            + hour(s.settled_at) * 60 + minute(s.settled_at) as settled_minute
    from feature.settlement as s
    join record.settlement as r on r.settlement_id = s.settlement_id
    where coalesce(r.settlement_type, '2') <> '1' and coalesce(r.manual_reimbursement_reason, '') = ''
        and s.total_amount >= $min_amount and not coalesce(s.is_account_only, false)
),

alike as (
    select b.settlement_id, o.settlement_id as previous_settlement_id,
        coalesce(b.invoice_number = o.invoice_number, false) as is_same_invoice,
        coalesce(o.institution_id = b.institution_id, false) as is_there,
        coalesce(b.care_setting, '') <> 'inpatient'
            and abs(b.settled_minute - o.settled_minute) >= 60 * $min_hours as is_settled_apart
    from bill as b
    join bill as o
        on o.person_id = b.person_id and o.started_on = b.started_on and o.ended_on = b.ended_on
        and o.total_amount = b.total_amount and coalesce(o.institution_id = b.institution_id, true)
    where o.settled_at < b.settled_at or (o.settled_at = b.settled_at and o.settlement_id < b.settlement_id)
),

involved as (
    select settlement_id from alike
    union
    select previous_settlement_id as settlement_id from alike
),

item as (
    select l.settlement_id, l.item_code, sum(l.quantity) as quantity, sum(l.amount) as amount,
        count(*) over (partition by l.settlement_id) as items,
        min(case when l.has_clock then date_diff('day', cast('2000-01-01' as date), l.charged_on) * 1440
            + hour(l.charged_at) * 60 + minute(l.charged_at) end) as care_minute
    from feature.fee_line as l
    join involved as i on i.settlement_id = l.settlement_id
    group by l.settlement_id, l.item_code
),

shared as (
    select a.settlement_id, a.previous_settlement_id, count(*) as items
    from alike as a
    join item as b on b.settlement_id = a.settlement_id
    join item as o
        on o.settlement_id = a.previous_settlement_id and o.item_code = b.item_code and o.quantity = b.quantity
        and o.amount = b.amount
    group by a.settlement_id, a.previous_settlement_id
),

size as (
    select settlement_id, max(items) as items, min(care_minute) as care_minute
    from item
    group by settlement_id
),

matched as (
    select a.settlement_id, a.previous_settlement_id, a.is_same_invoice, a.is_there, a.is_settled_apart, z.items,
        abs(z.care_minute - y.care_minute) >= 60 * $min_hours as is_given_apart,
        a.is_same_invoice or coalesce(h.items = z.items and h.items = y.items, false) as is_same_bill,
        z.items is null or y.items is null as has_no_lines,
        row_number() over (
            partition by a.settlement_id
            order by case when coalesce(h.items = z.items and h.items = y.items, false) then 0 else 1 end,
                case when a.is_there then 0 else 1 end, a.previous_settlement_id
        ) as place
    from alike as a
    left join shared as h
        on h.settlement_id = a.settlement_id and h.previous_settlement_id = a.previous_settlement_id
    left join size as z on z.settlement_id = a.settlement_id
    left join size as y on y.settlement_id = a.previous_settlement_id
),

in_course as (
    select distinct i.settlement_id
    from involved as i
    join feature.settlement as s on s.settlement_id = i.settlement_id
    join feature.encounter_excuse as x on x.encounter_id = s.encounter_id
    where x.is_expected
)

select
    case
        when b.person_id is null or b.started_on is null or b.ended_on is null then 'cannot_judge'
        when m.settlement_id is null or c.settlement_id is not null then 'clear'
        when m.is_same_bill and not m.is_same_invoice and m.is_settled_apart and coalesce(m.is_given_apart, false)
            then 'clear'
        when m.is_same_bill and not m.is_same_invoice and m.is_settled_apart and m.is_given_apart is null
            then 'cannot_judge'
        when m.is_same_bill and m.is_there then 'hit'
        when m.is_same_bill then 'cannot_judge'
        when m.has_no_lines then 'cannot_judge'
        else 'clear'
    end as outcome,
    case
        when b.person_id is null or b.started_on is null or b.ended_on is null
            then 'the person or the days of care are unknown'
        when m.is_same_bill and m.is_there then 'at what hours the care was given is unknown'
        when m.is_same_bill and not m.is_there then 'the institution is unknown'
        when m.has_no_lines then 'the bill has no fee lines'
    end as reason,
    b.settlement_id,
    cast(null as varchar) as line_id,
    b.encounter_id,
    b.person_id,
    b.institution_id,
    cast(null as varchar) as practitioner_id,
    b.settled_on as occurred_on,
    b.eligible_amount as amount,
    coalesce(m.items, 0) as lines,
    b.total_amount,
    m.previous_settlement_id,
    case when m.is_same_invoice then 'the same invoice as' else 'item for item the same as' end as kind,
    case when m.is_same_invoice then '发票号相同' else '逐项相同' end as kind_zh
from bill as b
left join matched as m on m.settlement_id = b.settlement_id and m.place = 1
left join in_course as c on c.settlement_id = b.settlement_id
