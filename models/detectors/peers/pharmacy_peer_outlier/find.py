"""Which drugstores stand far above the others of their division: the indicators of indicators.csv, by one method."""

from models.detectors.peers import method
from models.detectors.peers.method import Compared
from models.sources.work import Work


def find(work: Work) -> None:
    """One hit a drugstore and theme; clear are indicators of drugstores that stay near their peers."""
    method.judge(work, *compared(work))


def compared(work: Work) -> Compared:
    """Who is compared, in what, and with whom; norms are made of the same."""
    indicators = method.indicators(work.csv("indicators"))
    return work.frame("rows"), indicators, method.INSTITUTIONS
