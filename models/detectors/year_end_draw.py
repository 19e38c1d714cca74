"""Places where registered persons who never came before take far dearer bills than ever as the benefit year ends."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import duckdb

from models import card
from models.detectors import _judged

PARTS = ("models.detectors._judged",)

CARD = card.make(
    {
        "title": "A chronic-disease benefit drawn down at a new place before the year ends",
        "title_zh": "年末在新去处集中支取门慢特待遇",
        "violation": "quota_exhaustion",
        "family": "growth",
        "fetch": ["resale"],
        "subjects": ["pharmacy", "institution", "person"],
        "certainty": "suspected",
        "sentence": "In the last months of {year} {newcomers} of {persons} persons with a registered disease came to"
        " this place for the first time and took bills {ratio} times their own earlier ones; at {peers} other places"
        " {usual_share}% are new and take {usual_ratio} times; here {own} yuan on {occurred_on} instead of {usual},"
        " {amount} yuan more",
        "sentence_zh": "{year}年末在本处使用门慢特待遇的{persons}人中{newcomers}人为首次前来，"
        "单次费用为其本人此前的{ratio}倍，其他{peers}家机构新到者占{usual_share}%、为{usual_ratio}倍；"
        "本次{occurred_on}{own}元，此前通常{usual}元，高出{amount}元",
        "basis": [
            "《医疗保障基金使用监督管理条例》第十七条、第四十一条：重复享受待遇、转卖药品",
            "筛查模型 C06 门慢特冲顶（年末突击）；定点零售药店自查自纠问题清单 3",
        ],
        "scope": ["chronic", "drugstore"],
        "window": "the last months of a benefit year beside the months before",
        "needs": ["record.settlement.settled_at", "record.settlement.disease_code"],
        "params": {
            "months": {"value": "11 12", "meaning": "calendar months that end the benefit year, joined by blanks"},
            "min_own": {"value": 3, "unit": "bills", "meaning": "of a person for the disease earlier in the year"},
            "min_persons": {"value": 4, "unit": "persons", "meaning": "least newcomers of a place that take more"},
            "min_ratio": {"value": 2.0, "unit": "x", "meaning": "least ratio of a bill to the person's earlier ones"},
            "min_excess": {"value": 1000, "unit": "yuan", "meaning": "least money of a place above the earlier bills"},
            "min_area": {"value": 30, "unit": "persons", "meaning": "fewer to compare with: not judged"},
            "min_surprise": {
                "value": 8.0,
                "unit": "log",
                "meaning": "least surprise over the places searched: by how many are new and by how much they take",
            },
        },
        "exclusions": [
            "persons who stock up where they always go, and one more fill of the usual size",
            "the seriously ill: each person is compared with their own earlier bills for the same disease",
            "what is usual at all places in these months",
            "persons with fewer than {min_own:bill} for the disease earlier in the year",
        ],
        "exclusions_zh": [
            "在原去处备药，以及按平常量多取一次的参保人",
            "重病参保人：与其本人同病此前的费用比较",
            "所有机构在这些月份的普遍情形",
            "当年此前同病费用少于 {min_own} 次的参保人",
        ],
        "limits": "A store that opened or won a hospital's prescriptions late in the year gets newcomers too; that they"
        " pay more at once may be a longer supply. Who kept the goods is not known.",
        "limits_zh": "年末新开业或承接医院处方的药店也会有较多新到者；单次费用高也可能是处方天数较长。"
        "药品由谁取走，此处未知。",
    }
)


def judge(con: duckdb.DuckDBPyConnection, params: Mapping[str, Any]) -> None:
    """One hit a newcomer's bill far above their earlier ones. Units are bills of the last months."""
    _judged.empty(con)
    for step in (_BILLS, _PLACES, _HITS):
        _judged.script(con, step, params)
    hits = _judged.number(con, "select count(*) from judged")
    whole = _judged.number(con, "select count(*) from draw_bill where is_late")
    able = _judged.number(
        con,
        "select count(*) from draw_bill as b join draw_late as l on l.person_id = b.person_id"
        " and l.diagnosis = b.diagnosis and l.institution_id = b.institution_id and l.year = b.year and b.is_late"
        f" where (select count(*) from draw_person) >= {int(params['min_area'])}",
    )
    _judged.count(con, able - hits, {"too few earlier bills for the disease to compare with": whole - able})
    _judged.drop(con, "draw_")


_BILLS = """
    create or replace temp table draw_bill as
    select settlement_id, encounter_id, person_id, institution_id, settled_on, year(settled_on) as year, diagnosis,
        cast(eligible_amount as double) as paid,
        list_contains(string_split($months, ' '), cast(month(settled_on) as varchar)) as is_late
    from feature.visit_bill
    where care_setting in ('chronic', 'drugstore') and diagnosis is not null and person_id is not null
        and institution_id is not null and eligible_amount > 0;
    create or replace temp table draw_late as
    with own as (
        select person_id, diagnosis, year, median(ln(paid)) as usual
        from draw_bill where not is_late group by person_id, diagnosis, year having count(*) >= $min_own
    ),
    first_seen as (
        select person_id, institution_id, min(settled_on) as first_on from draw_bill group by person_id, institution_id
    ),
    late as (
        select person_id, diagnosis, institution_id, year, median(ln(paid)) as level, min(settled_on) as late_on
        from draw_bill where is_late group by person_id, diagnosis, institution_id, year
    )
    select l.*, o.usual, s.first_on >= l.late_on as is_new
    from late as l
    join own as o on o.person_id = l.person_id and o.diagnosis = l.diagnosis and o.year = l.year
    join first_seen as s on s.person_id = l.person_id and s.institution_id = l.institution_id
"""

#: How many are new (Poisson) and how much the new ones take (normal), against all places; sums are of decimals.
_PLACES = """
    create or replace temp table draw_person as
    select institution_id, year, person_id, bool_and(is_new) as is_new,
        cast(avg(cast(level - usual as decimal(12, 6))) as decimal(12, 6)) as gap
    from draw_late group by institution_id, year, person_id;
    create or replace temp table draw_found as
    with area as (
        select year, count(*) as persons, avg(gap) as mean, avg(cast(is_new as integer)) as share,
            count(distinct institution_id) as places,
            greatest(sqrt(greatest(avg(cast(gap * gap as decimal(18, 6))) - avg(gap) * avg(gap), 0)), 0.3) as spread
        from draw_person group by year
    ),
    place as (
        select institution_id, year, count(*) as persons, count(*) filter (is_new) as newcomers,
            count(*) filter (is_new and gap >= ln($min_ratio)) as dear, avg(gap) filter (is_new) as gap
        from draw_person group by institution_id, year
    ),
    scored as (
        select p.*, a.places - 1 as peers, exp(a.mean) as usual_ratio, a.share, exp(p.gap) as ratio,
            case when p.newcomers > p.persons * a.share
                then p.newcomers * ln(p.newcomers / (p.persons * a.share)) - p.newcomers + p.persons * a.share
                else 0 end
                + pow(greatest(p.gap - a.mean, 0) / a.spread, 2) * p.newcomers / 2 - ln(a.places) as surprise
        from place as p join area as a on a.year = p.year
        where p.dear >= $min_persons and a.persons >= $min_area
    )
    select * from scored where surprise >= $min_surprise and ratio >= $min_ratio * usual_ratio
"""

_HITS = """
    insert into judged by name
    with bill as (
        select b.*, exp(l.usual) as usual, cast(b.paid - exp(l.usual) as decimal(16, 2)) as excess
        from draw_bill as b
        join draw_late as l on l.person_id = b.person_id and l.diagnosis = b.diagnosis
            and l.institution_id = b.institution_id and l.year = b.year
        where b.is_late and l.is_new and b.paid >= $min_ratio * exp(l.usual)
    ),
    summed as (
        select institution_id, year, sum(excess) as excess from bill group by institution_id, year
    )
    select 'hit' as outcome, b.settlement_id, b.encounter_id, b.person_id, b.institution_id,
        b.settled_on as occurred_on, b.excess as amount, cast(f.year as varchar) as part, 1 as units,
        round(1 - 0.5 * pow(2, -(f.surprise - $min_surprise) / 5), 4) as weight,
        cast(to_json(struct_pack(year := f.year, persons := f.persons, newcomers := f.newcomers,
            ratio := round(f.ratio, 1), peers := f.peers, usual_share := round(100 * f.share, 0),
            usual_ratio := round(f.usual_ratio, 1), surprise := round(f.surprise, 1), own := round(b.paid, 2),
            usual := round(b.usual, 2), occurred_on := b.settled_on, amount := b.excess)) as varchar) as detail
    from draw_found as f
    join summed as s on s.institution_id = f.institution_id and s.year = f.year
    join bill as b on b.institution_id = f.institution_id and b.year = f.year
    where s.excess >= $min_excess
"""
