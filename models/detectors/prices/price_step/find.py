"""Which items' prices step up at an institution from one month on, where the peers' prices do not."""

from models.sources.work import Work


def find(work: Work) -> None:
    """Hits are the lines after the step above the price before it; units are items at institutions."""
    work.run("dear_item")
    work.run("shared/lines_above", known_by="item code")
