"""A test paid twice a month done four times; done twice, and twice again in the next month."""

from __future__ import annotations

from data.simulate.book import Book

TEST = "002507990990000 化学发光检测"


def plant(book: Book) -> None:
    h = book.place("district_general")
    for days, late, note in (((60, 64, 68, 72), 2, book.planted), ((55, 58, 62, 66), 0, book.alike)):
        p = book.person()
        lines = [book.line(book.visit(p, h, day), TEST, price=40) for day in days]
        note(*lines[late:])
