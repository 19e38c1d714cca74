"""A hospital that buys a third of what it agreed to and twice as much of another maker; one whose need fell."""

from __future__ import annotations

from data.simulate.book import Book, Place

DRUG = "阿托伐他汀钙片"


def bought(book: Book, place: Place, day: int, count: int, is_selected: int, drug: str = DRUG) -> None:
    book.add(
        "drug_purc_d", purc_id=book.number("6401"), fixmedins_code=place.id, med_list_codg="X0000", genname=drug,
        purc_date=book.on(day), cnt=count, purc_amt=count * 5, plat_flag=1, vbp_selected_flag=is_selected,
    )  # fmt: skip


def plant(book: Book) -> None:
    for others, note in ((6000, book.planted), (0, book.alike)):
        h = book.found()
        book.add(
            "vbp_agre_d", fixmedins_code=h.id, genname=DRUG, begndate=book.on(0), enddate=book.on(300), agre_cnt=9000
        )
        bought(book, h, 60, 3000, 1)
        if others:
            bought(book, h, 150, others, 0)
        bought(book, h, 310, 10, 1, "氯化钠注射液")
        note(institution_id=h.id, occurred_on=book.on(300))
