"""A clinic whose visits of a month are settled three months later; one with a single straggler."""

from __future__ import annotations

from data.simulate.book import Book


def plant(book: Book) -> None:
    for late, note in ((30, book.planted), (1, book.alike)):
        clinic = book.found(grade="11", kind="D211")
        for number in range(60):
            settled = book.at(190 + number % 20, 16)
            day = 100 if number < late else 190 + number % 20
            book.visit(book.person(), clinic, day, settlement={"setl_time": settled})
        note(institution_id=clinic.id, occurred_on=book.on(181))
