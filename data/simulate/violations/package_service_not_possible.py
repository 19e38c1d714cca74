"""A family doctor's visit amid a stay elsewhere and after death; a call to the ward, a visit before the stay."""

from __future__ import annotations

from data.simulate.beside import status
from data.simulate.book import Book, Person, Place


def served(book: Book, person: Person, centre: Place, day: int, way: str = "上门") -> str:
    number = book.number("6201")
    book.add(
        "fmly_sign_serv_d", serv_id=number, psn_no=person.id, fixmedins_code=centre.id, pack_name="高血压服务包",
        serv_way=way, serv_date=book.on(day), serv_fee=50, fund_pay_sumamt=30, vali_flag="1",
    )  # fmt: skip
    return number


def plant(book: Book) -> None:
    centre, h = book.found(), book.place("district_general")
    ill, dead = book.person(age=71), book.person(age=79)
    book.visit(ill, h, 140, category=21, nights=9, diagnosis="I63.900")
    status(book, dead, "death", 90)
    book.planted(line_id=served(book, ill, centre, 145), institution_id=centre.id)
    book.planted(line_id=served(book, dead, centre, 120), institution_id=centre.id)
    book.alike(line_id=served(book, ill, centre, 145, "电话随访"), institution_id=centre.id)
    book.alike(line_id=served(book, ill, centre, 130), institution_id=centre.id)
