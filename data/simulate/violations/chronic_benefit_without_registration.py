"""The chronic benefit for hypertension without any registration; one entered a month late."""

from __future__ import annotations

from data.simulate.beside import registered
from data.simulate.book import Book

DISEASE: dict[str, object] = {"dise_no": "M03900", "dise_name": "高血压"}


def plant(book: Book) -> None:
    h, late = book.place("community"), book.person(age=66)
    registered(book, late, "M03900", 130)
    for p, note in ((book.person(age=63), book.planted), (late, book.alike)):
        v = book.visit(p, h, 100, category=14, diagnosis="I10.x00", settlement=DISEASE)
        book.line(v, "XC08CAA001A00101010100107", 2, supply=56)
        note(v)
