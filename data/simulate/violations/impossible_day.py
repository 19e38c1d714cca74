"""A practitioner who treats two hundred persons in a day; one who treats fifty."""

from __future__ import annotations

from data.simulate.book import Book


def plant(book: Book) -> None:
    h = book.found(grade="08", kind="B100")
    for many, note in ((200, book.planted), (50, book.alike)):
        doctor = book.doctor(h)
        for number in range(many):
            v = book.visit(book.person(), h, 97, hour=7 + number / 20, doctor=doctor, bare=True)
            book.line(v, "ZA01CAA0060010100360", price=14, supply=5)
        note(practitioner_id=doctor, occurred_on=book.on(97))
