"""Which drugs cost far more than another specification of their maker does, converted."""

from models.sources.work import Work


def find(work: Work) -> None:
    """Hits are the lines above the converted price; units are drugs at institutions whose maker has another pack."""
    work.run("dear_item")
    work.run("shared/lines_above", known_by="product code")
