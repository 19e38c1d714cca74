"""Which practitioners stand far above those of the same department and kind of institution: by one method."""

from models.detectors.peers import method
from models.detectors.peers.method import Compared
from models.sources.work import Work


def find(work: Work) -> None:
    """One hit a practitioner and theme; clear are indicators of practitioners who stay near their peers.

    What a detector of its own judges by day, department and chance is not said here as well.
    """
    method.judge(work, *compared(work))


def compared(work: Work) -> Compared:
    """Who is compared, in what, and with whom; norms are made of the same."""
    indicators = method.indicators(work.csv("indicators"))
    return work.frame("rows"), [i for i in indicators if not i.judged_by], method.PRACTITIONERS
