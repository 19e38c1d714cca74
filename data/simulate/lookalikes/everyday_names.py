"""Everyday names: one chain lists drugs by their brands, a few clinics write what they are for."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from data.simulate.town.town import Town

CHAIN = 3
BRANDS = {
    "XM01AEA063A00101010100541": "芬必得",
    "XA02BCA032A00101010100324": "洛赛克",
    "XA07BCA038A00101010100366": "思密达",
    "XA02ADA037A00101010100359": "达喜",
    "XC08CAA001A00101010100107": "络活喜",
    "XC10AAA006A00101010100142": "立普妥",
    "XR06AXA179A00101010101353": "开瑞坦",
}
PURPOSES = {
    "XJ01CAA041A00101010100387": "消炎药（青）",
    "XN02BEA064A00101010100548": "退烧药",
    "XR05CBA053A00101010100471": "化痰药",
    "XA07BCA038A00101010100366": "止泻粉",
    "XC08CAA001A00101010100107": "血压药",
}


def after(town: Town, rng: Generator) -> None:
    """Rename at every store of the chain, and two or three drugs at one clinic, for every forty thousand persons."""
    for store in np.flatnonzero(town.place("chain") == CHAIN):
        town.rename(int(store), {town.cat.item[code]: name for code, name in BRANDS.items()})
    clinics = town.where("clinic", "village", "tcm_clinic")
    chosen = rng.choice(clinics, min(len(clinics), 1 + len(town.people) // 40_000), replace=False)
    for clinic in chosen:
        codes = rng.choice(sorted(PURPOSES), int(rng.integers(2, 4)), replace=False)
        town.rename(int(clinic), {town.cat.item[code]: PURPOSES[code] for code in codes})
    town.spare(chosen)
    town.confound("everyday_name", "institution", chosen)
