-- 自查自纠: what an institution declares of each official problem item; only ever appended to, a later return of the same
-- item and period counts in place of the earlier
create table if not exists casebook.self_check (
    number bigint not null,
    written_at timestamp not null,             -- UTC
    content_hash varchar not null,
    file varchar not null,
    row_number bigint not null,
    institution_id varchar not null,
    item_id varchar not null,          -- knowledge.problem_item
    period_from date not null,
    period_to date not null,
    declared_on date not null,
    is_found boolean not null,         -- 是否存在: false where the institution says that there was nothing
    cases bigint,                      -- 涉及人次
    amount decimal(16,2) not null,     -- 自查金额, yuan
    fund_amount decimal(16,2),         -- 其中基金
    returned_amount decimal(16,2),     -- 已退回金额
    text varchar                       -- 说明
);

create or replace view casebook.current_self_check as
select * exclude (place)
from (
    select *, row_number() over (
        partition by institution_id, item_id, period_from, period_to order by number desc, row_number desc
    ) as place
    from casebook.self_check
) as ordered
where place = 1;
