"""A child's cough syrup for a man of forty, paid by the fund; a parent who buys it with the account."""

from __future__ import annotations

from data.simulate.book import Book

SYRUP = "ZA06CBX0359010103747"


def plant(book: Book) -> None:
    p = book.person(age=40)
    book.planted(book.line(book.visit(p, book.place("community"), 33), SYRUP, 2, 32))
    bought = book.visit(p, book.place("drugstore"), 35, category=41, fund=0, account=1)
    book.alike(book.line(bought, SYRUP, 2, 32))
