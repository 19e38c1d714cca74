/*
title = "More services a day than beds and staff can do"
title_zh = "服务量超床位、人员、设备产能"
violation = "service_capacity"
family = "capacity"
problem  = ["hospital-60", "hospital-69", "hospital-70", "hospital-75", "hospital-174"]
subjects = ["institution"]
certainty = "suspected"
window = "day"
basis = ["筛查模型 D03 服务量超设备/床位/护士产能"]
needs = ["record.hospital", "record.fee_line.quantity"]
sentence = "On {over_days} days more {what} were charged here than {base} {base_text} can do ({most} a day), {peak} on {occurred_on}: {item_text}"
sentence_zh = "{over_days}天{what_zh}超过{base}{base_text_zh}的产能（每日{most}），{occurred_on}达{peak}：{item_text}"
exclusions = [
    "one or two days: charges posted late; units posted in bulk for several days",
    "single persons beyond 24 hours (another rule)",
    "several parts of one person in the scanner on a day count once; surcharges, films and guidance do not",
    "continuous blood purification at the bed, PET and SPECT",
    "no approved beds, no staff or no such device in the registers: cannot judge",
]
exclusions_zh = [
    "仅一两天：费用补记；为多日集中补记的数量",
    "个人单日超过 24 小时（由单日超量规则判断）",
    "同一人同日多部位检查计一次；加收、胶片、引导不计",
    "床旁连续性血液净化、PET、SPECT",
    "登记中无批准床位、人员或该类设备：无法判定",
]
limits = "The registers may lag behind the hospital, and a scan sent elsewhere is charged here too. Insured persons only, so the true load is higher. The amount is the part of the charges of those days beyond the capacity."
limits_zh = "登记可能滞后于医院实际，外送检查也在本机构计费。仅含本地参保人，实际负荷更高。金额为这些日期收费中超出产能的部分。"

[strength]  # half the distance to certainty for every ten days beyond the capacity
by = "over_days"
halving = 10

[params.hours]
value = 24
unit = "hours"
meaning = "of one monitor or ventilator a bed and day"

[params.units]
value = 60
unit = "units"
meaning = "of physiotherapy, acupuncture, training a member of staff and day: eight minutes each"

[params.persons]
value = 12
unit = "persons"
meaning = "in nursing a nurse (a member of staff where nurses are unknown) and day, three shifts and all grades"

[params.shifts]
value = 4
unit = "sessions"
meaning = "of dialysis a machine and day"

[params.scan_hours]
value = 24
unit = "hours"
meaning = "that a scanner may run a day"

[params.ct_per_hour]
value = 6
unit = "persons"
meaning = "on a CT scanner in an hour"

[params.mr_per_hour]
value = 4
unit = "persons"
meaning = "on an MR scanner in an hour"

[params.min_days]
value = 3
unit = "days"
meaning = "beyond it, at least"
*/
-- item_of_kind: services that beds, staff or devices hold back, and which of them.
create temp table item_of_kind as
with hourly as (
    select distinct item_code from knowledge.item_frequency
    where time_window = 'day' and max_quantity = 24 and unit_zh like '%小时%'
),
charged as (
    select item_code, min(item_name) as item_name, max(fee_category) as fee_category
    from feature.fee_line
    where not is_pharmacy and coalesce(catalogue_type, '201') = '201'
    group by item_code
)
select c.item_code, c.item_name,
    case
        when h.item_code is not null then 'hours'
        when c.fee_category = '07' and c.item_name like '%级护理%' then 'persons'
        when c.fee_category = '05'
            and regexp_matches(c.item_name, '针灸|针刺|推拿|理疗|康复|训练|牵引|灸') then 'units'
        when regexp_matches(c.item_name, '加收|引导|胶片|重建|管路|透析器|滤器|监测|置管|护理|腹膜|连续') then null
        when regexp_matches(c.item_name, '血液透析|血液滤过|血透') then 'dialysis'
        when regexp_matches(c.item_name, '磁共振|体层|计算机断层') then 'scan'
    end as kind
from charged as c
left join hourly as h on h.item_code = c.item_code;

-- device_name: what a name of the register of equipment, or of a scan, is. Water treatment beside the machines is none.
create temp table device_name as
select name,
    case
        when regexp_matches(upper(name), 'PET|SPECT|发射|单光子|水处理|软件|工作站') then null
        when regexp_matches(name, '透析|血透|血滤') then 'dialysis'
        when regexp_matches(upper(name), '磁共振|核磁|^MRI?([^A-Z]|$)') then 'mr'
        when regexp_matches(upper(name), '体层|计算机断层|^(X线)?CT([^A-Z]|$)') then 'ct'
    end as kind
from (
    select equipment_type as name from record.equipment
    union
    select item_name from item_of_kind where kind = 'scan'
) as named;

-- busy_day: a day's services of a kind. Hours run item by item on as many monitors as there are beds; the rest adds up.
-- A device takes persons.
create temp table busy_day as
with held_back as (
    select i.item_code, i.item_name, case when i.kind = 'scan' then d.kind else i.kind end as kind
    from item_of_kind as i
    left join device_name as d on d.name = i.item_name
)
select l.institution_id, i.kind, l.charged_on, case when i.kind = 'hours' then l.item_code end as item_code,
    max(i.item_name) as item_name,
    case when i.kind in ('dialysis', 'ct', 'mr') then count(distinct l.person_id) else sum(l.quantity) end as quantity,
    sum(l.eligible_amount) as amount
from feature.fee_line as l
join held_back as i on i.item_code = l.item_code
where i.kind is not null and l.institution_id is not null and not coalesce(l.is_posted_in_bulk, false)
group by l.institution_id, i.kind, l.charged_on, case when i.kind = 'hours' then l.item_code end;

-- word: what a kind counts, what it is held against, and which register says how many there are.
create temp table word as
select *
from (
    values
        ('hours', 'hours of one item', '单项小时数', 'approved beds', '张批准床位', 'approved beds (medins_info_b)'),
        ('units', 'units of therapy', '治疗次数', 'clinical staff', '名专业技术人员', 'clinical staff (medins_info_b)'),
        ('persons', 'persons in nursing', '护理人次', 'nursing staff', '名护理人员',
            'nurses or clinical staff (medins_info_b)'),
        ('dialysis', 'dialysis sessions', '透析人次', 'dialysis machines', '台透析机',
            'the number of devices (medins_equip_d)'),
        ('ct', 'persons in CT', 'CT检查人次', 'CT scanners', '台CT', 'the number of devices (medins_equip_d)'),
        ('mr', 'persons in MR', '磁共振检查人次', 'MR scanners', '台磁共振', 'the number of devices (medins_equip_d)')
) as listed (kind, what, what_zh, base_text, base_text_zh, register);

-- service_of_place: an institution and a kind of service, its days beyond the capacity, the fullest of them.
create temp table service_of_place as
with register as (
    select institution_id, max(approved_beds) as beds, max(clinical_staff) as staff, max(nurses) as nurses
    from record.hospital group by institution_id
),
running as (
    select b.institution_id, b.kind, b.charged_on, sum(e.devices) as devices
    from (select distinct institution_id, kind, charged_on from busy_day) as b
    join device_name as n on n.kind = b.kind
    join record.equipment as e on e.institution_id = b.institution_id and e.equipment_type = n.name
        and b.charged_on >= coalesce(e.valid_from, b.charged_on) and b.charged_on <= coalesce(e.valid_to, b.charged_on)
    group by b.institution_id, b.kind, b.charged_on
),
based as (
    select b.*,
        case b.kind when 'hours' then r.beds when 'units' then r.staff
            when 'persons' then coalesce(r.nurses, r.staff) else v.devices end as base,
        case b.kind when 'hours' then $hours when 'units' then $units when 'persons' then $persons
            when 'dialysis' then $shifts when 'ct' then $scan_hours * $ct_per_hour
            else $scan_hours * $mr_per_hour end as each
    from busy_day as b
    left join register as r on r.institution_id = b.institution_id
    left join running as v on v.institution_id = b.institution_id and v.kind = b.kind and v.charged_on = b.charged_on
),
limited as (
    select *, base * each as most, coalesce(base > 0 and quantity > base * each, false) as is_over from based
),
place as (
    select institution_id, kind, max(base) as any_base,
        count(distinct charged_on) filter (where is_over) as over_days,
        arg_max(base, (is_over, quantity, charged_on)) as base,
        arg_max(most, (is_over, quantity, charged_on)) as most,
        arg_max(quantity, (is_over, quantity, charged_on)) as peak,
        arg_max(charged_on, (is_over, quantity, charged_on)) as peak_on,
        arg_max(item_name, (is_over, quantity, charged_on, item_name)) as item_text,
        -- Summed as decimals: the order of the rows must not move a cent.
        sum(cast(case when is_over then amount * (1 - most / cast(quantity as double)) else 0 end as decimal(28, 8)))
            as beyond
    from limited
    group by institution_id, kind
)
select p.*, w.* exclude (kind), coalesce(p.any_base, 0) <= 0 as is_unknown,
    coalesce(p.any_base, 0) > 0 and p.over_days >= $min_days as is_over
from place as p
join word as w on w.kind = p.kind;

select 'hit' as outcome, institution_id, peak_on as occurred_on, cast(beyond as decimal(16, 2)) as amount,
    kind as part, over_days, base, most, cast(peak as double) as peak, item_text, what, what_zh, base_text, base_text_zh
from service_of_place where is_over

union all by name
select 'cannot_judge' as outcome, 'needs ' || register as reason, count(*) as units
from service_of_place where is_unknown group by register

union all by name
select 'clear' as outcome, count(*) as units
from service_of_place where not is_unknown and not is_over having count(*) > 0;
