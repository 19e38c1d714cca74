"""Three sets for blood perfusion where the fund pays a thousand yuan a visit; a visit with one set."""

from __future__ import annotations

from data.simulate.book import Book

SET = "C09010400100000000000"


def plant(book: Book) -> None:
    p, h = book.person(), book.place("district_general")
    v = book.visit(p, h, 60, category=14, diagnosis="N18.501", department="A03.07")
    lines = [book.line(v, SET, price=480) for _ in range(3)]
    book.planted(lines[-1])
    book.alike(book.line(book.visit(p, h, 64, category=14, diagnosis="N18.501"), SET, price=480))
