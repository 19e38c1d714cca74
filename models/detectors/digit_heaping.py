"""Amounts whose digits, and settlements whose minutes, are spread otherwise than at everybody of the kind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import duckdb

from models import card

if TYPE_CHECKING:
    import polars as pl

CARD = card.make(
    {
        "title": "Digits of amounts unlike everybody's",
        "title_zh": "金额末位数字、结算时刻分布异常（疑似人为编造）",
        "violation": "digit_heaping",
        "family": "pattern",
        "subjects": ["institution", "pharmacy"],
        "certainty": "suspected",
        "sentence": "{what} of {bills} bills here is {digit} in {own_text} of them, at {peers} others of the kind in"
        " {peer_text}; over all digits {distance} percentage points off on average",
        "sentence_zh": "本机构{bills}张账单的{what_zh}为{digit}的占{own_text}，同类{peers}家为{peer_text}；"
        "各位数字平均相差{distance}个百分点",
        "basis": [
            "《医疗保障基金使用监督管理条例》第二十五条：依数据监控确定检查重点",
            "筛查模型 D12 数据质量与造假痕迹（末位数字、时间堆积）",
        ],
        "window": "the whole delivered window",
        "needs": ["record.settlement"],
        "params": {
            "min_bills": {"value": 1000, "unit": "bills", "meaning": "fewer: not judged"},
            "min_distance": {
                "value": 4.0,
                "unit": "%",
                "meaning": "mean distance of the ten digits' shares from the others' in percentage points",
            },
            "min_ratio": {"value": 3.0, "unit": "x", "meaning": "of the others' median distance from one another"},
            "min_peers": {"value": 5, "unit": "institutions", "meaning": "fewer of the kind: cannot judge"},
            "weight": {"value": 0.2, "unit": "share", "meaning": "how much it may count: prices alone shape digits"},
        },
        "exclusions": [
            "stays and chronic visits; the same amount of the same person counts once",
            "the kind's own digits: fixed prices shape them, so only the distance from the others counts",
            "fewer than {min_bills:bill}, or too few of the kind: cannot judge",
            "settlements without a time of day, for the minutes",
        ],
        "exclusions_zh": [
            "住院和门慢特；同一参保人相同金额只计一次",
            "该类型自身的数字分布受固定价格影响，仅看与其他机构的距离",
            "账单不足 {min_bills} 张，或同类过少：无法判定",
            "看分钟时，无时刻的结算不计",
        ],
        "limits": "Weak by itself: one frequent package moves a digit. Counts with a fifth of the weight of other"
        " evidence. No money.",
        "limits_zh": "单独证据力弱：一个常用套餐即可改变某位数字。权重为其他证据的五分之一。不列金额。",
        "status": "trial",
    }
)


def judge(con: duckdb.DuckDBPyConnection, params: Mapping[str, Any]) -> None:
    """At most one hit an institution and kind of digit, without money. Units are the same."""
    scored = _scored(con.sql(_DIGITS, params={"min_bills": params["min_bills"]}).pl(), params)
    con.register("digit_scored", scored.to_arrow())
    con.execute(_JUDGED, {"min_peers": params["min_peers"], "weight": params["weight"]})
    con.unregister("digit_scored")


def _scored(counted: pl.DataFrame, params: Mapping[str, Any]) -> pl.DataFrame:
    """One row an institution and kind of digit: its distance from the others, and the digit that is off most."""
    import polars as pl

    group = ["kind", "what"]
    place = [*group, "institution_id"]
    shared = counted.with_columns(own=pl.col("bills") / pl.col("bills").sum().over(place))
    members = pl.col("institution_id").n_unique().over(group)
    # The others' mean share of a digit, each institution alike, so that a large one does not set the norm.
    usual = (pl.col("own").sum().over([*group, "digit"]) - pl.col("own")) / (members - 1)
    gaps = shared.with_columns(members=members, usual=usual).with_columns(gap=pl.col("own") - pl.col("usual"))
    rows = (
        gaps.sort([*place, "gap", "digit"], descending=[False, False, False, True, False])
        .group_by(place, maintain_order=True)
        .agg(
            distance=pl.col("gap").abs().sum() / 10, digit=pl.col("digit").first(), own=pl.col("own").first(),
            usual=pl.col("usual").first(), bills=pl.col("bills").sum(), peers=pl.col("members").first() - 1,
        )
    )  # fmt: skip
    typical = pl.col("distance").median().over(group)
    far = (pl.col("distance") >= params["min_distance"] / 100) & (pl.col("distance") >= params["min_ratio"] * typical)
    return rows.with_columns(pl.col("distance").round(6), is_hit=far & (pl.col("peers") >= params["min_peers"]))


_DIGITS = """
    with bill as (
        select s.institution_id, g.key_3 as kind, s.person_id, s.total_amount, s.settled_at,
            s.settled_at <> cast(s.settled_on as timestamp) as has_clock
        from feature.settlement as s
        join feature.institution_peer_group as g on g.institution_id = s.institution_id
        where coalesce(s.care_setting, '-') not in ('inpatient', 'chronic')
    ),
    -- The same amount of the same person is one price list, not many choices.
    amount as (
        select distinct institution_id, kind, person_id, total_amount from bill
    ),
    digit as (
        select institution_id, kind, 'yuan' as what, cast(floor(total_amount) % 10 as integer) as digit,
            count(*) as bills
        from amount where total_amount >= 10 group by institution_id, kind, digit
        union all
        select institution_id, kind, 'fen', cast((total_amount * 100) % 10 as integer) as digit, count(*)
        from amount group by institution_id, kind, digit
        union all
        select institution_id, kind, 'minute', minute(settled_at) % 10 as digit, count(*)
        from bill where has_clock group by institution_id, kind, digit
    ),
    whole as (
        select institution_id, what, sum(bills) as bills from digit group by institution_id, what
        having sum(bills) >= $min_bills
    ),
    ten as (select cast(unnest(range(10)) as integer) as digit)
    select w.institution_id, k.kind, w.what, t.digit, coalesce(d.bills, 0) as bills
    from whole as w
    join (select distinct institution_id, kind from digit) as k on k.institution_id = w.institution_id
    cross join ten as t
    left join digit as d on d.institution_id = w.institution_id and d.what = w.what and d.digit = t.digit
    order by k.kind, w.what, w.institution_id, t.digit
"""

_JUDGED = """
    create or replace temp table judged as
    select case when is_hit then 'hit' when peers < $min_peers then 'cannot_judge' else 'clear' end as outcome,
        case when peers < $min_peers then 'too few others of the kind with so many bills' end as reason,
        cast(null as varchar) as settlement_id, cast(null as varchar) as line_id,
        cast(null as varchar) as encounter_id, cast(null as varchar) as person_id, institution_id,
        cast(null as varchar) as practitioner_id, cast(null as date) as occurred_on,
        cast(null as decimal(16, 2)) as amount,
        cast(to_json(struct_pack(bills := bills, digit := digit, peers := peers,
            own_text := round(100 * own, 1) || '%', peer_text := round(100 * usual, 1) || '%',
            distance := round(100 * distance, 1),
            what := case what when 'yuan' then 'The last digit of whole yuan' when 'fen' then 'The last digit of fen'
                else 'The last digit of the minute' end,
            what_zh := case what when 'yuan' then '元位数字' when 'fen' then '分位数字' else '结算分钟末位' end))
            as varchar) as detail,
        what as part, cast($weight as double) as weight, cast(null as varchar) as group_key, cast(1 as bigint) as units
    from digit_scored
"""
