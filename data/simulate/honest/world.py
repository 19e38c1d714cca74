"""The world of a practice: its places, persons and practitioners as rows of the registers, and its ids."""

from __future__ import annotations

import csv
import functools
import zlib
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

import numpy as np

from data.simulate.honest.practice import Practice, PracticeError, Row, Visit
from data.simulate.town import names

HERE = Path(__file__).parent
REFERENCE = HERE.parent / "town" / "reference"
CENTRE = (104.30, 30.57)


@functools.cache
def reference(path: Path, key: str) -> dict[str, dict[str, str]]:
    """The rows of a reference file by one of its columns."""
    with path.open(encoding="utf-8", newline="") as handle:
        return {row[key]: row for row in csv.DictReader(handle)}


def number_of(practice_id: str) -> str:
    """Six digits that stand in every id of a practice, whichever others are laid beside it."""
    return f"{zlib.crc32(practice_id.encode()) % 1_000_000:06d}"


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


def add_place(world: World, key: str, values: Row) -> None:
    """A place: its register rows (each of its `versions`) and what settlements say of it."""
    kind = values.pop("kind")
    known = reference(REFERENCE / "kinds.csv", "kind") | reference(HERE / "kinds.csv", "kind")
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


def add_persons(world: World, key: str, values: Row) -> None:
    """A person or group: register, enrolment and chronic registrations."""
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
        last_row = (insured or [{}])[-1] if isinstance(insured, list) else insured
        kept = {k: (relation | last_row)[k] for k in ("insutype", "psn_type", "insu_admdvs")}
        world.persons[key].append(common | own | kept | {"tel": info.get("tel", own["tel"])})


def department_of(name: str) -> dict[str, str]:
    """A department by its name."""
    by_name = {row["name"]: row for row in reference(REFERENCE / "departments.csv", "code").values()}
    by_name |= reference(HERE / "departments.csv", "name")
    if name not in by_name:
        raise PracticeError(f"unknown department {name}")
    return by_name[name]


def add_doctor(world: World, key: str, values: Row) -> Row:
    """A practitioner: register rows (each of its `versions`), none where not `listed`."""
    place = world.places[values.pop("place")]
    department = department_of(values.pop("department", "全科医疗科"))
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


def practitioner_of(world: World, visit: Visit, key: str | None) -> Row:
    """The practitioner by key, or the department's own one at the place."""
    if visit.category.startswith("41") or world.places[visit.place]["fixmedins_code"].startswith("P"):
        return {}
    own = key or f"{visit.place}/{visit.department}"
    if own not in world.doctors:
        if key:
            raise PracticeError(f"{world.practice.id}: unknown practitioner {key}")
        add_doctor(world, own, {"place": visit.place, "department": visit.department})
    return world.doctors[own]


def resolved(world: World, value: object, n: int) -> object:
    """What `@key`, `#prefix` and `%MM-DD` stand for, of the nth person of a group."""
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
