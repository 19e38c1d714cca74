"""Drugs of the fund on a dozen days of a month at six drugstores; as often, paid with the account."""

from __future__ import annotations

from data.simulate.book import Book


def plant(book: Book) -> None:
    for fund, account, note in ((0.6, 0.0, book.planted), (0.0, 1.0, book.alike)):
        p = book.person(age=50)
        for number in range(12):
            store = book.place("drugstore", number % 6)
            v = book.visit(p, store, 121 + number * 2, category=41, fund=fund, account=account)
            book.line(v, "XC10AAA007A00101020100580", 2, supply=7)
            note(v)
