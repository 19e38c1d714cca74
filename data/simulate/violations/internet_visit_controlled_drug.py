"""A narcotic prescribed in an internet visit; at a visit in person."""

from __future__ import annotations

from data.simulate.book import Book

FENTANYL = "XN01AHF027B002010101435 枸橼酸芬太尼注射液"


def plant(book: Book) -> None:
    p, h = book.person(age=63), book.place("city_general")
    for category, day, note in ((17, 102, book.planted), (11, 104, book.alike)):
        note(book.line(book.visit(p, h, day, category=category, diagnosis="R52.900"), FENTANYL, 1, 20))
