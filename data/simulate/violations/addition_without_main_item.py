"""A laparoscopic surcharge without any operation; beside the operation it is added to."""

from __future__ import annotations

from data.simulate.book import Book

OPERATION, ADDITION = "003310030220000", "003310030220001 阑尾切除术(经腹腔镜加收)"


def plant(book: Book) -> None:
    h = book.found(grade="03")
    for is_operated, note in ((False, book.planted), (True, book.alike)):
        v = book.visit(book.person(), h, 124, category=21, nights=5, diagnosis="K35.900", department="A04")
        if is_operated:
            book.line(v, OPERATION, day=1)
        note(book.line(v, ADDITION, price=300, day=1))
