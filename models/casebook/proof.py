"""The proof of a draw: from its published files alone, whether the result follows from the frame and the seed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from data.errors import InputRefused, UsageError
from models.casebook import draws
from models.casebook.handed import Form, read

RESULT = Form("result", "a draw's result", (("unit",), ("seed",)))


def verify(folder: Path, seed: int | None = None) -> dict[str, Any]:
    """frame_hash, seed, units drawn again, and faults: what does not follow.

    Raises InputRefused for files that are none, UsageError where neither the result nor the caller says the seed.
    """
    with duckdb.connect() as con:
        settled, published = draws.of_file(con, read(folder / "frame.csv", draws.FRAME), _inspectors(folder))
        result = _result(con, folder)
    if seed is None and result is None:
        raise UsageError(f"{folder} holds no result.csv, so give the published seed with --seed.")
    chosen = int(result["seed"][0]) if seed is None and result is not None else int(seed or 0)
    drawn = draws.draw(settled, chosen)
    faults = []
    if settled.hash != published:
        faults.append(f"The frame is not the one that was published: its hash is {settled.hash}, not {published}.")
    if result is not None:
        again = drawn.select("unit", "inspectors").rows()
        if again != result.select("unit", "inspectors").rows():
            faults.append("The result does not follow from the frame and the seed.")
    return {"frame_hash": settled.hash, "seed": chosen, "units": drawn["unit"].to_list(), "faults": faults}


def _inspectors(folder: Path) -> pl.DataFrame:
    """inspector, unit, avoids as the frame's file has them; none where the draw had none."""
    nobody = pl.DataFrame(schema={"inspector": pl.String, "unit": pl.String, "avoids": pl.String})
    try:
        texts = read(folder / "inspectors.csv", draws.INSPECTORS).texts
    except InputRefused:
        return nobody
    avoids = pl.col("avoid").fill_null("").str.replace_all(r"[\t ]", "")
    return texts.select("inspector", "unit", avoids=avoids)


def _result(con: duckdb.DuckDBPyConnection, folder: Path) -> pl.DataFrame | None:
    if not (folder / "result.csv").is_file():
        return None
    rows = read(folder / "result.csv", RESULT).typed(con, RESULT)
    if rows["seed"].null_count():
        raise InputRefused("result.csv is not as it was published: its seed cannot be read.")
    return rows.sort("place")
