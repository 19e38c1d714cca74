-- 同类参照: frozen distributions of indicators among peers, from a wider area; where a kind of place has them, its places
-- are judged beside these and not beside each other; key: subject, indicator, key_1, key_2, key_3, key_4, valid_from
create table if not exists knowledge.peer_norm (
    subject varchar not null,       -- institution (drugstores too), practitioner
    indicator varchar not null,     -- as in the detector's indicators.csv
    key_1 varchar not null,         -- the groups from fine to wide; '(others)': of groups too small to be shown
    key_2 varchar not null,
    key_3 varchar not null,
    key_4 varchar not null,
    members integer not null,       -- how many were measured; never below ten
    volume double not null,         -- events behind a member's value, the middle one
    q05 double not null,            -- the value below which 5 % of the members stay; three digits
    q10 double not null,
    q15 double not null,
    q20 double not null,
    q25 double not null,
    q30 double not null,
    q35 double not null,
    q40 double not null,
    q45 double not null,
    q50 double not null,
    q55 double not null,
    q60 double not null,
    q65 double not null,
    q70 double not null,
    q75 double not null,
    q80 double not null,
    q85 double not null,
    q90 double not null,
    q95 double not null,
    version varchar not null,       -- of fundwatch, by which it was measured
    basis varchar not null,         -- whose norms, and of which days
    layer varchar not null,
    valid_from date,
    valid_to date,
    superseded_by varchar
);
