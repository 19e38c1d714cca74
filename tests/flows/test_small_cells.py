"""No cell under ten can be computed from a release: brute force over all worlds, and the linear programme on larger ones."""

import itertools

import numpy as np
import polars as pl
import pytest
from scipy.optimize import linprog

from flows.publish.small_cells import release

K = 10


def made(counts, tables, persons=None):
    """counts: {(a, b ...): n}; returns (finest, table -> {key: (count, is_hidden)})."""
    dims = ["a", "b", "c"][: len(next(iter(counts)))]
    finest = pl.DataFrame([(*key, n) for key, n in counts.items()], schema=[*dims, "count"], orient="row")
    people = {}
    for name, of in tables.items():
        grouped = (
            finest.group_by(of).agg(persons=pl.col("count").sum())
            if of
            else finest.select(persons=pl.col("count").sum())
        )
        people[name] = (persons or {}).get(name, grouped)
    hidden = release(finest, tables, people, K)
    out = {}
    for name, of in tables.items():
        sums = finest.group_by(of).agg(pl.col("count").sum()) if of else finest.select(pl.col("count").sum())
        joined = sums.join(hidden[name], on=of) if of else sums.hstack(hidden[name])
        out[name] = {tuple(r[of_] for of_ in of): (r["count"], r["is_hidden"]) for r in joined.iter_rows(named=True)}
    return finest, dims, out


def bounds(finest, dims, tables, out, name, key):
    """What whoever has the whole release knows of one cell."""
    keys = finest.select(dims).rows()

    def row(of, wanted):
        return [float(tuple(k[dims.index(d)] for d in of) == wanted) for k in keys]

    equal, values, under = [], [], []
    for table, of in tables.items():
        for wanted, (count, is_hidden) in out[table].items():
            if is_hidden:
                under.append(row(of, wanted))
            else:
                equal.append(row(of, wanted))
                values.append(count)
    aim = np.array(row(tables[name], key))
    known = {"A_eq": equal or None, "b_eq": values or None, "A_ub": -np.array(under), "b_ub": -np.ones(len(under))}
    low, high = linprog(aim, **known), linprog(-aim, **known)
    return (low.fun if low.status == 0 else 0), (-high.fun if high.status == 0 else np.inf)


def safe(counts, tables, persons=None):
    finest, dims, out = made(counts, tables, persons)
    for name in tables:
        for key, (count, is_hidden) in out[name].items():
            if 0 < count < K:
                assert is_hidden, (name, key)
                low, high = bounds(finest, dims, tables, out, name, key)
                assert high >= K - 1e-6 and high - low >= K - 1e-6, (name, key, low, high)
    return out


MARGINS = {"cell": ["a", "b"], "row": ["a"], "column": ["b"], "all": []}


def test_a_small_cell_hides_and_others_with_it_so_that_the_margins_do_not_tell_it():
    counts = {(a, b): 40 + 10 * b + a for a in range(4) for b in range(3)} | {(1, 1): 3}
    out = safe(counts, MARGINS)
    hidden = {key for key, (_, is_hidden) in out["cell"].items() if is_hidden}
    assert (1, 1) in hidden and len(hidden) >= 4, "one more of its row, one of its column, and the corner"
    assert not any(h for _, h in out["row"].values()), "the margins stay"


def test_two_small_cells_of_a_row_whose_sum_is_small_do_not_cover_each_other():
    out = safe({(0, 0): 2, (0, 1): 3, (0, 2): 80, (1, 0): 90, (1, 1): 70, (1, 2): 60}, MARGINS)
    assert out["cell"][(0, 2)][1] or out["row"][(0,)][1]


def test_a_row_that_is_small_itself_hides_with_its_margin():
    out = safe({(0, 0): 4, (0, 1): 0, (1, 0): 90, (1, 1): 70, (2, 0): 50, (2, 1): 60}, MARGINS)
    assert out["row"][(0,)][1] and out["cell"][(0, 1)] == (0, False), "nobody is in an empty cell"


def test_the_difference_of_two_tables_of_one_release_tells_nothing():
    # By setting 100 + 6, by insurance 103 + 3: each table alone covers nothing of the other.
    tables = {"setting": ["a", "b"], "insurance": ["a", "c"], "place": ["a"]}
    counts = {
        (0, 0, 0): 99,
        (0, 0, 1): 1,
        (0, 1, 0): 4,
        (0, 1, 1): 2,
        (1, 0, 0): 50,
        (1, 0, 1): 50,
        (1, 1, 0): 50,
        (1, 1, 1): 50,
    }
    safe(counts, tables)


def test_few_persons_hide_a_cell_of_many_visits():
    people = {"cell": pl.DataFrame({"a": [0, 0, 1, 1], "b": [0, 1, 0, 1], "persons": [2, 50, 60, 40]})}
    out = safe({(0, 0): 300, (0, 1): 90, (1, 0): 80, (1, 1): 70}, MARGINS, people)
    assert out["cell"][(0, 0)][1] and sum(h for _, h in out["cell"].values()) >= 2


def test_a_town_too_small_for_anything_shows_nothing_but_that():
    out = safe({(0, 0): 2, (0, 1): 1}, MARGINS)
    assert all(h for table in out.values() for _, h in table.values())


@pytest.mark.parametrize("seed", range(12))
def test_random_towns_are_safe(seed):
    draw = np.random.default_rng(seed)
    rows, columns = 3 + seed % 5, 2 + seed % 3
    counts = {
        (a, b): int(draw.choice([0, draw.integers(1, 12), draw.integers(10, 300)]))
        for a in range(rows)
        for b in range(columns)
    }
    safe(counts, MARGINS)


def test_brute_force_over_every_world_that_fits_finds_a_large_one_too():
    counts = {(0, 0): 3, (0, 1): 14, (1, 0): 15, (1, 1): 12}
    _, _, out = made(counts, MARGINS)
    worlds = []
    for values in itertools.product(range(0, 45), repeat=3):
        last = sum(counts.values()) - sum(values)
        world = dict(zip(counts, (*values, last), strict=True))
        if last < 0:
            continue
        fits = True
        for name, of in MARGINS.items():
            for key, (count, is_hidden) in out[name].items():
                total = sum(
                    n for k, n in world.items() if all(k[["a", "b"].index(d)] == key[i] for i, d in enumerate(of))
                )
                fits = fits and (total >= 1 if is_hidden else total == count)
        if fits:
            worlds.append(world[(0, 0)])
    assert 3 in worlds and max(worlds) >= K
