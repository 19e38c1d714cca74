"""A drugstore settles twice what it ever had; one that settles what it had."""

from __future__ import annotations

from data.simulate.book import Book

DRUG = "XB03BBA151A00101010101157"


def plant(book: Book) -> None:
    for many, note in ((12, book.planted), (6, book.alike)):
        store = book.found(store=True)
        book.add(
            "stock_d", fixmedins_code=store.id, hilist_code=DRUG, begndate=book.on(90), enddate=book.on(180),
            begn_cnt=5, purc_cnt=30, retn_cnt=0, end_cnt=5,
        )  # fmt: skip
        for number in range(many):
            line = book.line(book.visit(book.person(), store, 100 + number, category=41), DRUG, 5, 28, supply=150)
        note(line)
