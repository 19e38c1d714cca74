"""Of ten new hospitals one readmits half of its patients within the month; the others a few."""

from __future__ import annotations

from data.simulate.book import Book


def plant(book: Book) -> None:
    for number in range(10):
        h = book.found(grade="09", kind="A710")
        for stay in range(24):
            p = book.person(age=74)
            book.visit(p, h, 5 + stay * 2, category=21, nights=5, diagnosis="I69.300")
            if stay % 2 == 0 if number == 0 else stay == number:
                book.visit(p, h, 20 + stay * 2, category=21, nights=5, diagnosis="I69.300")
        note = book.planted if number == 0 else book.alike
        note(institution_id=h.id, occurred_on=book.on(0))
