"""Which private prices of a drug lie above the public ones, and which public prices above the drugstores'."""

from models.sources.work import Work


def find(work: Work) -> None:
    """Hits are the lines above the reference; units are drugs at institutions."""
    work.run("dear_item")
    work.run("shared/lines_above", known_by="product code")
