"""Where stays of a doubtful kind are far more frequent than at the peers with the same persons."""

from models.detectors.stays import shares
from models.sources.work import Work


def find(work: Work) -> None:
    """Hits are the stays of such a kind at an institution whose share stands out; units are stays, once a share."""
    work.run("stay_of_share")
    shares.judge(work)
