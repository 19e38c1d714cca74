"""Dialysis charged beside the perfusion that contains it; on the next day."""

from __future__ import annotations

from data.simulate.book import Book

DIALYSIS, PERFUSION = "003110000060000", "003110000100000"


def plant(book: Book) -> None:
    p, h = book.person(), book.place("city_general")
    v = book.visit(p, h, 91, category=21, nights=5, diagnosis="N18.501", department="A03.07")
    book.line(v, PERFUSION, day=1)
    book.planted(book.line(v, DIALYSIS, day=1))
    book.alike(book.line(v, DIALYSIS, day=2))
