"""Two visits ten minutes and a hundred kilometres apart; one of them a purchase somebody fetched."""

from __future__ import annotations

from data.simulate.book import Book


def plant(book: Book) -> None:
    near = book.place("community")
    far, store = book.found(grade="05", east=1.1), book.found(store=True, east=1.1)
    p, fetched = book.person(), book.person()
    book.visit(p, near, 98, hour=9)
    book.planted(book.visit(p, far, 98, hour=9.2))
    book.visit(fetched, near, 98, hour=9)
    bought = book.visit(fetched, store, 98, hour=9.2, category=41)
    book.line(bought, "ZA01CAA0059010100359", 1, 15)
    book.alike(bought)
