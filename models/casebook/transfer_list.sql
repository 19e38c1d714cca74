-- One row: one transfer with its state and the days left until the ordinary limitation of its last act
select transfer_id, lead_id, department, state, proposed_on, changed_on, confirmed_amount, suspected_amount, first_on,
    last_on, penal_until, date_diff('day', cast($on as date), penal_until) as days_left
from casebook.current_transfer
order by transfer_id
