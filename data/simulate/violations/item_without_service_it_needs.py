"""Contrast medium without any imaging; imaging two days later at the same hospital."""

from __future__ import annotations

from data.simulate.book import Book

CONTRAST, CT = "XV08ABX001B00201010100000 碘海醇注射液", "002103000010000"


def plant(book: Book) -> None:
    p, h = book.person(), book.place("city_general")
    book.planted(book.line(book.visit(p, h, 111, diagnosis="R10.402"), CONTRAST))
    book.alike(book.line(book.visit(p, h, 141, diagnosis="R10.402"), CONTRAST))
    book.line(book.visit(p, h, 143, diagnosis="R10.402"), CT)
