"""review: records of stays drawn by lot, read by two, and what they say of all stays of an institution."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, Parameter

from flows.commands.common import COMMON, COUNT, Common, Language, app

review = App(name="review", help="Record review (病历评审): draw stays by lot, take in the forms, extrapolate.")
app.command(review)

ReviewId = Annotated[str, Parameter(help="The review's number, such as B2025-01.")]
SHOWN = "institution_id institution_name stays drawn returned in_error found_amount low estimate high kappa why".split()
SAMPLED = "institution_id stratum stays amount drawn".split()
MOST = 50


@review.command
def draw(
    *,
    since: Annotated[str, Parameter(name="--from", help="Stays that ended from this day on, as 2025-01-01.")],
    until_day: Annotated[str, Parameter(name="--to", help="Stays that ended up to this day.")],
    places: Annotated[int, Parameter(converter=COUNT, help="Stays drawn of each institution.")] = 60,
    institution: Annotated[
        list[str] | None, Parameter(negative=(), help="Only this institution, by code; may be repeated.")
    ] = None,
    allocation: Annotated[
        str, Parameter(help="neyman: more where bills differ more; proportional: by the number of stays.")
    ] = "neyman",
    seed: Annotated[
        int | None,
        Parameter(help="Seed, such as a number drawn in public; without it one is drawn after the frame stands."),
    ] = None,
    third_party: Annotated[str, Parameter(help="Also write a package for this reviewer from outside.")] = "",
    until: Annotated[str, Parameter(help="Last day of the third party's contract, as 2026-06-30.")] = "",
    on: Annotated[str, Parameter(help="Day of the draw, as 2025-12-31; today by default.")] = "",
    out: Annotated[Path | None, Parameter(help="Folder for the files; HOME/reviews/NUMBER by default.")] = None,
    language: Language = None,
    common: Common = COMMON,
) -> None:
    """Draw stays of each institution by lot, in strata of payment, findings and size, and write the forms to fill in.

    The frame is written, and its hash stands in the audit log, before the seed is drawn. A third party's package
    names nobody: persons have pseudonyms that hold for this package alone.
    """
    from data.errors import UsageError
    from flows.days import day
    from flows.home.casebook import book
    from models.casebook import reviews

    settings, drawn_on = common.settled(language=language), day(on, "--on")
    period = (day(since, "--from"), day(until_day, "--to"))
    if period[0] > period[1]:
        raise UsageError(f"--from {period[0]} is after --to {period[1]}. Give the earlier day first.")
    lent = _lent(third_party, until, drawn_on)
    with book(settings, "review") as (con, witness):
        settled = reviews.frame_of(con, period, places, institution or (), allocation)
        answer = _drawn(con, settled, seed, drawn_on, settings, out, witness, lent)
    common.console.give({**answer, "strata": settled.strata.to_dicts()})
    common.console.table(
        f"review {answer['review_id']}", SAMPLED, settled.strata.select(SAMPLED).head(MOST).rows(), kind="review"
    )
    if settled.strata.height > MOST:
        common.console.say(f"and {settled.strata.height - MOST:,} more")
    if settled.left_out:
        common.console.say(f"{settled.left_out:,} stays without an amount are no part of the frame.")
    common.console.say(
        f"{answer['drawn']:,} stays drawn of {answer['stays']:,}, seed {answer['seed']}, frame {settled.hash};"
        f" forms in {answer['folder']}."
    )


@review.command(name="import")
def import_(
    file: Annotated[Path, Parameter(help="A form filled in, as CSV or xlsx.")],
    *,
    on: Annotated[str, Parameter(help="The day it came; default today.")] = "",
    yes: Annotated[bool, Parameter(negative=(), help="Append what it says; without it nothing is written.")] = False,
    language: Language = None,
    common: Common = COMMON,
) -> None:
    """Take in a form: what each reviewer judges wrong in each stay, and why.

    A stay that comes back twice with the same figures counts once; with others, the later file counts. What two
    reviewers judge apart counts at the lower amount until they agree on one (agreed_amount, 合议金额).
    """
    from data.errors import InputRefused
    from flows.days import day
    from flows.home.casebook import book
    from models.casebook import review_returns
    from models.casebook.handed import read

    settings = common.settled(language=language)
    handed = read(file, review_returns.FORM)
    with book(settings, "review") as (con, witness):
        made = review_returns.plan(con, handed, day(on, "--on"))
        written = review_returns.append(con, made, witness) if yes else 0
    refused = made.rows.filter(made.rows["state"] == "refused")
    counts = made.tally("new", "known", "blank", "refused")
    rows = refused.select("row_number", "why")
    common.console.give(
        {"file": made.name, "written": written, "is_dry_run": not yes, **counts, "refused_rows": rows.to_dicts()}
    )
    for number, why in rows.iter_rows():
        common.console.say(f"Row {number} refused: {why}.")
    common.console.say(
        f"{counts['new']:,} new stays, {counts['known']:,} known, {counts['blank']:,} not filled in yet,"
        f" {counts['refused']:,} refused; {written:,} appended."
    )
    if not yes and counts["new"]:
        common.console.say("Nothing was written. Say --yes to append them.")
    if counts["refused"] == made.rows.height:
        raise InputRefused(f"No row of {handed.name} could be read; the reasons are above.")


@review.command
def estimate(
    review_id: ReviewId,
    *,
    out: Annotated[
        Path | None, Parameter(help="CSV file to write; HOME/reviews/NUMBER/estimate.csv by default.")
    ] = None,
    language: Language = None,
    common: Common = COMMON,
) -> None:
    """What the stays read so far say of all stays of each institution: estimate, 90 % interval, claim, agreement.

    The claim is the lower limit of the interval. Stays that did not come back count as without fault for it. Where
    less than 80 % came back there is no figure.
    """
    import polars as pl

    from flows.home.casebook import book
    from flows.publish import review_files
    from models.casebook import review_returns

    settings = common.settled(language=language)
    path = out or settings.home / "reviews" / review_id / review_files.ESTIMATE
    with book(settings, "review") as (con, witness):
        rows = review_returns.estimates(con, review_id)
        witness(
            {
                "act": "review_estimate",
                "review": review_id,
                "institutions": rows.height,
                "files": {path.name: rows.height},
            }
        )
        path.parent.mkdir(parents=True, exist_ok=True)
        review_files.write_estimates(rows, path, settings.labels)
    common.console.give(rows.to_dicts())
    shown = rows.with_columns(pl.col("low", "estimate", "high").round(2)).select(SHOWN)
    common.console.table(f"review {review_id}", SHOWN, shown.rows(), kind="review")
    judged = rows.filter(rows["why"].is_null())
    if asked := rows["missing"].sum():
        common.console.say(
            f"{asked:,} records were asked for and not provided: a matter of its own, and nothing is presumed of them"
            " here."
        )
    common.console.say(
        f"{judged.height:,} of {rows.height:,} institutions have a figure; claim {judged['claim'].sum():,.2f} yuan,"
        f" the lower limits of their 90 % intervals; {path}."
    )


@review.command(name="list")
def list_(*, language: Language = None, common: Common = COMMON) -> None:
    """The reviews with what came back of each."""
    from data.warehouse.connection import open_warehouse
    from models.casebook import review_returns

    settings = common.settled(language=language)
    with open_warehouse(settings.home, read_only=True) as con:
        rows = review_returns.listed(con)
    common.console.give(rows.to_dicts())
    common.console.table("reviews", rows.columns, rows.rows(), kind="review")


def _lent(third_party: str, until: str, drawn_on: Any) -> tuple[str, Any] | None:
    """A third party and its contract's last day. Raises UsageError where one of both lacks or the contract is over."""
    from data.errors import UsageError
    from flows.days import day

    name = " ".join(third_party.split())
    if not name and not until.strip():
        return None
    if not name or not until.strip():
        raise UsageError(
            "A package for a third party needs its name and the end of its contract: --third-party NAME --until DAY."
        )
    ends = day(until, "--until")
    if ends < drawn_on:
        raise UsageError(f"--until {ends} has passed. Nothing is given out after a contract's end.")
    return name, ends


def _drawn(
    con: Any, settled: Any, seed: int | None, on: Any, settings: Any, out: Path | None, witness: Any, lent: Any
) -> dict[str, Any]:
    """The frame published and logged, then the draw and its forms: the answer."""
    import secrets

    from flows.home import audit_log
    from flows.publish import review_files as files
    from models.casebook import reviews

    review_id = reviews.next_id(con, on)
    folder = out or settings.home / "reviews" / review_id
    hashes = files.write_frame(settled, folder, settings.labels)
    audit_log.record(
        settings.home,
        "review_frame",
        None,
        {"review": review_id, "frame": settled.hash, "stays": settled.stays.height, "files": hashes},
    )
    chosen = secrets.randbelow(10**9) if seed is None else seed  # only now: nobody can try seeds on the frame
    drawn = reviews.draw(settled, chosen)
    key = reviews.new_key()
    reviews.keep(con, review_id, settled, drawn, chosen, on, witness, (*lent, key) if lent else None)
    files.write_sample(review_id, drawn, chosen, settled, folder, settings.labels)
    written = files.write_forms(con, review_id, drawn, folder, settings.language, settings.labels)
    if lent:
        written |= files.write_package(review_id, drawn, key, lent[1], folder, settings.language, settings.labels)
    return {
        "review_id": review_id,
        "seed": chosen,
        "frame_hash": settled.hash,
        "stays": settled.stays.height,
        "drawn": drawn.height,
        "folder": str(folder),
        "files": sorted(written),
    }
