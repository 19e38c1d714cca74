"""setl_d and mdtrt_d under their national names."""

from __future__ import annotations

import polars as pl

from data.simulate.care.bill import Bill
from data.simulate.export.columns import (
    ENCOUNTER,
    SETTLEMENT,
    day,
    disease,
    gather,
    moment,
    number,
    ordered,
    whose,
    yuan,
)
from data.simulate.town import names
from data.simulate.town.clock import DAY
from data.simulate.town.town import BIRTH, PURCHASE, STAYS, Town

SETTLEMENT_ORDER = """
setl_id mdtrt_id init_setl_id psn_no psn_name psn_cert_type certno gend brdy age insutype psn_type
cvlserv_flag insu_admdvs pay_loc fixmedins_code fixmedins_name hosp_lv fix_blng_admdvs begndate enddate
setl_time emp_no opter_id mdtrt_cert_type med_type setl_type manl_reim_rea clr_type clr_way medfee_sumamt
fulamt_ownpay_amt
overlmt_selfpay preselfpay_amt inscp_amt act_pay_dedc hifp_pay pool_prop_selfpay cvlserv_pay hifes_pay
hifmi_pay hifob_pay hifdm_pay maf_pay othfund_pay fund_pay_sumamt psn_pay acct_pay cash_payamt
acct_mulaid_pay refd_setl_flag mid_setl_flag dise_no dise_name invono poolarea_no year vali_flag
"""
ENCOUNTER_ORDER = """
mdtrt_id psn_no psn_name gend brdy insutype insu_admdvs pay_loc fixmedins_code fixmedins_name hosp_lv
fix_blng_admdvs begntime endtime mdtrt_cert_type med_type rloc_type ars_year_ipt_flag ipt_otp_no
medrcdno chfpdr_code chfpdr_name adm_diag_dscr adm_dept_codg adm_dept_name adm_bed dscg_maindiag_code
dscg_maindiag_name dscg_dept_codg dscg_way dise_no dise_name emp_no ipt_days inhosp_stas die_date ttp_pay_flag
matn_type tel addr year vali_flag
"""
# Headers whose column only has another name in the simulator.
SHARED = {
    "psn_no": "psn_no", "psn_name": "name", "gend": "coded_sex", "brdy": "birth", "insutype": "insutype",
    "insu_admdvs": "home", "pay_loc": "pay_loc", "fixmedins_code": "place_code",
    "fixmedins_name": "place_name", "hosp_lv": "place_hosp_lv", "fix_blng_admdvs": "area",
    "med_type": "kind", "dise_no": "dise_no", "dise_name": "dise_name", "emp_no": "unit",
}  # fmt: skip
MONEY = {
    "medfee_sumamt": "amount", "fulamt_ownpay_amt": "own", "overlmt_selfpay": "over",
    "preselfpay_amt": "first", "inscp_amt": "eligible", "act_pay_dedc": "deductible", "hifp_pay": "pool",
    "cvlserv_pay": "civil", "hifmi_pay": "catastrophic", "hifob_pay": "large", "maf_pay": "aid",
    "fund_pay_sumamt": "fund", "psn_pay": "personal", "acct_pay": "account", "cash_payamt": "cash",
    "acct_mulaid_pay": "family",
}  # fmt: skip


def _credential() -> pl.Expr:
    return pl.col("cert").cast(pl.String).str.zfill(2)


def _operator() -> pl.Expr:
    """Who keyed it: one of three at the institution's counter, for paper bills one of two at the agency."""
    till = pl.when(pl.col("desk") > 0).then(pl.col("desk")).otherwise(pl.col("visit") % 3 + 1)
    desk = pl.concat_str("place_code", pl.lit("-"), till)
    agency = pl.concat_str(pl.lit("9901JB0"), pl.col("person") % 2 + 1)
    return pl.when(pl.col("manual") == 1).then(agency).otherwise(desk)


def settlements(town: Town, bill: Bill) -> pl.DataFrame:
    """setl_d."""
    s = bill.settlements.with_columns(**whose(town, bill.settlements)).with_columns(disease(town, bill.settlements))
    first = s.filter(pl.col("sign") > 0).group_by("visit").agg(of_twin=pl.col("settlement").min())
    s = s.join(first, left_on="twin", right_on="visit", how="left", maintain_order="left")
    clearing = pl.when(pl.col("kind").is_in(STAYS)).then(21).when(pl.col("kind") == PURCHASE).then(41)
    columns: dict[str, pl.Expr | pl.Series | str] = {
        **SHARED,
        **{header: yuan(column) for header, column in MONEY.items()},
        **{header: pl.lit("0.00") for header in ("hifes_pay", "hifdm_pay", "othfund_pay")},
        "setl_id": number(SETTLEMENT, "settlement"),
        "mdtrt_id": number(ENCOUNTER, "encounter"),
        "init_setl_id": number(SETTLEMENT, "original"),
        "psn_cert_type": pl.lit("01"),
        "certno": "certno",
        "age": "age",
        "psn_type": "psn_type",
        "cvlserv_flag": pl.col("servant").cast(pl.Int8),
        "begndate": day(town, "first_day"),
        "enddate": day(town, "last_day"),
        "setl_time": moment(town, "settled"),
        "mdtrt_cert_type": _credential(),
        "setl_type": pl.when(pl.col("manual") == 1).then(pl.lit("1")).otherwise(pl.lit("2")),
        "manl_reim_rea": pl.when(pl.col("manual") == 1).then(pl.lit("1")),
        "opter_id": _operator(),
        "clr_type": clearing.otherwise(11),
        "clr_way": "clearing",
        "pool_prop_selfpay": (pl.col("share") / 100).round(2),
        "refd_setl_flag": (pl.col("sign") < 0).cast(pl.Int8),
        "mid_setl_flag": pl.col("is_interim").cast(pl.Int8),
        "invono": pl.coalesce(pl.col("of_twin"), pl.col("settlement")) * 3 + 10_000_007,
        "poolarea_no": pl.lit(names.CITY[0]),
        "year": pl.lit(str(town.year)),
        "vali_flag": pl.lit("1"),
    }
    return s.select(ordered(columns, SETTLEMENT_ORDER))


def _seen_by(town: Town, visits: pl.DataFrame) -> dict[str, pl.Series]:
    """Department, practitioner and diagnosis of each visit, and the day its person dies."""
    dept, doctor, diag = visits["dept"], visits["doctor"], visits["diag"]
    return {
        "dept_code": gather(town.cat.departments["code"], dept),
        "dept_name": gather(town.cat.departments["name"], dept),
        "dr": gather(town.doctors["code"], doctor),
        "dr_name": gather(town.doctors["name"], doctor),
        "dx": gather(town.cat.diagnoses["code"], diag),
        "dx_name": gather(town.cat.diagnoses["name"], diag),
        "death": gather(town.people["death"], visits["person"]),
    }


def _in_bed(town: Town) -> dict[str, pl.Expr]:
    """The columns that only a stay fills."""
    stay = pl.col("kind").is_in(STAYS)
    days = (pl.col("end") // DAY - pl.col("begin") // DAY).clip(1)
    bed = pl.concat_str("dept_code", pl.lit("-"), (pl.col("visit") % 23 + 1).cast(pl.String).str.zfill(2))
    return {
        "ipt_otp_no": pl.concat_str(pl.when(stay).then(pl.lit("ZY")).otherwise(pl.lit("MZ")), pl.col("encounter")),
        "medrcdno": pl.when(stay).then(pl.concat_str(pl.lit("BA"), pl.col("person") * 7 + 100_003)),
        "adm_bed": pl.when(stay).then(bed),
        "dscg_dept_codg": pl.when(stay).then("dept_code"),
        "dscg_way": pl.when(stay).then("way"),
        "ipt_days": pl.when(stay).then(days).otherwise(0),
        "die_date": pl.when(stay & (pl.col("way") == 5)).then(day(town, "death")),
        "matn_type": pl.when(pl.col("kind") == BIRTH).then(1),
    }


def encounters(town: Town, bill: Bill) -> pl.DataFrame:
    """mdtrt_d; institutions without a clock write midnight."""
    v = bill.visits
    clockless = pl.Series(town.place("clockless"))[v["place"].to_numpy()] & ~v["kind"].is_in(STAYS)
    given = gather(town.people["phone"], v["caller"])
    v = v.with_columns(**whose(town, v), **_seen_by(town, v)).with_columns(disease(town, v))
    v = v.with_columns(begin=pl.when(clockless).then(pl.col("begin") // DAY * DAY).otherwise(pl.col("begin")))
    seen = pl.col("kind") != PURCHASE
    columns: dict[str, pl.Expr | pl.Series | str] = {
        **SHARED,
        **_in_bed(town),
        "mdtrt_id": number(ENCOUNTER, "encounter"),
        "begntime": moment(town, "begin"),
        "endtime": moment(town, "end"),
        "mdtrt_cert_type": _credential(),
        "rloc_type": pl.when(pl.col("pay_loc") > 2).then(1),
        "ars_year_ipt_flag": pl.lit("0"),
        "chfpdr_code": "dr",
        "chfpdr_name": "dr_name",
        "adm_diag_dscr": pl.when(seen).then("dx_name"),
        "adm_dept_codg": "dept_code",
        "adm_dept_name": "dept_name",
        "dscg_maindiag_code": pl.when(seen).then("dx"),
        "dscg_maindiag_name": pl.when(seen).then("dx_name"),
        "inhosp_stas": pl.lit("0"),
        "ttp_pay_flag": "third",
        "tel": pl.coalesce(given, "phone"),
        "addr": "address",
        "year": pl.lit(str(town.year)),
        "vali_flag": pl.lit("1"),
    }
    return v.select(ordered(columns, ENCOUNTER_ORDER))
