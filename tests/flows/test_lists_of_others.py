"""Lists of other departments in what a run says: coverage, checks, doctor; and the rows against each check."""

import json

import pytest

from data.warehouse.connection import open_warehouse
from flows import doctor, steps
from flows.home.settings import Settings
from flows.publish import checks, tables
from models.sources import needs
from models.workbench import ruleset

CARD = "51990119490307103X"
RULES = ("care_after_death", "care_in_custody", "care_while_abroad", "third_party_liable")


@pytest.fixture
def settings(tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    off = ruleset.Switch("retired", "not at issue here")
    ruleset.write(home, dict.fromkeys(sorted({s.id for s in ruleset.unswitched(home)} - set(RULES)), off), lambda: None)
    return Settings(home=home, input=tmp_path / "delivery")


@pytest.fixture
def listed(clean, rows):
    """One injured person in hospital twice, and lists whose rows are filled in by the test."""
    clean["setl_d.csv"] = [rows.settlement(n, certno=CARD, begndate="2025-03-10") for n in (1, 2)]
    clean["mdtrt_d.csv"] = [
        rows.encounter(n, dscg_maindiag_code="S72.000", dscg_maindiag_name="股骨骨折") for n in (1, 2)
    ]
    for line in clean["fee_list_d.csv"]:
        line["med_chrgitm_type"] = "03"  # an examination, which nobody has for another
    return clean


def statuses(*rows):
    return [{"证件号码": card, "状态类型": kind, "开始日期": "2025-01-05", "结束日期": ""} for card, kind in rows]


def coverage(settings, until="detect"):
    for step in steps.STEPS[: [s.name for s in steps.STEPS].index(until) + 1]:
        steps.perform(step, settings)
    with open_warehouse(settings.home, read_only=True) as con:
        return {row["source"]: row for row in tables.coverage(con).to_dicts()}


def test_rules_that_read_a_list_find_its_persons_by_identity_number(settings, delivery, listed):
    kinds = ("已死亡/火化", "在押", "出国", "工伤认定")
    listed["psn_status_d.csv"] = statuses(*[(CARD, kind) for kind in kinds])
    delivery(listed)
    assert {name: row["hits"] for name, row in coverage(settings).items()} == dict.fromkeys(RULES, 2)


def test_a_list_that_means_nobody_clears_nobody_and_says_so(settings, delivery, listed):
    kinds = ("死亡", "服刑", "出境", "工伤")
    listed["psn_status_d.csv"] = statuses(*[("519999199001011234", kind) for kind in kinds])
    delivery(listed)
    for name, row in coverage(settings).items():
        assert (row["judged"], row["hits"]) == (0, 0), name
        assert "matches nobody" in row["reason"] or "match nobody" in row["reason"], name


def test_how_many_rows_mean_nobody_stands_in_coverage_and_checks_and_doctor(settings, delivery, listed):
    stranger = ("519999199001011234", "死亡")
    listed["psn_status_d.csv"] = statuses((CARD, "死亡"), stranger, (stranger[0], "服刑"), (CARD, "退休"))
    delivery(listed)
    told = {(what, said) for what, state, said in doctor.look(settings) if state != "ok"}
    assert ("psn_status_d", "death: 1 of 2 rows mean nobody of the record") in told
    assert ("psn_status_d", "custody: none of 1 rows means anybody of the record; it can judge nothing") in told
    assert any(what == "psn_status_d.csv" and "退休" in said for what, said in told)
    assert "2 of 3 rows of 人员状态(外部门) match nobody" in coverage(settings)["care_after_death"]["reason"]
    with open_warehouse(settings.home, read_only=True) as con:
        found = {row["check"]: row for row in checks.results(con).to_dicts()}
    assert (found["list_matches_nobody"]["rows"], found["list_matches_nobody"]["state"]) == (2, "warn")
    assert "custody" in found["list_kind_unmatched"]["example"]


def test_doctor_knows_the_persons_that_home_holds(settings, delivery, listed, tmp_path):
    delivery(listed)
    steps.perform(steps.STEPS[0], settings)
    alone = delivery({"psn_status_d.csv": statuses((CARD, "死亡"))}, tmp_path / "alone")
    told = doctor.look(Settings(home=settings.home, input=alone))
    assert ("psn_status_d", "ok", "death: all 1 rows mean somebody of the record") in told


def test_a_list_without_its_rows_says_why_it_is_needed(settings, delivery, listed):
    delivery(listed)
    steps.perform(steps.STEPS[0], settings)
    with open_warehouse(settings.home) as con:
        assert needs.missing(con, ["record.person_status"]) == ["人员状态(外部门) (psn_status_d)"]


@pytest.mark.slow
def test_a_second_run_does_nothing_and_the_run_s_folder_holds_all_rows_against_a_check(
    settings, delivery, listed, rows, read_csv
):
    listed["psn_status_d.csv"] = statuses((CARD, "死亡"), ("519999199001011234", "死亡"), ("1", "死亡"))
    listed["fee_list_d.csv"] += [rows.fee_line(n, setl_id=f"20250000000000000{n}") for n in range(3, 5)]
    listed["setl_d.csv"] += [rows.settlement(n, certno=CARD) for n in range(9, 600)]
    listed["mdtrt_d.csv"] += [rows.encounter(n) for n in range(3, 600)]
    listed["fee_list_d.csv"] += [rows.fee_line(n) for n in range(9, 600)]
    listed["setl_d.csv"][20]["medfee_sumamt"] = "五十"
    delivery(listed)
    first = [steps.perform(step, settings) for step in steps.STEPS]
    (folder,) = (settings.home / "runs").iterdir()
    manifest = (folder / "manifest.json").read_bytes()
    again = {step.name: steps.perform(step, settings) for step in steps.STEPS}
    assert all("nothing new" in str(said) for said in again.values()), (first, again)
    assert list((settings.home / "runs").iterdir()) == [folder]
    assert len(read_csv(folder / "rejected.csv")) == 1 and (folder / "manifest.json").read_bytes() == manifest
    written = {row["check"]: int(row["rows"]) for row in read_csv(folder / "check.csv") if row["rows"] not in ("", "0")}
    held = {path.stem: len(read_csv(path)) for path in (folder / "checks").iterdir()}
    assert held == written and held["list_matches_nobody"] == 2
    outputs = {one["file"] for one in json.loads(manifest)["outputs"]}
    assert {f"checks/{name}.csv" for name in held} <= outputs
    text = "".join(path.read_text(encoding="utf-8") for path in (folder / "checks").iterdir())
    assert CARD not in text and "519999199001011234" not in text
    assert "202500000000000003\t" in (folder / "checks" / "fee_line_without_settlement.csv").read_text(encoding="utf-8")


def test_a_check_that_stops_leaves_the_rows_it_speaks_of(settings, delivery, listed, rows, capsys, read_csv):
    from flows.cli import main

    listed["fee_list_d.csv"] += [rows.fee_line(n, setl_id="elsewhere") for n in range(3, 9)]
    delivery(listed)
    steps.perform(steps.STEPS[0], settings)
    with pytest.raises(SystemExit) as left:
        main(["check", "--home", str(settings.home)])
    folder = settings.home / checks.FOLDER
    assert left.value.code == 1 and str(folder) in capsys.readouterr().out
    against = read_csv(folder / "fee_line_without_settlement.csv")
    assert {row["line_id"] for row in against} == {f"L{n}-1" for n in range(3, 9)}
