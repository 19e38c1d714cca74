"""The visits, stays and purchases of a practice as rows: encounter, bill, settlement, diagnoses, operations."""

from __future__ import annotations

import csv
import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, time, timedelta

from data.simulate.honest.bill import charged, is_drug, taken
from data.simulate.honest.practice import PracticeError, Row, Visit, charge
from data.simulate.honest.world import (
    HERE,
    World,
    add_persons,
    department_of,
    practitioner_of,
    resolved,
)

STAY = ("21", "22", "23", "24", "25", "26", "27", "28", "52", "92")


def _moments(world: World, visit: Visit) -> list[datetime]:
    """When a visit begins: once, or `times` times, on each of its hours."""
    day = world.on(visit.on)
    moments: list[datetime] = []
    while len(moments) < visit.times:
        if not visit.weekdays or day.weekday() < 5:
            moments.append(day)
        day += timedelta(days=visit.every if not visit.weekdays else 1)
    clocks = [time.fromisoformat(hour) for hour in visit.hours]
    return [datetime.combine(m, clock) for m in moments for clock in clocks] if clocks else moments


def add_business(world: World, key: str, visits: int) -> None:
    """What a place does beside the practice: so many visits or purchases of its neighbours over the year."""
    if not visits:
        return
    chance = random.Random(f"{world.practice.id} {key}")
    store = world.places[key]["fixmedins_code"].startswith("P")
    with (HERE / "business.csv").open(encoding="utf-8", newline="") as handle:
        kits = [row for row in csv.DictReader(handle) if row["kind"] == ("purchase" if store else "visit")]
    neighbours = f"neighbours of {key}"
    add_persons(world, neighbours, {"age": [25 + n * 7 % 38 for n in range(max(visits // 4, 1))], "sex": [1, 2]})
    for _ in range(visits):
        kit = chance.choice(kits)
        written = [line for line in kit["lines"].split(";") if chance.random() < 0.7] or kit["lines"].split(";")[:1]
        # Illnesses last for different times: one box or three.
        charges = [
            replace(charge(line), quantity=chance.choice((1, 2, 2, 3)) if is_drug(line) else 1) for line in written
        ]
        moment = datetime(world.year, 1, 2) + timedelta(days=chance.randrange(360), minutes=chance.randrange(500, 1080))
        if not store and moment.weekday() > 4:
            moment -= timedelta(days=2)
        visit = Visit(
            person=neighbours, place=key, on="", category="41" if store else "11", department=kit["department"],
            diagnoses=[kit["diagnosis"]] if kit["diagnosis"] else [], fund=chance.choice([0.0, 0.5]) if store else None,
            lines=charges,
        )  # fmt: skip
        _visit(world, visit, chance.choice(world.persons[neighbours]), moment)


def add_visits(world: World, visit: Visit) -> None:
    """Every repetition of a visit for every person it is of."""
    people = world.persons.get(visit.person)
    if people is None or visit.place not in world.places:
        raise PracticeError(f"{world.practice.id}: unknown {visit.person} or {visit.place} of a visit")
    for moment in _moments(world, visit):
        for n, person in enumerate(people):
            _visit(world, visit, person, moment + timedelta(minutes=n * visit.apart))


def _visit(world: World, visit: Visit, person: Row, begin: datetime) -> None:
    stay = visit.category.startswith(STAY)
    end = begin + timedelta(minutes=25)
    if visit.until:
        end = world.on(visit.until)
    elif visit.nights:
        end = datetime.combine(begin.date() + timedelta(days=visit.nights), time.fromisoformat(visit.leaves))
    place, who = world.places[visit.place], practitioner_of(world, visit, visit.doctor)
    ward = {} if not who else {"code": department_of(visit.department)["code"], "name": visit.department}
    settlement, encounter = world.number("9901"), world.number("9902")
    nights = (end.date() - begin.date()).days
    common: Row = {
        "mdtrt_id": encounter, "med_type": visit.category, "mdtrt_cert_type": "03", "year": str(end.year),
        "vali_flag": "1", "pay_loc": 2, **{k: v for k, v in person.items() if k != "tel"}, **place,
    }  # fmt: skip
    if visit.disease:
        common |= dict(zip(("dise_no", "dise_name"), visit.disease.split(), strict=True))
    lines = [
        made
        for number, line in enumerate([*visit.lines, *taken(world, visit)], start=1)
        for made in charged(world, visit, line, (begin, end), number, stay)
    ]
    head: Row = {"setl_id": settlement, "mdtrt_id": encounter, "psn_no": person["psn_no"],
                 "fixmedins_code": place["fixmedins_code"], "med_type": visit.category}  # fmt: skip
    for made in lines:
        own_order = made.pop("_order")
        made |= {"rx_drord_no": f"{encounter}{own_order:02d}"} | {k: v for k, v in made.items() if k == "rx_drord_no"}
        codes = made.pop("_trace")
        world.add("fee_list_d", **(head | {"bilg_dept_codg": ward.get("code"), "bilg_dept_name": ward.get("name"),
                  "acord_dept_codg": ward.get("code"), "bilg_dr_code": who.get("dr_code"),
                  "bilg_dr_name": who.get("dr_name"), "insu_admdvs": person["insu_admdvs"]} | made))  # fmt: skip
        for code in codes:
            world.add("drug_trac_d", bkkp_sn=made["bkkp_sn"], drug_trac_codg=code, mdtrt_id=encounter,
                      fixmedins_code=place["fixmedins_code"])  # fmt: skip
    _settle(world, visit, common | {"setl_id": settlement}, lines, (begin, end), person)
    _met(world, visit, common | {"setl_id": settlement, "tel": person["tel"]}, who, ward, (begin, end), nights)
    if visit.name:
        world.named[visit.name] = (settlement, encounter, [made["bkkp_sn"] for made in lines])


def _settle(
    world: World, visit: Visit, row: Row, lines: Sequence[Row], span: tuple[datetime, datetime], person: Row
) -> None:
    """A settlement with the money of its lines: pooled fund, account (the family's apart), the rest in cash."""
    begin, end = span
    sums = {k: sum(float(line[k]) for line in lines)
            for k in ("det_item_fee_sumamt", "fulamt_ownpay_amt", "overlmt_selfpay", "preselfpay_amt",
                      "inscp_amt")}  # fmt: skip
    stay = visit.category.startswith(STAY)
    store = visit.category.startswith("41")
    share = visit.fund if visit.fund is not None else 0.0 if store else 0.7 if stay else 0.55
    account = visit.account if visit.account is not None else 1.0 if store else 0.0
    fund = round(sums["inscp_amt"] * share, 2)
    paid = round(sums["det_item_fee_sumamt"] - fund, 2)
    shared = round(min(paid, sums["inscp_amt"] * visit.family), 2)
    own = round(min(paid - shared, sums["inscp_amt"] * account), 2)
    money: Row = {
        "medfee_sumamt": sums["det_item_fee_sumamt"], "fulamt_ownpay_amt": sums["fulamt_ownpay_amt"],
        "overlmt_selfpay": sums["overlmt_selfpay"], "preselfpay_amt": sums["preselfpay_amt"],
        "inscp_amt": sums["inscp_amt"],
        "act_pay_dedc": 0.0, "hifp_pay": fund, "fund_pay_sumamt": fund, "psn_pay": paid, "acct_pay": own,
        "acct_mulaid_pay": shared, "cash_payamt": paid - own - shared,
        **dict.fromkeys(("cvlserv_pay", "hifes_pay", "hifmi_pay", "hifob_pay", "hifdm_pay", "maf_pay",
                         "othfund_pay"), 0.0),
    }  # fmt: skip
    age = begin.year - person["brdy"].year - ((begin.month, begin.day) < (person["brdy"].month, person["brdy"].day))
    settled = end if not stay else end + timedelta(minutes=50)
    world.add("setl_d", **(
        row | {k: f"{v:.2f}" for k, v in money.items()} | {
            "age": age, "cvlserv_flag": 0, "begndate": begin.date(), "enddate": end.date(), "setl_time": settled,
            "setl_type": 2, "clr_way": 4 if stay else 1, "refd_setl_flag": 0, "mid_setl_flag": 0,
            "invono": world.number("77"), "poolarea_no": world.pool, "pool_prop_selfpay": f"{share:.2f}",
        } | {k: resolved(world, v, 0) for k, v in (visit.settlement or {}).items()}
    ))  # fmt: skip


def _met(
    world: World, visit: Visit, row: Row, who: Row, ward: Row, span: tuple[datetime, datetime], nights: int
) -> None:
    """The encounter, its diagnoses and operations; a drugstore knows none."""
    begin, end = span
    stay = visit.category.startswith(STAY)
    coded = [text.partition(" ") for text in visit.diagnoses]
    main: Row = {"dscg_maindiag_code": coded[0][0], "dscg_maindiag_name": coded[0][2]} if coded else {}
    lying: Row = {"dscg_way": 1, "adm_bed": "08", "dscg_dept_codg": ward.get("code")} if stay else {}
    own: Row = {"begntime": begin, "endtime": end, "ipt_days": nights if stay else 0, "ttp_pay_flag": 0,
                "chfpdr_code": who.get("dr_code"), "chfpdr_name": who.get("dr_name"), "inhosp_stas": 0,
                "adm_dept_codg": ward.get("code"), "adm_dept_name": ward.get("name"),
                "ipt_otp_no": f"{'ZY' if stay else 'MZ'}{row['mdtrt_id'][-6:]}"}  # fmt: skip
    kept = {k: v for k, v in row.items() if k not in ("setl_id", "certno", "psn_cert_type")}
    world.add(
        "mdtrt_d",
        **(kept | own | main | lying | {k: resolved(world, v, 0) for k, v in (visit.encounter or {}).items()}),
    )
    keys: Row = {k: row[k] for k in ("setl_id", "mdtrt_id", "psn_no")}
    for number, (code, _, name) in enumerate(coded):
        kind, _, bare = code.partition(":") if ":" in code else ("", "", code)
        world.add("mdcs_fund_setl_list_diag_d", **keys, diag_type=kind or (2 if number else 1),
                  maindiag_flag=int(number == 0), diag_code=bare, diag_name=name,
                  adm_cond_type="1" if stay else "")  # fmt: skip
    for number, text in enumerate(visit.operations):
        code, name, day = (*text.split(), "d0")[:3]
        moment = begin + timedelta(days=int(day.removeprefix("d")))
        world.add("mdcs_fund_setl_list_oprn_d", **keys, main_oprn_flag=int(number == 0), oprn_oprt_code=code,
                  oprn_oprt_name=name, oprn_oprt_date=moment.date(), oper_dr_code=who.get("dr_code"))  # fmt: skip
