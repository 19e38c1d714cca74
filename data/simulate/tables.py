"""The care tables under their national names: setl_d, mdtrt_d, fee_list_d and the diagnosis and operation lists."""

from __future__ import annotations

from datetime import date, datetime

import numpy as np
import polars as pl

from data.simulate import names
from data.simulate.bill import Bill
from data.simulate.catalogue import Ints
from data.simulate.clock import DAY
from data.simulate.town import BIRTH, CHRONIC, PURCHASE, STAYS, Town

SETTLEMENT, ENCOUNTER, LINE = "990125", "990111", "990177"
OUT = {0: 2, 1: 3, 2: 4}


def number(prefix: str, column: pl.Expr | str, stride: int = 3) -> pl.Expr:
    """A national-looking id: six digits of prefix and twelve of number; null where the number is negative."""
    value = pl.col(column) if isinstance(column, str) else column
    text = pl.concat_str(pl.lit(prefix), ((value + 1) * stride).cast(pl.String).str.zfill(12))
    return pl.when(value >= 0).then(text)


def yuan(column: str) -> pl.Expr:
    """Whole cents as yuan with two decimals, as text."""
    cents = pl.col(column)
    whole = cents.abs()
    sign = pl.when(cents < 0).then(pl.lit("-")).otherwise(pl.lit(""))
    return pl.concat_str(
        sign, (whole // 100).cast(pl.String), pl.lit("."), (whole % 100).cast(pl.String).str.zfill(2)
    )


def moment(town: Town, column: str) -> pl.Expr:
    """Seconds since the year's start as a date and time."""
    base = pl.lit(datetime(town.year, 1, 1))
    return (base + pl.duration(seconds=pl.col(column))).dt.strftime("%Y-%m-%d %H:%M:%S")


def day(town: Town, column: str) -> pl.Expr:
    """A day of the year as a date."""
    return pl.lit(date(town.year, 1, 1)) + pl.duration(days=pl.col(column))


def gather(values: pl.Series, rows: Ints | pl.Series) -> pl.Series:
    """The values at the row numbers, null where the number is negative."""
    rows = np.asarray(rows, dtype=np.int64)
    return values.gather(pl.Series(np.where(rows < 0, 0, rows))).zip_with(
        pl.Series(rows >= 0), pl.Series([None], dtype=values.dtype).new_from_index(0, len(rows))
    )


def _division_codes() -> pl.Series:
    return pl.Series([code for code, _ in names.DIVISIONS] + [code for code, _ in names.ELSEWHERE])


def _whose(town: Town, frame: pl.DataFrame) -> dict[str, pl.Series]:
    """Columns that describe a row's person and institution, by their row numbers."""
    person, place = frame["person"], frame["place"]
    who = {
        name: gather(town.people[name], person)
        for name in ("psn_no", "name", "certno", "birth", "insutype", "psn_type", "phone", "address", "age")
    }
    where = {f"place_{name}": gather(town.places[name], place) for name in ("code", "name", "hosp_lv")}
    sex = gather(town.people["coded_sex"], person)
    home = gather(_division_codes(), gather(town.people["division"], person))
    division = gather(town.places["division"], place)
    away = (division - 6).clip(0)
    servant = gather(town.people["civil"], person)
    return {
        **who,
        **where,
        "servant": servant,
        "coded_sex": sex,
        "home": home,
        "area": gather(_division_codes(), division),
        "pay_loc": away.replace_strict(OUT, return_dtype=pl.Int64),
    }


def _disease(town: Town, frame: pl.DataFrame) -> list[pl.Series]:
    chronic = frame["chronic"]
    return [
        gather(town.cat.chronic["code"], chronic).alias("dise_no"),
        gather(town.cat.chronic["name"], chronic).alias("dise_name"),
    ]


def settlements(town: Town, bill: Bill) -> pl.DataFrame:
    """setl_d."""
    s = bill.settlements.with_columns(**_whose(town, bill.settlements)).with_columns(
        _disease(town, bill.settlements)
    )
    code = pl.lit
    money = {
        "medfee_sumamt": "amount",
        "fulamt_ownpay_amt": "own",
        "overlmt_selfpay": "over",
        "preselfpay_amt": "first",
        "inscp_amt": "eligible",
        "act_pay_dedc": "deductible",
        "hifp_pay": "pool",
    }
    zero = [code("0.00").alias(c) for c in ("hifes_pay", "hifdm_pay", "othfund_pay")]
    return s.select(
        number(SETTLEMENT, "settlement").alias("setl_id"),
        number(ENCOUNTER, "encounter").alias("mdtrt_id"),
        number(SETTLEMENT, "original").alias("init_setl_id"),
        "psn_no",
        psn_name="name",
        psn_cert_type=code("01"),
        certno="certno",
        gend="coded_sex",
        brdy="birth",
        age="age",
        insutype="insutype",
        psn_type="psn_type",
        cvlserv_flag=pl.col("servant").cast(pl.Int8),
        insu_admdvs="home",
        pay_loc="pay_loc",
        fixmedins_code="place_code",
        fixmedins_name="place_name",
        hosp_lv="place_hosp_lv",
        fix_blng_admdvs="area",
        begndate=day(town, "first_day"),
        enddate=day(town, "last_day"),
        setl_time=moment(town, "settled"),
        mdtrt_cert_type=pl.col("cert").cast(pl.String).str.zfill(2),
        med_type="kind",
        setl_type=code("2"),
        clr_type=pl.when(pl.col("kind").is_in(STAYS))
        .then(21)
        .when(pl.col("kind") == PURCHASE)
        .then(41)
        .otherwise(11),
        clr_way="clearing",
        **{k: yuan(v) for k, v in money.items()},
        pool_prop_selfpay=(pl.col("share") / 100).round(2),
        cvlserv_pay=yuan("civil"),
        hifmi_pay=yuan("catastrophic"),
        hifob_pay=yuan("large"),
        maf_pay=yuan("aid"),
        fund_pay_sumamt=yuan("fund"),
        psn_pay=yuan("personal"),
        acct_pay=yuan("account"),
        cash_payamt=yuan("cash"),
        acct_mulaid_pay=yuan("family"),
        refd_setl_flag=(pl.col("sign") < 0).cast(pl.Int8),
        mid_setl_flag=pl.col("is_interim").cast(pl.Int8),
        dise_no="dise_no",
        dise_name="dise_name",
        invono=(pl.col("settlement") * 3 + 10_000_007),
        poolarea_no=code(names.CITY[0]),
        year=code(str(town.year)),
        vali_flag=code("1"),
    ).with_columns(zero)


def encounters(town: Town, bill: Bill) -> pl.DataFrame:
    """mdtrt_d."""
    v = bill.visits
    stay = pl.col("kind").is_in(STAYS)
    dept, doctor, diag = v["dept"], v["doctor"], v["diag"]
    code, name = town.cat.diagnoses["code"], town.cat.diagnoses["name"]
    clockless = pl.Series(town.place("clockless"))[v["place"].to_numpy()]
    extra = {
        "dept": gather(town.cat.departments["code"], dept),
        "dept_name": gather(town.cat.departments["name"], dept),
        "dr": gather(town.doctors["code"], doctor),
        "dr_name": gather(town.doctors["name"], doctor),
        "dx": gather(code, diag),
        "dx_name": gather(name, diag),
        "death": gather(town.people["death"], v["person"]),
    }
    v = (
        v.with_columns(**_whose(town, v), **extra)
        .with_columns(_disease(town, v))
        .with_columns(
            begin=pl.when(clockless & ~stay).then(pl.col("begin") // DAY * DAY).otherwise(pl.col("begin"))
        )
    )
    seen = pl.col("kind") != PURCHASE
    in_bed = (pl.col("end") // DAY - pl.col("begin") // DAY).clip(1)
    return v.select(
        number(ENCOUNTER, "encounter").alias("mdtrt_id"),
        "psn_no",
        psn_name="name",
        gend="coded_sex",
        brdy="birth",
        insutype="insutype",
        insu_admdvs="home",
        pay_loc="pay_loc",
        fixmedins_code="place_code",
        fixmedins_name="place_name",
        hosp_lv="place_hosp_lv",
        fix_blng_admdvs="area",
        begntime=moment(town, "begin"),
        endtime=moment(town, "end"),
        mdtrt_cert_type=pl.col("cert").cast(pl.String).str.zfill(2),
        med_type="kind",
        rloc_type=pl.when(pl.col("pay_loc") > 2).then(1),
        ars_year_ipt_flag=pl.lit("0"),
        ipt_otp_no=pl.concat_str(
            pl.when(stay).then(pl.lit("ZY")).otherwise(pl.lit("MZ")), pl.col("encounter")
        ),
        medrcdno=pl.when(stay).then(pl.concat_str(pl.lit("BA"), pl.col("person") * 7 + 100_003)),
        chfpdr_code="dr",
        chfpdr_name="dr_name",
        adm_diag_dscr=pl.when(seen).then("dx_name"),
        adm_dept_codg="dept",
        adm_dept_name="dept_name",
        adm_bed=pl.when(stay).then(
            pl.concat_str("dept", pl.lit("-"), (pl.col("visit") % 23 + 1).cast(pl.String).str.zfill(2))
        ),
        dscg_maindiag_code=pl.when(seen).then("dx"),
        dscg_maindiag_name=pl.when(seen).then("dx_name"),
        dscg_dept_codg=pl.when(stay).then("dept"),
        dscg_way=pl.when(stay).then("way"),
        dise_no="dise_no",
        dise_name="dise_name",
        ipt_days=pl.when(stay).then(in_bed).otherwise(0),
        inhosp_stas=pl.lit("0"),
        die_date=pl.when(stay & (pl.col("way") == 5)).then(day(town, "death")),
        ttp_pay_flag=pl.lit("0"),
        matn_type=pl.when(pl.col("kind") == BIRTH).then(1),
        tel="phone",
        addr="address",
        year=pl.lit(str(town.year)),
        vali_flag=pl.lit("1"),
    )


def fee_lines(town: Town, lines: pl.DataFrame) -> pl.DataFrame:
    """fee_list_d for a slice of the lines."""
    item, place = lines["item"].to_numpy(), lines["place"].to_numpy()
    of_item = {
        name: gather(town.cat.items[name], item)
        for name in (
            "code",
            "name",
            "catalogue_type",
            "fee_category",
            "class",
            "spec",
            "form",
            "own_share",
            "is_restricted",
        )
    }
    limit = pl.Series(town.limit[place, item])
    doctor, dept = lines["doctor"], lines["dept"]
    extra = {
        "psn_no": gather(town.people["psn_no"], lines["person"]),
        "place_code": gather(town.places["code"], place),
        "home": gather(_division_codes(), gather(town.people["division"], lines["person"])),
        "limit": limit,
        "take_home": lines["home"],
        "own_code": pl.Series(item * 37 % 9000 + 1000),
        "dept_code": gather(town.cat.departments["code"], dept),
        "dept_name": gather(town.cat.departments["name"], dept),
        "dr": gather(town.doctors["code"], doctor),
        "dr_name": gather(town.doctors["name"], doctor),
    }
    drug = pl.col("catalogue_type").is_in(["101", "102"])
    moved = (pl.col("kind") == CHRONIC) & pl.col("dept_code").is_null()
    return lines.with_columns(**of_item, **extra).select(
        number(LINE, "line").alias("bkkp_sn"),
        number(ENCOUNTER, "encounter").alias("mdtrt_id"),
        number(SETTLEMENT, "settlement").alias("setl_id"),
        number(LINE, "reverses").alias("init_feedetl_sn"),
        fee_ocur_time=moment(town, "at"),
        rx_drord_no=pl.col("encounter") * 100 + pl.col("at") // DAY % 97,
        fixmedins_code="place_code",
        psn_no="psn_no",
        med_type="kind",
        cnt=pl.concat_str(pl.col("cnt"), pl.lit(".00")),
        pric=yuan("price"),
        det_item_fee_sumamt=yuan("amount"),
        pric_uplmt_amt=pl.when(pl.col("limit") > 0).then(yuan("limit")),
        selfpay_prop=(pl.col("own_share") / 100).round(2),
        fulamt_ownpay_amt=yuan("own"),
        overlmt_selfpay=yuan("over"),
        preselfpay_amt=yuan("first"),
        inscp_amt=yuan("eligible"),
        chrgitm_lv="class",
        hilist_code="code",
        hilist_name="name",
        list_type="catalogue_type",
        med_list_codg="code",
        medins_list_codg=pl.concat_str(pl.lit("LC0"), "own_code"),
        medins_list_name="name",
        med_chrgitm_type="fee_category",
        spec=pl.when(drug).then("spec"),
        dosform_name=pl.when(drug).then("form"),
        bilg_dept_codg="dept_code",
        bilg_dept_name="dept_name",
        bilg_dr_code="dr",
        bilg_dr_name="dr_name",
        acord_dept_codg="dept_code",
        acord_dr_code="dr",
        lmt_used_flag="is_restricted",
        hosp_appr_flag="is_restricted",
        dscg_tkdrug_flag="take_home",
        prd_days="days",
        rx_circ_flag=moved.cast(pl.Int8),
        insu_admdvs="home",
        vali_flag=pl.lit("1"),
    )


def diagnoses(town: Town, bill: Bill) -> pl.DataFrame:
    """mdcs_fund_setl_list_diag_d: the main and the accompanying diagnosis of each settlement with a practitioner."""
    s = bill.settlements.filter((pl.col("kind") != PURCHASE) & (pl.col("diag") >= 0) & (pl.col("sign") > 0))
    both = pl.concat(
        [
            s.select("settlement", "encounter", "person", "diag", main=pl.lit(1)),
            s.filter(pl.col("diag2") >= 0).select(
                "settlement", "encounter", "person", diag="diag2", main=pl.lit(0)
            ),
        ]
    ).sort("settlement", -pl.col("main"))
    return both.select(
        number(SETTLEMENT, "settlement").alias("setl_id"),
        number(ENCOUNTER, "encounter").alias("mdtrt_id"),
        gather(town.people["psn_no"], both["person"]).alias("psn_no"),
        pl.when(pl.col("main") == 1).then(pl.lit("1")).otherwise(pl.lit("2")).alias("diag_type"),
        maindiag_flag="main",
        diag_code=gather(town.cat.diagnoses["code"], both["diag"]),
        diag_name=gather(town.cat.diagnoses["name"], both["diag"]),
        adm_cond_type=pl.lit("1"),
    )


def operations(town: Town, bill: Bill) -> pl.DataFrame:
    """mdcs_fund_setl_list_oprn_d."""
    s = bill.settlements.filter((pl.col("oprn") >= 0) & (pl.col("sign") > 0))
    table = town.cat.operations.group_by("diag").agg(pl.col("oprn_code", "oprn_name").first()).sort("diag")
    s = s.join(table, left_on="oprn", right_on="diag", maintain_order="left")
    done = pl.min_horizontal(pl.col("begin") // DAY + 1, pl.col("end") // DAY)
    return s.select(
        number(SETTLEMENT, "settlement").alias("setl_id"),
        number(ENCOUNTER, "encounter").alias("mdtrt_id"),
        gather(town.people["psn_no"], s["person"]).alias("psn_no"),
        main_oprn_flag=pl.lit("1"),
        oprn_oprt_code="oprn_code",
        oprn_oprt_name="oprn_name",
        oprn_oprt_date=pl.lit(date(town.year, 1, 1)) + pl.duration(days=done),
        oper_dr_code=gather(town.doctors["code"], s["doctor"]),
    )
