"""Which persons are unusual in several indicators taken together: a second opinion on person_peer_outlier."""

from models.detectors.peers import ensemble, method
from models.sources.work import Work


def find(work: Work) -> None:
    """At most one hit a person; clear are persons that are as usual as the others."""
    indicators = method.indicators(work.csv("../person_peer_outlier/indicators"))
    ensemble.judge(work, indicators, method.PERSONS)
