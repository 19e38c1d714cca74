"""Layers, enforced by the machine: imports, and the schemas that each folder's SQL may read."""

import subprocess
import sys
from pathlib import Path

import pytest
import sqlglot
from sqlglot import exp

from data.warehouse import guard, scripts
from models import detectors
from models.sources import detector

ROOT = Path(__file__).parents[1]
MAY_READ = {
    "features": {"record", "knowledge", "feature"},
    "models/rules": {"record", "knowledge", "feature"},
    "models/ranking": {"record", "feature", "model", "casebook"},
    "models/artefacts": {"record", "feature", "model"},
    "models/learning": {"record", "casebook"},
    "models/casebook": {"record", "knowledge", "feature", "model", "casebook"},
    "models/visits": {"record", "knowledge", "feature", "model", "casebook"},
    "models/evaluation": {"feature", "model", "casebook", "truth"},
    "models/outlook": {"record", "feature", "model"},
    "flows/publish": {"record", "knowledge", "feature", "model", "casebook"},
}
#: The only queries that may look at identities: one turns id numbers into sex and date of birth, the other telephone
#: numbers and addresses into marks that are equal where those are; the others write names: masked unless asked beside
#: lines and visits, masked on the forms of a record review, and a lead's own subject for the police.
IDENTITY = {
    "features/person.sql",
    "features/person_household.sql",
    "flows/publish/evidence.sql",
    "flows/publish/members.sql",
    "flows/publish/review_names.sql",
    "flows/publish/transfer_lines.sql",
    "models/visits/visit_line.sql",
    "models/visits/visit_record.sql",
}
PACKAGES = ("data", "features", "models", "flows")
QUERIES = sorted(p for folder in MAY_READ for p in (ROOT / folder).glob("*.sql"))


def tables(path):
    tree = sqlglot.parse_one(path.read_text(encoding="utf-8"), read="duckdb")
    return {(t.db, t.name) for t in tree.find_all(exp.Table) if t.db}


@pytest.mark.parametrize("path", QUERIES, ids=lambda p: p.stem)
def test_query_reads_only_what_its_folder_may(path):
    folder = path.parent.relative_to(ROOT).as_posix()
    read = tables(path)
    assert {schema for schema, _ in read} <= MAY_READ[folder]
    if path.relative_to(ROOT).as_posix() not in IDENTITY:
        assert ("record", "person_identity") not in read


def test_every_folder_of_queries_is_watched():
    """Detectors' scripts pass a guard of their own whenever they are loaded."""
    folders = {
        p.parent.relative_to(ROOT).as_posix()
        for package in ("features", "models", "flows")
        for p in (ROOT / package).rglob("*.sql")
        if ROOT / "models" / "detectors" not in p.parents
    }
    assert folders <= set(MAY_READ)


@pytest.mark.parametrize(
    ("script", "why"),
    [
        ("select 'hit' as outcome from run.step", "reads run.step"),
        ("select 'hit' as outcome from record.person_identity", "names persons"),
        ("select 'hit' as outcome from read_csv('/etc/passwd')", "is no function that a detector may use"),
        ("select 'hit' as outcome from '/etc/passwd'", "reads /etc/passwd"),
        ("select getenv('HOME') as outcome", "is no function that a detector may use"),
        ("create table x as select 1 as outcome", "it must be `create temp table NAME as`"),
        ("drop table feature.stay", "it must be `create temp table NAME as`"),
        ("attach 'x.db'", "it must be `create temp table NAME as`"),
        ("select 'hit' as outcome; copy feature.stay to 'x.csv'", "statement 2"),
        ("select 'hit' as outcome from not_made", "reads not_made"),
    ],
)
def test_a_detector_s_script_passes_the_guard_or_is_refused(script, why):
    with pytest.raises(guard.SqlRefused, match=why):
        scripts.script(script, detector.MAY_READ, guard.PERSONAL, frozenset())


def test_every_detector_s_scripts_passed_it():
    assert len(detectors.load()) > 50


def test_imports_go_down_only():
    said = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert said.returncode == 0, said.stdout + said.stderr


def test_nothing_but_the_edge_reads_the_environment():
    for package in ("data", "features", "models"):
        for path in (ROOT / package).rglob("*.py"):
            assert "os.environ" not in path.read_text(encoding="utf-8"), path


def test_the_top_level_is_what_was_agreed():
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True).stdout.split()
    top = {name.split("/")[0] for name in listed if not name.startswith(".")}
    assert top <= {"pyproject.toml", "README.md", "flows", "features", "models", "data", "tests"}


def test_modules_stay_small():
    long = {
        p.relative_to(ROOT).as_posix(): n
        for package in PACKAGES
        for p in (ROOT / package).rglob("*.py")
        if (n := p.read_text(encoding="utf-8").count("\n")) > 300
    }
    assert not long
