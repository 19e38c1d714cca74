"""One bill settled twice within an hour; another of the same total with other items."""

from __future__ import annotations

from data.simulate.book import Book


def plant(book: Book) -> None:
    p, h = book.person(), book.place("district_general")
    for day, second, note in ((131, "002103000010000", book.planted), (151, "XV03ABA131B00201010101017", book.alike)):
        book.line(book.visit(p, h, day, hour=9), "002103000010000", price=161)
        v = book.visit(p, h, day, hour=10)
        book.line(v, second, price=161)
        note(v)
