"""Lines that reached the platform after three weeks; the next day."""

from __future__ import annotations

from data.simulate.book import Book


def plant(book: Book) -> None:
    h = book.place("district_general")
    for late, note in ((21, book.planted), (1, book.alike)):
        v = book.visit(book.person(), h, 151)
        book.line(v, "002501010150000", crte_time=book.at(151 + late))
        note(v)
