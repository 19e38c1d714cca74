"""Nine bed days for a stay of five nights; six, the day of discharge charged as well."""

from __future__ import annotations

from data.simulate.book import Book

BED = "001109000010300"


def plant(book: Book) -> None:
    p, h = book.person(), book.place("district_general")
    v = book.visit(p, h, 40, category=21, nights=5, diagnosis="J18.900", bare=True)
    book.planted(*(book.line(v, BED, 3, day=day) for day in range(3)))
    honest = book.visit(p, h, 200, category=21, nights=5, diagnosis="J18.900", bare=True)
    book.alike(*(book.line(honest, BED, day=day) for day in range(6)))
