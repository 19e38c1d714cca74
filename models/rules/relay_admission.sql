/*
title       = "Passed from hospital to hospital without a break"
title_zh    = "接力住院、循环转院"
violation   = "relay_admission"
family      = "stay"
problem     = ["hospital-1"]
subjects    = ["institution"]
certainty   = "suspected"
stage       = "supervision"
scope       = ["inpatient"]
window      = "chain of stays"
law         = ["regulation-15-1", "regulation-38-1-1"]
basis       = ["筛查模型 B09 接力住院、循环转院"]
needs       = ["record.encounter.started_at", "record.encounter.ended_at"]
exclusions  = [
    "a stay begun on a referral, or after a discharge as transfer: up and down within a medical alliance",
    "the place before closed or moved under a new code, and its patients were carried over",
    "diseases treated in courses, pregnancy, newborns, but mental disorders stay in: their passing round is the pattern",
    "step by step through the levels: every link goes up as it gets worse, then down as it gets better (to a lower level, a rehabilitation or nursing institution, a community centre or township hospital), whatever the way of leaving says",
    "the level of an institution is unknown, and every other link goes up or down: cannot judge",
    "fewer than {min_links:stay}",
    "the last day of a stay is unknown: cannot judge",
    "the institution is unknown: cannot judge",
    "the person is unknown: cannot judge",
]
exclusions_zh = [
    "凭转诊入院，或以转院方式出院后入院：医联体内双向转诊",
    "原机构停业、搬迁换码，在院参保人转来继续住院",
    "分疗程治疗的疾病、妊娠、新生儿，但精神障碍不排除：轮转住院正是其表现",
    "分级诊疗：每次均逐级上转（病情加重）或逐级下转（转入低级别、康复、护理机构或社区、乡镇卫生院），不论离院方式如何填写",
    "某机构级别未知且其余各次均为逐级转诊：无法判定",
    "不足 {min_links} 次住院",
    "某次住院的末日未知：无法判定",
    "机构未知：无法判定",
    "参保人未知：无法判定",
]
limits      = "The person did not choose the chain and is not a subject. Deterioration and rehabilitation lead through hospitals of one level too; referral slips and whether the person was asked tell. The first stay of a chain is not at issue."
limits_zh   = "本条不涉及参保人本人。病情恶化、康复也可能经过同级别的多家医院，以转诊单及是否征求参保人意见为准。链条中的首次住院不列为涉及金额。"
version     = "4"
sentence    = "Stay {link} of {links} in a chain without a break from {chain_from} to {chain_to}, after a discharge from {previous_institution_id}; it cost {amount} yuan"
sentence_zh = "{chain_from} 至 {chain_to} 连续在不同医院住院 {links} 次，本次为第 {link} 次（上一家{previous_institution_id}），涉及 {amount} 元"

[params.max_gap]
value   = 1
unit    = "days"
meaning = "between discharge and the next admission elsewhere"

[params.min_links]
value   = 3
unit    = "stays"
meaning = "of a chain"
*/
with stay as (
    select e.encounter_id, e.person_id, e.institution_id, e.started_on, e.ended_on, e.referred_from_encounter_id,
        e.level_step, coalesce(e.is_transferred_in, false) or coalesce(e.is_continued, false) as is_transferred_in,
        x.is_exception_of_body as is_expected,
        lag(e.ended_on) over (partition by e.person_id order by e.started_on, e.ended_on, e.encounter_id)
            as previous_ended_on,
        lag(e.institution_id) over (partition by e.person_id order by e.started_on, e.ended_on, e.encounter_id)
            as previous_institution_id,
        coalesce(
            lag(x.is_sent_on) over (partition by e.person_id order by e.started_on, e.ended_on, e.encounter_id), false
        ) as was_sent_on
    from feature.encounter as e
    join feature.encounter_excuse as x on x.encounter_id = e.encounter_id
    where e.is_inpatient
),

linked as (
    select *,
        case
            when previous_institution_id <> institution_id and not is_expected
                and date_diff('day', previous_ended_on, started_on) between 0 and $max_gap
                and referred_from_encounter_id is null and not is_transferred_in
                and not was_sent_on then 0
            else 1
        end as is_start,
        case
            when coalesce(previous_institution_id <> institution_id, true) and not is_expected
                and date_diff('day', previous_ended_on, started_on) between 0 and $max_gap
                and referred_from_encounter_id is null and not is_transferred_in
                and not was_sent_on then 0
            else 1
        end as is_certain_start
    from stay
),

chained as (
    select *, sum(is_start) over (
        partition by person_id order by started_on, ended_on, encounter_id
        rows between unbounded preceding and current row
    ) as chain, sum(is_certain_start) over (
        partition by person_id order by started_on, ended_on, encounter_id
        rows between unbounded preceding and current row
    ) as longest_chain
    from linked
),

stepped as (
    select *,
        case when is_start = 0 and level_step = 1 and min(case when is_start = 0 then level_step end) over (
            partition by person_id, chain order by started_on, ended_on, encounter_id
            rows between unbounded preceding and 1 preceding
        ) = -1 then 1 else 0 end as is_up_again
    from chained
),

-- Care by levels goes up and comes down; a round between equals, or up again after coming down, does not.
placed as (
    select *, sum(case when is_start = 0 and level_step = 0 then 1 else 0 end) over (
            partition by person_id, chain
        ) + sum(is_up_again) over (partition by person_id, chain) as odd_links,
        sum(case when is_start = 0 and level_step is null then 1 else 0 end) over (
            partition by person_id, chain
        ) as unknown_links,
        count(*) over (partition by person_id, chain) as links,
        count(*) over (partition by person_id, longest_chain) as most_links,
        min(started_on) over (partition by person_id, chain) as chain_from,
        max(ended_on) over (partition by person_id, chain) as chain_to,
        row_number() over (partition by person_id, chain order by started_on, ended_on, encounter_id) as link
    from stepped
)

select
    case
        when p.person_id is null then 'cannot_judge'
        when p.links >= $min_links and p.is_start = 0 and p.odd_links > 0 then 'hit'
        when p.links >= $min_links and p.is_start = 0 and p.unknown_links > 0 then 'cannot_judge'
        when p.links >= $min_links and p.is_start = 0 then 'clear'
        when p.most_links >= $min_links and p.is_certain_start = 0 then 'cannot_judge'
        when p.ended_on is null then 'cannot_judge'
        else 'clear'
    end as outcome,
    case
        when p.person_id is null then 'the person is unknown'
        when p.links >= $min_links and p.is_start = 0 then 'the level of the institution is unknown'
        when p.most_links >= $min_links and p.is_certain_start = 0 then 'the institution is unknown'
        when p.ended_on is null then 'the last day of the stay is unknown'
    end as reason,
    s.settlement_id,
    cast(null as varchar) as line_id,
    p.encounter_id,
    p.person_id,
    p.institution_id,
    cast(null as varchar) as practitioner_id,
    p.started_on as occurred_on,
    s.eligible_amount as amount,
    p.link,
    p.links,
    p.chain_from,
    p.chain_to,
    p.previous_institution_id
from placed as p
join feature.settlement as s on s.encounter_id = p.encounter_id
