-- 申诉各环节时限: working days from the end of the step before; in force at the day the step begins; key: step, valid_from
create table if not exists knowledge.appeal_term (
    step varchar not null,          -- answer, review, second_answer, second_review
    name_zh varchar not null,
    working_days integer not null,
    basis varchar not null,
    point_id varchar,
    batch varchar,
    layer varchar not null,
    valid_from date,
    valid_to date,
    superseded_by varchar
);

-- 疑点下发: one row one list of doubtful lines sent to one institution for its answer
create table if not exists casebook.appeal (
    appeal_id varchar not null,
    event_number bigint not null,      -- of run.event_counter
    made_at timestamp not null,        -- UTC
    institution_id varchar not null,
    sent_on date not null,             -- 下发日期
    run_id varchar,                    -- the run its leads were ranked by
    lines bigint not null,
    amount decimal(16,2) not null,     -- yuan, each once
    fund_amount decimal(16,2) not null
);

-- 下发明细: one row one fee line, or one settlement as a whole, as it was sent; never changed afterwards
create table if not exists casebook.appeal_line (
    appeal_id varchar not null,
    line_key varchar not null,         -- 明细编号: of the settlement and line, the same in every list
    place bigint not null,             -- 序号 on its sheet
    institution_id varchar not null,
    lead_id varchar not null,
    subject_type varchar not null,     -- of the lead
    subject_id varchar not null,
    finding_id varchar not null,       -- that carries the money
    source varchar not null,
    also varchar,                      -- other sources that hit it too, joined by ;
    settlement_id varchar not null,
    line_id varchar,                   -- null: the settlement as a whole
    encounter_id varchar,
    record_number varchar,             -- 病案号
    case_number varchar,               -- 住院/门诊号
    department_name varchar,
    practitioner_id varchar,
    occurred_on date,
    nature_zh varchar not null,        -- 问题类别
    title_zh varchar not null,         -- 问题类型
    item_code varchar,
    item_name varchar,                 -- 项目名称
    item_class varchar,                -- 项目类别: 药品, 诊疗, 耗材
    explanation varchar,               -- 违规说明
    clause varchar,                    -- the law of the day of the act
    quantity decimal(16,4),            -- 涉及数量
    persons bigint not null,           -- 涉及人次
    amount decimal(16,2) not null,     -- 涉及金额, yuan
    fund_amount decimal(16,2) not null -- 涉及医保基金, yuan
);

-- 申诉往来: what was answered, reviewed, paid back or voided of a line; only ever appended to, the latest stands.
-- accepted + explained + cut = sent, in yuan and in the funds' yuan, in every row. What a review maintains stays
-- explained: the institution never agreed to it.
create table if not exists casebook.appeal_event (
    event_id varchar not null,         -- hash of what is said: the same row twice is one
    event_number bigint not null,      -- of run.event_counter; rows of one file share it
    made_at timestamp not null,        -- UTC
    appeal_id varchar not null,
    line_key varchar not null,
    step varchar not null,             -- answer, review, second_answer, second_review, paid, void
    on_day date not null,
    accepted_amount decimal(16,2) not null,  -- 认可金额
    accepted_fund decimal(16,2) not null,
    explained_amount decimal(16,2) not null, -- 申诉金额
    explained_fund decimal(16,2) not null,
    cut_amount decimal(16,2) not null,       -- 核减金额
    cut_fund decimal(16,2) not null,         -- 核减医保基金金额
    cut_quantity decimal(16,4),              -- 核减数量
    cut_persons bigint,                      -- 核减人次
    paid_amount decimal(16,2),               -- 缴回金额, so far
    reason varchar,                    -- 申诉理由
    attachment varchar,                -- 举证材料: name of the file
    ground varchar,                    -- 认定依据
    handled_by varchar,                -- 经手人
    file varchar not null,
    row_number bigint not null
);

-- 下发时的证据: what each source said of the lead when its lines were sent; rates are moved by it
create table if not exists casebook.appeal_evidence (
    appeal_id varchar not null,
    lead_id varchar not null,
    source varchar not null,
    certainty varchar,
    places bigint,
    volume double,
    slip double,
    weight double
);

-- 申诉现状: one row one line sent, with the latest that was said of it and its state:
-- waiting 待确认, appealing 申诉中, won 申诉成功, stands 维持, paid 已缴回, void 已作废
create or replace view casebook.appeal_standing as
with latest as (
    select * exclude (place_of_event)
    from (
        select *, row_number() over (
            partition by appeal_id, line_key order by event_number desc, row_number desc
        ) as place_of_event
        from casebook.appeal_event
    ) as ordered
    where place_of_event = 1
),

-- A payment and a voiding say nothing of who was right; the split of the step before them is in their rows.
decided as (
    select appeal_id, line_key, max(case when step in ('review', 'second_review') then 1 else 0 end) as reviewed,
        min(case when step = 'answer' then on_day end) as answered_on,
        max(case when step = 'review' then on_day end) as reviewed_on,
        max(case when step = 'second_answer' then on_day end) as appealed_again_on,
        max(case when step = 'second_review' then on_day end) as reviewed_again_on
    from casebook.appeal_event
    group by appeal_id, line_key
)

select a.appeal_id, a.sent_on, l.line_key, l.institution_id, l.lead_id, l.subject_type, l.subject_id, l.source,
    l.settlement_id, l.line_id, l.amount as sent_amount, l.fund_amount as sent_fund, e.step, e.on_day,
    e.accepted_amount, e.accepted_fund, e.explained_amount, e.explained_fund, e.cut_amount, e.cut_fund, e.cut_quantity,
    e.cut_persons, e.paid_amount, e.handled_by, d.answered_on, d.reviewed_on, d.appealed_again_on, d.reviewed_again_on,
    case
        when e.step is null then 'waiting'
        when e.step = 'void' then 'void'
        when e.accepted_amount + e.explained_amount = 0 then 'won'
        when e.step = 'paid' and e.paid_amount >= e.accepted_amount + e.explained_amount then 'paid'
        when e.step in ('answer', 'second_answer') and e.explained_amount > 0 then 'appealing'
        else 'stands'
    end as state
from casebook.appeal_line as l
join casebook.appeal as a on a.appeal_id = l.appeal_id
left join latest as e on e.appeal_id = l.appeal_id and e.line_key = l.line_key
left join decided as d on d.appeal_id = l.appeal_id and d.line_key = l.line_key;
