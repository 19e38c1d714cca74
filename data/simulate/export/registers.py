"""The registers under their national names: persons, institutions, practitioners, catalogue, filings."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl

from data.simulate.export.columns import division_codes, gather, units
from data.simulate.town import names
from data.simulate.town.catalogue import LEVEL_SHARE
from data.simulate.town.town import Town

LIMIT_TYPE = {1: "101", 2: "102", 3: "103", 9: "104"}
SOURCE = {
    "death": "公安户籍",
    "overseas": "出入境管理",
    "custody": "司法监管",
    "work_injury": "人社工伤",
    "third_party": "交警",
}


def _days(town: Town, values: pl.Series | pl.Expr) -> pl.Expr:
    return pl.lit(date(town.year, 1, 1)) + pl.duration(days=values if isinstance(values, pl.Expr) else pl.lit(values))


def persons(town: Town) -> pl.DataFrame:
    """psn_info_b."""
    p = town.people
    known = town.statuses.filter(pl.col("kind") == "death")["person"]
    dead = pl.Series(np.isin(np.arange(len(p)), known.to_numpy()))
    home = gather(division_codes(), p["division"])
    return p.select(
        "psn_no",
        psn_name="name",
        gend="coded_sex",
        brdy="birth",
        psn_cert_type=pl.lit("01"),
        certno="certno",
        tel="phone",
        surv_stas=pl.when(dead).then(2).otherwise(1),
        live_admdvs=home,
        live_addr="address",
    )


def insurance(town: Town) -> pl.DataFrame:
    """psn_insu_d."""
    p = town.people.with_row_index("n")
    since = (pl.col("n").cast(pl.Int64) * 7919) % 3000 + 40
    home = gather(division_codes(), p["division"])
    return p.select(
        (pl.col("n").cast(pl.Int64) * 3 + 5_100_000_000).alias("psn_insu_rlts_id"),
        "psn_no",
        "insutype",
        "psn_type",
        insu_admdvs=home,
        poolarea_no=pl.lit(names.CITY[0]),
        crt_insu_date=pl.lit(date(town.year, 1, 1)) - pl.duration(days=since),
        paus_insu_date=pl.lit(None, dtype=pl.String),
        psn_insu_stas=pl.lit("1"),
        emp_no=units(p["employer"]),
        hi_type="insutype",
    )


def institutions(town: Town) -> pl.DataFrame:
    """medins_info_b."""
    p = town.places.filter(~pl.col("is_store"))
    return p.select(
        medins_code="code",
        medins_name="name",
        uscc="uscc",
        legrep_name="owner",
        admdvs=gather(division_codes(), p["division"]),
        medins_type="medins_type",
        medinslv="level",
        hosp_lv="hosp_lv",
        medins_natu="ownership",
        aprv_bed_cnt="beds",
        pro_techstf_psncnt="staff",
        lnt="longitude",
        lat="latitude",
        begntime="opened",
        endtime=pl.lit(None, dtype=pl.String),
        vali_flag=pl.lit("1"),
    )


def drugstores(town: Town) -> pl.DataFrame:
    """rtal_phac_b."""
    p = town.places.filter("is_store")
    return p.select(
        rtal_phac_code="code",
        rtal_phac_name="name",
        uscc="uscc",
        legrep_name="owner",
        admdvs=gather(division_codes(), p["division"]),
        phac_chan_type="chain",
        phar_psncnt="staff",
        lnt="longitude",
        lat="latitude",
        begntime="opened",
        endtime=pl.lit(None, dtype=pl.String),
        biz_stas=pl.lit("1"),
        vali_flag=pl.lit("1"),
    )


def practitioners(town: Town) -> pl.DataFrame:
    """dr_info_b."""
    d = town.doctors
    code, name = gather(town.places["code"], d["place"]), gather(town.places["name"], d["place"])
    return d.select(
        dr_code="code",
        dr_name="name",
        dr_prac_type="practice",
        dr_prac_scp_code=gather(town.cat.departments["scope_code"], d["dept"]),
        dr_prac_scp_name=gather(town.cat.departments["name"], d["dept"]),
        medins_code=code,
        medins_name=name,
        main_pracins_no=code,
        mul_prac_flag=pl.col("several").cast(pl.Int8),
        dr_pro_tech_duty="title",
        cntr_begntime="since",
        nemp_time=pl.lit(None, dtype=pl.String),
        prac_stas=pl.lit("1"),
        vali_flag=pl.lit("1"),
    )


def contracts(town: Town) -> pl.DataFrame:
    """fixmedins_cntr_reg_d: a suspended place has a contract that ended and one that began later."""
    c = town.contracts.sort("place", "begin")
    return c.select(
        fixmedins_code=gather(town.places["code"], c["place"]),
        begntime=_days(town, pl.col("begin")),
        endtime=pl.when(pl.col("end") < 9000).then(_days(town, pl.col("end"))),
        cntr_stas=pl.lit("1"),
    )


def equipment(town: Town) -> pl.DataFrame:
    """medins_equip_d, an extension of the national tables."""
    d = pl.concat(town.devices).group_by("place", "device", maintain_order=True).agg(pl.col("count").sum())
    d = d.sort("place", "device")
    return d.select(
        medins_code=gather(town.places["code"], d["place"]),
        equip_type="device",
        equip_cnt="count",
        begndate=pl.lit(date(town.year - 4, 1, 1)),
        enddate=pl.lit(None, dtype=pl.String),
    )


def items(town: Town) -> pl.DataFrame:
    """hilist_b."""
    return town.cat.items.select(
        hilist_code="code",
        hilist_name="name",
        list_type="catalogue_type",
        med_chrgitm_type="fee_category",
        chrgitm_lv="class",
        lmt_used_flag="is_restricted",
        insu_admdvs=pl.lit(names.CITY[0]),
        begndate=pl.lit(date(town.year - 3, 7, 16)),
        enddate=pl.lit(None, dtype=pl.String),
        vali_flag=pl.lit("1"),
    )


def limits(town: Town) -> pl.DataFrame:
    """hilist_lmtpric_d: four limits an item, by institution level."""
    priced = town.cat.items.filter(pl.col("limit_level3_cents") > 0)
    parts = [
        priced.select(
            hilist_code="code",
            hilist_lmtpric_type=pl.lit(kind),
            hilist_pric_uplmt_amt=((pl.col("limit_level3_cents") * LEVEL_SHARE[level]).round() / 100).round(2),
            overlmt_dspo_way=pl.lit("1"),
            insu_admdvs=pl.lit(names.CITY[0]),
            begndate=pl.lit(date(town.year - 2, 1, 1)),
            enddate=pl.lit(None, dtype=pl.String),
            vali_flag=pl.lit("1"),
        )
        for level, kind in LIMIT_TYPE.items()
    ]
    return pl.concat(parts).sort("hilist_code", "hilist_lmtpric_type")


def chronic_registrations(town: Town) -> pl.DataFrame:
    """opsp_reg_d."""
    r = pl.concat(town.registrations)
    hospital = np.resize(town.where("city_general", "district_general"), len(r))
    since = -r["since"]
    return r.select(
        (pl.col("registered") * 13 + 7_000_000_000).alias("trt_dcla_detl_sn"),
        gather(town.people["psn_no"], r["person"]).alias("psn_no"),
        insutype=gather(town.people["insutype"], r["person"]),
        opsp_dise_code=gather(town.cat.chronic["code"], r["chronic"]),
        opsp_dise_name=gather(town.cat.chronic["name"], r["chronic"]),
        ide_fixmedins_no=gather(town.places["code"], hospital),
        ide_fixmedins_name=gather(town.places["name"], hospital),
        hosp_ide_date=_days(town, since - 3),
        begndate=_days(town, since),
        enddate=pl.lit(None, dtype=pl.String),
        vali_flag=pl.lit("1"),
    )


def filings(town: Town) -> pl.DataFrame:
    """out_appy_d: filed care outside the area; open where it has no end."""
    f = pl.concat(town.filings).with_row_index("n")
    return f.select(
        (pl.col("n").cast(pl.Int64) * 11 + 8_000_000_000).alias("trt_dcla_detl_sn"),
        gather(town.people["psn_no"], f["person"]).alias("psn_no"),
        insutype=gather(town.people["insutype"], f["person"]),
        insu_admdvs=gather(division_codes(), gather(town.people["division"], f["person"])),
        rloc_admdvs=gather(division_codes(), f["division"]),
        rloc_rea="reason",
        begndate=_days(town, f["begin"]),
        enddate=pl.when(pl.col("end") < 9000).then(_days(town, f["end"])),
        vali_flag=pl.lit("1"),
    )


def statuses(town: Town) -> pl.DataFrame:
    """psn_status_d: what other departments know of a person."""
    s = town.statuses.sort("kind", "person")
    return s.select(
        gather(town.people["psn_no"], s["person"]).alias("psn_no"),
        stas_type="kind",
        begndate=_days(town, s["begin"]),
        enddate=pl.when(pl.col("end") >= pl.col("begin")).then(_days(town, s["end"])),
        souc_dept=pl.col("kind").replace_strict(SOURCE),
    )


def procurement(town: Town) -> pl.DataFrame:
    """vbp_drug_d: generics bought in volume, with the brands that were not chosen."""
    i = town.cat.items
    generic = i.filter(pl.col("brand_of").is_not_null()).select(med_list_codg="brand_of", brand="code")
    chosen = generic.select(code="med_list_codg", flag=pl.lit(1))
    rest = generic.select(code="brand", flag=pl.lit(0))
    return (
        pl.concat([chosen, rest])
        .unique("code", keep="first", maintain_order=True)
        .join(i.select("code", "name", "price_cents"), on="code", maintain_order="left")
        .sort("name", "code")
        .select(
            med_list_codg="code",
            genname="name",
            vbp_selected_flag="flag",
            pric=(pl.col("price_cents") / 100).round(2),
            begndate=pl.lit(date(town.year - 1, 5, 1)),
            enddate=pl.lit(date(town.year + 1, 12, 31)),
        )
    )
