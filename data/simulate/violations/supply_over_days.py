"""An antihistamine for two months at a visit; for a person registered for a chronic disease."""

from __future__ import annotations

from data.simulate.beside import registered
from data.simulate.book import Book

DRUG = "XR06AXA179A00101010101353"


def plant(book: Book) -> None:
    h = book.place("community")
    for is_registered, note in ((False, book.planted), (True, book.alike)):
        p = book.person(age=35)
        if is_registered:
            registered(book, p, "M03900", -100)
        note(book.line(book.visit(p, h, 144, diagnosis="L50.900"), DRUG, 10, 22, supply=60))
