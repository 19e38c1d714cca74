"""A vaginal tablet for a man, paid by the fund; bought for a woman of the family with the account."""

from __future__ import annotations

from data.simulate.book import Book

TABLET = "XG01AFJ070A009010100150"


def plant(book: Book) -> None:
    p = book.person(sex=1)
    book.planted(book.line(book.visit(p, book.place("community"), 104), TABLET, 1, 9))
    bought = book.visit(p, book.place("drugstore"), 105, category=41, fund=0, account=1)
    book.alike(book.line(bought, TABLET, 1, 9))
