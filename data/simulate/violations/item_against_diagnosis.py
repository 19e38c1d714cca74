"""Metformin at a visit for failed kidneys; at another visit of the same person."""

from __future__ import annotations

from data.simulate.book import Book

METFORMIN = "XA10BAA022A00101010100254"


def plant(book: Book) -> None:
    p, h = book.person(age=66), book.place("district_general")
    v = book.visit(p, h, 103, diagnosis="N18.501", also=("E11.900",), department="A03.07")
    book.planted(book.line(v, METFORMIN))
    book.alike(book.line(book.visit(p, h, 113, diagnosis="E11.900"), METFORMIN))
