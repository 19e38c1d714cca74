"""A visit settled four months after the contract ended; soon after it, one begun before, one by a master row alone."""

from __future__ import annotations

from data.simulate.book import Book


def plant(book: Book) -> None:
    h, renewed = book.found(grade="06"), book.found(grade="06", until=80)
    book.add("fixmedins_cntr_reg_d", fixmedins_code=h.id, begntime=book.on(-900), endtime=book.on(80), cntr_stas="1")
    book.planted(book.visit(book.person(), h, 200))
    book.alike(book.visit(book.person(), h, 140))
    book.alike(book.visit(book.person(), h, 76, category=21, nights=9, diagnosis="J18.900"))
    book.alike(book.visit(book.person(), renewed, 200))
