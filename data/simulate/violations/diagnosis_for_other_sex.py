"""An enlarged prostate coded for a woman; a birth coded in the newborn boy's settlement."""

from __future__ import annotations

from data.simulate.book import Book


def plant(book: Book) -> None:
    h = book.place("district_general")
    book.planted(book.visit(book.person(sex=2, age=62), h, 77, diagnosis="N40.x00"))
    book.alike(book.visit(book.person(sex=1, born=70), h, 71, category=52, nights=3, diagnosis="O80.000"))
