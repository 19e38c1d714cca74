"""Nursing and a drug charged four days after discharge; medicines taken home, posted the next morning."""

from __future__ import annotations

from data.simulate.book import Book


def plant(book: Book) -> None:
    p, h = book.person(), book.place("district_general")
    v = book.visit(p, h, 60, category=21, nights=6, diagnosis="J18.900")
    book.planted(book.line(v, "001201000040000", day=10), book.line(v, "XA11GAA168B00201010101276", day=10))
    honest = book.visit(p, h, 160, category=21, nights=6, diagnosis="J18.900")
    book.alike(book.line(honest, "XJ01DCA042A00101010100394", 2, day=7, dscg_tkdrug_flag=1))
