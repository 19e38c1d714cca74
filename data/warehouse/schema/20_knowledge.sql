-- Most tables end with: basis 依据, point_id 知识点, batch 批次, layer 层级 (nation, starter, province, city),
-- valid_from/valid_to 有效期 (empty: open), superseded_by 被替代. An overlay row takes the place of the rows with its key.
-- A row with item_prefix and name_word is about items for which every given one of the two holds.

-- 区分性别项目: items restricted to one sex, rules 67 and 81; key: item_code, valid_from
create table if not exists knowledge.item_sex (
    item_code varchar not null,
    item_name varchar,
    sex varchar not null,           -- 1 male 男, 2 female 女
    official integer not null,      -- number in the 2025 rule base
    basis varchar not null,
    point_id varchar,
    batch varchar,
    layer varchar not null,
    valid_from date,
    valid_to date,
    superseded_by varchar
);

-- 性别限制的例外: diagnoses with which an item of the other sex is fitting; without a name_word any item of that kind, and
-- diagnoses and operations too; key: item_prefix, name_word, sex, diagnosis_prefix
create table if not exists knowledge.sex_exception (
    item_prefix varchar,
    name_word varchar,
    sex varchar not null,              -- of the person: 1 male 男, 2 female 女
    diagnosis_prefix varchar not null, -- of any visit of the person
    reason_zh varchar not null,
    basis varchar not null,
    point_id varchar,
    batch varchar,
    layer varchar not null,
    valid_from date,
    valid_to date,
    superseded_by varchar
);

-- 限年龄项目: items restricted by age, rules 7, 29, 65, 80; key: item_code, official, valid_from
create table if not exists knowledge.item_age (
    item_code varchar not null,
    item_name varchar,
    age_from_years integer,         -- youngest age allowed, inclusive
    age_to_years integer,           -- oldest age allowed, exclusive
    age_to_days integer,            -- newborn items: oldest age in days, inclusive
    official integer not null,
    basis varchar not null,
    point_id varchar,
    batch varchar,
    layer varchar not null,
    valid_from date,
    valid_to date,
    superseded_by varchar
);

-- 重复收费项目对: item B is contained in item A, rule 25; key: item_a_code, item_b_code
create table if not exists knowledge.exclusive_pair (
    item_a_code varchar not null,
    item_a_name varchar,
    item_b_code varchar not null,
    item_b_name varchar,
    time_window varchar not null,   -- hour, N hours, day, visit, stay; the words of windows: data/knowledge/words.py
    window_source varchar,          -- published, derived
    official integer not null,
    basis varchar not null,
    point_id varchar,
    batch varchar,
    layer varchar not null,
    valid_from date,
    valid_to date,
    superseded_by varchar
);

-- 限定频次项目: units within a window, rules 27 and 31; key: item_code
create table if not exists knowledge.item_frequency (
    item_code varchar not null,
    item_name varchar,
    max_quantity decimal(16,4) not null,
    time_window varchar not null,   -- day, week, month, quarter, year (calendar), N days (rolling), visit, stay
    unit_zh varchar,                -- 日, 小时, 天
    official integer not null,
    basis varchar not null,
    point_id varchar,
    batch varchar,
    layer varchar not null,
    valid_from date,
    valid_to date,
    superseded_by varchar
);

-- 限支付疗程项目: days of use that are paid, rules 10 and 23; key: item_code, valid_from
create table if not exists knowledge.item_course (
    item_code varchar not null,
    item_name varchar,
    max_days integer not null,
    count_by varchar not null,      -- days: distinct days of use; span: first to last day
    scope varchar not null,         -- stay, illness
    official integer not null,
    basis varchar not null,
    point_id varchar,
    batch varchar,
    layer varchar not null,
    valid_from date,
    valid_to date,
    superseded_by varchar
);

-- 限医疗机构级别项目: lowest institution level, rule 12; key: item_code, valid_from
create table if not exists knowledge.item_institution_level (
    item_code varchar not null,
    item_name varchar,
    min_level integer not null,     -- 1, 2, 3
    is_first_only boolean,          -- the level is asked of the person's first prescription only; empty: of every one
    official integer not null,
    basis varchar not null,
    point_id varchar,
    batch varchar,
    layer varchar not null,
    valid_from date,
    valid_to date,
    superseded_by varchar
);

-- 险种限定项目: items paid only by another insurance, rules 1 and 2; key: item_code, valid_from
create table if not exists knowledge.item_insurance (
    item_code varchar not null,
    item_name varchar,
    insurance_kind varchar not null, -- work_injury 工伤, maternity 生育
    official integer not null,
    basis varchar not null,
    point_id varchar,
    batch varchar,
    layer varchar not null,
    valid_from date,
    valid_to date,
    superseded_by varchar
);

-- 限就医方式项目: care settings in which an item is paid, rule 13; key: item_code, valid_from
create table if not exists knowledge.item_care_setting (
    item_code varchar not null,
    item_name varchar,
    allows_inpatient boolean not null,
    allows_emergency boolean not null,  -- emergency and observation
    allows_outpatient boolean not null, -- any other visit, drugstores too
    allows_special boolean,             -- 门慢特, 特药 and 双通道 care; empty: the city has not said, nobody can judge
    official integer not null,
    basis varchar not null,
    point_id varchar,
    batch varchar,
    layer varchar not null,
    valid_from date,
    valid_to date,
    superseded_by varchar
);

-- 互联网禁开药品: drugs that no internet visit may prescribe, rule 47; key: item_code, valid_from
create table if not exists knowledge.internet_forbidden (
    item_code varchar not null,
    item_name varchar,
    official integer not null,
    basis varchar not null,
    point_id varchar,
    batch varchar,
    layer varchar not null,
    valid_from date,
    valid_to date,
    superseded_by varchar
);

-- 不予支付饮片: herbs that are not paid, rules 3 and 4; key: item_code, valid_from
create table if not exists knowledge.herb_unpaid (
    item_code varchar not null,
    item_name varchar,
    kind varchar not null, -- always 单复方均不予支付; alone 单方或全由此类饮片组成
    official integer not null,
    basis varchar not null,
    point_id varchar,
    batch varchar,
    layer varchar not null,
    valid_from date,
    valid_to date,
    superseded_by varchar
);

-- 限二线用药: drugs that need an earlier line of treatment, rule 5; key: item_code, valid_from
create table if not exists knowledge.second_line_drug (
    item_code varchar not null,
    item_name varchar,
    first_line_text varchar not null,     -- the published text
    is_first_line_named boolean not null, -- false: no row in first_line_drug, cannot be judged
    official integer not null,
    basis varchar not null,
    point_id varchar,
    batch varchar,
    layer varchar not null,
    valid_from date,
    valid_to date,
    superseded_by varchar
);

-- 一线用药: what counts as the earlier line of a point; any one row suffices;
-- key: point_id, item_prefix, name_word
create table if not exists knowledge.first_line_drug (
    item_prefix varchar,
    name_word varchar,
    word_zh varchar not null, -- the words of the text it stands for
    basis varchar not null,
    point_id varchar,
    batch varchar,
    layer varchar not null,
    valid_from date,
    valid_to date,
    superseded_by varchar
);

-- 限适应症药品: drugs paid for named diseases, rule 8; key: item_code, valid_from
create table if not exists knowledge.item_indication (
    item_code varchar not null,
    item_name varchar,
    indication_text varchar not null,
    needs_record varchar, -- severity, line, age, test clauses that only the medical record shows
    official integer not null,
    basis varchar not null,
    point_id varchar,
    batch varchar,
    layer varchar not null,
    valid_from date,
    valid_to date,
    superseded_by varchar
);

-- 适应症诊断: diagnoses that meet a point of item_indication, by our reading of its words; any one row without a part
-- suffices; of a word with parts (a disease caused by another) every part must be met by one of its rows;
-- key: point_id, diagnosis_prefix
create table if not exists knowledge.indication_diagnosis (
    diagnosis_prefix varchar not null,
    part integer,
    word_zh varchar not null,
    basis varchar not null,
    point_id varchar,
    batch varchar,
    layer varchar not null,
    valid_from date,
    valid_to date,
    superseded_by varchar
);

-- 病种词: disease words of the published texts and their codes; key: word_zh, diagnosis_prefix
create table if not exists knowledge.indication_word (
    word_zh varchar not null,
    diagnosis_prefix varchar not null,
    part integer,                   -- of a conjunction: every part must be met; empty: the code alone suffices
    basis varchar not null,
    point_id varchar,
    batch varchar,
    layer varchar not null,
    valid_from date,
    valid_to date,
    superseded_by varchar
);

-- 手术折价项目: operations of a group through one incision; the second and further at rate, rule 15; no rate is published:
-- those of layer starter are the customary half, at most; an area's own row is exact; key: item_code
create table if not exists knowledge.operation_discount (
    item_code varchar not null,
    item_name varchar,
    group_name varchar not null,
    rate decimal(8,4) not null, -- share of the price that may be charged
    official integer not null,
    basis varchar not null,
    point_id varchar,
    batch varchar,
    layer varchar not null,
    valid_from date,
    valid_to date,
    superseded_by varchar
);

-- 周期项目: least days between two uses, rule 31; key: item_code
create table if not exists knowledge.item_period (
    item_code varchar not null,
    item_name varchar,
    min_gap_days integer not null, -- a later use fewer days after the earlier is too soon
    official integer not null,
    basis varchar not null,
    point_id varchar,
    batch varchar,
    layer varchar not null,
    valid_from date,
    valid_to date,
    superseded_by varchar
);

-- 诊断性别: diagnoses of one sex only, rule 54; key: diagnosis_prefix
create table if not exists knowledge.diagnosis_sex (
    diagnosis_prefix varchar not null,
    sex varchar not null, -- the sex that can have it: 1, 2
    name_zh varchar,
    basis varchar not null,
    point_id varchar,
    batch varchar,
    layer varchar not null,
    valid_from date,
    valid_to date,
    superseded_by varchar
);

-- 诊断年龄: ages a diagnosis can occur at, rule 55; key: diagnosis_prefix
create table if not exists knowledge.diagnosis_age (
    diagnosis_prefix varchar not null,
    age_from_years integer, -- inclusive
    age_to_years integer,   -- exclusive
    age_to_days integer,    -- oldest age in days, inclusive
    name_zh varchar,
    basis varchar not null,
    point_id varchar,
    batch varchar,
    layer varchar not null,
    valid_from date,
    valid_to date,
    superseded_by varchar
);

-- 手术性别: procedures on one sex only, rule 39; key: procedure_prefix
create table if not exists knowledge.procedure_sex (
    procedure_prefix varchar not null,
    sex varchar not null,
    name_zh varchar,
    excused_by varchar,        -- beginnings of diagnoses split by |: with one of them it is done in the partner's stay
    basis varchar not null,
    point_id varchar,
    batch varchar,
    layer varchar not null,
    valid_from date,
    valid_to date,
    superseded_by varchar
);

-- 手术编码性别: single operation codes outside the chapters of procedure_sex, rule 39; key: procedure_code
create table if not exists knowledge.procedure_code_sex (
    procedure_code varchar not null, -- extended codes begin with it
    sex varchar not null,
    name_zh varchar,
    basis varchar not null,
    point_id varchar,
    batch varchar,
    layer varchar not null,
    valid_from date,
    valid_to date,
    superseded_by varchar
);

-- 诊断手术不符: principal diagnosis and principal procedure that do not fit, rule 40;
-- key: diagnosis_prefix, procedure_prefix
create table if not exists knowledge.diagnosis_procedure (
    diagnosis_prefix varchar not null,
    procedure_prefix varchar not null,
    reason_zh varchar,
    basis varchar not null,
    point_id varchar,
    batch varchar,
    layer varchar not null,
    valid_from date,
    valid_to date,
    superseded_by varchar
);

-- 饮片配伍禁忌: 十八反十九畏, rule 75; names contain the word and not the not-word; key: herb_a_word, herb_b_word
create table if not exists knowledge.herb_pair (
    herb_a_word varchar not null,
    herb_a_not_word varchar, -- words split by |
    herb_b_word varchar not null,
    herb_b_not_word varchar,
    kind varchar not null,   -- eighteen_antagonisms 十八反, nineteen_fears 十九畏
    basis varchar not null,
    point_id varchar,
    batch varchar,
    layer varchar not null,
    valid_from date,
    valid_to date,
    superseded_by varchar
);

-- 同类药组: drugs of one action, of which one at a time makes sense, rule 69; key: item_prefix
create table if not exists knowledge.drug_group (
    item_prefix varchar not null, -- X and the four ATC levels inside the national code
    group_id varchar not null,
    group_zh varchar not null,
    max_kinds integer not null,   -- generics (first 10 characters of the code) on one day
    not_pattern varchar,          -- regular expression: drugs of the group whose name fits it are given for another purpose
    basis varchar not null,
    point_id varchar,
    batch varchar,
    layer varchar not null,
    valid_from date,
    valid_to date,
    superseded_by varchar
);

-- 项目禁忌: who must not have an item, rules 66, 71, 73, 82; every stated condition must hold;
-- key: item_prefix, name_word, diagnosis_prefix, in_pregnancy, in_lactation, official
create table if not exists knowledge.drug_contraindication (
    item_prefix varchar,
    name_word varchar,
    age_from_years integer, -- inclusive
    age_to_years integer,   -- exclusive
    age_to_days integer,    -- inclusive
    diagnosis_prefix varchar,
    excused_by varchar,     -- categories of diagnoses split by |: severe infections for which nothing else is left
    in_pregnancy boolean,
    in_lactation boolean,
    reason_zh varchar not null,
    official integer not null,
    basis varchar not null,
    point_id varchar,
    batch varchar,
    layer varchar not null,
    valid_from date,
    valid_to date,
    superseded_by varchar
);

-- 老年慎用药: potentially inappropriate for the old, rule 72; key: item_prefix, name_word
create table if not exists knowledge.elder_caution (
    item_prefix varchar,
    name_word varchar,
    age_from_years integer not null,
    reason_zh varchar not null,
    basis varchar not null,
    point_id varchar,
    batch varchar,
    layer varchar not null,
    valid_from date,
    valid_to date,
    superseded_by varchar
);

-- 药品相互作用: pairs not to be given on one day, rule 74; key: a_prefix, a_word, b_prefix, b_word
create table if not exists knowledge.drug_interaction (
    a_prefix varchar,
    a_word varchar,
    b_prefix varchar,
    b_word varchar,
    reason_zh varchar not null,
    basis varchar not null,
    point_id varchar,
    batch varchar,
    layer varchar not null,
    valid_from date,
    valid_to date,
    superseded_by varchar
);

-- 抗菌药物分级: rule 45; key: item_prefix, name_word
create table if not exists knowledge.antibiotic (
    item_prefix varchar,
    name_word varchar,
    class varchar not null, -- unrestricted, restricted 限制使用级, special 特殊使用级
    follow_up varchar,      -- beginnings of diagnoses split by |: with them it is given on in out-patient care
    basis varchar not null,
    point_id varchar,
    batch varchar,
    layer varchar not null,
    valid_from date,
    valid_to date,
    superseded_by varchar
);

-- 围手术期预防用药: longest prophylaxis by procedure, rule 44; key: procedure_prefix
create table if not exists knowledge.prophylaxis_limit (
    procedure_prefix varchar not null,
    max_hours integer not null,
    name_zh varchar,
    basis varchar not null,
    point_id varchar,
    batch varchar,
    layer varchar not null,
    valid_from date,
    valid_to date,
    superseded_by varchar
);

-- 组合项目: a composite charge and its parts, rule 26; key: parent_code, child_code
create table if not exists knowledge.composite_item (
    parent_code varchar not null,
    parent_name varchar,
    child_code varchar not null,
    child_name varchar,
    basis varchar not null,
    point_id varchar,
    batch varchar,
    layer varchar not null,
    valid_from date,
    valid_to date,
    superseded_by varchar
);

-- 药品所需项目: services a drug is used with, rule 64; any row of a requirement suffices;
-- key: requirement_id, item_prefix, name_word, service_prefix, service_word
create table if not exists knowledge.drug_requires_service (
    requirement_id varchar not null,
    item_prefix varchar,
    name_word varchar,
    service_prefix varchar,
    service_word varchar,
    basis varchar not null,
    point_id varchar,
    batch varchar,
    layer varchar not null,
    valid_from date,
    valid_to date,
    superseded_by varchar
);

-- 耗材所需项目: services a consumable is used with, rule 84, and the reverse where service_prefix is C, a consumable that a
-- service cannot do without; any row of a requirement suffices;
-- key: requirement_id, item_prefix, name_word, service_prefix, service_word
create table if not exists knowledge.consumable_requires_service (
    requirement_id varchar not null,
    item_prefix varchar,
    name_word varchar,
    service_prefix varchar,
    service_word varchar,
    basis varchar not null,
    point_id varchar,
    batch varchar,
    layer varchar not null,
    valid_from date,
    valid_to date,
    superseded_by varchar
);

-- 项目内含耗材: consumables contained in a service, rule 30; key: service_prefix, item_prefix, name_word
create table if not exists knowledge.item_includes_consumable (
    service_prefix varchar not null,
    service_name varchar,
    item_prefix varchar,
    name_word varchar,
    basis varchar not null,
    point_id varchar,
    batch varchar,
    layer varchar not null,
    valid_from date,
    valid_to date,
    superseded_by varchar
);

-- 耗材数量限定: rule 86; key: item_prefix, name_word, time_window
create table if not exists knowledge.consumable_limit (
    item_prefix varchar,
    name_word varchar,
    max_quantity decimal(16,4) not null,
    time_window varchar not null, -- day, week, month, quarter, year, visit, stay
    basis varchar not null,
    point_id varchar,
    batch varchar,
    layer varchar not null,
    valid_from date,
    valid_to date,
    superseded_by varchar
);

-- 耗材与服务次数: units of a consumable that a service takes, by words of their names; key: item_prefix, item_pattern
create table if not exists knowledge.consumable_per_service (
    item_prefix varchar,
    item_pattern varchar not null,     -- regular expressions over item names
    service_pattern varchar not null,  -- of the service that takes it
    service_not_pattern varchar,
    units_per_service decimal(16,4) not null,
    basis varchar not null,
    point_id varchar,
    batch varchar,
    layer varchar not null,
    valid_from date,
    valid_to date,
    superseded_by varchar
);

-- 耗材性别: consumables for one sex only, rule 87; key: item_prefix, name_word
create table if not exists knowledge.consumable_sex (
    item_prefix varchar,
    name_word varchar,
    sex varchar not null,
    basis varchar not null,
    point_id varchar,
    batch varchar,
    layer varchar not null,
    valid_from date,
    valid_to date,
    superseded_by varchar
);

-- 饮片用量: largest dose a day, rules 76 and 77; key: herb_word
create table if not exists knowledge.herb_limit (
    herb_word varchar not null,
    herb_not_word varchar,            -- words split by |
    max_grams decimal(16,4) not null, -- a day
    is_toxic boolean not null,
    tolerance decimal(8,4),           -- multiple of the dose that is let pass; empty: 1 of a toxic herb, else the rule's
    basis varchar not null,
    point_id varchar,
    batch varchar,
    layer varchar not null,
    valid_from date,
    valid_to date,
    superseded_by varchar
);

-- 报销总额限定: rules 28 and 34, local; key: item_prefix, name_word, time_window
create table if not exists knowledge.total_limit (
    item_prefix varchar,
    name_word varchar,
    max_amount decimal(16,2) not null,
    time_window varchar not null, -- day, week, month, quarter, year (calendar), N days (rolling), visit, stay
    official integer not null,
    basis varchar not null,
    point_id varchar,
    batch varchar,
    layer varchar not null,
    valid_from date,
    valid_to date,
    superseded_by varchar
);

-- 新生儿项目: items for newborns, rules 6, 18, 32; key: item_prefix, name_word
create table if not exists knowledge.newborn_item (
    item_prefix varchar,
    name_word varchar,
    age_to_days integer not null, -- oldest age in days, inclusive
    official integer not null,
    basis varchar not null,
    point_id varchar,
    batch varchar,
    layer varchar not null,
    valid_from date,
    valid_to date,
    superseded_by varchar
);

-- 限科室项目: departments an item belongs to, rules 21 and 85; key: item_prefix, name_word, department_word
create table if not exists knowledge.item_department (
    item_prefix varchar,
    name_word varchar,
    department_word varchar not null, -- a department whose name contains it is allowed; any row suffices
    official integer not null,
    basis varchar not null,
    point_id varchar,
    batch varchar,
    layer varchar not null,
    valid_from date,
    valid_to date,
    superseded_by varchar
);

-- 科室别名: words by which houses call a department of item_department; key: department_word, alias
create table if not exists knowledge.department_alias (
    department_word varchar not null, -- as in item_department
    alias varchar not null,           -- a department whose name contains it counts as one of that word
    basis varchar not null,
    point_id varchar,
    batch varchar,
    layer varchar not null,
    valid_from date,
    valid_to date,
    superseded_by varchar
);

-- 项目适应症: diagnoses that justify a service or consumable, rules 20, 78, 79, 83, 88; any row of an indication suffices;
-- key: indication_id, item_prefix, name_word, diagnosis_prefix
create table if not exists knowledge.service_indication (
    indication_id varchar not null,
    item_prefix varchar,
    name_word varchar,
    diagnosis_prefix varchar not null,
    with_operation boolean,   -- an operation in the visit justifies it too
    official integer not null,
    basis varchar not null,
    point_id varchar,
    batch varchar,
    layer varchar not null,
    valid_from date,
    valid_to date,
    superseded_by varchar
);

-- 诊断所需项目: items a coded diagnosis leaves in the lines, rule 37; any row of a requirement suffices;
-- key: requirement_id, diagnosis_prefix, item_prefix, name_word
create table if not exists knowledge.diagnosis_requires_item (
    requirement_id varchar not null,
    diagnosis_prefix varchar not null,
    item_prefix varchar,
    name_word varchar,
    basis varchar not null,
    point_id varchar,
    batch varchar,
    layer varchar not null,
    valid_from date,
    valid_to date,
    superseded_by varchar
);

-- 手术收费项目: charges a coded procedure leaves in the lines, rule 38; any row suffices;
-- key: procedure_prefix, item_prefix, name_word
create table if not exists knowledge.procedure_item (
    procedure_prefix varchar not null,
    item_prefix varchar,
    name_word varchar,
    basis varchar not null,
    point_id varchar,
    batch varchar,
    layer varchar not null,
    valid_from date,
    valid_to date,
    superseded_by varchar
);

-- 病种用药范围: drugs of a chronic disease settlement, rule 11, local; key: disease_code, item_prefix, name_word
create table if not exists knowledge.disease_drug_list (
    disease_code varchar not null,
    item_prefix varchar,
    name_word varchar,
    basis varchar not null,
    point_id varchar,
    batch varchar,
    layer varchar not null,
    valid_from date,
    valid_to date,
    superseded_by varchar
);

-- 开药天数: days of supply a prescription may hold, rules 9 and 68;
-- key: item_prefix, name_word, care_setting, is_chronic
create table if not exists knowledge.drug_dose (
    item_prefix varchar,           -- empty with empty name_word: every drug
    name_word varchar,
    care_setting varchar not null, -- emergency, outpatient
    is_chronic boolean not null,   -- long-term prescription for a stable chronic disease
    max_days integer not null,
    max_quantity decimal(16,4),    -- a fill
    max_daily_dose decimal(16,4),
    dose_unit varchar,
    official integer not null,
    basis varchar not null,
    point_id varchar,
    batch varchar,
    layer varchar not null,
    valid_from date,
    valid_to date,
    superseded_by varchar
);

-- 低标准入院: diagnoses usually treated without admission, rule 53; key: diagnosis_prefix
create table if not exists knowledge.admission_criteria (
    diagnosis_prefix varchar not null,
    age_from_years integer, -- holds from this age
    age_to_years integer,   -- and below this age
    name_zh varchar,
    exception_zh varchar,   -- what still asks for admission
    basis varchar not null,
    point_id varchar,
    batch varchar,
    layer varchar not null,
    valid_from date,
    valid_to date,
    superseded_by varchar
);

-- 项目类别: items that make an indicator, rules 57-61; key: item_prefix, name_word
create table if not exists knowledge.item_group (
    item_prefix varchar,
    name_word varchar,
    group_id varchar not null, -- ct, mri
    basis varchar not null,
    point_id varchar,
    batch varchar,
    layer varchar not null,
    valid_from date,
    valid_to date,
    superseded_by varchar
);

-- 诊断类别: diagnoses that make an indicator, rule 62 (hospital_infection), or that let a prescription last longer, rule 9
-- (chronic_disease); key: group_id, diagnosis_prefix
create table if not exists knowledge.diagnosis_group (
    group_id varchar not null,     -- hospital_infection, chronic_disease
    diagnosis_prefix varchar not null,
    basis varchar not null,
    point_id varchar,
    batch varchar,
    layer varchar not null,
    valid_from date,
    valid_to date,
    superseded_by varchar
);

-- 普遍开展的项目: tests the self-check list of 2025 names as done to everybody; key: item_prefix, name_word
create table if not exists knowledge.routine_test (
    item_prefix varchar,
    name_word varchar,
    base_word varchar,         -- words split by |: counted among the stays with such an item; null: all stays
    title_zh varchar not null,
    problem varchar not null,  -- item_id of problem_item
    basis varchar not null,
    point_id varchar,
    batch varchar,
    layer varchar not null,
    valid_from date,
    valid_to date,
    superseded_by varchar
);

-- 并发症合并症: severity of a secondary diagnosis in CHS-DRG, by the longest prefix; key: code_prefix
create table if not exists knowledge.complication (
    code_prefix varchar not null,
    severity varchar not null,     -- none, cc, mcc; a code no prefix fits is none
    basis varchar not null,
    point_id varchar,
    batch varchar,
    layer varchar not null,
    valid_from date,
    valid_to date,
    superseded_by varchar
);

-- 节假日: public holidays and the weekend days worked instead; key: on_date
create table if not exists knowledge.calendar (
    on_date date not null,
    kind varchar not null, -- holiday, workday; statutory: a day off by law in a year not arranged yet
    name_zh varchar not null,
    basis varchar not null,
    point_id varchar,
    batch varchar,
    layer varchar not null,
    valid_from date,
    valid_to date,
    superseded_by varchar
);

-- 本地码映射: local item codes and the national codes they stand for, local; key: local_code, institution_id, valid_from
create table if not exists knowledge.code_map (
    local_code varchar not null,     -- as delivered: the item code, or the institution's own where that is empty
    institution_id varchar,          -- whose code it is; empty: every institution's
    national_code varchar not null,  -- 医保目录编码
    reason varchar not null,         -- why they are the same
    owner varchar,                   -- who decided
    layer varchar not null,
    valid_from date,
    valid_to date,
    superseded_by varchar
);

-- 新旧价格项目编码对照: codes of an old and a new price list that stand for each other, many to many, local; read in both
-- directions; key: new_code, old_code
create table if not exists knowledge.price_code_map (
    new_code varchar not null,
    old_code varchar not null,
    basis varchar not null,        -- the document that puts one in the place of the other
    point_id varchar,
    batch varchar,
    layer varchar not null,
    valid_from date,
    valid_to date,
    superseded_by varchar
);

-- 内含项目: services that contain another, by words of their names, rule 25; key: problem, whole_pattern, part_pattern
create table if not exists knowledge.contained_service (
    problem varchar not null,          -- the official self-check item
    whole_pattern varchar not null,    -- regular expressions over item names: what contains
    whole_not_pattern varchar,
    part_pattern varchar not null,     -- what is contained in it
    part_not_pattern varchar,
    time_window varchar not null,      -- day, visit, stay
    basis varchar not null,
    point_id varchar,
    batch varchar,
    layer varchar not null,
    valid_from date,
    valid_to date,
    superseded_by varchar
);

-- 项目次数: services by words of their names, and how often they are done at most; key: problem, name_pattern, time_window
create table if not exists knowledge.service_limit (
    problem varchar not null,       -- the official self-check item
    name_pattern varchar not null,  -- regular expressions over item names
    not_pattern varchar,
    max_times integer not null,
    time_window varchar not null,   -- day, week, month, quarter, year, visit, stay
    basis varchar not null,
    point_id varchar,
    batch varchar,
    layer varchar not null,
    valid_from date,
    valid_to date,
    superseded_by varchar
);

-- 官方规则库: the 88 rules of the national rule base (2025 edition); key: number
create table if not exists knowledge.official_rule (
    number integer not null,
    code varchar,                   -- code in edition 1.0; empty for rules new in 2025
    class varchar not null,
    name_zh varchar not null,
    basis varchar not null,
    point_id varchar,
    batch varchar,
    layer varchar not null,
    valid_from date,
    valid_to date,
    superseded_by varchar
);

-- 自查自纠问题清单: the 202 self-check items of 2025, 58 of those of 2026 (a selection), and what screens each on
-- settlement data; key: item_id
create table if not exists knowledge.problem_item (
    item_id varchar not null,       -- hospital-1 to hospital-183, pharmacy-1 to pharmacy-19, hospital2026-10 to -315: official numbers
    subject varchar not null,       -- institution, pharmacy
    area_zh varchar not null,       -- 领域
    problem_zh varchar not null,    -- in short, own words
    state varchar not null,         -- screened, partly, needs_records, no_rule
    needs_zh varchar,               -- what is missing: 补知识 rows, 新规则 a rule, 需 records or a look on site
    basis varchar not null,
    point_id varchar,
    batch varchar,
    layer varchar not null,
    valid_from date,
    valid_to date,
    superseded_by varchar
);

-- In force at the day of the act between valid_from and valid_to. A text that is incomplete or not at hand has no
-- quotation, and a number that was inferred is never part of one.
-- 法律依据: one row a citation unit (article, 款, 项) of the laws that findings rest on; key: id, valid_from
create table if not exists knowledge.legal_basis (
    id varchar not null,            -- law-article-款-项: regulation 条例, rules 实施细则, act 医疗保障法, penalty-act 行政处罚法
    law varchar not null,           -- its name, in 《》
    article integer not null,       -- 条
    paragraph integer,              -- 款; given where the article has several or lists items
    item integer,                   -- 项
    citation varchar not null,      -- as one cites it: 第四十条第一款第（一）项
    role varchar not null,          -- duty, penalty, meaning 认定, loss, measure, procedure, limitation, time
    binds varchar not null,         -- institution, person, authority, anyone: who answers to it
    quotation varchar,              -- word for word; empty: not at hand whole, see trust
    summary varchar,                -- our own short words where there is no quotation
    penalised_by varchar,           -- of a duty: the clauses that punish its breach, ids separated by blanks
    joined_by varchar,              -- the unit of a later law that stands beside it once in force
    trust varchar not null,         -- high, medium: quoted; incomplete: words lost; not_held: not among our texts
    basis varchar not null,         -- where the text was read
    layer varchar not null,
    valid_from date,
    valid_to date,
    superseded_by varchar
);

-- 已知服务编码: national service codes, and beginnings of them, that the knowledge tables name: of other codes rules that know
-- items by code can say nothing
create or replace view knowledge.stated_service_code as
select distinct code from (
    select item_code as code from knowledge.item_sex
    union all select item_code from knowledge.item_age
    union all select item_a_code from knowledge.exclusive_pair
    union all select item_b_code from knowledge.exclusive_pair
    union all select item_code from knowledge.item_frequency
    union all select item_code from knowledge.item_course
    union all select item_code from knowledge.item_period
    union all select item_code from knowledge.operation_discount
    union all select parent_code from knowledge.composite_item
    union all select child_code from knowledge.composite_item
    union all select service_prefix from knowledge.item_includes_consumable
    union all select service_prefix from knowledge.drug_requires_service
    union all select service_prefix from knowledge.consumable_requires_service
    union all select item_prefix from knowledge.item_group
    union all select item_prefix from knowledge.service_indication
    union all select item_prefix from knowledge.item_department
    union all select item_prefix from knowledge.diagnosis_requires_item
    union all select item_prefix from knowledge.procedure_item
    union all select item_prefix from knowledge.total_limit
) as stated
where regexp_matches(code, '^[0-9]{2,15}$');

-- 医疗类别: care setting by longest prefix of the medical category, of two alike the narrower area's; key: code_prefix, area
create table if not exists knowledge.medical_category (
    code_prefix varchar not null,
    care_setting varchar not null,  -- inpatient, outpatient, emergency, chronic, drugstore, ...
    name_zh varchar,
    basis varchar not null,
    area varchar                    -- 统筹区, how its codes begin; empty: everywhere
);

-- 清算方式: how a settlement is paid for, in the narrowest area that says so; key: code, area
create table if not exists knowledge.payment_method (
    code varchar not null,          -- 清算方式 clr_way
    way varchar not null,           -- item, case, bed_day, head: what the funds pay for
    name_zh varchar not null,
    basis varchar not null,
    area varchar                    -- 统筹区, how its codes begin; empty: everywhere
);

-- 离院方式: how a stay ended; key: code
create table if not exists knowledge.discharge_way (
    code varchar not null,          -- 离院方式 dscg_way
    way varchar not null,           -- home, sent_on, died
    name_zh varchar not null,
    basis varchar not null
);

-- 医院等级: level of a grade; key: institution_grade
create table if not exists knowledge.institution_grade (
    institution_grade varchar not null,
    institution_level integer,      -- empty: 无等级
    name_zh varchar,
    basis varchar not null
);

-- 机构名称: the kind of place its name tells, where no register does; of the words at a name's end the longest, else of
-- the words in it. Our own reading: for peers and lists, never for what is definite; key: name_word
create table if not exists knowledge.institution_name (
    name_word varchar not null,
    institution_kind varchar,       -- 医疗服务机构类型 medins_type; empty: a drugstore
    is_pharmacy boolean not null,   -- 零售药店
    basis varchar not null
);

-- 分次治疗: treatments given day by day over a while, by words of the item's name or by the diagnosis; the days of one are one
-- course, not so many visits. What a person has wherever he otherwise is (dialysis, chemotherapy, radiotherapy) stands in
-- course_sign; key: treatment, name_pattern, diagnosis_prefix
create table if not exists knowledge.serial_treatment (
    treatment varchar not null,
    name_zh varchar not null,
    name_pattern varchar,           -- regular expression over item names
    diagnosis_prefix varchar,       -- either suffices
    max_days integer,               -- days of a month that such a course takes at most; empty: every one
    basis varchar not null,
    point_id varchar,
    batch varchar,
    layer varchar not null,
    valid_from date,
    valid_to date,
    superseded_by varchar
);

-- 医共体成员: who belongs to which community of hospitals (医共体, 医联体, 医疗集团, 托管), local; key: institution_id
create table if not exists knowledge.institution_community (
    institution_id varchar not null, -- 定点医药机构编号
    community_id varchar not null,   -- one name or number for all members, the leading hospital's code for instance
    community_zh varchar,
    basis varchar not null,          -- the document that made it
    point_id varchar,
    batch varchar,
    layer varchar not null,
    valid_from date,
    valid_to date,
    superseded_by varchar
);

-- 行政区划: names of administrative divisions, for the pages people read; key: division
create table if not exists knowledge.division (
    division varchar not null,      -- six digits, as in 医保区划
    name_zh varchar not null,       -- its own name, without those above it
    basis varchar not null,
    point_id varchar,
    batch varchar,
    layer varchar not null,
    valid_from date,
    valid_to date,
    superseded_by varchar
);

-- 再入院例外诊断: diagnoses whose soon re-admission is expected; key: diagnosis_prefix
create table if not exists knowledge.admission_exception (
    diagnosis_prefix varchar not null,
    reason varchar,
    reason_zh varchar,
    basis varchar not null
);

-- 分次手术: diseases operated on in several stays by plan (the second eye, grafts, ligations); key: diagnosis_prefix
create table if not exists knowledge.staged_operation (
    diagnosis_prefix varchar not null,
    reason varchar not null,
    reason_zh varchar not null,
    basis varchar not null,
    layer varchar not null
);

-- 疗程标识: what tells that an encounter is one of a course that is given on fixed days, wherever the person otherwise
-- is: dialysis, chemotherapy, radiotherapy ...; an excuse, so its reach is wide; key: course, field, sign
create table if not exists knowledge.course_sign (
    course varchar not null,
    field varchar not null,         -- disease_code: 病种编号 begins so; disease_name, diagnosis_name, item_name: holds it
    sign varchar not null,
    basis varchar not null,
    layer varchar not null
);
