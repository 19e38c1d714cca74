"""Thirty-eight herbs on one prescription; a dozen for four weeks, and a paste for the winter."""

from __future__ import annotations

from data.simulate.book import Book

HERBS = tuple(f"T99{number:07d} 自拟饮片{number}" for number in range(38))


def plant(book: Book) -> None:
    p, h = book.person(), book.place("tcm_hospital")
    for many, supply, way, note in (
        (38, 7, "水煎", book.planted),
        (12, 28, "水煎", book.alike),
        (38, 60, "膏方", book.alike),
    ):
        v = book.visit(p, h, 95 + supply, department="A50", diagnosis="R53.x00")
        for herb in HERBS[:many]:
            line = book.line(v, herb, 10 * supply, 0.05, supply=supply, tcmdrug_used_way=way)
        note(line)
