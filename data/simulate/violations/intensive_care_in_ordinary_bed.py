"""A day of intensive care in a room of three; another after a night in a bed of intensive care."""

from __future__ import annotations

from data.simulate.book import Book

CARE, WARD, SPECIAL = "001201000010000", "001109000010300", "001109000030100 重症监护病房床位费"


def plant(book: Book) -> None:
    h = book.place("city_general")
    for begin, first, note in ((60, WARD, book.planted), (90, SPECIAL, book.alike)):
        v = book.visit(book.person(age=68), h, begin, category=21, nights=4, diagnosis="J18.900", bare=True)
        book.line(v, first, day=0)
        for day in range(1, 4):
            book.line(v, WARD, day=day)
        note(book.line(v, CARE, 24, day=0))
