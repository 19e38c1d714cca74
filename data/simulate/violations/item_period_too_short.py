"""Glycated haemoglobin twice within ten days; twice within four months."""

from __future__ import annotations

from data.simulate.book import Book

TEST = "002503020030100"


def plant(book: Book) -> None:
    h = book.place("district_general")
    for later, note in ((10, book.planted), (118, book.alike)):
        p = book.person(age=60)
        for day in (110, 110 + later):
            line = book.line(book.visit(p, h, day, diagnosis="E11.900"), TEST)
        note(line)
