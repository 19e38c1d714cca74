-- 线索登记: one open lead a subject, across runs
-- written by runs, but for: select lead_id, closed_on from casebook.lead_register where closed_on is not null
create table if not exists casebook.lead_register (
    lead_id varchar not null,
    subject_type varchar not null,
    subject_key varchar not null,      -- subject id; of a group its members' hash when last ranked
    opened_run varchar not null,
    last_run varchar not null,
    last_amount decimal(16,2),
    previous_amount decimal(16,2),     -- of the run before last_run
    closed_on date,                    -- its verdict's day
    previous_lead_id varchar           -- the closed lead it reopens
);

-- 工作名单: leads chosen for a round's work, by rank or at random, with the probability of being chosen
-- written by runs
create table if not exists casebook.selection (
    run_id varchar not null,
    subject_type varchar not null,
    places integer not null,           -- leads of this list on the work list
    lead_id varchar not null,
    arm varchar not null,              -- rank, ensemble, control; spare: for days that the draw left over
    probability double not null,
    stratum bigint,
    seed bigint not null,
    frame_hash varchar not null        -- of the leads and strata drawn from, made before the draw
);

-- 团伙线索成员: who belonged to a group's lead when it was last ranked
-- written by runs
create table if not exists casebook.group_membership (
    lead_id varchar not null,
    person_id varchar not null
);

-- 暂不列入名单: who is left off the lists, for which rule, until when and why; only ever appended to
create table if not exists casebook.suppression (
    subject_type varchar not null,
    subject_id varchar not null,
    source varchar,                    -- the rule or detector; null: all
    until date,                        -- findings that occurred later count again; null: for good
    reason varchar not null,
    owner varchar,
    is_lifted boolean not null,        -- the row takes an earlier one back
    made_at timestamp not null,        -- UTC
    event_number bigint                -- orders them, whatever the clock said
);

create or replace view casebook.current_suppression as
select subject_type, subject_id, source, until, reason, owner, made_at
from (
    select *, row_number() over (
        partition by subject_type, subject_id, source order by event_number desc, is_lifted, until
    ) as place
    from casebook.suppression
) as placed
where place = 1 and not is_lifted;

-- 核查结论: what people found, one row a verdict; only ever appended to. Findings are rebuilt, verdicts are not, so
-- a verdict keeps what its lead looked like.
create table if not exists casebook.verdict (
    verdict_id varchar not null,       -- hash of what was said: the same row twice is one verdict
    imported_at timestamp not null,    -- UTC
    file varchar not null,             -- file name and data row it came from
    row_number bigint not null,
    lead_id varchar,                   -- null: an inspection without lead
    subject_type varchar not null,
    subject_id varchar not null,       -- the code as delivered; for a group its lead
    members varchar,                   -- a group's person ids joined by ;
    rule varchar,                      -- rule as the file names it: a source, an official number or code; null: all
    sources varchar,                   -- the lead's source ids joined by ;, or those of the rule
    conclusion varchar not null,       -- confirmed, partly_confirmed, dismissed, unsure
    conclusion_said varchar not null,  -- 核查结论 as the file has it
    reason varchar,                    -- 排除原因
    decided_on date not null,          -- 日期
    is_closing boolean not null,       -- false: 证据不足-暂缓, the lead stays open
    confirmed_quantity decimal(16,4),  -- 确认数量
    confirmed_amount decimal(16,2),    -- 确认违规金额, yuan
    confirmed_fund_amount decimal(16,2), -- 涉及基金, yuan
    recovered_amount decimal(16,2),    -- 追回金额, yuan
    recovered_on date,                 -- 追回日期
    payment_way varchar,               -- 支付方式
    penalty_amount decimal(16,2),      -- 处罚金额, yuan
    measures varchar,                  -- 处理类型
    legal_basis varchar,               -- 法律依据
    transferred_to varchar,            -- 移送部门
    document_no varchar,               -- 文书号
    case_no varchar,                   -- 立案号, 案件编号
    handled_by varchar,                -- 承办
    reviewed_by varchar,               -- 复核人
    recheck varchar,                   -- 复查
    run_id varchar,                    -- the run that last ranked the lead
    tier varchar,                      -- as the lead stood then
    rank integer,
    score decimal(5,2),
    propensity double,
    amount_at_risk decimal(16,2),
    expected_yield decimal(16,2),
    findings bigint,
    settlements bigint,
    arm varchar,                       -- rank, control ...: how it came onto the work list, where it did
    selection_probability double,      -- 入选概率, where it was drawn
    persons bigint,                    -- as the lead stood then
    first_on date,
    last_on date,
    prior_confirmed bigint,
    tips bigint,
    institution_id varchar,            -- where most of its money was, or itself
    agreed_amount decimal(16,2),       -- 认可金额: what the subject agreed to return, yuan
    penalty_multiple decimal(16,4),    -- 罚款倍数
    penalty_on date,                   -- 处罚日期
    points decimal(16,4),              -- 支付资格记分
    transferred_amount decimal(16,2),  -- 移送金额, yuan
    transferred_on date,               -- 移送日期
    document_kind varchar,             -- 文书名称
    is_repeat boolean,                 -- 屡犯标记
    effort_days decimal(16,4),         -- 核查人日: inspector-days it took
    problem_item varchar,              -- 问题清单序号, as the file has it
    origin varchar,                    -- 来源, as the file has it
    event_number bigint                -- of its import: orders them, whatever the clock said
);

-- 核查时的证据: what each source said of the lead when its verdict came; the learned order is made of this
create table if not exists casebook.verdict_evidence (
    verdict_id varchar not null,
    source varchar not null,
    family varchar,
    certainty varchar,
    findings bigint,
    places bigint,
    volume double,
    slip double,
    weight double,
    amount decimal(16,2)
);

-- 运行概貌: what a later run compares itself with: counts by bin, no subject of its own
-- written by runs
create table if not exists casebook.run_profile (
    run_id varchar not null,
    place bigint not null,             -- 1, 2 ...: the order in which runs were first published
    what varchar not null,             -- indicator, score, source, top
    subject_type varchar,
    name varchar not null,             -- the indicator, the source; of a top list its lead
    n bigint not null,                 -- how many it was measured for
    edges varchar,                     -- json: nine inner deciles
    counts varchar,                    -- json: how many in each bin
    hits bigint,                       -- of a source
    noise double                       -- of a source: hits vary this much more than chance from month to month
);

-- 已核疑点: the findings a closed lead rested on, and the tips (tip:<tip_id>); a later lead of the subject needs others
create table if not exists casebook.judged_finding (
    lead_id varchar not null,
    finding_id varchar not null
);

-- 现行结论: of several verdicts on one lead (or one subject without lead) and rule the latest counts. Of those that name
-- the same case (案件编号) the one imported last is the correction of the others, whatever day it gives.
create or replace view casebook.current_verdict as
with corrected as (
    select *, row_number() over (
            partition by coalesce(lead_id, subject_type || '|' || subject_id || '|' || coalesce(case_no, '')),
                coalesce(rule, ''), coalesce(case_no, verdict_id)
            order by event_number desc, decided_on desc, row_number desc
        ) as correction
    from casebook.verdict
)

select * exclude (place, correction)
from (
    select *, row_number() over (
            partition by coalesce(lead_id, subject_type || '|' || subject_id || '|' || coalesce(case_no, '')),
                coalesce(rule, '')
            order by decided_on desc, event_number desc, row_number desc
        ) as place
    from corrected
    where correction = 1
) as ordered
where place = 1;
