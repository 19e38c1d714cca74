"""An intraocular lens in paediatrics; one ordered by the eye clinic."""

from __future__ import annotations

from data.simulate.book import Book

LENS = "C05010100100000000000"


def plant(book: Book) -> None:
    p, h = book.person(age=70), book.place("district_general")
    book.planted(book.line(book.visit(p, h, 73, department="A07", diagnosis="H25.900"), LENS, price=900))
    book.alike(book.line(book.visit(p, h, 83, department="A10", diagnosis="H25.900"), LENS, price=900))
