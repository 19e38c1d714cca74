"""Which practitioners are unusual in several indicators taken together: a second opinion on their peer outliers."""

from models.detectors.peers import ensemble, method
from models.sources.work import Work


def find(work: Work) -> None:
    """At most one hit a practitioner; clear are practitioners that are as usual as the others."""
    indicators = method.indicators(work.csv("../practitioner_peer_outlier/indicators"))
    ensemble.judge(work, indicators, method.PRACTITIONERS)
