"""Where stays are cheap for their disease while persons come back or are sent on more than elsewhere."""

from models.detectors.stays import shares
from models.sources.work import Work


def find(work: Work) -> None:
    """At most one hit an institution, without money. Units are institutions."""
    work.run("stay_of_share")
    with work.lend(share_of_place=shares.of_places(work)):
        work.run("judged")
