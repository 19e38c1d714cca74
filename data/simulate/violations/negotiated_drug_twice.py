"""A negotiated drug sold at a drugstore amid the stay whose ward charges it too; collected on the day of discharge."""

from __future__ import annotations

from data.simulate.book import Book

DRUG = "XL01EBA099A001010100001 甲磺酸示例替尼片"


def plant(book: Book) -> None:
    h, store = book.place("city_general"), book.place("drugstore")
    for day, note in ((104, book.planted), (109, book.alike)):
        p = book.person(age=61)
        stay = book.visit(p, h, 100, category=21, nights=9, diagnosis="C34.900")
        book.line(stay, DRUG, 10, 160, day=3, hi_nego_drug_flag=1)
        bought = book.visit(p, store, day, category=41)
        note(book.line(bought, DRUG, 30, 160, supply=30, hi_nego_drug_flag=1, rx_circ_flag=1))
