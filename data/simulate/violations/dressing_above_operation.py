"""Large dressings after a gall bladder taken out through a scope; after one whose wound became infected."""

from __future__ import annotations

from data.simulate.beside import operated
from data.simulate.book import Book

DRESSING = "001206000020000 换药(大)"


def plant(book: Book) -> None:
    h = book.place("district_general")
    for also, note in (((), book.planted), (("T81.400",), book.alike)):
        v = book.visit(book.person(age=52), h, 140, category=21, nights=5, diagnosis="K80.200", also=also)
        operated(book, v, "51.2300", "腹腔镜下胆囊切除术")
        note(*(book.line(v, DRESSING, day=day) for day in (2, 4)))
