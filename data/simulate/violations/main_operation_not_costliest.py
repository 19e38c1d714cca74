"""The cheaper of two operations is coded as the main one; the two cost much the same."""

from __future__ import annotations

from data.simulate.beside import operated
from data.simulate.book import Book

APPENDIX, GALL = "003310030220000", "003310060020000"


def plant(book: Book) -> None:
    h = book.place("district_general")
    for price, note in ((1050, book.planted), (760, book.alike)):
        v = book.visit(book.person(), h, 113, category=21, nights=7, diagnosis="K35.800", department="A04")
        operated(book, v, "47.0100", "腹腔镜下阑尾切除术")
        operated(book, v, "51.2300", "腹腔镜下胆囊切除术", main=0)
        book.line(v, APPENDIX, day=1)
        book.line(v, GALL, price=price, day=1)
        note(v)
