"""A purchase of four hundred yuan amid a stay; one on the day of admission."""

from __future__ import annotations

from data.simulate.book import Book

DRUG = "XC10AAA007A00101020100580"


def plant(book: Book) -> None:
    p, h, store = book.person(), book.place("district_general"), book.place("drugstore")
    book.visit(p, h, 90, category=21, nights=9, diagnosis="J18.900")
    for day, note in ((95, book.planted), (90, book.alike)):
        v = book.visit(p, store, day, category=41, hour=8)
        book.line(v, DRUG, 10)
        note(v)
