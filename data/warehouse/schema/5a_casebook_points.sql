-- 支付资格记分档次: what one event counts for, of persons at institutions; key: band, valid_from
create table if not exists knowledge.points_band (
    band varchar not null,             -- contract, penalty, repeat, fraud
    points_from integer not null,
    points_to integer not null,
    name_zh varchar not null,
    conduct_zh varchar not null,       -- in our own words
    basis varchar not null,
    point_id varchar,
    batch varchar,
    layer varchar not null,
    valid_from date,
    valid_to date,
    superseded_by varchar
);

-- 支付资格责任程度: how far above its band's lowest an event counts by the part the person had in it;
-- key: share, valid_from
create table if not exists knowledge.points_share (
    share varchar not null,            -- general, important, main
    step integer not null,
    name_zh varchar not null,
    basis varchar not null,
    point_id varchar,
    batch varchar,
    layer varchar not null,
    valid_from date,
    valid_to date,
    superseded_by varchar
);

-- 支付资格记分线: points of a natural year at which an office has to decide; key: points, valid_from
create table if not exists knowledge.points_line (
    points integer not null,
    name_zh varchar not null,
    basis varchar not null,
    point_id varchar,
    batch varchar,
    layer varchar not null,
    valid_from date,
    valid_to date,
    superseded_by varchar
);

-- 支付资格记分修复上限: points that repair can take back in a natural year; key: period, valid_from
create table if not exists knowledge.points_repair (
    period varchar not null,           -- year
    max_points integer,                -- empty: what was scored; an area's own row has its number
    name_zh varchar not null,
    basis varchar not null,
    point_id varchar,
    batch varchar,
    layer varchar not null,
    valid_from date,
    valid_to date,
    superseded_by varchar
);

-- 分级分类评分项: what a confirmed matter takes off the 100 of an institution's or drugstore's year; our own reading until
-- an area gives its own; key: subject_type, item, valid_from
create table if not exists knowledge.tier_item (
    subject_type varchar not null,     -- institution, pharmacy
    item varchar not null,             -- matter, penalty, fraud, repeat, amount_share
    deduction decimal(8,2) not null,   -- each time; of amount_share each per cent
    most decimal(8,2) not null,        -- and no more than this in a year
    name_zh varchar not null,
    basis varchar not null,
    point_id varchar,
    batch varchar,
    layer varchar not null,
    valid_from date,
    valid_to date,
    superseded_by varchar
);

-- 分级分类等级线: from which score on; key: tier, valid_from
create table if not exists knowledge.tier_line (
    tier varchar not null,             -- A, B, C, D
    score_from decimal(8,2) not null,
    name_zh varchar not null,
    basis varchar not null,
    point_id varchar,
    batch varchar,
    layer varchar not null,
    valid_from date,
    valid_to date,
    superseded_by varchar
);

-- 记分与分级记事: repair, objections, and who answered for how much of a confirmed matter; only ever appended to
create table if not exists casebook.points_note (
    number bigint not null,            -- the event's number: orders events whatever the clock says
    written_at timestamp not null,     -- UTC
    subject_type varchar not null,     -- institution, pharmacy, practitioner
    subject_id varchar not null,
    kind varchar not null,             -- repair 信用修复, objection 异议, share 责任认定
    acted_on date not null,
    matter varchar,                    -- 案件编号, lead or verdict it is about; null: the subject's year
    points decimal(8,2),               -- taken back: of a repair, or of an objection that was upheld; null: under way
    share varchar,                     -- 责任程度: general, important, main, none
    text varchar not null
);
