"""Persons who use up a yearly benefit in equal amounts, or in its last month."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import duckdb

from models import card
from models.detectors import _judged

PARTS = ("models.detectors._judged",)

CARD = card.make(
    {
        "title": "A yearly benefit used up in equal amounts or in the last month",
        "title_zh": "年度待遇额度冲顶（等额拆分或年末突击）",
        "violation": "quota_exhaustion",
        "family": "pattern",
        "fetch": ["frequency"],
        "subjects": ["person"],
        "certainty": "suspected",
        "sentence": "{used} yuan of the yearly {cap} ({used_share}%) of this benefit used in {settlements}"
        " settlements:"
        " {how}; {peers} persons have the benefit, half use at most {usual_share}%; this one of {occurred_on}"
        " {fund} yuan from the fund",
        "sentence_zh": "该项待遇年度限额约{cap}元，{settlements}次结算已用{used}元（{used_share}%），"
        "{how_zh}；享受该待遇{peers}人，"
        "半数不超过{usual_share}%；本次{occurred_on}基金支付{fund}元",
        "basis": [
            "《医疗保障基金使用监督管理条例》第十七条、第四十一条：重复享受待遇、转卖药品",
            "筛查模型 C06 门慢特、统筹额度冲顶",
        ],
        "scope": ["outpatient", "chronic", "drugstore"],
        "window": "benefit year",
        "needs": ["record.settlement.pooled_fund_amount", "record.settlement.settled_at"],
        "params": {
            "caps": {
                "value": "",
                "meaning": "known yearly limits of the pooled fund, as benefit=yuan joined by ';'; benefit"
                " is a disease"
                " code, else the care setting and insurance type joined by '|', such as outpatient|390=400",
            },
            "min_used": {"value": 0.95, "unit": "share", "meaning": "of the limit that is used up"},
            "min_settlements": {"value": 6, "unit": "settlements", "meaning": "least in the benefit year"},
            "max_amounts": {"value": 3, "unit": "amounts", "meaning": "different fund amounts that make most of them"},
            "equal_share": {"value": 0.8, "unit": "share", "meaning": "of the settlements that those amounts make"},
            "last_share": {"value": 0.4, "unit": "share", "meaning": "of the money that the last month holds"},
            "times_month": {"value": 3.0, "unit": "x", "meaning": "the last month to the mean of the months before"},
            "min_pile": {
                "value": 5,
                "unit": "persons",
                "meaning": "at one height, from which an unknown limit is inferred",
            },
            "min_fund": {"value": 500, "unit": "yuan", "meaning": "least limit worth a look"},
        },
        "exclusions": [
            "benefits whose limit is neither given nor seen as a pile of persons at one height: cannot judge",
            "the seriously ill whose amounts differ and run evenly through the year",
            "fewer than {min_settlements:settlement}",
        ],
        "exclusions_zh": [
            "限额既未提供，也看不出多人集中于同一高度的待遇：无法判定",
            "重病者金额各异且全年均匀支出",
            "不足 {min_settlements} 次结算",
        ],
        "limits": "A limit that is inferred is the height at which persons pile up. A monthly package of one"
        " price uses"
        " equal amounts lawfully: look for the medicines. Limits that differ within a benefit are not told apart.",
        "limits_zh": "推定的限额为多人集中的高度。每月同价套餐合法使用等额，应查看药品。同一待遇内不同限额不作区分。",
        "status": "trial",
    }
)


def judge(con: duckdb.DuckDBPyConnection, params: Mapping[str, Any]) -> None:
    """One hit a settlement at issue. Units are settlements."""
    _judged.empty(con)
    _caps(con, str(params["caps"]))
    for step in (_USED, _PILES, _HITS):
        _judged.script(con, step, params)
    whole = _judged.number(con, "select count(*) from quota_paid")
    hits = _judged.number(con, "select count(*) from judged")
    unknown = _judged.number(
        con, "select count(*) from quota_paid where (benefit, year) not in (select (benefit, year) from quota_cap)"
    )
    _judged.count(con, whole - unknown - hits, {"no yearly limit of the benefit can be told": unknown})
    _judged.drop(con, "quota_")


def _caps(con: duckdb.DuckDBPyConnection, said: str) -> None:
    """Make quota_given from the parameter. A part that is no number is left out."""
    con.execute("create or replace temp table quota_given (benefit varchar, cap double)")
    con.execute(
        "insert into quota_given select trim(split_part(p, '=', 1)), try_cast(split_part(p, '=', 2) as double)"
        " from (select unnest(string_split($said, ';')) as p) where try_cast(split_part(p, '=', 2) as double) > 0",
        {"said": said},
    )


_USED = """
    create or replace temp table quota_paid as
    select s.settlement_id, s.encounter_id, s.person_id, s.institution_id, s.settled_on, s.month, s.eligible_amount,
        cast(least(r.pooled_fund_amount, s.fund_amount) as double) as fund,
        coalesce(r.benefit_year, strftime(s.settled_on, '%Y')) as year,
        coalesce(case when s.care_setting = 'chronic' then r.disease_code end,
            s.care_setting || '|' || coalesce(s.insurance_type, '-')) as benefit
    from feature.settlement as s
    join record.settlement as r on r.settlement_id = s.settlement_id
    where s.care_setting in ('outpatient', 'chronic', 'drugstore') and s.person_id is not null
        and r.pooled_fund_amount > 0 and s.fund_amount > 0;
    create or replace temp table quota_used as
    with amount_of as (
        select person_id, benefit, year, round(fund) as rounded, count(*) as times,
            row_number() over (
                partition by person_id, benefit, year order by count(*) desc, round(fund)
            ) as place
        from quota_paid group by person_id, benefit, year, round(fund)
    ),
    equal as (
        select person_id, benefit, year, sum(times) as equal_settlements
        from amount_of where place <= $max_amounts and times >= 2 group by person_id, benefit, year
    ),
    monthly as (
        select person_id, benefit, year, month, sum(fund) as fund,
            row_number() over (partition by person_id, benefit, year order by month desc) as place,
            count(*) over (partition by person_id, benefit, year) as months
        from quota_paid group by person_id, benefit, year, month
    )
    select p.person_id, p.benefit, p.year, round(sum(p.fund), 2) as used, count(*) as settlements,
        coalesce(max(e.equal_settlements), 0) as equal_settlements, max(m.month) as last_month,
        round(max(m.fund), 2) as last_fund, max(m.months) as months
    from quota_paid as p
    left join equal as e on e.person_id = p.person_id and e.benefit = p.benefit and e.year = p.year
    join monthly as m on m.person_id = p.person_id and m.benefit = p.benefit and m.year = p.year and m.place = 1
    group by p.person_id, p.benefit, p.year
"""

#: A limit shows as persons piled up at the top: more in its last twentieth than in the three below it.
_PILES = """
    create or replace temp table quota_cap as
    with top as (
        select benefit, year, max(used) as cap, count(*) - 1 as peers, median(used) as usual
        from quota_used group by benefit, year
    ),
    piled as (
        select t.benefit, t.year, count(*) filter (u.used >= 0.95 * t.cap) as at_top,
            count(*) filter (u.used >= 0.8 * t.cap and u.used < 0.95 * t.cap) as below
        from top as t join quota_used as u on u.benefit = t.benefit and u.year = t.year
        group by t.benefit, t.year
    )
    select t.benefit, t.year, coalesce(g.cap, t.cap) as cap, t.peers, t.usual, g.cap is null as is_inferred
    from top as t
    join piled as p on p.benefit = t.benefit and p.year = t.year
    left join quota_given as g on g.benefit = t.benefit
    where (g.cap is not null or (p.at_top >= $min_pile and p.at_top > p.below)) and coalesce(g.cap, t.cap) >= $min_fund;
    create or replace temp table quota_found as
    select u.*, c.cap, c.peers, c.usual,
        u.equal_settlements >= $equal_share * u.settlements as is_equal,
        u.months >= 3 and u.last_fund >= $last_share * u.used
            and u.last_fund >= $times_month * (u.used - u.last_fund) / greatest(u.months - 1, 1) as is_rush
    from quota_used as u
    join quota_cap as c on c.benefit = u.benefit and c.year = u.year
    where u.used >= $min_used * c.cap and u.settlements >= $min_settlements
        and (u.equal_settlements >= $equal_share * u.settlements
            or (u.months >= 3 and u.last_fund >= $last_share * u.used
                and u.last_fund >= $times_month * (u.used - u.last_fund) / greatest(u.months - 1, 1)))
"""

_HITS = """
    insert into judged by name
    with amount_of as (
        select person_id, benefit, year, round(fund) as rounded, count(*) as times,
            row_number() over (
                partition by person_id, benefit, year order by count(*) desc, round(fund)
            ) as place
        from quota_paid group by person_id, benefit, year, round(fund)
    )
    select 'hit' as outcome, p.settlement_id, p.encounter_id, p.person_id, p.institution_id,
        p.settled_on as occurred_on, p.eligible_amount as amount, f.benefit || '|' || f.year as part, 1 as units,
        case when f.is_equal and f.is_rush then 1.0 else 0.7 end as weight,
        cast(to_json(struct_pack(benefit := f.benefit, used := f.used, cap := round(f.cap, 0),
            used_share := round(100 * f.used / f.cap, 0), settlements := f.settlements, peers := f.peers,
            usual_share := round(100 * f.usual / f.cap, 0),
            how := case when f.is_equal then f.equal_settlements || ' of them in at most ' || $max_amounts || ' amounts'
                else round(100 * f.last_fund / f.used) || '% of it in the last month' end,
            how_zh := case when f.is_equal then '其中' || f.equal_settlements || '次仅' || $max_amounts || '种以内金额'
                else '最后一月占' || round(100 * f.last_fund / f.used) || '%' end,
            fund := p.fund, occurred_on := p.settled_on)) as varchar) as detail
    from quota_found as f
    join quota_paid as p on p.person_id = f.person_id and p.benefit = f.benefit and p.year = f.year
    left join amount_of as a on a.person_id = p.person_id and a.benefit = p.benefit and a.year = p.year
        and a.rounded = round(p.fund) and a.place <= $max_amounts and a.times >= 2
    where (f.is_equal and a.person_id is not null) or (f.is_rush and p.month = f.last_month)
"""
