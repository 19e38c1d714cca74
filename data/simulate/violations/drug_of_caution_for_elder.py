"""Diazepam for a man of eighty; for one of fifty."""

from __future__ import annotations

from data.simulate.book import Book

DIAZEPAM = "XN05BAD128A00101010100000 地西泮片"


def plant(book: Book) -> None:
    h = book.place("community")
    for age, note in ((80, book.planted), (50, book.alike)):
        note(book.line(book.visit(book.person(age=age), h, 85, diagnosis="G47.000"), DIAZEPAM, 1, 8, supply=7))
