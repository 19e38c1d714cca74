"""Artefacts: findings whose likeliest cause is data. Every .sql file in this folder recognises one kind.

They stay findings, with the outcome 'artefact' in place of 'hit': the data clerk's list, no lead.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import duckdb

from data.warehouse import guard
from data.warehouse.connection import transaction

FOLDER = Path(__file__).parent
MAY_READ = frozenset({"record", "feature", "model"})
BUT_NOT = guard.PERSONAL
COLUMNS = ("finding_id", "reason", "reason_zh")


@cache
def load(folder: Path = FOLDER) -> dict[str, guard.Query]:
    """The query of every kind, by name. Raises SqlRefused naming every broken file at once."""
    kinds, problems = {}, []
    for path in sorted(folder.glob("*.sql")):
        text = path.read_text(encoding="utf-8")
        try:
            query = guard.check(text, MAY_READ, BUT_NOT)
        except guard.SqlRefused as error:
            problems.append(f"{path.name}: {error}")
            continue
        if query.columns != COLUMNS:
            problems.append(f"{path.name}: it must return {', '.join(COLUMNS)}")
        if not re.match(r"--.*[A-Za-z].*\n--.*[\u4e00-\u9fff]", text):
            problems.append(f"{path.name}: it must begin with what it recognises, an English line and a Chinese one")
        kinds[path.stem] = query
    if problems:
        raise guard.SqlRefused("\n".join(problems))
    return kinds


def triage(con: duckdb.DuckDBPyConnection) -> int:
    """Class the findings anew, all or nothing; returns how many are artefacts. The same findings class alike.

    A finding that several kinds recognise takes the first by name.
    """
    found = " union all ".join(f"select '{kind}' as kind, * from ({q.text}\n)" for kind, q in load().items())
    with transaction(con):
        con.execute("update model.finding set outcome = 'hit' where outcome = 'artefact'")
        con.execute("delete from model.artefact")
        con.execute(
            f"""
            insert into model.artefact by name
            select finding_id, kind, reason, reason_zh
            from (
                select *, row_number() over (partition by finding_id order by kind, reason, reason_zh) as place
                from ({found}) as recognised
            ) as placed
            where place = 1 order by finding_id
            """
        )
        con.execute(
            "update model.finding set outcome = 'artefact' where finding_id in (select finding_id from model.artefact)"
        )
        return int(con.execute("select count(*) from model.artefact").fetchall()[0][0])
