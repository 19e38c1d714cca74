"""What a warehouse and a HOME are made of, computed once a command: record, knowledge, code, rules, settings, verdicts.

A step is new where a part it depends on changed; a source where it or what it reads did.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import duckdb

from data.errors import UsageError
from data.knowledge import load as knowledge_load
from data.warehouse import events, journal
from features import build
from flows.home import version
from flows.home.settings import Settings
from models.casebook import outside, rates, same, suppressions
from models.sources.source import Source
from models.workbench import ruleset

#: What every source is judged with, whatever it reads: the contract of findings and the guards.
CONTRACT = ("models/sources", "data/warehouse")
RANKING = ("data", "models")


@dataclass(frozen=True)
class State:
    """The parts of one HOME at one moment; each is read when it is first asked for."""

    settings: Settings
    con: duckdb.DuckDBPyConnection

    @property
    def overlay(self) -> Path:
        """The bureau's own knowledge: CSV files of the same names, laid over the package's."""
        return self.settings.home / "knowledge"

    @cached_property
    def sources(self) -> list[Source]:
        """Every rule and detector with the settings' parameters."""
        return ruleset.sources(self.settings.home, self.settings.rules, self.settings.detectors, self.settings.areas)

    @cached_property
    def deliveries(self) -> str:
        """Hash of the delivered contents the record holds. Raises UsageError where it holds none."""
        order = events.order(self.con, "run.input_file")
        files = self.con.execute(f"select file_id from run.input_file order by {order}, file_id").fetchall()
        if not files:
            raise UsageError("The warehouse is empty. Run `fundwatch ingest INPUT` first.")
        return journal.hash_of(file_id for (file_id,) in files)

    @cached_property
    def knowledge(self) -> str:
        """Hash of the package's knowledge and the bureau's own on top of it."""
        return knowledge_load.version(self.overlay)

    @property
    def record(self) -> str:
        """Hash of the deliveries and of the knowledge beside them."""
        return journal.hash_of([self.deliveries, self.knowledge])

    @cached_property
    def verdicts(self) -> str:
        """Hash of what inspections found."""
        return rates.version(self.con)

    @property
    def suppressions(self) -> str:
        """Hash of what the bureau left off its lists."""
        return suppressions.version(self.con)

    @cached_property
    def same(self) -> tuple[str, ...]:
        """Hash of the codes that people said to be one subject's; nothing where nobody said so."""
        held = same.version(self.con)
        return (held,) if held else ()

    @property
    def outside(self) -> str:
        """Hash of the leads from outside that were handed in."""
        return outside.version(self.con)

    @cached_property
    def run(self) -> str:
        """Hash of everything that a run is made of."""
        settings = repr(self.settings.deciding())
        rules = ruleset.version(self.settings.home)
        return journal.hash_of(
            [self.record, version.code(), settings, self.verdicts, rules, self.suppressions, self.outside, *self.same]
        )

    @cached_property
    def features(self) -> dict[str, str]:
        """What each feature table is made of, in build order."""
        return build.fingerprints(self.record, self.knowledge)

    def basis(self, source: Source) -> str:
        """What a source's findings are made of beside itself: the tables it reads and the contract of findings.

        A source that does not say what it reads is taken to read every feature.
        """
        tables = {t for t in source.reads if t.startswith("feature.")} | {"feature.settlement", "feature.institution"}
        names = {t.removeprefix("feature.") for t in tables} if source.reads else set(self.features)
        parts = [
            self.record,
            version.code(CONTRACT),
            *self.same,
            *(self.features[n] for n in sorted(names & set(self.features))),
        ]
        if any(t.startswith("casebook.") for t in source.reads):
            parts.append(self.verdicts)
        if source.is_own:  # with more time or memory it may end
            parts.append(f"{self.settings.rule_minutes:g} {self.settings.memory_limit}")
        return journal.hash_of(parts)

    def stale(self, known: dict[str, str]) -> list[Source]:
        """The sources, retired ones aside, whose findings are not those of now; `known`: source -> fingerprint."""
        standing = [s for s in self.sources if s.card.status != "retired"]
        return [s for s in standing if known.get(s.id) != s.fingerprint(self.basis(s))]

    def triage(self, prints: Collection[tuple[str, str]]) -> str:
        """Hash of the findings of now and of what classes them; `prints`: source and fingerprint."""
        return journal.hash_of([repr(list(prints)), version.code(("models/artefacts",))])

    def ranking(self, prints: Collection[tuple[str, str]]) -> str:
        """Hash of what leads are made of, so that a ranking left behind is never published as a later one."""
        settings = [self.settings.objective, str(self.settings.seed), str(float(self.settings.least_yuan))]
        judged = [self.verdicts, self.suppressions, self.outside]
        return journal.hash_of([repr(list(prints)), version.code(RANKING), *settings, *judged])
