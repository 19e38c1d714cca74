"""What the second opinions share: rows of indicators in, one row of `judged` a subject out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from models.detectors.peers import anomaly, method, norms
from models.detectors.peers.anomaly import Floats
from models.detectors.peers.method import Indicator, Subjects
from models.sources.work import Work

LEAST_SUBJECTS = 12  # fewer are no company to be unusual in
REASONS = 3  # that a finding tells


def judge(work: Work, indicators: Sequence[Indicator], subjects: Subjects) -> None:
    """At most one hit a subject, without money; the detector's step `rows` gives the subjects. Units are subjects.

    Parameters: quantile, min_score, min_z, min_indicators, min_measured, min_visits, trees, seeds, max_weight; where
    subjects are many and some of large volume, min_peer_ratio and min_points (what chance excludes may still be too
    little to tell); where stays are measured, min_stays.
    """
    key, params = subjects.key, work.params
    compared = _compared(work, indicators, subjects)
    everyone = compared[key].n_unique()
    measured = compared.filter(pl.col("reason").is_null() & pl.col("z").is_not_null())
    able = measured.group_by(key).len().filter(pl.col("len") >= params["min_measured"])[key].sort()
    if len(able) < LEAST_SUBJECTS:
        work.count(0, {"too few subjects to compare": everyone})
        return
    hits = _unusual(measured, able, indicators, params)
    if hits.height:
        if subjects.place:
            hits = hits.join(measured.select(key, subjects.place).unique(), on=key).sort(key)
        with work.lend(ensemble_hit=method.named(hits)):
            work.run("shared/ensemble")
    work.count(len(able) - hits.height, {"too few indicators measured": everyone - len(able)})


def _compared(work: Work, indicators: Sequence[Indicator], subjects: Subjects) -> pl.DataFrame:
    """Every indicator of every subject with its distance from the peers, as the peer detectors take it.

    is_hit says that it is as far as `min_peer_ratio` and `min_points`, where the card has them.
    """
    rows, beside = work.frame("rows"), norms.read(work)
    bounds = {"min_peer_ratio": 1.0, "min_points": 0.0} | dict(work.params) | {"min_z": 0.0}
    constant = ("theme", "title", "title_zh", "unit")  # joined again for the few who are high
    return pl.concat([method.score(rows, i, bounds, subjects, beside).drop(constant) for i in indicators])


def _distances(measured: pl.DataFrame, able: pl.Series, indicators: Sequence[Indicator]) -> Floats:
    """One row a subject, one column an indicator; what is not measured is no evidence: zero."""
    wide = able.to_frame().join(
        measured.pivot("indicator", index=able.name, values="z"), on=able.name, how="left", maintain_order="left"
    )
    columns = [
        wide[i.name].fill_null(0.0).to_numpy() if i.name in wide.columns else np.zeros(len(wide)) for i in indicators
    ]
    return np.column_stack(columns)


def _unusual(
    measured: pl.DataFrame, able: pl.Series, indicators: Sequence[Indicator], params: Mapping[str, Any]
) -> pl.DataFrame:
    """Subjects above the quantile and the least score whose evidence lies in several themes, with reasons."""
    z, key = _distances(measured, able, indicators), able.name
    columns = anomaly.usable(z)
    if not len(columns):
        return pl.DataFrame()
    z = z[:, columns]
    reference = anomaly.reference_of(z)
    scores = anomaly.score(z, reference, int(params["trees"]), int(params["seeds"]))
    bar = max(float(np.quantile(scores, params["quantile"], method="higher")), float(params["min_score"]))
    share = np.searchsorted(np.sort(scores), scores, "right") / len(scores)
    scored = pl.DataFrame({key: able, "score": scores, "place": (100 * share).round(1), "subjects": len(scores)})
    high = np.flatnonzero(scores >= bar)
    tails = pl.DataFrame(
        anomaly.tails(z[high], reference), schema=[indicators[c].name for c in columns], orient="row"
    ).with_columns(able[high])
    evidence = _evidence(tails, measured, indicators)
    themes = evidence.filter(pl.col("z") >= params["min_z"]).group_by(key).len("themes")
    chosen = scored.filter(pl.col("score") >= bar).join(themes, on=key)
    chosen = chosen.filter(pl.col("themes") >= params["min_indicators"])
    reasons = _reasons(evidence.group_by(key, maintain_order=True).head(REASONS), key)
    # Half the most it may weigh at the least score; each deviation more halves what is left.
    weight = params["max_weight"] * (1 - 0.5 * 2.0 ** -(pl.col("score") - params["min_score"]))
    return chosen.join(reasons, on=key).with_columns(weight=weight).sort(key)


def _evidence(tails: pl.DataFrame, measured: pl.DataFrame, indicators: Sequence[Indicator]) -> pl.DataFrame:
    """The strongest indicator of each subject and theme, the strongest first; z is 0 where it is too near the peers."""
    key = tails.columns[-1]
    titles = pl.DataFrame(
        [(i.name, i.theme, i.title, i.title_zh, i.unit) for i in indicators],
        schema=["indicator", "theme", "title", "title_zh", "unit"],
        orient="row",
    )
    return (
        tails.unpivot(index=key, variable_name="indicator", value_name="tail")
        .join(measured, on=[key, "indicator"])
        .with_columns(z=pl.when("is_hit").then("z").otherwise(0.0))
        .join(titles, on="indicator")
        .sort([key, "z", "tail", "indicator"], descending=[False, True, True, False])
        .unique([key, "theme"], keep="first", maintain_order=True)
    )


def _reasons(evidence: pl.DataFrame, key: str) -> pl.DataFrame:
    """The reasons of each subject as two sentences and as a list."""
    return (
        evidence.with_columns(**method.beside_peers())
        .with_columns(
            reason_text=pl.format("{} {} against {}", "title", "own_text", "peer_text"),
            reason_text_zh=pl.format("{}{}（同类中位数{}）", "title_zh", "own_text", "peer_text"),
        )
        .group_by(key, maintain_order=True)
        .agg(
            reason_text=pl.col("reason_text").str.join("; "),
            reason_text_zh=pl.col("reason_text_zh").str.join("；"),
            reasons=pl.struct(*method.BESIDE_PEERS, "peers", pl.col("z").round(2)),
        )
    )
