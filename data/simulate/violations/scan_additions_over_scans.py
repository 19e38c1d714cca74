"""Three reconstructions charged for one scan; one for each of two."""

from __future__ import annotations

from data.simulate.book import Book

SCAN, ADDITION = "002103000010000", "002103000030001 X线计算机体层(CT)成像(三维重建加收)"


def plant(book: Book) -> None:
    h = book.place("city_general")
    for scans, additions, note in ((1, 3, book.planted), (2, 2, book.alike)):
        v = book.visit(book.person(), h, 117, diagnosis="R10.402")
        book.line(v, SCAN, scans)
        note(book.line(v, ADDITION, additions))
