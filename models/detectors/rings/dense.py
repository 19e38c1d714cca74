"""The densest part of a two-sided graph, by peeling: persons on one side, drugs at places on the other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

STEP = 0.04  # share of the nodes that one peeling step takes: many steps are exact, few are fast


@dataclass(frozen=True)
class Block:
    """The persons and columns of a block, and its weight a node."""

    persons: Ints
    columns: Ints
    density: float


def weights(column: Ints) -> Floats:
    """The weight of each edge: what many collect says little, so a column counts less the more persons it has."""
    degree = np.bincount(column)
    return np.asarray(1.0 / np.log(degree[column] + 5.0))


def densest(person: Ints, column: Ints, weight: Floats) -> Block:
    """The subset of persons and columns with most edge weight a node, by taking the weakest nodes away in steps.

    Edges are distinct pairs of codes from 0. An empty graph has an empty block of density 0.
    """
    if not len(person):
        return Block(np.empty(0, np.int64), np.empty(0, np.int64), 0.0)
    people = int(person.max()) + 1
    node_a, node_b = person, column + people
    left = np.zeros(people + int(column.max()) + 1, dtype=np.int64)  # the step that takes a node away
    alive = np.zeros(len(left), dtype=np.bool_)
    alive[node_a], alive[node_b] = True, True
    best, best_step, step = -1.0, 0, 0
    edges = np.arange(len(person))
    while alive.any():
        degree = np.bincount(node_a[edges], weight[edges], len(left)) + np.bincount(
            node_b[edges], weight[edges], len(left)
        )
        density = float(weight[edges].sum()) / int(alive.sum())
        if density > best + 1e-12:
            best, best_step = density, step
        step += 1
        rest = np.flatnonzero(alive)
        order = rest[np.lexsort((rest, degree[rest]))]
        taken = order[: max(1, int(len(rest) * STEP))]
        alive[taken], left[taken] = False, step
        edges = edges[alive[node_a[edges]] & alive[node_b[edges]]]
    kept = np.flatnonzero(left > best_step)
    return Block(kept[kept < people], kept[kept >= people] - people, best)


def parts(person: Ints, column: Ints, block: Block) -> list[Block]:
    """The connected parts of a block: two groups that are as dense come out of the peeling as one."""
    from scipy import sparse
    from scipy.sparse.csgraph import connected_components

    inside = np.isin(person, block.persons) & np.isin(column, block.columns)
    a, b = np.searchsorted(block.persons, person[inside]), np.searchsorted(block.columns, column[inside])
    nodes = len(block.persons) + len(block.columns)
    graph = sparse.coo_matrix((np.ones(len(a)), (a, b + len(block.persons))), shape=(nodes, nodes))
    count, label = connected_components(graph, directed=False)
    weight = np.bincount(label[a], weights(column)[inside], count) / np.bincount(label, minlength=count)
    return [
        Block(
            block.persons[label[: len(block.persons)] == n],
            block.columns[label[len(block.persons) :] == n],
            float(weight[n]),
        )
        for n in range(count)
    ]


def several_places(person: Ints, drug: Ints, place: Ints, least: int) -> tuple[Ints, Ints]:
    """Distinct edges person and column (drug at place), of drugs that the person has from `least` places or more."""
    places = int(place.max(initial=0)) + 1
    drugs = int(drug.max(initial=0)) + 1
    triple = np.unique((person * drugs + drug) * places + place)
    pair = triple // places
    _, inverse, times = np.unique(pair, return_inverse=True, return_counts=True)
    kept = triple[times[inverse] >= least]
    return kept // (drugs * places), kept % (drugs * places)


def by_chance(person: Ints, column: Ints, places: int, runs: int, seed: int) -> list[float]:
    """The density of the best block, per run, when the places are dealt anew.

    Edges as several_places gives them, column = drug * places + place. Each person keeps its drugs, how many places
    it goes to and which drugs come from one place; each place keeps its number of persons. Who shares places is
    broken.
    """
    if not len(person):
        return [0.0] * runs
    rng = np.random.default_rng(seed)
    there = person * places + column % places
    pair, row = np.unique(there, return_inverse=True)
    width = (int(column.max()) // places + 1) * places
    found = []
    for _ in range(runs):
        dealt = column // places * places + rng.permutation(pair % places)[row]
        edge = np.unique(person * width + dealt)
        found.append(densest(edge // width, edge % width, weights(edge % width)).density)
    return found
