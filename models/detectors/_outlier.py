"""What the peer outlier detectors share: indicators in, one row of `judged` a hit out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import duckdb

if TYPE_CHECKING:
    import polars as pl

#: How strongly a hit speaks: one half at the least z, three quarters two units above it.
HALVING = 2.0

REASONS = {
    "value": "{title}: not known",
    "volume": "{title}: volume too small",
    "peers": "{title}: too few peers of its kind",
}


@dataclass(frozen=True)
class Indicator:
    """One column of an indicator table. Of one theme a subject gets its strongest hit only."""

    name: str
    theme: str
    scale: str  # share, log, log1p: see models.peers
    volume: str  # column: the events behind the value
    unit: str  # ¥, % or nothing
    title: str
    title_zh: str
    base: str = ""  # column: own minus peer median, times this, is yuan; empty where it is no money
    by_kind: bool = False  # differs by specialty: a special kind is compared with its own kind or not at all


@dataclass(frozen=True)
class Subjects:
    """Whom an indicator table is about, and with whom each is compared."""

    key: str  # the column that names them, in the table and in the findings
    rows: str  # query: {table}'s columns, key_1 to key_4, breadth, kind and is_special, ordered by key
    place: str | None = None  # column: the institution a finding points to
    narrow: bool = False  # indicators by_kind are compared within key_2 at most
    many: bool = False  # whom it cannot judge is counted by reason, not listed


#: Kinds that treat what comes; every other kind has a specialty (TCM, eyes, dialysis, nursing ...).
GENERAL = "^(A1|B|C|D1|D211|D[3-9])"

#: Institutions and drugstores: kind, level and ownership; drugstores by division.
INSTITUTIONS = Subjects(
    "institution_id",
    f"""
    select n.*, g.key_1, g.key_2, g.key_3, g.key_4, g.breadth, i.institution_kind as kind,
        not regexp_matches(coalesce(i.institution_kind, 'A1'), '{GENERAL}') as is_special
    from feature.{{table}} as n
    join feature.institution_peer_group as g on g.institution_id = n.institution_id
    join feature.institution as i on i.institution_id = n.institution_id
    order by n.institution_id
    """,
)

#: Practitioners: department at institutions of the kind and level, then of the kind; else all of the kind, but not
#: for what departments differ in.
PRACTITIONERS = Subjects(
    "practitioner_id",
    """
    select n.*, coalesce(n.department, '-') || '|' || g.key_2 as key_1,
        coalesce(n.department, '-') || '|' || g.key_3 as key_2, g.key_3, 'all' as key_4, 1 as breadth,
        cast(null as varchar) as kind, false as is_special
    from feature.{table} as n
    join feature.institution_peer_group as g on g.institution_id = n.institution_id
    order by n.practitioner_id
    """,
    place="institution_id",
    narrow=True,
)

#: Persons with the same chronic disease registered, or none: of the same insurance, sex and age, then of the age. A
#: disease that few have is compared with no other.
PERSONS = Subjects(
    "person_id",
    """
    with keyed as (
        select *, coalesce(disease, 'none') as key_3, coalesce(age_band, '-') as age,
            coalesce(insurance_type, '-') || '|' || coalesce(sex, '-') as sort
        from feature.{table}
    )
    select *, key_3 || '|' || age || '|' || sort as key_1, key_3 || '|' || age as key_2, 'all' as key_4, 1 as breadth,
        cast(null as varchar) as kind, false as is_special
    from keyed
    where bills >= $min_visits
    order by person_id
    """,
    many=True,
)


def judge(
    con: duckdb.DuckDBPyConnection,
    table: str,
    indicators: Sequence[Indicator],
    params: Mapping[str, Any],
    subjects: Subjects = INSTITUTIONS,
) -> None:
    """Leave `judged` for one indicator table. `params`: min_z, min_points, min_peer_ratio,
    min_visits and, where stays are judged, min_stays."""
    import polars as pl

    key, wide = subjects.key, rows(con, table, params, subjects)
    scored = [_scored(wide, i, params, subjects) for i in indicators]
    hits = (
        pl.concat([s.filter(pl.col("is_hit")) for s in scored])
        .sort([key, "theme", "z", "indicator"], descending=[False, False, True, False])
        .unique([key, "theme"], keep="first", maintain_order=True)
    )
    cannot = pl.concat([s.filter(pl.col("reason").is_not_null()).select(key, "reason") for s in scored])
    clear = sum(s.height for s in scored) - cannot.height - hits.height
    if subjects.many:
        cannot = cannot.with_columns(pl.lit(None, dtype=pl.String).alias(key))
    con.register("outlier_hit", named(hits).to_arrow())
    con.register("outlier_cannot", named(cannot.group_by(key, "reason").len("units")).to_arrow())
    con.execute(_JUDGED, {"clear": clear})
    con.unregister("outlier_hit")
    con.unregister("outlier_cannot")


def rows(con: duckdb.DuckDBPyConnection, table: str, params: Mapping[str, Any], subjects: Subjects) -> pl.DataFrame:
    """The indicator table's rows with the peer groups, by key; of many subjects those with the least volume."""
    from data.warehouse import frame

    query = subjects.rows.format(table=table)
    return frame(con, query, {"min_visits": params["min_visits"]} if subjects.many else None)


def _scored(
    wide: pl.DataFrame, indicator: Indicator, params: Mapping[str, Any], subjects: Subjects = INSTITUTIONS
) -> pl.DataFrame:
    import polars as pl

    from models import peers

    i, events = indicator, params.get("min_stays", 0) if "stays" in indicator.volume else params["min_visits"]
    money = pl.col(i.base).cast(pl.Float64) if i.base else pl.lit(None, dtype=pl.Float64)
    apart = pl.col("is_special") & i.by_kind
    keys = [pl.when(apart).then("kind|" + pl.col("kind")).otherwise(pl.col(k)).alias(k) for k in peers.KEYS[:3]]
    place = subjects.place or subjects.key
    frame = wide.select(
        *dict.fromkeys((subjects.key, place)),
        *keys,
        "key_4",
        "breadth",
        "eligible_amount",
        value=pl.col(i.name).cast(pl.Float64),
        volume=pl.col(i.volume),
        money=money,
    ).filter(pl.col("volume") > 0)
    own, usual = pl.col("value"), pl.col("peer_median")
    shown, digits = (100, 1) if i.scale == "share" else (1, 2)
    wide_of = [pl.lit("all"), *([pl.col("key_3")] if subjects.narrow and i.by_kind else [])]
    strange = pl.any_horizontal(pl.col("peer_group") == group for group in wide_of)
    status = pl.when(strange).then(pl.lit("peers")).otherwise(pl.col("status"))
    reason = status.replace_strict({k: v.format(title=i.title) for k, v in REASONS.items()}, default=None)
    least = params["min_points"] / 100 if i.scale == "share" else 0.0
    above = (pl.col("z") >= params["min_z"]) & (own >= usual * params["min_peer_ratio"]) & (own - usual >= least)
    return peers.score(frame, i.scale, float(events)).select(
        *dict.fromkeys((subjects.key, place)),
        "z",
        "peer_percentile",
        "peer_group",
        "peers",
        indicator=pl.lit(i.name),
        theme=pl.lit(i.theme),
        title=pl.lit(i.title),
        title_zh=pl.lit(i.title_zh),
        unit=pl.lit(i.unit),
        own=(own * shown).round(digits),
        peer_median=(usual * shown).round(digits),
        volume=pl.col("volume").cast(pl.Int64),
        reason=reason,
        is_hit=(above & reason.is_null()).fill_null(False),
        amount=pl.when(pl.col("money").is_not_null()).then(
            pl.min_horizontal((own - usual) * pl.col("money"), pl.col("eligible_amount").cast(pl.Float64))
        ),
        weight=1 - 0.5 * 2.0 ** (-(pl.col("z") - params["min_z"]) / HALVING),
    )


#: What a finding's detail says of one indicator beside its peers, where it lists several.
BESIDE_PEERS = (
    "indicator", "indicator_title", "indicator_title_zh", "unit", "own_text", "peer_text", "own", "peer_median",
    "peer_percentile",
)  # fmt: skip


def beside_peers() -> dict[str, pl.Expr]:
    """The columns of BESIDE_PEERS that are made of title, title_zh, unit, own and peer_median."""
    import polars as pl

    def with_unit(column: str) -> pl.Expr:
        yuan = pl.format("¥{}", column)
        return pl.when(pl.col("unit") == "¥").then(yuan).otherwise(pl.format("{}{}", column, "unit"))

    return {
        "indicator_title": pl.col("title"),
        "indicator_title_zh": pl.col("title_zh"),
        "own_text": with_unit("own"),
        "peer_text": with_unit("peer_median"),
    }


def named(frame: pl.DataFrame) -> pl.DataFrame:
    """The frame with all three columns that name whom a finding is about; null where it has none."""
    import polars as pl

    lacking = [c for c in ("person_id", "institution_id", "practitioner_id") if c not in frame.columns]
    return frame.with_columns(pl.lit(None, dtype=pl.String).alias(c) for c in lacking)


_JUDGED = """
    create or replace temp table judged as
    with row_of as (
        select 'hit' as outcome, cast(null as varchar) as reason, person_id, institution_id, practitioner_id,
            cast(case when amount > 0 then amount end as decimal(16, 2)) as amount,
            cast(to_json(struct_pack(
                indicator := indicator, indicator_title := title, indicator_title_zh := title_zh, unit := unit,
                own_text := case unit when '¥' then '¥' || own else own || unit end,
                peer_text := case unit when '¥' then '¥' || peer_median else peer_median || unit end,
                own := own, peer_median := peer_median, peer_percentile := round(peer_percentile, 1),
                peer_group := peer_group, peers := peers, z := round(z, 2), volume := volume
            )) as varchar) as detail,
            indicator as part, round(weight, 4) as weight, cast(1 as bigint) as units
        from outlier_hit
        union all
        select 'cannot_judge', reason, person_id, institution_id, practitioner_id, null, null, null, null, units
        from outlier_cannot
        union all
        select 'clear', null, null, null, null, null, null, null, null, cast($clear as bigint) where $clear > 0
    )
    select outcome, reason, cast(null as varchar) as settlement_id, cast(null as varchar) as line_id,
        cast(null as varchar) as encounter_id, person_id, institution_id, practitioner_id,
        cast(null as date) as occurred_on, amount, detail, part, weight, cast(null as varchar) as group_key, units
    from row_of
"""
