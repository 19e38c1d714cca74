"""Shared: a small simulated town, and one finished run on it."""

import csv
import fcntl
import os
import pickle
import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SAMPLE = ROOT.parent / "shared" / "sample"

#: Enough sources for every list to have leads, where a test is about the run and not about what it finds.
FEW = {
    "batch_visits",
    "care_after_death",
    "co_visit_ring",
    "exclusive_items_together",
    "frequent_purchases",
    "item_for_other_sex",
    "item_outside_indication",
    "professional_buyer",
    "several_stores_one_day",
    "shared_signature",
    "split_admission",
    "stay_overlaps_other_care",
}

if hasattr(os, "sched_setaffinity") and (worker := os.environ.get("PYTEST_XDIST_WORKER")):
    # One core a worker: on tables this small the engine's and polars' own threads cost more than they bring.
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {cores[int(worker.removeprefix("gw")) % len(cores)]})


@pytest.fixture(scope="session", autouse=True)
def _founded(once):
    """A new HOME's warehouse is a copy of one that the code itself founded: its tables cost more than most tests."""
    from data.warehouse import connection

    def fill(folder):
        with connection.open_warehouse(folder):
            pass

    founded = once("founded", fill) / connection.FILE_NAME
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(connection, "_found", lambda path: shutil.copyfile(founded, path))
        yield


needs_sample = pytest.mark.skipif(not SAMPLE.is_dir(), reason="the sample export is not here")


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch):
    for name in [n for n in os.environ if n.startswith(("FUNDWATCH_", "PREFECT_"))]:
        monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def few():
    """Make a HOME whose switches leave few sources; gives the HOME."""
    from flows.home import decisions
    from models.workbench import ruleset

    def switch_off(home):
        home.mkdir(parents=True, exist_ok=True)
        others = sorted({s.id for s in ruleset.unswitched(home)} - FEW)
        off = ruleset.Switch("retired", "not at issue here")
        logged = decisions.witness_switches(home, home / ruleset.DRAFT, {"rule": others, "to": "retired"})
        ruleset.write(home, dict.fromkeys(others, off), logged)
        return home

    return switch_off


@pytest.fixture(scope="session")
def once(tmp_path_factory, request):
    """Make a folder that every worker of this session reads: name, and who fills it; gives the folder."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if hasattr(request.config, "workerinput") else base

    def made(name, fill):
        folder, whole = shared / name, shared / f"{name}.whole"
        with (shared / f"{name}.lock").open("w") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            if not whole.exists():
                shutil.rmtree(folder, ignore_errors=True)
                folder.mkdir()
                fill(folder)
                whole.touch()
        return folder

    return made


@pytest.fixture(scope="session")
def town(once):
    """Folder of a simulated export of 1,500 persons."""
    from data.simulate import simulate

    return once("town", lambda folder: simulate(folder, persons=1500, seed=7))


@pytest.fixture(scope="session")
def hamlet(once):
    """Folder of a simulated export of 400 persons, where size is not at issue."""
    from data.simulate import simulate

    return once("hamlet", lambda folder: simulate(folder, persons=400, seed=7))


@pytest.fixture(scope="session")
def empty_warehouse(once):
    """File of a warehouse with every table and nothing in it; making it costs more than a test."""
    import duckdb

    from data.knowledge.load import FOLDER
    from data.warehouse.connection import ddl
    from features import build

    def fill(folder):
        with duckdb.connect(str(folder / "warehouse.duckdb")) as con:
            con.execute(ddl())
            con.execute(f"insert into knowledge.discharge_way by name from '{FOLDER / 'discharge_way.csv'}'")
            for name, feature in build.load().items():
                con.execute(f"create table feature.{name} as {feature.query.text}")

    return once("empty", fill) / "warehouse.duckdb"


@pytest.fixture
def con(empty_warehouse, tmp_path):
    """A copy of it for one test."""
    import duckdb

    with duckdb.connect(str(shutil.copy(empty_warehouse, tmp_path / "warehouse.duckdb"))) as con:
        con.execute("pragma disable_checkpoint_on_shutdown")  # nobody opens it again
        yield con


@pytest.fixture(scope="session")
def finished(town, once, tmp_path_factory):
    """(settings, what came of each step) of one run on the town, in a HOME of this worker's own."""
    from flows import steps
    from flows.home.settings import Settings

    def run(folder):
        settings = Settings(home=folder, input=town, out=folder / "out", top=10)
        outcomes = {step.name: steps.perform(step, settings) for step in steps.STEPS}
        (folder / "outcomes.pickle").write_bytes(pickle.dumps(outcomes))

    home = tmp_path_factory.mktemp("finished") / "home"
    shutil.copytree(once("finished", run), home)
    outcomes = pickle.loads((home / "outcomes.pickle").read_bytes())
    (home / "outcomes.pickle").unlink()
    return Settings(home=home, input=town, out=home / "out", top=10), outcomes


def read_csv(path):
    """Rows of one of our files: BOM off, the tab that keeps ids text taken off."""
    with open(path, encoding="utf-8-sig", newline="") as handle:
        return [{k: v.rstrip("\t") for k, v in row.items()} for row in csv.DictReader(handle)]


@pytest.fixture(name="read_csv", scope="session")
def read_csv_fixture():
    return read_csv


@pytest.fixture(scope="session")
def deliver():
    """Write a delivery: table name -> list of rows (dicts of national fields), folder; gives the folder."""

    def write(tables, folder):
        folder.mkdir(exist_ok=True)
        for name, rows in tables.items():
            with open(folder / name, "w", encoding="utf-8", newline="") as handle:
                writer = csv.DictWriter(handle, rows[0].keys())
                writer.writeheader()
                writer.writerows(rows)
        return folder

    return write


@pytest.fixture
def delivery(tmp_path, deliver):
    """The same into this test's own folder, where no other is given."""
    return lambda tables, folder=None: deliver(tables, folder or tmp_path / "delivery")


def settlement(number, **other):
    """A settlement row with every required field."""
    return {
        "setl_id": f"S{number}",
        "mdtrt_id": f"E{number}",
        "psn_no": "P1",
        "insutype": "310",
        "insu_admdvs": "990101",
        "fixmedins_code": "H1",
        "begndate": "2025-03-01",
        "enddate": "2025-03-01",
        "setl_time": "2025-03-01 10:00:00",
        "med_type": "11",
        "medfee_sumamt": "50.00",
        "inscp_amt": "40.00",
        "fund_pay_sumamt": "20.00",
        "refd_setl_flag": "0",
        "init_setl_id": "",
    } | other


def encounter(number, **other):
    """An encounter row with every required field."""
    return {
        "mdtrt_id": f"E{number}",
        "psn_no": "P1",
        "fixmedins_code": "H1",
        "med_type": "11",
        "begntime": "2025-03-01 09:00:00",
    } | other


def fee_line(number, line=1, **other):
    """A fee line with every required field."""
    return {
        "bkkp_sn": f"L{number}-{line}",
        "mdtrt_id": f"E{number}",
        "setl_id": f"S{number}",
        "fee_ocur_time": "2025-03-01 09:30:00",
        "fixmedins_code": "H1",
        "psn_no": "P1",
        "cnt": "1",
        "pric": "50.00",
        "det_item_fee_sumamt": "50.00",
        "inscp_amt": "40.00",
        "hilist_code": "X1",
        "hilist_name": "tablets",
    } | other


@pytest.fixture
def clean():
    """The three indispensable tables with two settlements."""
    return {
        "setl_d.csv": [settlement(1), settlement(2)],
        "mdtrt_d.csv": [encounter(1), encounter(2)],
        "fee_list_d.csv": [fee_line(1), fee_line(2)],
    }


@pytest.fixture(scope="session")
def rows():
    """The makers of rows, for tests that build their own delivery."""

    class Rows:
        settlement = staticmethod(settlement)
        encounter = staticmethod(encounter)
        fee_line = staticmethod(fee_line)

    return Rows
