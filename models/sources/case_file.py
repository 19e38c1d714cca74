"""A case file of a rule: Markdown with small tables in and findings out, readable by an auditor.

    ## A woman's item charged for a man

    feature.fee_line
    | settlement_id | line_id | item_code |
    |---------------|---------|-----------|
    | S1            | 1       | X1        |

    finds
    | line_id | amount |
    |---------|--------|
    | 1       | 50.00  |

A case gives only the columns it needs. `finds nothing` expects no hit; `cannot judge: TEXT` expects that
reason; `with NAME = VALUE` overrides a parameter. Tables of record and knowledge feed the features that
the rule reads; a feature given in the case is taken as it stands.

What the cases of a file share stands once, in a first section `## given`; its tables (and parameters) are every
case's. A case's row with the id of a given row replaces the columns it names (`*` for the id: in every given row),
any other row comes in addition. `without TABLE: COLUMN = A, B` leaves given rows out, `without TABLE` the table.
A row that holds `0..4` stands for five rows.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from data.knowledge import load as knowledge_load

Table = list[dict[str, str]]
GIVEN = "given"
TABLE = r"(?:record|knowledge|feature)\.\w+"
SPAN = re.compile(r"(\d+)\.\.(\d+)")
VISITS = ("fee_line", "settlement", "encounter")
#: Tables of record and feature whose rows a case may change by their id.
OWN_ID = {
    "fee_line": "line_id",
    "settlement": "settlement_id",
    "encounter": "encounter_id",
    "person": "person_id",
    "institution": "institution_id",
    "hospital": "institution_id",
    "pharmacy": "institution_id",
    "practitioner": "practitioner_id",
    "check_in": "check_in_id",
    "long_term_care_service": "service_id",
    "package_service": "service_id",
    "account_credit": "credit_id",
    "purchase": "purchase_id",
    "payment_group": "settlement_id",
    "other_side_settlement": "settlement_id",
}


@dataclass
class Case:
    """One heading of a case file."""

    title: str
    tables: dict[str, Table] = field(default_factory=dict)
    finds: Table | None = None
    cannot_judge: list[str] = field(default_factory=list)
    params: dict[str, Any] = field(default_factory=dict)


def read(path: Path) -> list[Case]:
    """The cases of a Markdown file, each with what is given to all. Raises ValueError for a line it cannot place."""
    shared, cases = Case(GIVEN), list[_Reader]()
    section: _Reader | None = None
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        text = line.strip()
        try:
            if text == f"## {GIVEN}":
                if section:
                    raise ValueError("what is given stands once, before every case")
                section = _Reader(shared)
            elif text.startswith("## "):
                section = _Reader(Case(text[3:]), shared)
                cases.append(section)
            elif section and text:
                section.take(text)
        except ValueError as error:
            raise ValueError(f"{path.name}, line {number}: {error}") from error
    if shared.finds is not None or shared.cannot_judge:
        raise ValueError(f"{path.name}: what is given holds tables; what a rule finds stands in a case")
    return [reader.case for reader in cases]


def all_cases(folder: Path) -> Iterator[tuple[str, Case]]:
    """(rule id, case) for every case file of a folder."""
    for path in sorted(folder.glob("*.md")):
        for case in read(path):
            yield path.stem, case


class _Reader:
    """One section of a case file, read line by line on top of what is given."""

    def __init__(self, case: Case, shared: Case | None = None) -> None:
        self.case = case
        self.table = ""  # of the rows that follow; "finds" for those that are expected
        self.header: list[str] | None = None
        #: Given rows by table, the case's own copies, that a row of the case may still change.
        self.given: dict[str, Table] = {}
        if shared:
            case.params.update(shared.params)
            case.tables.update({table: [dict(row) for row in rows] for table, rows in shared.tables.items()})
            self.given = {table: list(rows) for table, rows in case.tables.items()}

    def take(self, text: str) -> None:
        """Place one line. Raises ValueError where it has none."""
        if text.startswith("|"):
            self._row([c.strip() for c in text.strip("|").split("|")])
            return
        self.table, self.header = "", None
        if re.fullmatch(rf"{TABLE}", text):
            self.table = text
            self.case.tables.setdefault(text, [])
        elif text in ("finds", "finds nothing"):
            self.table, self.case.finds = "finds", []
        elif text.startswith("cannot judge: "):
            self.case.cannot_judge.append(text.removeprefix("cannot judge: "))
        elif match := re.fullmatch(r"with (\w+) = (\S+)", text):
            number = float(match[2])
            self.case.params[match[1]] = int(number) if number.is_integer() else number
        elif match := re.fullmatch(rf"without ({TABLE})(?:: (\w+) = (.+))?", text):
            self._leave_out(*match.groups())
        elif re.match(rf"without {TABLE}", text):
            raise ValueError("what is left out reads `without TABLE` or `without TABLE: COLUMN = A, B`")
        # any other text explains the case to its reader

    def _row(self, cells: list[str]) -> None:
        if not self.table:
            raise ValueError("a table without a name above it")
        if self.header is None:
            self.header = cells
        elif not set("".join(cells)) <= set("-: "):
            if len(cells) != len(self.header):
                raise ValueError(f"{len(cells)} cells under {len(self.header)} columns")
            for values in _spread(cells):
                self._put(dict(zip(self.header, values, strict=True)))

    def _put(self, row: dict[str, str]) -> None:
        if self.table == "finds":
            self.case.finds = [*(self.case.finds or []), row]
            return
        given, key = self.given.get(self.table, []), _key(self.table)
        values = [row.get(k, "") for k in key]
        if key and set(values) == {"*"}:
            for each in given:
                each.update({c: v for c, v in row.items() if c not in key})
            return
        same = [each for each in given if key and [each.get(k, "") for k in key] == values]
        if len(same) > 1:
            raise ValueError(f"{len(same)} given rows of {self.table} have the {', '.join(key)} {', '.join(values)}")
        if same:
            same[0].update(row)
            self.given[self.table] = [each for each in given if each is not same[0]]
        else:
            self.case.tables[self.table].append(row)

    def _leave_out(self, table: str, column: str | None, listed: str | None) -> None:
        if not self.given.get(table):
            raise ValueError(f"no rows of {table} are given that could be left out")
        if len(self.given[table]) != len(self.case.tables[table]):
            raise ValueError(f"say what is left out of {table} before the case's own rows of it")
        if column is None:
            del self.case.tables[table], self.given[table]
            if not table.startswith("feature."):
                self.case.tables[table] = []  # a feature is made of the record where the case does not state it
            return
        for (value,) in (cells for name in (listed or "").split(",") for cells in _spread([name.strip()])):
            out = [row for row in self.given[table] if row.get(column, "") == value]
            if not out:
                raise ValueError(f"no given row of {table} has the {column} {value}")
            for rows in (self.given, self.case.tables):
                rows[table] = [row for row in rows[table] if not any(row is each for each in out)]


def _key(table: str) -> list[str]:
    """The columns that tell the rows of a table apart; none where a case's rows only come in addition."""
    schema, _, name = table.partition(".")
    if schema == "knowledge":
        return knowledge_load.tables()[name][1] if name in knowledge_load.tables() else []
    return [OWN_ID[name]] if name in OWN_ID else []


def _spread(cells: list[str]) -> Iterator[list[str]]:
    """The rows that one row stands for: `S0..4` counts in step in all its cells."""
    spans = [(int(a), int(b) + 1) for cell in cells for a, b in SPAN.findall(cell)]
    if not spans:
        yield cells
        return
    if len({last - first for first, last in spans}) > 1 or spans[0][0] >= spans[0][1]:
        raise ValueError("ranges of one row must be equally long and count upwards")
    for step in range(spans[0][1] - spans[0][0]):
        yield [SPAN.sub(lambda m: str(int(m[1]) + step).zfill(len(m[1])), cell) for cell in cells]  # noqa: B023


def disagreements(case: Case) -> list[str]:
    """Encounters and settlements whose rows, of one table or several, name different persons."""
    persons: dict[str, set[str]] = defaultdict(set)
    for table, rows in case.tables.items():
        if table.partition(".")[2] in VISITS:
            for row in rows:
                for column in ("encounter_id", "settlement_id"):
                    if row.get(column) and row.get("person_id"):
                        persons[f"{column} {row[column]}"].add(row["person_id"])
    return [f"{which}: {', '.join(sorted(names))}" for which, names in persons.items() if len(names) > 1]
