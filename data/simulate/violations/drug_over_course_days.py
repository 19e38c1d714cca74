"""Thirty days of a drug paid for fourteen; ten days, and ten again after two months."""

from __future__ import annotations

from data.simulate.book import Book

OZAGREL = "XB01AXA223B002010100156"


def plant(book: Book) -> None:
    h = book.place("city_general")
    v = book.visit(book.person(age=66), h, 60, category=21, nights=31, diagnosis="I63.900")
    lines = [book.line(v, OZAGREL, 2, 27, day=day) for day in range(30)]
    book.planted(lines[-1])
    p = book.person(age=66)
    for start in (60, 130):
        honest = book.visit(p, h, start, category=21, nights=11, diagnosis="I63.900")
        book.alike(*(book.line(honest, OZAGREL, 2, 27, day=day) for day in range(10)))
