"""Of ten new hospitals one earns most of a quarter with drugs; the others like each other."""

from __future__ import annotations

from data.simulate.book import Book

DRUG, REST = "XV03ABA131B00201010101017", "003401000990000 综合康复训练"


def plant(book: Book) -> None:
    for number in range(10):
        h = book.found(grade="09", kind="A710")
        for stay in range(24):
            v = book.visit(book.person(age=70), h, 185 + stay * 3, category=21, nights=4, diagnosis="I69.300")
            book.line(v, DRUG, 1, 900 if number == 0 else 160 + number, day=1)
            book.line(v, REST, 1, 300, day=1)
        note = book.planted if number == 0 else book.alike
        note(institution_id=h.id, occurred_on=book.on(181))
