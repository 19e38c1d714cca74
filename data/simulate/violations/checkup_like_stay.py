"""A hospital half of whose stays are nothing but examinations; one where a stay now and then is."""

from __future__ import annotations

from data.simulate.book import Book

EXAMS = (
    "002103000010000", "002102000010000", "002202010020000", "002206000040000", "003107010030000",
    "002503060090000", "002504040010000", "003109020050000",
)  # fmt: skip


def plant(book: Book) -> None:
    for odd, note in ((8, book.planted), (1, book.alike)):
        h = book.found(grade="06")
        for number in range(16):
            v = book.visit(book.person(age=55), h, 20 + number * 20, category=21, nights=3, diagnosis="R53.x00")
            for item in EXAMS if number < odd else ():
                book.line(v, item)
            book.line(v, "XB01ACA008A00101010100156", 1 if number < odd else 20, 30, day=1)
            if number < odd:
                note(v)
