"""A night in hospital for a headache: a few tests, a tablet, little money; the same for a child."""

from __future__ import annotations

from data.simulate.book import Book


def plant(book: Book) -> None:
    h = book.place("private_general")
    for age, note in ((50, book.planted), (8, book.alike)):
        v = book.visit(book.person(age=age), h, 112, category=21, nights=1, diagnosis="R51.x00")
        for item in ("002501010150000", "002504010250000", "002501020350000", "003107010010000"):
            book.line(v, item)
        book.line(v, "XN02BEA064A00101010100548")
        note(v)
