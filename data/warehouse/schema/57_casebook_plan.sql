-- 检查计划: each plan as it was asked for; only ever appended to
create table if not exists casebook.plan (
    plan_id varchar not null,          -- 计划编号, V<year>-<number>
    number bigint not null,            -- the event's number: orders events whatever the clock says
    written_at timestamp not null,     -- UTC
    run_id varchar,                    -- the run whose leads it was made from
    staff integer not null,            -- 检查人员数
    team integer not null,             -- 每组人数
    days double not null,              -- 每人工作日
    from_on date not null,
    to_on date not null,
    control_share double not null,     -- 随机抽查占比
    unvisited_share double not null,   -- 从未检查机构占比
    seed bigint not null,
    frame_hash varchar not null,       -- of the places that the control visits were drawn from, made before the draw
    frame_places bigint not null
);

-- 计划核查: what was planned, moved, done or dropped, one row an act; only ever appended to. A visit that a later
-- plan moves keeps its number.
create table if not exists casebook.plan_visit (
    visit_id varchar not null,         -- 核查编号, of the plan that first planned it
    number bigint not null,
    written_at timestamp not null,     -- UTC
    plan_id varchar,                   -- the plan that planned or moved it; null: noted by a person
    act varchar not null,              -- plan, move, done, drop
    acted_on date not null,            -- the day of the act
    institution_id varchar not null,
    why varchar,                       -- due, yield, unvisited, control
    probability double,                -- 入选概率, of a control visit
    team_number integer,
    start_on date,
    start_half varchar,                -- am, pm
    end_on date,
    end_half varchar,
    half_days integer,                 -- of the team, travel included
    due_on date,                       -- 办理期限
    inspector_days double,
    desk_days double,                  -- at the desk, beside the visit
    records bigint,                    -- 调阅病历数
    share double,                      -- of what there is to read, where the days allow no more
    expected_yield decimal(16,2),
    amount decimal(16,2),
    fund_amount decimal(16,2),
    leads varchar,                     -- lead ids that touch the place, joined by ;
    text varchar                       -- why it was dropped, what was found
);

-- 现行计划核查: each visit as its last act leaves it
create or replace view casebook.current_plan_visit as
select visit_id, max_by(act, number) as act, max_by(acted_on, number) as acted_on,
    max_by(institution_id, number) as institution_id,
    max_by(plan_id, number) filter (where plan_id is not null) as plan_id,
    max_by(why, number) filter (where plan_id is not null) as why,
    max_by(team_number, number) filter (where plan_id is not null) as team_number,
    max_by(start_on, number) filter (where plan_id is not null) as start_on,
    max_by(start_half, number) filter (where plan_id is not null) as start_half,
    max_by(end_on, number) filter (where plan_id is not null) as end_on,
    max_by(end_half, number) filter (where plan_id is not null) as end_half,
    max_by(half_days, number) filter (where plan_id is not null) as half_days,
    max_by(due_on, number) filter (where plan_id is not null) as due_on,
    max_by(inspector_days, number) filter (where plan_id is not null) as inspector_days,
    max_by(probability, number) filter (where plan_id is not null) as probability, min(number) as first_number
from casebook.plan_visit
group by visit_id;
