"""The set that peritoneal dialysis contains, charged beside it; a set on another day."""

from __future__ import annotations

from data.simulate.book import Book

SERVICE, SET = "003110000010000 腹膜透析置管术", "C09990100100000000000 腹膜透析置管套件"


def plant(book: Book) -> None:
    p, h = book.person(), book.place("city_general")
    v = book.visit(p, h, 76, category=21, nights=5, diagnosis="N18.501", department="A03.07")
    book.line(v, SERVICE, price=300, day=1)
    book.planted(book.line(v, SET, price=260, day=1))
    book.alike(book.line(v, SET, price=260, day=3))
