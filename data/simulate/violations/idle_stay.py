"""A bed held for nine nights with two days of care; nights of healing after an operation."""

from __future__ import annotations

from data.simulate.beside import operated
from data.simulate.book import Book

BED, DRUG = "001109000010300", "XJ01DCA042A00101010100394"


def plant(book: Book) -> None:
    h = book.found(grade="05")
    for is_operated, note in ((False, book.planted), (True, book.alike)):
        v = book.visit(book.person(age=61), h, 96, category=21, nights=9, diagnosis="M54.500", bare=True)
        for day in range(9):
            book.line(v, BED, day=day)
        for day in range(2):
            book.line(v, DRUG, 3, day=day)
        if is_operated:
            book.line(v, "003315050200000", day=1)
            operated(book, v, "79.3600", "胫骨骨折切开复位内固定术")
        note(v)
