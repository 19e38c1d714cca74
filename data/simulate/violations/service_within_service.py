"""The tube beside the gastric lavage, the opening beside the devitalised tooth; the next day, and a week later."""

from __future__ import annotations

from data.simulate.book import Book

DEVITALISED, OPENED = "003105110040000 牙髓失活术", "003105110010000 开髓引流术"
LAVAGE, TUBE = "001214000010000 洗胃", "001208000010000 留置胃管"


def plant(book: Book) -> None:
    p, h = book.person(), book.place("city_general")
    v = book.visit(p, h, 130, category=21, nights=4, diagnosis="T42.400", department="A20")
    book.line(v, LAVAGE)
    book.planted(book.line(v, TUBE))
    book.alike(book.line(v, TUBE, day=1))
    clinic, sore = book.place("dental"), book.person()
    for day, note in ((140, book.planted), (147, book.alike)):
        tooth = book.visit(sore, clinic, day, diagnosis="K04.000", department="A12")
        if note == book.planted:
            book.line(tooth, DEVITALISED)
        note(book.line(tooth, OPENED))
