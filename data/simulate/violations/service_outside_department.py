"""Haemodialysis ordered by the eye clinic; by a department of general practice."""

from __future__ import annotations

from data.simulate.book import Book

DIALYSIS = "003110000060000"


def plant(book: Book) -> None:
    p, h = book.person(age=60), book.place("city_general")
    for department, day, note in (("A10", 135, book.planted), ("A02", 137, book.alike)):
        v = book.visit(p, h, day, category=14, diagnosis="N18.501", department=department)
        note(book.line(v, DIALYSIS))
