"""A herb no fund pays in a prescription; chrysanthemum, unpaid alone, among others."""

from __future__ import annotations

from data.simulate.book import Book


def plant(book: Book) -> None:
    p, h = book.person(), book.place("tcm_hospital")
    v = book.visit(p, h, 93, department="A50", diagnosis="R53.x00")
    for herb in ("T001700368", "T001300906"):
        book.line(v, herb, 70, 0.4, supply=7)
    book.planted(book.line(v, "T001100811 血竭", 14, 6, supply=7))
    book.alike(book.line(v, "T000100467", 70, 0.4, supply=7))
