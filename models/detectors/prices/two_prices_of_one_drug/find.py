"""Which institutions and drugstores charge one drug at two prices by turns."""

from models.sources.work import Work


def find(work: Work) -> None:
    """Hits are the dear lines; units are drugs at institutions with more than one line."""
    work.run("dear_item")
    work.run("shared/lines_above", known_by="product code")
