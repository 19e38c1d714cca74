"""A fracture registered as a work injury and settled; one the hospital marked as a third party's."""

from __future__ import annotations

from data.simulate.beside import status
from data.simulate.book import Book


def plant(book: Book) -> None:
    h = book.place("district_general")
    for mark, note in ((0, book.planted), (1, book.alike)):
        p = book.person(age=41)
        status(book, p, "work_injury", 146, 330)
        marked: dict[str, object] = {"ttp_pay_flag": mark}
        note(book.visit(p, h, 146, category=21, nights=9, diagnosis="S82.200", encounter=marked))
