-- note: An invoice number of an institution belongs to one settlement.
-- zh: 同一机构发票号对应一笔结算
-- of: record.settlement where invoice_number is not null and not coalesce(is_refund, false)
-- needs: record.settlement.invoice_number
select institution_id, invoice_number, count(*) as settlements
from record.settlement
where invoice_number is not null and not coalesce(is_refund, false) and coalesce(is_valid, true)
    and not coalesce(is_interim, false)
group by institution_id, invoice_number
having count(*) > 1
