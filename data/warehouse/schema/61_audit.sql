-- 日志锚点: how far the audit log had come when an event was written, kept beside what the event changed: a log that
-- ends earlier, or whose entry of that number is another one, was cut or made anew
create table if not exists run.audit_head (
    entries bigint not null,           -- entries of the log, the event's own included
    head varchar not null,             -- sha256 of the event's line
    event varchar not null,
    run_id varchar,
    anchored_at timestamp not null     -- UTC
);
