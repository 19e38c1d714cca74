"""A visit in the middle of a journey abroad; the refill a relative fetched."""

from __future__ import annotations

from data.simulate.beside import registered, status
from data.simulate.book import Book


def plant(book: Book) -> None:
    p, h = book.person(age=52), book.place("district_general")
    status(book, p, "overseas", 100, 190)
    book.planted(book.visit(p, h, 140))
    registered(book, p, "M03900", -300)
    row: dict[str, object] = {"dise_no": "M03900", "dise_name": "高血压"}
    refill = book.visit(p, h, 150, category=14, diagnosis="I10.x00", bare=True, settlement=row)
    book.line(refill, "XC08CAA001A00101010100107", supply=28)
    book.alike(refill)
