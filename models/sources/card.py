"""The card on top of every rule and detector: what it says, on what ground, with which parameters."""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date
from functools import cache
from typing import Any, cast, get_type_hints

from models.sources import law, wording

SUBJECTS = ("institution", "pharmacy", "practitioner", "person", "group")
CERTAINTIES = ("definite", "suspected")
STAGES = ("reminder", "audit", "supervision")
#: What a source judges by: a quantity, a price, an amount, any of a line's numbers, the day, the moment of posting, a
#: person's sex, the practitioner's code, the whole pattern of a subject's indicators (a second opinion on them).
JUDGES = ("quantity", "price", "amount", "numbers", "day", "moment", "sex", "practitioner", "pattern")
STATUSES = ("trial", "live", "retired")


class CardError(ValueError):
    """A card that is incomplete or contradicts itself."""


class SettingError(CardError):
    """A parameter set from outside that the card does not have, or to what it cannot be."""


#: Parameters of earlier versions that were an area's own codes: these are rows of knowledge, once for all sources.
IN_KNOWLEDGE = frozenset({"bed_day_method", "plain_method", "methods"})


@dataclass(frozen=True)
class Parameter:
    """A threshold: its value, its unit and what it decides."""

    value: int | float | str
    unit: str = ""
    meaning: str = ""
    meaning_zh: str = ""  # a bureau's own cards say it here, the package's in models/sources/meanings.csv
    min: int | float | None = None
    max: int | float | None = None

    def decides(self, language: str) -> str:
        """What it decides, in the language; English where a card has no Chinese."""
        if language != "zh":
            return self.meaning
        return self.meaning_zh or wording.in_chinese(wording.MEANINGS).get(self.meaning, self.meaning)

    def measured(self, language: str) -> str:
        """Its unit in the language."""
        return wording.in_chinese(wording.UNITS).get(self.unit, self.unit) if language == "zh" else self.unit

    def bounds(self) -> tuple[float, float]:
        """Least and greatest value that makes sense: as declared, else of the default's sign, a share at most 1."""
        if isinstance(self.value, str):
            return -math.inf, math.inf
        low = 0.0 if self.value >= 0 else -math.inf
        high = 1.0 if self.unit == "share" and self.value <= 1 else math.inf if self.value >= 0 else 0.0
        return low if self.min is None else self.min, high if self.max is None else self.max

    def check(self, name: str, value: float) -> None:
        """Raises SettingError for a number out of bounds."""
        low, high = self.bounds()
        if math.isfinite(value) and low <= value <= high:
            return
        limits = [f"not below {low:g}"] if math.isfinite(low) else []
        limits += [f"not above {high:g}"] if math.isfinite(high) else []
        unit = f" ({self.unit})" if self.unit else ""
        raise SettingError(f"{name} is {value:g}; it must be a number{unit}, {' and '.join(limits)}")


@dataclass(frozen=True)
class Strength:
    """How strongly a finding speaks: `halving` of `by` above `above` make up half the distance to certainty."""

    by: str  # a column of the query
    halving: float
    above: float | str = 0.0  # or the parameter that holds it


@dataclass(frozen=True)
class Card:
    """What a source of findings declares about itself. `subjects` are those whom a finding implicates."""

    title: str
    title_zh: str
    violation: str
    subjects: tuple[str, ...]
    certainty: str
    sentence: str  # explanation in English; {names} are detail columns of the query
    sentence_zh: str
    law: tuple[str, ...] = ()  # units of knowledge.legal_basis, duty and penalty, whatever day they came into force
    basis: tuple[str, ...] = ()  # other grounds in words: the rule base, pharmacopoeia, screening models
    official: tuple[int, ...] = ()
    by_edition: bool = False  # its items stand in an edition of the catalogue; a day that none covers is not judged
    problem: tuple[str, ...] = ()  # official self-check items it screens, as knowledge.problem_item names them
    judges: tuple[str, ...] = ()  # what a slip of would make its findings false; artefacts read it
    family: str = ""  # sources of one family are one piece of evidence; default: the violation
    fetch: tuple[str, ...] = ()  # words of models/sources/materials.csv: what to ask for on site; default: the family's
    stage: str = "supervision"
    scope: tuple[str, ...] = ()
    window: str = ""
    needs: tuple[str, ...] = ()  # record.<table> or record.<table>.<column>
    params: Mapping[str, Parameter] = field(default_factory=dict)
    exclusions: tuple[str, ...] = ()
    exclusions_zh: tuple[str, ...] = ()  # as many, in the same order; the inspector's page shows them
    strength: Strength | None = None  # without one a hit speaks with full weight, or as its query says
    uses: tuple[str, ...] = ()  # shared steps of the family that run first
    limits: str = ""  # in these four, {param} stands for the value in force; see models/sources/wording.py
    limits_zh: str = ""
    effective_from: date | None = None
    effective_to: date | None = None
    status: str = "live"
    version: str = "1"

    def values(self, overrides: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Parameter values with overrides applied.

        Raises SettingError for an unknown name, a value of another kind or a number out of bounds.
        """
        unknown = sorted(set(overrides or {}) - set(self.params))
        if moved := [name for name in unknown if name in IN_KNOWLEDGE]:
            raise SettingError(
                f"has no parameter {', '.join(moved)} any more: codes of payment stand in"
                " HOME/knowledge/payment_method.csv"
            )
        if unknown:
            raise SettingError(f"has no parameter {', '.join(unknown)}")
        for name, value in (overrides or {}).items():
            kind = _kind(self.params[name].value)
            if _kind(value) != kind:
                raise SettingError(f"{name} is {value!r}; it must be {kind}")
            if kind == "a number":
                self.params[name].check(name, value)
        return {name: p.value for name, p in self.params.items()} | dict(overrides or {})

    def clauses(self) -> str:
        """Every clause it rests on, whatever the day of the act."""
        return law.cited(self.law, self.basis)

    def asks(self, language: str) -> list[str]:
        """What to ask for on site: what the card itself names, else what its family asks for."""
        known = wording.materials(language)
        return [known[word] for word in self.fetch or (self.family or self.violation,) if word in known]


def _kind(value: object) -> str:
    if isinstance(value, bool):
        return "true or false"
    return "a number" if isinstance(value, int | float) else "text" if isinstance(value, str) else "a list"


def listed(what: str, problems: Sequence[str]) -> str:
    """One problem is one sentence; several stand below each other."""
    return f"{what}: {problems[0]}." if len(problems) == 1 else "\n".join([f"{what}:", *problems])


@cache
def parse(text: str) -> Card:
    """Read a card from TOML, the same text once a process. Raises CardError naming what is wrong."""
    try:
        said = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise CardError(f"the card is not TOML: {error}") from error
    return make(said)


def make(said: Mapping[str, Any]) -> Card:
    """A checked card from plain values."""
    known = {f.name for f in fields(Card)}
    if unknown := set(said) - known:
        raise CardError(f"the card has unknown entries: {', '.join(sorted(unknown))}")
    _refuse_kinds(said)
    ready = {k: tuple(v) if isinstance(v, list) else v for k, v in said.items()}
    try:
        ready["params"] = {k: Parameter(**v) for k, v in said.get("params", {}).items()}
        if "strength" in said:
            ready["strength"] = Strength(**said["strength"])
        card = Card(**cast(Any, ready))
    except TypeError as error:
        raise CardError(f"the card is incomplete: {error}") from error
    _check(card)
    return card


def _refuse_kinds(said: Mapping[str, Any]) -> None:
    """Raises CardError for an entry of another kind than it is declared with: what is no day is never one later."""
    for name, kind in _kinds(Card).items():
        if name in said:
            _refuse_kind(name, said[name], kind)
    for name, entries in said.get("params", {}).items():
        if not re.fullmatch(r"[a-z]\w*", name, re.ASCII):
            raise CardError(f"the parameter '{name}' is no name: small letters, digits and underscores")
        if not isinstance(entries, Mapping):
            raise CardError(f"the parameter {name} is {entries!r}; write {name} = {{ value = ... }}")
        _refuse_parts(f"the parameter {name}", entries, Parameter)
    if "strength" in said:
        _refuse_parts("strength", said["strength"], Strength)


@cache
def _kinds(part: type) -> dict[str, Any]:
    """What the entries of a card or a part of it are declared as; asked of every card."""
    return get_type_hints(part)


def _refuse_parts(what: str, entries: Mapping[str, Any], part: type) -> None:
    kinds = _kinds(part)
    if unknown := set(entries) - set(kinds):
        raise CardError(f"{what} has unknown entries: {', '.join(sorted(unknown))}")
    for name, value in entries.items():
        _refuse_kind(f"{what}: {name}", value, kinds[name])


def _refuse_kind(what: str, value: object, kind: object) -> None:
    words, fits = next(((words, fits) for declared, words, fits in KINDS if declared == kind), ("", None))
    if fits is not None and not fits(value):
        raise CardError(f"{what} is {value!r}; it must be {words}")
    for text in value if isinstance(value, list) else [value]:
        if isinstance(text, str) and not text.replace("\n", " ").replace("\t", " ").isprintable():
            raise CardError(f"{what} holds a character that is not seen: {text!r}")


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _is_list_of(*kinds: type) -> Callable[[object], bool]:
    return lambda value: isinstance(value, list | tuple) and all(type(each) in kinds for each in value)


#: What the entries of a card are declared as, in words, and how it is told.
KINDS: tuple[tuple[object, str, Callable[[Any], bool]], ...] = (
    (str, "text", lambda v: isinstance(v, str)),
    (tuple[str, ...], "a list of texts", _is_list_of(str)),
    (tuple[int, ...], "a list of whole numbers", _is_list_of(int)),
    (date | None, "a day without quotation marks, such as 2026-03-01", lambda v: type(v) is date),
    (bool, "true or false", lambda v: isinstance(v, bool)),
    (float, "a number", _is_number),
    (int | float | None, "a number", _is_number),
    (int | float | str, "a number, true or false, or text", lambda v: isinstance(v, str | bool) or _is_number(v)),
    (float | str, "a number or a parameter's name", lambda v: isinstance(v, str) or _is_number(v)),
    (Mapping[str, Parameter], "a table, written [params]", lambda v: isinstance(v, Mapping)),
    (Strength | None, "a table", lambda v: isinstance(v, Mapping)),
)


def _check(card: Card) -> None:
    for name, value, allowed in (
        ("certainty", card.certainty, CERTAINTIES),
        ("stage", card.stage, STAGES),
        ("status", card.status, STATUSES),
    ):
        if value not in allowed:
            raise CardError(f"{name} is '{value}', not one of {', '.join(allowed)}")
    if not card.subjects or set(card.subjects) - set(SUBJECTS):
        raise CardError(f"subjects must be some of {', '.join(SUBJECTS)}")
    if odd := set(card.judges) - set(JUDGES):
        raise CardError(f"judges names {', '.join(sorted(odd))}; there are {', '.join(JUDGES)}")
    if card.exclusions_zh and len(card.exclusions_zh) != len(card.exclusions):
        raise CardError("exclusions and exclusions_zh differ in number")
    texts = (*card.exclusions, *card.exclusions_zh, card.limits, card.limits_zh)
    if odd := wording.holes(texts) - set(card.params):
        raise CardError(f"exclusions or limits name {', '.join(sorted(odd))}, which is no parameter")
    if odd := set(card.fetch) - set(wording.materials("en")):
        raise CardError(f"fetch names {', '.join(sorted(odd))}, which is no material")
    if card.strength and isinstance(card.strength.above, str) and card.strength.above not in card.params:
        raise CardError(f"strength is measured above {card.strength.above}, which is no parameter")
    if not (card.law or card.basis) or not all(card.basis):
        raise CardError("basis is empty: name the clause, or the law by its units")
    if fault := law.wrong(card.law):
        raise CardError(fault)
