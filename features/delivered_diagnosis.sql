-- One row: one diagnosis of one encounter as delivered, from the settlement list or the encounter, with its kind. Only
--     `coded` is a diagnosis that rules on ICD-10 may read; feature.visit_diagnosis holds those.
-- kind: coded (ICD-10, Western: types 1 and 2); chinese (Chinese medicine, by its type or by its code, A08.01.17 or
--     BNX120); text (words in place of a code, or a name without one)
-- source: encounter or list
-- is_principal: the principal diagnosis, by this source
with listed as (
    select r.encounter_id, d.diagnosis_type, d.diagnosis_code, d.diagnosis_name,
        case when d.is_principal then 1 else 0 end as principal,
        rank() over (partition by r.encounter_id order by case when s.settlement_id is null then 1 else 0 end) as place
    from record.diagnosis as d
    join record.settlement as r on r.settlement_id = d.settlement_id and coalesce(r.is_valid, true)
    left join feature.settlement as s on s.settlement_id = r.settlement_id
    where r.encounter_id is not null
),

-- The lists of standing settlements, else of those taken back: the encounter took place all the same.
given as (
    select encounter_id, 'list' as source, coalesce(diagnosis_type, '1') as diagnosis_type, diagnosis_code,
        diagnosis_name, principal
    from listed
    where place = 1
    union all
    select encounter_id, 'encounter', '1', principal_diagnosis_code, principal_diagnosis_name, 1
    from record.encounter
    where coalesce(is_valid, true) and coalesce(principal_diagnosis_code, principal_diagnosis_name) is not null
),

spelled as (
    select encounter_id, source, diagnosis_type,
        upper(substr(trim(diagnosis_code), 1, 1)) || substr(trim(diagnosis_code), 2) as diagnosis_code, diagnosis_name,
        principal
    from given
),

-- GB/T 15657: groups of two digits after each point, where ICD-10 has one point; the edition of 1995 three letters.
sorted as (
    select *,
        case
            when diagnosis_type not in ('1', '2') or regexp_matches(diagnosis_code, '^[A-Z][0-9]{2}([.][0-9]{2}){2,}[.]?$')
                or regexp_matches(diagnosis_code, '^[BZ][A-Z]{2}[0-9]{3}$') then 'chinese'
            when regexp_matches(diagnosis_code, '^[A-Z][0-9]{2}[-0-9A-Za-z.+*/]*$') then 'coded'
            else 'text'
        end as kind
    from spelled
)

select encounter_id, source, kind, coalesce(diagnosis_code, '') as diagnosis_code, max(diagnosis_name) as diagnosis_name,
    max(principal) = 1 as is_principal
from sorted
group by encounter_id, source, kind, coalesce(diagnosis_code, '')
