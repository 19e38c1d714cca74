"""What the whole town must have before violations of it show: trace codes of packs and check-ins at the counter."""

from __future__ import annotations

import numpy as np
import polars as pl

from data.simulate.care.bill import Bill
from data.simulate.export.columns import ENCOUNTER, LINE, gather, moment, number
from data.simulate.town.town import EMERGENCY, STAYS, Town

SCANS = 0.96
CHECKS_IN, ABSENT = 0.84, 0.12


def traced(town: Town, bill: Bill) -> pl.DataFrame:
    """drug_trac_d: a code for every pack dispensed outside stays; a few lines went unscanned."""
    rng = np.random.default_rng([town.seed, 8, 1])
    drugs = np.flatnonzero(town.cat.column("catalogue_type") == "101")
    sold = bill.lines.filter(
        pl.col("item").is_in(drugs) & (pl.col("cnt") > 0) & (pl.col("sign") > 0) & ~pl.col("kind").is_in(list(STAYS))
    )
    sold = sold.filter(pl.Series(rng.random(len(sold)) < SCANS)).select("line", "item", "cnt", "encounter", "place")
    packs = sold[np.repeat(np.arange(len(sold)), sold["cnt"].to_numpy())].with_row_index("n")
    serial = (pl.col("n").cast(pl.Int64) * 7_654_321_987 + 12_345_678) % 10**13
    return packs.select(
        number(LINE, "line").alias("bkkp_sn"),
        number(ENCOUNTER, "encounter").alias("mdtrt_id"),
        gather(town.places["code"], packs["place"]).alias("fixmedins_code"),
        drug_trac_codg=pl.concat_str(
            (8_100_000 + pl.col("item")).cast(pl.String), serial.cast(pl.String).str.zfill(13)
        ),
        trdn_flag=pl.lit(0, pl.Int64),
        sel_retn_cnt=pl.lit(1, pl.Int64),
    )


def checked_in(town: Town, bill: Bill) -> pl.DataFrame:
    """sign_in_d: who checked in at the place before a visit or purchase."""
    rng = np.random.default_rng([town.seed, 8, 2])
    visits = bill.visits.filter(~pl.col("kind").is_in([*STAYS, EMERGENCY]))
    chance = np.where(visits["absent"].to_numpy() == 1, ABSENT, CHECKS_IN)
    visits = visits.filter(pl.Series(rng.random(len(visits)) < chance))
    east, north = (rng.normal(0, 0.002, (2, len(visits)))).round(6)
    return visits.with_columns(early=pl.col("begin") - 240).select(
        pl.concat_str(pl.lit("44010"), pl.col("visit")).alias("sign_sn"),
        gather(town.people["psn_no"], visits["person"]).alias("psn_no"),
        fixmedins_code=gather(town.places["code"], visits["place"]),
        sign_time=moment(town, "early"),
        lnt=gather(town.places["longitude"], visits["place"]) + pl.Series(east),
        lat=gather(town.places["latitude"], visits["place"]) + pl.Series(north),
        face_match=pl.lit(1),
    )
