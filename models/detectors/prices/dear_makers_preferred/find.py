"""Which institutions use the dear makers of a drug far more than the others of their kind do."""

from models.sources.work import Work


def find(work: Work) -> None:
    """One hit a drug and institution; units are drugs (generic name, form, content) at institutions."""
    work.run("priced")
    work.run("shared/priced_beside_others")
    work.run("judged")
