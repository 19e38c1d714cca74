-- 病历评审: one row a sample of stays; the frame's hash stood in the audit log before the seed was there
create table if not exists casebook.review (
    review_id varchar not null,        -- B<year>-<number>
    number bigint not null,
    written_at timestamp not null,     -- UTC
    drawn_on date not null,
    period_from date not null,         -- 出院日期: discharged within
    period_to date not null,
    allocation varchar not null,       -- neyman, proportional
    seed bigint not null,
    frame_hash varchar not null,
    stays bigint not null,             -- in the frame
    drawn bigint not null,
    left_out bigint not null           -- stays of the period without an amount: no part of the frame
);

-- 评审分层: the strata as they were drawn from
create table if not exists casebook.review_stratum (
    review_id varchar not null,
    institution_id varchar not null,
    stratum varchar not null,          -- payment|finding|size, as fine as the places allow; small; all
    stays bigint not null,
    amount decimal(18,2) not null,     -- 符合范围金额 of all its stays, yuan
    fund_amount decimal(18,2),
    drawn bigint not null
);

-- 评审样本: the stays drawn, with the chance each had
create table if not exists casebook.review_stay (
    review_id varchar not null,
    place bigint not null,             -- 样本号: names the stay on every form
    institution_id varchar not null,
    stratum varchar not null,
    encounter_id varchar not null,
    record_number varchar,             -- 病历号; null: as the case number
    probability double not null,
    amount decimal(16,2) not null,     -- 符合范围金额 as drawn, yuan
    fund_amount decimal(16,2)
);

-- 评审结果: what reviewers say of a stay; only ever appended to, a later return of the stay counts in place of the earlier
create table if not exists casebook.review_answer (
    number bigint not null,
    written_at timestamp not null,     -- UTC
    content_hash varchar not null,
    file varchar not null,
    row_number bigint not null,
    review_id varchar not null,
    place bigint not null,
    is_missing boolean not null,       -- 病历未提供: the record was asked for and not there
    reviewer_1 varchar,
    wrong_amount_1 decimal(16,2),
    ground_1 varchar,
    reviewer_2 varchar,
    wrong_amount_2 decimal(16,2),
    ground_2 varchar,
    agreed_amount decimal(16,2),       -- 合议金额: what both settled on
    -- what counts: the settled amount, else what neither reviewer denies
    wrong_amount decimal(16,2)
);

create or replace view casebook.current_review_answer as
select * exclude (turn)
from (
    select *, row_number() over (partition by review_id, place order by number desc, row_number desc) as turn
    from casebook.review_answer
) as ordered
where turn = 1;

-- 第三方评审包: who was given which sample, until when; the key of the persons' pseudonyms stays here
create table if not exists casebook.review_package (
    review_id varchar not null,
    number bigint not null,
    written_at timestamp not null,     -- UTC
    third_party varchar not null,      -- 第三方机构
    until date not null,               -- 合同期至
    stays bigint not null,
    pseudonym_key varchar not null
);
