"""The README's measured figures, made of what `fundwatch evaluate --json` says; see `python -m flows.readme`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from models.evaluation.baselines import BLIND
from models.evaluation.report import cell, number, table

LISTS = ("institution", "pharmacy", "practitioner", "person")
#: Heading -> metric, of the list's own order.
OWN = {
    "first 10": "precision_at_10",
    "first 50": "precision_at_50",
    "recall in 2R": "recall_at_2r",
    "yuan in R, of the most there is": "yuan_share_at_r",
    "average precision": "average_precision",
}

LISTS_ZH = {"institution": "医疗机构", "pharmacy": "零售药店", "practitioner": "医师", "person": "参保人"}
#: Heading -> figure of a round of made-up inspections.
ROUNDS = {
    "next list": "precision",
    "same leads, never learned": "unlearned",
    "fresh town, first list": "fresh",
    "fresh town, second list": "fresh_deep",
    "fresh town, average precision": "fresh_ap",
}

Figures = Mapping[str, Any]


def measured(results: Figures) -> str:
    """Markdown: each list beside the orders that know nothing of schemes, rings, schemes, the honest town."""
    parts = [
        f"Mean ± standard deviation over {len(results['seeds'])} towns of {results['persons']:,} persons, with schemes"
        " planted at the dose they are written for:",
        table(["list", "planted of", *OWN, *BLIND, "best of these, times"], [_list(results, k) for k in LISTS]),
        "The columns after ours are the average precision of the orders that know nothing of the schemes. "
        + _rings(results["rings"])
        + _honest(results["honest"]),
        "Share of planted subjects within the first 2R leads, by scheme; with the scheme's own rules and detectors"
        " switched off; and anywhere on the list:",
        table(
            ["scheme", "list", "planted", "in 2R", "own sources off", "on the list"],
            [_scheme(results, row) for row in results["schemes"]],
        ),
    ]
    return "\n\n".join(parts)


def heads(results: Figures) -> str:
    """Markdown: each list in one row, for the project's README."""
    columns = ["list", "planted of", "first 10", "first 50", "average precision", "best order without a model"]
    return table(columns, [_head(results, kind, kind, "{} of {}") for kind in LISTS])


def heads_zh(results: Figures) -> str:
    """The same in Chinese."""
    columns = ["名单", "植入数／对象数", "前10条属实", "前50条属实", "平均精度", "无模型的最好排法"]
    return table(columns, [_head(results, kind, title, "{}／{}") for kind, title in LISTS_ZH.items()])


def _head(results: Figures, kind: str, title: str, size: str) -> list[str]:
    ours = next(iter(results["lists"][kind].values()))
    blind = max(results["lists"][kind][name]["average_precision"]["mean"] for name in BLIND)
    return [
        title,
        size.format(f"{ours['planted']['mean']:,.0f}", f"{ours['subjects']['mean']:,.0f}"),
        *(_plain(ours[metric]) for metric in ("precision_at_10", "precision_at_50", "average_precision")),
        number(blind),
    ]


def learning(results: Figures) -> str:
    """Markdown: what verdicts do to the next list, in the town they come from and in one that nobody inspected."""
    rounds = results["rounds"]
    rows = [
        [
            number(r["judged"]["mean"], True),
            number(r["confirmed"]["mean"], True),
            *(_plain(r[m]) for m in ROUNDS.values()),
        ]
        for r in rounds
    ]
    gain = rounds[-1]["fresh_gain"]
    return (
        f"{table(['verdicts', 'confirmed', *ROUNDS], rows)}\n\n"
        f"{rounds[-1]['precision']['n']} towns of {results['persons']:,} persons, {100 * results['noise']:.0f} % of the"
        " verdicts wrong, one list for all kinds of subject. Judged leads leave the list, so a town runs dry; the fresh"
        " town is another one, ranked by the first town's verdicts: its average precision rises by"
        f" {_plain(gain)} over three rounds.".replace("three", str(len(rounds) - 1))
    )


def _list(results: Figures, kind: str) -> list[str]:
    methods = results["lists"][kind]
    ours = next(iter(methods.values()))
    blind = [methods[name]["average_precision"] for name in BLIND]
    best = max(b["mean"] for b in blind)
    return [
        kind,
        f"{ours['planted']['mean']:,.0f} of {ours['subjects']['mean']:,.0f}",
        *(_plain(ours[metric]) for metric in OWN.values()),
        *(number(b["mean"]) for b in blind),
        f"{ours['average_precision']['mean'] / best:.1f}",
    ]


def _plain(figure: Figures) -> str:
    return cell({k: figure[k] for k in ("mean", "sd", "n")})


def _rings(rows: Sequence[Figures]) -> str:
    schemes = [
        f"{r['scheme']} {number(r['planted']['mean'], True)} a town, {_plain(r['found_share'])} of them found, member"
        f" precision {_plain(r['member_precision'])}"
        for r in rows
        if r["scheme"] != "all"
    ]
    everyone = next(r for r in rows if r["scheme"] == "all")
    return f"Groups: {'; '.join(schemes)}; of all listed members {_plain(everyone['member_precision'])} are planted."


def _honest(rows: Sequence[Figures]) -> str:
    if not rows:
        return ""
    counts = ", ".join(f"{r['subject_type']} {r['tier_a']['mean']:.0f} and {r['tier_b']['mean']:.0f}" for r in rows)
    return f" The same town without any scheme has these leads of tier A and B: {counts}."


def _scheme(results: Figures, row: Figures) -> list[str]:
    key = (row["scheme"], row["subject_type"])
    off = {(r["scheme"], r["subject_type"]): r["recall"] for r in results["novel"]}
    return [
        *key,
        number(row["planted"]["mean"], True),
        cell(row["recall"]),
        cell(off.get(key)),
        cell(row["listed"]),
    ]
