"""What a book's case carries in the lesser tables: statuses, check-ins, packs, operations, registrations."""

from __future__ import annotations

from datetime import timedelta

from data.simulate.book import Book, Line, Person, Place, Visit


def status(book: Book, person: Person, kind: str, begin: int, end: int | None = None) -> None:
    """What another department knows of a person, from one day of the year to another."""
    until = None if end is None else book.on(end)
    book.add(
        "psn_status_d", psn_no=person.id, stas_type=kind, begndate=book.on(begin), enddate=until, souc_dept="外部门"
    )


def check_in(book: Book, visit: Visit, *, east: float = 0.0, face: int = 1) -> None:
    """A check-in an instant before the visit, `east` degrees from the place."""
    book.add(
        "sign_in_d", sign_sn=book.number("4407"), psn_no=visit.person.id, fixmedins_code=visit.place.id,
        sign_time=visit.begin - timedelta(minutes=5), lnt=visit.place.longitude + east, lat=visit.place.latitude,
        face_match=face,
    )  # fmt: skip


def packs(book: Book, line: Line, product: str, *serials: int) -> None:
    """Trace codes on a line: seven digits of the product, thirteen of the pack."""
    for serial in serials:
        book.add(
            "drug_trac_d", mdtrt_id=line.visit.encounter, fixmedins_code=line.visit.place.id, bkkp_sn=line.id,
            drug_trac_codg=f"{product}{serial:013d}", trdn_flag=0, sel_retn_cnt=1,
        )  # fmt: skip


def parts(book: Book, line: Line, product: str, serial: int, units: float, content: int) -> None:
    """The trace code of an opened pack on a line: `units` of the `content` it holds were sold."""
    book.add(
        "drug_trac_d", mdtrt_id=line.visit.encounter, fixmedins_code=line.visit.place.id, bkkp_sn=line.id,
        drug_trac_codg=f"{product}{serial:013d}", trdn_flag=1, sel_retn_cnt=units, min_pac_cnt=content,
    )  # fmt: skip


def operated(book: Book, visit: Visit, code: str, name: str, *, main: int = 1, day: int = 1) -> None:
    """An operation of the settlement list on the visit's nth day."""
    book.add(
        "mdcs_fund_setl_list_oprn_d", setl_id=visit.id, mdtrt_id=visit.encounter, psn_no=visit.person.id,
        main_oprn_flag=main, oprn_oprt_code=code, oprn_oprt_name=name,
        oprn_oprt_date=(visit.begin + timedelta(days=day)).date(), oper_dr_code=visit.row["bilg_dr_code"],
    )  # fmt: skip


def registered(
    book: Book, person: Person, disease: str, since: int, *, place: Place | None = None, certified: int | None = None
) -> None:
    """A registration for a chronic disease, from a day of the year on."""
    book.add(
        "opsp_reg_d", trt_dcla_detl_sn=book.number("7009"), psn_no=person.id, insutype=person.row["insutype"],
        opsp_dise_code=disease, opsp_dise_name=disease, begndate=book.on(since), vali_flag="1",
        ide_fixmedins_no=place.id if place else None, hosp_ide_date=book.on(since if certified is None else certified),
    )  # fmt: skip
