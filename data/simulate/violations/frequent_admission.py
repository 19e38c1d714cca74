"""Eight stays a year for pains, in five hospitals; as many for schizophrenia."""

from __future__ import annotations

from data.simulate.book import Book


def plant(book: Book) -> None:
    kinds = ("district_general", "tcm_hospital", "private_general", "private_small", "township")
    for diagnosis, note in (("M54.500", book.planted), ("F20.900", book.alike)):
        p = book.person(age=57)
        for number in range(8):
            h = book.place(kinds[number % len(kinds)])
            note(book.visit(p, h, 20 + number * 40, category=21, nights=9, diagnosis=diagnosis))
