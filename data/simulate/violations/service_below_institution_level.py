"""A test for hospitals charged by a clinic; a sample the clinic sent to one."""

from __future__ import annotations

from data.simulate.book import Book

TEST = "002507009990000 肿瘤基因突变检测"


def plant(book: Book) -> None:
    p, clinic = book.person(), book.place("clinic")
    book.planted(book.line(book.visit(p, clinic, 134), TEST, 1, 400))
    book.alike(book.line(book.visit(p, clinic, 144), TEST, 1, 400, etip_flag=1))
