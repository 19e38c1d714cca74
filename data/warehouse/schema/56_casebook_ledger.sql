-- 结案时疑点: the lines a lead carried when its closing verdict came, each yuan once in all the casebook. Findings are
-- rebuilt and leave the lists; the ledger's suspected money of closed leads stands here
create table if not exists casebook.suspected_line (
    lead_id varchar not null,
    settlement_id varchar not null,
    line_id varchar,                   -- null: the settlement as a whole
    source varchar not null,
    institution_id varchar,
    amount decimal(16,2) not null,     -- yuan
    fund_amount decimal(16,2)
);

-- 问题台账: problems found by others or in other ways (飞检, 信访, 案件, 巡察, 审计, 自查), one row a problem and import;
-- only ever appended to, of one problem the latest counts
create table if not exists casebook.ledger_problem (
    problem_id varchar not null,       -- hash of its origin and number, or of what it is about where it has none
    content_id varchar not null,       -- hash of all that is said: the same row twice is one
    event_number bigint not null,      -- of run.event_counter
    made_at timestamp not null,        -- UTC
    file varchar not null,
    row_number bigint not null,
    origin varchar not null,           -- flight, tip, case, patrol, audit, selfcheck, screening, other
    problem_no varchar,                -- 问题编号
    institution_id varchar not null,   -- 定点医药机构编号
    institution_name varchar,          -- as the file has it
    case_number varchar,               -- 住院/门诊号
    problem_item varchar,              -- 问题清单序号, as the file has it
    rule varchar,                      -- 规则编号, as the file has it
    source varchar,                    -- the rule or detector that goes by it
    nature_zh varchar,                 -- 问题类别
    title_zh varchar,                  -- 问题类型
    description varchar,               -- 问题描述
    found_on date not null,            -- 发现日期
    suspected_amount decimal(16,2),    -- 涉及金额, yuan
    confirmed_amount decimal(16,2),    -- 违规金额
    confirmed_fund_amount decimal(16,2),
    agreed_amount decimal(16,2),       -- 认可金额
    recovered_amount decimal(16,2),    -- 追回金额
    recovered_on date,
    returned_amount decimal(16,2),     -- 退还金额: given back to the institution of what was recovered
    penalty_amount decimal(16,2),      -- 罚款金额
    penalty_on date,
    transferred_amount decimal(16,2),  -- 移送金额
    transferred_to varchar,
    transferred_on date,
    due_on date,                       -- 整改期限
    handled_by varchar,                -- 经手人
    case_no varchar,                   -- 立案号
    document_no varchar,
    legal_basis varchar,
    effort_days decimal(16,4),         -- 核查人日
    is_void boolean not null,          -- 作废
    is_missed boolean not null         -- only they found it: a case to learn from
);

create or replace view casebook.current_problem as
select * exclude (place)
from (
    select *, row_number() over (partition by problem_id order by event_number desc, row_number desc) as place
    from casebook.ledger_problem
) as ordered
where place = 1;
