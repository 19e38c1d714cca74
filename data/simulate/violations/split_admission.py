"""Readmitted for the same disease two days after discharge; after a transfer elsewhere."""

from __future__ import annotations

from data.simulate.book import Book


def plant(book: Book) -> None:
    h = book.place("district_general")
    for way, note in ((1, book.planted), (2, book.alike)):
        p = book.person(age=65)
        book.visit(p, h, 142, category=21, nights=8, diagnosis="M54.500", encounter={"dscg_way": way})
        note(book.visit(p, h, 152, category=21, nights=8, diagnosis="M54.500"))
