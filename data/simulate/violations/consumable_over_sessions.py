"""Ten dialysers charged for one session of a stay; one for each of two sessions."""

from __future__ import annotations

from data.simulate.book import Book

DIALYSIS, DIALYSER = "003110000060000", "C09010100100000000000"


def plant(book: Book) -> None:
    h = book.place("city_general")
    for units, sessions, note in ((10, 1, book.planted), (2, 2, book.alike)):
        v = book.visit(book.person(age=60), h, 131, category=21, nights=10, diagnosis="N18.501", department="A03.07")
        for day in range(sessions):
            book.line(v, DIALYSIS, day=1 + 2 * day)
        note(*(book.line(v, DIALYSER, day=1 + day) for day in range(units)))
