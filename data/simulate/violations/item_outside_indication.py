"""Exercises for paralysis at a visit for a cold; after a stroke coded six weeks ago."""

from __future__ import annotations

from data.simulate.book import Book

TRAINING = "003402000270000"


def plant(book: Book) -> None:
    p, ill, h = book.person(), book.person(age=68), book.place("rehabilitation")
    book.planted(book.line(book.visit(p, h, 108, department="A21"), TRAINING))
    book.visit(ill, h, 66, diagnosis="I69.300", department="A21")
    book.alike(book.line(book.visit(ill, h, 108, department="A21"), TRAINING))
