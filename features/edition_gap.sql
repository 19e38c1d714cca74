-- One row: one fee line of an item that an edition of the drug catalogue restricts (knowledge with valid_from and
--     valid_to), charged on a day that no edition at hand covers, once per official rule. The edition of another year
--     says nothing about that day: rules that read these tables cannot judge it.
-- official: the rule whose edition is missing
-- first_on, last_on: the days that the editions at hand cover for this item
-- Rules 8 and 12 speak of what a hospital does: a drugstore's sale is no gap of theirs.
-- An item that a later edition dropped is covered to the end of that edition: nothing restricts it any more.
with dated as (
    select item_code, official, valid_from, valid_to, superseded_by from knowledge.item_sex
    union all
    select item_code, official, valid_from, valid_to, superseded_by from knowledge.item_age
    union all
    select item_code, official, valid_from, valid_to, superseded_by from knowledge.item_course
    union all
    select item_code, official, valid_from, valid_to, superseded_by from knowledge.item_institution_level
    union all
    select item_code, official, valid_from, valid_to, superseded_by from knowledge.item_insurance
    union all
    select item_code, official, valid_from, valid_to, superseded_by from knowledge.item_care_setting
    union all
    select item_code, official, valid_from, valid_to, superseded_by from knowledge.second_line_drug
    union all
    select item_code, official, valid_from, valid_to, superseded_by from knowledge.item_indication
),

edition as (
    select official, max(coalesce(valid_to, date '9999-12-31')) as last_on from dated group by official
),

covered as (
    select d.item_code, d.official, min(coalesce(d.valid_from, date '0001-01-01')) as first_on,
        max(case when d.superseded_by like 'revision-%' then e.last_on else coalesce(d.valid_to, date '9999-12-31') end)
            as last_on
    from dated as d
    join edition as e on e.official = d.official
    group by d.item_code, d.official
)

select
    c.official,
    l.settlement_id,
    l.line_id,
    l.encounter_id,
    l.person_id,
    l.institution_id,
    l.practitioner_id,
    l.is_pharmacy,
    l.charged_on,
    l.item_code,
    l.item_name,
    c.first_on,
    c.last_on
from feature.fee_line as l
join covered as c on c.item_code = l.item_code
where l.eligible_amount > 0 and (l.charged_on < c.first_on or l.charged_on > c.last_on)
    and not (c.official in (8, 12) and coalesce(l.is_pharmacy, false))
