"""A cataract of old age coded for a child; one of a woman of fifty."""

from __future__ import annotations

from data.simulate.book import Book


def plant(book: Book) -> None:
    h = book.place("district_general")
    book.planted(book.visit(book.person(age=9), h, 78, diagnosis="H25.900", department="A10"))
    book.alike(book.visit(book.person(sex=2, age=50), h, 78, diagnosis="H25.900", department="A10"))
