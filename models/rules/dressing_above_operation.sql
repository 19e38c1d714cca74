/*
title       = "Large dressings charged after keyhole operations only"
title_zh    = "只做腔镜手术而收大、特大换药"
violation   = "above_standard"
family      = "overcharge"
fetch       = ["operation_record", "overcharge"]
problem     = ["hospital-58"]
subjects    = ["institution"]
certainty   = "suspected"
stage       = "audit"
scope       = ["inpatient"]
window      = "visit"
law         = ["regulation-15-1", "regulation-38-1-3", "rules-11"]
basis       = ["定点医疗机构违法违规使用医保基金自查自纠问题清单（2025年版）第58项：腔镜等微创手术按特大、大换药收费"]
needs       = ["record.fee_line.item_name", "record.procedure.procedure_code", "record.procedure.procedure_name"]
exclusions  = [
    "an operation that is not named as done through a scope is coded as well",
    "a diagnosis of a wound, burn, ulcer, gangrene or infected wound",
    "no such operation is coded, or the name of one is unknown: cannot judge",
    "no diagnosis is known: cannot judge",
]
exclusions_zh = [
    "另编有未注明经腔镜的手术",
    "有创伤、烧伤、溃疡、坏疽或创口感染诊断",
    "未编码此类手术，或手术名称未知：无法判定",
    "无已知诊断：无法判定",
]
limits      = "The size of the wound is in the record only. An operation begun through a scope and finished open, and wounds not coded, look the same. The whole line is named; what is at issue is its difference to the smaller dressing."
limits_zh   = "创面大小仅见于病历。腔镜中转开放、创面未编码的也会呈现相同情形。金额为整条明细，应核减的是与实际级别的差额。"
status      = "trial"
version     = "1"
sentence    = "{item_name} was charged on {occurred_on} ({amount} yuan); the only operation coded is {procedure_name}"
sentence_zh = "{occurred_on} 收取“{item_name}”{amount} 元，本次住院所编手术仅为“{procedure_name}”"

[params.dressing]
value   = "换药[(（](特大|大)[)）]|^(特大|大)换药"
meaning = "names of the large dressings in the national catalogue"

[params.scope]
value   = "腔镜|关节镜"
meaning = "names of operations through a scope; looking in (stomach, bowel, bronchi) is no operation"

[params.wound]
value   = "^(S|T[0-35-7]|T8[0-8]|L0[0-8]|L8[89]|L9[78]|R02|E1[0-4]\\.5|I83\\.[02]|I96|K60|K61|M72\\.6|M86)"
meaning = "ICD-10 codes of injuries, burns, complications of wounds, ulcers, gangrene, abscesses, open bone infection"
*/
with dressing as (
    select l.settlement_id, l.line_id, l.encounter_id, l.person_id, l.institution_id, l.practitioner_id, l.charged_on,
        l.item_name, l.eligible_amount
    from feature.fee_line as l
    where l.eligible_amount > 0 and l.care_setting = 'inpatient' and regexp_matches(l.item_name, $dressing)
        and coalesce(l.catalogue_type = '201', regexp_matches(l.item_code, '^[0-9]{15}$'))
),

-- Chapters 01 to 86 of ICD-9-CM-3 are operations; what only looks in through the mouth or bowel is left out.
operated as (
    select s.encounter_id, min(p.procedure_name) as procedure_name,
        max(case when p.procedure_name is null then 1 else 0 end) as is_unnamed,
        max(case when not regexp_matches(p.procedure_name, '镜') then 1 else 0 end) as is_open
    from record.procedure as p
    join feature.settlement as s on s.settlement_id = p.settlement_id
    where s.encounter_id in (select encounter_id from dressing)
        and substr(p.procedure_code, 1, 2) between '01' and '86'
        and (p.procedure_name is null or not regexp_matches(p.procedure_name, '镜')
            or regexp_matches(p.procedure_name, $scope))
    group by s.encounter_id
),

diagnosed as (
    select encounter_id, max(case when regexp_matches(diagnosis_code, $wound) then 1 else 0 end) as is_wound
    from feature.visit_diagnosis
    where encounter_id in (select encounter_id from dressing)
    group by encounter_id
),

told as (
    select d.*, o.procedure_name, o.is_open, w.is_wound,
        case
            when o.encounter_id is null then 'no operation is coded'
            when o.is_unnamed = 1 then 'the name of an operation is unknown'
            when w.encounter_id is null then 'no diagnosis is known'
        end as reason
    from dressing as d
    left join operated as o on o.encounter_id = d.encounter_id
    left join diagnosed as w on w.encounter_id = d.encounter_id
)

select
    case
        when is_open = 1 or is_wound = 1 then 'clear'
        when reason is not null then 'cannot_judge'
        else 'hit'
    end as outcome,
    reason,
    settlement_id,
    line_id,
    encounter_id,
    person_id,
    institution_id,
    practitioner_id,
    charged_on as occurred_on,
    eligible_amount as amount,
    item_name,
    procedure_name
from told
