"""An antibiotic for six days after a hernia was mended; of a person with pneumonia."""

from __future__ import annotations

from data.simulate.beside import operated
from data.simulate.book import Book

CEFEPIME = "XJ01DEA001B00201010100000 注射用头孢吡肟"


def plant(book: Book) -> None:
    h = book.place("district_general")
    for also, note in (((), book.planted), (("J18.900",), book.alike)):
        v = book.visit(book.person(), h, 130, category=21, nights=8, diagnosis="K40.900", also=also, department="A04")
        operated(book, v, "53.0000", "腹股沟疝修补术")
        note([book.line(v, CEFEPIME, 2, 40, day=day) for day in range(1, 7)][-1])
