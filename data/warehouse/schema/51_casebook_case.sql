-- 案件事件: what was done in each case, one row an act; only ever appended to, so that no note is lost or changed
create table if not exists casebook.case_event (
    number bigint not null,            -- the event's number: orders events whatever the clock says
    written_at timestamp not null,             -- when it was written, UTC
    case_id varchar not null,          -- 案件编号, C<year>-<number>
    acted_on date not null,            -- 办理日期: the day of the act
    act varchar not null,              -- open, add, note, assign, due, close
    title varchar,                     -- 案由, when opened
    kind varchar,                      -- 检查方式: comprehensive, unannounced, smart, daily, special, joint, self_check, tip, hand_down
    lead_id varchar,                   -- the lead that is added
    outside_id varchar,                -- the lead from outside that is added
    owner varchar,                     -- 承办人
    due_on date,                       -- 办理期限
    state varchar,                     -- 状态: pending, studying, issued, answering, reviewing, on_site, determined, handling,
                                       -- suspended; of a close: concluded, excluded, merged, transferred
    text varchar                       -- 内容
);

-- 现行案件: each case as its last acts leave it
create or replace view casebook.current_case as
select case_id, max(title) as title, min(acted_on) filter (where act = 'open') as opened_on, min(number) as opened_number,
    max_by(kind, number) filter (where kind is not null) as kind,
    max_by(owner, number) filter (where owner is not null) as owner,
    max_by(due_on, number) filter (where due_on is not null) as due_on,
    max_by(state, number) filter (where state is not null) as state,
    max(acted_on) filter (where act = 'close') as closed_on,
    count(*) filter (where act = 'note') as notes
from casebook.case_event
group by case_id;

-- 案件线索: what each case holds, one row a lead or a lead from outside
create or replace view casebook.case_lead as
select case_id, lead_id, outside_id, min(acted_on) as added_on, min(number) as number
from casebook.case_event
where lead_id is not null or outside_id is not null
group by case_id, lead_id, outside_id;

-- 排序登记: the runs in the order in which they were first ranked, among the events people cause
-- written by runs
create table if not exists casebook.ranked_run (
    run_id varchar not null,
    number bigint not null,
    written_at timestamp not null              -- UTC
);

-- 线索历史: how each lead stood in each run; a run that finds it no more has a row without rank
-- written by runs
create table if not exists casebook.lead_history (
    run_id varchar not null,
    lead_id varchar not null,
    is_gone boolean not null,          -- 未再发现: open, and this run did not find it
    rank integer,
    tier varchar,
    score decimal(5,2),
    amount_at_risk decimal(16,2),
    fund_at_risk decimal(16,2)
);
