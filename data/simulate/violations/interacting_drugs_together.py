"""Simvastatin and clarithromycin on one day; three weeks apart."""

from __future__ import annotations

from data.simulate.book import Book

SIMVASTATIN, CLARITHROMYCIN = "XC10AAX002A00101010100000 辛伐他汀片", "XJ01FAX009A00101010100000 克拉霉素片"


def plant(book: Book) -> None:
    h = book.place("district_general")
    for later, note in ((0, book.planted), (21, book.alike)):
        p = book.person(age=59)
        book.line(book.visit(p, h, 101, hour=9), SIMVASTATIN, 1, 25, supply=28)
        v = book.visit(p, h, 101 + later, hour=11, diagnosis="J20.900")
        note(book.line(v, CLARITHROMYCIN, 1, 30, supply=5))
