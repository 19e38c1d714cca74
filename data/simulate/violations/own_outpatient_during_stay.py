"""Examinations settled as a visit amid the stay at the same hospital; a refill fetched by a relative."""

from __future__ import annotations

from data.simulate.beside import registered
from data.simulate.book import Book


def plant(book: Book) -> None:
    h = book.place("district_general")
    p = book.person(age=64)
    registered(book, p, "M03900", -200)
    book.visit(p, h, 121, category=21, nights=9, diagnosis="J18.900")
    v = book.visit(p, h, 125, diagnosis="J18.900")
    book.line(v, "002103000010000")
    book.planted(v)
    refill = book.visit(p, h, 126, category=14, diagnosis="I10.x00", bare=True)
    book.line(refill, "XC08CAA001A00101010100107", supply=28)
    book.alike(refill)
