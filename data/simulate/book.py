"""Single cases as rows of the national tables: persons, places, visits and lines of their own beside the town's."""

from __future__ import annotations

import zlib
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

import numpy as np

from data.simulate.export.columns import division_codes
from data.simulate.town import names
from data.simulate.town.town import STAYS, Town

Row = dict[str, object]
# What an item is, by the first digits of its code, unless the town's catalogue says it.
FEE = {
    "X": "09", "Z": "11", "T": "10", "C": "08", "001102": "02", "001109": "01", "0012": "07", "0021": "03",
    "0022": "03", "0023": "03", "0025": "04", "0033": "06", "0": "05",
}  # fmt: skip
LIST = {"X": "101", "Z": "101", "T": "102", "C": "301", "0": "201"}
OVERRULED = "overruled"  # not a table: columns of settlements that a case sets itself
CONSULTATION, BED = "001102000010000", "001109000010300"


@dataclass(frozen=True)
class Person:
    """An insured person who lives in the book alone."""

    id: str
    row: Row


@dataclass(frozen=True)
class Place:
    """An institution or drugstore, of the town or founded in the book."""

    id: str
    row: Row
    is_store: bool
    longitude: float
    latitude: float


@dataclass(frozen=True)
class Visit:
    """An encounter with its one settlement."""

    id: str
    encounter: str
    person: Person
    place: Place
    begin: datetime
    row: Row


@dataclass(frozen=True)
class Line:
    """A fee line of a visit."""

    id: str
    visit: Visit


@dataclass
class Book:
    """What one violation module writes: rows by table, and which of them are deeds and which only look alike."""

    town: Town
    rule: str
    rows: dict[str, list[Row]] = field(default_factory=lambda: defaultdict(list))
    notes: list[Row] = field(default_factory=list)
    used: int = 0
    doctors: dict[tuple[str, str], str] = field(default_factory=dict)

    def number(self, prefix: str) -> str:
        """A fresh id: the prefix, a number of the rule, a serial; the same in every town."""
        self.used += 1
        return f"{prefix}{zlib.crc32(self.rule.encode()) % 1_000_000:06d}{self.used:06d}"

    def add(self, table: str, **row: object) -> None:
        """A row of any national table."""
        self.rows[table].append(row)

    def on(self, day: int) -> date:
        """The date of a day of the year, counted from 0; days beyond it lie in the next."""
        return date(self.town.year, 1, 1) + timedelta(days=day)

    def at(self, day: int, hour: float = 10) -> datetime:
        """A moment of a day."""
        return datetime.combine(self.on(day), time()) + timedelta(hours=hour)

    def planted(self, *things: Visit | Line, **keys: object) -> None:
        """Deeds the rule must find: visits, lines, or the keys of a finding (institution_id, occurred_on ...)."""
        self._note("planted", things, keys)

    def alike(self, *things: Visit | Line, **keys: object) -> None:
        """Honest cases that resemble the deed and must stay silent."""
        self._note("look_alike", things, keys)

    def _note(self, role: str, things: tuple[Visit | Line, ...], keys: dict[str, object]) -> None:
        for thing in things:
            visit = thing.visit if isinstance(thing, Line) else thing
            line = {"line_id": thing.id} if isinstance(thing, Line) else {}
            said = {"settlement_id": visit.id, **line, "person": visit.person.id}
            self.notes.append({"rule": self.rule, "role": role, **said})
        if keys:
            self.notes.append({"rule": self.rule, "role": role, **keys})

    def person(
        self, sex: int = 1, age: float = 45, *, born: int | None = None, until: int | None = None, insurance: int = 310
    ) -> Person:
        """A person of `age` at the year's start (or born on a day of it), insured, `until` a day of the year."""
        serial = self.number("9902")
        key = int(serial[4:10])
        birth = self.on(born if born is not None else -round(age * 365.25) - 20 - key % 90)
        order = np.array([(key + self.used) * 2 % 1000 + (sex == 1)])
        home = np.array([f"9901{key % 90 + 10}"])
        certificate = str(names.identity_numbers(home, np.array([f"{birth:%Y%m%d}"]), order)[0])
        row: Row = {"psn_no": serial, "psn_name": f"甲{serial[-4:]}", "gend": sex, "brdy": birth}
        division = division_codes()[0]
        own = {"certno": certificate, "psn_cert_type": "01", "surv_stas": 1, "live_admdvs": division}
        self.add("psn_info_b", **row, **own)
        self.add(
            "psn_insu_d", psn_insu_rlts_id=self.number("5909"), psn_no=serial, insutype=insurance, insu_admdvs=division,
            psn_type=11, crt_insu_date=self.on(-900), paus_insu_date=None if until is None else self.on(until),
            psn_insu_stas="1", poolarea_no=names.CITY[0],
        )  # fmt: skip
        return Person(serial, {**row, "certno": certificate, "insutype": insurance, "insu_admdvs": division})

    def place(self, kind: str, nth: int = 0) -> Place:
        """The nth of the town's places of a kind (see reference/kinds.csv, `drugstore`)."""
        found = self.town.where(kind)
        return self._place(int(found[nth % len(found)]))

    def away(self) -> Place:
        """A hospital outside the prefecture."""
        return self._place(int(np.flatnonzero(self.town.place("division") == 7)[0]))

    def _place(self, number: int) -> Place:
        p = self.town.places.row(number, named=True)
        division = division_codes()[p["division"]]
        row: Row = {"fixmedins_code": p["code"], "fixmedins_name": p["name"], "hosp_lv": p["hosp_lv"]}
        return Place(p["code"], {**row, "fix_blng_admdvs": division}, p["is_store"], p["longitude"], p["latitude"])

    def found(
        self, *, store: bool = False, grade: str = "06", kind: str = "A100", east: float = 0, until: int | None = None
    ) -> Place:
        """A new hospital (or drugstore), `east` degrees from the town's centre, contracted `until` a day."""
        code, division = self.number("PX" if store else "HX"), division_codes()[0]
        longitude, latitude = float(names.CENTRES[0][0]) + east, float(names.CENTRES[0][1])
        common: Row = {
            "admdvs": division, "legrep_name": f"乙{code[-8:]}", "lnt": longitude, "lat": latitude, "vali_flag": "1",
            "begntime": self.on(-900), "endtime": None if until is None else self.on(until),
        }  # fmt: skip
        if store:
            self.add("rtal_phac_b", rtal_phac_code=code, rtal_phac_name=code, **common)
        else:
            own = {"medins_type": kind, "hosp_lv": grade, "medins_natu": "2", "aprv_bed_cnt": 60}
            self.add("medins_info_b", medins_code=code, medins_name=code, **own, **common)
        row: Row = {"fixmedins_code": code, "fixmedins_name": code, "hosp_lv": "11" if store else grade}
        return Place(code, {**row, "fix_blng_admdvs": division}, store, longitude, latitude)

    def doctor(self, place: Place, department: str = "A02", **row: object) -> str:
        """A new practitioner of the place, registered with the department's scope unless `row` says otherwise."""
        code = self.number("D9902")
        number = self.town.cat.department[department]
        scope = self.town.cat.departments.row(number, named=True)
        common: Row = {
            "dr_code": code, "dr_name": f"丙{code[-4:]}", "dr_prac_type": "1", "dr_prac_scp_code": scope["scope_code"],
            "dr_prac_scp_name": scope["name"], "medins_code": place.id, "main_pracins_no": place.id,
            "mul_prac_flag": 0, "dr_pro_tech_duty": "232", "cntr_begntime": self.on(-800), "prac_stas": "1",
            "vali_flag": "1",
        }  # fmt: skip
        self.add("dr_info_b", **(common | row))
        return code

    def visit(
        self, person: Person, place: Place, day: int, *, category: int = 11, nights: int = 0, hour: float = 10,
        diagnosis: str = "J06.900", also: tuple[str, ...] = (), department: str = "A02", doctor: str | None = None,
        fund: float = 0.6, account: float = 0.0, bare: bool = False, settlement: Row | None = None,
        encounter: Row | None = None,
    ) -> Visit:  # fmt: skip
        """A visit, purchase (category 41) or stay (21, 52; `nights`) with its settlement and diagnoses.

        `fund` and `account` are the shares of the eligible amount they pay. Unless `bare` (and not at a drugstore)
        it is charged a consultation or its bed days. `settlement` and `encounter` overrule columns.
        """
        stay = category in STAYS or category // 10 == 2
        begin, end = self.at(day, hour), self.at(day + nights, 15 if nights else hour + 0.5)
        who = doctor or (None if place.is_store else self._own(place, department))
        row: Row = {
            "mdtrt_id": self.number("990112"), "med_type": category, "mdtrt_cert_type": "01", "year": str(begin.year),
            "vali_flag": "1", **person.row, **place.row,
        }  # fmt: skip
        visit = Visit(self.number("990126"), str(row["mdtrt_id"]), person, place, begin, {
            "psn_no": person.id, "fixmedins_code": place.id, "med_type": category, "bilg_dr_code": who,
            "acord_dr_code": who, "bilg_dept_codg": None if place.is_store else department,
            "bilg_dept_name": None if place.is_store else self._department(department),
        })  # fmt: skip
        self.add("setl_d", setl_id=visit.id, **row, begndate=begin.date(), enddate=end.date(), setl_time=end,
            setl_type=2, clr_way=4 if stay else 1, fund=fund, account=account, refd_setl_flag=0, mid_setl_flag=0,
            invono=self.number("77"), poolarea_no=names.CITY[0])  # fmt: skip
        self.add(OVERRULED, **{"setl_id": visit.id} | (settlement or {}))
        at: Row = {"begntime": begin, "endtime": end, "ipt_days": nights}
        self._met(visit, row | at, (diagnosis, *also), stay, encounter or {})
        self._note("visit", (visit,), {})
        if not bare and not place.is_store:
            self.line(visit, BED if stay else CONSULTATION, nights if stay else 1)
        return visit

    def _met(self, visit: Visit, row: Row, diagnoses: tuple[str, ...], stay: bool, overruled: Row) -> None:
        """The encounter and its diagnoses; a drugstore knows none."""
        known = () if visit.place.is_store else diagnoses
        department, who = visit.row["bilg_dept_codg"], visit.row["bilg_dr_code"]
        lying: Row = {"dscg_way": 1, "adm_bed": "01", "dscg_dept_codg": department} if stay else {}
        main: Row = {"dscg_maindiag_code": known[0], "dscg_maindiag_name": self._named(known[0])} if known else {}
        here: Row = {
            "chfpdr_code": who, "ipt_otp_no": visit.id, "adm_dept_codg": department, "inhosp_stas": 0,
            "adm_dept_name": visit.row["bilg_dept_name"], "ttp_pay_flag": 0,
        }  # fmt: skip
        self.add("mdtrt_d", **(row | here | lying | main | overruled))
        for number, code in enumerate(known):
            self.add(
                "mdcs_fund_setl_list_diag_d", setl_id=visit.id, mdtrt_id=visit.encounter, psn_no=visit.person.id,
                diag_type=2 if number else 1, maindiag_flag=int(number == 0), diag_code=code,
                diag_name=self._named(code), adm_cond_type="1",
            )  # fmt: skip

    def line(
        self, visit: Visit, item: str, count: float = 1, price: float | None = None, *, day: int = 0,
        supply: float | None = None, order: int = 1, **row: object,
    ) -> Line:  # fmt: skip
        """A line on the visit's nth day: `item` is a code, followed by its name where the town does not have it.

        Without a price it costs what no rule of the town forbids.
        """
        code, _, name = item.partition(" ")
        price = self._price(code) if price is None else price
        made = Line(self.number("990178"), visit)
        own = self._item(code, name)
        # A service has its own request's number.
        order_number = f"{visit.id}{order:02d}" + ("" if own["list_type"] in ("101", "102") else "9")
        moment = visit.begin + timedelta(days=day, seconds=self.used % 600)
        amount = round(count * price, 2)
        self.add("fee_list_d", **({
            "bkkp_sn": made.id, "mdtrt_id": visit.encounter, "setl_id": visit.id, "fee_ocur_time": moment,
            "crte_time": moment + timedelta(hours=1), "rx_drord_no": order_number, "cnt": f"{count:.2f}",
            "pric": f"{price:.2f}", "det_item_fee_sumamt": f"{amount:.2f}", "fulamt_ownpay_amt": "0.00",
            "overlmt_selfpay": "0.00", "preselfpay_amt": "0.00", "inscp_amt": f"{amount:.2f}", "prd_days": supply,
            "vali_flag": "1", "rx_circ_flag": 0, **visit.row, **own,
        } | row))  # fmt: skip
        return made

    def _item(self, code: str, name: str) -> Row:
        """The columns that describe an item; one the town's catalogue lacks is added to it."""
        nearest = max((p for p in FEE if code.startswith(p)), key=len)
        row: Row = {
            "hilist_name": name,
            "list_type": LIST[code[0]],
            "med_chrgitm_type": FEE[nearest],
            "chrgitm_lv": "01",
        }
        if code in self.town.cat.item:
            known = self.town.cat.items.row(self.town.cat.item[code], named=True)
            own = {"list_type": "catalogue_type", "med_chrgitm_type": "fee_category", "chrgitm_lv": "class"}
            row |= {k: known[v] for k, v in (own | {"hilist_name": "name"}).items()} | {"dosform_name": known["form"]}
        else:
            self.add("hilist_b", hilist_code=code, insu_admdvs=names.CITY[0], begndate=self.on(-900), **row)
        return row | {"hilist_code": code, "med_list_codg": code, "medins_list_name": row["hilist_name"]}

    def _price(self, code: str) -> float:
        """A price below every level's limit, ten yuan for what the town does not have."""
        if code not in self.town.cat.item:
            return 10.0
        known = self.town.cat.items.row(self.town.cat.item[code], named=True)
        return float(round((known["limit_level3_cents"] * 0.7 or known["price_cents"]) / 100, 2))

    def _own(self, place: Place, department: str) -> str:
        if (place.id, department) not in self.doctors:
            self.doctors[place.id, department] = self.doctor(place, department)
        return self.doctors[place.id, department]

    def _department(self, code: str) -> str:
        return str(self.town.cat.departments["name"][self.town.cat.department[code]])

    def _named(self, diagnosis: str) -> str:
        number = self.town.cat.diagnosis.get(diagnosis)
        return diagnosis if number is None else str(self.town.cat.diagnoses["name"][number])
