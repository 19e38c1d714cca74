"""Which consumables an institution charges above what public institutions of its level charge in the same month."""

from models.sources.work import Work


def find(work: Work) -> None:
    """Hits are the lines above the others' median of the month; units are consumables at institutions in months."""
    work.run("priced")
    work.run("shared/priced_beside_others")
    work.run("dear_item")
    work.run("shared/lines_above", known_by="item code")
