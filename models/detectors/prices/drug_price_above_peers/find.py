"""Which drugs an institution or drugstore charges far above what the others of its kind charge for the same code."""

from models.sources.work import Work


def find(work: Work) -> None:
    """Hits are the lines above the others' median; units are drugs at institutions."""
    work.run("priced")
    work.run("shared/priced_beside_others")
    work.run("dear_item")
    work.run("shared/lines_above", known_by="product code")
