"""How far an institution stands above its peers in one indicator, fairly for small and for large ones.

The centre and the spread of a group are robust and lean on its parent group; the spread that is allowed grows
as the volume behind a value shrinks; only the upper side counts.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

Floats = npt.NDArray[np.float64]

KEYS = ("key_1", "key_2", "key_3", "key_4")
LEAN = 20.0  # members at which a group's own statistics weigh as much as its parent's
LEAST_PEERS = 5  # fewer measured members carry no comparison: the next wider group is taken
LEAST_SPREAD = 0.05  # relative: nobody stands out by less than a few percent because the peers are very alike
CLIP = 8.0
SCALES = ("share", "log", "log1p")


def score(frame: pl.DataFrame, scale: str, least_volume: float, reference: pl.DataFrame | None = None) -> pl.DataFrame:
    """Score one indicator: one row an institution in, the same rows in the same order out.

    `frame` has institution_id, key_1 to key_4, breadth (1 to 4: the key that is its group), value (of a share:
    0 to 1) and volume (events behind the value). `scale` is 'share', 'log1p' (money, counts) or 'log' (ratios
    around 1). `reference` has the members of groups measured elsewhere (keys, value, volume): rows of a key_3 that
    it has are compared with those alone, in the finest group. Added: z (0 to 8, never negative), peer_median and
    peer_percentile (0 to 100) in the value's unit, peer_group, peers (its measured members), and status: 'scored',
    'value' (none), 'volume' (below `least_volume`) or 'peers' (too few). Rows that are not scored get null.
    """
    if scale not in SCALES:
        raise ValueError(f"scale is '{scale}', not one of {', '.join(SCALES)}")
    rows = _beside(frame, reference)
    value = rows["value"].fill_null(float("nan")).to_numpy().copy()
    volume = np.nan_to_num(rows["volume"].fill_null(0).to_numpy())
    usable = np.isfinite(value)
    measured = usable & (volume >= max(least_volume, 1))
    counted = measured & rows["is_counted"].to_numpy()
    codes = [_codes(rows[key]) for key in KEYS]
    breadth = _breadth(rows["breadth"].to_numpy(), codes, counted)
    scored = measured & (breadth > 0)
    centre, allowed = _reference(value, volume, counted, codes, scale)
    group = np.zeros(len(value), dtype=np.int64)
    z, median = np.full(len(value), np.nan), np.full(len(value), np.nan)
    percentile, peers = np.full(len(value), np.nan), np.zeros(len(value), dtype=np.int64)
    for level, code in enumerate(codes):
        here = scored & (breadth == level + 1)
        if not here.any():
            continue
        gap, noise = _gap(value, volume, centre[level], scale)
        z[here] = np.clip(gap / np.sqrt(allowed[level] + noise), 0, CLIP).round(6)[here]
        median[here] = centre[level][here]
        members, place = _place(code, value, measured, counted)
        peers[here], percentile[here], group[here] = members[here], place[here], level
    status = np.select([~usable, ~measured, ~scored], ["value", "volume", "peers"], "scored")
    names = np.array([rows[key].to_list() for key in KEYS], dtype=object)
    group_names = [str(names[g, i]) if s else None for i, (g, s) in enumerate(zip(group, scored, strict=True))]
    own = frame.height
    return frame.with_columns(
        z=pl.Series(z[:own]).fill_nan(None),
        peer_median=pl.Series(median[:own]).fill_nan(None),
        peer_percentile=pl.Series(percentile[:own]).fill_nan(None),
        peer_group=pl.Series(group_names[:own], dtype=pl.String),
        peers=pl.Series(peers[:own]),
        status=pl.Series(status[:own].tolist(), dtype=pl.String),
    )


def _beside(frame: pl.DataFrame, reference: pl.DataFrame | None) -> pl.DataFrame:
    """The rows, then the members of the reference, with is_counted: whether a row makes the measure of its groups."""
    typed = (pl.col("value").cast(pl.Float64), pl.col("volume").cast(pl.Float64))
    rows = frame.select(pl.col(*KEYS).cast(pl.String), pl.col("breadth").cast(pl.Int64), *typed)
    if reference is None or not reference.height:
        return rows.with_columns(is_counted=pl.lit(True))
    is_covered = pl.col("key_3").is_in(reference["key_3"].unique().to_list()).fill_null(False)
    members = reference.select(
        pl.col(*KEYS).cast(pl.String), breadth=pl.lit(1, pl.Int64), value=typed[0], volume=typed[1]
    )
    return pl.concat(
        [
            rows.with_columns(breadth=pl.when(is_covered).then(1).otherwise("breadth"), is_counted=~is_covered),
            members.with_columns(is_counted=pl.lit(True)),
        ]
    )


def expected(frame: pl.DataFrame, outcome: str, by: Sequence[str], lean: float = LEAN) -> pl.Series:
    """What each row's `outcome` is elsewhere: its mean over the same stratum at all other institutions.

    `frame` has institution_id and the columns `by`, from coarse to fine strata; the mean of a stratum leans on the
    next coarser with the weight of `lean` rows, the coarsest on the mean of all other institutions. Summed over an
    institution's rows it is the number that indirect standardisation expects. NaN where nobody else has a row.
    """
    one, own = pl.col(outcome).cast(pl.Float64), pl.len()
    total, rows = one.sum(), pl.len()
    usual = (total - one.sum().over("institution_id")) / (rows - own.over("institution_id"))
    for key in by:
        there = pl.col(key).cast(pl.String).fill_null("-")
        sums, counts = one.sum().over(there), own.over(there)
        mine, of_mine = one.sum().over("institution_id", there), own.over("institution_id", there)
        usual = (sums - mine + lean * usual) / (counts - of_mine + lean)
    return frame.select(expected=usual)["expected"]


def _codes(key: pl.Series) -> npt.NDArray[np.int64]:
    return key.cast(pl.String).rank("dense").fill_null(0).cast(pl.Int64).to_numpy()


def _breadth(
    wanted: npt.NDArray[np.int64], codes: list[npt.NDArray[np.int64]], measured: npt.NDArray[np.bool_]
) -> npt.NDArray[np.int64]:
    """The level each row is compared at: its own or, with too few measured peers there, a wider; 0 for none."""
    chosen = np.zeros(len(wanted), dtype=np.int64)
    for level in range(len(codes), 0, -1):
        members = np.bincount(codes[level - 1], weights=measured)[codes[level - 1]]
        chosen = np.where((level >= wanted) & (members >= LEAST_PEERS), level, chosen)
    return chosen


def _reference(
    value: Floats,
    volume: Floats,
    measured: npt.NDArray[np.bool_],
    codes: list[npt.NDArray[np.int64]],
    scale: str,
) -> tuple[list[Floats], list[Floats]]:
    """Per level and row: the group's median, and the variance that peers of endless volume still have.

    The kind of institution (key_3) is the root that finer groups lean on, so that clinics never move the
    measure of hospitals; key_4 stands for itself.
    """
    centre: list[Floats] = [np.empty(0)] * 4
    spread: list[Floats] = [np.empty(0)] * 4
    for level in (3, 2, 1, 0):
        code = codes[level]
        own = _quantile(code, value, measured, 0.5)
        weight = np.ones(len(value))
        if level < 2:
            members = np.bincount(code, weights=measured)[code]
            weight = members / (members + LEAN)
            own = np.where(np.isfinite(own), own, centre[level + 1])
            own = weight * own + (1 - weight) * centre[level + 1]
        centre[level] = own
        gap, noise = _gap(value, volume, own, scale)
        wide = np.fmax(
            1.4826 * _quantile(code, np.abs(gap), measured, 0.5),
            _quantile(code, gap, measured, 0.84),  # one sigma upward: what is left where most have none
        )
        if level < 2:
            wide = np.where(np.isfinite(wide), wide, spread[level + 1])
            wide = weight * wide + (1 - weight) * spread[level + 1]
        spread[level] = wide
    allowed = []
    for level in range(4):
        _, noise = _gap(value, volume, centre[level], scale)
        chance = _quantile(codes[level], noise, measured, 0.5)
        allowed.append(np.maximum(spread[level] ** 2 - chance, LEAST_SPREAD**2))
    return centre, allowed


def _gap(value: Floats, volume: Floats, centre: Floats, scale: str) -> tuple[Floats, Floats]:
    """Distance from the centre on the scale, and its variance from volume alone.

    A share is compared with what the centre would give at the same volume, both with half an event added, so
    that a share of nothing stands alike at every volume. A mean of events is taken to vary by its own size,
    a ratio around 1 by a third of it.
    """
    n = np.maximum(volume, 1)
    with np.errstate(all="ignore"):
        if scale == "share":
            own, usual = np.clip(value, 0, 1) * n + 0.5, np.clip(centre, 0, 1) * n + 0.5
            gap = np.log(own / (n + 1 - own)) - np.log(usual / (n + 1 - usual))
            return gap, _share_noise(own, usual, n + 1, gap)
        if scale == "log":
            small = 1e-6
            return np.log(np.maximum(value, small)) - np.log(np.maximum(centre, small)), 0.1 / n
        steep = centre / (1 + np.maximum(centre, 0))
        return np.log1p(np.maximum(value, 0)) - np.log1p(np.maximum(centre, 0)), steep**2 / n


def _share_noise(own: Floats, usual: Floats, n: Floats, gap: Floats) -> Floats:
    """Variance that makes gap over its root the binomial deviance: right for rare events too, where the
    variance at the centre would excuse any number of them."""
    deviance = 2 * (own * np.log(own / usual) + (n - own) * np.log((n - own) / (n - usual)))
    at_centre = 1 / usual + 1 / (n - usual)
    return np.where(deviance > 1e-9, np.minimum(gap**2 / np.maximum(deviance, 1e-9), at_centre), at_centre)


def _quantile(code: npt.NDArray[np.int64], value: Floats, measured: npt.NDArray[np.bool_], q: float) -> Floats:
    """Each row's group quantile over the measured rows, between two by their distance; NaN where the group has none."""
    order = np.lexsort((value[measured], code[measured]))
    ordered = value[measured][order]
    members = np.bincount(code[measured], minlength=int(code.max(initial=0)) + 1)
    found = np.full(len(members), np.nan)
    has = members > 0
    place = (np.cumsum(members) - members)[has] + q * (members[has] - 1)
    low, high = np.floor(place).astype(np.int64), np.ceil(place).astype(np.int64)
    found[has] = ordered[low] + (ordered[high] - ordered[low]) * (place - low)
    return np.asarray(found[code])


def _place(
    code: npt.NDArray[np.int64], value: Floats, measured: npt.NDArray[np.bool_], counted: npt.NDArray[np.bool_]
) -> tuple[npt.NDArray[np.int64], Floats]:
    """Counted members of each row's group, and the measured row's mid-rank percentile among them."""
    order = np.unique(value[measured])
    rank = np.searchsorted(order, np.where(measured, value, 0.0))
    width = len(order) + 1
    ranked = np.sort(code[counted] * width + rank[counted])
    first, last = np.searchsorted(ranked, code * width), np.searchsorted(ranked, (code + 1) * width)
    below, upto = (np.searchsorted(ranked, code * width + rank, side) for side in ("left", "right"))
    members = (last - first).astype(np.int64)
    place = 100 * ((below + upto) / 2 - first) / np.maximum(members, 1)
    return members, np.where(measured, place, np.nan)
