"""One drug bought at three drugstores in a day; three drugs."""

from __future__ import annotations

from data.simulate.book import Book

DRUGS = ("XC10AAA007A00101020100580", "XB01ACA009A00101020100594", "XA10BKA025A00101020100706")


def plant(book: Book) -> None:
    for kinds, note in ((1, book.planted), (3, book.alike)):
        p = book.person(age=61)
        for number in range(3):
            v = book.visit(p, book.place("drugstore", number), 139, hour=9 + number, category=41)
            note(book.line(v, DRUGS[number % kinds], 4, supply=112))
