-- One row: one encounter on whose bill a living donor's care stands beside the patient's (活体器官、造血干细胞移植): by the
--     rule of most hospitals the donor's bed, tests and operation are charged to who gets the organ. Whoever counts units
--     or compares an item with the patient's sex or age asks here.
-- donors_on_bill: 1
select encounter_id, 1 as donors_on_bill
from feature.fee_line
where encounter_id is not null
    and regexp_matches(item_name, '供体|供者|捐献者|捐献人|供肾|供肝|供髓|活体.*移植')
    and regexp_matches(item_name, '取|采|切|获|抽|移植')
union
select coalesce(r.encounter_id, s.encounter_id), 1
from record.procedure as r
left join feature.settlement as s on s.settlement_id = r.settlement_id
where coalesce(r.encounter_id, s.encounter_id) is not null
    and (r.procedure_code like '55.5102%' or r.procedure_code like '41.91%'
        or regexp_matches(r.procedure_name, '(供体|供者|供肾|供肝|捐献者).*(取|采|切|获|抽)|活体.*移植'))
