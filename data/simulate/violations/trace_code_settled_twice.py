"""A pack sold again at another drugstore; scanned twice for one buyer on one day; a box sold in parts to two."""

from __future__ import annotations

from data.simulate.beside import packs, parts
from data.simulate.book import Book

DRUG, PRODUCT = "XB01ACA009A00101010100163", "8109903"


def plant(book: Book) -> None:
    first, second = book.place("drugstore"), book.place("drugstore", 1)
    for serial, places, note in ((710, (first, second), book.planted), (950, (first, first), book.alike)):
        p, other = book.person(), book.person()
        for number, store in enumerate(places):
            buyer, day = (other, 157) if store is second else (p, 147)
            line = book.line(book.visit(buyer, store, day, hour=9 + number, category=41), DRUG)
            packs(book, line, PRODUCT, serial)
        note(line)
    for number, tablets in enumerate((7, 14)):
        line = book.line(book.visit(book.person(), first, 160 + number, category=41), DRUG, tablets, 1)
        parts(book, line, PRODUCT, 1190, tablets, 28)
        book.alike(line)
