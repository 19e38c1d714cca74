"""How close each person is to given persons through shared occasions: a walk that starts anew at the given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import polars as pl

STEPS = 30


def lifts(frame: pl.DataFrame, restart: float, least_met: int, runs: int, seed: int) -> pl.DataFrame:
    """One row a person: is_seed, met, lift and bar.

    `frame` has a row a person and occasion: person_id, slot, is_seed. `met` counts the other seeds on the person's
    occasions; lift is the closeness to the seeds over the closeness to everybody. The bar is the largest lift of
    one who met `least_met`, in any run with as many random persons, about as active, in the seeds' stead.
    """
    import numpy as np
    import polars as pl
    from scipy import sparse

    persons = frame.group_by("person_id").agg(pl.col("is_seed").first(), days=pl.len()).sort("person_id")
    person = (frame["person_id"].rank("dense").to_numpy() - 1).astype(np.int64)
    slot = (frame["slot"].rank("dense").to_numpy() - 1).astype(np.int64)
    there = sparse.csr_matrix((np.ones(len(person)), (person, slot)))
    walk = (_even(there).T.tocsr(), _even(there.T.tocsr()).T.tocsr())
    is_seed = persons["is_seed"].to_numpy()
    base = _closeness(walk, np.full(len(is_seed), 1 / len(is_seed)), restart)
    rng = np.random.default_rng(seed)
    bar = 0.0
    for _ in range(runs):
        drawn = _alike(persons["days"].to_numpy(), is_seed, rng)
        able = ~drawn & (_met(there, drawn) >= least_met)
        bar = max(bar, float(_lift(walk, drawn, base, restart)[able].max(initial=0.0)))
    return persons.select("person_id", "is_seed").with_columns(
        met=pl.Series(_met(there, is_seed)),
        lift=pl.Series(_lift(walk, is_seed, base, restart).round(6)),
        bar=pl.lit(round(bar, 6)),
    )


def _even(matrix: Any) -> Any:
    """The same matrix with rows that sum to 1."""
    import numpy as np
    from scipy import sparse

    total = np.asarray(matrix.sum(axis=1)).ravel()
    return sparse.diags(1.0 / np.maximum(total, 1e-12)) @ matrix


def _closeness(walk: tuple[Any, Any], start: Any, restart: float) -> Any:
    there, back = walk
    at = start.copy()
    for _ in range(STEPS):
        at = restart * start + (1 - restart) * (back @ (there @ at))
    return at


def _lift(walk: tuple[Any, Any], seeds: Any, base: Any, restart: float) -> Any:
    import numpy as np

    start = seeds / max(int(seeds.sum()), 1)
    # a seed's own start is no closeness
    close = _closeness(walk, start, restart) - restart * start
    return np.asarray(close / np.maximum(base, 1e-15))


def _met(there: Any, seeds: Any) -> Any:
    """How many seeds each person shares an occasion with, itself left out."""
    import numpy as np

    shared = (there @ there[np.flatnonzero(seeds)].T).tocsr()
    met = np.diff(shared.indptr).astype(np.int64)
    return met - seeds.astype(np.int64)


def _alike(active: Any, seeds: Any, rng: Any) -> Any:
    """As many random persons as there are seeds, each among the fifty persons nearest in activity to one."""
    import numpy as np

    order = np.lexsort((rng.random(len(active)), active))
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    near = np.clip(place[seeds] + rng.integers(-25, 26, int(seeds.sum())), 0, len(order) - 1)
    drawn = np.zeros(len(active), dtype=np.bool_)
    drawn[order[near]] = True
    return drawn
