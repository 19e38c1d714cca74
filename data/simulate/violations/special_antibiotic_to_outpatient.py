"""Imipenem, for special use alone, given in the clinic; in an emergency."""

from __future__ import annotations

from data.simulate.book import Book

IMIPENEM = "XJ01DHY002B001010100505"


def plant(book: Book) -> None:
    p, h = book.person(age=58), book.place("city_general")
    chief = book.doctor(h, dr_pro_tech_duty="231")
    for category, day, note in ((11, 133, book.planted), (13, 153, book.alike)):
        v = book.visit(p, h, day, category=category, diagnosis="A41.900", doctor=chief)
        note(book.line(v, IMIPENEM, 2))
