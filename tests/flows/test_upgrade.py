"""A HOME that version 2026.11 made, with a year of 20 made-up persons, is opened by the code as it stands.

home_2026_11/home.tar.xz: two runs of that version (`simulate --persons 200 --violations --seed 3`, cut to 20 persons),
between them two verdicts, a suppression, a tip, a case and a switch; a setting; older runs thinned out.
home_2026_11/delivery.tar.xz: the same delivery with four persons more.
"""

import json
import tarfile
from pathlib import Path

import pytest

from data.warehouse.connection import open_warehouse
from flows.home import settings
from flows.publish import published

LEFT = Path(__file__).with_name("home_2026_11")
CONFIRMED, DISMISSED, TIPPED, OPEN = "L7119DF556561", "L90C28E45AF9F", "LD6F4E7C0CA87", "L66A2CB520E5D"
SUPPRESSED, RETIRED = "990100000000107985", "item_for_other_sex"
BEFORE, LAST = "20261201-9c4f8290", "20261201-957ea2c8"


def unpacked(name, folder):
    with tarfile.open(LEFT / f"{name}.tar.xz") as archive:
        archive.extractall(folder, filter="data")
    return folder


@pytest.fixture
def home(tmp_path):
    return unpacked("home", tmp_path / "home")


@pytest.fixture
def ask(call, home):
    """A command's answer as JSON."""

    def answer(*words):
        code, out, err = call(*words, "--home", home, "--json")
        assert code == 0, (words, out, err)
        return json.loads(out)

    return answer


def casebook(home):
    """Every row of the casebook that people made, by table, with the columns the older version knew."""
    with open_warehouse(home, read_only=True) as con:
        tables = con.execute(
            "select table_name from duckdb_tables() where schema_name = 'casebook' and estimated_size > 0 order by 1"
        ).fetchall()
        return {
            name: [
                dict(sorted((c, v) for c, v in zip(rows.columns, row, strict=True) if v is not None))
                for row in rows.fetchall()
            ]
            for (name,) in tables
            for rows in [con.sql(f"select * from casebook.{name} order by all")]
        }


def test_what_it_says_is_read_and_what_people_decide_goes_in(ask, home, tmp_path):
    stood = casebook(home)
    assert {"verdict", "suppression", "outside_lead", "case_event"} <= {name.removesuffix("s") for name in stood}
    assert [run["run_id"] for run in ask("runs")] == [LAST, BEFORE]
    assert published.last(home).name == LAST  # files that were unpacked have no times to tell it by
    assert {TIPPED, OPEN} <= {lead["lead_id"] for lead in ask("watchlist", "institution")}
    assert ask("explain", TIPPED)
    assert all(line["state"] != "bad" for line in ask("doctor"))
    assert casebook(home) == stood  # reading alone changes nothing
    form = tmp_path / "v.csv"
    form.write_text(f"线索编号,核查结论,确认违规金额\n{OPEN},不属实,\n", encoding="utf-8")
    assert ask("verdict", "import", form, "--yes")["written"] == 1
    ask("suppress", "institution", "H99010410352", "--reason", "closed")
    ask("same", "H99010210434", "H99010410352", "--reason", "one house")  # a table it did not have
    written = casebook(home)
    assert all(row in written[name] for name, rows in stood.items() for row in rows if name != "lead_register")
    assert {CONFIRMED, DISMISSED, OPEN} == {row["lead_id"] for row in ask("verdict", "list")}
    assert all(line["state"] != "bad" for line in ask("doctor"))


@pytest.mark.slow
def test_a_run_goes_on_from_it_and_loses_nothing(ask, home, tmp_path):
    stood, manifest = casebook(home), (home / "runs" / LAST / "manifest.json").read_bytes()
    leads = {(lead["subject_type"], lead["subject_id"]): lead["lead_id"] for lead in lists(ask)}
    own = settings.load(home)
    assert own.keep_runs == 1 and own.rules["split_admission"] == {"max_gap": 5}
    ingested = ask("run", unpacked("delivery", tmp_path / "export"), "--quiet")["steps"]["ingest"]
    assert ingested["loaded"] == 477 and ingested["rejected"] == 0
    newest = ask("runs")[0]["run_id"]
    assert [run["run_id"] for run in ask("runs")] == [newest, LAST, BEFORE]
    after = casebook(home)
    assert all(row in after[name] for name, rows in stood.items() for row in rows if name != "lead_register")
    now = {(lead["subject_type"], lead["subject_id"]): lead["lead_id"] for lead in lists(ask)}
    assert leads.items() <= now.items() and len(now) > len(leads)
    assert not {CONFIRMED, DISMISSED} & set(now.values()) and ("person", SUPPRESSED) not in now
    with open_warehouse(home, read_only=True) as con:
        assert con.execute(f"select count(*) from model.finding where source = '{RETIRED}'").fetchall() == [(0,)]
    assert (home / "runs" / LAST / "manifest.json").read_bytes() == manifest  # older runs are thinned, never gone
    assert (home / "runs" / LAST / "pruned.json").is_file() and not (home / "runs" / newest / "pruned.json").exists()
    assert all(line["state"] != "bad" for line in ask("doctor", "--vacuum"))
    assert casebook(home) == after


def lists(ask):
    kinds = ("institution", "pharmacy", "practitioner", "person", "group")
    return [lead for kind in kinds for lead in ask("watchlist", kind)]
