"""Orders under the name of a practitioner who left six weeks ago; two days after leaving."""

from __future__ import annotations

from data.simulate.book import Book


def plant(book: Book) -> None:
    h = book.place("district_general")
    doctor = book.doctor(h, nemp_time=book.on(100))
    for day, note in ((142, book.planted), (102, book.alike)):
        note(book.line(book.visit(book.person(), h, day, doctor=doctor), "002501010150000"))
