/*
title       = "A long run of packs with consecutive codes for one person"
title_zh    = "连号追溯码集中购药"
violation   = "drug_hoarding"
family      = "resale"
problem     = ["pharmacy-4"]
subjects    = ["person"]
certainty   = "suspected"
stage       = "supervision"
window      = "person and product"
law         = ["regulation-19-1", "regulation-41-1-3", "rules-31-1-3"]
basis       = ["追溯码规则 TR11 码连续"]
needs       = ["record.trace_code.trace_code"]
exclusions  = [
    "all packs of the run dispensed in one settlement no larger than {max_in_one:pack}: a long prescription from one carton",
    "packs given during a stay",
    "paid without the funds or from a relative's account: the family's own money",
    "the scan names no encounter and several bills have a line of that number: cannot judge",
    "codes that are not digits: cannot judge",
    "the person is unknown: cannot judge",
]
exclusions_zh = [
    "连号药品在不超过 {max_in_one} 盒的一次结算中发出：同一箱的长期处方",
    "住院期间使用的药品",
    "未使用基金或由家庭共济账户支付：属家庭自有资金",
    "追溯码未关联就诊ID，且多张账单有相同流水号：无法判定",
    "编码非数字：无法判定",
    "参保人未知：无法判定",
]
limits      = "Makers number packs in their own way; some draw serials at random, then runs never show. The run says that packs left one carton for one person, not what became of them."
limits_zh   = "各厂家编号方式不同，随机编号的不会出现连号。连号仅说明同一箱药品给了同一人，不说明其去向。"
status      = "trial"
version     = "2"
sentence    = "{packs} packs of {item_name} with consecutive codes, {first_code} to {last_code}, over {settlements} settlements ({amount} yuan of this line)"
sentence_zh = "“{item_name}”连号 {packs} 盒（{first_code} 至 {last_code}），涉及 {settlements} 次结算，本条 {amount} 元"

[params.min_packs]
value   = 10
unit    = "packs"
meaning = "in one run"

[params.max_in_one]
value   = 12
unit    = "packs"
meaning = "a run this long may be one long prescription"
*/
with sold as (
    select k.settlement_id, k.line_id, k.encounter_id, k.person_id, k.institution_id, k.charged_on, k.item_name,
        k.eligible_amount, k.trace_code, substr(k.trace_code, 1, 7) as product_number,
        try_cast(substr(k.trace_code, 8, 13) as bigint) as serial
    from feature.pack_scan as k
    left join feature.settlement as s on s.settlement_id = k.settlement_id
    where k.is_placed and k.care_setting <> 'inpatient' and k.person_id is not null
        and not coalesce(s.is_family_money, false)
),

pack as (
    select person_id, product_number, serial, min(trace_code) as trace_code
    from sold
    where serial is not null
    group by person_id, product_number, serial
),

placed as (
    select person_id, product_number, serial, trace_code,
        serial - row_number() over (partition by person_id, product_number order by serial) as run
    from pack
),

joined as (
    select s.settlement_id, s.line_id, p.person_id, p.product_number, p.run, p.serial, p.trace_code
    from placed as p
    join sold as s on s.person_id = p.person_id and s.product_number = p.product_number and s.serial = p.serial
),

run as (
    select person_id, product_number, run, count(distinct serial) as packs, min(trace_code) as first_code,
        max(trace_code) as last_code, count(distinct settlement_id) as settlements
    from joined
    group by person_id, product_number, run
),

long_run as (
    select j.settlement_id, j.line_id, max(r.packs) as packs, min(r.first_code) as first_code,
        max(r.last_code) as last_code, max(r.settlements) as settlements
    from joined as j
    join run as r on r.person_id = j.person_id and r.product_number = j.product_number and r.run = j.run
    where r.packs >= $min_packs and not (r.settlements = 1 and r.packs <= $max_in_one)
    group by j.settlement_id, j.line_id
),

line as (
    select settlement_id, line_id, encounter_id, person_id, institution_id, charged_on, item_name, eligible_amount,
        count(serial) as readable
    from sold
    group by settlement_id, line_id, encounter_id, person_id, institution_id, charged_on, item_name, eligible_amount
)

select
    case when l.readable = 0 then 'cannot_judge' when r.line_id is not null then 'hit' else 'clear' end as outcome,
    case when l.readable = 0 then 'the codes are not numbers' end as reason,
    l.settlement_id,
    l.line_id,
    l.encounter_id,
    l.person_id,
    l.institution_id,
    cast(null as varchar) as practitioner_id,
    l.charged_on as occurred_on,
    l.eligible_amount as amount,
    l.item_name,
    r.packs,
    r.first_code,
    r.last_code,
    r.settlements
from line as l
left join long_run as r on r.settlement_id = l.settlement_id and r.line_id = l.line_id
union all
select 'cannot_judge', case when max(case when is_placed then 0 else 1 end) = 1
        then 'several bills have a line of the number that the trace code names' else 'the person is unknown' end,
    settlement_id, line_id, encounter_id, person_id, institution_id, null, charged_on, eligible_amount, item_name, null,
    null, null, null
from feature.pack_scan
where care_setting <> 'inpatient' and (person_id is null or not is_placed)
group by settlement_id, line_id, encounter_id, person_id, institution_id, charged_on, eligible_amount, item_name
