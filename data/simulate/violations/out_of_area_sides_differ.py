"""A stay away from home that the other side keeps at a hundred yuan; one that it has as void."""

from __future__ import annotations

from data.simulate.book import Book


def plant(book: Book) -> None:
    h = book.away()
    for is_valid, note in (("1", book.planted), ("0", book.alike)):
        p = book.person(age=63)
        v = book.visit(p, h, 120, category=21, nights=8, diagnosis="K80.200")
        book.add(
            "outmed_setl_d", setl_id=v.id, psn_no=p.id, fixmedins_code=h.id, insu_admdvs=p.row["insu_admdvs"],
            begndate=book.on(120), enddate=book.on(128), medfee_sumamt=100, fund_pay_sumamt=60, vali_flag=is_valid,
        )  # fmt: skip
        note(v)
