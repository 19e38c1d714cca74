"""Glycated haemoglobin at a visit for a cold; after diabetes coded a month before."""

from __future__ import annotations

from data.simulate.book import Book

TEST = "002503020030100"


def plant(book: Book) -> None:
    p, ill, h = book.person(), book.person(age=60), book.place("district_general")
    book.planted(book.line(book.visit(p, h, 145), TEST))
    book.visit(ill, h, 115, diagnosis="E11.900")
    book.alike(book.line(book.visit(ill, h, 145), TEST))
