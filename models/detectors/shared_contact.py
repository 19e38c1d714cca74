"""Persons of several households for whom one telephone number was given, and who go to the same places."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import duckdb

from models import card
from models.detectors import _judged

PARTS = ("models.detectors._judged",)

#: group_key of this detector's groups, so that it replaces its own and nobody else's.
PREFIX = "contact-"

CARD = card.make(
    {
        "title": "One telephone number for persons of several households",
        "title_zh": "多户参保人共用同一联系电话并到相同机构结算",
        "violation": "shared_contact",
        "family": "ring",
        "subjects": ["group"],
        "certainty": "suspected",
        "sentence": "One telephone number was given for {persons} persons at {households} addresses; {common} places"
        " are shared by half of them, {at_once} persons at the busiest; here {amount} yuan on {occurred_on}",
        "sentence_zh": "{persons}名参保人（{households}个住址）登记同一联系电话，半数以上人员共同前往的机构{common}家，"
        "其中一家最多{at_once}人；本次{occurred_on}结算{amount}元",
        "basis": [
            "《医疗保障基金使用监督管理条例》第二十五条：依数据监控确定检查重点",
            "筛查模型 A10 共用联系电话/地址/代办人",
        ],
        "window": "the whole delivered window",
        "params": {
            "min_persons": {"value": 5, "unit": "persons", "meaning": "least persons of one number: a family passes"},
            "min_households": {"value": 5, "unit": "addresses", "meaning": "least addresses among them"},
            "max_persons": {
                "value": 50,
                "unit": "persons",
                "meaning": "of one number at one institution; more: the number it gives for everybody",
            },
            "min_share": {"value": 0.5, "unit": "share", "meaning": "of the persons, from which a place is shared"},
            "min_amount": {"value": 5000, "unit": "yuan", "meaning": "least eligible amount at the shared places"},
        },
        "exclusions": [
            "families and homes: few addresses, or half of the persons at one",
            "the number an institution gives for all it has none of (over {max_persons:person} there)",
            "placeholders: one digit throughout, counting up, fewer than eight digits",
            "persons who share no place beside the number",
            "dialysis, chemotherapy, check-ups, vaccination",
            "no telephone number delivered, or the addresses unknown: cannot judge",
        ],
        "exclusions_zh": [
            "家庭及养老机构：住址很少，或半数以上人员同住一处",
            "机构为无电话者统一填写的号码（在该机构超过 {max_persons} 人）",
            "占位号码：同一数字、顺序数字、不足八位",
            "除电话外不到相同机构的人员",
            "透析、化疗、体检、疫苗接种",
            "未提供联系电话，或住址未知：无法判定",
        ],
        "limits": "A village doctor or a neighbour who lends a telephone to the old looks the same: call the number and"
        " ask the persons. Who acts for others (agents, applicants of manual reimbursement) is not in the export, so"
        " only the number is judged; kinship is guessed from the address.",
        "limits_zh": "村医或邻居代留电话的老人情形相同：应拨打号码并询问本人。"
        "结算数据无代办人、零星报销申请人，故仅比对电话；亲属关系由住址推定。",
        "status": "trial",
    }
)


def judge(con: duckdb.DuckDBPyConnection, params: Mapping[str, Any]) -> None:
    """One hit a settlement of the group at a shared place; fills model.group_member. Units are shared numbers.

    Where no number is delivered, units are the persons who settled.
    """
    _judged.empty(con)
    con.execute("delete from model.group_member where starts_with(group_key, $prefix)", {"prefix": PREFIX})
    if not _judged.number(con, "select count(*) from feature.person_contact"):
        persons = _judged.number(con, "select count(distinct person_id) from feature.settlement")
        _judged.count(con, 0, {"needs 联系电话 (psn_info_b.tel or mdtrt_d.tel)": persons})
        return
    _judged.script(con, _CONTACT, params)
    con.execute(_HITS)
    con.execute(_MEMBERS)
    hits = _judged.number(con, "select count(*) from contact_found")
    unknown = _judged.number(con, "select count(*) from contact_rated where is_unknown")
    clear = _judged.number(con, "select count(*) from contact_rated where not is_unknown") - hits
    _judged.count(con, clear, {"the addresses are unknown": unknown})
    _judged.drop(con, "contact_")


#: Who gave which number, where they settled, and the numbers of which several households go to the same places.
#: What is paid back by hand is one place: the counter.
_CONTACT = f"""
    create or replace temp table contact_person as
    select contact, person_id, household, count(*) over (partition by contact) as persons
    from feature.person_contact
    qualify count(*) over (partition by contact) >= $min_persons;
    create or replace temp table contact_bill as
    select c.contact, c.persons, c.person_id, s.settlement_id, s.encounter_id, s.institution_id, s.settled_on,
        s.eligible_amount,
        case when r.manual_reimbursement_reason is not null then 'by hand' else s.institution_id end as place
    from contact_person as c
    join feature.settlement as s on s.person_id = c.person_id
    join record.settlement as r on r.settlement_id = s.settlement_id
    left join feature.visit_bill as b on b.settlement_id = s.settlement_id
    where s.institution_id is not null and not coalesce(b.is_course, false);
    create or replace temp table contact_place as
    select contact, place, count(distinct person_id) as came, max(persons) as persons
    from contact_bill group by contact, place;
    create or replace temp table contact_shared as
    select contact, place from contact_place where came >= greatest($min_share * persons, 3);
    create or replace temp table contact_rated as
    with housed as (
        select contact, household, count(*) as persons from contact_person group by contact, household
    ),
    sized as (
        select contact, sum(persons) as persons, count(household) as households,
            coalesce(max(persons) filter (where household is not null), 0) as together,
            coalesce(sum(persons) filter (where household is null), 0) as unhoused
        from housed group by contact
    ),
    busy as (
        select contact, max(came) as at_once, max(came) filter (where place <> 'by hand') as crowd
        from contact_place group by contact
    ),
    shared as (
        select p.contact, count(distinct p.place) as common, sum(b.eligible_amount) as amount
        from contact_shared as p
        join contact_bill as b on b.contact = p.contact and b.place = p.place
        group by p.contact
    ),
    whole as (
        select z.*, coalesce(u.at_once, 0) as at_once, coalesce(h.common, 0) as common,
            coalesce(h.amount, 0) >= $min_amount and coalesce(u.crowd, 0) <= $max_persons as is_shared
        from sized as z
        left join busy as u on u.contact = z.contact
        left join shared as h on h.contact = z.contact
    )
    select *,
        is_shared and households < $min_households and households + unhoused >= $min_households as is_unknown,
        is_shared and households >= $min_households and together * 2 < persons as is_hit
    from whole;
    create or replace temp table contact_found as
    with named as (
        select r.contact, '{PREFIX}' || substr(md5(string_agg(c.person_id, ';' order by c.person_id)), 1, 12)
            as group_key
        from contact_rated as r join contact_person as c on c.contact = r.contact
        where r.is_hit group by r.contact
    )
    select r.*, n.group_key
    from named as n join contact_rated as r on r.contact = n.contact
    qualify row_number() over (partition by n.group_key order by r.contact) = 1;
"""

_HITS = """
    insert into judged by name
    select 'hit' as outcome, b.settlement_id, b.encounter_id, b.person_id, b.institution_id,
        b.settled_on as occurred_on, b.eligible_amount as amount, f.group_key, f.group_key as part,
        round(1 - 0.5 * pow(2, -(f.households - 5) / 5.0), 4) as weight,
        cast(row_number() over (
            partition by f.contact order by b.settled_on, b.settlement_id
        ) = 1 as bigint) as units,
        cast(to_json(struct_pack(persons := f.persons, households := f.households, common := f.common,
            at_once := f.at_once, group_key := f.group_key, occurred_on := b.settled_on, amount := b.eligible_amount
        )) as varchar) as detail
    from contact_found as f
    join contact_shared as p on p.contact = f.contact
    join contact_bill as b on b.contact = p.contact and b.place = p.place
    where b.eligible_amount > 0
"""

_MEMBERS = """
    insert into model.group_member by name
    select f.group_key, b.person_id,
        round(cast(count(distinct b.place) as double) / max(f.common), 4) as share
    from contact_found as f
    join contact_shared as p on p.contact = f.contact
    join contact_bill as b on b.contact = p.contact and b.place = p.place
    group by f.group_key, b.person_id order by 1, 2
"""
