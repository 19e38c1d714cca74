-- 同一对象: two delivered codes that are one subject (a hospital that got a new code, a doctor who is registered twice),
-- as people said it; only ever appended to
create table if not exists casebook.same_subject (
    subject_type varchar not null,     -- institution, pharmacy, practitioner, person
    subject_id varchar not null,       -- the code that is another's too
    kept_id varchar not null,          -- the code under which both are one
    reason varchar not null,
    owner varchar,
    is_taken_back boolean not null,    -- they are two after all
    made_at timestamp not null,        -- UTC
    event_number bigint not null       -- orders them, whatever the clock said
);

create or replace view casebook.current_same as
select subject_type, subject_id, kept_id, reason, owner, made_at
from (
    select *, row_number() over (partition by subject_type, subject_id order by event_number desc) as place
    from casebook.same_subject
) as placed
where place = 1 and not is_taken_back;
