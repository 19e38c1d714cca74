"""A visit to another hospital amid a stay; on the day of admission."""

from __future__ import annotations

from data.simulate.book import Book


def plant(book: Book) -> None:
    h, other = book.place("district_general"), book.place("community")
    for day, note in ((147, book.planted), (143, book.alike)):
        p = book.person(age=63)
        stay = book.visit(p, h, 143, category=21, nights=9, diagnosis="J18.900")
        book.line(book.visit(p, other, day, hour=8), "002103000010000")
        note(stay)
