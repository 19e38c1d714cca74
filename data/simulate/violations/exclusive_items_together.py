"""Dialysis beside the perfusion that contains it, an EEG beside the sleep study; on the next day."""

from __future__ import annotations

from data.simulate.book import Book

SLEEP, EEG = "003106040010000 睡眠呼吸监测", "003101000040000 动态脑电图"
DIALYSIS, PERFUSION = "003110000060000", "003110000100000"


def plant(book: Book) -> None:
    p, h = book.person(), book.place("city_general")
    v = book.visit(p, h, 91, category=21, nights=5, diagnosis="N18.501", department="A03.07")
    book.line(v, PERFUSION, day=1)
    book.planted(book.line(v, DIALYSIS, day=1))
    book.alike(book.line(v, DIALYSIS, day=2))
    v = book.visit(book.person(), h, 121, category=21, nights=4, diagnosis="G40.900", department="A03.04")
    book.line(v, SLEEP, day=1)
    book.planted(book.line(v, EEG, day=1))
    book.alike(book.line(v, EEG, day=3))
