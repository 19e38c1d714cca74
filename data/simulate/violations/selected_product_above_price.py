"""A drug bought in volume charged at nearly twice its selected price; at a drugstore, a tenth above it."""

from __future__ import annotations

from data.simulate.book import Book

DRUG, SELECTED = "XC10AAA006A00101010100142", 6.90


def plant(book: Book) -> None:
    p = book.person(age=60)
    book.planted(book.line(book.visit(p, book.place("district_general"), 132), DRUG, 2, SELECTED * 1.9, supply=56))
    bought = book.visit(p, book.place("drugstore"), 133, category=41)
    book.alike(book.line(bought, DRUG, 2, round(SELECTED * 1.1, 2), supply=56))
