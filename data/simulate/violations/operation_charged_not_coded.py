"""One operation of five is in no settlement list; in another stay only anaesthesia is charged."""

from __future__ import annotations

from data.simulate.beside import operated
from data.simulate.book import Book

ANAESTHESIA, HERNIA = "003301000050000", "003310080010000"


def plant(book: Book) -> None:
    h = book.found(grade="05")
    for number in range(6):
        v = book.visit(book.person(), h, 115 + number, category=21, nights=6, diagnosis="K40.900", department="A04")
        line = book.line(v, ANAESTHESIA if number == 0 else HERNIA, day=1)
        if number == 0:
            book.alike(line)
        elif number == 1:
            book.planted(line)
        else:
            operated(book, v, "53.0000", "腹股沟疝修补术")
