"""Orders under a code no register has; of one registered elsewhere, of a newcomer, a locum, an invited expert."""

from __future__ import annotations

from data.simulate.book import Book


def plant(book: Book) -> None:
    h = book.place("city_general")
    elsewhere = book.doctor(book.place("district_general"))
    for doctor, day, note in (
        ("D990299999999", 40, book.planted),
        (elsewhere, 40, book.alike),
        ("D990288888888", 330, book.alike),
        ("D880101000001", 40, book.alike),
    ):
        note(book.line(book.visit(book.person(), h, day, doctor=doctor), "002501010150000"))
    stay = book.visit(book.person(), h, 40, category=21, nights=5, diagnosis="K40.900")
    for item in ("003309000010000 腹股沟疝修补术", "003301000050000 椎管内麻醉"):
        book.alike(book.line(stay, item, price=400, bilg_dr_code="D990277777777", med_chrgitm_type="06"))
