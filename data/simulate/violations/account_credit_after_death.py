"""An account credited for three months after death; the month of death paid late, and one taken back."""

from __future__ import annotations

from data.simulate.beside import status
from data.simulate.book import Book, Person


def credited(book: Book, person: Person, due: int, day: int, amount: float = 120) -> str:
    number = book.number("6301")
    book.add(
        "acct_inc_detl_d", acct_inc_id=number, psn_no=person.id, inc_type="月划入", accrym_begn=book.on(due),
        accrym_end=book.on(due + 27), inc_time=book.on(day), inc_amt=amount, vali_flag="1",
    )  # fmt: skip
    return number


def plant(book: Book) -> None:
    kept, late = book.person(age=77), book.person(age=80)
    status(book, kept, "death", 100)
    status(book, late, "death", 100)
    for month in (130, 161, 192):
        book.planted(line_id=credited(book, kept, month, month + 8))
    book.alike(line_id=credited(book, late, 92, 200))
    book.alike(line_id=credited(book, late, 130, 138))
    credited(book, late, 130, 190, -120)
