"""Which groups of persons collect the same drugs at the same many places: blocks too dense for chance."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import polars as pl

from models.detectors.rings import dense
from models.sources.work import Work

#: One row: a person collected a drug at a place of its block.
SCHEMA = {
    "person_id": pl.String,
    "drug": pl.String,
    "institution_id": pl.String,
    "density": pl.Float64,
    "group_key": pl.String,
    "members": pl.Int32,
    "places": pl.Int32,
    "drugs": pl.Int32,
    "filled": pl.Float64,
}


def find(work: Work) -> None:
    """One hit a fee line of a member in its block, and who belongs to it. Units are drug lines."""
    params, collected = work.params, work.frame("collected")
    code = {c: collected[c].rank("dense").cast(pl.Int64).to_numpy() - 1 for c in collected.columns}
    names = {c: collected[c].unique().sort() for c in collected.columns}
    places = int(code["institution_id"].max(initial=0)) + 1
    edge, column = dense.several_places(
        code["person_id"], code["drug"], code["institution_id"], int(params["min_drug_places"])
    )
    chance = max(dense.by_chance(edge, column, places, int(params["runs"]), int(params["seed"])))
    bar = params["times_chance"] * max(chance, 1e-9)
    found = [pl.DataFrame(schema=SCHEMA)]
    for part in blocks(edge, column, bar, int(params["max_blocks"])):
        block = named(edge, column, part, names, places)
        found.append(measured(block.with_columns(density=pl.lit(round(part.density, 2))), params))
    with work.lend(collected_in_block=pl.concat(found)):
        work.run("judged", chance=round(chance, 2), peers=len(names["person_id"]))


def blocks(edge: dense.Ints, column: dense.Ints, bar: float, most: int) -> Iterator[dense.Block]:
    """The connected blocks as dense as the bar, the densest first; a person is of one search's blocks only."""
    for _ in range(most):
        block = dense.densest(edge, column, dense.weights(column))
        if block.density < bar:
            return
        yield from (part for part in dense.parts(edge, column, block) if part.density >= bar)
        kept = ~np.isin(edge, block.persons)
        edge, column = edge[kept], column[kept]


def named(
    edge: dense.Ints, column: dense.Ints, block: dense.Block, names: Mapping[str, pl.Series], places: int
) -> pl.DataFrame:
    """The block's edges by name: person_id, drug, institution_id."""
    inside = np.isin(edge, block.persons) & np.isin(column, block.columns)
    code = {
        "person_id": edge[inside],
        "drug": column[inside] // places,
        "institution_id": column[inside] % places,
    }
    return pl.DataFrame({c: names[c].gather(numbers) for c, numbers in code.items()})


def measured(block: pl.DataFrame, params: Mapping[str, Any]) -> pl.DataFrame:
    """The block without those who share too few of its places, named and measured; no row where too little stays."""
    columns = block.select("drug", "institution_id").n_unique()
    own = block.group_by("person_id").agg(own_places=pl.col("institution_id").n_unique(), edges=pl.len())
    enough = (pl.col("own_places") >= params["min_own_places"]) & (pl.col("edges") >= params["min_own_share"] * columns)
    block = block.join(own.filter(enough), on="person_id", how="semi")
    members, places, drugs = (block[c].n_unique() for c in ("person_id", "institution_id", "drug"))
    if members < params["min_members"] or places < params["min_places"] or drugs < params["min_drugs"]:
        return pl.DataFrame(schema=SCHEMA)
    columns = block.select("drug", "institution_id").n_unique()
    key = "dense-" + hashlib.sha256(";".join(block["person_id"].unique().sort()).encode()).hexdigest()[:12]
    return block.with_columns(
        group_key=pl.lit(key),
        members=pl.lit(members, pl.Int32),
        places=pl.lit(places, pl.Int32),
        drugs=pl.lit(drugs, pl.Int32),
        filled=pl.lit(round(100 * block.height / (members * columns), 1)),
    )
