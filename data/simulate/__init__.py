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

from data.simulate import lookalikes, planting
from data.simulate import schemes as schemes_package
from data.simulate.care import chronic, drugstore, inpatient, outpatient
from data.simulate.care.bill import Bill, make_bill
from data.simulate.care.settle import settle
from data.simulate.export import lines, registers, tables, truth
from data.simulate.export.files import blocks_of, write_table
from data.simulate.honest import town as practices
from data.simulate.honest.world import World
from data.simulate.planting import Planted, frame_of, joined, plant
from data.simulate.town import contracts, devices
from data.simulate.town.places import sizes
from data.simulate.town.town import Town, found

__all__ = ["drawn_schemes", "make_town", "scheme_names", "simulate"]

PACKED = ("setl_d", "mdtrt_d", "fee_list_d", "mdcs_fund_setl_list_diag_d", "psn_info_b", "psn_insu_d")


def _modules(package: ModuleType) -> dict[str, ModuleType]:
    found_names = sorted(m.name for m in pkgutil.iter_modules(package.__path__))
    return {name: importlib.import_module(f"{package.__name__}.{name}") for name in found_names}


def scheme_names() -> list[str]:
    """The schemes that can be planted: one module each in the schemes folder."""
    return sorted(_modules(schemes_package))


def drawn_schemes(persons: int, seed: int) -> list[str]:
    """The schemes of a town that names none: every scheme of persons and groups, some of institutions and drugstores.

    A town has too few institutions and drugstores to be hit by all: up to seven of the institutions' schemes, by the
    size of the town, and four of the drugstores', dealt from two decks that are shuffled once for the seeds 1-5, 6-10
    and so on. A hand is a fifth of its deck at the least, so that five such towns together have seen every scheme.
    """
    known = _modules(schemes_package)
    hands = {"institution": min(7, round(sizes(persons)[0] / 10)), "pharmacy": 4}
    shuffle, turn = divmod(seed + 4, 5)
    dealt = {name for name, module in known.items() if module.SUBJECTS[0] not in hands}
    for stream, (subject_type, hand) in enumerate(hands.items(), start=11):
        deck = [name for name, module in known.items() if module.SUBJECTS[0] == subject_type]
        hand = min(len(deck), max(hand, -(-len(deck) // 5)))
        order = np.random.default_rng([stream, shuffle]).permutation(len(deck))
        dealt |= {deck[order[(turn * hand + n) % len(deck)]] for n in range(hand)}
    return [name for name in known if name in dealt]


def make_town(*, persons: int, seed: int, schemes: Sequence[str] | None, dose: float, year: int) -> Town:
    """Found the town, let it live a year, plant the schemes; ValueError for an unknown scheme."""
    known = _modules(schemes_package)
    wanted = drawn_schemes(persons, seed) if schemes is None else list(schemes)
    unknown = sorted(set(wanted) - set(known))
    if unknown:
        raise ValueError(f"unknown scheme {', '.join(unknown)}; there are {', '.join(known)}")
    town = found(persons, seed, year)
    for name, module in _modules(lookalikes).items():
        if hasattr(module, "add"):
            module.add(town, np.random.default_rng([seed, 2, zlib.crc32(name.encode())]))
    for number, add in enumerate((chronic.add, outpatient.add, drugstore.add, inpatient.add)):
        add(town, np.random.default_rng([seed, 4, number]))
    settle(town, np.random.default_rng([seed, 5]))
    devices.install(town, np.random.default_rng([seed, 13]))
    for name, module in _modules(lookalikes).items():
        if hasattr(module, "after"):
            module.after(town, np.random.default_rng([seed, 7, zlib.crc32(name.encode())]))
    contracts.sign(town, np.random.default_rng([seed, 14]))
    town.visits.clear()
    town.turnover()
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
        "fixmedins_cntr_reg_d": lambda: registers.contracts(town),
        "medins_equip_d": lambda: registers.equipment(town),
        "hilist_b": lambda: registers.items(town),
        "hilist_lmtpric_d": lambda: registers.limits(town),
        "opsp_reg_d": lambda: registers.chronic_registrations(town),
        "out_appy_d": lambda: registers.filings(town),
        "psn_status_d": lambda: registers.statuses(town),
        "vbp_drug_d": lambda: registers.procurement(town),
    }


def _write(folder: Path, town: Town, bill: Bill, planted: Planted | None, laid: list[World]) -> dict[str, int]:
    small = _small_tables(town, bill)
    # Practices bring rows to the town's tables only: packs and check-ins of theirs alone would make the rest look bare.
    practised = {
        name: frame_of([row for world in laid for row in world.rows[name]])
        for name in (*small, "fee_list_d")
        if any(world.rows[name] for world in laid)
    }
    more = planting.beside(practised, planted.tables if planted else {})
    small |= {name: pl.DataFrame for name in more if name not in small and name != "fee_list_d"}
    counts = {
        name: write_table(folder, name, joined(blocks_of(make()), more.get(name)), packed=name in PACKED)
        for name, make in small.items()
    }
    who = bill.visits.select("visit", "doctor", "dept")
    charged = bill.lines.join(who, on="visit", maintain_order="left")
    charges = (lines.fee_lines(town, block) for block in blocks_of(charged))
    counts["fee_list_d"] = write_table(folder, "fee_list_d", joined(charges, more.get("fee_list_d")), packed=True)
    return counts | _answer(folder / "truth", town, bill, planted, laid)


def _answer(folder: Path, town: Town, bill: Bill, planted: Planted | None, laid: list[World]) -> dict[str, int]:
    folder.mkdir(exist_ok=True)
    done = truth.planted_lines(town, bill)
    answers = {
        "scheme_subject": truth.planted_subjects(done),
        "scheme_line": done,
        "confounder": pl.concat([truth.confounders(town), practices.alike(laid)]) if laid else truth.confounders(town),
    }
    if planted:
        answers["violation"] = planted.truth
        answers["confounder"] = pl.concat([answers["confounder"], planted.confounders])
    return {f"truth/{name}": write_table(folder, name, [table]) for name, table in answers.items()}


def simulate(
    folder: Path,
    *,
    persons: int = 20_000,
    seed: int = 1,
    schemes: Sequence[str] | None = None,
    dose: float = 1.0,
    year: int = 2025,
    violations: bool = False,
) -> dict[str, int]:
    """Write a year of a made-up town into `folder` as an export, and its answers into `folder/truth`.

    `schemes` None plants those of `drawn_schemes`, () none; `dose` scales the planted share; `violations` adds clear
    single violations of every rule, named in truth/violation. From 5,000 persons on the town contains a draw of the
    ordinary practices of `data/simulate/honest`. Returns the rows of each table; the same arguments give
    the same bytes. Raises ValueError for an unknown scheme.
    """
    town = make_town(persons=persons, seed=seed, schemes=schemes, dose=dose, year=year)
    bill = make_bill(town)
    folder.mkdir(parents=True, exist_ok=True)
    planted = plant(town, bill) if violations else None
    return _write(folder, town, bill, planted, practices.worlds(town, persons, seed))
