-- 疑点: one reason, one place, one implicated subject
create table if not exists model.finding (
    finding_id varchar not null,       -- hash of source, subject and place: the same reason keeps its id
    source varchar not null,           -- rule or detector id
    source_version varchar,
    family varchar,                    -- sources of one family are not independent evidence
    certainty varchar,                 -- definite 明确违规, suspected 可疑
    outcome varchar,                   -- hit, artefact
    subject_type varchar not null,     -- institution, pharmacy, practitioner, person, group
    subject_id varchar not null,       -- the code as delivered; for a group its lead
    settlement_id varchar,             -- 结算ID
    line_id varchar,                   -- 记账流水号; null: the whole settlement
    encounter_id varchar,              -- 就诊ID
    person_id varchar,                 -- 人员编号
    institution_id varchar,            -- 定点医药机构编号
    practitioner_id varchar,           -- 医师代码
    occurred_on date,                  -- 发生日期
    amount decimal(16,2),              -- 涉及符合范围金额, yuan at issue, net of refunds
    fund_amount decimal(16,2),         -- 其中基金, yuan
    detail varchar,                    -- json: the values of the explanation
    weight double,                     -- how strongly it speaks, 0 to 1; a rule's hit always 1
    indicator varchar,                 -- 指标: of a comparison with peers, else null
    indicator_title varchar,           -- its name
    indicator_title_zh varchar,
    unit varchar,                      -- ¥, % or nothing
    own double,                        -- 本对象值
    usual double,                      -- 同类通常值
    peers bigint,                      -- 同类数
    percentile double                  -- of its peers that lie below, 0 to 100
);

-- 数据问题疑点: findings whose likeliest cause is data, beside them, for the data clerk
create table if not exists model.artefact (
    finding_id varchar not null,
    kind varchar not null,             -- the query in models/artefacts that recognised it
    reason varchar,
    reason_zh varchar
);

-- 规则与模型的运行结果: one row a source, as coverage.csv shows it
create table if not exists model.coverage (
    source varchar not null,
    kind varchar not null,             -- rule, detector
    official varchar,                  -- official numbers, 2025 edition
    status varchar,                    -- trial, live, retired
    judged bigint,                     -- things judged: hit or clear
    hits bigint,
    cannot_judge bigint,
    reason varchar,                    -- why it could not judge
    seconds double,
    fingerprint varchar                -- what it read and what it is; equal means nothing to do
);

-- 判定依据的数据项: what a source judges by, as its card says; a slip of it is an artefact
create table if not exists model.source_judges (
    source varchar not null,
    what varchar not null              -- quantity, price, amount, numbers, day, moment, sex, practitioner
);

-- 团伙成员: members of a group found by a detector
create table if not exists model.group_member (
    group_key varchar not null,        -- the detector's name of the group in this run
    person_id varchar not null,
    share double,                      -- share of the joint events the member attended
    source varchar                     -- the detector that found the group
);

-- 疑点线索: one subject with all its findings
create table if not exists model.lead (
    lead_id varchar not null,
    subject_type varchar not null,
    subject_id varchar not null,
    tier varchar,                      -- A, B, C
    score decimal(5,2),                -- 0-100, orders the list
    propensity double,                 -- chance that at least one reason proves true
    rank integer,                      -- by score within the subject type
    rank_low integer,                  -- 5 %
    rank_high integer,                 -- 95 %
    amount_at_risk decimal(16,2),      -- 涉及金额, each line once
    fund_at_risk decimal(16,2),        -- 涉及基金
    expected_yield decimal(16,2),      -- sum of rate x distinct money
    findings bigint,
    settlements bigint,
    persons bigint,
    first_on date,
    last_on date,
    status varchar,                    -- new, persisting, grown, shrunk, reopened
    prior_confirmed bigint,            -- earlier inspections that confirmed
    is_control_arm boolean,
    rules varchar,                     -- source ids, strongest first
    reasons varchar,
    reasons_zh varchar,
    peer_group varchar,
    members varchar,                   -- a group's person ids joined by ;
    institution_id varchar,            -- where most of its money is, or itself
    tips bigint,                       -- 举报: tips about the subject
    top_chance double,                 -- chance to be among the first 50 when counts and rates are drawn again
    indicator_amount decimal(16,2)     -- what an indicator would amount to, of findings without a line; feeds nothing
);

-- 线索证据: what each source says of each lead, and how far it is believed
create table if not exists model.lead_evidence (
    lead_id varchar not null,
    source varchar not null,
    family varchar,
    certainty varchar,
    findings bigint,
    places bigint,                     -- distinct settlements, or reasons without one
    volume double,                     -- settlements of the subject: its exposure to slips
    slip double,                       -- hits a settlement that are usual
    weight double,
    amount decimal(16,2),
    chance double                      -- that it is right
);

-- 举报与线索: every tip about a lead's subject, in words that do not tell who gave it
create table if not exists model.lead_tip (
    lead_id varchar not null,
    tip_id varchar not null,           -- 举报编号
    received_on date,                  -- 受理日期
    channel varchar,                   -- 渠道
    content varchar,                   -- 内容
    matched_by varchar not null,       -- code, name, name without company form
    is_open boolean not null,          -- no closed lead of the subject has dealt with it yet
    kind varchar,                      -- tip 举报, hand_down 交办, platform 平台疑点, department 部门数据
    office varchar,                    -- 来源单位
    amount decimal(16,2)               -- 涉及金额 as the office has it, yuan
);

-- 既往查处: earlier inspections and verdicts about a lead's subject, one row a case and rule
create table if not exists model.lead_case (
    lead_id varchar not null,
    decided_on date,
    case_no varchar,
    rule varchar,                      -- as delivered; null: the whole subject
    sources varchar,                   -- source ids that go by this name, joined by ;
    conclusion varchar,                -- confirmed, partly_confirmed, dismissed, unsure; null: a word nobody knows
    conclusion_said varchar,           -- as delivered
    confirmed_amount decimal(16,2),    -- yuan
    recovered_amount decimal(16,2),
    penalty_amount decimal(16,2),
    transferred_to varchar,
    reason varchar                     -- why, as the verdict has it
);

-- 未匹配举报: tips that are about nobody the record knows for sure; for the clerk
create table if not exists model.tip_unmatched (
    tip_id varchar not null,
    received_on date,
    subject_type varchar,              -- as delivered; so the next two
    subject_id varchar,
    subject_name varchar,
    is_person boolean not null,
    why varchar not null,              -- no_subject, unknown_code, unknown_name, several, several_kinds, person_by_name, group
    candidates varchar                 -- places it might be: code and name, joined by ;
);

-- 分数构成: what each family of evidence adds to a lead's score; a lead's points sum to its score
create table if not exists model.lead_part (
    lead_id varchar not null,
    part varchar not null,             -- a family, or what else moved the score: tips, history, learned ...
    points decimal(6,2) not null
);

-- 名单稳定性: what two draws of the counts and rates share of the first 50 of a list
create table if not exists model.top_noise (
    subject_type varchar not null,
    draws varchar not null             -- json: Jaccard index of each pair of draws, ascending
);

-- 排序依据: which order ranked this run, and how the learned model did beside it
create table if not exists model.ranking (
    ranked_by varchar not null,        -- prior rates, learned model
    learned_on date,                   -- day of the last verdict it learned from
    verdicts bigint not null,          -- that confirm or dismiss and keep their evidence
    confirmed bigint not null,
    dismissed bigint not null,
    model varchar,                     -- logistic, boosting: the best challenger; null: too few verdicts for one
    held_out bigint,                   -- later verdicts both were tried on
    learned_ap double,                 -- average precision there
    prior_ap double,
    gain_low double,                   -- of the difference, 10 % of the resamples lie below
    said varchar not null              -- one line
);

-- One line or settlement of a lead with the money it stands for, counted once.
create table if not exists model.lead_line (
    lead_id varchar not null,
    settlement_id varchar,
    line_id varchar,
    amount decimal(16,2),
    fund_amount decimal(16,2),
    rate double                        -- chance that at least one family is right about it
);

-- 疑点计入金额: what each finding of a lead contributes to the lead's money, each line once at its largest, a settlement
-- containing its lines; of a lead the counted amounts sum to amount_at_risk, the counted funds to fund_at_risk
create table if not exists model.finding_counted (
    finding_id varchar not null,       -- every hit of a live source that makes a lead of this run; none of a trial
    lead_id varchar not null,
    counted_amount decimal(16,2) not null,  -- 计入金额, yuan; 0 where another finding carries the money
    counted_fund decimal(16,2) not null,    -- 计入基金, yuan
    also_in varchar                    -- finding_id of the one that carries its money; null: itself, or no settlement
);

-- 线索重叠: two leads, mostly of different lists, in which the same yuan stand; in both directions
create table if not exists model.lead_overlap (
    lead_id varchar not null,
    other_lead_id varchar not null,
    amount decimal(16,2) not null      -- 重叠金额, yuan that stand in both
);
