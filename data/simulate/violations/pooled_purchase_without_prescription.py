"""A dear drug for which the fund pays at a drugstore without any prescription; paid with the account."""

from __future__ import annotations

from data.simulate.book import Book

DRUG = "XB01ACA009A00101020100594"


def plant(book: Book) -> None:
    store = book.found(store=True)
    for number in range(12):
        sold = book.visit(book.person(age=60), store, 100 + number, category=41)
        book.line(sold, DRUG, 3, 110, supply=84, rx_circ_flag=1)
    for fund, account, note in ((0.6, 0.0, book.planted), (0.0, 1.0, book.alike)):
        v = book.visit(book.person(age=60), store, 123, category=41, fund=fund, account=account)
        note(book.line(v, DRUG, 3, 110, supply=84))
