"""A stay for a heart attack without a cardiogram, enzyme or blood thinner; one broken off at once."""

from __future__ import annotations

from data.simulate.book import Book


def plant(book: Book) -> None:
    h = book.place("district_general")
    for nights, note in ((7, book.planted), (1, book.alike)):
        v = book.visit(book.person(age=64), h, 79, category=21, nights=nights, diagnosis="I21.900")
        book.line(v, "XA11GAA168B00201010101276", 5)
        note(v)
