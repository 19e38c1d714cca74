"""What the peer detectors share: rows of indicators in, one row of `judged` a hit out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from models import peers
from models.detectors.peers import norms
from models.sources.work import Work

#: How strongly a hit speaks: one half at the least z, three quarters two units above it. Two units of z are the step
#: from what one institution in a thousand shows by chance to one in a million.
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
    base: str = ""  # column: own minus usual, times this, is yuan; empty where it is no money
    by_kind: bool = False  # differs by specialty: a special kind is compared with its own kind or not at all
    judged_by: str = ""  # the detector that judges it better
    innocent: str = ""  # the ordinary reading that no field tells from it, named first
    innocent_zh: str = ""


@dataclass(frozen=True)
class Subjects:
    """Whom the rows are about, and with whom each is compared."""

    key: str  # the column that names them, in the rows and in the findings
    place: str | None = None  # column: the institution a finding points to
    narrow: bool = False  # indicators by_kind are compared within key_2 at most
    many: bool = False  # whom it cannot judge is counted by reason, not listed

    @property
    def name(self) -> str:
        """What norms call them."""
        return self.key.removesuffix("_id")


#: Rows of subjects, the indicators they are compared in, and with whom.
Compared = tuple[pl.DataFrame, Sequence[Indicator], Subjects]

INSTITUTIONS = Subjects("institution_id")
#: Department at institutions of the kind and level, then of the kind; else all of the kind, but not for what
#: departments differ in.
PRACTITIONERS = Subjects("practitioner_id", place="institution_id", narrow=True)
#: Of the same chronic disease, insurance, sex and age, then of the age. A disease that few have is compared with none.
PERSONS = Subjects("person_id", many=True)


def indicators(table: pl.DataFrame) -> list[Indicator]:
    """The rows of an indicators.csv: the columns are the fields of Indicator, yes in by_kind."""
    rows = table.with_columns(pl.all().fill_null("")).to_dicts()
    return [Indicator(**row | {"by_kind": row["by_kind"] == "yes"}) for row in rows]


def judge(work: Work, rows: pl.DataFrame, spoken: Sequence[Indicator], subjects: Subjects) -> None:
    """Judge rows of one subject each by these indicators.

    `rows` has the subjects' key, the indicators' columns, key_1 to key_4, breadth, kind, is_special, eligible_amount,
    ordered by key. Parameters: min_z, min_points, min_peer_ratio, min_visits and, where stays are judged, min_stays.
    """
    key, beside = subjects.key, norms.read(work)
    scored = [score(rows, i, work.params, subjects, beside) for i in spoken]
    hits = (
        pl.concat([s.filter(pl.col("is_hit")) for s in scored])
        .sort([key, "theme", "z", "indicator"], descending=[False, False, True, False])
        .unique([key, "theme"], keep="first", maintain_order=True)
    )
    cannot = pl.concat([s.filter(pl.col("reason").is_not_null()).select(key, "reason") for s in scored])
    clear = sum(s.height for s in scored) - cannot.height - hits.height
    if subjects.many:
        cannot = cannot.with_columns(pl.lit(None, dtype=pl.String).alias(key))
    with work.lend(outlier_hit=named(hits), outlier_cannot=named(cannot.group_by(key, "reason").len("units"))):
        work.run("shared/outlier")
    work.count(clear)


def least_volume(indicator: Indicator, params: Mapping[str, Any]) -> float:
    """The events behind a value that a comparison asks for."""
    return float(params.get("min_stays", 0) if "stays" in indicator.volume else params["min_visits"])


def prepared(rows: pl.DataFrame, indicator: Indicator, subjects: Subjects = INSTITUTIONS) -> pl.DataFrame:
    """One row a subject with volume: the groups it is compared in, value, volume and what value is worth in money."""
    i = indicator
    money = pl.col(i.base).cast(pl.Float64) if i.base else pl.lit(None, dtype=pl.Float64)
    apart = pl.col("is_special") & i.by_kind
    keys = [pl.when(apart).then("kind|" + pl.col("kind")).otherwise(pl.col(k)).alias(k) for k in peers.KEYS[:3]]
    return rows.select(
        *dict.fromkeys((subjects.key, subjects.place or subjects.key)),
        *keys,
        "key_4",
        "breadth",
        "eligible_amount",
        value=pl.col(i.name).cast(pl.Float64),
        volume=pl.col(i.volume),
        money=money,
    ).filter(pl.col("volume") > 0)


def score(
    rows: pl.DataFrame,
    indicator: Indicator,
    params: Mapping[str, Any],
    subjects: Subjects = INSTITUTIONS,
    beside: norms.Norms | None = None,
) -> pl.DataFrame:
    """One row a subject with volume: own and usual value, z, whether it is a hit, or the reason why it has no score.

    `beside` are norms of a wider area, which stand in place of the own peers where they have the kind of place.
    """
    i, place = indicator, subjects.place or subjects.key
    cells = (beside or {}).get((subjects.name, i.name))
    own, usual = pl.col("value"), pl.col("peer_median")
    shown, digits = (100, 1) if i.scale == "share" else (1, 2)
    too_wide = [pl.lit("all"), *([pl.col("key_3")] if subjects.narrow and i.by_kind else [])]
    strange = pl.any_horizontal(pl.col("peer_group") == group for group in too_wide)
    status = pl.when(strange).then(pl.lit("peers")).otherwise(pl.col("status"))
    reason = status.replace_strict({k: v.format(title=i.title) for k, v in REASONS.items()}, default=None)
    least = params["min_points"] / 100 if i.scale == "share" else 0.0
    above = (pl.col("z") >= params["min_z"]) & (own >= usual * params["min_peer_ratio"]) & (own - usual >= least)
    return peers.score(prepared(rows, i, subjects), i.scale, least_volume(i, params), norms.members(cells)).select(
        *dict.fromkeys((subjects.key, place)),
        "z",
        "peer_group",
        "peers",
        percentile="peer_percentile",
        indicator=pl.lit(i.name),
        theme=pl.lit(i.theme),
        title=pl.lit(i.title),
        title_zh=pl.lit(i.title_zh),
        norm=norms.basis(cells),
        innocent=pl.lit(i.innocent or None, dtype=pl.String),
        innocent_zh=pl.lit(i.innocent_zh or None, dtype=pl.String),
        unit=pl.lit(i.unit),
        own=(own * shown).round(digits),
        usual=(usual * shown).round(digits),
        volume=pl.col("volume").cast(pl.Int64),
        reason=reason,
        is_hit=(above & reason.is_null()).fill_null(False),
        amount=pl.when(pl.col("money").is_not_null()).then(
            pl.min_horizontal((own - usual) * pl.col("money"), pl.col("eligible_amount").cast(pl.Float64))
        ),
        strength=(pl.col("z") - params["min_z"]) / HALVING,
    )


def named(frame: pl.DataFrame) -> pl.DataFrame:
    """The frame with all three columns that name whom a finding is about; null where it has none."""
    lacking = [c for c in ("person_id", "institution_id", "practitioner_id") if c not in frame.columns]
    return frame.with_columns(pl.lit(None, dtype=pl.String).alias(c) for c in lacking)


#: What a finding's detail says of one indicator beside its peers, where it lists several.
BESIDE_PEERS = (
    "indicator", "indicator_title", "indicator_title_zh", "unit", "own_text", "peer_text", "own", "peer_median",
    "peer_percentile",
)  # fmt: skip


def beside_peers() -> dict[str, pl.Expr]:
    """The columns of BESIDE_PEERS that scored rows do not have under these names."""

    def with_unit(column: str) -> pl.Expr:
        number = pl.col(column).cast(pl.String).str.replace(r"\.0$", "")  # 3 %, not 3.0 %
        cents = number.str.replace(r"^(-?\d+)$", "${1}.0").str.replace(r"^(-?\d+\.\d)$", "${1}0")
        yuan = pl.format("¥{}", cents)
        return pl.when(pl.col("unit") == "¥").then(yuan).otherwise(pl.format("{}{}", number, "unit"))

    return {
        "indicator_title": pl.col("title"),
        "indicator_title_zh": pl.col("title_zh"),
        "own_text": with_unit("own"),
        "peer_text": with_unit("usual"),
        "peer_median": pl.col("usual"),
        "peer_percentile": pl.col("percentile"),
    }
