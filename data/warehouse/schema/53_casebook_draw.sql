-- 抽查: one row a draw; the frame's hash stood in the audit log before anybody was drawn
create table if not exists casebook.draw (
    draw_id varchar not null,          -- D<year>-<number>
    number bigint not null,
    written_at timestamp not null,             -- UTC
    drawn_on date not null,
    kind varchar not null,             -- visit 双随机, recheck 抽查复查
    seed bigint not null,
    frame_hash varchar not null,
    units bigint not null,             -- in the frame
    places bigint not null
);

-- 抽中名单: who was drawn, with the probability that stood before
create table if not exists casebook.drawn (
    draw_id varchar not null,
    place bigint not null,             -- order of the list
    subject_type varchar not null,     -- institution, pharmacy; case, lead
    subject_id varchar not null,
    probability double not null,
    inspectors varchar                 -- 检查人员, joined by ;
);

-- 复查结论: what the second reader says of a closed lead; only ever appended to
create table if not exists casebook.recheck (
    number bigint not null,
    written_at timestamp not null,             -- UTC
    draw_id varchar,                   -- null: not drawn
    lead_id varchar not null,
    conclusion varchar not null,       -- confirmed, partly_confirmed, dismissed, unsure
    confirmed_amount decimal(16,2),
    reviewer varchar,
    rechecked_on date not null,
    reason varchar,
    content_hash varchar not null
);
