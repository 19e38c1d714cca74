"""The practices a town contains: a draw of the library, laid into its own counties beside its own care."""

from __future__ import annotations

import numpy as np
import polars as pl

from data.simulate.honest.delivery import lay
from data.simulate.honest.practice import Practice, library
from data.simulate.honest.world import World
from data.simulate.town import names
from data.simulate.town.town import Town

#: Smaller towns would be more practice than town.
LEAST_PERSONS, PERSONS_A_PRACTICE = 5_000, 500


def drawn(persons: int, seed: int) -> list[Practice]:
    """One practice for 500 persons, dealt from a deck shuffled for the seed; none that brings its area's own limits."""
    deck = [p for p in library().values() if "hilist_lmtpric_d" not in p.rows]
    hand = min(len(deck), persons // PERSONS_A_PRACTICE) if persons >= LEAST_PERSONS else 0
    return [deck[n] for n in sorted(np.random.default_rng([seed, 15]).permutation(len(deck))[:hand])]


def worlds(town: Town, persons: int, seed: int) -> list[World]:
    """The drawn practices, each in one of the town's counties."""
    return [
        lay(practice, year=town.year, area=names.DIVISIONS[number % len(names.DIVISIONS)][0])
        for number, practice in enumerate(drawn(persons, seed))
    ]


def alike(laid: list[World]) -> pl.DataFrame:
    """truth/confounder: the persons and institutions of the practices, by the practice."""
    rows = [
        (world.practice.id, kind, str(row[key]))
        for world in laid
        for table, kind, key in (("psn_info_b", "person", "psn_no"), ("setl_d", "institution", "fixmedins_code"))
        for row in world.rows[table]
    ]
    schema = {"kind": pl.String, "subject_type": pl.String, "subject_id": pl.String}
    return pl.DataFrame(rows, schema=schema, orient="row").unique().sort("kind", "subject_type", "subject_id")
