-- drug_pack: drugs with what their specification says: how much is in one piece, and how many pieces in a pack.
--   strength, strength_unit  in mg or in units (U)
--   volume                   ml
--   rest                     a share or a size, as text
--   pieces                   in a pack
--   is_read                  whether it could be read
create temp table drug_pack as
with normalised as (
    select *, regexp_replace(
            regexp_replace(lower(translate(specification, '×✕xX＊：，', '*****:,')), '\s', '', 'g'),
            '/(盒|瓶|支|袋|包|板|罐|筒)$', ''
        ) as spec
    from feature.drug_product
),
parsed as (
    select *,
        regexp_extract(spec, '([0-9.]+)(ug|μg|mcg|mg|g|万iu|万u|万单位|iu|u|单位)', 1) as amount_text,
        regexp_extract(spec, '([0-9.]+)(ug|μg|mcg|mg|g|万iu|万u|万单位|iu|u|单位)', 2) as unit_text,
        regexp_extract(spec, '([0-9.]+)ml', 1) as volume_text,
        regexp_extract(spec, '[0-9.]+%', 0) || regexp_extract(spec, '[0-9.]+cm\*[0-9.]+cm', 0) as rest,
        regexp_extract_all(
            spec, '(^|\*)([0-9]+)(片|粒|支|丸|袋|贴|枚|瓶|包|板|盒|揿|喷|吸)', 2
        ) as counts
    from normalised
),
converted as (
    select * exclude (amount_text, unit_text, volume_text, counts),
        try_cast(amount_text as double) * case
            when unit_text in ('ug', 'μg', 'mcg') then 0.001
            when unit_text = 'g' then 1000
            when unit_text like '万%' then 10000
            else 1
        end as strength,
        case when unit_text = '' then null when unit_text like '%g' then 'mg' else 'U' end as strength_unit,
        try_cast(volume_text as double) as volume,
        case
            when len(counts) > 0 then nullif(list_aggregate([cast(c as double) for c in counts], 'product'), 0)
            when amount_text <> '' or volume_text <> '' then 1
        end as pieces
    from parsed
)
select *, pieces is not null and coalesce(strength > 0, true) as is_read from converted;
