"""Of ten new hospitals one has infections acquired there in half of its stays; the others in few."""

from __future__ import annotations

from data.simulate.book import Book


def plant(book: Book) -> None:
    for number in range(10):
        h = book.found(grade="09", kind="A710")
        for stay in range(24):
            ill = stay % 2 == 0 if number == 0 else stay == number
            v = book.visit(book.person(age=72), h, 92 + stay * 3, category=21, nights=4, diagnosis="I69.300")
            book.add(
                "mdcs_fund_setl_list_diag_d", setl_id=v.id, mdtrt_id=v.encounter, psn_no=v.person.id, diag_type=2,
                maindiag_flag=0, diag_code="J18.900", diag_name="肺炎", adm_cond_type="4" if ill else "1",
            )  # fmt: skip
        note = book.planted if number == 0 else book.alike
        note(institution_id=h.id, occurred_on=book.on(90))
