-- severity_of_stay: a stay with a list of diagnoses, and the gravest complication among them: 2 an MCC, 1 a CC, 0 none.
-- What belongs to the principal diagnosis's own category is none. Of prefixes of a code the longest tells.
create temp table severity_of_stay as
with coded as (
    select d.encounter_id, d.diagnosis_code, d.is_principal, s.diagnosis_code as principal
    from feature.visit_diagnosis as d
    join feature.stay as s on s.encounter_id = d.encounter_id
    where s.days is not null and not s.is_ward_day
),
severity as (
    select c.diagnosis_code, max_by(k.severity, length(k.code_prefix)) as severity
    from (select distinct diagnosis_code from coded where not is_principal) as c
    join knowledge.complication as k on starts_with(c.diagnosis_code, k.code_prefix)
    group by c.diagnosis_code
),
listed as (
    select distinct s.encounter_id
    from record.diagnosis as d
    join feature.settlement as s on s.settlement_id = d.settlement_id
    where s.care_setting = 'inpatient'
)
select c.encounter_id,
    max(case
        when c.is_principal or substr(c.diagnosis_code, 1, 3) = substr(c.principal, 1, 3) then 0
        when v.severity = 'mcc' then 2
        when v.severity = 'cc' then 1
        else 0
    end) as severity
from coded as c
join listed as l on l.encounter_id = c.encounter_id
left join severity as v on v.diagnosis_code = c.diagnosis_code
group by c.encounter_id;

-- coded_stay: such a stay beside those of its diagnosis, operation or not, and level that have no complication.
create temp table coded_stay as
with comparable as (
    select s.*, w.severity, coalesce(i.institution_level, 0) as place_level,
        substr(s.diagnosis_code, 1, 3) || case when s.is_operated then '+' else '' end as disease
    from feature.stay as s
    join severity_of_stay as w on w.encounter_id = s.encounter_id
    join feature.institution as i on i.institution_id = s.institution_id
    where s.diagnosis_code is not null
),
plain as (
    select disease, place_level, median(cast(total_amount as double)) as amount
    from comparable
    where severity = 0
    group by disease, place_level
    having count(*) >= $min_plain
)
select c.*, p.amount as plain_amount
from comparable as c
left join plain as p on p.disease = c.disease and p.place_level = c.place_level;

create temp table stay_of_share as
with dearer as (
    select severity, median(cast(total_amount as double) / plain_amount) - 1 as more
    from coded_stay
    where severity > 0 and plain_amount > 0
    group by severity
    having count(*) >= $min_plain
),
-- What a complication adds, as a share of a stay without one; a graver one never adds less than a lighter.
step as (
    select l.severity, greatest(max(d.more), l.least_more) as more
    from (values (1, $cc_adds), (2, $mcc_adds)) as l(severity, least_more)
    left join dearer as d on d.severity <= l.severity
    group by l.severity, l.least_more
),
kind_of_stay as (
    select c.institution_id, c.encounter_id, c.chapter, c.stratum, c.severity > 0 as complicated,
        c.severity > 1 as severe,
        case when c.severity > 0 then cast(c.total_amount as double) <= c.plain_amount end as costless,
        cast(least(coalesce(c.plain_amount, cast(c.total_amount as double)) * s.more, c.total_amount)
            as decimal(16, 2)) as amount
    from coded_stay as c
    left join step as s on s.severity = c.severity
)
select * from kind_of_stay unpivot (is_flagged for share in (complicated, severe, costless));
