"""A visit in the second month in custody; a stay that began before it."""

from __future__ import annotations

from data.simulate.beside import status
from data.simulate.book import Book


def plant(book: Book) -> None:
    p, h = book.person(age=38), book.place("district_general")
    status(book, p, "custody", 100, 250)
    book.planted(book.visit(p, h, 150))
    book.alike(book.visit(p, h, 95, category=21, nights=4, diagnosis="J18.900"))
