"""The tube charged beside the gastric lavage that contains it; a tube placed the next day."""

from __future__ import annotations

from data.simulate.book import Book

LAVAGE, TUBE = "001214000010000 洗胃", "001208000010000 留置胃管"


def plant(book: Book) -> None:
    p, h = book.person(), book.place("city_general")
    v = book.visit(p, h, 130, category=21, nights=4, diagnosis="T42.400", department="A20")
    book.line(v, LAVAGE)
    book.planted(book.line(v, TUBE))
    book.alike(book.line(v, TUBE, day=1))
