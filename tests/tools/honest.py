"""The honest year's practices judged by every source: run them, say which practice a finding is about, list the hits.

`python -m tests.tools.honest` brings the table of trial sources' hits in data/simulate/honest/README.md up to date.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path

import duckdb
import polars as pl

from data.simulate import honest, simulate
from data.simulate.honest.delivery import division
from data.warehouse.connection import open_warehouse
from flows import steps
from flows.home.settings import Settings
from tests.tools import manners

README = Path(honest.__file__).parent / "README.md"
MARKS = ("<!-- trial -->", "<!-- /trial -->")
#: Schemes in the same form, laid beside the practices so that the run can be seen to find something.
WICKED = Path(__file__).parents[1] / "models" / "wicked"
#: What a finding names: its subject and its keys, and the members of a group.
KEYS = ("subject_id", "settlement_id", "person_id", "institution_id", "practitioner_id")


def everything() -> list[honest.Practice]:
    """The library and, behind it, the schemes."""
    return [*honest.library().values(), *honest.library(WICKED).values()]


def judge(
    practices: Iterable[honest.Practice], folder: Path, *, persons: int = 600, filled: Iterable[manners.Manner] = ()
) -> Path:
    """A HOME in which every source has judged the practices, each a world of its own, beside an honest town.

    The export fills its columns in these manners. `whose.parquet` in the folder says whose an id is.
    """
    export, home = folder / "export", folder / "home"
    simulate(export, persons=persons, seed=7, schemes=())
    shutil.rmtree(export / "truth")
    worlds = [honest.lay(practice, area=division(number)) for number, practice in enumerate(practices)]
    for manner in filled:
        for world in worlds:
            manner(world)
    honest.write(export / "honest", worlds)
    whose = [(key, world.practice.id) for world in worlds for key in sorted(world.ids())]
    pl.DataFrame(whose, schema=["id", "practice"], orient="row").write_parquet(folder / "whose.parquet")
    settings = Settings(home=home, input=export)
    for step in steps.STEPS[:5]:
        if step.name != "check":
            steps.perform(step, settings)
    return home


def hits(con: duckdb.DuckDBPyConnection, folder: Path) -> pl.DataFrame:
    """What was found of whom in a practice, and whether the finding names an ordinary reading first.

    practice, source, status, certainty, outcome, subject_type, subject_id, names_reading.
    """
    con.register("practice", pl.read_parquet(folder / "whose.parquet").to_arrow())
    named = " union all ".join(f"select finding_id, {key} as id from model.finding" for key in KEYS)
    return con.sql(
        f"""
        with named as (
            {named}
            union all
            select f.finding_id, m.person_id
            from model.finding as f
            join model.group_member as m on m.group_key = f.subject_id and m.source = f.source
        ),
        whose as (
            select distinct n.finding_id, p.practice
            from named as n
            join practice as p on p.id = n.id
        )
        select distinct w.practice, f.source, c.status, f.certainty, f.outcome, f.subject_type, f.subject_id,
            nullif(json_extract_string(f.detail, '$.innocent'), '') is not null as names_reading
        from whose as w
        join model.finding as f on f.finding_id = w.finding_id
        join model.coverage as c on c.source = f.source
        order by all
        """
    ).pl()


def of_library(found: pl.DataFrame) -> pl.DataFrame:
    """What was found on the library's practices, without what data slips explain."""
    return found.filter(pl.col("practice").is_in(list(honest.library())), pl.col("outcome") == "hit")


def trial_table(found: pl.DataFrame) -> str:
    """The trial sources' hits as a Markdown table: source, practices."""
    rows = (
        found.filter(pl.col("status") == "trial")
        .group_by("source")
        .agg(pl.col("practice").unique().sort())
        .sort("source")
    )
    lines = [f"| `{source}` | {len(names)} | {', '.join(names)} |" for source, names in rows.iter_rows()]
    return "\n".join(["| trial source | practices | which |", "|---|---|---|", *lines])


def written() -> str:
    """The table as it stands in the README."""
    return README.read_text(encoding="utf-8").partition(MARKS[0])[2].partition(MARKS[1])[0].strip()


def main() -> None:
    """Judge the library and write the table."""
    with tempfile.TemporaryDirectory() as folder, open_warehouse(judge(everything(), Path(folder))) as con:
        table = trial_table(of_library(hits(con, Path(folder))))
    before, _, rest = README.read_text(encoding="utf-8").partition(MARKS[0])
    README.write_text(f"{before}{MARKS[0]}\n{table}\n{MARKS[1]}{rest.partition(MARKS[1])[2]}", encoding="utf-8")


if __name__ == "__main__":
    main()
