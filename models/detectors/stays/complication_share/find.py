"""Which hospitals code complications far more often than others for the same persons, or where they cost nothing."""

from models.detectors.stays import shares
from models.sources.work import Work


def find(work: Work) -> None:
    """Hits are the stays of such a kind at an institution whose share stands out; units are stays, once a share."""
    work.run("stay_of_share")
    shares.judge(work)
