"""An operation on the prostate coded for a woman; a birth's operation in the newborn boy's settlement."""

from __future__ import annotations

from data.simulate.beside import operated
from data.simulate.book import Book


def plant(book: Book) -> None:
    h = book.place("district_general")
    v = book.visit(book.person(sex=2, age=66), h, 128, category=21, nights=6, diagnosis="N20.000")
    operated(book, v, "60.2900", "经尿道前列腺切除术")
    born = book.visit(book.person(sex=1, born=128), h, 128, category=52, nights=5, diagnosis="P07.300")
    operated(book, born, "74.1x00", "子宫下段剖宫产术")
    book.planted(v)
    book.alike(born)
