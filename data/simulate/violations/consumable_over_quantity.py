"""Four intraocular lenses in one stay; two, an eye each."""

from __future__ import annotations

from data.simulate.book import Book

LENS = "C05010100100000000000"


def plant(book: Book) -> None:
    p, h = book.person(age=70), book.place("district_general")
    for count, day, note in ((4, 75, book.planted), (2, 175, book.alike)):
        v = book.visit(p, h, day, category=21, nights=3, diagnosis="H25.900", department="A10")
        note(book.line(v, LENS, count, 900, day=1))
