"""Which institutions stand far above their peers: the indicators of indicators.csv, by the family's one method."""

from models.detectors.peers import method
from models.sources.work import Work


def find(work: Work) -> None:
    """One hit an institution and theme; clear are indicators of institutions that stay near their peers.

    What a detector of its own judges by the mix of persons or by the day is not said here as well: one fact would
    speak twice.
    """
    indicators = method.indicators(work.csv("indicators"))
    spoken = [i for i in indicators if not i.judged_by]
    method.judge(work, work.frame("rows"), spoken, method.INSTITUTIONS)
