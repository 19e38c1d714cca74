"""Nine drugs on one prescription; on two."""

from __future__ import annotations

from data.simulate.book import Book

DRUGS = (
    "XC08CAA001A00101010100107", "XC09CAA003A00101010100121", "XA10BAA022A00101010100254", "XB01ACA008A00101010100156",
    "XC10AAA006A00101010100142", "XA02BCA032A00101010100324", "XB03BAA031A00101010100317", "XN02BEA064A00101010100548",
    "XA12AXA138A00101010101066",
)  # fmt: skip


def plant(book: Book) -> None:
    h = book.place("community")
    for numbers, note in ((1, book.planted), (2, book.alike)):
        v = book.visit(book.person(age=67), h, 125, diagnosis="I10.x00", also=("E11.900",))
        for number, drug in enumerate(DRUGS):
            book.line(v, drug, supply=14, order=1 + number % numbers)
        note(v)
