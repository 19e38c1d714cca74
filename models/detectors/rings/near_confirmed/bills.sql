select count(*) from judged_bill
