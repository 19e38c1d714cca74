"""An infusion that is paid in stays alone, given in the clinic; the same in a stay."""

from __future__ import annotations

from data.simulate.book import Book

AMINO_ACIDS = "XB05BAF152B002010100273"


def plant(book: Book) -> None:
    p, h = book.person(), book.place("district_general")
    book.planted(book.line(book.visit(p, h, 80), AMINO_ACIDS, 2, 32))
    book.alike(book.line(book.visit(p, h, 100, category=21, nights=6, diagnosis="K92.200"), AMINO_ACIDS, 2, 32))
