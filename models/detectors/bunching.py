"""Lengths of stay and bills that gather at, or just below, one value, as they do at nobody else's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import duckdb

from models import card

if TYPE_CHECKING:
    import polars as pl

CARD = card.make(
    {
        "title": "Stays or bills gather at a limit",
        "title_zh": "住院天数、费用贴线聚集（卡限额）",
        "violation": "bunching",
        "family": "pattern",
        "subjects": ["institution", "pharmacy"],
        "certainty": "suspected",
        "sentence": "{hits} of {events} {what} {where_text} ({share_text}), {beside_text}; by the same at"
        " {peers} others {usual} would be usual",
        "sentence_zh": "{events}{what_zh}中{hits}{where_zh}（占{share_text}），{beside_zh}；"
        "参照其他{peers}家机构预期{usual}",
        "basis": [
            "《医疗保障基金使用监督管理条例》第二十五条：依数据监控确定检查重点",
            "筛查模型 B12 住院天数/费用贴线（阈值聚集）",
        ],
        "window": "the whole delivered window",
        "needs": ["record.settlement"],
        "params": {
            "min_events": {"value": 60, "unit": "stays or bills", "meaning": "fewer: not judged"},
            "min_at": {"value": 20, "unit": "stays or bills", "meaning": "at the value, at least"},
            "min_share": {"value": 0.05, "unit": "share", "meaning": "of them beyond what is usual, at least"},
            "min_ratio": {"value": 3.0, "unit": "x", "meaning": "least ratio to the neighbours, and to the usual"},
            "max_chance": {
                "value": 0.001,
                "unit": "share",
                "meaning": "that any place at any value gathers so by chance",
            },
            "min_peers": {"value": 5, "unit": "institutions", "meaning": "fewer others of the kind: cannot judge"},
            "least_nights": {"value": 4, "unit": "nights", "meaning": "shorter lengths gather by themselves"},
            "band": {"value": 0.05, "unit": "share", "meaning": "of a limit: so far below it, and above, bills count"},
            "most_alike": {
                "value": 0.5,
                "unit": "share",
                "meaning": "of the bills at the limit with one exact amount: more is a price, no limit",
            },
        },
        "exclusions": [
            "lengths and limits at which the others gather as well: pathways, price points, the area's own rules",
            "a fixed price: one exact amount that most of the bills have",
            "day surgery, diseases treated in courses, newborns, mental disorders; chronic visits",
            "institutions with few stays or bills, kinds with few others: cannot judge",
        ],
        "exclusions_zh": [
            "其他机构同样聚集的天数和限额：临床路径、价格点、当地规定",
            "固定价格：多数账单为同一金额",
            "日间手术、分疗程治疗的疾病、新生儿、精神障碍；门慢特就医",
            "住院或账单较少的机构、同类较少的类型：无法判定",
        ],
        "limits": "A pattern, no finding of its own: it says where records may have been fitted to a limit. No"
        " money is at issue by itself. Limits looked at are the round ones; name a local limit by overlaying"
        " the rule for it.",
        "limits_zh": "属分布特征，本身并非问题：提示记录可能为贴合限额而调整。自身不涉及金额。仅看整数限额，"
        "本地限额可通过覆盖规则参数设定。",
    }
)

#: Events that the others are taken to have at a value and at each neighbour beside those counted.
EVEN = 5.0

#: Round limits in yuan that caps, allowances and standards are set at.
LIMITS = (50, 60, 80, 100, 120, 150, 200, 250, 300, 350, 400, 500, 600, 800, 1000, 1200, 1500, 2000, 2500, 3000, 4000,
          5000, 6000, 8000, 10000, 12000, 15000, 20000, 30000, 50000)  # fmt: skip


def judge(con: duckdb.DuckDBPyConnection, params: Mapping[str, Any]) -> None:
    """One hit a place and value, without money. Units are places and kinds of event."""
    import polars as pl

    con.execute("create or replace temp table bunch_limit (most double)")
    con.register("limits", pl.DataFrame({"most": [float(x) for x in LIMITS]}).to_arrow())
    con.execute("insert into bunch_limit select most from limits")
    con.unregister("limits")
    nights = con.sql(_NIGHTS, params={k: params[k] for k in ("min_events", "least_nights")}).pl()
    bills = con.sql(_BILLS, params={k: params[k] for k in ("min_events", "band")}).pl()
    counted = pl.concat([nights, bills], how="vertical_relaxed")
    scored = _scored(counted, params)
    con.register("bunch", scored.to_arrow())
    con.execute(_JUDGED, {"min_peers": params["min_peers"]})
    con.unregister("bunch")
    con.execute("drop table bunch_limit")


def _scored(counted: pl.DataFrame, params: Mapping[str, Any]) -> pl.DataFrame:
    """Of each place its strongest value, with usual (how many the neighbours let expect there) and is_hit."""
    import numpy as np
    import polars as pl
    from scipy.stats import binom

    # A few events on each side: peers with next to none there do not make any a wonder.
    ratio = (pl.col("peers_at") + EVEN) / (pl.col("peers_beside") + EVEN * pl.col("sides"))
    frame = counted.with_columns(usual=(pl.col("beside") + 0.5) * ratio, likely=ratio / (1 + ratio))
    total = frame["hits"].to_numpy() + frame["beside"].to_numpy()
    tail = binom.logsf(frame["hits"].to_numpy() - 1, np.maximum(total, 1), frame["likely"].to_numpy())
    surprise = -(tail + np.log(max(frame.height, 1))) / np.log(10)
    at, beside = pl.col("hits"), pl.col("beside")
    hit = (
        (pl.col("peers") >= params["min_peers"])
        & (at >= params["min_at"])
        & (at >= params["min_ratio"] * beside / pl.col("sides"))
        & (at >= params["min_ratio"] * pl.col("usual"))
        & (at - pl.col("usual") >= params["min_share"] * pl.col("events"))
        & (pl.col("same") <= params["most_alike"] * at)
        & (pl.col("surprise") >= -np.log10(params["max_chance"]))
    )
    return (
        frame.with_columns(surprise=pl.Series(surprise.round(6), dtype=pl.Float64))
        .with_columns(is_hit=hit)
        .sort(["institution_id", "what", "is_hit", "surprise", "value"], descending=[False, False, True, True, False])
        .unique(["institution_id", "what"], keep="first", maintain_order=True)
    )


#: At one length of stay against the two shorter and two longer; the others of the same kind of hospital.
_NIGHTS = """
    with counted as (
        select s.institution_id, g.key_3 as kind, s.days as value, count(*) as hits
        from feature.stay as s
        join feature.institution_peer_group as g on g.institution_id = s.institution_id
        where s.days is not null and not s.is_ward_day and not s.is_expected
        group by s.institution_id, g.key_3, s.days
    ),
    place as (
        select institution_id, kind, sum(hits) as events from counted group by institution_id, kind
    ),
    lengths as (select distinct value from counted where value >= $least_nights),
    near as (
        select p.institution_id, p.kind, p.events, l.value,
            coalesce(sum(c.hits) filter (where c.value = l.value), 0) as hits,
            coalesce(sum(c.hits) filter (where c.value <> l.value), 0) as beside
        from place as p
        cross join lengths as l
        join counted as c on c.institution_id = p.institution_id and c.value between l.value - 2 and l.value + 2
        group by p.institution_id, p.kind, p.events, l.value
    ),
    compared as (
        select *, sum(hits) over k - hits as peers_at, sum(beside) over k - beside as peers_beside
        from near window k as (partition by kind, value)
    ),
    members as (select kind, count(*) - 1 as peers from place group by kind)
    select c.institution_id, 'nights' as what, cast(c.value as double) as value, cast(c.hits as bigint) as hits,
        cast(c.beside as bigint) as beside, 4 as sides, cast(c.events as bigint) as events,
        cast(c.peers_at as bigint) as peers_at, cast(c.peers_beside as bigint) as peers_beside, m.peers,
        cast(0 as bigint) as same
    from compared as c join members as m on m.kind is not distinct from c.kind
    where c.events >= $min_events
    order by c.institution_id, c.value
"""

#: Just below a limit against just above it.
_BILLS = """
    with bill as (
        select s.institution_id, g.key_3 as kind, cast(s.total_amount as double) as total,
            case when s.care_setting = 'inpatient' then 'stay bills' else 'bills' end as what
        from feature.settlement as s
        join feature.institution_peer_group as g on g.institution_id = s.institution_id
        left join feature.stay as t on t.encounter_id = s.encounter_id
        where coalesce(s.care_setting, '-') <> 'chronic' and not coalesce(t.is_expected or t.is_ward_day, false)
    ),
    place as (
        select institution_id, what, kind, count(*) as events from bill group by institution_id, what, kind
    ),
    amount as (
        select b.institution_id, b.what, b.kind, l.most as value, b.total <= l.most as is_below, b.total,
            count(*) as bills
        from bill as b
        join bunch_limit as l on b.total > l.most * (1 - $band) and b.total <= l.most * (1 + $band)
        group by b.institution_id, b.what, b.kind, l.most, b.total
    ),
    near as (
        select institution_id, what, kind, value, coalesce(sum(bills) filter (where is_below), 0) as hits,
            coalesce(sum(bills) filter (where not is_below), 0) as beside,
            coalesce(max(bills) filter (where is_below), 0) as same
        from amount group by institution_id, what, kind, value
    ),
    compared as (
        select *, sum(hits) over k - hits as peers_at, sum(beside) over k - beside as peers_beside
        from near window k as (partition by kind, what, value)
    ),
    members as (select kind, what, count(*) - 1 as peers from place group by kind, what)
    select c.institution_id, c.what, c.value, cast(c.hits as bigint) as hits, cast(c.beside as bigint) as beside,
        1 as sides, cast(p.events as bigint) as events, cast(c.peers_at as bigint) as peers_at,
        cast(c.peers_beside as bigint) as peers_beside, m.peers, cast(c.same as bigint) as same
    from compared as c
    join place as p on p.institution_id = c.institution_id and p.what = c.what
    join members as m on m.kind is not distinct from c.kind and m.what = c.what
    where p.events >= $min_events
    order by c.institution_id, c.what, c.value
"""

_JUDGED = """
    create or replace temp table judged as
    with told as (
        select *, format('{:g}', value) as value_text, round(usual, 1) as usual_number from bunch
    )
    select case when is_hit then 'hit' when peers < $min_peers then 'cannot_judge' else 'clear' end as outcome,
        case when not is_hit and peers < $min_peers then 'too few others of its kind' end as reason,
        cast(null as varchar) as settlement_id, cast(null as varchar) as line_id,
        cast(null as varchar) as encounter_id, cast(null as varchar) as person_id, institution_id,
        cast(null as varchar) as practitioner_id, cast(null as date) as occurred_on,
        cast(null as decimal(16, 2)) as amount,
        cast(to_json(struct_pack(hits := hits, events := events,
            what := case what when 'nights' then 'stays' else what end,
            what_zh := case what when 'nights' then '次住院' when 'bills' then '张门诊或购药账单' else '张住院账单' end,
            where_text := case what when 'nights' then 'last exactly ' || value_text || ' nights'
                else 'are just below ' || value_text || ' yuan' end,
            where_zh := case what when 'nights' then '恰为' || value_text || '天'
                else '紧贴' || value_text || '元以下' end,
            share_text := round(100.0 * hits / events, 1) || '%',
            beside_text := case what when 'nights' then beside || ' one or two nights shorter or longer'
                else beside || ' as much above it' end,
            beside_zh := case what when 'nights' then '前后各两天共' || beside else '同宽度之上仅' || beside end,
            usual := usual_number, peers := peers, value := value, surprise := round(surprise, 1))) as varchar)
            as detail,
        what || '|' || value_text as part, round(0.8 - 0.3 * pow(2, -surprise / 10), 4) as weight,
        cast(null as varchar) as group_key, cast(1 as bigint) as units
    from told
"""
