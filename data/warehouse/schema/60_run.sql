create table if not exists run.warehouse (
    format integer not null            -- a newer number than the program knows is never opened for writing
);

-- 交付文件: one row a delivered file content
create table if not exists run.input_file (
    file_id varchar not null,          -- sha256 of the content
    file varchar not null,             -- path inside the delivery
    source_table varchar not null,     -- setl_d, ...
    loaded_at timestamp,               -- UTC
    rows_in bigint,
    yuan_in decimal(18,2),
    folder varchar,                    -- the delivery's folder, absolute
    header varchar,                    -- json: its header cells, to read a mended reject again
    delimiter varchar,
    is_newer boolean,                  -- a person said that it stands where its delivery contradicts itself
    event_number bigint                -- of its delivery: orders them, whatever the clock said
);

-- 拒收: rows that could not be read, with their own text, to be mended and delivered again
-- written by runs, but for: select distinct file, source_table, dismissed from run.rejected where dismissed is not null
create table if not exists run.rejected (
    ingest_id varchar not null,
    file varchar not null,
    row_number bigint,
    source_table varchar not null,
    field varchar,                     -- national field
    reason varchar not null,
    raw varchar,                       -- the row as it was delivered
    file_id varchar,                   -- the content it came in, run.input_file
    masked varchar,                    -- the row without names and identity numbers
    yuan decimal(18,2),                -- what it counts for in the account
    row_key varchar,                   -- hash of the key, where that can be read
    mended_by varchar,                 -- the ingest that brought it again; null while it stands
    sheet_row bigint,                  -- 表中行号: the row as a spreadsheet counts it, header and empty rows too
    dismissed varchar,                 -- 不再处理的原因: why a person let it go; null while it stands
    dismissed_at timestamp,            -- UTC
    dismissed_number bigint            -- event number: orders it among runs and deliveries
);

-- 假名: how this warehouse's persons are named since its first load; one row
create table if not exists run.pseudonym (
    is_on boolean not null,
    key_print varchar                  -- of the key that stays in HOME; null where it was not kept
);

-- 待重算结算: settlements that a delivery touched since the features were built
create table if not exists run.touched_settlement (
    settlement_id varchar not null
);

-- 对账: rows in = loaded + duplicate + replaced + rejected + left out, for each file of each run; yuan without the last
create table if not exists run.account (
    ingest_id varchar not null,        -- hash of the delivered set
    file varchar not null,
    source_table varchar not null,
    rows_in bigint not null,
    loaded bigint not null,
    duplicate bigint not null,
    replaced bigint not null,
    rejected bigint not null,
    yuan_in decimal(18,2) not null,
    yuan_loaded decimal(18,2) not null,
    yuan_duplicate decimal(18,2) not null,
    yuan_replaced decimal(18,2) not null,
    yuan_rejected decimal(18,2) not null,
    left_out bigint default 0,         -- 不计行: totals, labels, units, remarks; no record
    refused varchar,                   -- 整份未接收的原因: why the file was left out whole while the others went on
    taken_by varchar                   -- the ingest that took a file of this name later; null while it is left out
);

-- 校验结果: what each check found in the record as it stands
create table if not exists run.check_result (
    check_name varchar not null,
    level varchar not null,            -- stop, warn, note
    what varchar not null,             -- what must hold
    what_zh varchar not null,
    offending bigint,                  -- rows against it
    judged bigint,                     -- rows judged
    share double,                      -- offending / judged
    state varchar not null,            -- ok, warn, stop, not_applicable
    example varchar                    -- first offending rows, or why it could not judge
);

-- 步骤: what each step last did; an equal fingerprint means nothing to do
create table if not exists run.step (
    step varchar not null,
    fingerprint varchar not null,
    finished_at timestamp,
    seconds double,
    said varchar                       -- one line for the log
);

-- 运行: finished runs
create table if not exists run.run (
    run_id varchar not null,
    fingerprint varchar not null,
    started_at timestamp,
    finished_at timestamp,             -- UTC
    input varchar,
    folder varchar,
    event_number bigint                -- orders them, whatever the clock said
);

-- The number of the last event of the casebook, one row: what orders events whatever the clock says.
create table if not exists run.event_counter (
    one integer primary key,
    last_number bigint not null
);
