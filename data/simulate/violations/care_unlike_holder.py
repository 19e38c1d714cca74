"""A man's card that buys vaginal tablets at two clinics; the husband who buys them with his account."""

from __future__ import annotations

from data.simulate.book import Book

TABLET = "XG01AFJ070A009010100150"


def plant(book: Book) -> None:
    lent, husband = book.person(sex=1, age=44), book.person(sex=1, age=51)
    visits = [book.visit(lent, book.place(kind, 1), day) for kind, day in (("community", 61), ("district_general", 83))]
    store = book.place("drugstore")
    bought = [book.visit(husband, store, day, category=41, fund=0, account=1) for day in (64, 65)]
    for visit in (*visits, *bought):
        book.line(visit, TABLET, 1, 9)
    book.planted(*visits)
    book.alike(*bought)
