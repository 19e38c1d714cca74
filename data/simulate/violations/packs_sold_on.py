"""Six packs of one buyer sold again elsewhere within weeks; a single one."""

from __future__ import annotations

from data.simulate.beside import packs
from data.simulate.book import Book

DRUG = "XC10AAA007A00101010100149"


def plant(book: Book) -> None:
    h, store = book.place("city_general"), book.found(store=True)
    for many, first, note in ((6, 400, book.planted), (1, 500, book.alike)):
        line = book.line(book.visit(book.person(age=60), h, 122, diagnosis="I25.103"), DRUG, 6, supply=168)
        packs(book, line, "8109901", *range(first, first + 6 * 17, 17))
        note(line)
        for number in range(many):
            again = book.line(book.visit(book.person(), store, 140 + number, category=41), DRUG, supply=28)
            packs(book, again, "8109901", first + number * 17)
