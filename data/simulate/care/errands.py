"""Further visits of a settled town: what is bought after seeing a practitioner, and who can be there at all."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.random import Generator

from data.simulate.town.catalogue import Flags, Ints
from data.simulate.town.clock import DAY
from data.simulate.town.town import OUTPATIENT, PURCHASE, Town

# What a drugstore has for a complaint, by the kit of the visit; for the other complaints nothing is fetched.
ADVISED = {
    "cold": "s_cold",
    "chest": "s_cold",
    "child": "s_child",
    "stomach": "s_stomach",
    "bowel": "s_stomach",
    "bones": "s_pain",
    "wound": "s_pain",
    "pressure": "s_heart",
    "heart": "s_heart",
    "nerves": "s_heart",
    "sugar": "s_sugar",
    "gynae": "s_women",
    "skin": "s_skin",
    "eyes": "s_skin",
}


def visits_with_advice(town: Town, which: pl.Expr) -> pl.DataFrame:
    """Honest out-patient visits after which there is something to buy, in order of time."""
    kits = [town.cat.kit(name) for name in ADVISED]
    due = (pl.col("kind") == OUTPATIENT) & (pl.col("refund") == 0) & pl.col("kit").is_in(kits)
    return town.base.filter(which & due & (pl.col("begin") >= 0)).sort("begin", "visit")


def bought_after(town: Town, rng: Generator, seen: pl.DataFrame, store: Ints, wait: Ints) -> pl.DataFrame:
    """A purchase for each of these visits, so many seconds later or when the store opens next."""
    n = len(seen)
    moment = seen["end"].to_numpy() + wait
    day, second = moment // DAY, moment % DAY
    opens, closes = town.place("opens")[store] * 3600, town.place("closes")[store] * 3600
    shut = (second < opens) | (second > closes - 900)
    morning = (day + (second > opens)) * DAY + opens + rng.integers(0, 9000, n)
    begin = np.where(shut, morning, moment)
    advised = np.full(len(town.cat.kit_names), -1)
    advised[[town.cat.kit(name) for name in ADVISED]] = [town.cat.kit(name) for name in ADVISED.values()]
    return town.new_visits(
        person=seen["person"].to_numpy(),
        place=store,
        kind=PURCHASE,
        begin=begin,
        end=begin + rng.integers(60, 600, n),
        kit=advised[seen["kit"].to_numpy()],
        consult=0,
        cert=rng.choice([1, 2, 3], n, p=[0.6, 0.05, 0.35]),
    )


def possible(town: Town, visits: pl.DataFrame, apart: int, near: int = -1) -> pl.DataFrame:
    """Those of the visits at which nobody is dead, on a list of other departments, in bed, or elsewhere.

    Elsewhere is any honest visit within `apart` seconds, but at the place `near`, which is on the way.
    """
    person = visits["person"].to_numpy()
    listed = np.isin(person, town.statuses["person"].to_numpy())
    fit: Flags = (town.person("death")[person] < 0) & ~listed & (visits["end"].to_numpy() < town.days * DAY)
    other = town.base.select("person", "place", other_begin="begin", other_end="end")
    hit = visits.join(other, on="person").filter(
        (pl.col("other_begin") - pl.when(pl.col("place_right") == near).then(0).otherwise(apart) < pl.col("end"))
        & (pl.col("other_end") + pl.when(pl.col("place_right") == near).then(0).otherwise(apart) > pl.col("begin"))
    )
    return visits.filter(pl.Series(fit)).join(hit, on="visit", how="anti", maintain_order="left")


def add_honest(town: Town, visits: pl.DataFrame, lines: pl.DataFrame) -> None:
    """Add visits with their lines to the honest base."""
    own = lines.filter(pl.col("visit").is_in(visits["visit"].implode())).sort("visit", maintain_order=True)
    town.add_honest(visits.sort("visit"), own)


def odd_doctors(town: Town) -> Ints:
    """Practitioners who look odd for a good reason."""
    known = pl.concat(town.confounders).filter(subject_type="practitioner")
    return known["subject"].unique().sort().to_numpy()


def unmarked(town: Town, pool: Ints) -> Ints:
    """Those of the places that nothing else makes odd; all of them where there is none."""
    odd = np.union1d(list(town.taken.get("places", ())), town.doctors["place"].to_numpy()[odd_doctors(town)])
    free = pool[~np.isin(pool, odd)]
    return free if len(free) else pool
