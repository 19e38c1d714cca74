"""What PyOD's families would add to the lists: `python -m tests.tools.opinions TOWN=HOME ...` prints the table.

TOWN is a simulated export with its truth, HOME holds a run of it. The detectors of the ensembles compare as they do;
each family, and their mean, then orders the subjects whom no live source names. Nothing was tuned on these towns.
"""

import sys
from pathlib import Path

import numpy as np
import polars as pl
from sklearn.metrics import average_precision_score

from data.warehouse.connection import open_warehouse
from models import detectors
from models.detectors.peers import anomaly, ensemble

KINDS = ("institution", "pharmacy", "practitioner", "person")


def families():
    """One detector of each kind that PyOD has for small numeric tables, with its own defaults."""
    from pyod.models.copod import COPOD
    from pyod.models.ecod import ECOD
    from pyod.models.hbos import HBOS
    from pyod.models.iforest import IForest
    from pyod.models.knn import KNN
    from pyod.models.lof import LOF

    return {
        "isolation forest": IForest(random_state=0),
        "nearest neighbours": KNN(method="mean"),
        "local outlier factor": LOF(),
        "histograms": HBOS(),
        "upper tails (ECOD)": ECOD(),
        "copula (COPOD)": COPOD(),
    }


def compared(con, kind):
    """(ids, peer distances, score of today's ensemble, ids it hits) as the ensemble of this kind sees them."""
    (source,) = [d for d in detectors.load() if d.id == f"{kind}_ensemble"]
    held, distances, score = {}, ensemble._distances, anomaly.score

    def keep_distances(measured, able, indicators):
        held["ids"], held["z"] = able.to_list(), distances(measured, able, indicators)
        return held["z"]

    def keep_score(*given):
        held["score"] = score(*given)
        return held["score"]

    ensemble._distances, anomaly.score = keep_distances, keep_score
    try:
        source.judge(con, source.params)
    finally:
        ensemble._distances, anomaly.score = distances, score
    key = {"practitioner": "practitioner_id", "person": "person_id"}.get(kind, "institution_id")
    hits = {row[0] for row in con.execute(f"select distinct {key} from judged where outcome = 'hit'").fetchall()}
    return held["ids"], held["z"][:, anomaly.usable(held["z"])], held["score"], hits


def opinions(town, home):
    """Rows kind, opinion, score, is_true, is_hit of the subjects whom no live source names."""
    truth = pl.read_csv(Path(town) / "truth" / "scheme_subject.csv", infer_schema=False)
    tables = []
    with open_warehouse(Path(home)) as con:
        for kind in KINDS:
            ids, z, today, hits = compared(con, kind)
            named = con.execute(
                "select distinct subject_id from model.finding join model.coverage as c using (source)"
                " where c.status = 'live' and subject_type = $1",
                [kind],
            ).fetchall()
            scores = {"today's three opinions": today}
            for name, family in families().items():
                own = family.fit(z).decision_scores_
                scores[name] = np.clip((own - own.mean()) / max(own.std(), 1e-9), -anomaly.CLIP, anomaly.CLIP)
            scores["mean of the six"] = np.mean([scores[name] for name in families()], axis=0)
            true = truth.filter(subject_type=kind)["subject_id"]
            subjects = pl.DataFrame({"id": ids}).with_columns(
                pl.lit(kind).alias("kind"),
                pl.col("id").is_in(true.implode()).alias("is_true"),
                pl.col("id").is_in(list(hits)).alias("is_hit"),
            )
            tables += [
                subjects.with_columns(opinion=pl.lit(name), score=pl.Series(values)).filter(
                    ~pl.col("id").is_in([row[0] for row in named])
                )
                for name, values in scores.items()
            ]
    return pl.concat(tables)


def table(rows):
    """Markdown: per kind and opinion, average precision beside the share of true ones among those nobody names."""
    lines = [
        "| kind | nobody names | true of them | hits, true | opinion | average precision |",
        "|---|---|---|---|---|---|",
    ]
    for (kind, opinion), part in rows.group_by("kind", "opinion", maintain_order=True):
        found = part.filter("is_hit") if opinion.startswith("today") else part.head(0)
        hits = f"{found.height}, {found['is_true'].sum()}" if opinion.startswith("today") else ""
        precision = average_precision_score(part["is_true"].to_numpy(), part["score"].to_numpy())
        lines.append(f"| {kind} | {part.height} | {part['is_true'].sum()} | {hits} | {opinion} | {precision:.3f} |")
    return "\n".join(lines)


if __name__ == "__main__":
    print(table(pl.concat([opinions(*pair.split("=", 1)) for pair in sys.argv[1:]])))
