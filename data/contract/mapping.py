"""Which delivered table and field becomes which column: read from mappings/*.csv and a bureau's own dialects."""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path

from data import texts
from data.errors import UsageError

FOLDER = Path(__file__).parent
#: Real exports carry the platform's update time; it says which of two versions of a row is newer.
UPDATED = ("updt_time", "数据更新时间", "更新时间", "update_time")

#: Required fields that a name stands in for: lists of tips often carry no codes.
NAMED_INSTEAD = {("tip_d", "subject_id"): "subject_name", ("tip_d", "subject_type"): "subject_name"}


@dataclass(frozen=True)
class Field:
    """One delivered field and the column it fills."""

    source: str
    column: str
    kind: str
    is_required: bool
    is_personal: bool
    name_zh: str


#: The platform's update time as a field of any table.
UPDATE_TIME = Field("updt_time", "updated_at", "timestamp", False, False, "数据更新时间")


@dataclass(frozen=True)
class Table:
    """One delivered table and the record table it fills; `key` are the columns that name a row."""

    source: str
    target: str
    name_zh: str
    is_required: bool
    key: tuple[str, ...]
    fields: tuple[Field, ...]
    stands_in: tuple[str, ...] = ()  # fields that name the person where the person's number is not given

    @property
    def kept(self) -> tuple[Field, ...]:
        """The fields that stand in the record table: who a person is stands apart, what a tip says does not."""
        return self.fields if self.source == "tip_d" else tuple(f for f in self.fields if not f.is_personal)

    @property
    def money(self) -> str | None:
        """The column whose sum is the table's yuan in the account."""
        return {"setl_d": "total_amount", "fee_list_d": "amount"}.get(self.source)

    def lacks(self, have: Collection[str]) -> list[str]:
        """The required fields that are not among `have`; another name of the person does for the number."""
        return [
            f.source
            for f in self.fields
            if f.is_required
            and f.source not in have
            and not (f.column == "person_id" and any(other in have for other in self.stands_in))
            and NAMED_INSTEAD.get((self.source, f.source)) not in have
        ]


@dataclass(frozen=True)
class Names:
    """Every name a table or field may be delivered under."""

    of_table: dict[str, str]  # lower-case name -> national table
    of_field: dict[tuple[str, str], str]  # (national table, lower-case name) -> national field
    of_word: Mapping[tuple[str, str], Mapping[str, str]] = field(default_factory=dict)  # (table, field): word -> code

    def table(self, name: str) -> Table | None:
        """The table whose name begins a file or sheet name, the longest that does."""
        said = name.strip().lower()
        fits = [n for n in self.of_table if re.match(rf"{re.escape(n)}(?![a-z])", said)]
        return tables()[self.of_table[max(fits, key=len)]] if fits else None

    def match(self, table: Table, header: Iterable[str]) -> dict[str, Field]:
        """Header cell -> field of the table; cells that name nothing are left out."""
        fields = {f.source: f for f in table.fields}
        found = {}
        for cell in header:
            if (name := self.field(table.source, cell)) is not None:
                found[cell] = fields[name]
        return found

    def field(self, table: str, cell: str) -> str | None:
        """The national field that a header cell names: as it stands, else without line breaks, marks and units."""
        if (name := self.of_field.get((table, cell.strip().lower()))) is not None or not cell:
            return name
        ways = spelled(cell)
        for way in ways.names:
            if (name := self.of_field.get((table, way))) is not None:
                other = self.of_field.get((table, ways.unit), name) if way == ways.without_unit else name
                return name if other == name else None  # 医疗费总额(fund_pay_sumamt) is neither
        pieces = {self.of_field.get((table, piece)) for piece in ways.pieces}
        return pieces.pop() if len(pieces) == 1 else None

    def guess(self, header: tuple[str, ...]) -> Table | None:
        """The table that the header alone gives away: all its required fields are there, most cells are known."""
        scored = []
        filled = [cell for cell in header if cell.strip()]
        for table in tables().values():
            fields = self.match(table, filled)
            have = {f.source for f in fields.values()}
            if len(fields) >= 3 and not table.lacks(have):
                scored.append((len(fields) / len(filled), len(fields), table.source))
        return tables()[max(scored)[2]] if scored and max(scored)[0] >= 0.5 else None


#: What people save a dialect as, and nothing reads.
NOT_CSV = (".xlsx", ".xls", ".et", ".txt", ".tsv")
#: What stands behind a name in brackets: 金额(元), 出生日期(yyyy-mm-dd).
UNIT = re.compile(r"[(\[][^()\[\]]*[)\]]$")
#: What stands between two names of one column.
PIECES = re.compile(r"[\s/|,;:()\[\]【】—–-]+")


@lru_cache(maxsize=1 << 14)
def tidy(cell: str) -> str:
    """A header cell in one form: half-width, small letters, no blanks or line breaks, no marks around it."""
    text = "".join(c for c in unicodedata.normalize("NFKC", cell) if unicodedata.category(c) not in ("Cf", "Cc", "Zs"))
    return text.strip("'\"`*:：[]【】=").lower()


def updated(header: Iterable[str]) -> str | None:
    """The header cell of the update time."""
    forms = {cell: tidy(cell) for cell in header}
    return next((c for c, f in forms.items() if {f, UNIT.sub("", f), tidy(f.rpartition(".")[2])} & set(UPDATED)), None)


@dataclass(frozen=True)
class Spelled:
    """What a header cell may be read as, the likeliest first, and the pieces of which all name the same field."""

    names: tuple[str, ...]
    unit: str
    without_unit: str
    pieces: tuple[str, ...]


@lru_cache(maxsize=1 << 14)
def spelled(cell: str) -> Spelled:
    """A header cell as it stands, without what stands in brackets behind it, without the table before its name."""
    plain = tidy(cell)
    unit = UNIT.search(plain)
    bare = plain[: unit.start()] if unit else plain
    parts = tuple(tidy(p) for p in PIECES.split(unicodedata.normalize("NFKC", cell)) if tidy(p))
    own = _without_type(parts)
    snake = tidy(CAMEL.sub("_", cell)) if CAMEL.search(cell) else plain
    names = tuple(dict.fromkeys((plain, bare, tidy(plain.rpartition(".")[2]), NUMBERED.sub("", plain), snake)))
    return Spelled(names, unit[0][1:-1] if unit else "", bare if unit else "", own if len(parts) > 1 else ())


#: setlId as programs write setl_id; the number of a column before its name; what its values are, behind it.
CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
NUMBERED = re.compile(r"^[0-9]{1,3}[、.):_-]+")
TYPE = re.compile(
    r"n?varchar2?|n?char|string|text|number|numeric|decimal|int|integer|bigint|smallint|float|double|date|datetime"
    r"|timestamp|bool(ean)?|必填|选填|非必填"
)


def _without_type(parts: tuple[str, ...]) -> tuple[str, ...]:
    """The pieces of a header cell without a type behind the name and what stands in its brackets."""
    place = next((i for i, part in enumerate(parts) if i and TYPE.fullmatch(part)), len(parts))
    return parts[:place] if all(part.isdigit() or TYPE.fullmatch(part) for part in parts[place:]) else parts


@cache
def tables() -> dict[str, Table]:
    """All tables of the national export by their national name."""
    fields: dict[str, list[Field]] = {}
    for row in _rows(FOLDER / "fields.csv"):
        delivered = Field(
            row["source_field"],
            row["target_column"],
            row["kind"],
            row["is_required"] == "1",
            row["is_personal"] == "1",
            row["field_zh"],
        )
        fields.setdefault(row["source_table"], []).append(delivered)
    return {
        row["source_table"]: Table(
            row["source_table"],
            row["target_table"],
            row["table_zh"],
            row["is_required"] == "1",
            tuple(row["key"].split()),
            tuple(fields[row["source_table"]]),
            tuple(row["stands_in"].split()),
        )
        for row in _rows(FOLDER / "tables.csv")
    }


@cache
def names(dialects: Path | None = None) -> Names:
    """National, interface-layer and Chinese names, and those of the CSV files in a bureau's own folder.

    A dialect file has the columns table, name, field: a header `name` of `table` (or of every table, `*`) is
    the national `field`; with an empty field, `name` is a name of the table itself. With a fourth column `code`,
    `name` is a word that offices write in the field for this code. Raises UsageError for a dialect that names what
    does not exist.
    """
    of_table = {t.source: t.source for t in tables().values()} | {t.name_zh: t.source for t in tables().values()}
    of_table |= {row["alias"].lower(): row["source_table"] for row in _rows(FOLDER / "table_aliases.csv")}
    of_field: dict[tuple[str, str], str] = {}
    for table in tables().values():
        of_field |= {(table.source, f.name_zh.lower()): f.source for f in table.fields}
    of_field |= {(r["source_table"], r["alias"]): r["source_field"] for r in _rows(FOLDER / "aliases.csv")}
    for table in tables().values():
        of_field |= {(table.source, f.source): f.source for f in table.fields}
    of_word: dict[tuple[str, str], dict[str, str]] = {}
    for row in _rows(FOLDER / "words.csv"):
        of_word.setdefault((row["source_table"], row["source_field"]), {})[row["word"]] = row["code"]
    for path in sorted(dialects.iterdir()) if dialects and dialects.is_dir() else ():
        if path.suffix.lower() == ".csv" and not path.name.startswith((".", "~")):
            _dialect(path, of_table, of_field, of_word)
        elif path.suffix.lower() in NOT_CSV and not path.name.startswith((".", "~")):
            raise UsageError(f"{path} is not read: save the names as CSV UTF-8, {path.stem}.csv, in the same place.")
    return Names(of_table, of_field, of_word)


def _dialect(
    path: Path,
    of_table: dict[str, str],
    of_field: dict[tuple[str, str], str],
    of_word: dict[tuple[str, str], dict[str, str]],
) -> None:
    for number, row in texts.records(path):
        where = f"{path.name}, line {number}"
        if not {"table", "name", "field"} <= set(row):
            raise UsageError(f"{where}: a dialect has the columns table, name, field.")
        wanted = list(tables()) if row["table"] == "*" else [row["table"].lower()]
        if unknown := [t for t in wanted if t not in tables()]:
            raise UsageError(f"{where}: there is no table {unknown[0]}.")
        target = (row["field"] or "").strip().lower()
        if not target:
            of_table[row["name"].strip().lower()] = wanted[0]
            continue
        known = [t for t in wanted if target in {f.source for f in tables()[t].fields}]
        if not known:
            raise UsageError(f"{where}: {row['table']} has no field {target}.")
        if code := (row.get("code") or "").strip():
            _word(where, row["name"].strip(), code, [of_word.get((t, target)) for t in known])
            continue
        of_field |= {(t, row["name"].strip().lower()): target for t in known}


def _word(where: str, word: str, code: str, lists: Collection[dict[str, str] | None]) -> None:
    """Add a bureau's own word for a code that the field knows."""
    for words in lists:
        if words is None or code not in words.values():
            known = (
                "; it is read as it stands" if words is None else f"; it knows {', '.join(sorted(set(words.values())))}"
            )
            raise UsageError(f"{where}: the field has no code {code}{known}.")
        words[word.lower()] = code


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as handle:
        return list(csv.DictReader(handle))
