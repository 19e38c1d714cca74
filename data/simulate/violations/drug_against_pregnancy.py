"""A statin three weeks after an antenatal visit; after the pregnancy had ended."""

from __future__ import annotations

from data.simulate.book import Book

STATIN = "XC10AAA006A00101010100142"


def plant(book: Book) -> None:
    h = book.place("district_general")
    for ends, note in ((False, book.planted), (True, book.alike)):
        p = book.person(sex=2, age=31)
        book.visit(p, h, 90, category=51, diagnosis="Z34.900", department="A05")
        if ends:
            book.visit(p, h, 98, diagnosis="O03.900", department="A05")
        note(book.line(book.visit(p, h, 111, diagnosis="R73.900x001"), STATIN))
