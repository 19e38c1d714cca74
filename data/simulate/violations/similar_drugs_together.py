"""Two proton pump inhibitors at one visit; two makers of one."""

from __future__ import annotations

from data.simulate.book import Book

OMEPRAZOLE, OTHER_MAKER, RABEPRAZOLE = (
    "XA02BCA032A00101010100324", "XA02BCA032A00101020100755", "XA02BCA033A00101010100331",
)  # fmt: skip


def plant(book: Book) -> None:
    h = book.place("district_general")
    for second, note in ((RABEPRAZOLE, book.planted), (OTHER_MAKER, book.alike)):
        v = book.visit(book.person(), h, 141, diagnosis="K29.500")
        book.line(v, OMEPRAZOLE, 2, supply=14)
        note(book.line(v, second, supply=14))
