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
