"""Haemodialysis, priced by the session, charged by its four hours; three sessions in a week."""

from __future__ import annotations

from data.simulate.book import Book

DIALYSIS = "003110000060000"


def plant(book: Book) -> None:
    h = book.place("city_general")
    for count, note in ((4, book.planted), (1, book.alike)):
        v = book.visit(book.person(age=62), h, 160, category=21, nights=7, diagnosis="N18.501", department="A03.07")
        note(*(book.line(v, DIALYSIS, count, day=day) for day in (1, 3, 5)))
