"""Haemodialysis day by day in a stay for eczema; once, in doubt."""

from __future__ import annotations

from data.simulate.book import Book

DIALYSIS = "003110000060000"


def plant(book: Book) -> None:
    h = book.place("city_general")
    for times, note in ((8, book.planted), (1, book.alike)):
        v = book.visit(book.person(), h, 149, category=21, nights=9, diagnosis="L30.900", department="A03.07")
        note([book.line(v, DIALYSIS, day=day) for day in range(times)][-1])
