"""A line whose amount is ten times quantity and price; one rounded by a cent."""

from __future__ import annotations

from data.simulate.book import Book


def plant(book: Book) -> None:
    v = book.visit(book.person(), book.place("community"), 92)
    book.planted(book.line(v, "002501010150000", price=14, det_item_fee_sumamt="140.00", inscp_amt="140.00"))
    book.alike(book.line(v, "XA11GAA168B00201010101276", 3, 0.33, det_item_fee_sumamt="1.00", inscp_amt="1.00"))
