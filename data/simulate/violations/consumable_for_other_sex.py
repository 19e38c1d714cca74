"""A cervical dilator for a man; the mother's, settled for the newborn."""

from __future__ import annotations

from data.simulate.book import Book

DILATOR = "C99010100100000000000 一次性宫颈扩张棒"


def plant(book: Book) -> None:
    h = book.place("district_general")
    book.planted(book.line(book.visit(book.person(sex=1), h, 71), DILATOR, price=120))
    book.alike(book.line(book.visit(book.person(sex=1, born=60), h, 61, category=52, nights=2), DILATOR, price=120))
