"""Four packs billed and one scanned where every pack is scanned; a line of two broken packs."""

from __future__ import annotations

from data.simulate.beside import packs
from data.simulate.book import Book

DRUG, PRODUCT = "XC08CAA001A00101010100107", "8109905"


def plant(book: Book) -> None:
    store = book.found(store=True)
    for number in range(45):
        v = book.visit(book.person(age=60), store, 200 + number, category=41)
        packs(book, book.line(v, DRUG, 3, supply=84), PRODUCT, *range(number * 100, number * 100 + 33, 11))
    short = book.line(book.visit(book.person(age=60), store, 250, category=41), DRUG, 4, supply=112)
    packs(book, short, PRODUCT, 990_000)
    broken = book.line(book.visit(book.person(age=60), store, 251, category=41), DRUG, 2.5, supply=70)
    packs(book, broken, PRODUCT, 990_100, 990_200)
    book.planted(short)
    book.alike(broken)
