"""Where check-ins fail, or come from elsewhere, far more often than at the peers."""

import polars as pl

from models.detectors.peers import method
from models.sources.work import Work


def find(work: Work) -> None:
    """One hit a settlement that rests on a failed or far check-in, at a place with too many. Units are settlements."""
    rows, indicators = work.frame("rows"), method.indicators(work.csv("indicators"))
    with work.lend(check_share=pl.concat([method.score(rows, i, work.params) for i in indicators])):
        work.run("judged")
