"""Practices as a delivery in the national format: every field that exports fill, everything else left empty."""

from __future__ import annotations

import csv
import functools
import random
import zlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path

import numpy as np

from data.contract import mapping
from data.simulate.book import FEE, LIST
from data.simulate.honest.practice import Charge, Practice, PracticeError, Row, Visit, charge
from data.simulate.town import names

HERE = Path(__file__).parent
REFERENCE = HERE.parent / "town" / "reference"
STAY = ("21", "22", "23", "24", "25", "26", "27", "28", "52", "92")
CENTRE = (104.30, 30.57)


@functools.cache
def _table(path: Path, key: str) -> dict[str, dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as handle:
        return {row[key]: row for row in csv.DictReader(handle)}


@functools.cache
def items() -> dict[str, dict[str, str]]:
    """What can stand on a practice's bill, by name: the towns' catalogue, then the library's own."""
    town = _table(REFERENCE / "items.csv", "code").values()
    first: dict[str, dict[str, str]] = {}
    for row in [*_table(HERE / "items.csv", "name").values(), *town]:
        first.setdefault(row["name"], row)
    return first


def number_of(practice_id: str) -> str:
    """Six digits that stand in every id of a practice, whichever others are laid beside it."""
    return f"{zlib.crc32(practice_id.encode()) % 1_000_000:06d}"


def division(number: int) -> str:
    """A county of its own for the nth practice: worlds share neither area nor pool."""
    return f"{91 + number // 90}{10 + number % 90}01"


@dataclass
class World:
    """The rows of one practice by national table, and the ids that are its own."""

    practice: Practice
    year: int
    division: str
    rows: dict[str, list[Row]] = field(default_factory=lambda: defaultdict(list))
    persons: dict[str, list[Row]] = field(default_factory=dict)
    places: dict[str, Row] = field(default_factory=dict)
    doctors: dict[str, Row] = field(default_factory=dict)
    named: dict[str, tuple[str, str, list[str]]] = field(default_factory=dict)
    used: int = 0

    def number(self, prefix: str) -> str:
        """A fresh id: the prefix, the practice's number, a serial."""
        self.used += 1
        return f"{prefix}{number_of(self.practice.id)}{self.used:06d}"

    def add(self, table: str, **row: object) -> None:
        """A row of any national table."""
        self.rows[table].append(row)

    def on(self, text: str) -> datetime:
        """`MM-DD` or `MM-DD HH:MM` of the year, +MM-DD of the next one, -MM-DD of the one before."""
        year = self.year + {"+": 1, "-": -1}.get(text[0], 0)
        day, _, clock = text.lstrip("+-").partition(" ")
        return datetime.strptime(f"{year}-{day} {clock or '10:00'}", "%Y-%m-%d %H:%M")

    def ids(self) -> set[str]:
        """The ids of its persons, places, practitioners and settlements: what a finding can name."""
        names = ("psn_no", "fixmedins_code", "dr_code", "setl_id", "medins_code", "rtal_phac_code", "bilg_dr_code")
        return {str(row[n]) for own in self.rows.values() for row in own for n in names if row.get(n)}

    @property
    def pool(self) -> str:
        """The pooling area."""
        return f"{self.division[:4]}00"


def lay(practice: Practice, *, year: int = 2025, area: str) -> World:
    """The rows of a practice in a year and a county."""
    world = World(practice, year, area)
    for key, values in practice.places.items():
        _place(world, key, dict(values))
    for key, values in practice.persons.items():
        _persons(world, key, dict(values))
    for key, values in practice.doctors.items():
        _doctor(world, key, dict(values))
    for key, values in practice.places.items():
        _business(world, key, int(values.get("busy", 0)))
    for visit in practice.visits:
        _visits(world, visit)
    for table, more in practice.rows.items():
        for row in more:
            _more(world, table, row)
    return world


def _place(world: World, key: str, values: Row) -> None:
    kind = values.pop("kind")
    known = _table(REFERENCE / "kinds.csv", "kind") | _table(HERE / "kinds.csv", "kind")
    store = kind == "drugstore"
    if not store and kind not in known:
        raise PracticeError(f"{world.practice.id}: unknown kind of place {kind}")
    code = world.number("P" if store else "H")
    grade = values.pop("grade", "11" if store else known[kind]["hosp_lv"])
    name = values.pop("name", f"第{code[-4:]}号{'药店' if store else known[kind]['suffix']}")
    east = float(values.pop("km_east", 0)) / 96
    values.pop("busy", None)
    common: Row = {
        "uscc": f"91{world.division}00{code[-8:]}", "admdvs": world.division, "legrep_name": f"法人{code[-6:]}",
        "lnt": round(CENTRE[0] + east, 6), "lat": CENTRE[1], "begntime": "2016-05-01", "endtime": "", "vali_flag": "1",
    }  # fmt: skip
    listed = values.pop("listed", True)
    if store:
        own: Row = {"rtal_phac_code": code, "rtal_phac_name": name, "phac_chan_type": "1", "phar_psncnt": 2}
        table, own = "rtal_phac_b", own | {"biz_stas": "1"}
    else:
        k = known[kind]
        own = {"medins_code": code, "medins_name": name, "medins_type": k["medins_type"], "medinslv": k["level"],
               "hosp_lv": grade, "medins_natu": k["ownership"], "aprv_bed_cnt": int(k["beds"]) * 10,
               "pro_techstf_psncnt": int(k["beds"]) * 8 + 6}  # fmt: skip
        table = "medins_info_b"
    for version in values.pop("versions", [{}]) if listed else []:
        world.add(table, **(own | common | values | version))
    world.places[key] = {"fixmedins_code": code, "fixmedins_name": name, "hosp_lv": grade,
                         "fix_blng_admdvs": values.get("admdvs", world.division)}  # fmt: skip


def _persons(world: World, key: str, values: Row) -> None:
    count, born, age = values.pop("count", 1), values.pop("born", None), values.pop("age", 45)
    sexes, ages = values.pop("sex", 1), age if isinstance(age, list) else [age + n % 9 for n in range(count)]
    info, insured = values.pop("info", {}), values.pop("insured", {})
    scheme, number = values.pop("scheme", 310), len(ages)
    registered = [text.partition(" ") for text in values.pop("registered", [])]
    world.persons[key] = []
    if values:
        raise PracticeError(f"{world.practice.id}: unknown {', '.join(values)} of person {key}")
    for n in range(number):
        serial = world.number("99")
        birth = world.on(born).date() if born else date(world.year - 1 - ages[n], 1 + n % 12, 3 + n % 25)
        sex = sexes[n % len(sexes)] if isinstance(sexes, list) else sexes
        sequence = np.array([(int(serial[2:]) * 2 + n * 2) % 1000 // 2 * 2 + (sex == 1)])
        home = np.array([info.get("home", world.division)])
        certificate = str(names.identity_numbers(home, np.array([f"{birth:%Y%m%d}"]), sequence)[0])
        common: Row = {"psn_no": serial, "psn_name": f"甲{serial[-4:]}", "gend": sex, "brdy": birth}
        own: Row = {"psn_cert_type": "01", "certno": certificate, "tel": f"100{int(serial[2:]) % 10**8:08d}"}
        row = common | own | {"surv_stas": 1, "live_admdvs": world.division, "live_addr": f"某村{serial[-4:]}号"}
        world.add("psn_info_b", **(row | {k: v for k, v in info.items() if k != "home"}))
        relation: Row = {"psn_no": serial, "insutype": scheme, "psn_type": 11 if scheme == 310 else 15,
                         "insu_admdvs": world.division, "poolarea_no": world.pool}  # fmt: skip
        spell: Row = {"psn_insu_date": "2016-01-01", "crt_insu_date": "2016-01-01", "psn_insu_stas": "1"}
        for version in insured if isinstance(insured, list) else [insured]:
            world.add("psn_insu_d", psn_insu_rlts_id=world.number("59"), **(relation | spell | version))
        for disease, _, name in registered:
            world.add("opsp_reg_d", trt_dcla_detl_sn=world.number("70"), psn_no=serial, insutype=scheme,
                      opsp_dise_code=disease, opsp_dise_name=name, begndate="2023-06-01", vali_flag="1",
                      ide_fixmedins_no=next(iter(world.places.values()))["fixmedins_code"],
                      hosp_ide_date=f"2023-05-{1 + int(serial[2:]) * 7 % 28:02d}")  # fmt: skip
        known = insured[-1] if isinstance(insured, list) else insured
        kept = {k: (relation | known)[k] for k in ("insutype", "psn_type", "insu_admdvs")}
        world.persons[key].append(common | own | kept | {"tel": info.get("tel", own["tel"])})


def _department(name: str) -> dict[str, str]:
    by_name = {row["name"]: row for row in _table(REFERENCE / "departments.csv", "code").values()}
    by_name |= _table(HERE / "departments.csv", "name")
    if name not in by_name:
        raise PracticeError(f"unknown department {name}")
    return by_name[name]


def _doctor(world: World, key: str, values: Row) -> Row:
    place = world.places[values.pop("place")]
    department = _department(values.pop("department", "全科医疗科"))
    code = world.number("D")
    listed = values.pop("listed", True)
    row: Row = {
        "dr_code": code, "dr_name": f"乙{code[-4:]}", "dr_prac_type": "1",
        "dr_prac_scp_code": department["scope_code"], "dr_prac_scp_name": department["name"],
        "medins_code": place["fixmedins_code"], "medins_name": place["fixmedins_name"],
        "main_pracins_no": place["fixmedins_code"], "mul_prac_flag": 0, "dr_pro_tech_duty": "232",
        "cntr_begntime": "2019-03-01", "nemp_time": "", "prac_stas": "1", "vali_flag": "1",
    }  # fmt: skip
    for version in values.pop("versions", [{}]) if listed else []:
        world.add("dr_info_b", **(row | values | version))
    world.doctors[key] = row
    return row


def _who(world: World, visit: Visit, key: str | None) -> Row:
    """The practitioner by key, or the department's own one at the place."""
    if visit.category.startswith("41") or world.places[visit.place]["fixmedins_code"].startswith("P"):
        return {}
    own = key or f"{visit.place}/{visit.department}"
    if own not in world.doctors:
        if key:
            raise PracticeError(f"{world.practice.id}: unknown practitioner {key}")
        _doctor(world, own, {"place": visit.place, "department": visit.department})
    return world.doctors[own]


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


def _business(world: World, key: str, visits: int) -> None:
    """What a place does beside the practice: so many visits or purchases of its neighbours over the year."""
    if not visits:
        return
    chance = random.Random(f"{world.practice.id} {key}")
    store = world.places[key]["fixmedins_code"].startswith("P")
    with (HERE / "business.csv").open(encoding="utf-8", newline="") as handle:
        kits = [row for row in csv.DictReader(handle) if row["kind"] == ("purchase" if store else "visit")]
    neighbours = f"neighbours of {key}"
    _persons(world, neighbours, {"count": max(visits // 4, 1), "age": 30, "sex": [1, 2]})
    for n, person in enumerate(world.persons[neighbours]):
        person["brdy"] = person["brdy"].replace(year=person["brdy"].year - n * 7 % 50)
    for _ in range(visits):
        kit = chance.choice(kits)
        taken = [charge(line) for line in kit["lines"].split(";") if chance.random() < 0.7]
        moment = datetime(world.year, 1, 2) + timedelta(days=chance.randrange(360), minutes=chance.randrange(500, 1080))
        if not store and moment.weekday() > 4:
            moment -= timedelta(days=2)
        visit = Visit(
            person=neighbours, place=key, on="", category="41" if store else "11", department=kit["department"],
            diagnoses=[kit["diagnosis"]] if kit["diagnosis"] else [], fund=chance.choice([0.0, 0.5]) if store else None,
            lines=taken or [charge(kit["lines"].split(";")[0])],
        )  # fmt: skip
        _visit(world, visit, chance.choice(world.persons[neighbours]), moment)


def _visits(world: World, visit: Visit) -> None:
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
    place, who = world.places[visit.place], _who(world, visit, visit.doctor)
    ward = {} if not who else {"code": _department(visit.department)["code"], "name": visit.department}
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
        for number, line in enumerate([*visit.lines, *_taken(world, visit)], start=1)
        for made in _charged(world, visit, line, (begin, end), number, stay)
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


def _taken(world: World, visit: Visit) -> list[Charge]:
    """Some of what the visit may charge, at least one."""
    chance = random.Random(f"{world.practice.id} {world.used}")
    return [line for line in visit.mix if chance.random() < 0.5] or list(visit.mix[:1])


def _days(line: Charge, nights: int) -> Iterable[int]:
    if line.days in ("first", "last"):
        return [0 if line.days == "first" else nights]
    if line.days in ("daily", "all"):
        return range(max(nights, 1) + (line.days == "all" and nights > 0))
    first, _, last = line.days.rpartition("-") if not line.days.startswith("-") else ("", "", line.days)
    return range(int(first or last), int(last) + 1)


def _charged(
    world: World, visit: Visit, line: Charge, span: tuple[datetime, datetime], number: int, stay: bool
) -> list[Row]:
    begin, end = span
    item, made = _item(world, line.item), []
    # A service costs what no level's limit forbids; what a practice prices itself keeps its price.
    usual = float(item["limit_level3"]) * 0.7 if item.get("limit_level3") else float(item["price"])
    price = round(usual, 2) if line.price is None else line.price
    for day in _days(line, (end.date() - begin.date()).days):
        moment = datetime.combine(begin.date() + timedelta(days=day), time(8, 30)) + timedelta(minutes=2 * number)
        if line.at:
            moment = datetime.combine(moment.date(), time.fromisoformat(line.at))
        elif not stay or moment < begin:
            moment = datetime.combine(moment.date(), begin.time()) + timedelta(minutes=2 + number % 15)
        elif moment > end:
            moment = end - timedelta(minutes=5)
        amount = round(line.quantity * price, 2)
        share = {"01": 0.0, "02": 0.1, "03": 1.0}[item["class"]]
        own, before = (amount, 0.0) if share == 1 else (0.0, round(amount * share, 2))
        columns = {k: str(_resolved(world, v, 0)) for k, v in (line.columns or {}).items()}
        # seven digits of the product and * stand for a pack of its own
        codes = [c.replace("*", world.number("0")) for c in columns.pop("trace", "").split(",") if c]
        doctor = world.doctors[line.doctor] if line.doctor else {}
        # A ward's order number is one order; at a counter the visit's prescriptions have one.
        made.append({
            "bkkp_sn": world.number("9903"), "fee_ocur_time": moment, "_order": number if stay else 1, "_trace": codes,
            "cnt": f"{line.quantity:.2f}", "pric": f"{price:.2f}", "det_item_fee_sumamt": f"{amount:.2f}",
            "selfpay_prop": f"{share:.2f}", "fulamt_ownpay_amt": f"{own:.2f}", "overlmt_selfpay": "0.00",
            "preselfpay_amt": f"{before:.2f}", "inscp_amt": f"{amount - own - before:.2f}",
            "chrgitm_lv": item["class"], "hilist_code": item["code"], "hilist_name": item["name"],
            "list_type": item["catalogue_type"], "med_list_codg": item["code"],
            "medins_list_codg": _house_code(item["code"]),
            "medins_list_name": item["name"], "med_chrgitm_type": item["fee_category"], "hosp_appr_flag": 0,
            "dscg_tkdrug_flag": 0, "rx_circ_flag": 0, "crte_time": moment + timedelta(minutes=40), "vali_flag": 1,
            **({"bilg_dr_code": doctor["dr_code"], "bilg_dr_name": doctor["dr_name"]} if doctor else {}), **columns,
        })  # fmt: skip
    return made


def _house_code(code: str) -> str:
    """An institution's own code of an item."""
    return f"LC{zlib.crc32(code.encode()) % 10**8:08d}"


def _item(world: World, name: str) -> dict[str, str]:
    """An item by name; `code|name` is one that stands in no catalogue of ours."""
    code, bar, own_name = name.partition("|")
    if bar:
        nearest = max((p for p in FEE if code.startswith(p)), key=len)
        return {"code": code, "name": own_name, "catalogue_type": LIST[code[0]], "fee_category": FEE[nearest],
                "class": "01", "price": "10"}  # fmt: skip
    if name not in items():
        raise PracticeError(f"{world.practice.id}: no item is named {name}")
    return items()[name]


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
        } | {k: _resolved(world, v, 0) for k, v in (visit.settlement or {}).items()}
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
        **(kept | own | main | lying | {k: _resolved(world, v, 0) for k, v in (visit.encounter or {}).items()}),
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


def _more(world: World, table: str, row: Row) -> None:
    """Further rows of a table: `@key` is a person (each of a group), place, practitioner or line of a named visit."""
    groups = [v[1:] for v in row.values() if isinstance(v, str) and v[:1] == "@" and v[1:] in world.persons]
    # A limit is the practice's own area's, as its document would be.
    row = {"insu_admdvs": world.pool} | row if table == "hilist_lmtpric_d" else row
    for n in range(len(world.persons[groups[0]]) if groups else 1):
        world.add(table, **{k: _resolved(world, v, n) for k, v in row.items()})


def _resolved(world: World, value: object, n: int) -> object:
    if not isinstance(value, str):
        return value
    if value[:1] == "#":
        return world.number(value[1:])
    if value[:1] == "%":
        return world.on(value[1:])
    if value[:1] != "@":
        return value
    key, _, part = value[1:].partition(".")
    if key in world.persons:
        return world.persons[key][n]["psn_no"]
    if key in world.places:
        return world.places[key]["fixmedins_code"]
    if key in world.doctors:
        return world.doctors[key]["dr_code"]
    if key in world.named:
        settlement, encounter, lines = world.named[key]
        return {"setl_id": settlement, "mdtrt_id": encounter}.get(part) or lines[int(part or 1) - 1]
    raise PracticeError(f"{world.practice.id}: nothing is named {value}")


def write(folder: Path, worlds: Iterable[World], more: Mapping[str, Sequence[Row]] | None = None) -> dict[str, int]:
    """Worlds as one delivery: a CSV a table with every column of the contract; returns the rows of each table."""
    rows: dict[str, list[Row]] = defaultdict(list)
    for world in worlds:
        for table, own in world.rows.items():
            rows[table] += own
    for table, own_rows in (more or {}).items():
        rows[table] += own_rows
    known = {table.source: [f.source for f in table.fields] for table in mapping.tables().values()}
    folder.mkdir(parents=True, exist_ok=True)
    for table, own in sorted(rows.items()):
        columns = dict.fromkeys([*known.get(table, []), *(name for row in own for name in row)])
        with (folder / f"{table}.csv").open("w", encoding="utf-8", newline="") as handle:
            writer = csv.DictWriter(handle, list(columns), restval="")
            writer.writeheader()
            writer.writerows(own)
    return {table: len(own) for table, own in sorted(rows.items())}
