"""A visit the fund paid two months after the enrolment ended; of one changed over to another insurance."""

from __future__ import annotations

from data.simulate.book import Book


def plant(book: Book) -> None:
    h = book.place("district_general")
    for changed, note in ((False, book.planted), (True, book.alike)):
        p = book.person(age=36, until=75)
        if changed:
            book.add(
                "psn_insu_d", psn_insu_rlts_id=book.number("5909"), psn_no=p.id, insutype=390, psn_type=15,
                insu_admdvs=p.row["insu_admdvs"], crt_insu_date=book.on(76), psn_insu_stas="1",
            )  # fmt: skip
        note(book.visit(p, h, 136))
