"""What changed since the run before, each change beside what chance alone would do.

Indicators and scores: the population stability index over the deciles of the run before, whose null is about
chi-square(bins - 1) x (1/n + 1/m). Hit rates: two shares, their variance widened by what the months of either run show.
Lists: what the first places share, beside what two draws of the counts and rates of this run share. Runs that hold the
same business are less different than chance, so these limits err towards calm. Of the changes of one kind, those called
beyond chance are chosen so that at most one in twenty of them is false (Benjamini and Hochberg).
"""

from __future__ import annotations

import json
import math
from typing import Any

import duckdb
import numpy as np
import polars as pl

from models.casebook import profile

FALSE_SHARE = 0.05
A_BIN = 15  # subjects a bin needs; fewer bins for few subjects
FEWEST = 40  # subjects in either run before an indicator is compared
FEWEST_HITS = 10  # in both runs together
BEYOND, EXPECTED, FEW, NEW, GONE = "beyond chance", "as expected", "too few", "new", "gone"
OTHERWISE = "not comparable"  # the run before measured it, this version measures it no more, or in another way
COLUMNS = {
    "what": pl.String,  # indicator, score, source, top
    "subject_type": pl.String,
    "name": pl.String,
    "before": pl.Float64,  # median, hit rate, both of the run before; of a list its places compared
    "now": pl.Float64,
    "change": pl.Float64,  # stability index; difference of rates; share of the first places that stayed
    "by_chance": pl.Float64,  # mean of the change by chance alone
    "limit": pl.Float64,  # 95 % of the change by chance lies within
    "p": pl.Float64,
    "state": pl.String,
    "compared_with": pl.String,  # the run before
}


def compare(con: duckdb.DuckDBPyConnection, run_id: str) -> pl.DataFrame:
    """One row an indicator, score, source and list (COLUMNS); no rows for the first run."""
    last, known = profile.before(con, run_id)
    if last is None:
        return pl.DataFrame(schema=COLUMNS)
    rows = [*_shapes(con, known), *_rates(con, known), *_lists(con, known)]
    said = pl.DataFrame(rows, schema={k: v for k, v in COLUMNS.items() if k != "compared_with"}, orient="row")
    return _tested(said).with_columns(compared_with=pl.lit(last)).select(list(COLUMNS))


def summary(said: pl.DataFrame) -> str:
    """One line: what lies beyond chance; empty for the first run."""
    if not said.height:
        return ""
    words = {"indicator": "indicators", "score": "scores", "source": "hit rates", "top": "lists"}
    parts = []
    for what, noun in words.items():
        rows = said.filter((pl.col("what") == what) & pl.col("p").is_not_null())
        beyond = rows.filter(pl.col("state") == BEYOND)
        if beyond.height:
            names = ", ".join(" ".join(filter(None, r)) for r in beyond.select("subject_type", "name").head(3).rows())
            more = f" and {beyond.height - 3} more" if beyond.height > 3 else ""
            parts.append(f"{beyond.height} of {rows.height} {noun} ({names}{more})")
    last = said["compared_with"][0]
    if not parts:
        return f"no drift beyond chance since run {last}"
    return f"drift since run {last}: {'; '.join(parts)} beyond chance, see drift.csv"


def stability(before: list[int], now: list[int]) -> tuple[float, float, float, float]:
    """Population stability index of two histograms over the same bins, and its mean, 95 % and p by chance."""
    from scipy.stats import chi2

    a, b = np.array(before, dtype=float), np.array(now, dtype=float)
    n, m = a.sum(), b.sum()
    p, q = np.maximum(a, 0.5) / n, np.maximum(b, 0.5) / m
    index = float(((q - p) * np.log(q / p)).sum())
    scale, freedom = 1 / n + 1 / m, max(1, len(a) - 1)
    return index, freedom * scale, float(chi2.ppf(0.95, freedom)) * scale, float(chi2.sf(index / scale, freedom))


def _shapes(con: duckdb.DuckDBPyConnection, known: pl.DataFrame) -> list[tuple[Any, ...]]:
    kept = {
        (r["what"], r["subject_type"], r["name"]): r
        for r in known.filter(pl.col("what").is_in(["indicator", "score"])).iter_rows(named=True)
    }
    rows: list[tuple[Any, ...]] = []
    current = profile.values(con)
    for key, of in current.items():
        was = kept.get(key)
        if was is None:
            rows.append((*key, None, _median(of), None, None, None, None, NEW))
            continue
        edges = json.loads(was["edges"])
        middle = _middle(edges, json.loads(was["counts"]))
        if min(len(of), was["n"]) < FEWEST or not edges:
            rows.append((*key, middle, _median(of), None, None, None, None, FEW))
            continue
        bins = _merged([json.loads(was["counts"]), profile.binned(of, edges)], min(len(of), was["n"]) // A_BIN)
        index, mean, limit, p = stability(*bins)
        rows.append((*key, middle, _median(of), _four(index), _four(mean), _four(limit), p, None))
    for key in kept:
        if key not in current:
            rows.append((*key, None, None, None, None, None, None, OTHERWISE if key[0] == "indicator" else GONE))
    return rows


def _merged(counts: list[list[int]], bins: int) -> list[list[int]]:
    """Neighbouring bins put together until there are at most `bins`, alike in both histograms."""
    groups = np.array_split(np.arange(len(counts[0])), max(2, min(bins, len(counts[0]))))
    return [[int(np.array(one)[g].sum()) for g in groups if len(g)] for one in counts]


def _rates(con: duckdb.DuckDBPyConnection, known: pl.DataFrame) -> list[tuple[Any, ...]]:
    from scipy.stats import norm

    was = {r["name"]: r for r in known.filter(what="source").iter_rows(named=True)}
    now = {r["name"]: r for r in profile.sources(con)}
    rows: list[tuple[Any, ...]] = []
    for name in sorted(was.keys() | now.keys()):
        a, b = was.get(name), now.get(name)
        rates = [r["hits"] / r["n"] if r and r["n"] else None for r in (a, b)]
        head = ("source", None, name, *(None if r is None else round(r, 6) for r in rates))
        if a is None or b is None:
            rows.append((*head, None, None, None, None, NEW if a is None else GONE))
        elif rates[0] is None or rates[1] is None or a["hits"] + b["hits"] < FEWEST_HITS:
            rows.append((*head, None, None, None, None, FEW))
        else:
            share = min(1.0, (a["hits"] + b["hits"]) / (a["n"] + b["n"]))
            noise = max(a["noise"], b["noise"])
            # some sources hit more than once in a thing judged: their counts are Poisson, not binomial
            deviation = math.sqrt(noise * share * max(1 - share, 0.1) * (1 / a["n"] + 1 / b["n"]))
            change = rates[1] - rates[0]
            p = float(2 * norm.sf(abs(change) / deviation))
            rows.append((*head, round(change, 6), 0.0, round(1.959964 * deviation, 6), p, None))
    return rows


def _lists(con: duckdb.DuckDBPyConnection, known: pl.DataFrame) -> list[tuple[Any, ...]]:
    closed = {
        lead
        for (lead,) in con.execute("select lead_id from casebook.lead_register where closed_on is not null").fetchall()
    }
    draws = dict(con.execute("select subject_type, draws from model.top_noise order by 1").fetchall())
    rows: list[tuple[Any, ...]] = []
    for kind in sorted(draws):
        was = known.filter(what="top", subject_type=kind).sort("n")["name"].to_list()
        open_ = [lead for lead in was if lead not in closed]
        found = con.execute(
            "select lead_id from model.lead where subject_type = $kind and rank <= $top order by rank",
            {"kind": kind, "top": profile.TOP},
        ).fetchall()
        now = [lead for (lead,) in found][: max(len(open_), 1)]
        head = ("top", kind, f"first {profile.TOP}", float(len(open_)), float(len(now)))
        if len(open_) < 5 or len(now) < 5:
            rows.append((*head, None, None, None, None, FEW))
            continue
        shared = len(set(open_) & set(now)) / len(set(open_) | set(now))
        chance = np.array(json.loads(draws[kind]))
        low = float(np.quantile(chance, 0.05, method="lower"))
        p = float((1 + (chance <= shared).sum()) / (1 + len(chance)))
        rows.append((*head, _four(shared), _four(float(chance.mean())), _four(low), p, None))
    return rows


def _tested(said: pl.DataFrame) -> pl.DataFrame:
    """Fill in the state of every row with a p; each kind of change is one family of tests."""
    tests = pl.col("p").count().over("what")
    line = FALSE_SHARE * pl.col("p").rank("max").over("what") / tests
    cut = pl.col("p").filter(pl.col("p") <= line).max().over("what")
    beyond = pl.when(pl.col("p") <= cut).then(pl.lit(BEYOND)).otherwise(pl.lit(EXPECTED))
    filled = pl.coalesce("state", pl.when(pl.col("p").is_not_null()).then(beyond))
    return said.with_columns(state=filled).with_columns(pl.col("p").round(6))


def _middle(edges: list[float], counts: list[int]) -> float | None:
    """The median a profile was made of, exactly as `_median` takes it: it is one of the deciles kept."""
    place = (sum(counts) - 1) // 2
    upto = np.cumsum(counts[: len(edges)])
    return _four(edges[int(np.argmax(upto > place))]) if edges and upto[-1] > place else None


def _median(of: np.ndarray) -> float | None:
    return _four(float(np.quantile(of, 0.5, method="lower"))) if len(of) else None


def _four(value: float) -> float:
    return round(value, 4)
