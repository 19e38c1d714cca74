"""Many persons of one diagnosis at one place on one day, billed in few amounts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import duckdb

from models import card
from models.detectors import _judged

PARTS = ("models.detectors._judged",)

CARD = card.make(
    {
        "title": "A batch of visits of one kind on one day, in few amounts",
        "title_zh": "同日批量同病种（同金额）就医购药",
        "violation": "batch_visits",
        "family": "pattern",
        "fetch": ["identity", "pattern"],
        "subjects": ["institution", "pharmacy"],
        "certainty": "suspected",
        "sentence": "{persons} persons on {occurred_on} for {kind_text}, billed in only {amounts} different amounts;"
        " {usual} persons would be usual there on such a day (own other days and {peers} peers);"
        " this settlement {amount} yuan",
        "sentence_zh": "{occurred_on} 同日{persons}人以{kind_text_zh}结算，仅{amounts}种金额；"
        "参照本机构其他日及同类{peers}家，"
        "当日预期{usual}人；本次结算{amount}元",
        "basis": [
            "《医疗保障基金使用监督管理条例》第十五条、第三十八条、第四十条：诱导他人冒名或者虚假就医购药",
            "筛查模型 C15 同日批量同项目门诊（组团刷卡、义诊拉客）",
        ],
        "scope": ["outpatient", "chronic", "drugstore"],
        "window": "institution and day",
        "needs": ["record.settlement.settled_at"],
        "params": {
            "min_persons": {"value": 10, "unit": "persons", "meaning": "least persons of one diagnosis or amount"},
            "max_amounts": {"value": 0.2, "unit": "share", "meaning": "different amounts to persons"},
            "min_surprise": {
                "value": 5.0,
                "unit": "log",
                "meaning": "least surprise at so many persons, over the number of days and kinds searched",
            },
            "min_amount": {"value": 500, "unit": "yuan", "meaning": "least eligible money of a batch"},
            "max_regulars": {
                "value": 0.5,
                "unit": "share",
                "meaning": "chronic batches whose persons came in such a batch 25 to 100 days before or"
                " after: drug days",
            },
            "min_days": {"value": 20, "unit": "days", "meaning": "fewer open days: not judged"},
        },
        "exclusions": [
            "dialysis, chemotherapy, radiotherapy, check-ups, vaccination, a family doctor's package",
            "emergencies, maternity, hospital stays, repayments at the counter",
            "drug days of the chronically ill: the same persons every month or quarter",
            "what the place or its peers see as often on other days, or the others on that day: epidemics, campaigns",
        ],
        "exclusions_zh": [
            "透析、化疗、放疗、体检、疫苗接种、家庭医生签约服务包",
            "急诊、生育、住院、零星报销",
            "慢性病取药日：每月或每季均为同一批人",
            "本机构或同类机构其他日期、其他机构当日同样常见：流行病、专项活动",
        ],
        "limits": "A free consultation day, a firm's outing and a card collector look alike: read the register of the"
        " day. A place that bills the same package every day has made it usual; a group that comes every month with"
        " a chronic benefit is left to the detector of groups that visit together.",
        "limits_zh": "义诊日、单位集体就医与收集医保凭证表现相同，应查阅当日登记。每日按同一套餐收费的机构，"
        "已使其成为常态；每月以门慢特待遇同来的人群由“多人结伴就医、购药、住院”模型判断。",
    }
)


def judge(con: duckdb.DuckDBPyConnection, params: Mapping[str, Any]) -> None:
    """One hit a settlement of a batch. Units are settlements."""
    _judged.empty(con)
    for step in (_CELLS, _BATCH, _REGULARS, _HITS):
        _judged.script(con, step, params)
    few = _judged.number(
        con,
        f"select count(*) from batch_visit where institution_id in"
        f" (select institution_id from batch_open where days < {int(params['min_days'])})",
    )
    hits = _judged.number(con, "select count(*) from judged")
    clear = _judged.number(con, "select count(*) from batch_visit") - few - hits
    _judged.count(con, clear, {"the place was open on too few days": few})
    _judged.drop(con, "batch_")


#: Visits, twice each: by diagnosis (not at drugstores) and by exact amount with the items' ends.
_CELLS = """
    create or replace temp table batch_visit as
    select settlement_id, encounter_id, person_id, institution_id, is_pharmacy, settled_on, care_setting, diagnosis,
        total_amount, eligible_amount, items, first_item, last_item
    from feature.visit_bill
    where care_setting in ('outpatient', 'chronic', 'drugstore') and settlement_type <> '1' and not is_course
        and person_id is not null and institution_id is not null and settled_on is not null;
    create or replace temp table batch_kind as
    select settlement_id, person_id, institution_id, is_pharmacy, settled_on, care_setting, total_amount,
        eligible_amount, 'diagnosis' as way, diagnosis as kind
    from batch_visit where not is_pharmacy and diagnosis is not null
    union all
    select settlement_id, person_id, institution_id, is_pharmacy, settled_on, care_setting, total_amount,
        eligible_amount, 'bill', concat_ws('|', items, first_item, last_item, total_amount)
    from batch_visit where items > 0;
    create or replace temp table batch_open as
    select institution_id, bool_or(is_pharmacy) as is_pharmacy, count(distinct settled_on) as days,
        count(*) as visits
    from batch_visit group by institution_id;
"""

_BATCH = """
    create or replace temp table batch_found as
    with cell as (
        select institution_id, way, kind, settled_on, count(distinct person_id) as persons,
            count(distinct total_amount) as amounts, bool_and(care_setting = 'chronic') as is_chronic,
            sum(eligible_amount) as eligible_amount
        from batch_kind group by institution_id, way, kind, settled_on
    ),
    day_of as (
        select institution_id, settled_on, count(distinct person_id) as persons
        from batch_visit group by institution_id, settled_on
    ),
    own as (
        select institution_id, way, kind, sum(persons) as persons from cell group by institution_id, way, kind
    ),
    whole as (
        select o.is_pharmacy, c.way, c.kind, sum(c.persons) as persons, count(distinct c.institution_id) as places
        from own as c join batch_open as o on o.institution_id = c.institution_id
        group by o.is_pharmacy, c.way, c.kind
    ),
    everyone as (
        select o.is_pharmacy, sum(d.persons) as persons, count(distinct d.institution_id) as places
        from day_of as d join batch_open as o on o.institution_id = d.institution_id group by o.is_pharmacy
    ),
    same_day as (
        select o.is_pharmacy, c.way, c.kind, c.settled_on, sum(c.persons) as persons
        from cell as c join batch_open as o on o.institution_id = c.institution_id
        group by o.is_pharmacy, c.way, c.kind, c.settled_on
    ),
    all_day as (
        select o.is_pharmacy, d.settled_on, sum(d.persons) as persons
        from day_of as d join batch_open as o on o.institution_id = d.institution_id
        group by o.is_pharmacy, d.settled_on
    ),
    own_all as (
        select institution_id, sum(persons) as persons from day_of group by institution_id
    ),
    expected as (
        select c.*, o.days, greatest(
                -- the kind on the place's other days, and the peers' share of it in as busy a day
                cast(w.persons - c.persons as double) / greatest(o.days - 1, 1),
                d.persons * cast(h.persons - w.persons as double) / greatest(e.persons - a.persons, 1),
                -- and what the others see of it that very day: an epidemic, a campaign
                d.persons * cast(t.persons - c.persons as double) / (y.persons - d.persons + 20),
                0.05) as usual,
            e.places - 1 as peers
        from cell as c
        join batch_open as o on o.institution_id = c.institution_id
        join own as w on w.institution_id = c.institution_id and w.way = c.way and w.kind = c.kind
        join own_all as a on a.institution_id = c.institution_id
        join day_of as d on d.institution_id = c.institution_id and d.settled_on = c.settled_on
        join whole as h on h.is_pharmacy = o.is_pharmacy and h.way = c.way and h.kind = c.kind
        join everyone as e on e.is_pharmacy = o.is_pharmacy
        join same_day as t on t.is_pharmacy = o.is_pharmacy and t.way = c.way and t.kind = c.kind
            and t.settled_on = c.settled_on
        join all_day as y on y.is_pharmacy = o.is_pharmacy and y.settled_on = c.settled_on
        where c.persons >= $min_persons and c.amounts <= $max_amounts * c.persons and o.days >= $min_days
            and c.eligible_amount >= $min_amount
    )
    select *, persons * ln(persons / usual) - persons + usual - (select ln(greatest(count(*), 1)) from cell) as surprise
    from expected
    where persons > usual and persons * ln(persons / usual) - persons + usual
        - (select ln(greatest(count(*), 1)) from cell) >= $min_surprise
"""

_REGULARS = """
    create or replace temp table batch_kept as
    with member as (
        select distinct f.institution_id, f.way, f.kind, f.settled_on, f.is_chronic, k.person_id
        from batch_found as f
        join batch_kind as k on k.institution_id = f.institution_id and k.way = f.way and k.kind = f.kind
            and k.settled_on = f.settled_on
    ),
    again as (
        select distinct m.institution_id, m.way, m.kind, m.settled_on, m.person_id
        from member as m
        join member as n on n.institution_id = m.institution_id and n.way = m.way and n.kind = m.kind
            and n.person_id = m.person_id and abs(date_diff('day', m.settled_on, n.settled_on)) between 25 and 100
    )
    select f.*
    from batch_found as f
    left join (select institution_id, way, kind, settled_on, count(*) as regulars from again group by all) as a
        on a.institution_id = f.institution_id and a.way = f.way and a.kind = f.kind and a.settled_on = f.settled_on
    where not (f.is_chronic and coalesce(a.regulars, 0) >= $max_regulars * f.persons)
"""

_HITS = """
    insert into judged by name
    with placed as (
        select k.settlement_id, f.*, row_number() over (
                partition by k.settlement_id order by f.surprise desc, f.way
            ) as place
        from batch_kept as f
        join batch_kind as k on k.institution_id = f.institution_id and k.way = f.way and k.kind = f.kind
            and k.settled_on = f.settled_on
    ),
    named as (
        select substr(principal_diagnosis_code, 1, 3) as diagnosis, min(principal_diagnosis_name) as name
        from feature.encounter where principal_diagnosis_code is not null group by 1
    )
    select 'hit' as outcome, v.settlement_id, v.encounter_id, v.person_id, v.institution_id,
        v.settled_on as occurred_on, v.eligible_amount as amount,
        cast(to_json(struct_pack(persons := p.persons, amounts := p.amounts, usual := round(p.usual, 1),
            peers := p.peers, surprise := round(p.surprise, 1), way := p.way, occurred_on := v.settled_on,
            amount := v.eligible_amount,
            kind_text := case p.way when 'bill' then 'one and the same bill'
                else coalesce(n.name, p.kind) end,
            kind_text_zh := case p.way when 'bill' then '同一账单（项目、金额一致）'
                else '“' || coalesce(n.name, p.kind) || '”' end)) as varchar) as detail,
        strftime(v.settled_on, '%Y%m%d') || p.way as part,
        round(1 - 0.5 * pow(2, -(p.surprise - $min_surprise) / 5), 4) as weight, 1 as units
    from placed as p
    join batch_visit as v on v.settlement_id = p.settlement_id
    left join named as n on p.way = 'diagnosis' and n.diagnosis = p.kind
    where p.place = 1
"""
