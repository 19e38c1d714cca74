"""A delivery of five tables without any register: what it is read as, what it finds, and what it is told to lack."""

import csv
import re

import duckdb
import pytest

from data.warehouse.connection import open_warehouse
from features import build
from flows import doctor, steps
from flows.home.settings import Settings
from models.sources import needs, registers
from tests.tools import five_tables

PLACE, STORE = "H99012310959", "P99012310495"


def registers_line(settings):
    lines = [sentence for what, state, sentence in doctor.look(settings) if what == "registers" and state == "off"]
    assert len(lines) <= 1
    return lines[0] if lines else ""


@pytest.fixture
def settings(tmp_path):
    return Settings(home=tmp_path / "home", input=tmp_path / "delivery")


def test_doctor_says_in_one_sentence_what_the_missing_registers_would_add(settings, delivery, clean):
    delivery(clean)
    said = registers_line(settings)
    assert re.search(r"dr_info_b \(医师信息\) [a-z_, ]*\bordered_after_leaving\b", said)
    assert "until then kind, level and area of places" in said
    assert "rtal_phac_b" not in said  # nothing sleeps for want of it
    zh = registers_line(Settings(home=settings.home, input=settings.input, language="zh"))
    assert "医师信息（dr_info_b）可启用" in zh and "离职" in zh and zh.endswith("取自结算、就诊、明细和国家编码。")


def test_a_register_that_comes_is_no_longer_missed_nor_one_that_home_holds(settings, delivery, clean, tmp_path):
    delivery(clean | {"dr_info_b.csv": [{"dr_code": "D1", "dr_name": "张一", "medins_code": "H1"}]})
    assert "dr_info_b" not in registers_line(settings)
    steps.perform(steps.STEPS[0], settings)
    delivery(clean, tmp_path / "month")
    assert "dr_info_b" not in registers_line(Settings(home=settings.home, input=tmp_path / "month"))


def test_a_table_that_wakes_nothing_more_leaves_nothing_to_say():
    assert registers.sentence({}, set()) == ""


def test_what_an_encounter_says_of_place_person_and_practitioner_is_read(settings, delivery, clean, rows):
    """And under the names that inspection teams see: SETL_LIST_DIAG_D, SETL_LIST_OPRN_D, in capitals."""
    seen = {"gend": "2", "brdy": "1980-05-01", "fixmedins_name": "云鹿药房", "hosp_lv": "11",
            "fix_blng_admdvs": "990123", "chfpdr_code": "D7", "chfpdr_name": "王三", "psn_name": "甲",
            "certno": "990101198005010024", "psn_cert_type": "01", "nwb_flag": "0", "dscg_dept_codg": "A03",
            "dscg_dept_name": "内科"}  # fmt: skip
    tables = {
        "SETL_D.csv": [rows.settlement(n, fixmedins_code=STORE, med_type="14", nwb_flag="0") for n in (1, 2)],
        "MDTRT_D.csv": [rows.encounter(n, fixmedins_code=STORE, **seen) for n in (1, 2)],
        "FEE_LIST_D.csv": [rows.fee_line(n, fixmedins_code=STORE, acord_dr_code="D8", acord_dr_name="李二")
                           for n in (1, 2)],
        "SETL_LIST_DIAG_D.csv": [{"setl_id": "S1", "diag_code": "I10.x00", "diag_name": "高血压"}],
        "SETL_LIST_OPRN_D.csv": [{"setl_id": "S1", "oprn_oprt_code": "13.4100", "oper_dr_code": "D9",
                                  "oper_dr_name": "赵四"}],
    }  # fmt: skip
    delivery(tables)
    for step in steps.STEPS[: [s.name for s in steps.STEPS].index("features") + 1]:
        steps.perform(step, settings)
    with open_warehouse(settings.home, read_only=True) as con:
        place = "select institution_name, is_pharmacy, origin, division from feature.institution"
        assert con.sql(place).fetchall() == [("云鹿药房", True, "code", "990123")]
        person = "select sex, cast(birth_on as varchar), id_sex, origin from feature.person"
        assert con.sql(person).fetchall() == [("2", "1980-05-01", "2", "settlement")]
        names = "select practitioner_id, practitioner_name from feature.practitioner order by 1"
        assert con.sql(names).fetchall() == [("D7", "王三"), ("D8", "李二"), ("D9", "赵四")]
        assert con.sql("select department_name from feature.department").fetchall() == [("内科",)]
        counts = "select (select count(*) from record.diagnosis), (select count(*) from record.procedure)"
        assert con.sql(counts).fetchall() == [(1, 1)]


def test_a_home_of_an_earlier_version_still_knows_its_practitioners(con):
    con.execute("insert into record.practitioner (practitioner_id, practitioner_name) values ('D1', '张一')")
    con.execute("insert into feature.practitioner_day (practitioner_id) values ('D2')")
    con.execute("drop table feature.practitioner")
    query = build.legible(con, "select practitioner_id, practitioner_name from feature.practitioner order by 1")
    assert con.sql(query).fetchall() == [("D1", "张一"), ("D2", None)]


def test_sex_and_birth_that_only_the_encounter_has_are_enough_to_judge_by(settings, delivery, clean, rows):
    clean["mdtrt_d.csv"] = [rows.encounter(n, gend="2", brdy="1980-05-01") for n in (1, 2)]
    delivery(clean)
    asleep = {what: sentence for what, state, sentence in doctor.look(settings) if state == "off"}
    assert not {"item_for_other_sex", "child_item_for_adult"} & asleep.keys()
    steps.perform(steps.STEPS[0], settings)
    with open_warehouse(settings.home, read_only=True) as con:
        assert needs.missing(con, ["record.settlement.sex", "record.settlement.birth_on"]) == []
        assert len(needs.missing(con, ["record.settlement.age_years", "record.diagnosis"])) == 2


@pytest.mark.slow
def test_five_tables_find_nothing_that_the_whole_delivery_does_not(hamlet, tmp_path):
    five_tables.make(hamlet, tmp_path / "five")
    homes = {}
    for name, export in (("full", hamlet), ("five", tmp_path / "five")):
        homes[name] = tmp_path / f"{name}_home"
        for step in steps.STEPS:
            steps.perform(step, Settings(home=homes[name], input=export))
    with duckdb.connect(str(homes["five"] / "warehouse.duckdb"), read_only=True) as con:
        kinds = dict(con.sql("select institution_id, is_pharmacy from feature.institution").fetchall())
        origins = con.sql("select distinct origin from feature.institution").fetchall()
    assert origins == [("code",)]
    for file, column, is_pharmacy in (("medins_info_b", "medins_code", False), ("rtal_phac_b", "rtal_phac_code", True)):
        with (hamlet / f"{file}.csv").open(encoding="utf-8", newline="") as handle:
            codes = {row[column] for row in csv.DictReader(handle)} & kinds.keys()
        assert codes and {kinds[code] for code in codes} == {is_pharmacy}
    assert five_tables.beyond(homes["full"], homes["five"]) == []
    page = next((homes["five"] / "runs").glob("*/report.html")).read_text(encoding="utf-8")
    assert re.search(r"The missing tables would wake \d+ rules and detectors: .*dr_info_b", page)
