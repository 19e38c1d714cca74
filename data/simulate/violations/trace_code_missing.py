"""A drugstore that scans half of its packs in October; one that misses a few."""

from __future__ import annotations

from data.simulate.beside import packs
from data.simulate.book import Book

DRUG, PRODUCT = "ZA01CAA0059010100359", "8109902"


def plant(book: Book) -> None:
    for step, first, note in ((2, 1_000, book.planted), (15, 90_000, book.alike)):
        store = book.found(store=True)
        for number in range(60):
            line = book.line(book.visit(book.person(), store, 274 + number % 28, category=41), DRUG, 1, 15)
            if number % step:
                packs(book, line, PRODUCT, first + number * 13)
        note(institution_id=store.id, occurred_on=book.on(273))
