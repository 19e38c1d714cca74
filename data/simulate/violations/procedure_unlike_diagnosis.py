"""The appendix removed for a skin disease; for one coded as a second diagnosis."""

from __future__ import annotations

from data.simulate.beside import operated
from data.simulate.book import Book


def plant(book: Book) -> None:
    h = book.place("district_general")
    for also, note in (((), book.planted), (("K35.800",), book.alike)):
        v = book.visit(book.person(), h, 129, category=21, nights=6, diagnosis="L30.900", also=also)
        operated(book, v, "47.0100", "腹腔镜下阑尾切除术")
        note(v)
