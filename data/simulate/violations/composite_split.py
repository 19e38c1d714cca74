"""A blood count charged as its five parts, dearer than the count; two parts alone."""

from __future__ import annotations

from data.simulate.book import Book

PARTS = ("002501010010000 血红蛋白测定(Hb)", "002501010020000 红细胞计数(RBC)", "002501010050000 白细胞计数(WBC)")


def plant(book: Book) -> None:
    p, h = book.person(), book.place("district_general")
    v, other = book.visit(p, h, 66), book.visit(p, h, 96)
    book.planted(*(book.line(v, part, price=14) for part in PARTS))
    book.alike(*(book.line(other, part, price=14) for part in PARTS[:2]))
