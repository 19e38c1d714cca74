"""Haemodialysis on seven days of a week; three sessions a week."""

from __future__ import annotations

from data.simulate.book import Book

DIALYSIS = "003110000060000"


def plant(book: Book) -> None:
    h = book.place("dialysis_centre")
    for step, note in ((1, book.planted), (2, book.alike)):
        p = book.person(age=58)
        for number in range(7):
            day = 100 + number * step + number // 3 * (step - 1)
            v = book.visit(p, h, day, category=14, diagnosis="N18.501", department="A03.07")
            line = book.line(v, DIALYSIS)
        note(line)
