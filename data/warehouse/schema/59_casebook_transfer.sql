-- 移送: one row an act; a package is a proposal until somebody decides; only ever appended to
create table if not exists casebook.transfer_event (
    number bigint not null,
    written_at timestamp not null,     -- UTC
    transfer_id varchar not null,      -- Y<year>-<number>
    acted_on date not null,
    state varchar not null,            -- proposed, decided, sent, accepted, returned, withdrawn
    lead_id varchar,                   -- with the proposal; so what follows
    department varchar,                -- police, discipline, health, market, price, tax
    subject_type varchar,
    subject_id varchar,
    confirmed_amount decimal(16,2),    -- 已认定金额, yuan
    suspected_amount decimal(16,2),    -- 疑点金额 not confirmed, yuan
    first_on date,                     -- first day of conduct
    last_on date,                      -- last day of conduct
    penal_until date,                  -- 处罚时效: two years from the last day of conduct
    manifest_hash varchar,
    text varchar                       -- note, document number
);

create or replace view casebook.current_transfer as
select transfer_id, max(lead_id) as lead_id, max(department) as department, max(subject_type) as subject_type,
    max(subject_id) as subject_id, max(confirmed_amount) as confirmed_amount,
    max(suspected_amount) as suspected_amount, max(first_on) as first_on, max(last_on) as last_on,
    max(penal_until) as penal_until, max_by(state, number) as state, min(acted_on) as proposed_on,
    max_by(acted_on, number) as changed_on, max_by(text, number) filter (where text is not null) as text
from casebook.transfer_event
group by transfer_id;

-- 立案追诉标准: amounts from which a department may open a matter. No figure stands in a text that is at hand whole, so
-- none is shipped: an area writes its own, with basis and the day from which it holds, into HOME/knowledge/filing_line.csv;
-- key: department, subject_kind, level, valid_from
create table if not exists knowledge.filing_line (
    department varchar not null,       -- police, discipline, health, market, price, tax
    subject_kind varchar not null,     -- person, institution
    level varchar not null,            -- what the line begins, such as 数额较大
    least_yuan decimal(16,2),          -- empty: the area has not said, nothing is compared
    counts varchar not null,           -- confirmed, suspected: the money that is compared
    basis varchar not null,
    point_id varchar,
    batch varchar,
    layer varchar not null,
    valid_from date,
    valid_to date,
    superseded_by varchar
);

-- 处罚时效: for how long an act can be penalised from its day, or from its end where it goes on; key: kind, valid_from
create table if not exists knowledge.limitation_period (
    kind varchar not null,             -- ordinary, harmful
    years integer not null,
    condition_zh varchar not null,
    basis varchar not null,
    point_id varchar,
    batch varchar,
    layer varchar not null,
    valid_from date,
    valid_to date,
    superseded_by varchar
);
