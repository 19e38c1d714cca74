"""A pneumonia paid as respiratory failure; one paid under a finer code of itself."""

from __future__ import annotations

from data.simulate.book import Book


def plant(book: Book) -> None:
    h = book.place("district_general")
    for number, (grouped, note) in enumerate((("J96.900", book.planted), ("J18.000", book.alike))):
        v = book.visit(book.person(age=58), h, 150 + number, category=21, nights=6, diagnosis="J18.900")
        book.add(
            "drg_grp_d", setl_id=v.id, mdtrt_id=v.encounter, psn_no=v.person.id, fixmedins_code=h.id, grp_way="DRG",
            grp_code="ET11", grp_name="呼吸系统疾病", maindiag_code=grouped, grp_wt=1.2, point_val=7000,
            grp_pay_std=8400, case_type="1", grp_date=book.on(170),
        )  # fmt: skip
        note(v)
