"""An operation coded under case payment and charged nowhere; the same under fee for service."""

from __future__ import annotations

from data.simulate.beside import operated
from data.simulate.book import Book


def plant(book: Book) -> None:
    h = book.found(grade="05")
    paid = book.visit(book.person(), h, 20, category=21, nights=5, diagnosis="K35.800")
    book.line(paid, "003310030220000", day=1)
    for method, note in (("4", book.planted), ("1", book.alike)):
        way: dict[str, object] = {"clr_way": method}
        v = book.visit(book.person(), h, 116, category=21, nights=5, diagnosis="K35.800", settlement=way)
        operated(book, v, "47.0100", "腹腔镜下阑尾切除术")
        note(v)
