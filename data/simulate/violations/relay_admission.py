"""Four hospitals in a row, each admission the day after the last discharge; the same by transfer."""

from __future__ import annotations

from data.simulate.book import Book


def plant(book: Book) -> None:
    kinds = ("private_small", "private_general", "township", "community")
    for way, note in ((1, book.planted), (2, book.alike)):
        p = book.person(age=71)
        leaving: dict[str, object] = {"dscg_way": way}
        stays = [
            book.visit(p, book.place(kind), 40 + n * 9, category=21, nights=9, diagnosis="M54.500", encounter=leaving)
            for n, kind in enumerate(kinds)
        ]
        note(*stays[1:])
