"""The words that columns of the knowledge may hold: what no rule evaluates is refused when it is loaded.

A row with a word that no rule knows would be joined by nothing and fall silent. Windows of time have their words
here too. By the calendar: `day`, `week` (from Monday), `month`, `quarter`, `year`. Rolling: `N days`, `N hours`. Of
care: `visit` (one encounter, whatever it is), `stay` (one encounter in hospital). `hour` is the same hour of the clock.
Bureaus write them in Chinese; those words are read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

CALENDAR = ("day", "week", "month", "quarter", "year")
CARE = ("visit", "stay")
COUNTED = (*CALENDAR, *CARE)
DAYS, HOURS = "N days", "N hours"

#: table -> the windows its rules evaluate.
WINDOWS: dict[str, tuple[str, ...]] = {
    "exclusive_pair": ("hour", HOURS, "day", *CARE),
    "contained_service": ("day", *CARE),
    "item_frequency": (*COUNTED, DAYS),
    "total_limit": (*COUNTED, DAYS),
    "consumable_limit": COUNTED,
    "service_limit": COUNTED,
}
#: (table, column) -> the words of a column that has only those.
WORDS: dict[tuple[str, str], tuple[str, ...]] = {
    ("item_course", "count_by"): ("days", "span"),
    ("item_course", "scope"): ("stay", "illness"),
    ("herb_unpaid", "kind"): ("always", "alone"),
    ("item_insurance", "insurance_kind"): ("work_injury", "maternity"),
    ("drug_dose", "care_setting"): ("emergency", "outpatient"),
    ("item_sex", "sex"): ("1", "2"),
    ("diagnosis_sex", "sex"): ("1", "2"),
    ("procedure_sex", "sex"): ("1", "2"),
    ("consumable_sex", "sex"): ("1", "2"),
    ("antibiotic", "class"): ("unrestricted", "restricted", "special"),
    ("domain_part", "kind"): (
        "source",
        "area",
        "problem",
        "department_word",
        "diagnosis_prefix",
        "item_prefix",
        "name_word",
        "setting",
        "medical_category",
    ),
}
_CHINESE = {
    "hour": "同一小时|单小时|每?小时",
    "day": "单日|同[一1]?[日天]|当[日天]|[每1一]?[日天]|自然日",
    "week": "[每单同1一]?(?:自然)?周|[每一]?星期",
    "month": "[每单同当1一]?(?:个)?(?:自然)?月(?:度)?",
    "quarter": "[每单同1一]?(?:个)?(?:自然)?季度?",
    "year": "[每单同1一]?(?:个)?(?:自然|参保|医保|统筹)?年度?",
    "stay": "[一单同每1]?次?住院(?:期间)?",
    "visit": "[一单同每1]?次?就[诊医]",
}
_ROLLING = {
    r"(\d+)(?:个)?(?:日|天|days?)内?": "{} days",
    r"(\d+)(?:个)?(?:小时|hours?)内?": "{} hours",
    r"(\d+)(?:周|weeks?)内?": "{7} days",
}
_DIGITS = {"一": "1", "二": "2", "两": "2", "三": "3", "四": "4", "五": "5", "六": "6", "七": "7", "八": "8", "九": "9"}


def window(text: str | None) -> str | None:
    """The window a text stands for, None where it stands for none."""
    word = re.sub(r"\s+", "", text or "").lower()
    if word in (*COUNTED, "hour"):
        return word
    for name, pattern in _CHINESE.items():
        if re.fullmatch(pattern, word):
            return name
    number = "".join(_DIGITS.get(c, c) for c in word)
    number = re.sub(r"(?<=\d)十(?=\d)", "", re.sub(r"(?<=\d)十(?!\d)", "0", re.sub(r"(?<!\d)十", "1十", number)))
    for pattern, form in _ROLLING.items():
        if match := re.fullmatch(pattern, number):
            count = int(match[1]) * (7 if "{7}" in form else 1)
            return form.replace("{7}", "{}").format(count) if count > 0 else None
    return None


def read(table: str, column: str, text: str) -> str | None:
    """What a cell of a column with fixed words means there, None where no rule evaluates it."""
    if column != "time_window":
        return text if text in WORDS[table, column] else None
    meant = window(text)
    kind = re.sub(r"^\d+ ", "N ", meant or "")
    return meant if kind in WINDOWS[table] else None


def columns(table: str) -> list[str]:
    """The columns of a table that hold fixed words."""
    return [*(["time_window"] if table in WINDOWS else []), *(c for t, c in WORDS if t == table)]


def allowed(table: str, column: str) -> str:
    """The words of a column, for the sentence that refuses another."""
    return ", ".join(WINDOWS[table] if column == "time_window" else WORDS[table, column])


def meanings(table: str, column: str, texts: Iterable[str]) -> dict[str, str | None]:
    """Each text of a column and what it means, None where no rule evaluates it."""
    return {text: read(table, column, text) for text in texts}
