"""A purchase and a visit six weeks after death; the stay in which the person died, settled later."""

from __future__ import annotations

from data.simulate.beside import status
from data.simulate.book import Book


def plant(book: Book) -> None:
    p, h, store = book.person(age=78), book.place("district_general"), book.place("drugstore")
    status(book, p, "death", 120)
    leaving: dict[str, object] = {"dscg_way": 5, "die_date": book.on(120)}
    dying = book.visit(p, h, 112, category=21, nights=8, diagnosis="I50.900", encounter=leaving)
    bought = book.visit(p, store, 165, category=41)
    book.line(bought, "XC08CAA001A00101010100107", 2)
    book.planted(bought, book.visit(p, h, 164, diagnosis="I10.x00"))
    book.alike(dying)
