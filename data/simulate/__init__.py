"""A year of a made-up town in the national export format, with planted schemes and their answers."""

from __future__ import annotations

import importlib
import pkgutil
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType

import numpy as np
import polars as pl

from data.simulate import confounders, lines, registers, tables, truth
from data.simulate import schemes as schemes_package
from data.simulate.bill import Bill, make_bill
from data.simulate.care import chronic, drugstore, inpatient, outpatient
from data.simulate.files import blocks_of, write_table
from data.simulate.tidy import settle
from data.simulate.town import Town, found

__all__ = ["make_town", "scheme_names", "simulate"]

PACKED = ("setl_d", "mdtrt_d", "fee_list_d", "mdcs_fund_setl_list_diag_d", "psn_info_b", "psn_insu_d")


def _modules(package: ModuleType) -> dict[str, ModuleType]:
    found_names = sorted(m.name for m in pkgutil.iter_modules(package.__path__))
    return {name: importlib.import_module(f"{package.__name__}.{name}") for name in found_names}


def scheme_names() -> list[str]:
    """The schemes that can be planted: one module each in the schemes folder."""
    return sorted(_modules(schemes_package))


def make_town(*, persons: int, seed: int, schemes: Sequence[str] | None, dose: float, year: int) -> Town:
    """Found the town, let it live a year, plant the schemes; ValueError for an unknown scheme."""
    known = _modules(schemes_package)
    wanted = list(known) if schemes is None else list(schemes)
    unknown = sorted(set(wanted) - set(known))
    if unknown:
        raise ValueError(f"unknown scheme {', '.join(unknown)}; there are {', '.join(known)}")
    town = found(persons, seed, year)
    for name, module in _modules(confounders).items():
        module.add(town, np.random.default_rng([seed, 2, zlib.crc32(name.encode())]))
    for number, add in enumerate((chronic.add, outpatient.add, drugstore.add, inpatient.add)):
        add(town, np.random.default_rng([seed, 4, number]))
    settle(town, np.random.default_rng([seed, 5]))
    for name, module in _modules(confounders).items():
        if hasattr(module, "after"):
            module.after(town, np.random.default_rng([seed, 7, zlib.crc32(name.encode())]))
    town.visits.clear()
    for name in sorted(wanted):
        # Its own stream of chance: a new scheme changes neither the honest town nor other schemes.
        known[name].plant(town, np.random.default_rng([seed, 6, zlib.crc32(name.encode())]), dose)
    return town


def _small_tables(town: Town, bill: Bill) -> dict[str, Callable[[], pl.DataFrame]]:
    return {
        "setl_d": lambda: tables.settlements(town, bill),
        "mdtrt_d": lambda: tables.encounters(town, bill),
        "mdcs_fund_setl_list_diag_d": lambda: lines.diagnoses(town, bill),
        "mdcs_fund_setl_list_oprn_d": lambda: lines.operations(town, bill),
        "psn_info_b": lambda: registers.persons(town),
        "psn_insu_d": lambda: registers.insurance(town),
        "medins_info_b": lambda: registers.institutions(town),
        "rtal_phac_b": lambda: registers.drugstores(town),
        "dr_info_b": lambda: registers.practitioners(town),
        "hilist_b": lambda: registers.items(town),
        "hilist_lmtpric_d": lambda: registers.limits(town),
        "opsp_reg_d": lambda: registers.chronic_registrations(town),
        "out_appy_d": lambda: registers.filings(town),
        "psn_status_d": lambda: registers.statuses(town),
        "vbp_drug_d": lambda: registers.procurement(town),
    }


def _write(folder: Path, town: Town, bill: Bill) -> dict[str, int]:
    counts = {
        name: write_table(folder, name, blocks_of(make()), packed=name in PACKED)
        for name, make in _small_tables(town, bill).items()
    }
    who = bill.visits.select("visit", "doctor", "dept")
    charged = bill.lines.join(who, on="visit", maintain_order="left")
    counts["fee_list_d"] = write_table(
        folder, "fee_list_d", (lines.fee_lines(town, block) for block in blocks_of(charged)), packed=True
    )
    answers = folder / "truth"
    answers.mkdir(exist_ok=True)
    planted = truth.planted_lines(town, bill)
    for name, table in {
        "scheme_subject": truth.planted_subjects(planted),
        "scheme_line": planted,
        "confounder": truth.confounders(town),
    }.items():
        counts[f"truth/{name}"] = write_table(answers, name, [table])
    return counts


def simulate(
    folder: Path,
    *,
    persons: int = 20_000,
    seed: int = 1,
    schemes: Sequence[str] | None = None,
    dose: float = 1.0,
    year: int = 2025,
) -> dict[str, int]:
    """Write a year of a made-up town into `folder` as an export, and its answers into `folder/truth`.

    `schemes` None plants all, () none; `dose` scales the planted share. Returns the rows of each table;
    the same arguments give the same bytes. Raises ValueError for an unknown scheme.
    """
    town = make_town(persons=persons, seed=seed, schemes=schemes, dose=dose, year=year)
    folder.mkdir(parents=True, exist_ok=True)
    return _write(folder, town, make_bill(town))
