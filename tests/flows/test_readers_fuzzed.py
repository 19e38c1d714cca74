"""Whatever the bytes of a small file or of HOME's own files: a plain sentence, never a traceback."""

import bz2
import gzip
import importlib
import io
import lzma
import pkgutil
import random
import zipfile
from functools import partial

import duckdb
import polars as pl
import pytest

from data.contract import mapping
from data.errors import FundwatchError
from data.knowledge.published import workbook as knowledge_import
from flows import replay
from flows.home import settings as home_settings
from flows.publish import outlook
from models import casebook
from models.casebook import handed, read
from models.sources import case_file
from models.workbench import located, ruleset, template

VERDICTS = (
    "lead_id,subject_type,subject_id,核查结论,确认违规金额\n" + "L1,institution,H1,确认违规,12.50\n" * 40
).encode()
FUND = ("month,item,amount\n" + "2025-01,income,100\n" * 20).encode()
TOML = b'seed = 3\nthreads = 2\nmemory_limit = "3GB"\n[rules.split_admission]\ndays = 3\n[capacity]\nperson = 2.5\n'
SWITCHES = b'[split_admission]\nstatus = "retired"\nreason = "why"\nowner = "x"\ndate = 2026-01-01\n'
MANIFEST = (
    b'{"fingerprint": "f", "code": "c", "knowledge": "k", "settings": {}, "inputs": [], "outputs": [], "sources": []}'
)


def zipped(content, method=zipfile.ZIP_DEFLATED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        archive.writestr("v.csv", content)
    return out.getvalue()


def table(content, how):
    out = io.BytesIO()
    frame = pl.read_csv(content, infer_schema=False)
    frame.write_parquet(out) if how == "parquet" else frame.write_excel(out)
    return out.getvalue()


def spoilt(content, draw):
    """The bytes with a few changed, cut short, or with noise put in."""
    data = bytearray(content)
    kind = draw.randrange(4)
    if kind == 0:
        for _ in range(draw.randrange(1, 6)):
            data[draw.randrange(len(data))] ^= 1 << draw.randrange(8)
    elif kind == 1:
        del data[draw.randrange(len(data)) :]
    elif kind == 2:
        place = draw.randrange(len(data))
        data[place:place] = draw.randbytes(draw.randrange(1, 40))
    else:
        place = draw.randrange(len(data))
        data[place : place + draw.randrange(1, 60)] = bytes(draw.choice([0, 255, 10, 34]) for _ in range(20))
    return bytes(data)


FORMS = {
    "v.csv": VERDICTS,
    "v.csv.gz": gzip.compress(VERDICTS),
    "v.zip": zipped(VERDICTS),
    "lzma.zip": zipped(VERDICTS, zipfile.ZIP_LZMA),
    "bzip2.zip": zipped(VERDICTS, zipfile.ZIP_BZIP2),
    "v.csv.bz2": bz2.compress(VERDICTS),
    "v.csv.xz": lzma.compress(VERDICTS),
    "v.xlsx": lambda: table(VERDICTS, "xlsx"),
    "v.parquet": lambda: table(VERDICTS, "parquet"),
}


def manifest_of(path):
    return replay.read_manifest(path.parent)


CASE = b"""## given to all

feature.settlement

| settlement_id | settled_on | amount |
|---|---|---|
| S1 | 2025-01-01 | 5.00 |

## a bill is found

finds

| settlement_id | amount |
|---|---|
| S1 | 5.00 |
"""
MAPPING = ("table,name,field\n" + "setl_d,结算流水,setl_id\n" + "*,人员号,psn_no\n" * 9).encode()
VALUES = {"date": "2025-03-04", "money": "12.50", "count": "3", "flag": "是"}


def handed_in(columns):
    """Rows of a file people hand in, with every column that we know of it."""
    row = ",".join(VALUES.get(kind, "A1") for kind in columns.values())
    return (",".join(columns) + "\n" + f"{row}\n" * 12).encode()


def forms():
    """Every kind of file that the casebook takes in: its rows, what reads them, what makes values of their texts."""
    for module in pkgutil.iter_modules(casebook.__path__, "models.casebook."):
        there = importlib.import_module(module.name)
        for form in {f.name: f for f in vars(there).values() if isinstance(f, handed.Form)}.values():
            rows = handed_in(handed.columns(form.name))
            yield form.name, rows, partial(handed.read, form=form), lambda con, got, form=form: got.typed(con, form)


def cases(path):
    """A rule's cases: what does not fit is a ValueError that names the line, which `rule test` says."""
    try:
        case_file.read(path)
    except ValueError as error:
        assert path.name in str(error) or isinstance(error, UnicodeDecodeError)


def rules(path):
    """A rule that people write."""
    located.read(path)


READERS = {
    **{name: (content, f"{name}.csv", read) for name, content, read, _ in forms()},
    "cases.md": (CASE, "cases.md", cases),
    "rule.sql": (template.RULE.encode(), "rules/own_rule.sql", rules),
    "mapping": (MAPPING, "mappings/own.csv", lambda path: mapping.names.__wrapped__(path.parent)),
    **{name: (content, name, read.read) for name, content in FORMS.items()},
    "fund.csv": (FUND, "fund.csv", outlook.read_account),
    "fund.csv.gz": (gzip.compress(FUND), "fund.csv.gz", outlook.read_account),
    "knowledge.xlsx": (lambda: table(VERDICTS, "xlsx"), "k.xlsx", knowledge_import.read_workbook),
    "fundwatch.toml": (TOML, home_settings.FILE_NAME, lambda path: home_settings.load(path.parent, {})),
    "switches.toml": (SWITCHES, ruleset.SWITCHES, lambda path: ruleset.switches(path.parent)),
    "manifest.json": (MANIFEST, "manifest.json", manifest_of),
}


def attempt(name, folder, seed, tries):
    content, file, reader = READERS[name]
    content = content() if callable(content) else content
    draw = random.Random(f"{name} {seed}")
    path = folder / file
    path.parent.mkdir(exist_ok=True)
    for number in range(tries):
        path.write_bytes(spoilt(content, draw))
        try:
            reader(path)
        except FundwatchError as refused:
            assert str(refused).strip(), number


@pytest.mark.parametrize("name", sorted(READERS))
def test_a_few_spoilt_files(name, tmp_path):
    attempt(name, tmp_path, 1, 12)


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(READERS))
def test_many_spoilt_files(name, tmp_path):
    attempt(name, tmp_path, 2, 400)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "content", "read", "typed"), list(forms()), ids=lambda value: value if isinstance(value, str) else ""
)
def test_values_of_spoilt_files_of_the_casebook(name, content, read, typed, tmp_path):
    """Binding the values of all columns takes a second, so what is only read is tried more often."""
    draw, path = random.Random(name), tmp_path / "v.csv"
    for _ in range(15):
        path.write_bytes(spoilt(content, draw))
        with duckdb.connect() as con:
            try:
                typed(con, read(path))
            except FundwatchError as refused:
                assert str(refused).strip()
