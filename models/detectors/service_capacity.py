"""Services a day beyond what the beds and the staff of the register can do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import duckdb

from models import card
from models.detectors import _rows

PARTS = ("models.detectors._rows",)

CARD = card.make(
    {
        "title": "More services a day than beds and staff can do",
        "title_zh": "服务量超床位、人员、设备产能",
        "violation": "service_capacity",
        "family": "capacity",
        "subjects": ["institution"],
        "certainty": "suspected",
        "sentence": "On {over_days} days more {what} were charged here than {base} {base_text} can do"
        " ({most} a day), {peak} on {occurred_on}: {item_text}",
        "sentence_zh": "{over_days}天{what_zh}超过{base}{base_text_zh}的产能（每日{most}），"
        "{occurred_on}达{peak}：{item_text}",
        "basis": ["筛查模型 D03 服务量超设备/床位/护士产能"],
        "window": "day",
        "needs": ["record.hospital", "record.fee_line.quantity"],
        "params": {
            "hours": {"value": 24, "unit": "hours", "meaning": "of one monitor or ventilator a bed and day"},
            "units": {
                "value": 60,
                "unit": "units",
                "meaning": "of physiotherapy, acupuncture, training a member of staff and day: eight minutes each",
            },
            "persons": {
                "value": 12,
                "unit": "persons",
                "meaning": "in nursing a member of staff and day, three shifts and all grades",
            },
            "min_days": {"value": 3, "unit": "days", "meaning": "beyond it, at least"},
        },
        "exclusions": [
            "one or two days: charges posted late",
            "single persons beyond 24 hours (rule item_over_daily_limit)",
            "no approved beds or no staff in the register: cannot judge",
            "dialysis machines, CT and MR scanners: no register of devices is delivered, cannot judge",
        ],
        "exclusions_zh": [
            "仅一两天：费用补记",
            "个人单日超过 24 小时（由规则 item_over_daily_limit 判断）",
            "登记中无批准床位或人员：无法判定",
            "透析机、CT、核磁：未提供设备登记，无法判定",
        ],
        "limits": "The register may lag behind the hospital. Insured persons only, so the true load is higher."
        " The amount is the part of the charges of those days beyond the capacity.",
        "limits_zh": "登记可能滞后于医院实际。仅含本地参保人，实际负荷更高。金额为这些日期收费中超出产能的部分。",
        "status": "trial",
    }
)


def judge(con: duckdb.DuckDBPyConnection, params: Mapping[str, Any]) -> None:
    """One hit an institution and kind of service. Units are the same."""
    con.execute(_JUDGED, dict(params))


_JUDGED = f"""
    create or replace temp table judged as
    with hourly as (
        select distinct item_code from knowledge.item_frequency
        where time_window = 'day' and max_quantity = 24 and unit_zh like '%小时%'
    ),
    item as (
        select c.item_code, min(c.item_name) as item_name,
            case
                when h.item_code is not null then 'hours'
                when max(c.fee_category) = '07' and min(c.item_name) like '%级护理%' then 'persons'
                when max(c.fee_category) = '05'
                    and regexp_matches(min(c.item_name), '针灸|针刺|推拿|理疗|康复|训练|牵引|灸') then 'units'
                when regexp_matches(min(c.item_name), '血液透析|体层|磁共振') then 'devices'
            end as kind
        from (select distinct item_code, item_name, fee_category from feature.fee_line where not is_pharmacy) as c
        left join hourly as h on h.item_code = c.item_code
        group by c.item_code, h.item_code
    ),
    -- Hours run item by item on as many monitors as there are beds; the rest adds up.
    day as (
        select l.institution_id, i.kind, l.charged_on, case when i.kind = 'hours' then l.item_code end as item_code,
            max(i.item_name) as item_name, count(distinct l.item_code) as items, sum(l.quantity) as quantity,
            sum(l.eligible_amount) as amount
        from feature.fee_line as l
        join item as i on i.item_code = l.item_code
        where i.kind is not null and i.kind <> 'devices' and l.institution_id is not null
        group by l.institution_id, i.kind, l.charged_on, case when i.kind = 'hours' then l.item_code end
    ),
    register as (
        select institution_id, max(approved_beds) as beds, max(clinical_staff) as staff
        from record.hospital group by institution_id
    ),
    limited as (
        select d.*, case when d.kind = 'hours' then r.beds else r.staff end as base,
            case d.kind when 'hours' then $hours * r.beds when 'units' then $units * r.staff else $persons * r.staff
                end as most
        from day as d
        left join register as r on r.institution_id = d.institution_id
    ),
    place as (
        select institution_id, kind, max(base) as base, max(most) as most, count(*) filter (where quantity > most)
                as over_entries, count(distinct charged_on) filter (where quantity > most) as over_days,
            max(quantity) as peak, min_by(charged_on, (-quantity, charged_on)) as peak_on,
            min_by(item_name, (-quantity, charged_on)) as item_text,
            sum(case when quantity > most then amount * (1 - most / cast(quantity as double)) else 0 end) as beyond
        from limited
        group by institution_id, kind
    ),
    device as (
        select count(distinct l.institution_id) as places
        from feature.fee_line as l join item as i on i.item_code = l.item_code
        where i.kind = 'devices'
    ),
    judged_place as (
        select *, coalesce(base, 0) <= 0 as is_unknown, coalesce(base, 0) > 0 and over_days >= $min_days as is_over
        from place
    )
    select 'hit' as outcome, cast(null as varchar) as reason, {_rows.PLACE}, cast(null as varchar) as practitioner_id,
        peak_on as occurred_on, cast(beyond as decimal(16, 2)) as amount,
        cast(to_json(struct_pack(over_days := over_days, base := base, most := most, peak := cast(peak as double),
            item_text := item_text, occurred_on := peak_on,
            what := case kind when 'hours' then 'hours of one item' when 'units' then 'units of therapy'
                else 'persons in nursing' end,
            what_zh := case kind when 'hours' then '单项小时数' when 'units' then '治疗次数' else '护理人次' end,
            base_text := case kind when 'hours' then 'approved beds' else 'clinical staff' end,
            base_text_zh := case kind when 'hours' then '张批准床位' else '名专业技术人员' end)) as varchar) as detail,
        kind as part, round(1 - 0.5 * pow(2, -over_days / 10.0), 4) as weight, cast(null as varchar) as group_key,
        cast(1 as bigint) as units
    from judged_place where is_over
    union all
    select 'cannot_judge', case kind when 'hours' then 'needs approved beds (medins_info_b)'
        else 'needs clinical staff (medins_info_b)' end, {_rows.COUNTED}, count(*)
    from judged_place where is_unknown group by kind
    union all
    select 'cannot_judge', 'needs the number of devices (no register of equipment is delivered)', {_rows.COUNTED},
        places
    from device where places > 0
    union all
    select 'clear', null, {_rows.COUNTED}, count(*)
    from judged_place where not is_unknown and not is_over having count(*) > 0
"""
