/*
title       = "More three-dimensional reconstructions charged than scans"
title_zh    = "三维重建加收次数多于CT、磁共振检查次数"
violation   = "over_frequency"
family      = "overcharge"
fetch       = ["imaging", "overcharge"]
problem     = ["hospital-87"]
judges      = ["quantity"]
subjects    = ["institution"]
certainty   = "suspected"
stage       = "audit"
window      = "visit"
law         = ["regulation-15-1", "regulation-38-1-3", "rules-11"]
basis       = ["定点医疗机构违法违规使用医保基金自查自纠问题清单（2025年版）第87项：多部位三维重建加收未按计价标准"]
needs       = ["record.fee_line.charged_at", "record.fee_line.item_code", "record.fee_line.item_name", "record.fee_line.quantity"]
exclusions  = [
    "up to one reconstruction a scan charged in the visit, whatever the day",
    "no scan is charged in the visit: it may stand on another bill, cannot judge",
    "the encounter, the quantity or the code of an item of the visit is unknown: cannot judge",
]
exclusions_zh = [
    "本次就诊中每次检查至多一次三维重建，不论日期",
    "本次就诊未收检查费：可能记在另一账单，无法判定",
    "就诊、数量或本次就诊某项目编码未知：无法判定",
]
limits      = "Several reconstructions of one scan are charged where the area's price document lets them, and local scan items outside chapters 2102 and 2103 are not counted as scans. Whether one was made at all is in the image archive."
limits_zh   = "当地价格文件允许一次检查多次加收的也会呈现相同情形；2102、2103 章以外的本地检查项目不计为检查。是否真正重建须看影像系统。"
status      = "trial"
version     = "2"
sentence    = "{item_name} of {occurred_on}: {additions} reconstructions were charged for {scans} scans of the visit; {amount} yuan of this line are above"
sentence_zh = "{occurred_on} “{item_name}”：本次就诊收取三维重建 {additions} 次，CT、磁共振检查仅 {scans} 次，本条超出部分 {amount} 元"

[params.addition]
value   = "三维"
meaning = "what the names of reconstructions have in common"

[params.not_scan]
value   = "加收|三维|重建|引导"
meaning = "names in the chapters of CT and magnetic resonance that are no scan of their own"
*/
with addition as (
    select l.settlement_id, l.line_id, l.encounter_id, l.person_id, l.institution_id, l.practitioner_id, l.charged_on,
        l.item_name, l.quantity, l.eligible_amount
    from feature.fee_line as l
    where l.eligible_amount > 0 and l.item_code like '0021%' and regexp_matches(l.item_name, $addition)
),

scanned as (
    select encounter_id, sum(quantity) as scans, max(case when quantity is null then 1 else 0 end) as is_uncounted
    from feature.fee_line
    where encounter_id in (select encounter_id from addition)
        and (item_code like '002102%' or item_code like '002103%')
        and not coalesce(regexp_matches(item_name, $not_scan), false)
    group by encounter_id
),

counted as (
    select encounter_id, sum(quantity) as additions, max(case when quantity is null then 1 else 0 end) as is_uncounted
    from addition
    group by encounter_id
),

uncoded as (
    select distinct encounter_id from feature.fee_line where item_code is null and encounter_id is not null
    union
    select encounter_id from feature.encounter_code where unknown_lines > 0
),

told as (
    select a.*, c.additions, s.scans,
        case
            when a.encounter_id is null then 'the encounter is unknown'
            when c.is_uncounted = 1 or s.is_uncounted = 1 then 'a quantity is unknown'
            when s.scans is null or s.scans <= 0 then 'no scan is charged in the visit'
            when c.additions > s.scans and u.encounter_id is not null then 'the code of an item is unknown'
        end as reason
    from addition as a
    left join counted as c on c.encounter_id = a.encounter_id
    left join scanned as s on s.encounter_id = a.encounter_id
    left join uncoded as u on u.encounter_id = a.encounter_id
)

select
    case when reason is not null then 'cannot_judge' when additions > scans then 'hit' else 'clear' end as outcome,
    reason,
    settlement_id,
    line_id,
    encounter_id,
    person_id,
    institution_id,
    practitioner_id,
    charged_on as occurred_on,
    cast(
        cast(eligible_amount as double) * (1.0 - cast(scans as double) / nullif(cast(additions as double), 0))
        as decimal(16, 2)
    ) as amount,
    item_name,
    cast(additions as double) as additions,
    cast(scans as double) as scans
from told
