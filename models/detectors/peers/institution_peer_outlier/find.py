"""Which institutions stand far above their peers: the indicators of indicators.csv, by the family's one method."""

from models.detectors.peers import method
from models.detectors.peers.method import Compared
from models.sources.work import Work


def find(work: Work) -> None:
    """One hit an institution and theme; clear are indicators of institutions that stay near their peers.

    What a detector of its own judges by the mix of persons or by the day is not said here as well: one fact would
    speak twice.
    """
    method.judge(work, *compared(work))


def compared(work: Work) -> Compared:
    """Who is compared, in what, and with whom; norms are made of the same."""
    indicators = method.indicators(work.csv("indicators"))
    return work.frame("rows"), [i for i in indicators if not i.judged_by], method.INSTITUTIONS
