"""An ordinary practice as it is written down: who, where, which visits, what was charged; and why it is lawful."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "practices"
Row = dict[str, Any]
#: What stands on nearly every bill; `bill = ["ward"]` takes it, beside a practice's own `[bills]`.
BILLS = {
    "ward": ["普通病房床位费(三人间) daily", "Ⅱ级护理 daily", "住院诊查费 daily"],
    "drip": ["静脉输液 daily", "一次性使用输液器 daily", "氯化钠注射液 x2 daily"],
    "visit": ["普通门诊诊查费"],
    "blood": [
        "血细胞分析 d0",
        "血清丙氨酸氨基转移酶测定 d0",
        "肌酐测定 d0",
        "钾测定(火焰分光光度法或离子选择电极法) d0",
    ],
}
LINE = re.compile(r"(?P<name>\S+)(?P<words>.*)")


class PracticeError(ValueError):
    """A practice that cannot be read: which file, what was seen."""


@dataclass(frozen=True)
class Doubt:
    """A suspected finding that may stand on a practice, because no field there is tells it from the scheme."""

    source: str
    reason: str
    reason_zh: str


@dataclass(frozen=True)
class Charge:
    """One line of a bill, as it is written: what, how often a day, for how much, on which days, by whom."""

    item: str
    quantity: float = 1
    price: float | None = None
    days: str = "first"  # first, last, daily, n, a-b
    at: str | None = None  # HH:MM
    doctor: str | None = None
    columns: Mapping[str, str] | None = None


@dataclass(frozen=True)
class Visit:
    """A visit, stay or purchase of one person or of each of a group, once or again and again."""

    person: str
    place: str
    on: str  # MM-DD HH:MM of the year; +MM-DD of the next, -MM-DD of the last
    category: str = "11"
    nights: int = 0
    until: str | None = None
    leaves: str = "10:30"  # the clock of the discharge
    times: int = 1
    every: int = 1
    weekdays: bool = False
    hours: Sequence[str] = ()
    apart: int = 0
    diagnoses: Sequence[str] = ()
    department: str = "全科医疗科"
    doctor: str | None = None
    fund: float | None = None
    account: float | None = None
    family: float = 0
    lines: Sequence[Charge] = ()
    mix: Sequence[Charge] = ()  # of these each visit takes some, as illnesses differ
    operations: Sequence[str] = ()
    disease: str | None = None  # code and name of the chronic disease it is billed under
    name: str | None = None
    settlement: Mapping[str, Any] | None = None
    encounter: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Practice:
    """One ordinary practice."""

    id: str
    title: str
    title_zh: str
    lawful: str
    lawful_zh: str
    places: Mapping[str, Row]
    persons: Mapping[str, Row]
    doctors: Mapping[str, Row]
    visits: Sequence[Visit]
    rows: Mapping[str, Sequence[Row]]
    suspected: Sequence[Doubt] = ()


def charge(text: str) -> Charge:
    """`血液透析 x1 380元 daily 09:30 by:chief prd_days=7`: the item by its name, the rest in any order."""
    matched = LINE.fullmatch(text.strip())
    if matched is None:
        raise PracticeError(f"a line of a bill is empty: {text!r}")
    values: Row = {"item": matched["name"]}
    columns: dict[str, str] = {}
    for word in matched["words"].split():
        if re.fullmatch(r"x-?[\d.]+", word):
            values["quantity"] = float(word[1:])
        elif re.fullmatch(r"[\d.]+元", word):
            values["price"] = float(word[:-1])
        elif re.fullmatch(r"first|last|daily|all|d-?\d+(-\d+)?", word):
            values["days"] = word.removeprefix("d") if word[1:2].isdigit() or word[1:2] == "-" else word
        elif re.fullmatch(r"\d\d:\d\d", word):
            values["at"] = word
        elif word.startswith("by:"):
            values["doctor"] = word[3:]
        elif "=" in word:
            column, _, value = word.partition("=")
            columns[column] = value
        else:
            raise PracticeError(f"{text!r}: {word!r} is no quantity (x2), price (8元), day (daily, d3) or column (a=b)")
    return Charge(**values, columns=columns)


def _made(kind: type, values: Mapping[str, Any], where: str) -> Any:
    unknown = sorted(set(values) - {f.name for f in fields(kind)})
    if unknown:
        raise PracticeError(f"{where}: unknown {', '.join(unknown)}")
    try:
        return kind(**values)
    except TypeError as error:
        raise PracticeError(f"{where}: {error}") from error


def read(path: Path) -> Practice:
    """One file of the library; PracticeError names the file and what is wrong in it."""
    try:
        text = tomllib.loads(path.read_text(encoding="utf-8"))
        bills = BILLS | text.pop("bills", {})
        visits = []
        for number, values in enumerate(text.pop("visits", []), start=1):
            written = [line for name in values.pop("bill", []) for line in bills[name]] + values.get("lines", [])
            made = {
                "lines": [charge(line) for line in written],
                "mix": [charge(line) for line in values.get("mix", [])],
            }
            visits.append(_made(Visit, values | made, f"{path.name}, visit {number}"))
        doubts = [_made(Doubt, values, path.name) for values in text.pop("suspected", [])]
        parts = {name: text.pop(name, {}) for name in ("places", "persons", "doctors", "rows")}
    except (tomllib.TOMLDecodeError, KeyError, PracticeError) as error:
        raise PracticeError(f"{path.name}: {error}") from error
    practice: Practice = _made(
        Practice, {"id": path.stem, "visits": visits, "suspected": doubts} | parts | text, path.name
    )
    return practice


def library(folder: Path = FOLDER) -> dict[str, Practice]:
    """Every practice by its id, in the order of their names."""
    return {path.stem: read(path) for path in sorted(folder.glob("*.toml"))}
