"""A practitioner orders at another place the same day; one registered for several places."""

from __future__ import annotations

from data.simulate.book import Book


def plant(book: Book) -> None:
    home, other = book.place("district_general"), book.place("private_small")
    for several, note in ((0, book.planted), (1, book.alike)):
        doctor = book.doctor(home, mul_prac_flag=several)
        book.visit(book.person(), home, 124, doctor=doctor)
        v = book.visit(book.person(), other, 124, hour=14, doctor=doctor)
        note(book.line(v, "002501010150000"))
