"""Bills as templates: the sorted items and quantities of a visit or stay, and who else has the same."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import duckdb

#: Care given by a fixed package: equal bills are the rule there. Names of items, and of medical categories.
COURSES = "透析|血透|血液滤过|血液灌流|血液净化|化疗|化学治疗|放疗|放射治疗|体检|健康检查|疫苗|预防接种|接种"
DAY_CARE = "日间|体检|预防"


def bills(con: duckdb.DuckDBPyConnection) -> None:
    """Make bill_item (encounter, item, quantity) and bill (encounter_id, person_id, institution_id, is_stay,
    is_chronic, diagnosis of three characters, practitioner_id, items, template), packaged care left out."""
    con.execute(
        """
        create or replace temp table bill_item as
        select encounter_id, item_code, round(sum(quantity), 2) as quantity, min(practitioner_id) as practitioner_id,
            max(regexp_matches(coalesce(item_name, ''), $courses)) as is_course
        from feature.fee_line
        where not is_pharmacy and encounter_id is not null and item_code is not null and quantity > 0
        group by encounter_id, item_code
        """,
        {"courses": COURSES},
    )
    con.execute(
        """
        create or replace temp table bill as
        with whole as (
            select encounter_id, count(*) as items, mode(practitioner_id) as practitioner_id,
                max(is_course) as is_course,
                md5(string_agg(item_code || '*' || quantity, ';' order by item_code)) as template
            from bill_item
            group by encounter_id
        ),
        day_care as (
            select distinct e.medical_category
            from (select distinct medical_category from feature.encounter) as e
            join knowledge.medical_category as k on starts_with(e.medical_category, k.code_prefix)
            where regexp_matches(coalesce(k.name_zh, ''), $day_care)
        ),
        course as (
            select distinct e.principal_diagnosis_code
            from (select distinct principal_diagnosis_code from feature.encounter) as e
            join knowledge.admission_exception as k
                on starts_with(e.principal_diagnosis_code, k.diagnosis_prefix)
        )
        select w.encounter_id, e.person_id, e.institution_id, e.is_inpatient as is_stay,
            coalesce(e.care_setting, '-') = 'chronic' as is_chronic,
            coalesce(substr(e.principal_diagnosis_code, 1, 3), '-') as diagnosis,
            coalesce(e.attending_practitioner_id, w.practitioner_id) as practitioner_id, w.items, w.template
        from whole as w
        join feature.encounter as e on e.encounter_id = w.encounter_id
        where not w.is_course and e.person_id is not null and e.institution_id is not null
            and coalesce(e.medical_category, '-') not in (select medical_category from day_care)
            and coalesce(e.principal_diagnosis_code, '-') not in (select principal_diagnosis_code from course)
        """,
        {"day_care": DAY_CARE},
    )


def groups(con: duckdb.DuckDBPyConnection, params: Mapping[str, Any]) -> None:
    """Make bill_group: one row a template of an institution that min_persons persons share, with its main
    diagnosis and three numbers of persons to be expected: as often as at peers, as often as peers use it for
    the diagnosis (by_pathway), and by chance from the items that the institution's other bills have."""
    persons = ("min_persons", "min_chronic_persons")
    con.execute(_SHARED, {k: params[k] for k in (*persons, "min_stay_items", "min_visit_items")})
    con.execute(_EXPECTED, {k: params[k] for k in ("min_stay_items", "min_visit_items")})


_SHARED = """
    create or replace temp table bill_shared as
    select institution_id, is_stay, template, min(items) as items, count(*) as bills,
        count(distinct person_id) as persons, mode(diagnosis) as diagnosis, mode(practitioner_id) as practitioner_id,
        min(encounter_id) as example
    from bill
    where items >= case when is_stay then $min_stay_items else $min_visit_items end
    group by institution_id, is_stay, template
    having count(distinct person_id)
        >= case when bool_or(is_chronic) then $min_chronic_persons else $min_persons end
"""

_EXPECTED = """
    create or replace temp table bill_group as
    with place as materialized (
        select institution_id, is_stay, diagnosis, count(*) as bills, count(distinct person_id) as persons
        from bill group by cube (diagnosis), institution_id, is_stay
    ),
    whole as (
        select is_stay, diagnosis, sum(persons) as persons from place group by is_stay, diagnosis
    ),
    used as materialized (
        select is_stay, template, diagnosis, institution_id, count(distinct person_id) as persons
        from bill where template in (select template from bill_shared)
        group by cube (diagnosis), is_stay, template, institution_id
    ),
    elsewhere as (
        select s.institution_id, s.is_stay, s.template, u.diagnosis is null as is_any, sum(u.persons) as persons
        from bill_shared as s
        join used as u on u.is_stay = s.is_stay and u.template = s.template
            and u.institution_id <> s.institution_id and coalesce(u.diagnosis, s.diagnosis) = s.diagnosis
        group by all
    ),
    mine_of as (
        select s.institution_id, s.is_stay, s.template, s.diagnosis, s.example, count(*) as bills
        from bill_shared as s
        join bill as b on b.institution_id = s.institution_id and b.is_stay = s.is_stay
            and b.template = s.template and b.diagnosis = s.diagnosis
        group by all
    ),
    -- How often the institution's other bills of the diagnosis have each item in that quantity.
    item_use as materialized (
        select b.institution_id, b.is_stay, b.diagnosis, i.item_code, i.quantity, count(*) as bills
        from bill as b
        join bill_item as i on i.encounter_id = b.encounter_id
        where (b.institution_id, b.is_stay, b.diagnosis) in (
            select (institution_id, is_stay, diagnosis) from bill_shared
        )
        group by all
    ),
    had as (
        select m.institution_id, m.is_stay, m.template, u.bills - m.bills as bills, p.bills - m.bills as others
        from mine_of as m
        join bill_item as i on i.encounter_id = m.example
        join item_use as u on u.institution_id = m.institution_id and u.is_stay = m.is_stay
            and u.diagnosis = m.diagnosis and u.item_code = i.item_code and u.quantity = i.quantity
        join place as p on p.institution_id = m.institution_id and p.is_stay = m.is_stay
            and p.diagnosis = m.diagnosis
    ),
    chance as (
        select institution_id, is_stay, template, exp(sum(ln((bills + 0.5) / (others + 1)))) as likely
        from had
        group by all
    ),
    expected as (
        select s.*, coalesce(a.persons, 0) as peers_with,
            own.persons * coalesce(a.persons, 0) / greatest(w.persons - own.persons, 1) as by_peers,
            mine.persons * coalesce(d.persons, 0) / greatest(v.persons - mine.persons, 1) as by_pathway,
            mine.persons * c.likely as by_chance
        from bill_shared as s
        join place as own on own.institution_id = s.institution_id and own.is_stay = s.is_stay
            and own.diagnosis is null
        join place as mine on mine.institution_id = s.institution_id and mine.is_stay = s.is_stay
            and mine.diagnosis = s.diagnosis
        join whole as w on w.is_stay = s.is_stay and w.diagnosis is null
        join whole as v on v.is_stay = s.is_stay and v.diagnosis = s.diagnosis
        join chance as c on c.institution_id = s.institution_id and c.is_stay = s.is_stay and c.template = s.template
        left join elsewhere as a on a.institution_id = s.institution_id and a.is_stay = s.is_stay
            and a.template = s.template and a.is_any
        left join elsewhere as d on d.institution_id = s.institution_id and d.is_stay = s.is_stay
            and d.template = s.template and not d.is_any
    )
    select *, greatest(by_peers, by_pathway, by_chance) as usual,
        -- The bound on the logarithm of the chance to see so many when so few are usual, less what searching
        -- through so many templates finds anyhow.
        persons * ln(persons / greatest(by_peers, by_pathway, by_chance, 0.01))
            - persons + greatest(by_peers, by_pathway, by_chance, 0.01)
            - (select ln(greatest(count(distinct template), 1)) from bill as b
                where b.is_stay = e.is_stay
                    and b.items >= case when b.is_stay then $min_stay_items else $min_visit_items end) as surprise
    from expected as e
"""
