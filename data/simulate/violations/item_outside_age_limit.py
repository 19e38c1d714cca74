"""A children's ointment for a man of thirty; in a stay that began before the birthday."""

from __future__ import annotations

from data.simulate.book import Book

GRANULES = "XD11AXT002N001020179406 他克莫司颗粒"


def plant(book: Book) -> None:
    h = book.place("city_general")
    book.planted(book.line(book.visit(book.person(age=30), h, 107, diagnosis="L30.900"), GRANULES, 1, 200))
    boy = book.person(born=107 - 5479)
    v = book.visit(boy, h, 103, category=21, nights=8, diagnosis="L30.900")
    book.alike(book.line(v, GRANULES, 1, 200, day=6))
