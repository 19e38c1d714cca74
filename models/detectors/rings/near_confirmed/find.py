"""Which persons come to several places on the days when confirmed persons come, beyond what neighbours do."""

from __future__ import annotations

import polars as pl

from models.casebook import words
from models.detectors.rings import spread
from models.sources.work import Work


def find(work: Work) -> None:
    """One hit a settlement on a day with a confirmed person there. Units are settlements outside stays."""
    params, lists = work.params, words.lists()
    with work.lend(word_of_conclusion=lists["conclusion_word"], word_of_subject=lists["subject_word"]):
        present = work.frame("met", dashes=words.DASHED, edges=words.EDGES)
    persons = present.group_by("person_id").agg(pl.col("is_seed").first())
    seeds = int(persons["is_seed"].sum())
    if seeds < params["min_seeds"]:
        bills = work.number("bills")
        work.count(0, {"needs confirmed persons: too few verdicts on persons so far": bills})
        return
    close = spread.lifts(
        present, float(params["restart"]), int(params["min_met"]), int(params["runs"]), int(params["seed"])
    )
    near = (pl.col("lift") > pl.col("bar")) & ~pl.col("is_seed") & (pl.col("met") >= params["min_met"])
    with work.lend(close_person=close.filter(near)):
        work.run("judged", seeds=seeds, peers=persons.height)
