"""A drug of the work-injury insurance settled with the medical insurance; with its own."""

from __future__ import annotations

from data.simulate.book import Book

CREAM = "XD11AXQ064F002010100319 氢醌乳膏"


def plant(book: Book) -> None:
    h = book.place("city_general")
    for insurance, note in ((310, book.planted), (410, book.alike)):
        v = book.visit(book.person(insurance=insurance), h, 106, diagnosis="L30.900", department="A13")
        note(book.line(v, CREAM, 1, 60))
