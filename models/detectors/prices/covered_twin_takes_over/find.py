"""Which covered items jump at an institution in the month in which one that is not covered vanishes there."""

from models.sources.work import Work


def find(work: Work) -> None:
    """Hits are the covered item's lines after; units are items not covered that ended at an institution."""
    work.run("dear_item")
    work.run("shared/lines_above", known_by="item code")
