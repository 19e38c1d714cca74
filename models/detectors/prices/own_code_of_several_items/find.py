"""Which own item codes of an institution stand for several national items at the same time."""

from models.sources.work import Work


def find(work: Work) -> None:
    """Hits are the lines of the dearer items; units are own codes at institutions."""
    work.run("dear_item")
    work.run("shared/lines_above", known_by="own code")
