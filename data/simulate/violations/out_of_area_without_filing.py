"""Five stays two hundred kilometres away without a filing; with one."""

from __future__ import annotations

from data.simulate.book import Book


def plant(book: Book) -> None:
    h = book.away()
    for is_filed, note in ((False, book.planted), (True, book.alike)):
        p = book.person(age=59)
        if is_filed:
            book.add(
                "out_appy_d", trt_dcla_detl_sn=book.number("8009"), psn_no=p.id, insutype=310, rloc_rea="异地长期居住",
                insu_admdvs=p.row["insu_admdvs"], rloc_admdvs=h.row["fix_blng_admdvs"], begndate=book.on(-200),
                vali_flag="1",
            )  # fmt: skip
        for number in range(5):
            note(book.visit(p, h, 30 + number * 50, category=21, nights=6, diagnosis="M54.500"))
