"""A hospital certifies seventy persons on one day; another a dozen on its panel day."""

from __future__ import annotations

from data.simulate.beside import registered
from data.simulate.book import Book


def plant(book: Book) -> None:
    for many, note in ((70, book.planted), (12, book.alike)):
        h = book.found()
        for _ in range(many):
            registered(book, book.person(age=60), "M03900", 150, place=h)
        for number in range(8):
            registered(book, book.person(age=60), "M03900", 20 + number * 9, place=h)
        note(institution_id=h.id, occurred_on=book.on(150))
