"""Which persons stand far above those of the same disease, age, sex and insurance: by the family's one method."""

from models.detectors.peers import method
from models.sources.work import Work


def find(work: Work) -> None:
    """One hit a person and theme; clear are indicators of persons who stay near their peers."""
    indicators = method.indicators(work.csv("indicators"))
    method.judge(work, work.frame("rows"), indicators, method.PERSONS)
