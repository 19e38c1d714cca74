"""Which hospitals use other products where one of the drug was selected in volume procurement."""

from models import peers
from models.sources.work import Work


def find(work: Work) -> None:
    """At most one hit a hospital; units are hospitals that use such drugs."""
    scored = peers.score(work.frame("places"), "log", float(work.params["min_lines"]))
    with work.lend(scored_place=scored.select("institution_id", "z", "peers", "peer_group", "status")):
        work.run("judged")
