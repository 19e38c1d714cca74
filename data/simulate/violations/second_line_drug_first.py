"""A drug paid only after others, given first; after a year of one of them."""

from __future__ import annotations

from data.simulate.book import Book

ETANERCEPT, METHOTREXATE = "XL04ABY251B002010178724", "XL01BAA182A00101010101374"


def plant(book: Book) -> None:
    h = book.place("city_general")
    for before, note in ((False, book.planted), (True, book.alike)):
        p = book.person(age=47)
        if before:
            book.line(book.visit(p, h, 50, diagnosis="M06.900"), METHOTREXATE, 1, 48, supply=90)
        note(book.line(book.visit(p, h, 400, diagnosis="M06.900"), ETANERCEPT, 2, 380))
