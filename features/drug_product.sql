-- One row: one drug of the national code that the record holds, with what its lines say of it.
-- product_code: national drug code: X and 22 characters, Z and 19 (25 and 20 in some areas)
-- generic_key: category and generic name of the code
-- form_key: dosage form, by code and by name
-- maker_key: the maker, the code's last five characters
-- spellings: different specifications in the record
with coded as (
    select catalogue_code, item_code, item_name, trade_name, specification, dosage_form
    from record.fee_line
    where catalogue_code is not null or item_code is not null
    group by catalogue_code, item_code, item_name, trade_name, specification, dosage_form
),

drug as (
    select item_name, trade_name, specification, dosage_form,
        case
            when regexp_matches(catalogue_code, '^X[A-Z][0-9]{2}[A-Z]{2}[A-Z][0-9]{3}[A-Z][0-9]{3}[0-9]{9}([0-9]{2})?$')
                or regexp_matches(catalogue_code, '^Z[A-Z][0-9]{2}[A-Z]{2}[A-Z][0-9]{4}[0-9]{9}$')
                then catalogue_code
            when regexp_matches(item_code, '^X[A-Z][0-9]{2}[A-Z]{2}[A-Z][0-9]{3}[A-Z][0-9]{3}[0-9]{9}([0-9]{2})?$')
                or regexp_matches(item_code, '^Z[A-Z][0-9]{2}[A-Z]{2}[A-Z][0-9]{4}[0-9]{9}$')
                then item_code
        end as product_code
    from coded
)

select product_code, max(item_name) as item_name, max(trade_name) as trade_name,
    max(specification) as specification, count(distinct specification) as spellings,
    case when substr(product_code, 1, 1) = 'X' then substr(product_code, 1, 10) else substr(product_code, 1, 11) end
        as generic_key,
    case when substr(product_code, 1, 1) = 'X' then substr(product_code, 11, 4) else '' end || '|'
        || coalesce(max(dosage_form), '') as form_key,
    substr(product_code, length(product_code) - 4, 5) as maker_key
from drug
where product_code is not null
group by product_code
