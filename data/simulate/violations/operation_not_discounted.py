"""A second operation through one incision charged in full; charged by half."""

from __future__ import annotations

from data.simulate.book import Book

COLON, APPENDIX = "003310030200000", "003310030220000"


def plant(book: Book) -> None:
    h = book.found(grade="03")
    for count, note in ((1, book.planted), (0.5, book.alike)):
        v = book.visit(book.person(), h, 117, category=21, nights=9, diagnosis="K56.600", department="A04")
        book.line(v, COLON, day=1)
        note(book.line(v, APPENDIX, count, day=1))
