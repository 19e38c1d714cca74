-- What lies outside the bills, all extensions: a delivery may hold it, and rules say without it that they cannot judge.

-- 长护险服务记录 ltc_serv_d: one visit of a carer or day in a care institution; key: service_id
create table if not exists record.long_term_care_service (
    service_id varchar not null,           -- 服务记录ID serv_id
    person_id varchar,                     -- 人员编号 psn_no
    institution_id varchar,                -- 定点护理机构编号 fixmedins_code
    carer_id varchar,                      -- 护理人员编号 serv_psn_no
    service_form varchar,                  -- 服务形式 serv_way
    item_name varchar,                     -- 服务项目名称 serv_item_name
    started_at timestamp,                  -- 服务开始时间 begntime
    ended_at timestamp,                    -- 服务结束时间 endtime
    amount decimal(16,2),                  -- 服务费用 serv_fee
    fund_amount decimal(16,2),             -- 基金支付总额 fund_pay_sumamt
    is_refund boolean,                     -- 退费结算标志 refd_setl_flag
    is_valid boolean,                      -- 有效标志 vali_flag
    updated_at timestamp,                  -- 更新时间 updt_time, where delivered
    file_id varchar,                       -- the delivery file, run.input_file
    row_number bigint                      -- its data row there, from 1
);

-- 个人账户收入明细 acct_inc_detl_d: one amount put into a personal account; key: credit_id
create table if not exists record.account_credit (
    credit_id varchar not null,            -- 个人账户收入明细ID acct_inc_id
    person_id varchar,                     -- 人员编号 psn_no
    credit_type varchar,                   -- 账户收入类型 inc_type
    due_from date,                         -- 费款所属期开始 accrym_begn
    due_to date,                           -- 费款所属期结束 accrym_end
    credited_on date,                      -- 划入日期 inc_time
    amount decimal(16,2),                  -- 划入金额 inc_amt
    is_valid boolean,                      -- 有效标志 vali_flag
    updated_at timestamp,                  -- 更新时间 updt_time, where delivered
    file_id varchar,                       -- the delivery file, run.input_file
    row_number bigint                      -- its data row there, from 1
);

-- 家庭医生签约服务记录 fmly_sign_serv_d: one service of a family doctor's package; key: service_id
create table if not exists record.package_service (
    service_id varchar not null,           -- 服务记录ID serv_id
    person_id varchar,                     -- 人员编号 psn_no
    institution_id varchar,                -- 定点医药机构编号 fixmedins_code
    practitioner_id varchar,               -- 签约医师代码 sign_dr_code
    package_name varchar,                  -- 服务包名称 pack_name
    service_form varchar,                  -- 服务形式 serv_way
    served_on date,                        -- 服务日期 serv_date
    amount decimal(16,2),                  -- 服务费用 serv_fee
    fund_amount decimal(16,2),             -- 基金支付总额 fund_pay_sumamt
    is_refund boolean,                     -- 退费结算标志 refd_setl_flag
    is_valid boolean,                      -- 有效标志 vali_flag
    updated_at timestamp,                  -- 更新时间 updt_time, where delivered
    file_id varchar,                       -- the delivery file, run.input_file
    row_number bigint                      -- its data row there, from 1
);

-- 集采约定采购量 vbp_agre_d: what an institution agreed to buy of a drug in a period; key: institution_id, generic_name, period_from
create table if not exists record.agreed_volume (
    institution_id varchar not null,       -- 定点医药机构编号 fixmedins_code
    generic_name varchar not null,         -- 通用名 genname
    period_from date not null,             -- 协议期开始 begndate
    period_to date,                        -- 协议期结束 enddate
    agreed_quantity decimal(16,4),         -- 约定采购量 agre_cnt
    updated_at timestamp,                  -- 更新时间 updt_time, where delivered
    file_id varchar,                       -- the delivery file, run.input_file
    row_number bigint                      -- its data row there, from 1
);

-- 药品采购记录 drug_purc_d: one purchase by an institution; key: purchase_id
create table if not exists record.purchase (
    purchase_id varchar not null,          -- 采购记录ID purc_id
    institution_id varchar,                -- 定点医药机构编号 fixmedins_code
    catalogue_code varchar,                -- 医疗目录编码 med_list_codg
    generic_name varchar,                  -- 通用名 genname
    purchased_on date,                     -- 采购日期 purc_date
    quantity decimal(16,4),                -- 采购数量 cnt
    amount decimal(16,2),                  -- 采购金额 purc_amt
    is_on_platform boolean,                -- 平台采购标志 plat_flag
    is_selected boolean,                   -- 中选标志 vbp_selected_flag
    is_return boolean,                     -- 退货标志 retn_flag
    updated_at timestamp,                  -- 更新时间 updt_time, where delivered
    file_id varchar,                       -- the delivery file, run.input_file
    row_number bigint                      -- its data row there, from 1
);

-- DRG/DIP分组结果 drg_grp_d: the group that a stay was paid by; key: settlement_id
create table if not exists record.payment_group (
    settlement_id varchar not null,        -- 结算ID setl_id
    encounter_id varchar,                  -- 就诊ID mdtrt_id
    person_id varchar,                     -- 人员编号 psn_no
    institution_id varchar,                -- 定点医药机构编号 fixmedins_code
    grouping_way varchar,                  -- 分组方式 grp_way
    group_code varchar,                    -- 分组编码 grp_code
    group_name varchar,                    -- 分组名称 grp_name
    principal_diagnosis_code varchar,      -- 分组主诊断代码 maindiag_code
    weight decimal(16,4),                  -- 权重或分值 grp_wt
    point_value decimal(16,6),             -- 点值或费率 point_val
    payment_standard decimal(16,2),        -- 支付标准 grp_pay_std
    case_type varchar,                     -- 病例类型 case_type
    grouped_on date,                       -- 分组日期 grp_date
    updated_at timestamp,                  -- 更新时间 updt_time, where delivered
    file_id varchar,                       -- the delivery file, run.input_file
    row_number bigint                      -- its data row there, from 1
);

-- 异地就医对方结算 outmed_setl_d: a bill of care away from home as the other side keeps it; key: settlement_id
create table if not exists record.other_side_settlement (
    settlement_id varchar not null,        -- 结算ID setl_id
    person_id varchar,                     -- 人员编号 psn_no
    institution_id varchar,                -- 定点医药机构编号 fixmedins_code
    insured_division varchar,              -- 参保所属医保区划 insu_admdvs
    started_on date,                       -- 开始日期 begndate
    ended_on date,                         -- 结束日期 enddate
    total_amount decimal(16,2),            -- 医疗费总额 medfee_sumamt
    fund_amount decimal(16,2),             -- 基金支付总额 fund_pay_sumamt
    is_valid boolean,                      -- 有效标志 vali_flag
    updated_at timestamp,                  -- 更新时间 updt_time, where delivered
    file_id varchar,                       -- the delivery file, run.input_file
    row_number bigint                      -- its data row there, from 1
);
