"""A test charged at one and a half of its limit; one whose excess the person paid."""

from __future__ import annotations

from data.simulate.book import Book

CT = "002103000010000"


def plant(book: Book) -> None:
    p, h = book.person(), book.place("district_general")
    over, declared = book.visit(p, h, 127), book.visit(p, h, 128)
    book.planted(book.line(over, CT, price=270, pric_uplmt_amt="180.00"))
    book.alike(book.line(declared, CT, price=270, pric_uplmt_amt="180.00", overlmt_selfpay="90.00", inscp_amt="180.00"))
