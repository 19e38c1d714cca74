"""Levofloxacin for a girl of ten; bought by a parent with the account."""

from __future__ import annotations

from data.simulate.book import Book

LEVOFLOXACIN = "XJ01MAA045A00101010100415"


def plant(book: Book) -> None:
    p = book.person(sex=2, age=10)
    book.planted(book.line(book.visit(p, book.place("community"), 82, diagnosis="J20.900"), LEVOFLOXACIN))
    bought = book.visit(p, book.place("drugstore"), 84, category=41, fund=0, account=1)
    book.alike(book.line(bought, LEVOFLOXACIN))
