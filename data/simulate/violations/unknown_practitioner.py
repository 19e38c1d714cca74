"""Orders under a code no register has; of a practitioner registered at another hospital."""

from __future__ import annotations

from data.simulate.book import Book


def plant(book: Book) -> None:
    h = book.place("city_general")
    elsewhere = book.doctor(book.place("district_general"))
    for doctor, note in (("D990299999999", book.planted), (elsewhere, book.alike)):
        note(book.line(book.visit(book.person(), h, 150, doctor=doctor), "002501010150000"))
