-- priced: a drug's price at an institution; drugstores and medical institutions are compared with their own kind.
create temp table priced as
select *, is_pharmacy || '|' || product_code as price_key, true as is_member from feature.drug_price;
