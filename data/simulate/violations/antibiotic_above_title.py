"""A resident orders meropenem in the clinic; the same in an emergency."""

from __future__ import annotations

from data.simulate.book import Book

MEROPENEM = "XJ01DHA049B00201010100443"


def plant(book: Book) -> None:
    p, h = book.person(), book.place("city_general")
    resident = book.doctor(h, dr_pro_tech_duty="234")
    book.planted(book.line(book.visit(p, h, 70, diagnosis="J18.900", doctor=resident), MEROPENEM, 2))
    urgent = book.visit(p, h, 90, category=13, diagnosis="A41.900", doctor=resident)
    book.alike(book.line(urgent, MEROPENEM, 2))
