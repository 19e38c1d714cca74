create table if not exists truth.scheme_subject (
    scheme varchar not null,           -- 手法
    subject_type varchar not null,
    subject_id varchar not null,
    group_id varchar,
    amount decimal(16,2)               -- planted eligible yuan
);

create table if not exists truth.scheme_line (
    scheme varchar not null,
    subject_type varchar,
    subject_id varchar,
    group_id varchar,
    settlement_id varchar,
    line_id varchar,
    amount decimal(16,2)
);

create table if not exists truth.confounder (
    kind varchar not null,             -- 形似而实非
    subject_type varchar,
    subject_id varchar
);
