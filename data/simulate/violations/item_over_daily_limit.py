"""Six ward rounds a day throughout a stay; a stay's rounds posted on its last day."""

from __future__ import annotations

from data.simulate.book import Book

ROUND = "001102000050000"


def plant(book: Book) -> None:
    p, h = book.person(), book.place("district_general")
    v = book.visit(p, h, 109, category=21, nights=3, diagnosis="J18.900")
    book.planted(*(book.line(v, ROUND, 6, day=day) for day in range(3)))
    honest = book.visit(p, h, 209, category=21, nights=5, diagnosis="J18.900")
    book.alike(book.line(honest, ROUND, 5, day=5))
