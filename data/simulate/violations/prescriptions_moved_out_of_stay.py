"""A hospital whose inpatients fill its prescriptions at a drugstore; one with a single such person."""

from __future__ import annotations

from data.simulate.book import Book

DRUG = "XJ01DHA049B00201020100874"


def plant(book: Book) -> None:
    store = book.place("drugstore", 3)
    for many, note in ((6, book.planted), (1, book.alike)):
        h = book.found(grade="05")
        for number in range(many):
            p = book.person(age=60)
            stay = book.visit(p, h, 126 + number, category=21, nights=8, diagnosis="J18.900")
            bought = book.visit(p, store, 130 + number, category=41)
            book.line(bought, DRUG, 4, 140, rx_circ_flag=1)
            note(stay)
