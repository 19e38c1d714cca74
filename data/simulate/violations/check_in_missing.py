"""A clinic two thirds of whose visits have no check-in; one that lacks a few."""

from __future__ import annotations

from data.simulate.beside import check_in
from data.simulate.book import Book


def plant(book: Book) -> None:
    for every, note in ((3, book.planted), (8, book.alike)):
        clinic = book.found(grade="11", kind="D211")
        for number in range(46):
            v = book.visit(book.person(), clinic, 30 + number * 6)
            checked = number % every == 0 if every == 3 else number % every != 1
            if checked:
                check_in(book, v)
            else:
                note(v)
