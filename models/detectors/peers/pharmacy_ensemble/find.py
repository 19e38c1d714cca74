"""Which drugstores are unusual in several indicators taken together: a second opinion on pharmacy_peer_outlier."""

from models.detectors.peers import ensemble, method
from models.sources.work import Work


def find(work: Work) -> None:
    """At most one hit a drugstore; clear are drugstores that are as usual as the others."""
    indicators = method.indicators(work.csv("../pharmacy_peer_outlier/indicators"))
    ensemble.judge(work, indicators, method.INSTITUTIONS)
