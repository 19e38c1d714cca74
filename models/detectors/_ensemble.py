"""What the second opinions share: a table of indicators in, one row of `judged` a subject out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import duckdb

from models.detectors import _outlier
from models.detectors._outlier import INSTITUTIONS, Indicator, Subjects

if TYPE_CHECKING:
    import polars as pl

LEAST_SUBJECTS = 12
REASONS = 3

PARTS = ("models.detectors._ensemble", "models.detectors._anomaly", "models.detectors._outlier", "models.peers")

PARAMS: dict[str, dict[str, int | float | str]] = {
    "quantile": {"value": 0.9, "unit": "share", "meaning": "subjects that score below this share: clear"},
    "min_score": {"value": 1.5, "unit": "deviations", "meaning": "least mean of the three opinions"},
    "min_z": {"value": 3.0, "unit": "robust z", "meaning": "an indicator this far above its peers counts"},
    "min_indicators": {"value": 2, "unit": "indicators", "meaning": "least themes of them that count"},
    "min_measured": {"value": 4, "unit": "indicators", "meaning": "fewer measured: cannot judge"},
    "min_visits": {"value": 50, "unit": "events", "meaning": "fewer visits, persons or lines: not measured"},
    "trees": {"value": 200, "min": 1, "unit": "trees", "meaning": "of one isolation forest"},
    "seeds": {"value": 3, "min": 1, "unit": "forests", "meaning": "forests that are averaged"},
    "max_weight": {"value": 0.5, "unit": "share", "meaning": "of a finding: a second opinion counts half"},
}

#: Where subjects are many and some of large volume, what chance excludes may still be too little to tell.
MATERIAL: dict[str, dict[str, int | float | str]] = {
    "min_peer_ratio": {
        "value": 1.15,
        "unit": "x",
        "meaning": "least ratio to the peers' median, for an indicator to count",
    },
    "min_points": {"value": 2.0, "unit": "%", "meaning": "least distance of a share, for it to count"},
}


def judge(
    con: duckdb.DuckDBPyConnection,
    table: str,
    indicators: Sequence[Indicator],
    params: Mapping[str, Any],
    subjects: Subjects = INSTITUTIONS,
) -> None:
    """Leave `judged` for one indicator table: one hit a subject, without money. Units are subjects."""
    import numpy as np
    import polars as pl

    key, cells = subjects.key, _cells(con, table, indicators, params, subjects)
    known = cells.filter(pl.col("reason").is_null() & pl.col("z").is_not_null())
    enough = known.group_by(key).len().filter(pl.col("len") >= params["min_measured"])
    able = enough[key].sort()
    cannot = cells[key].n_unique() - len(able)
    reason = "too few indicators measured"
    hits = pl.DataFrame()
    if len(able) < LEAST_SUBJECTS:
        cannot, reason, able = cells[key].n_unique(), "too few subjects to compare", able[:0]
    else:
        names = [i.name for i in indicators]
        wide = able.to_frame().join(
            known.pivot("indicator", index=key, values="z"), on=key, how="left", maintain_order="left"
        )
        z = np.column_stack(
            [wide[n].fill_null(0.0).to_numpy() if n in wide.columns else np.zeros(len(wide)) for n in names]
        )
        hits = _hits(known, able, z, indicators, params)
        if hits.height and subjects.place:
            hits = hits.join(known.select(key, subjects.place).unique(), on=key).sort(key)
    _write(con, hits, len(able) - hits.height, cannot, reason)


def _cells(
    con: duckdb.DuckDBPyConnection,
    table: str,
    indicators: Sequence[Indicator],
    params: Mapping[str, Any],
    subjects: Subjects,
) -> pl.DataFrame:
    """Every indicator of every subject with its distance from the peers, as the peer detectors take it; is_hit says
    that it is as far as `min_peer_ratio` and `min_points`, where the card has them."""
    import polars as pl

    wide = _outlier.rows(con, table, params, subjects)
    asked = {"min_peer_ratio": 1.0, "min_points": 0.0} | dict(params) | {"min_z": 0.0}
    constant = ("theme", "title", "title_zh", "unit")  # told again where a subject is: few are
    return pl.concat([_outlier._scored(wide, i, asked, subjects).drop(constant) for i in indicators])


def _hits(
    known: pl.DataFrame, able: pl.Series, z: Any, indicators: Sequence[Indicator], params: Mapping[str, Any]
) -> pl.DataFrame:
    """Subjects above the quantile and the least score whose evidence lies in several themes, with reasons."""
    import numpy as np
    import polars as pl

    from models.detectors import _anomaly

    columns = _anomaly.usable(z)
    if not len(columns):
        return pl.DataFrame()
    z, key = z[:, columns], able.name
    reference = _anomaly.reference_of(z)
    scores = _anomaly.score(z, reference, int(params["trees"]), int(params["seeds"]))
    bar = max(float(np.quantile(scores, params["quantile"], method="higher")), float(params["min_score"]))
    share = np.searchsorted(np.sort(scores), scores, "right") / len(scores)
    scored = pl.DataFrame({key: able, "score": scores, "place": (100 * share).round(1), "subjects": len(scores)})
    high = np.flatnonzero(scores >= bar)
    tail = pl.DataFrame(
        _anomaly.tails(z[high], reference), schema=[indicators[c].name for c in columns], orient="row"
    ).with_columns(able[high])  # fmt: skip
    titles = pl.DataFrame(
        [(i.name, i.theme, i.title, i.title_zh, i.unit) for i in indicators],
        schema=["indicator", "theme", "title", "title_zh", "unit"],
        orient="row",
    )
    told = tail.unpivot(index=key, variable_name="indicator", value_name="tail").join(known, on=[key, "indicator"])
    told = told.with_columns(z=pl.when("is_hit").then("z").otherwise(0.0))
    told = told.join(titles, on="indicator").sort(
        [key, "z", "tail", "indicator"], descending=[False, True, True, False]
    )
    told = told.unique([key, "theme"], keep="first", maintain_order=True)
    broad = told.filter(pl.col("z") >= params["min_z"]).group_by(key).len("themes")
    chosen = scored.filter(pl.col("score") >= bar).join(broad, on=key)
    chosen = chosen.filter(pl.col("themes") >= params["min_indicators"])
    reasons = told.group_by(key, maintain_order=True).head(REASONS)
    weight = params["max_weight"] * (1 - 0.5 * 2.0 ** -(pl.col("score") - params["min_score"]))
    return chosen.join(_reasons(reasons, key), on=key).with_columns(weight=weight).sort(key)


def _reasons(told: pl.DataFrame, key: str) -> pl.DataFrame:
    """The reasons of each subject as two sentences and as a list."""
    import polars as pl

    yuan = pl.col("unit") == "¥"
    own, usual = (
        pl.when(yuan).then(pl.format("¥{}", c)).otherwise(pl.format("{}{}", c, pl.col("unit")))
        for c in ("own", "peer_median")
    )
    return (
        told.with_columns(
            reason_text=pl.format("{} {} against {}", "title", own, usual),
            reason_text_zh=pl.format("{}{}（同类中位数{}）", "title_zh", own, usual),
            **_outlier.beside_peers(),
        )
        .group_by(key, maintain_order=True)
        .agg(
            reason_text=pl.col("reason_text").str.join("; "),
            reason_text_zh=pl.col("reason_text_zh").str.join("；"),
            reasons=pl.struct(*_outlier.BESIDE_PEERS, "peers", pl.col("z").round(2)),
        )
    )


def _write(con: duckdb.DuckDBPyConnection, hits: pl.DataFrame, clear: int, cannot: int, reason: str) -> None:
    con.execute(
        "create or replace temp table judged (outcome varchar, reason varchar, settlement_id varchar,"
        " line_id varchar, encounter_id varchar, person_id varchar, institution_id varchar,"
        " practitioner_id varchar, occurred_on date, amount decimal(16, 2), detail varchar, part varchar,"
        " weight double, group_key varchar, units bigint)"
    )
    if hits.height:
        con.register("ensemble_hit", _outlier.named(hits).to_arrow())
        con.execute(
            """
            insert into judged by name
            select 'hit' as outcome, person_id, institution_id, practitioner_id, round(weight, 4) as weight, 1 as units,
                cast(to_json(struct_pack(score := round(score, 2), place := place, subjects := subjects,
                    themes := themes, reason_text := reason_text, reason_text_zh := reason_text_zh,
                    reasons := reasons)) as varchar) as detail
            from ensemble_hit
            """
        )
        con.unregister("ensemble_hit")
    con.execute(
        "insert into judged by name select * from (values ('clear', null, $clear), ('cannot_judge', $reason, $cannot))"
        " as counted (outcome, reason, units) where units > 0",
        {"clear": clear, "cannot": cannot, "reason": reason},
    )
