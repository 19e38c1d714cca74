"""Funds that do not add up to the fund total; off by a cent."""

from __future__ import annotations

from data.simulate.book import Book


def plant(book: Book) -> None:
    h = book.place("district_general")
    for pooled, note in (("1.40", book.planted), ("3.77", book.alike)):
        note(book.visit(book.person(), h, 138, settlement={"hifp_pay": pooled}))
