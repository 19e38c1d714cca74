"""Ninety days of an antihistamine whose label ends after two weeks; a single large pack."""

from __future__ import annotations

from data.simulate.book import Book

CETIRIZINE = "XR06AEX001A00101010100000 盐酸西替利嗪片"


def plant(book: Book) -> None:
    p, h = book.person(), book.place("community")
    book.planted(book.line(book.visit(p, h, 87, diagnosis="L50.900"), CETIRIZINE, 9, 12, supply=90))
    book.alike(book.line(book.visit(p, h, 187, diagnosis="L50.900"), CETIRIZINE, 1, 30, supply=30))
