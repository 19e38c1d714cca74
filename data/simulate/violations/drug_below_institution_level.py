"""A drug for hospitals from level 2 on, given in a township; dispensed there for another hospital."""

from __future__ import annotations

from data.simulate.book import Book

DRUG = "ZA04CAT0019010100705"


def plant(book: Book) -> None:
    p, h = book.person(), book.place("township")
    book.planted(book.line(book.visit(p, h, 81, diagnosis="J18.900"), DRUG, 3, 31))
    book.alike(book.line(book.visit(p, h, 91, diagnosis="J18.900"), DRUG, 3, 31, rx_circ_flag=1))
