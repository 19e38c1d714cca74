"""A statin on the benefit for lupus, whose list lacks it; of a person with another benefit."""

from __future__ import annotations

from data.simulate.beside import registered
from data.simulate.book import Book

LUPUS: dict[str, object] = {"dise_no": "M07101", "dise_name": "系统性红斑狼疮"}
STATIN = "XC10AAA006A00101010100142"


def plant(book: Book) -> None:
    h = book.place("city_general")
    for both, note in ((False, book.planted), (True, book.alike)):
        p = book.person(sex=2, age=44)
        registered(book, p, "M07101", -200)
        if both:
            registered(book, p, "M07102", -100)
        v = book.visit(p, h, 86, category=14, diagnosis="L30.900", settlement=LUPUS)
        note(book.line(v, STATIN, 2, supply=56))
