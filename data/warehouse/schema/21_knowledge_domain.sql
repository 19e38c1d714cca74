-- 专项领域: a field of work that a campaign looks at; key: domain
create table if not exists knowledge.domain (
    domain varchar not null,        -- its name on the command line
    name_zh varchar not null,       -- 领域名称
    name varchar not null,
    basis varchar not null,
    point_id varchar,
    batch varchar,
    layer varchar not null,
    valid_from date,
    valid_to date,
    superseded_by varchar
);

-- 专项领域的范围: by what a finding belongs to a domain; one fitting row is enough. It only selects what is shown together,
-- so that nothing is judged by it. Kinds: source, every finding of it; area, problem, official self-check items shown
-- beside (area_zh, item_id); department_word, item_prefix, name_word, of the line; diagnosis_prefix, of the visit;
-- medical_category, its code begins so; setting: chronic, care (care_setting), out_of_area, negotiated; key: domain, kind, part
create table if not exists knowledge.domain_part (
    domain varchar not null,
    kind varchar not null,
    part varchar not null,
    basis varchar not null,
    point_id varchar,
    batch varchar,
    layer varchar not null,
    valid_from date,
    valid_to date,
    superseded_by varchar
);
