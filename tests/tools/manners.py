"""How exports fill their columns: each manner rewrites the rows of a laid practice as one kind of system would send it.

What is lawful stays lawful whoever typed it: no definite finding may rest on a manner.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from data.simulate.honest.care import STAY
from data.simulate.honest.world import World

Manner = Callable[[World], None]
MONEY = ("cnt", "det_item_fee_sumamt", "fulamt_ownpay_amt", "preselfpay_amt", "inscp_amt", "overlmt_selfpay")


def _moment(value: Any) -> datetime:
    return value if isinstance(value, datetime) else datetime.fromisoformat(str(value)[:19])


def _blank(world: World, **columns: str) -> None:
    for table, names in columns.items():
        for row in world.rows[table]:
            row.update({name: "" for name in names.split() if name in row})


def summed_up(world: World) -> None:
    """One line an item, on the last day, with the quantity of the whole stay."""
    met = {row["mdtrt_id"]: row for row in world.rows["mdtrt_d"]}
    kept: dict[tuple[object, ...], dict[str, Any]] = {}
    for row in world.rows["fee_list_d"]:
        line = kept.setdefault((row["setl_id"], row["hilist_code"], row["hilist_name"], row["pric"]), row)
        if line is not row:
            line.update({name: f"{float(line[name]) + float(row[name]):.2f}" for name in MONEY})
        if row["mdtrt_id"] in met:
            line["fee_ocur_time"] = met[row["mdtrt_id"]]["endtime"]
    world.rows["fee_list_d"][:] = kept.values()
    serials = {row["bkkp_sn"] for row in kept.values()}
    world.rows["drug_trac_d"][:] = [row for row in world.rows["drug_trac_d"] if row["bkkp_sn"] in serials]


def posted_at_settlement(world: World) -> None:
    """Every line bears the time of the settlement, whatever the day of care."""
    times = {row["setl_id"]: row["setl_time"] for row in world.rows["setl_d"]}
    for row in world.rows["fee_list_d"]:
        row["fee_ocur_time"] = row["crte_time"] = times[row["setl_id"]]


def midnight(world: World) -> None:
    """Dates without a clock, as 00:00:00."""
    times = {"fee_list_d": ("fee_ocur_time", "crte_time"), "setl_d": ("setl_time",), "mdtrt_d": ("begntime", "endtime")}
    for table, names in times.items():
        for row in world.rows[table]:
            row.update({name: f"{_moment(row[name]):%Y-%m-%d} 00:00:00" for name in names if row.get(name)})


def month_end(world: World) -> None:
    """Settled in one batch in the last second of the month."""
    for row in world.rows["setl_d"]:
        month = _moment(row["setl_time"]).replace(day=28) + timedelta(days=4)
        row["setl_time"] = (month.replace(day=1) - timedelta(days=1)).replace(hour=23, minute=59, second=59)


def no_diagnoses(world: World) -> None:
    """No settlement list; out-patients have no diagnosis at all."""
    for table in ("mdcs_fund_setl_list_diag_d", "mdcs_fund_setl_list_oprn_d"):
        world.rows[table].clear()
    for row in world.rows["mdtrt_d"]:
        if not str(row["med_type"]).startswith(STAY):
            row["dscg_maindiag_code"] = row["dscg_maindiag_name"] = ""


def no_registers(world: World) -> None:
    """Bills alone: no register of places, physicians, enrolment or chronic diseases."""
    for table in ("opsp_reg_d", "dr_info_b", "psn_insu_d", "medins_info_b", "rtal_phac_b"):
        world.rows[table].clear()


def general_categories(world: World) -> None:
    """Every stay is 21, every visit 11, whatever benefit it was settled under."""
    for table in ("setl_d", "mdtrt_d", "fee_list_d"):
        for row in world.rows[table]:
            kind = str(row["med_type"])
            row["med_type"] = "41" if kind.startswith("41") else "21" if kind.startswith(STAY) else "11"
    _blank(world, setl_d="dise_no dise_name", mdtrt_d="dise_no dise_name")


def no_flags(world: World) -> None:
    """The flags that most systems leave alone are empty."""
    _blank(
        world,
        mdtrt_d="ttp_pay_flag inhosp_stas nwb_flag matn_type adm_bed",
        setl_d="mid_setl_flag setl_type clr_way nwb_flag pay_loc manl_reim_rea",
        fee_list_d="rx_circ_flag hi_nego_drug_flag dscg_tkdrug_flag hosp_appr_flag",
    )


def no_sorting(world: World) -> None:
    """Neither categories of fees and lists nor orders, physicians or departments."""
    _blank(
        world,
        fee_list_d="list_type med_chrgitm_type rx_drord_no bilg_dr_code bilg_dr_name bilg_dept_codg bilg_dept_name"
        " acord_dept_codg selfpay_prop overlmt_selfpay preselfpay_amt fulamt_ownpay_amt",
        mdtrt_d="chfpdr_code chfpdr_name adm_dept_codg adm_dept_name dscg_dept_codg dscg_way",
    )


#: Those that meet in one export.
EXPORTS: tuple[tuple[Manner, ...], ...] = (
    (summed_up, no_flags),
    (posted_at_settlement, no_sorting),
    (midnight, no_diagnoses),
    (month_end, no_registers),
    (general_categories,),
)
