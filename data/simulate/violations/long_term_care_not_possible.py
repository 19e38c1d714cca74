"""A carer's visits at home amid a stay in hospital and after death; on the day of discharge, and a bed rented out."""

from __future__ import annotations

from data.simulate.beside import status
from data.simulate.book import Book, Person, Place


def served(book: Book, person: Person, home: Place, day: int, item: str = "协助进食") -> str:
    number = book.number("6101")
    book.add(
        "ltc_serv_d", serv_id=number, psn_no=person.id, fixmedins_code=home.id, serv_way="居家", serv_item_name=item,
        begntime=book.at(day), endtime=book.at(day, 12), serv_fee=80, fund_pay_sumamt=60, vali_flag="1",
    )  # fmt: skip
    return number


def plant(book: Book) -> None:
    home, h = book.found(), book.place("district_general")
    ill, dead = book.person(age=82), book.person(age=88)
    book.visit(ill, h, 120, category=21, nights=9, diagnosis="J18.900")
    status(book, dead, "death", 200)
    book.planted(line_id=served(book, ill, home, 124), institution_id=home.id)
    book.planted(line_id=served(book, dead, home, 215), institution_id=home.id)
    book.alike(line_id=served(book, ill, home, 129), institution_id=home.id)
    book.alike(line_id=served(book, ill, home, 125, "护理床租赁"), institution_id=home.id)
