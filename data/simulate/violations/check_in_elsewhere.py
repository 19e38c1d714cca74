"""A check-in from thirty kilometres away; one from across the street."""

from __future__ import annotations

from data.simulate.beside import check_in
from data.simulate.book import Book


def plant(book: Book) -> None:
    h = book.place("community")
    for east, note in ((0.32, book.planted), (0.012, book.alike)):
        v = book.visit(book.person(), h, 88)
        check_in(book, v, east=east)
        note(v)
