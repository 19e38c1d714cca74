"""A drug for twelve weeks collected five times in a month at two hospitals; all at one."""

from __future__ import annotations

from data.simulate.book import Book

DRUG = "XC10AAA006A00101020100573"


def plant(book: Book) -> None:
    places = (book.place("district_general"), book.place("city_general"))
    for spread, note in ((1, book.planted), (0, book.alike)):
        p = book.person(age=62)
        for number in range(5):
            v = book.visit(p, places[number % 2 * spread], 120 + number * 7, category=14, diagnosis="I25.103")
            line = book.line(v, DRUG, 3, 100, supply=84)
        note(line)
