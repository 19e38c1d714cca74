"""Twenty packs of one carton in five purchases of a person; ten in one long prescription."""

from __future__ import annotations

from data.simulate.beside import packs
from data.simulate.book import Book

DRUG, PRODUCT = "XC10AAA007A00101010100149", "8109904"


def plant(book: Book) -> None:
    store = book.found(store=True)
    for purchases, each, first, note in ((5, 4, 1_000, book.planted), (1, 10, 5_000, book.alike)):
        p = book.person(age=60)
        for number in range(purchases):
            v = book.visit(p, store, 148 + number * 20, category=41)
            line = book.line(v, DRUG, each, supply=28)
            packs(book, line, PRODUCT, *range(first + number * each, first + number * each + each))
            note(line)
