"""Which drugstores stand far above the others of their division: the indicators of indicators.csv, by one method."""

from models.detectors.peers import method
from models.sources.work import Work


def find(work: Work) -> None:
    """One hit a drugstore and theme; clear are indicators of drugstores that stay near their peers."""
    indicators = method.indicators(work.csv("indicators"))
    method.judge(work, work.frame("rows"), indicators, method.INSTITUTIONS)
