-- 外来线索: tips, hand-downs, the platform's suspicions and other departments' rows as a person handed them in; only ever
-- appended to. Who gave a tip stands in casebook.informant and nowhere else.
create table if not exists casebook.outside_lead (
    outside_id varchar not null,       -- 编号: its own number where it has one that is free, else with its kind and office
    number bigint not null,            -- the event's number
    written_at timestamp not null,             -- UTC
    content_hash varchar not null,     -- of what the row says: the same row twice is one lead
    file_hash varchar not null,        -- of the file it came in; a file's name may name an informant
    row_number bigint not null,
    kind varchar not null,             -- tip 举报, hand_down 交办, platform 平台疑点, department 部门数据
    own_number varchar,                -- 来源编号 as the office has it
    office varchar,                    -- 来源单位: who received, handed down or listed it
    received_on date,                  -- 受理日期
    channel varchar,                   -- 渠道
    subject_type varchar,              -- as the file has it
    subject_id varchar,                -- its code; a person's number where the file gives an identity number that is known
    subject_name varchar,
    person_id varchar,                 -- 人员编号 of the visit at issue, where the subject is a place
    settlement_id varchar,             -- 结算ID
    encounter_id varchar,              -- 就诊ID
    line_id varchar,                   -- 记账流水号
    rule varchar,                      -- 疑点类型 as the office calls it
    content varchar,                   -- 内容, without what the file says of the informant
    amount decimal(16,2),              -- 涉及金额, yuan
    due_on date,                       -- 办理期限
    feedback_due_on date               -- 反馈期限
);

-- 举报人: who gave a tip; read by no query that writes a file, a list, a log or a page
create table if not exists casebook.informant (
    outside_id varchar not null,
    name varchar,
    phone varchar,
    id_number varchar,
    address varchar,
    content varchar                    -- 内容 as it was handed in
);

-- 外来线索办理: what was done about each; only ever appended to
create table if not exists casebook.outside_event (
    number bigint not null,
    written_at timestamp not null,             -- UTC
    outside_id varchar not null,
    acted_on date not null,
    act varchar not null,              -- feedback 反馈, place 定位对象
    text varchar,
    subject_type varchar,              -- whom it is about, where a person placed it
    subject_id varchar
);

-- 外来线索全貌: the tips of the record and what was handed in, one row a lead from outside; a tip that came both ways is one.
-- Whom it is about as a person placed it, where somebody did.
create or replace view casebook.heard_tip as
with placed as (
    select outside_id, max_by(subject_type, number) as subject_type, max_by(subject_id, number) as subject_id
    from casebook.outside_event
    where act = 'place'
    group by outside_id
),

heard as (
    select outside_id as tip_id, kind, own_number, office, received_on, channel, subject_type, subject_id, subject_name,
        person_id, settlement_id, encounter_id, line_id, rule,
        case when rule is null or content is null then coalesce(rule, content) else rule || '：' || content end as content,
        amount, due_on, feedback_due_on, number, file_hash
    from casebook.outside_lead
    union all
    select
        case when t.tip_id in (select outside_id from casebook.outside_lead where kind <> 'tip') then '举报-' || t.tip_id
            else t.tip_id end,
        'tip', t.tip_id, null, t.received_on, t.channel, t.subject_type, t.subject_id, t.subject_name, null, null, null,
        null, null, t.content, null, null, null, null, null
    from record.tip as t
    where t.tip_id not in (select outside_id from casebook.outside_lead where kind = 'tip')
)

select h.* replace (
    case when p.outside_id is null then h.subject_type else p.subject_type end as subject_type,
    case when p.outside_id is null then h.subject_id else p.subject_id end as subject_id,
    case when p.outside_id is null then h.subject_name end as subject_name
)
from heard as h
left join placed as p on p.outside_id = h.tip_id;
