"""A drug prescribed on twenty-two days of a month; a course of exercises on as many."""

from __future__ import annotations

from data.simulate.book import Book

EXERCISES, DRUG = "003402000200000", "XM01AHA133A00101010101031"


def plant(book: Book) -> None:
    h = book.place("district_general")
    for item, note in ((DRUG, book.planted), (EXERCISES, book.alike)):
        p = book.person(age=48)
        for number in range(22):
            v = book.visit(p, h, 153 + number, diagnosis="M54.500", bare=True, department="A21")
            book.line(v, item, supply=1 if item == DRUG else None)
            note(v)
