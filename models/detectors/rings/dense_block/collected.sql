-- Who collected which drug where, outside hospital stays.
create temp table drug_line as
select line_id, settlement_id, encounter_id, person_id, institution_id, practitioner_id, item_name as drug, charged_on,
    eligible_amount
from feature.fee_line
where catalogue_type = '101' and eligible_amount > 0 and person_id is not null and item_name is not null
    and institution_id is not null and care_setting in ('outpatient', 'chronic', 'drugstore')
    and not coalesce(is_family_money, false);

select distinct person_id, drug, institution_id from drug_line order by person_id, drug, institution_id;
