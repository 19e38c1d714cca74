"""A pack scanned as one drug and billed as a dearer one; billed under a renewed code of the same drug."""

from __future__ import annotations

from data.simulate.beside import packs
from data.simulate.book import Book

CHEAP, RENEWED = "XB01ACA008A00101010100156", "XB01ACA008A00101010199999 阿司匹林肠溶片"
DEAR, PRODUCT = "XB01ACA009A00101020100594", "8109906"


def plant(book: Book) -> None:
    stores = [book.found(store=True) for _ in range(4)]
    for number in range(60):
        v = book.visit(book.person(age=60), stores[number % 4], 150 + number, category=41)
        packs(book, book.line(v, CHEAP, 1, 5, supply=30), PRODUCT, number * 19)
    for item, note in ((DEAR, book.planted), (RENEWED, book.alike)):
        line = book.line(book.visit(book.person(age=60), stores[0], 230, category=41), item, 1, 110, supply=28)
        packs(book, line, PRODUCT, 77_000 + len(item))
        note(line)
