"""The reference lists of the made-up town (items, diagnoses, kits ...) as polars frames and numpy columns."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

REFERENCE = Path(__file__).parent / "reference"
# A published limit of a level-3 hospital, and what the other levels may charge of it.
LEVEL_SHARE = {1: 0.78, 2: 0.90, 3: 1.00, 9: 0.72}
PAIR = {"including_code": pl.String, "included_code": pl.String}
TIMINGS = ("O", "F", "D", "C", "W", "M", "A")

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Catalogue:
    """All reference lists; a row number of a frame is the key used everywhere else in the simulator."""

    items: pl.DataFrame
    diagnoses: pl.DataFrame
    departments: pl.DataFrame
    kinds: pl.DataFrame
    chronic: pl.DataFrame
    operations: pl.DataFrame
    pairs: pl.DataFrame
    kits: pl.DataFrame
    goods: pl.DataFrame
    kit_names: tuple[str, ...]
    role: dict[str, int]
    item: dict[str, int]
    diagnosis: dict[str, int]
    department: dict[str, int]

    def kit(self, name: str) -> int:
        """The number of a kit."""
        return self.kit_names.index(name)

    def kits_like(self, start: str) -> Ints:
        """The numbers of the kits whose names begin so."""
        return np.array([n for n, name in enumerate(self.kit_names) if name.startswith(start)])

    def brands(self) -> Ints:
        """The dear brand of each generic; every other item itself."""
        brand = np.arange(len(self.items))
        for number, generic in enumerate(self.items["brand_of"].to_list()):
            if generic is not None:
                brand[self.item[generic]] = number
        return brand

    def column(self, name: str) -> NDArray[Any]:
        """An item column as numpy."""
        return self.items[name].to_numpy()


def _read(name: str, **types: Any) -> pl.DataFrame:
    return pl.read_csv(REFERENCE / f"{name}.csv", schema_overrides=types, infer_schema_length=None)


def _index(frame: pl.DataFrame, key: str) -> dict[str, int]:
    return {code: number for number, code in enumerate(frame[key].to_list())}


def _items() -> pl.DataFrame:
    text = dict.fromkeys(("code", "catalogue_type", "fee_category", "class", "brand_of"), pl.String)
    items = _read("items", **text, limit_level3=pl.Float64)
    own_share = (
        pl.when(pl.col("class") == "01")
        .then(0)
        .when(pl.col("class") == "03")
        .then(100)
        .when(pl.col("catalogue_type") == "301")
        .then(20)
        .otherwise(10)
    )
    cents = [
        (pl.col(name) * 100).round().fill_null(0).cast(pl.Int64).alias(f"{name}_cents")
        for name in ("price", "limit_level3")
    ]
    return items.with_columns(
        *cents,
        own_share.cast(pl.Int64).alias("own_share"),
        *(
            pl.col(name).fill_null(0).cast(pl.Int64)
            for name in ("sex", "child_only", "min_level", "max_days", "pack_days")
        ),
    )


def _kits(item: dict[str, int]) -> tuple[pl.DataFrame, tuple[str, ...]]:
    kits = _read("kits", item_code=pl.String)
    names = tuple(kits["kit"].unique(maintain_order=True).to_list())
    return kits.select(
        pl.col("kit").replace_strict({name: n for n, name in enumerate(names)}, return_dtype=pl.Int64),
        pl.col("item_code").replace_strict(item, return_dtype=pl.Int64).alias("item"),
        pl.col("chance").cast(pl.Float64),
        "qty_from",
        "qty_to",
        pl.col("timing").replace_strict({t: n for n, t in enumerate(TIMINGS)}, return_dtype=pl.Int64),
    ), names


@lru_cache(maxsize=1)
def load() -> Catalogue:
    """Read the reference lists once a process."""
    items = _items()
    item = _index(items, "code")
    departments = _read("departments", scope_code=pl.String)
    department = _index(departments, "code")
    diagnoses = _read("diagnoses")
    diagnosis = _index(diagnoses, "code")
    kits, kit_names = _kits(item)
    roles = items.with_row_index("n").filter(pl.col("role").is_not_null())
    as_department = pl.col("department").replace_strict(department, return_dtype=pl.Int64)
    as_kit = {name: n for n, name in enumerate(kit_names)}
    return Catalogue(
        items=items,
        diagnoses=diagnoses.with_columns(
            as_department,
            pl.col("op_kit", "ip_kit").replace_strict(as_kit, default=-1, return_dtype=pl.Int64),
        ),
        departments=departments,
        kinds=_read("kinds", hosp_lv=pl.String, ownership=pl.String),
        chronic=_read("chronic").with_columns(
            as_department,
            pl.col("kit").replace_strict(as_kit, return_dtype=pl.Int64),
            pl.col("diag_code").replace_strict(diagnosis, return_dtype=pl.Int64).alias("diag"),
        ),
        operations=_read("operations", item_code=pl.String, oprn_code=pl.String).with_columns(
            pl.col("item_code").replace_strict(item, return_dtype=pl.Int64).alias("item"),
            pl.col("diag_code").replace_strict(diagnosis, return_dtype=pl.Int64).alias("diag"),
        ),
        pairs=_read("exclusive_pairs", **PAIR).select(pl.all().replace_strict(item, return_dtype=pl.Int64)),
        kits=kits,
        goods=_read("goods"),
        kit_names=kit_names,
        role=dict(zip(roles["role"].to_list(), roles["n"].to_list(), strict=True)),
        item=item,
        diagnosis=diagnosis,
        department=department,
    )
