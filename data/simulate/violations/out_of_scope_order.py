"""An eye doctor's many orders in obstetrics; a consultation there."""

from __future__ import annotations

from data.simulate.book import Book


def plant(book: Book) -> None:
    h = book.found(grade="05")
    for many, note in ((40, book.planted), (3, book.alike)):
        doctor = book.doctor(h, "A10")
        for number in range(50 + many):
            place = "A05" if number < many else "A10"
            v = book.visit(book.person(sex=2), h, 10 + number, doctor=doctor, department=place, diagnosis="R10.402")
            if number < many:
                note(v)
