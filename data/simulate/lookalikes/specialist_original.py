"""The original for good reasons: a specialist department does not change the maker for one group of illnesses.

Diabetics who are set on one insulin, hearts with a stent, lungs trained on one inhaler, depressions in remission stay
with the original; the rest of the hospital uses what the others use.
"""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.random import Generator

from data.simulate.town.town import Town

POOL = ("city_general", "district_general", "private_general", "psychiatric", "community")
# The department and how the codes of its drugs begin.
GROUPS = {
    "A03.05": ("XA10",), "A03.03": ("XB01", "XC10", "XC07"), "A03.01": ("XR03",), "A15": ("XN06", "XN05"),
}  # fmt: skip


def after(town: Town, rng: Generator) -> None:
    """One hospital, for every fifteen thousand persons one more, each with one such department."""
    codes = town.cat.items["code"].to_list()
    brand = town.cat.brands()
    pool = town.where(*POOL)
    places = rng.choice(pool, min(len(pool), 1 + len(town.people) // 15_000), replace=False)
    for place in places:
        own = town.places["departments"][int(place)].split(";")
        dept = str(rng.choice([d for d in GROUPS if d in own]))
        group = {n: int(b) for n, b in enumerate(brand) if n != b and codes[n].startswith(GROUPS[dept])}
        seen = town.base.filter((pl.col("place") == place) & (pl.col("dept") == town.cat.department[dept]))
        kept = town.base_lines["visit"].is_in(seen["visit"].implode()) & town.base_lines["item"].is_in(list(group))
        kept &= pl.Series(rng.random(len(town.base_lines)) < rng.uniform(0.8, 0.97))
        original = town.base_lines["item"].replace(group)
        town.base_lines = town.base_lines.with_columns(item=original.zip_with(kept, town.base_lines["item"]))
    town.spare(places)
    town.confound("specialist_original", "institution", np.asarray(places))
