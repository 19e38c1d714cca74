"""Aconite and pinellia on one prescription; on two."""

from __future__ import annotations

from data.simulate.book import Book

ACONITE, PINELLIA = "T000600103 制川乌", "T001500908"


def plant(book: Book) -> None:
    p, h = book.person(), book.place("tcm_hospital")
    for order, day, note in ((1, 99, book.planted), (2, 139, book.alike)):
        v = book.visit(p, h, day, department="A50", diagnosis="M54.500")
        book.line(v, ACONITE, 14, 0.3, supply=7)
        note(book.line(v, PINELLIA, 60, 0.2, supply=7, order=order))
