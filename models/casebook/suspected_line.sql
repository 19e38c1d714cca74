-- One row: one line that a closing verdict's lead carried when the verdict came, each yuan once in all the casebook:
-- the ledger's suspected money of what is no longer on a list. new_verdict are the verdicts of this import.
select i.lead_id, i.settlement_id, i.line_id, i.source, i.institution_id, i.amount, i.fund_amount
from at_issue as i
where i.lead_id in (select lead_id from new_verdict where is_closing)
    and not exists (
        select 1 from casebook.suspected_line as s
        where s.settlement_id = i.settlement_id
            and (s.line_id is null or i.line_id is null or s.line_id = i.line_id)
    )
order by i.lead_id, i.settlement_id, i.line_id
