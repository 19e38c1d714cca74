"""A visit settled at the counter and reimbursed by hand again; a paper bill of its own from the same day."""

from __future__ import annotations

from data.simulate.book import Book

BY_HAND: dict[str, object] = {"setl_type": "1", "manl_reim_rea": "未联网结算"}


def plant(book: Book) -> None:
    p, h = book.person(), book.place("district_general")
    book.line(book.visit(p, h, 50), "002103000010000")
    late: dict[str, object] = {"setl_time": book.at(90)}
    again, other = (book.visit(p, h, 50, settlement=BY_HAND | late) for _ in range(2))
    book.line(again, "002103000010000")
    book.line(other, "002102000010000")
    book.planted(again)
    book.alike(other)
