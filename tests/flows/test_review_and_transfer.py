"""A record review and transfers by the command line: forms, returns, packages, and what must not stand in them."""

import hashlib
import json
import shutil
from dataclasses import replace

import polars as pl
import pytest

from data.knowledge import load as knowledge_load
from data.warehouse.connection import FILE_NAME, open_warehouse
from features import build
from flows.home import audit_log
from models.sources.card import make
from tests.models import offices

OTHER, OWN, DOCTOR, INFORMANT = "欧阳无辜", "司马明", "郭行医", "举报人诸葛亮"
STAYS = 30


@pytest.fixture(scope="module")
def ready(tmp_path_factory):
    """Four hospitals of which H1 has stays, ranked on a few bills, with names and a tip that must not leave."""
    home = offices.make_home(tmp_path_factory.mktemp("ready"))
    with open_warehouse(home) as con:
        con.execute(
            f"""
            insert into record.settlement (settlement_id, encounter_id, person_id, institution_id, started_on, ended_on,
                settled_at, medical_category, payment_method, total_amount, eligible_amount, fund_amount)
            select 'SI' || i, 'EI' || i, 'P' || (i % 6), 'H1', date '2025-03-01' + cast(i as integer),
                date '2025-03-05' + cast(i as integer), timestamp '2025-03-05 10:00:00' + to_days(cast(i as integer)),
                '21', '1', 1100 + 10 * i, 1000 + 10 * i, 600 from range({STAYS}) as t(i)
            """
        )
        con.execute(
            f"""
            insert into record.encounter (encounter_id, person_id, institution_id, medical_category, started_at,
                ended_at, record_number)
            select 'EI' || i, 'P' || (i % 6), 'H1', '21', timestamp '2025-03-01 08:00:00' + to_days(cast(i as integer)),
                timestamp '2025-03-05 08:00:00' + to_days(cast(i as integer)), '00BA' || i from range({STAYS}) as t(i)
            """
        )
        con.execute(
            "insert into record.person_identity (person_id, person_name, source_table) values"
            f" ('P0', '{OWN}', 'a'), ('P4', '{OTHER}', 'a')"
        )
        build.build(con, "test2")
        of_persons = offices.source("person_id in ('P0', 'P4')", "b")
        of_persons = replace(of_persons, card=make(offices.CARD | {"family": "b", "subjects": ["person"]}))
        offices.ranked(con, "20260101-aaaa", offices.source("institution_id = 'H1'"), of_persons)
        con.execute(f"insert into feature.practitioner (practitioner_id, practitioner_name) values ('D1', '{DOCTOR}')")
        con.execute("update model.finding set practitioner_id = 'D1'")
        con.execute(
            "insert into model.lead_tip (lead_id, tip_id, channel, content, matched_by, is_open)"
            f" select lead_id, 'JB77', '来信', '{INFORMANT}称空挂床', 'code', true from model.lead"
        )
    return home


@pytest.fixture
def home(ready, tmp_path):
    (tmp_path / "home").mkdir()
    shutil.copy(ready / FILE_NAME, tmp_path / "home")
    yield tmp_path / "home"
    assert offices.past_the_log(tmp_path / "home") == []


@pytest.fixture
def ask(call, home):
    def run(*arguments, code=0):
        left, out, err = call(*arguments, "--home", home)
        assert left == code and "Traceback" not in err, err
        return " ".join((out + err).split())

    return run


def log(home):
    return [json.loads(line) for line in (home / audit_log.FILE_NAME).read_text(encoding="utf-8").splitlines()]


def drawn(ask, home, *more):
    ask(
        "review",
        "draw",
        "--from",
        "2025-01-01",
        "--to",
        "2025-12-31",
        "--places",
        10,
        "--seed",
        7,
        "--on",
        "2026-05-01",
        *more,
    )
    return home / "reviews" / "B2026-01"


def filled(path, out, fill):
    """A form as a reviewer hands it back: `fill` gives the cells of one row by place."""
    rows = pl.read_excel(path).to_dicts()
    texts = [{k: None if v is None else str(v) for k, v in (row | fill(row["place"])).items()} for row in rows]
    pl.DataFrame(texts, schema=dict.fromkeys(rows[0], pl.String)).write_excel(out)
    return out


def judged(place):
    """Half of the stays are 100 yuan wrong; the second reader sees the same but once."""
    wrong = 100 if place % 2 else 0
    return {
        "reviewer_1": "甲", "wrong_amount_1": wrong, "ground_1": "无指征" if wrong else None,
        "reviewer_2": "乙", "wrong_amount_2": 0 if place == 1 else wrong,
        "ground_2": "无指征" if wrong and place != 1 else None,
    }  # fmt: skip


def test_a_review_from_the_draw_to_the_claim(ask, home, tmp_path):
    folder = drawn(ask, home)
    names = [(e["event"], e.get("frame")) for e in log(home)]
    assert [n for n, _ in names] == ["review_frame", "review"] and names[0][1] == names[1][1], "the frame's hash first"
    sample = pl.read_csv(folder / "sample.csv")
    assert sample.height == 10 and (1 / sample["probability"]).sum() == pytest.approx(STAYS, abs=0.01)
    form = folder / "forms" / "H1.xlsx"
    ask("review", "estimate", "B2026-01")
    early = pl.read_csv(folder / "estimate.csv")
    assert early["claim"].null_count() == 1 and "0 of 10 drawn stays have come back" in early["why"][0]
    back = filled(form, tmp_path / "back.xlsx", judged)
    assert "Nothing was written" in ask("review", "import", back)
    assert "10 new stays" in ask("review", "import", back, "--yes")
    assert "10 known" in ask("review", "import", back, "--yes"), "twice is once"
    ask("review", "estimate", "B2026-01")
    told = pl.read_csv(folder / "estimate.csv").row(0, named=True)
    assert (told["returned"], told["in_error"], told["found_amount"]) == (10, 4, 400.0), (
        "what one denies is not counted"
    )
    assert told["claim"] == told["low"] and 400 <= told["low"] < told["estimate"] < told["high"]
    assert told["kappa"] == 0.8 and told["claim_fund"] < told["claim"] and told["stays"] == STAYS
    listed = json.loads(ask("review", "list", "--json"))
    assert (listed[0]["returned"], listed[0]["drawn"]) == (10, 10)
    assert audit_log.verify(home)[1] is None


def test_a_form_is_refused_row_by_row(ask, home, tmp_path):
    form = drawn(ask, home) / "forms" / "H1.xlsx"
    bad = {
        1: {"record_number": "BA999"}, 2: {"wrong_amount_1": 99999}, 3: {"reviewer_2": "甲"}, 4: {"wrong_amount_1": -5},
        5: {"ground_1": None}, 6: {"missing": "也许"}, 7: {"missing": "是"}, 8: {"wrong_amount_1": "许多"},
        9: {"reviewer_1": None}, 10: {"review_id": "B2026-77"},
    }  # fmt: skip
    out = ask("review", "import", filled(form, tmp_path / "bad.xlsx", lambda p: judged(p) | bad[p]), "--yes", code=3)
    for words in (
        "not the record of sample 1", "wrong_amount_1 is 99999.00, above the", "甲 is both reviewers", "ground_1 is empty",
        "wrong_amount_1 is -5.00, below 0",
        "missing is '也许'", "not provided and yet an amount is judged", "wrong_amount_1 is '许多'", "reviewer_1 is empty",
        "there is no review B2026-77",
    ):  # fmt: skip
        assert words in out, words
    assert "0 appended" in out and json.loads(ask("review", "list", "--json"))[0]["returned"] == 0
    twice = pl.DataFrame(
        {
            "review_id": ["B2026-01"] * 3, "place": [1, 1, 44], "reviewer_1": "甲", "wrong_amount_1": [5, 6, 0],
            "ground_1": ["重复", "重复", None],
        }
    )  # fmt: skip
    twice.write_csv(tmp_path / "twice.csv")
    out = ask("review", "import", tmp_path / "twice.csv", "--yes")
    assert "sample 1 stands above with other figures" in out and "sample 44 is not in review" in out
    assert "1 appended" in out


def test_a_third_party_gets_no_name_and_nothing_after_its_contract(ask, home, tmp_path):
    at = ("review", "draw", "--from", "2025-01-01", "--to", "2025-12-31", "--on", "2026-05-01")
    assert "has passed" in ask(*at, "--third-party", "某所", "--until", "2026-04-30", code=2)
    assert "needs its name and the end" in ask(*at, "--third-party", "某所", code=2)
    folder = drawn(ask, home, "--third-party", "某所", "--until", "2026-06-30")
    lent = pl.read_excel(folder / "third_party" / "H1.xlsx")
    back = filled(folder / "third_party" / "H1.xlsx", tmp_path / "back.xlsx", judged)
    late = ask("review", "import", back, "--on", "2026-07-01", "--yes", code=3)
    assert "the contract with 某所 ended on 2026-06-30" in late and "0 appended" in late
    assert "10 appended" in ask("review", "import", back, "--on", "2026-06-30", "--yes")
    assert not {"person_id", "person_name", "institution_name", "department_name", "encounter_id"} & set(lent.columns)
    cells = {str(cell) for row in lent.rows() for cell in row}
    assert not {OWN, OTHER, f"{OWN[0]}**", *(f"P{i}" for i in range(6))} & cells and "2026-06-30" in str(cells)
    entry = log(home)[-2]
    assert (entry["event"], entry["third_party"], entry["until"]) == ("review", "某所", "2026-06-30")
    own = pl.read_excel(folder / "forms" / "H1.xlsx")
    assert (
        set(own["person_name"].drop_nulls()) <= {f"{OWN[0]}**", f"{OTHER[0]}**"} and "00BA" in own["record_number"][0]
    )
    ask("review", "draw", "--from", "2025-01-01", "--to", "2025-12-31", "--places", 10, "--seed", 7, "--on", "2026-05-02",
        "--third-party", "另一所", "--until", "2026-06-30")  # fmt: skip
    other = pl.read_excel(home / "reviews" / "B2026-02" / "third_party" / "H1.xlsx")
    assert not set(lent["person"]) & set(other["person"]), "two packages cannot be put together by person"


def package(home, number):
    """Everything written in a package: each file's text, the workbook's cells among them."""
    folder = home / "transfers" / number
    texts = {p.name: p.read_text(encoding="utf-8-sig") for p in folder.iterdir() if p.suffix != ".xlsx"}
    for title, sheet in pl.read_excel(folder / "package.xlsx", sheet_id=0).items():
        texts[title] = "\n".join([*sheet.columns, *(str(cell) for row in sheet.rows() for cell in row)])
    return folder, texts


@pytest.fixture
def leads(home):
    with open_warehouse(home, read_only=True) as con:
        return dict(con.sql("select subject_id, lead_id from model.lead").fetchall())


@pytest.mark.parametrize("department", ["police", "discipline", "health", "market", "price", "tax"])
def test_a_package_holds_nothing_of_others(ask, home, leads, department):
    assert "Proposal Y2026-001" in ask("transfer", leads["H1"], "--to", department, "--on", "2026-05-01")
    folder, texts = package(home, "Y2026-001")
    everything = "\n".join(texts.values())
    for word in (INFORMANT, "诸葛亮", "JB77", "来信", OTHER, OWN, "519925194901265317"):
        assert word not in everything, word
    header, *lines = texts["lines.csv"].splitlines()
    for ids in ("person_id", "encounter_id", "finding_id", "explanation"):
        assert ids not in header.replace("subject_person_id", "").split(","), ids
    assert all(f"P{i}" not in line.replace("\t", "").split(",") for line in lines for i in range(6))
    assert ("person" in header.split(",")) == (department == "police")
    assert ("record_number" in header) == (department in ("police", "health"))
    assert ("practitioner_id" in header) == (department in ("police", "health", "discipline"))
    assert (DOCTOR in everything) == (department in ("police", "health", "discipline"))
    assert ("invoice_number" in header) == (department == "tax")
    assert "Draft: a proposal" in texts["cover.html"] and "guilty" not in everything and "有罪" not in everything
    manifest = json.loads(texts["manifest.json"])
    for file in manifest["files"]:
        digest = hashlib.sha256((folder / file["file"]).read_bytes()).hexdigest()
        assert digest == file["sha256"] and (digest in texts["cover.html"] or file["file"] == "cover.html")
    entry = log(home)[-1]
    assert (entry["event"], entry["department"]) == ("transfer", department)
    assert entry["manifest"] == hashlib.sha256((folder / "manifest.json").read_bytes()).hexdigest()


def test_a_person_is_named_to_the_police_alone(ask, home, leads):
    assert "no matter for tax" in ask("transfer", leads["P0"], "--to", "tax", code=2)
    assert "no matter for health" in ask("transfer", leads["P0"], "--to", "health", code=2)
    assert "it must be police" in ask("transfer", leads["P0"], "--to", "polise", code=2)
    assert "There is no lead 'L0'" in ask("transfer", "L0", "--to", "police", code=2)
    assert not (home / "transfers").exists(), "what is refused leaves nothing"
    ask("transfer", leads["P0"], "--to", "police", "--on", "2026-05-01")
    _, texts = package(home, "Y2026-001")
    assert OWN in texts["lines.csv"] and OWN in texts["cover.html"] and OTHER not in "".join(texts.values())
    assert DOCTOR not in "".join(texts.values()) and "D1" in texts["lines.csv"], "who treated a person is no suspect"


def test_a_lead_that_was_confirmed_and_closed_can_still_be_transferred(ask, home, leads, tmp_path):
    verdict = tmp_path / "v.csv"
    verdict.write_text(
        f"lead_id,conclusion,confirmed_amount,date\n{leads['H1']},查实,321.5,2026-02-20\n", encoding="utf-8"
    )
    ask("verdict", "import", verdict, "--yes")
    with open_warehouse(home) as con:
        again = offices.ranked(con, "20260301-bbbb", offices.source("institution_id = 'H1'"))
    assert leads["H1"] not in again.values(), "no run ranks it any more"
    told = json.loads(ask("transfer", leads["H1"], "--to", "police", "--on", "2026-05-01", "--json"))
    assert (told["confirmed"], told["suspected"]) == (321.5, 0) and told["lines"] > 0


def test_where_an_area_sets_no_amount_the_nation_s_ranges_begin(ask, home, leads):
    told = json.loads(ask("transfer", leads["H1"], "--to", "police", "--on", "2026-05-01", "--json"))
    assert [row["least_yuan"] for row in told["filing"]] == [3000, 30_000, 500_000]
    assert {row["standing"] for row in told["filing"]} <= {"below", "not_given"}


def test_confirmed_money_stands_apart_and_is_compared_with_the_line_in_force(ask, home, leads, tmp_path):
    (home / "knowledge").mkdir()
    (home / "knowledge" / "filing_line.csv").write_text(
        "department,subject_kind,level,least_yuan,counts,basis,layer,valid_from,valid_to\n"
        "police,institution,较大,300,confirmed,本省规定,province,2026-01-01,\n"
        "police,institution,旧,1,confirmed,旧规定,province,2020-01-01,2025-12-31\n"
        "police,institution,巨大,5000,confirmed,本省规定,province,2026-01-01,\n",
        encoding="utf-8",
    )
    with open_warehouse(home) as con:
        knowledge_load.load(con, home / "knowledge")
    ask("transfer", leads["H1"], "--to", "police", "--on", "2026-05-01", "--json")
    verdict = tmp_path / "v.csv"
    verdict.write_text(
        f"lead_id,conclusion,confirmed_amount,date\n{leads['H1']},查实,321.5,2026-02-20\n", encoding="utf-8"
    )
    ask("verdict", "import", verdict, "--yes")
    told = json.loads(ask("transfer", leads["H1"], "--to", "police", "--on", "2026-05-01", "--json"))
    assert (told["confirmed"], told["suspected"]) == (321.5, 0), "a verdict on the whole lead settles it"
    standing = {row["level"]: row["standing"] for row in told["filing"]}
    assert standing == {"较大": "at_or_above", "巨大": "below"}, "the old line is over"
    _, before = package(home, "Y2026-001")
    assert {line.split(",")[-1] for line in before["filing.csv"].splitlines()[1:]} == {"below"}
    verdict.write_text(f"lead_id,conclusion,date\n{leads['P0']},排除,2026-02-20\n", encoding="utf-8")
    ask("verdict", "import", verdict, "--yes")
    assert "was dismissed" in ask("transfer", leads["P0"], "--to", "police", code=2)
    rows = {row["transfer_id"]: row for row in json.loads(ask("transfer", "list", "--on", "2026-05-01", "--json"))}
    assert [r["state"] for r in rows.values()] == ["proposed", "proposed"]
    early = ask("transfer", "note", "Y2026-001", "--state", "sent", "--on", "2026-04-01", code=2)
    assert "was proposed on 2026-05-01" in early
    ask("transfer", "note", "Y2026-001", "--state", "sent", "--text", "医保函1号", "--on", "2026-05-03")
    assert json.loads(ask("transfer", "list", "--json"))[0]["state"] == "sent" and log(home)[-1]["act"] == "sent"
    assert "it must be decided" in ask("transfer", "note", "Y2026-001", "--state", "convicted", code=2)


@pytest.mark.parametrize(
    ("on", "clock"), [("2026-12-31", "open"), ("2027-04-01", "partly_past"), ("2028-06-01", "past")]
)
def test_limitation_runs_from_the_day_of_conduct(ask, home, leads, on, clock):
    told = json.loads(ask("transfer", leads["H1"], "--to", "police", "--on", on, "--json"))["clocks"]
    (row,) = told
    assert row["clock"] == clock
    assert (row["ordinary_until"][:4], row["harmful_until"][:4]) == (
        str(int(row["last_on"][:4]) + 2),
        str(int(row["last_on"][:4]) + 5),
    )
    assert row["ordinary_until"][4:] == row["last_on"][4:]
