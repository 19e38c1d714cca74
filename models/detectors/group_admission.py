"""Persons of one employer or one place admitted to a hospital within days, more than their group ever is there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import duckdb

from models import card

if TYPE_CHECKING:
    import polars as pl

CARD = card.make(
    {
        "title": "Persons of one employer or place admitted together",
        "title_zh": "同单位、同地人员聚集性住院",
        "violation": "group_admission",
        "family": "stay",
        "fetch": ["stay", "recruitment"],
        "subjects": ["institution", "practitioner"],
        "certainty": "suspected",
        "scope": ["inpatient"],
        "sentence": "{persons} persons of {group_text} were admitted here from {first_on} to {last_on}, where"
        " {usual} would be usual by the group's {stays} stays here in {days} days; {like} of them with"
        " {diagnosis_text}; this stay of {occurred_on}",
        "sentence_zh": "{first_on}至{last_on}本机构集中收治{group_text_zh}{persons}人，"
        "按该群体{days}天内在此{stays}次住院预期{usual}人；其中{like}人主诊断{diagnosis_text}；本次{occurred_on}入院",
        "basis": [
            "《医疗保障基金使用监督管理条例》第四十条第（一）项：诱使、协助他人冒名或者虚假就医",
            "筛查模型 B06 聚集性住院（同单位/同村/同地址）",
        ],
        "window": "days",
        "needs": ["record.settlement"],
        "params": {
            "min_persons": {"value": 5, "unit": "persons", "meaning": "of one group admitted within the days"},
            "days": {"value": 3, "unit": "days", "meaning": "from the first to the last admission"},
            "min_ratio": {"value": 3.0, "unit": "x", "meaning": "least ratio to what is usual in so many days"},
            "max_chance": {
                "value": 0.01,
                "unit": "share",
                "meaning": "that any group anywhere comes together so by chance, by Poisson over all days and groups",
            },
            "min_signed": {
                "value": 3,
                "unit": "stays",
                "meaning": "of such groups that one practitioner admitted, to be named",
            },
            "max_outbreak": {
                "value": 0.5,
                "unit": "share",
                "meaning": "of the stays for infections or acute airway disease: more is an outbreak",
            },
            "max_operated": {
                "value": 0.5,
                "unit": "share",
                "meaning": "of the stays with an operation: more is a day of operations after a screening",
            },
            "max_group": {
                "value": 0.5,
                "unit": "share",
                "meaning": "of all persons with stays in the group: a larger one says nothing",
            },
        },
        "exclusions": [
            "outbreaks: more than half with an infection or acute disease of the airways (A, B, J00 to J22)",
            "days of operations: more than half of the group was operated on (cataract campaigns)",
            "courses of treatment, pregnancy, newborns, mental disorders, day care",
            "days on which the hospital admits many of everybody: the group's usual share of them is expected",
            "groups that hold more than {max_group:%} of the persons with stays",
            "persons without employer and place of residence: cannot judge",
        ],
        "exclusions_zh": [
            "疾病暴发：半数以上为感染或急性呼吸道疾病（A、B、J00 至 J22）",
            "集中手术日：群体半数以上接受手术（白内障专项活动）",
            "分疗程治疗、妊娠、新生儿、精神障碍、日间病房",
            "医院当日普遍大量收治：已按该群体平时占比计入预期",
            "占住院人员 {max_group:%} 以上的群体",
            "无单位、无居住地信息：无法判定",
        ],
        "limits": "A nursing home, a works accident, an agreed course of treatment come together too. Of the place only"
        " the division of residence is used, no address. Ask who brought them and on what occasion.",
        "limits_zh": "养老机构、工伤事故、约定的疗程也会集中入院。居住地仅用行政区划，不用地址。应询问由谁送诊、"
        "因何事由。",
    }
)


def judge(con: duckdb.DuckDBPyConnection, params: Mapping[str, Any]) -> None:
    """One hit a stay of such a group. Units are stays, once a kind of group."""
    con.execute(_MEMBER, {"max_group": params["max_group"]})
    windows = con.sql(
        _WINDOW, params={k: params[k] for k in ("days", "min_persons", "min_ratio", "max_outbreak", "max_operated")}
    ).pl()
    found = _surprising(windows, con.sql(_TESTED).fetchall()[0][0] or 1, float(params["max_chance"]))
    con.register("group_window", found.to_arrow())
    con.execute(_JUDGED, {k: params[k] for k in ("days", "min_signed")})
    con.unregister("group_window")
    con.execute("drop table group_stay")


def _surprising(windows: pl.DataFrame, tested: int, max_chance: float) -> pl.DataFrame:
    """The windows that chance does not make, of overlapping ones of a group the least likely."""
    import numpy as np
    import polars as pl
    from scipy.stats import poisson

    tail = poisson.logsf(windows["persons"].to_numpy() - 1, np.maximum(windows["usual"].to_numpy(), 1e-3))
    surprise = -(tail + np.log(tested)) / np.log(10)
    frame = windows.with_columns(surprise=pl.Series(surprise.round(6), dtype=pl.Float64))
    pair = ["kind", "group_id", "institution_id"]
    kept = frame.filter(pl.col("surprise") >= -np.log10(max_chance)).sort(
        [*pair, "surprise", "first_on"], descending=[False, False, False, True, False]
    )
    chosen: list[tuple[Any, ...]] = []
    taken: dict[tuple[Any, ...], list[Any]] = {}
    for row in kept.iter_rows(named=True):  # windows that passed, a handful
        before = taken.setdefault(tuple(row[k] for k in pair), [])
        if all(abs((row["first_on"] - other).days) >= row["days"] for other in before):
            before.append(row["first_on"])
            chosen.append(tuple(row.values()))
    return pl.DataFrame(chosen, schema=kept.schema, orient="row")


_MEMBER = """
    create or replace temp table group_stay as
    with employed as (
        select s.encounter_id, coalesce(max(r.employer_id), max(e.employer_id)) as employer_id
        from feature.settlement as s
        join record.settlement as r on r.settlement_id = s.settlement_id
        left join record.encounter as e on e.encounter_id = s.encounter_id
        where s.care_setting = 'inpatient'
        group by s.encounter_id
    ),
    enrolled as (
        select person_id, max(employer_id) as employer_id from record.enrolment
        where employer_id is not null group by person_id
    ),
    stay as (
        select s.*, coalesce(m.employer_id, n.employer_id) as employer_id, p.residence_division
        from feature.stay as s
        left join employed as m on m.encounter_id = s.encounter_id
        left join enrolled as n on n.person_id = s.person_id
        left join feature.person as p on p.person_id = s.person_id
        where s.institution_id is not null and s.person_id is not null and s.started_on is not null
    ),
    told as (
        select 'employer' as kind, employer_id as group_id, * exclude (employer_id, residence_division) from stay
        union all
        select 'residence', residence_division, * exclude (employer_id, residence_division) from stay
    ),
    sized as (
        select *, count(distinct person_id) over (partition by kind, group_id) as members,
            count(distinct person_id) over (partition by kind) as everybody
        from told
    )
    select kind, group_id, encounter_id, institution_id, person_id, practitioner_id, started_on, diagnosis_code,
        diagnosis_name,
        is_expected or is_ward_day as is_course, is_operated,
        regexp_matches(coalesce(diagnosis_code, ''), '^(A|B|J0|J1|J20|J21|J22)') as is_outbreak,
        group_id is not null and members <= greatest($max_group * everybody, 30) as is_judged,
        group_id is null as is_unknown
    from sized
"""

_TESTED = """
    select count(distinct (kind, group_id, institution_id)) * (date_diff('day', min(started_on), max(started_on)) + 1)
    from group_stay where is_judged and not is_course
"""

_WINDOW = """
    with member as (
        select * from group_stay where is_judged and not is_course
    ),
    span as (
        select date_diff('day', min(started_on), max(started_on)) + 1 as days from group_stay
    ),
    pair as (
        select kind, group_id, institution_id, count(*) as stays from member
        group by kind, group_id, institution_id having count(distinct person_id) >= $min_persons
    ),
    opening as (
        select distinct m.kind, m.group_id, m.institution_id, m.started_on as first_on
        from member as m
        join pair as p on p.kind = m.kind and p.group_id = m.group_id and p.institution_id = m.institution_id
    ),
    inside as (
        select o.kind, o.group_id, o.institution_id, o.first_on, count(distinct m.person_id) as persons,
            count(*) as inside, sum(cast(m.is_outbreak as integer)) as outbreaks,
            sum(cast(m.is_operated as integer)) as operated, max(m.started_on) as last_on,
            mode(substr(m.diagnosis_code, 1, 3) order by m.diagnosis_code) as diagnosis
        from opening as o
        join member as m on m.kind = o.kind and m.group_id = o.group_id and m.institution_id = o.institution_id
            and m.started_on between o.first_on and o.first_on + cast($days - 1 as integer)
        group by o.kind, o.group_id, o.institution_id, o.first_on
        having count(distinct m.person_id) >= $min_persons
    ),
    admitted as (
        select institution_id, started_on, count(distinct encounter_id) as stays from group_stay
        where not is_course group by institution_id, started_on
    ),
    busy as (
        select i.kind, i.group_id, i.institution_id, i.first_on, sum(a.stays) as stays
        from inside as i
        join admitted as a on a.institution_id = i.institution_id
            and a.started_on between i.first_on and i.first_on + cast($days - 1 as integer)
        group by i.kind, i.group_id, i.institution_id, i.first_on
    ),
    whole as (
        select institution_id, sum(stays) as stays from admitted group by institution_id
    ),
    weighed as (
        select i.*, p.stays, s.days as span_days, $days as days,
            greatest(
                (p.stays - i.inside + 0.5) * $days / greatest(s.days - $days, 1),
                (p.stays - i.inside + 0.5) / greatest(w.stays - b.stays, 1) * (b.stays - i.inside)
            ) as usual
        from inside as i
        join pair as p on p.kind = i.kind and p.group_id = i.group_id and p.institution_id = i.institution_id
        join busy as b on b.kind = i.kind and b.group_id = i.group_id and b.institution_id = i.institution_id
            and b.first_on = i.first_on
        join whole as w on w.institution_id = i.institution_id
        cross join span as s
    )
    select kind, group_id, institution_id, first_on, last_on, persons, stays, span_days, days, diagnosis, usual
    from weighed
    where persons >= $min_ratio * usual and outbreaks <= $max_outbreak * inside
        and operated <= $max_operated * inside
    order by kind, group_id, institution_id, first_on
"""

_JUDGED = """
    create or replace temp table judged as
    with member as (
        select w.*, g.encounter_id, g.person_id, g.started_on,
            -- who admitted one or two of them may not have known
            case when count(*) over (partition by g.kind, g.institution_id, g.practitioner_id) >= $min_signed
                then g.practitioner_id end as practitioner_id,
            sum(cast(coalesce(substr(g.diagnosis_code, 1, 3) = w.diagnosis, false) as integer))
                over (partition by w.kind, w.group_id, w.institution_id, w.first_on) as alike,
            max(case when substr(g.diagnosis_code, 1, 3) = w.diagnosis then g.diagnosis_name end)
                over (partition by w.kind, w.group_id, w.institution_id, w.first_on) as diagnosis_name
        from group_window as w
        join group_stay as g on g.kind = w.kind and g.group_id = w.group_id and g.institution_id = w.institution_id
            and g.started_on between w.first_on and w.first_on + cast($days - 1 as integer) and not g.is_course
    ),
    row_of as (
        select s.settlement_id, m.encounter_id, m.person_id, m.institution_id, m.practitioner_id, m.started_on,
            m.kind, m.first_on, m.group_id,
            cast(s.eligible_amount * greatest(1 - m.usual / m.persons, 0) as decimal(16, 2)) as amount,
            round(1 - 0.5 * pow(2, -m.surprise / 3), 4) as weight,
            cast(to_json(struct_pack(persons := m.persons, first_on := m.first_on, last_on := m.last_on,
                usual := round(m.usual, 1), stays := m.stays, days := m.span_days, "like" := cast(m.alike as integer),
                diagnosis_text := coalesce(m.diagnosis_name, m.diagnosis, '-'), surprise := round(m.surprise, 1),
                group_text := case m.kind when 'employer' then 'employer ' else 'division ' end || m.group_id,
                group_text_zh := case m.kind when 'employer' then '单位' else '居住地区划' end || m.group_id))
                as varchar) as detail
        from member as m
        join feature.settlement as s on s.encounter_id = m.encounter_id
    )
    select 'hit' as outcome, cast(null as varchar) as reason, settlement_id, cast(null as varchar) as line_id,
        encounter_id, person_id, institution_id, practitioner_id, started_on as occurred_on, amount, detail,
        kind || '|' || group_id || '|' || first_on as part, weight,
        cast(null as varchar) as group_key, cast(1 as bigint) as units
    from row_of
    union all
    select 'cannot_judge', case when is_unknown then kind || ' unknown' else kind || ' group too large' end,
        null, null, null, null, null, null, null, null, null, null, null, null, count(*)
    from group_stay where not is_judged group by 2
    union all
    select 'clear', null, null, null, null, null, null, null, null, null, null, null, null, null, count(*)
    from group_stay as g
    where is_judged and not exists (
        select 1 from member as m where m.encounter_id = g.encounter_id and m.kind = g.kind
    )
    having count(*) > 0
"""
