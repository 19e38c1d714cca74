-- The warehouse: every table of every schema but feature, whose tables are declared by their own files in
-- features/ (one .sql, one table). Money is decimal(16,2) yuan; codes and ids are varchar for ever.
-- Comments of the record schema give the Chinese name and the national field.

create schema if not exists record;     -- what came in, in our names
create schema if not exists knowledge;  -- facts with basis and validity
create schema if not exists feature;    -- questions, no thresholds
create schema if not exists model;      -- findings, leads
create schema if not exists casebook;   -- verdicts and what people decided
create schema if not exists run;        -- runs, files, account, steps
create schema if not exists truth;      -- the simulator's answers; only evaluation may read it

-- ---------------------------------------------------------------------------------------------- record
-- 结算信息表 setl_d; key: settlement_id
create table if not exists record.settlement (
    settlement_id varchar not null,           -- 结算ID setl_id
    encounter_id varchar,                     -- 就诊ID mdtrt_id
    original_settlement_id varchar,           -- 原结算ID init_setl_id
    person_id varchar,                        -- 人员编号 psn_no
    sex varchar,                              -- 性别 gend
    birth_on date,                            -- 出生日期 brdy
    age_years integer,                        -- 年龄 age
    insurance_type varchar,                   -- 险种类型 insutype
    person_class varchar,                     -- 人员类别 psn_type
    assistance_class varchar,                 -- 特殊人员类型 sp_psn_type
    insured_division varchar,                 -- 参保所属医保区划 insu_admdvs
    institution_id varchar,                   -- 定点医药机构编号 fixmedins_code
    institution_name varchar,                 -- 定点医药机构名称 fixmedins_name
    institution_grade varchar,                -- 医院等级 hosp_lv
    institution_division varchar,             -- 定点归属医保区划 fix_blng_admdvs
    started_on date,                          -- 开始日期 begndate
    ended_on date,                            -- 结束日期 enddate
    settled_at timestamp,                     -- 结算时间 setl_time
    credential_type varchar,                  -- 就诊凭证类型 mdtrt_cert_type
    medical_category varchar,                 -- 医疗类别 med_type
    settlement_type varchar,                  -- 结算类别 setl_type
    clearing_type varchar,                    -- 清算类别 clr_type
    payment_method varchar,                   -- 清算方式 clr_way
    total_amount decimal(16,2),               -- 医疗费总额 medfee_sumamt
    self_paid_amount decimal(16,2),           -- 全自费金额 fulamt_ownpay_amt
    over_limit_amount decimal(16,2),          -- 超限价自费费用 overlmt_selfpay
    first_paid_amount decimal(16,2),          -- 先行自付金额 preselfpay_amt
    eligible_amount decimal(16,2),            -- 符合范围金额 inscp_amt
    deductible_amount decimal(16,2),          -- 实际支付起付线 act_pay_dedc
    pooled_fund_amount decimal(16,2),         -- 统筹基金支出 hifp_pay
    civil_servant_fund_amount decimal(16,2),  -- 公务员医疗补助资金支出 cvlserv_pay
    supplement_fund_amount decimal(16,2),     -- 补充医疗保险基金支出 hifes_pay
    catastrophic_fund_amount decimal(16,2),   -- 大病补充医疗保险基金支出 hifmi_pay
    large_sum_fund_amount decimal(16,2),      -- 大额医疗补助基金支出 hifob_pay
    disability_fund_amount decimal(16,2),     -- 伤残人员医疗保障基金支出 hifdm_pay
    assistance_fund_amount decimal(16,2),     -- 医疗救助基金支出 maf_pay
    other_fund_amount decimal(16,2),          -- 其它基金支付 othfund_pay
    fund_amount decimal(16,2),                -- 基金支付总额 fund_pay_sumamt
    person_paid_amount decimal(16,2),         -- 个人支付金额 psn_pay
    account_amount decimal(16,2),             -- 个人账户支出 acct_pay
    cash_amount decimal(16,2),                -- 现金支付金额 cash_payamt
    family_account_amount decimal(16,2),      -- 账户共济支付金额 acct_mulaid_pay
    is_refund boolean,                        -- 退费结算标志 refd_setl_flag
    benefit_year varchar,                     -- 年度 year
    disease_code varchar,                     -- 病种编号 dise_no
    disease_name varchar,                     -- 病种名称 dise_name
    invoice_number varchar,                   -- 发票号 invono
    manual_reimbursement_reason varchar,      -- 零星报销原因 manl_reim_rea
    is_valid boolean,                         -- 有效标志 vali_flag
    is_interim boolean,                       -- 中途结算标志 mid_setl_flag
    payment_location varchar,                 -- 支付地点类别 pay_loc
    operator_id varchar,                      -- 经办人ID opter_id
    pooling_area varchar,                     -- 统筹区编号 poolarea_no
    employer_id varchar,                      -- 单位编号 emp_no
    disease_payment_amount decimal(16,2),     -- 按病种结算支付金额 bydise_setl_payamt
    id_type varchar,                          -- 人员证件类型 psn_cert_type
    is_civil_servant boolean,                 -- 公务员标志 cvlserv_flag
    pooled_fund_share decimal(8,4),           -- 基本医疗统筹支付比例 pool_prop_selfpay
    institution_borne_amount decimal(16,2),   -- 自费中医院负担部分 ownpay_hosp_part
    is_newborn boolean,                       -- 新生儿标志 nwb_flag
    updated_at timestamp,                          -- 更新时间 updt_time, where delivered
    file_id varchar,                          -- the delivery file, run.input_file
    row_number bigint                         -- its data row there, from 1
);

-- 就诊信息表 mdtrt_d; key: encounter_id
create table if not exists record.encounter (
    encounter_id varchar not null,       -- 就诊ID mdtrt_id
    person_id varchar,                   -- 人员编号 psn_no
    institution_id varchar,              -- 定点医药机构编号 fixmedins_code
    insurance_type varchar,              -- 险种类型 insutype
    insured_division varchar,            -- 参保所属医保区划 insu_admdvs
    medical_category varchar,            -- 医疗类别 med_type
    out_of_area_class varchar,           -- 异地安置类别 rloc_type
    started_at timestamp,                -- 开始时间 begntime
    ended_at timestamp,                  -- 结束时间 endtime
    case_number varchar,                 -- 住院/门诊号 ipt_otp_no
    record_number varchar,               -- 病历号 medrcdno
    attending_practitioner_id varchar,   -- 主诊医师代码 chfpdr_code
    admitting_department_code varchar,   -- 入院科室编码 adm_dept_codg
    admitting_department_name varchar,   -- 入院科室名称 adm_dept_name
    bed varchar,                         -- 入院床位 adm_bed
    discharge_department_code varchar,   -- 出院科室编码 dscg_dept_codg
    principal_diagnosis_code varchar,    -- 住院主诊断代码 dscg_maindiag_code
    principal_diagnosis_name varchar,    -- 住院主诊断名称 dscg_maindiag_name
    discharge_way varchar,               -- 离院方式 dscg_way
    inpatient_days integer,              -- 住院天数 ipt_days
    is_in_hospital boolean,              -- 在院状态 inhosp_stas
    died_on date,                        -- 死亡日期 die_date
    referred_from_encounter_id varchar,  -- 转诊前就诊ID refl_old_mdtrt_id
    maternity_type varchar,              -- 生育类别 matn_type
    is_third_party_liable boolean,       -- 第三方赔付标志 ttp_pay_flag
    disease_code varchar,                -- 病种编号 dise_no
    disease_name varchar,                -- 病种名称 dise_name
    is_valid boolean,                    -- 有效标志 vali_flag
    employer_id varchar,                 -- 单位编号 emp_no
    admission_diagnosis varchar,         -- 入院诊断描述 adm_diag_dscr
    procedure_code varchar,              -- 手术操作代码 oprn_oprt_code
    pregnancy_weeks integer,             -- 孕周数 geso_val
    sex varchar,                         -- 性别 gend
    birth_on date,                       -- 出生日期 brdy
    age_years integer,                   -- 年龄 age
    person_class varchar,                -- 人员类别 psn_type
    institution_name varchar,            -- 定点医药机构名称 fixmedins_name
    institution_grade varchar,           -- 医院等级 hosp_lv
    institution_division varchar,        -- 定点归属医保区划 fix_blng_admdvs
    is_newborn boolean,                  -- 新生儿标志 nwb_flag
    attending_practitioner_name varchar, -- 主诊医师姓名 chfpdr_name
    discharge_department_name varchar,   -- 出院科室名称 dscg_dept_name
    updated_at timestamp,                     -- 更新时间 updt_time, where delivered
    file_id varchar,                     -- the delivery file, run.input_file
    row_number bigint                    -- its data row there, from 1
);

-- 费用明细表 fee_list_d; key: encounter_id, line_id
create table if not exists record.fee_line (
    line_id varchar not null,            -- 记账流水号 bkkp_sn
    encounter_id varchar not null,       -- 就诊ID mdtrt_id
    settlement_id varchar,               -- 结算ID setl_id
    original_line_id varchar,            -- 原费用明细流水号 init_feedetl_sn
    charged_at timestamp,                -- 费用发生时间 fee_ocur_time
    order_number varchar,                -- 处方/医嘱号 rx_drord_no
    institution_id varchar,              -- 定点医药机构编号 fixmedins_code
    person_id varchar,                   -- 人员编号 psn_no
    medical_category varchar,            -- 医疗类别 med_type
    quantity decimal(16,4),              -- 数量 cnt
    unit_price decimal(16,6),            -- 单价 pric
    amount decimal(16,2),                -- 明细项目费用总额 det_item_fee_sumamt
    price_limit decimal(16,6),           -- 定价上限金额 pric_uplmt_amt
    first_paid_share decimal(8,4),       -- 自付比例 selfpay_prop
    self_paid_amount decimal(16,2),      -- 全自费金额 fulamt_ownpay_amt
    over_limit_amount decimal(16,2),     -- 超限价自费费用 overlmt_selfpay
    first_paid_amount decimal(16,2),     -- 先行自付金额 preselfpay_amt
    eligible_amount decimal(16,2),       -- 符合范围金额 inscp_amt
    item_class varchar,                  -- 收费项目等级 chrgitm_lv
    item_code varchar,                   -- 医保目录编码 hilist_code
    item_name varchar,                   -- 医保目录名称 hilist_name
    catalogue_type varchar,              -- 目录类别 list_type
    catalogue_code varchar,              -- 医疗目录编码 med_list_codg
    institution_item_code varchar,       -- 医药机构目录编码 medins_list_codg
    institution_item_name varchar,       -- 医药机构目录名称 medins_list_name
    fee_category varchar,                -- 医疗收费项目类别 med_chrgitm_type
    trade_name varchar,                  -- 商品名 prodname
    specification varchar,               -- 规格 spec
    dosage_form varchar,                 -- 剂型名称 dosform_name
    ordering_department_code varchar,    -- 开单科室编码 bilg_dept_codg
    ordering_department_name varchar,    -- 开单科室名称 bilg_dept_name
    ordering_practitioner_id varchar,    -- 开单医师代码 bilg_dr_code
    ordering_practitioner_name varchar,  -- 开单医师姓名 bilg_dr_name
    performing_department_code varchar,  -- 受单科室编码 acord_dept_codg
    performing_department_name varchar,  -- 受单科室名称 acord_dept_name
    waived_amount decimal(16,2),         -- 医院减免金额 medins_disc_amt
    performing_practitioner_id varchar,  -- 受单医师代码 acord_dr_code
    is_restricted boolean,               -- 限制使用标志 lmt_used_flag
    is_restriction_approved boolean,     -- 医院审批标志 hosp_appr_flag
    is_tested_outside boolean,           -- 外检标志 etip_flag
    is_take_home boolean,                -- 出院带药标志 dscg_tkdrug_flag
    dose varchar,                        -- 单次剂量描述 sin_dos_dscr
    frequency varchar,                   -- 使用频次描述 used_frqu_dscr
    supply_days decimal(16,4),           -- 周期天数 prd_days
    route varchar,                       -- 用药途径描述 medc_way_dscr
    procedure_code varchar,              -- 手术操作代码 oprn_oprt_code
    herbal_use varchar,                  -- 中药使用方式 tcmdrug_used_way
    is_outside_prescription boolean,     -- 处方流转标志 rx_circ_flag
    is_valid boolean,                    -- 有效标志 vali_flag
    is_negotiated_drug boolean,          -- 医保谈判药品标志 hi_nego_drug_flag
    is_childrens_drug boolean,           -- 儿童用药标志 chld_medc_flag
    origin_type varchar,                 -- 生产地类别 prodplac_type
    order_set varchar,                   -- 组套编号 comb_no
    insured_division varchar,            -- 参保所属医保区划 insu_admdvs
    created_at timestamp,                    -- 数据创建时间 crte_time, where delivered
    performing_practitioner_name varchar, -- 受单医师姓名 acord_dr_name
    updated_at timestamp,                     -- 更新时间 updt_time, where delivered
    file_id varchar,                     -- the delivery file, run.input_file
    row_number bigint                    -- its data row there, from 1
);

-- 结算清单诊断信息 mdcs_fund_setl_list_diag_d; key: settlement_id, diagnosis_type, diagnosis_code, is_principal
create table if not exists record.diagnosis (
    settlement_id varchar not null,   -- 结算ID setl_id
    encounter_id varchar,             -- 就诊ID mdtrt_id
    person_id varchar,                -- 人员编号 psn_no
    diagnosis_type varchar,           -- 诊断类别 diag_type
    is_principal boolean,             -- 主诊断标志 maindiag_flag
    diagnosis_code varchar not null,  -- 诊断代码 diag_code
    diagnosis_name varchar,           -- 诊断名称 diag_name
    present_on_admission varchar,     -- 入院病情类型 adm_cond_type
    updated_at timestamp,                  -- 更新时间 updt_time, where delivered
    file_id varchar,                  -- the delivery file, run.input_file
    row_number bigint                 -- its data row there, from 1
);

-- 结算清单手术操作信息 mdcs_fund_setl_list_oprn_d; key: settlement_id, procedure_code, procedure_on
create table if not exists record.procedure (
    settlement_id varchar not null,   -- 结算ID setl_id
    encounter_id varchar,             -- 就诊ID mdtrt_id
    person_id varchar,                -- 人员编号 psn_no
    is_principal boolean,             -- 主手术操作标志 main_oprn_flag
    procedure_code varchar not null,  -- 手术操作代码 oprn_oprt_code
    procedure_name varchar,           -- 手术操作名称 oprn_oprt_name
    procedure_on date,                -- 手术操作日期 oprn_oprt_date
    started_at timestamp,             -- 手术操作开始时间 oprn_oprt_begntime
    ended_at timestamp,               -- 手术操作结束时间 oprn_oprt_endtime
    anaesthesia varchar,              -- 麻醉方式 anst_way
    surgeon_id varchar,               -- 术者医师代码 oper_dr_code
    surgeon_name varchar,             -- 术者医师姓名 oper_dr_name
    updated_at timestamp,                  -- 更新时间 updt_time, where delivered
    file_id varchar,                  -- the delivery file, run.input_file
    row_number bigint                 -- its data row there, from 1
);

-- 人员基本信息 psn_info_b; key: person_id
create table if not exists record.person (
    person_id varchar not null,  -- 人员编号 psn_no
    sex varchar,                 -- 性别 gend
    birth_on date,               -- 出生日期 brdy
    survival_status varchar,     -- 生存状态 surv_stas
    id_type varchar,             -- 人员证件类型 psn_cert_type
    residence_division varchar,  -- 居住地医保区划 live_admdvs
    updated_at timestamp,             -- 更新时间 updt_time, where delivered
    file_id varchar,             -- the delivery file, run.input_file
    row_number bigint            -- its data row there, from 1
);

-- 人员参保信息 psn_insu_d; key: person_id, insurance_type, enrolled_from
create table if not exists record.enrolment (
    enrolment_id varchar,             -- 人员参保关系ID psn_insu_rlts_id
    person_id varchar not null,       -- 人员编号 psn_no
    insurance_type varchar not null,  -- 险种类型 insutype
    division varchar,                 -- 参保所属医保区划 insu_admdvs
    person_class varchar,             -- 人员类别 psn_type
    first_enrolled_on date,           -- 本系统首次参保日期 psn_insu_date
    enrolled_from date,               -- 本次参保日期 crt_insu_date
    enrolled_to date,                 -- 暂停参保日期 paus_insu_date
    enrolment_status varchar,         -- 人员参保状态 psn_insu_stas
    pooling_area varchar,             -- 统筹区编号 poolarea_no
    employer_id varchar,              -- 单位编号 emp_no
    updated_at timestamp,                  -- 更新时间 updt_time, where delivered
    file_id varchar,                  -- the delivery file, run.input_file
    row_number bigint                 -- its data row there, from 1
);

-- 医疗机构信息 medins_info_b; key: institution_id
create table if not exists record.hospital (
    institution_id varchar not null,  -- 医疗机构代码 medins_code
    credit_code varchar,              -- 统一社会信用代码 uscc
    institution_name varchar,         -- 医疗机构名称 medins_name
    division varchar,                 -- 医保区划 admdvs
    institution_kind varchar,         -- 医疗服务机构类型 medins_type
    institution_level varchar,        -- 医疗机构等级 medinslv
    institution_grade varchar,        -- 医院等级 hosp_lv
    ownership varchar,                -- 机构性质 medins_natu
    approved_beds integer,            -- 批准床位数量 aprv_bed_cnt
    clinical_staff integer,           -- 专业技术人员人数 pro_techstf_psncnt
    nurses integer,                   -- 护士人数 nurs_psncnt, an extension
    valid_from date,                  -- 开始时间 begntime
    valid_to date,                    -- 结束时间 endtime
    longitude double,                 -- 经度 lnt
    latitude double,                  -- 纬度 lat
    legal_representative varchar,     -- 法定代表人姓名 legrep_name
    credit_grade varchar,             -- 信用等级 cred_lv
    is_valid boolean,                 -- 有效标志 vali_flag
    updated_at timestamp,                  -- 更新时间 updt_time, where delivered
    file_id varchar,                  -- the delivery file, run.input_file
    row_number bigint                 -- its data row there, from 1
);

-- 零售药店信息 rtal_phac_b; key: institution_id
create table if not exists record.pharmacy (
    institution_id varchar not null,  -- 零售药店代码 rtal_phac_code
    credit_code varchar,              -- 统一社会信用代码 uscc
    institution_name varchar,         -- 零售药店名称 rtal_phac_name
    division varchar,                 -- 医保区划 admdvs
    valid_from date,                  -- 开始时间 begntime
    valid_to date,                    -- 结束时间 endtime
    pharmacists integer,              -- 药师人数 phar_psncnt
    longitude double,                 -- 经度 lnt
    latitude double,                  -- 纬度 lat
    legal_representative varchar,     -- 法定代表人姓名 legrep_name
    credit_grade varchar,             -- 信用等级 cred_lv
    chain_type varchar,               -- 药店连锁类型 phac_chan_type
    business_status varchar,          -- 经营状态 biz_stas
    is_valid boolean,                 -- 有效标志 vali_flag
    updated_at timestamp,                  -- 更新时间 updt_time, where delivered
    file_id varchar,                  -- the delivery file, run.input_file
    row_number bigint                 -- its data row there, from 1
);

-- 医师信息 dr_info_b; key: practitioner_id, institution_id, contract_from: a renewed contract, a re-hiring is a row of its own
create table if not exists record.practitioner (
    practitioner_id varchar not null,  -- 医师代码 dr_code
    practitioner_name varchar,         -- 医师姓名 dr_name
    practice_type varchar,             -- 医师执业类别 dr_prac_type
    practice_scope_code varchar,       -- 医师执业范围代码 dr_prac_scp_code
    institution_id varchar,            -- 医疗机构代码 medins_code
    is_multi_site boolean,             -- 多点执业标志 mul_prac_flag
    left_on date,                      -- 离职时间 nemp_time
    practice_status varchar,           -- 执业状态 prac_stas
    title varchar,                     -- 医师专业技术职务 dr_pro_tech_duty
    credit_grade varchar,              -- 信用等级 cred_lv
    practice_scope_name varchar,       -- 医师执业范围名称 dr_prac_scp_name
    main_institution_id varchar,       -- 主执业机构编号 main_pracins_no
    contract_from date,                -- 合同起始时间 cntr_begntime
    contract_to date,                  -- 合同截止时间 cntr_endtime
    is_valid boolean,                  -- 有效标志 vali_flag
    updated_at timestamp,                   -- 更新时间 updt_time, where delivered
    file_id varchar,                   -- the delivery file, run.input_file
    row_number bigint                  -- its data row there, from 1
);

-- 定点协议登记 fixmedins_cntr_reg_d; key: institution_id, valid_from
create table if not exists record.contract (
    institution_id varchar not null,  -- 定点医药机构编号 fixmedins_code
    valid_from date not null,         -- 开始时间 begntime
    valid_to date,                    -- 结束时间 endtime
    contract_status varchar,          -- 协议状态 cntr_stas
    updated_at timestamp,                  -- 更新时间 updt_time, where delivered
    file_id varchar,                  -- the delivery file, run.input_file
    row_number bigint                 -- its data row there, from 1
);

-- 医保目录信息 hilist_b; key: item_code, division, valid_from
create table if not exists record.catalogue_item (
    item_code varchar not null,  -- 医保目录编码 hilist_code
    item_name varchar,           -- 医保目录名称 hilist_name
    catalogue_type varchar,      -- 目录类别 list_type
    fee_category varchar,        -- 医疗收费项目类别 med_chrgitm_type
    item_class varchar,          -- 收费项目等级 chrgitm_lv
    is_restricted boolean,       -- 限制使用标志 lmt_used_flag
    valid_from date,             -- 开始日期 begndate
    valid_to date,               -- 结束日期 enddate
    division varchar,            -- 参保所属医保区划 insu_admdvs
    is_valid boolean,            -- 有效标志 vali_flag
    updated_at timestamp,             -- 更新时间 updt_time, where delivered
    file_id varchar,             -- the delivery file, run.input_file
    row_number bigint            -- its data row there, from 1
);

-- 医保目录限价信息 hilist_lmtpric_d; key: item_code, limit_type, division, valid_from
create table if not exists record.price_limit (
    item_code varchar not null,   -- 医保目录编码 hilist_code
    limit_type varchar,           -- 医保目录限价类型 hilist_lmtpric_type
    price_limit decimal(16,6),    -- 医保目录定价上限金额 hilist_pric_uplmt_amt
    valid_from date,              -- 开始日期 begndate
    valid_to date,                -- 结束日期 enddate
    division varchar,             -- 参保所属医保区划 insu_admdvs
    over_limit_handling varchar,  -- 医保目录超限处理方式 overlmt_dspo_way
    is_valid boolean,             -- 有效标志 vali_flag
    updated_at timestamp,              -- 更新时间 updt_time, where delivered
    file_id varchar,              -- the delivery file, run.input_file
    row_number bigint             -- its data row there, from 1
);

-- 门慢门特登记 opsp_reg_d; key: person_id, disease_code, valid_from
create table if not exists record.chronic_registration (
    person_id varchar not null,          -- 人员编号 psn_no
    disease_code varchar not null,       -- 门慢门特病种目录代码 opsp_dise_code
    disease_name varchar,                -- 门慢门特病种名称 opsp_dise_name
    certifying_institution_id varchar,   -- 鉴定定点医药机构编号 ide_fixmedins_no
    diagnosing_practitioner_id varchar,  -- 诊断医师代码 diag_dr_code
    valid_from date,                     -- 开始日期 begndate
    valid_to date,                       -- 结束日期 enddate
    registration_id varchar,             -- 待遇申报明细流水号 trt_dcla_detl_sn
    insurance_type varchar,              -- 险种类型 insutype
    certified_on date,                   -- 医院鉴定日期 hosp_ide_date
    is_valid boolean,                    -- 有效标志 vali_flag
    updated_at timestamp,                     -- 更新时间 updt_time, where delivered
    file_id varchar,                     -- the delivery file, run.input_file
    row_number bigint                    -- its data row there, from 1
);

-- 异地备案 out_appy_d; key: person_id, destination_division, valid_from
create table if not exists record.out_of_area_filing (
    person_id varchar not null,    -- 人员编号 psn_no
    destination_division varchar,  -- 安置地所属行政区代码 rloc_admdvs
    filing_reason varchar,         -- 异地安置原因 rloc_rea
    valid_from date,               -- 开始日期 begndate
    valid_to date,                 -- 结束日期 enddate
    filing_id varchar,             -- 待遇申报明细流水号 trt_dcla_detl_sn
    insurance_type varchar,        -- 险种类型 insutype
    insured_division varchar,      -- 参保所属医保区划 insu_admdvs
    is_valid boolean,              -- 有效标志 vali_flag
    updated_at timestamp,               -- 更新时间 updt_time, where delivered
    file_id varchar,               -- the delivery file, run.input_file
    row_number bigint              -- its data row there, from 1
);

-- 就医签到 sign_in_d; key: check_in_id
create table if not exists record.check_in (
    check_in_id varchar not null,  -- 签到流水号 sign_sn
    person_id varchar,             -- 人员编号 psn_no
    institution_id varchar,        -- 定点医药机构编号 fixmedins_code
    checked_in_at timestamp,       -- 签到时间 sign_time
    longitude double,              -- 经度 lnt
    latitude double,               -- 纬度 lat
    is_face_match boolean,         -- 人脸比对结果 face_match
    updated_at timestamp,               -- 更新时间 updt_time, where delivered
    file_id varchar,               -- the delivery file, run.input_file
    row_number bigint              -- its data row there, from 1
);

-- 人员状态(外部门) psn_status_d; key: person_id, status_type, status_from
create table if not exists record.person_status (
    person_id varchar not null,    -- 人员编号 psn_no
    status_type varchar not null,  -- 状态类型 stas_type
    status_from date not null,     -- 开始日期 begndate
    status_to date,                -- 结束日期 enddate
    source_department varchar,     -- 来源部门 souc_dept
    updated_at timestamp,               -- 更新时间 updt_time, where delivered
    file_id varchar,               -- the delivery file, run.input_file
    row_number bigint              -- its data row there, from 1
);

-- 药品追溯码 drug_trac_d; key: encounter_id, institution_id, line_id, trace_code; where a pack was sold and taken back the
-- later row stands
create table if not exists record.trace_code (
    line_id varchar not null,     -- 记账流水号 bkkp_sn
    trace_code varchar not null,  -- 药品追溯码 drug_trac_codg
    encounter_id varchar,         -- 就诊ID mdtrt_id
    institution_id varchar,       -- 定点医药机构编号 fixmedins_code
    is_split boolean,             -- 拆零标志 trdn_flag: sold in parts of the pack
    quantity decimal(16,4),       -- 销售/退货数量 sel_retn_cnt, below 0 where taken back
    pack_content decimal(16,4),   -- 最小包装数量 min_pac_cnt: what a pack holds, in the unit of the quantity
    updated_at timestamp,              -- 更新时间 updt_time, where delivered
    file_id varchar,              -- the delivery file, run.input_file
    row_number bigint             -- its data row there, from 1
);

-- 集采药品 vbp_drug_d; key: catalogue_code, valid_from
create table if not exists record.procurement_drug (
    catalogue_code varchar not null,  -- 医疗目录编码 med_list_codg
    generic_name varchar,             -- 通用名 genname
    is_selected boolean,              -- 中选标志 vbp_selected_flag
    selected_price decimal(16,6),     -- 中选价 pric
    valid_from date,                  -- 开始日期 begndate
    valid_to date,                    -- 结束日期 enddate
    updated_at timestamp,                  -- 更新时间 updt_time, where delivered
    file_id varchar,                  -- the delivery file, run.input_file
    row_number bigint                 -- its data row there, from 1
);

-- 举报线索 tip_d; key: tip_id. Who gave the tip is not taken in; what the content says of them is hidden on the way out
create table if not exists record.tip (
    tip_id varchar not null,  -- 举报编号 tip_id
    received_on date,         -- 受理日期 recv_date
    subject_type varchar,     -- 对象类型 subject_type
    subject_id varchar,       -- 对象编号 subject_id
    subject_name varchar,     -- 对象名称 subject_name, an extension; may name a person
    channel varchar,          -- 渠道 channel
    content varchar,          -- 内容 content; may name persons, so no rule may read this table
    updated_at timestamp,          -- 更新时间 updt_time, where delivered
    file_id varchar,          -- the delivery file, run.input_file
    row_number bigint         -- its data row there, from 1
);

-- 检查结果 insp_result_d; key: case_id
create table if not exists record.inspection_result (
    case_id varchar not null,        -- 案件编号 case_id
    subject_type varchar,            -- 对象类型 subject_type
    subject_id varchar,              -- 对象编号 subject_id
    rule_id varchar,                 -- 规则编号 rule_id
    inspected_on date,               -- 检查日期 insp_date
    result varchar,                  -- 检查结论 result
    violation_amount decimal(16,2),  -- 违规金额 vola_amt
    recovered_amount decimal(16,2),  -- 追回金额 refd_amt
    penalty_amount decimal(16,2),    -- 处罚金额 pnsh_amt
    transferred_to varchar,          -- 移送部门 transfer_to
    updated_at timestamp,                 -- 更新时间 updt_time, where delivered
    file_id varchar,                 -- the delivery file, run.input_file
    row_number bigint                -- its data row there, from 1
);

-- 药品耗材进销存 stock_d, an extension; key: institution_id, item_code, period_from
create table if not exists record.stock (
    institution_id varchar not null,     -- 定点医药机构编号 fixmedins_code
    item_code varchar not null,          -- 医保目录编码 hilist_code
    period_from date not null,           -- 期间开始 begndate
    period_to date,                      -- 期间结束 enddate
    opening_quantity decimal(16,4),      -- 期初库存 begn_cnt
    received_quantity decimal(16,4),     -- 购进数量 purc_cnt
    returned_quantity decimal(16,4),     -- 退货数量 retn_cnt
    closing_quantity decimal(16,4),      -- 期末库存 end_cnt
    updated_at timestamp,                -- 更新时间 updt_time, where delivered
    file_id varchar,                     -- the delivery file, run.input_file
    row_number bigint                    -- its data row there, from 1
);

-- 医疗机构设备 medins_equip_d, an extension; key: institution_id, equipment_type, valid_from
create table if not exists record.equipment (
    institution_id varchar not null,     -- 医疗机构代码 medins_code
    equipment_type varchar not null,     -- 设备类型 equip_type: CT, 磁共振, 血液透析机 ...
    devices integer,                     -- 设备数量 equip_cnt
    valid_from date,                     -- 启用日期 begndate
    valid_to date,                       -- 停用日期 enddate
    updated_at timestamp,                -- 更新时间 updt_time, where delivered
    file_id varchar,                     -- the delivery file, run.input_file
    row_number bigint                    -- its data row there, from 1
);

-- 结算清单重症监护信息 mdcs_fund_setl_list_scs_d
create table if not exists record.intensive_care (
    encounter_id varchar not null,       -- 就诊ID mdtrt_id
    person_id varchar,                   -- 人员编号 psn_no
    ward_type varchar,                   -- 重症监护病房类型 scs_cutd_ward_type
    entered_at timestamp,                -- 重症监护进入时间 scs_cutd_inpool_time
    left_at timestamp,                   -- 重症监护退出时间 scs_cutd_exit_time
    hours decimal(16,4),                 -- 重症监护合计时长 scs_cutd_sum_dura
    updated_at timestamp,                -- 更新时间 updt_time, where delivered
    file_id varchar,                     -- the delivery file, run.input_file
    row_number bigint                    -- its data row there, from 1
);

-- 结算清单主表信息 mdcs_fund_setl_list_d, what other tables do not say of a stay
create table if not exists record.settlement_list (
    settlement_id varchar,               -- 结算ID setl_id
    encounter_id varchar not null,       -- 就诊ID mdtrt_id
    person_id varchar,                   -- 人员编号 psn_no
    days decimal(16,4),                  -- 实际住院天数 act_ipt_days
    ventilator_days decimal(16,4),       -- 呼吸机使用天数 vent_used_days
    ventilator_hours decimal(16,4),      -- 呼吸机使用小时数 vent_used_h_cnt
    special_nursing_days decimal(16,4),  -- 特级护理天数 spga_nurscare_days
    first_nursing_days decimal(16,4),    -- 一级护理天数 lv1_nurscare_days
    second_nursing_days decimal(16,4),   -- 二级护理天数 scd_nurscare_days
    third_nursing_days decimal(16,4),    -- 三级护理天数 lv3_nurscare_days
    updated_at timestamp,                -- 更新时间 updt_time, where delivered
    file_id varchar,                     -- the delivery file, run.input_file
    row_number bigint                    -- its data row there, from 1
);

-- 医嘱信息 drord_d
create table if not exists record.medical_order (
    order_id varchar not null,           -- 医嘱明细ID drord_detl_id
    order_number varchar,                -- 医嘱号 drord_no
    encounter_id varchar not null,       -- 就诊ID mdtrt_id
    person_id varchar,                   -- 人员编号 psn_no
    order_type varchar,                  -- 医嘱类别 drord_type
    ordered_at timestamp,                -- 医嘱开嘱时间 drord_begntime
    stopped_at timestamp,                -- 医嘱停嘱时间 drord_endtime
    quantity decimal(16,4),              -- 医嘱使用数量 drord_used_cnt
    days decimal(16,4),                  -- 使用天数 used_days
    updated_at timestamp,                -- 更新时间 updt_time, where delivered
    file_id varchar,                     -- the delivery file, run.input_file
    row_number bigint                    -- its data row there, from 1
);

-- 处方信息 rx_d
create table if not exists record.prescription (
    prescription_id varchar not null,    -- 处方ID rx_id
    order_number varchar,                -- 处方号 rxno
    encounter_id varchar not null,       -- 就诊ID mdtrt_id
    person_id varchar,                   -- 人员编号 psn_no
    disease_code varchar,                -- 门慢门特病种目录代码 opsp_dise_code
    prescribed_on date,                  -- 开单日期 prsc_date
    updated_at timestamp,                -- 更新时间 updt_time, where delivered
    file_id varchar,                     -- the delivery file, run.input_file
    row_number bigint                    -- its data row there, from 1
);

-- Who a person is, kept apart from everything that rules and models read; only exports may unmask it.
create table if not exists record.person_identity (
    person_id varchar not null,   -- 人员编号 psn_no
    person_name varchar,          -- 人员姓名 psn_name
    id_number varchar,            -- 证件号码 certno
    address varchar,              -- 居住地址 live_addr, 联系地址 addr
    id_sex varchar,               -- 证件隐含性别: what a sound id number says, 1 male, 2 female
    id_birth_on date,             -- 证件隐含出生日期
    source_table varchar,         -- the delivered table it was first seen in
    id_key varchar                -- 比对用证件号码: 18 digits, capital X; a pseudonym where these are on
);

-- Rows of 人员状态 that mean nobody of the record, until the person comes: for no rule to read.
create table if not exists record.person_status_unmatched (
    person_id varchar not null,    -- what the list gives, 人员编号 or 证件号码
    status_type varchar not null,  -- 状态类型 stas_type
    status_from date not null,     -- 开始日期 begndate
    status_to date,                -- 结束日期 enddate
    source_department varchar,     -- 来源部门 souc_dept
    updated_at timestamp,          -- 更新时间 updt_time, where delivered
    file_id varchar,               -- the delivery file, run.input_file
    row_number bigint              -- its data row there, from 1
);

-- What lists of other departments give for a person, and the identity number it may be: kept apart like identities.
create table if not exists record.person_given (
    given varchar not null,   -- 人员编号 or 证件号码 as given
    id_key varchar not null   -- 比对用证件号码
);

-- How far the lists of other departments mean somebody of the record; one row a list and kind of row.
create table if not exists record.list_match (
    source_table varchar not null,  -- psn_status_d, tip_d, insp_result_d
    kind varchar not null,          -- 状态类型 or 对象类型
    delivered bigint not null,      -- rows of the list in the record
    unmatched bigint not null       -- rows that mean nobody of the record
);

-- Every telephone number that was ever given for a person.
create table if not exists record.person_phone (
    person_id varchar not null,   -- 人员编号 psn_no
    phone varchar not null        -- 联系电话 tel
);

-- ------------------------------------------------------------------------------------------- knowledge
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
    kind varchar not null, -- holiday, workday
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

-- 医疗类别: care setting by longest prefix of the medical category; key: code_prefix
create table if not exists knowledge.medical_category (
    code_prefix varchar not null,
    care_setting varchar not null,  -- inpatient, outpatient, emergency, chronic, drugstore, ...
    name_zh varchar,
    basis varchar not null
);

-- 清算方式: how a settlement is paid for; key: code
create table if not exists knowledge.payment_method (
    code varchar not null,          -- 清算方式 clr_way
    way varchar not null,           -- item, case, bed_day, head: what the funds pay for
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

-- ----------------------------------------------------------------------------------------------- model
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
    is_open boolean not null           -- no closed lead of the subject has dealt with it yet
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
    transferred_to varchar
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

-- -------------------------------------------------------------------------------------------- casebook
-- 线索登记: one open lead a subject, across runs
create table if not exists casebook.lead_register (
    lead_id varchar not null,
    subject_type varchar not null,
    subject_key varchar not null,      -- subject id; of a group its members' hash when last ranked
    opened_run varchar not null,
    last_run varchar not null,
    last_amount decimal(16,2),
    previous_amount decimal(16,2),     -- of the run before last_run
    closed_on date,                    -- its verdict's day
    previous_lead_id varchar           -- the closed lead it reopens
);

-- 工作名单: leads chosen for a round's work, by rank or at random, with the probability of being chosen
create table if not exists casebook.selection (
    run_id varchar not null,
    subject_type varchar not null,
    places integer not null,           -- leads of this list on the work list
    lead_id varchar not null,
    arm varchar not null,              -- rank, ensemble, control; spare: for days that the draw left over
    probability double not null,
    stratum bigint,
    seed bigint not null,
    frame_hash varchar not null        -- of the leads and strata drawn from, made before the draw
);

-- 团伙线索成员: who belonged to a group's lead when it was last ranked
create table if not exists casebook.group_membership (
    lead_id varchar not null,
    person_id varchar not null
);

-- 暂不列入名单: who is left off the lists, for which rule, until when and why; only ever appended to
create table if not exists casebook.suppression (
    subject_type varchar not null,
    subject_id varchar not null,
    source varchar,                    -- the rule or detector; null: all
    until date,                        -- findings that occurred later count again; null: for good
    reason varchar not null,
    owner varchar,
    is_lifted boolean not null,        -- the row takes an earlier one back
    made_at timestamp not null
);

create or replace view casebook.current_suppression as
select subject_type, subject_id, source, until, reason, owner, made_at
from (
    select *, row_number() over (
        partition by subject_type, subject_id, source order by made_at desc, is_lifted, until
    ) as place
    from casebook.suppression
) as placed
where place = 1 and not is_lifted;

-- 核查结论: what people found, one row a verdict; only ever appended to. Findings are rebuilt, verdicts are not, so
-- a verdict keeps what its lead looked like.
create table if not exists casebook.verdict (
    verdict_id varchar not null,       -- hash of what was said: the same row twice is one verdict
    imported_at timestamp not null,
    file varchar not null,             -- file name and data row it came from
    row_number bigint not null,
    lead_id varchar,                   -- null: an inspection without lead
    subject_type varchar not null,
    subject_id varchar not null,       -- the code as delivered; for a group its lead
    members varchar,                   -- a group's person ids joined by ;
    rule varchar,                      -- rule as the file names it: a source, an official number or code; null: all
    sources varchar,                   -- the lead's source ids joined by ;, or those of the rule
    conclusion varchar not null,       -- confirmed, partly_confirmed, dismissed, unsure
    conclusion_said varchar not null,  -- 核查结论 as the file has it
    reason varchar,                    -- 排除原因
    decided_on date not null,          -- 日期
    is_closing boolean not null,       -- false: 证据不足-暂缓, the lead stays open
    confirmed_quantity decimal(16,4),  -- 确认数量
    confirmed_amount decimal(16,2),    -- 确认违规金额, yuan
    confirmed_fund_amount decimal(16,2), -- 涉及基金, yuan
    recovered_amount decimal(16,2),    -- 追回金额, yuan
    recovered_on date,                 -- 追回日期
    payment_way varchar,               -- 支付方式
    penalty_amount decimal(16,2),      -- 处罚金额, yuan
    measures varchar,                  -- 处理类型
    legal_basis varchar,               -- 法律依据
    transferred_to varchar,            -- 移送部门
    document_no varchar,               -- 文书号
    case_no varchar,                   -- 立案号, 案件编号
    handled_by varchar,                -- 承办
    reviewed_by varchar,               -- 复核人
    recheck varchar,                   -- 复查
    run_id varchar,                    -- the run that last ranked the lead
    tier varchar,                      -- as the lead stood then
    rank integer,
    score decimal(5,2),
    propensity double,
    amount_at_risk decimal(16,2),
    expected_yield decimal(16,2),
    findings bigint,
    settlements bigint,
    arm varchar,                       -- rank, control ...: how it came onto the work list, where it did
    selection_probability double,      -- 入选概率, where it was drawn
    persons bigint,                    -- as the lead stood then
    first_on date,
    last_on date,
    prior_confirmed bigint,
    tips bigint,
    institution_id varchar             -- where most of its money was, or itself
);

-- 核查时的证据: what each source said of the lead when its verdict came; the learned order is made of this
create table if not exists casebook.verdict_evidence (
    verdict_id varchar not null,
    source varchar not null,
    family varchar,
    certainty varchar,
    findings bigint,
    places bigint,
    volume double,
    slip double,
    weight double,
    amount decimal(16,2)
);

-- 运行概貌: what a later run compares itself with: counts by bin, no subject of its own
create table if not exists casebook.run_profile (
    run_id varchar not null,
    place bigint not null,             -- 1, 2 ...: the order in which runs were first published
    what varchar not null,             -- indicator, score, source, top
    subject_type varchar,
    name varchar not null,             -- the indicator, the source; of a top list its lead
    n bigint not null,                 -- how many it was measured for
    edges varchar,                     -- json: nine inner deciles
    counts varchar,                    -- json: how many in each bin
    hits bigint,                       -- of a source
    noise double                       -- of a source: hits vary this much more than chance from month to month
);

-- 已核疑点: the findings a closed lead rested on, and the tips (tip:<tip_id>); a later lead of the subject needs others
create table if not exists casebook.judged_finding (
    lead_id varchar not null,
    finding_id varchar not null
);

-- 现行结论: of several verdicts on one lead (or one subject without lead) and rule the latest counts
create or replace view casebook.current_verdict as
select * exclude (place)
from (
    select *, row_number() over (
            partition by coalesce(lead_id, subject_type || '|' || subject_id || '|' || coalesce(case_no, '')),
                coalesce(rule, '')
            order by decided_on desc, imported_at desc, row_number desc
        ) as place
    from casebook.verdict
) as ordered
where place = 1;

-- ------------------------------------------------------------------------------------------------- run
create table if not exists run.warehouse (
    format integer not null            -- a newer number than the program knows is never opened for writing
);

-- 交付文件: one row a delivered file content
create table if not exists run.input_file (
    file_id varchar not null,          -- sha256 of the content
    file varchar not null,             -- path inside the delivery
    source_table varchar not null,     -- setl_d, ...
    loaded_at timestamp,
    rows_in bigint,
    yuan_in decimal(18,2),
    folder varchar,                    -- the delivery's folder, absolute
    header varchar,                    -- json: its header cells, to read a mended reject again
    delimiter varchar,
    is_newer boolean                   -- a person said that it stands where its delivery contradicts itself
);

-- 拒收: rows that could not be read, with their own text, to be mended and delivered again
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
    dismissed_at timestamp
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
    finished_at timestamp,
    input varchar,
    folder varchar
);

-- ----------------------------------------------------------------------------------------------- truth
create table if not exists truth.scheme_subject (
    scheme varchar not null,           -- 手法
    subject_type varchar not null,
    subject_id varchar not null,
    group_id varchar,
    amount decimal(16,2)               -- planted eligible yuan
);

create table if not exists truth.scheme_line (
    scheme varchar not null,
    subject_type varchar,
    subject_id varchar,
    group_id varchar,
    settlement_id varchar,
    line_id varchar,
    amount decimal(16,2)
);

create table if not exists truth.confounder (
    kind varchar not null,             -- 形似而实非
    subject_type varchar,
    subject_id varchar
);
