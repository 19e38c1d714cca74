"""Sixty grams of monkshood a day; nutgrass, whose Chinese name contains it."""

from __future__ import annotations

from data.simulate.book import Book

MONKSHOOD, NUTGRASS = "T000600101 黑顺片(附子)", "T000600102 醋香附子"


def plant(book: Book) -> None:
    p, h = book.person(), book.place("tcm_hospital")
    v = book.visit(p, h, 94, department="A50", diagnosis="M54.500")
    book.planted(book.line(v, MONKSHOOD, 420, 0.2, supply=7))
    book.alike(book.line(v, NUTGRASS, 420, 0.1, supply=7))
