-- One row: one confirmed verdict that stands, with the matter it belongs to and the band of points its words put it in.
-- Only what people confirmed is here; suspicions, leads and scores are never read.
-- Delivered inspections (insp_result_d) count as verdicts do, unless the casebook has the same case of the same subject;
-- `inspection` is made before. They tell no clause and no part of the funds.
-- matter: 案件编号 of any verdict of its lead, else the lead, else the verdict: several rules of one matter count once.
-- decided_on: the day of the penalty where there is one; points and scores count in that day's year.
-- band: 处罚 without the clause it rests on counts as the lowest, so does a clause without a penalty.
with spoken as (
    select v.verdict_id, v.lead_id, v.subject_type, v.subject_id, v.institution_id, v.case_no, v.rule, v.conclusion,
        v.decided_on, v.penalty_on, v.penalty_amount, v.measures, v.legal_basis, v.confirmed_amount,
        v.confirmed_fund_amount, v.recovered_amount, v.points, v.event_number
    from casebook.current_verdict as v
    union all
    select i.case_id, null, i.subject_type, i.subject_id,
        case when i.subject_type in ('institution', 'pharmacy') then i.subject_id end, i.case_id, i.rule_id,
        i.conclusion, r.inspected_on, null, r.penalty_amount, null, null, r.violation_amount, null, r.recovered_amount,
        null, 0
    from inspection as i
    join record.inspection_result as r on r.case_id = i.case_id
    where i.subject_type is not null and i.conclusion is not null and r.inspected_on is not null and not exists (
        select 1 from casebook.current_verdict as v where v.case_no = i.case_id and v.subject_id = i.subject_id
    )
),

stated as (
    select v.*, coalesce(v.penalty_on, v.decided_on) as counted_on,
        extract(year from coalesce(v.penalty_on, v.decided_on)) as year,
        coalesce(v.case_no, max(v.case_no) over (partition by v.lead_id), v.lead_id, v.verdict_id) as matter,
        coalesce(v.penalty_amount > 0, false)
            or coalesce(regexp_matches(v.measures, '行政处罚|罚款'), false) as is_penalised,
        coalesce(regexp_matches(v.legal_basis, '条例》?[^《》]*第\s*(四十|40)\s*条|regulation-40'), false) as names_40,
        coalesce(
            regexp_matches(v.legal_basis, '条例》?[^《》]*第\s*(三十八|三十九|38|39)\s*条|regulation-3[89]'), false
        ) as names_38_39
    from spoken as v
),

-- A later word on the whole lead (排除, 暂缓, 作废) takes back what was confirmed of its single rules before.
standing as (
    select s.*
    from stated as s
    where s.conclusion in ('confirmed', 'partly_confirmed') and not exists (
        select 1 from stated as w
        where w.lead_id = s.lead_id and w.rule is null and s.rule is not null
            and w.conclusion not in ('confirmed', 'partly_confirmed')
            and (w.decided_on > s.decided_on or (w.decided_on = s.decided_on and w.event_number > s.event_number))
    )
)

select s.verdict_id, s.lead_id, s.subject_type, s.subject_id, s.institution_id, s.matter, s.case_no, s.rule,
    s.conclusion, s.counted_on as decided_on, s.year, s.confirmed_amount, s.confirmed_fund_amount, s.recovered_amount,
    s.is_penalised, s.legal_basis,
    -- Points that an office has decided already stand in the verdict.
    case when s.subject_type = 'practitioner' then cast(s.points as decimal(8,2)) end as decided_points,
    case
        when s.is_penalised and s.names_40 then 'fraud'
        when s.is_penalised and s.names_38_39 then 'penalty'
        else 'contract'
    end as band,
    s.is_penalised and not s.names_40 and not s.names_38_39 as lacks_clause,
    s.is_penalised and s.names_40 as is_fraud,
    -- The same problem, by the rule's own name, in another matter before: in this year, or in this and the last.
    exists (
        select 1 from standing as e
        where e.subject_type = s.subject_type and e.subject_id = s.subject_id and e.rule = s.rule
            and e.matter <> s.matter and e.counted_on < s.counted_on and e.year = s.year
    ) as is_repeat_of_year,
    exists (
        select 1 from standing as e
        where e.subject_type = s.subject_type and e.subject_id = s.subject_id and e.rule = s.rule
            and e.matter <> s.matter and e.counted_on < s.counted_on and e.year >= s.year - 1
    ) as is_repeat
from standing as s
