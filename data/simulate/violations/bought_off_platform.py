"""A public hospital that buys half of its drugs off the platform; a private one that does."""

from __future__ import annotations

from data.simulate.book import Book


def plant(book: Book) -> None:
    for h, note in ((book.place("district_general"), book.planted), (book.found(), book.alike)):
        for is_on, day in ((1, 40), (0, 80)):
            book.add(
                "drug_purc_d", purc_id=book.number("6501"), fixmedins_code=h.id, med_list_codg="X0001",
                genname="头孢呋辛", purc_date=book.on(day), cnt=1000, purc_amt=60000, plat_flag=is_on,
                vbp_selected_flag=1,
            )  # fmt: skip
        note(institution_id=h.id, occurred_on=book.on(80))
