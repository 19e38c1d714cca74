-- One row: one pack (trace code) scanned for one fee line that stands, packs taken back left out.
-- is_placed: the line is known: the scan names its encounter, or no other bill has a line of that number; where false
--     the scan stands once beside each line it may belong to
-- codes: packs scanned for the line
-- line_quantity: net quantity of the line; is_line_reduced: part of the line was taken back, of which pack is unknown
-- is_split: sold in parts of the pack (拆零); null where the scan does not say
-- is_whole: every unit of the line is a pack of its own: not split by its flag, or without a flag as many codes as units
-- quantity: units sold of the pack, in the unit of its content; null where unknown
-- pack_content: units that the pack holds; null where unknown
with scan as (
    select line_id, trace_code, encounter_id, institution_id,
        max(case when is_split then 1 when not is_split then 0 end) = 1 as is_split,
        sum(quantity) as quantity, max(pack_content) as pack_content
    from record.trace_code
    group by line_id, trace_code, encounter_id, institution_id
    having coalesce(sum(quantity), 1) > 0
),

-- A scan delivered again with its encounter stands for the one without.
named as (
    select s.*
    from scan as s
    left join (
        select distinct line_id, trace_code from scan where encounter_id is not null
    ) as n on n.line_id = s.line_id and n.trace_code = s.trace_code
    where s.encounter_id is not null or n.line_id is null
),

wanted as (
    select distinct line_id from named where encounter_id is null
),

owner as (
    select line_id, owner_id, max(institution_id) as institution_id
    from (
        select l.line_id, coalesce(l.encounter_id, l.settlement_id) as owner_id, l.institution_id
        from feature.fee_line as l
        join wanted as w on w.line_id = l.line_id
        union all
        select l.line_id, l.encounter_id as owner_id, l.institution_id
        from record.fee_line as l
        join wanted as w on w.line_id = l.line_id
    ) as bearers
    group by line_id, owner_id
),

bearing as (
    select line_id, institution_id, count(*) as owners from owner group by line_id, institution_id
),

-- One row: a scan and a line it may belong to; `bills` have a line of the number there.
met as (
    select s.trace_code, s.is_split, s.quantity as units, s.pack_content, l.settlement_id, l.line_id, l.encounter_id,
        l.person_id, l.institution_id, l.is_pharmacy, l.care_setting, l.charged_at, l.charged_on, l.item_code,
        l.item_name, l.catalogue_code, l.unit_price, l.quantity as line_quantity, l.eligible_amount, 1 as bills
    from named as s
    join feature.fee_line as l
        on l.line_id = s.line_id and l.encounter_id = s.encounter_id
        and coalesce(l.institution_id, '') = coalesce(s.institution_id, l.institution_id, '')
    where s.encounter_id is not null
    union all
    select s.trace_code, s.is_split, s.quantity, s.pack_content, l.settlement_id, l.line_id, l.encounter_id,
        l.person_id, l.institution_id, l.is_pharmacy, l.care_setting, l.charged_at, l.charged_on, l.item_code,
        l.item_name, l.catalogue_code, l.unit_price, l.quantity, l.eligible_amount, b.bills
    from named as s
    join (
        select s.line_id, s.trace_code, s.institution_id as scanned_at, sum(b.owners) as bills
        from named as s
        join bearing as b
            on b.line_id = s.line_id and coalesce(b.institution_id, '') = coalesce(s.institution_id, b.institution_id, '')
        where s.encounter_id is null
        group by s.line_id, s.trace_code, s.institution_id
    ) as b on b.line_id = s.line_id and b.trace_code = s.trace_code
        and coalesce(b.scanned_at, '') = coalesce(s.institution_id, '')
    join feature.fee_line as l
        on l.line_id = s.line_id and coalesce(l.institution_id, '') = coalesce(s.institution_id, l.institution_id, '')
    where s.encounter_id is null
),

-- A scan delivered with its institution and once without is one.
single as (
    select trace_code, settlement_id, line_id, encounter_id, person_id, institution_id, is_pharmacy, care_setting,
        charged_at, charged_on, item_code, item_name, catalogue_code, unit_price, line_quantity, eligible_amount,
        max(case when is_split then 1 when not is_split then 0 end) = 1 as is_split, max(units) as units,
        max(pack_content) as pack_content, min(bills) as bills
    from met
    group by trace_code, settlement_id, line_id, encounter_id, person_id, institution_id, is_pharmacy, care_setting,
        charged_at, charged_on, item_code, item_name, catalogue_code, unit_price, line_quantity, eligible_amount
),

counted as (
    select m.*, count(*) over (partition by m.settlement_id, m.line_id) as codes,
        r.quantity > m.line_quantity as is_line_reduced
    from single as m
    left join record.fee_line as r on r.line_id = m.line_id and r.encounter_id = m.encounter_id
)

select
    trace_code,
    settlement_id,
    line_id,
    encounter_id,
    person_id,
    institution_id,
    is_pharmacy,
    care_setting,
    charged_at,
    charged_on,
    item_code,
    item_name,
    catalogue_code,
    unit_price,
    eligible_amount,
    bills = 1 as is_placed,
    codes,
    line_quantity,
    coalesce(is_line_reduced, false) as is_line_reduced,
    is_split,
    coalesce(not is_split, codes = line_quantity) as is_whole,
    -- Of a split pack alone on its line the line tells the units; a fraction is one of the pack.
    cast(case
        when not is_split then pack_content
        when coalesce(units, case when codes = 1 then line_quantity end) < 1
            then coalesce(units, line_quantity) * pack_content
        else coalesce(units, case when codes = 1 then line_quantity end)
    end as decimal(16, 4)) as quantity,
    pack_content
from counted
