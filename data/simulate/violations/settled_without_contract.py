"""A visit settled two months after the contract ended; a stay begun while it was valid."""

from __future__ import annotations

from data.simulate.book import Book


def plant(book: Book) -> None:
    h = book.found(grade="06", until=80)
    book.planted(book.visit(book.person(), h, 140))
    book.alike(book.visit(book.person(), h, 76, category=21, nights=9, diagnosis="J18.900"))
