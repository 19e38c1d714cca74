"""A preparation for the lungs of the newborn, for a girl of three; for a child of ten days."""

from __future__ import annotations

from data.simulate.book import Book

SURFACTANT = "XR07AAZ063Q00101010100000 猪肺磷脂注射液"


def plant(book: Book) -> None:
    h = book.place("city_general")
    for born, note in ((114 - 3 * 365, book.planted), (104, book.alike)):
        p = book.person(sex=2, born=born)
        v = book.visit(p, h, 114, category=21, nights=6, diagnosis="P22.000", department="A07")
        note(book.line(v, SURFACTANT, 1, 2000, day=1))
