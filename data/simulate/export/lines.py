"""fee_list_d and the diagnosis and operation lists under their national names."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl

from data.simulate.care.bill import Bill
from data.simulate.export.columns import (
    ENCOUNTER,
    LINE,
    SETTLEMENT,
    division_codes,
    gather,
    moment,
    number,
    ordered,
    yuan,
)
from data.simulate.town.clock import DAY
from data.simulate.town.town import CHRONIC, PURCHASE, Town

ITEM = (
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
ORDER = """bkkp_sn mdtrt_id setl_id init_feedetl_sn fee_ocur_time rx_drord_no fixmedins_code psn_no med_type
cnt pric det_item_fee_sumamt pric_uplmt_amt selfpay_prop fulamt_ownpay_amt overlmt_selfpay
preselfpay_amt inscp_amt chrgitm_lv hilist_code hilist_name list_type med_list_codg medins_list_codg
medins_list_name med_chrgitm_type spec dosform_name bilg_dept_codg bilg_dept_name bilg_dr_code
bilg_dr_name acord_dept_codg acord_dr_code lmt_used_flag hosp_appr_flag dscg_tkdrug_flag prd_days
rx_circ_flag insu_admdvs vali_flag"""
RENAMED = {
    "fixmedins_code": "place_code", "psn_no": "psn_no", "med_type": "kind", "chrgitm_lv": "class",
    "hilist_code": "code", "hilist_name": "name", "list_type": "catalogue_type", "med_list_codg": "code",
    "medins_list_name": "own_name", "med_chrgitm_type": "fee_category", "bilg_dept_codg": "dept_code",
    "bilg_dept_name": "dept_name", "bilg_dr_code": "dr", "bilg_dr_name": "dr_name",
    "acord_dept_codg": "dept_code", "acord_dr_code": "dr", "lmt_used_flag": "is_restricted",
    "hosp_appr_flag": "is_restricted", "dscg_tkdrug_flag": "take_home", "prd_days": "days",
    "insu_admdvs": "insured_at",
}  # fmt: skip
NAMED = {"place": pl.Int64, "item": pl.Int64, "called": pl.String}
MONEY = {
    "pric": "price", "det_item_fee_sumamt": "amount", "fulamt_ownpay_amt": "own", "overlmt_selfpay": "over",
    "preselfpay_amt": "first", "inscp_amt": "eligible",
}  # fmt: skip


def _described(town: Town, lines: pl.DataFrame) -> pl.DataFrame:
    """Lines with the names and codes of their item, person, institution, department and practitioner."""
    item, place = lines["item"].to_numpy(), lines["place"].to_numpy()
    # The institution's own code and name say what was given, the national code what was charged.
    own = np.where(lines["given"].to_numpy() >= 0, lines["given"].to_numpy(), item)
    of_item = {name: gather(town.cat.items[name], item) for name in ITEM}
    called = pl.concat(town.own_names) if town.own_names else pl.DataFrame(schema=NAMED)
    called = lines.select("place", item=own).join(called, on=["place", "item"], how="left", maintain_order="left")
    return lines.with_columns(
        **of_item,
        psn_no=gather(town.people["psn_no"], lines["person"]),
        place_code=gather(town.places["code"], place),
        insured_at=gather(division_codes(), gather(town.people["division"], lines["person"])),
        limit=pl.Series(town.limit[place, item]),
        take_home=lines["home"],
        own_code=pl.Series(own * 37 % 9000 + 1000),
        own_name=pl.coalesce(
            gather(town.cat.goods["name"], lines["goods"]), called["called"], gather(town.cat.items["name"], own)
        ),
        dept_code=gather(town.cat.departments["code"], lines["dept"]),
        dept_name=gather(town.cat.departments["name"], lines["dept"]),
        dr=gather(town.doctors["code"], lines["doctor"]),
        dr_name=gather(town.doctors["name"], lines["doctor"]),
    )


def fee_lines(town: Town, lines: pl.DataFrame) -> pl.DataFrame:
    """fee_list_d for a slice of the lines."""
    drug = pl.col("catalogue_type").is_in(["101", "102"])
    kind_of_order = pl.when(pl.col("catalogue_type") == "102").then(1).when(drug).then(0).otherwise(2)
    moved = (pl.col("kind") == CHRONIC) & pl.col("dept_code").is_null()
    columns: dict[str, pl.Expr | pl.Series | str] = {
        **RENAMED,
        **{header: yuan(column) for header, column in MONEY.items()},
        "bkkp_sn": number(LINE, "line"),
        "mdtrt_id": number(ENCOUNTER, "encounter"),
        "setl_id": number(SETTLEMENT, "settlement"),
        "init_feedetl_sn": number(LINE, "reverses"),
        "fee_ocur_time": moment(town, "at"),
        # A prescription's number is none of a service's: those have their request's.
        "rx_drord_no": (pl.col("encounter") * 100 + pl.col("at") // DAY % 97) * 10 + kind_of_order,
        "cnt": pl.concat_str(pl.col("cnt"), pl.lit(".00")),
        "pric_uplmt_amt": pl.when(pl.col("limit") > 0).then(yuan("limit")),
        "selfpay_prop": (pl.col("own_share") / 100).round(2),
        "medins_list_codg": pl.concat_str(pl.lit("LC0"), "own_code"),
        "spec": pl.when(drug).then("spec"),
        "dosform_name": pl.when(drug).then("form"),
        "rx_circ_flag": moved.cast(pl.Int8),
        "vali_flag": pl.lit("1"),
    }
    return _described(town, lines).select(ordered(columns, ORDER))


def diagnoses(town: Town, bill: Bill) -> pl.DataFrame:
    """mdcs_fund_setl_list_diag_d: the main and the accompanying diagnosis of each settlement."""
    s = bill.settlements.filter((pl.col("kind") != PURCHASE) & (pl.col("diag") >= 0) & (pl.col("sign") > 0))
    both = pl.concat(
        [
            s.select("settlement", "encounter", "person", "diag", main=pl.lit(1)),
            s.filter(pl.col("diag2") >= 0).select("settlement", "encounter", "person", diag="diag2", main=pl.lit(0)),
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
