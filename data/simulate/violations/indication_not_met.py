"""A drug for the anaemia of kidney disease, given for a cold; after a visit for the kidney two months ago."""

from __future__ import annotations

from data.simulate.book import Book

ROXADUSTAT = "XB03XAL373E001010100177"


def plant(book: Book) -> None:
    p, ill, h = book.person(), book.person(age=60), book.place("city_general")
    book.planted(book.line(book.visit(p, h, 400), ROXADUSTAT, 1, 90))
    book.visit(ill, h, 370, diagnosis="N18.901")
    book.alike(book.line(book.visit(ill, h, 420), ROXADUSTAT, 1, 90))
