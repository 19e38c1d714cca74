"""pseudonymise: the copy names nobody, joins as the delivery does, and is whole or not there."""

import csv
import gzip
import json
import zipfile

import polars as pl
import pytest

from data.errors import InputRefused, UsageError
from data.warehouse.connection import open_warehouse
from flows import pseudonymising, steps
from flows.home.settings import Settings

NAME, CARD, OLD_CARD = "欧阳甲乙", "11010519491231002X", "110105491231002"
NUMBER, PHONE, ADDRESS = "519900000000676448", "13912345678", "青阳县幸福路7号"
DOCTOR = "司马丙"


@pytest.fixture
def told(clean, rows):
    """The three tables, persons and their status, saying all that names somebody."""
    of = {"psn_no": NUMBER}
    clean["setl_d.csv"] = [
        rows.settlement(n, **of, psn_name=NAME, certno=CARD, dise_name=f"致电{PHONE}，证{CARD}。", 备注栏=NAME)
        for n in (1, 2)
    ]
    clean["mdtrt_d.csv"] = [
        rows.encounter(
            n, **of, tel=PHONE, addr=ADDRESS, psn_name=NAME, certno=CARD, chfpdr_code="D1", chfpdr_name=DOCTOR
        )
        for n in (1, 2)
    ]
    clean["fee_list_d.csv"] = [rows.fee_line(n, **of, bilg_dr_code="D1", bilg_dr_name=DOCTOR) for n in (1, 2)]
    clean["psn_info_b.csv"] = [
        of | {"psn_name": NAME, "certno": CARD, "gend": "2", "brdy": "1949-12-31", "tel": PHONE, "live_addr": ADDRESS}
    ]
    clean["psn_status_d.csv"] = [{"psn_no": OLD_CARD, "stas_type": "death", "begndate": "2025-02-01"}]
    clean["tip_d.csv"] = [
        {"tip_id": "T1", "recv_date": "2025-03-01", "subject_type": "person", "subject_id": NUMBER, "content": NAME},
        {"tip_id": "T2", "recv_date": "2025-03-01", "subject_type": "机构", "subject_id": "H1", "content": "x"},
    ]
    return clean


def copied(folder, out, home, **other):
    return pseudonymising.write(Settings(home=home, **other), folder, out, lambda _: None)


def texts(folder):
    return "\n".join(p.read_text(encoding="utf-8") for p in sorted(folder.iterdir()))


def read(path):
    with open(path, encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def test_nothing_in_the_copy_names_a_person_and_codes_stay(told, delivery, tmp_path):
    copy, said = copied(delivery(told), tmp_path / "out", tmp_path / "home")
    everything = texts(tmp_path / "out")
    for secret in (NAME, CARD, OLD_CARD, NUMBER, PHONE, ADDRESS, DOCTOR):
        assert secret not in everything
    assert everything.count("H1") > 4 and "D1" in everything and "欧**" in everything and "司**" in everything
    assert "setl_d.备注栏" in said and "备注栏" not in everything and NAME not in said
    assert {c.table: c.rows for c in copy.contents} == {
        "setl_d": 2, "mdtrt_d": 2, "fee_list_d": 2, "psn_info_b": 1, "psn_status_d": 1, "tip_d": 2
    }  # fmt: skip
    tips = read(tmp_path / "out" / "tip_d_001.csv")
    (person,) = read(tmp_path / "out" / "psn_info_b_001.csv")
    assert tips[0]["subject_id"] == person["psn_no"] != tips[1]["subject_id"] == "H1"
    modes = {oct(p.stat().st_mode)[-3:] for p in (tmp_path / "out").iterdir()}
    assert modes == {"600"} and oct((tmp_path / "out").stat().st_mode)[-3:] == "700"


def test_the_copy_loads_and_joins_as_the_delivery_does(told, delivery, tmp_path):
    seen = {}
    copied(delivery(told), tmp_path / "out", tmp_path / "keys")
    ingest = next(s for s in steps.STEPS if s.name == "ingest")
    for name, folder in (("plain", tmp_path / "delivery"), ("copy", tmp_path / "out")):
        settings = Settings(home=tmp_path / name, input=folder)
        assert "rejected" not in str(steps.perform(ingest, settings))
        with open_warehouse(settings.home) as con:
            seen[name] = con.sql(
                """
                select (select count(*) from record.settlement), (select sum(total_amount) from record.settlement),
                    (select count(*) from record.fee_line as l join record.person as p on p.person_id = l.person_id),
                    (select count(*) from record.person_status as s join record.person as p using (person_id)),
                    (select count(*) from record.tip as t join record.person as p on p.person_id = t.subject_id)
                """
            ).fetchall()[0]
    assert seen["plain"] == seen["copy"] and seen["copy"][2:] == (2, 1, 1)


@pytest.mark.parametrize("form", ["gb18030", "gz", "zip", "parquet", "xlsx"])
def test_every_form_gives_the_same_pseudonyms_and_another_key_others(told, delivery, rows, tmp_path, form):
    copied(delivery(told), tmp_path / "out", tmp_path / "home")
    other = tmp_path / "other"
    other.mkdir()
    for path in (tmp_path / "delivery").iterdir():
        if path.name != "setl_d.csv":
            (other / path.name).write_bytes(path.read_bytes())
    text = (tmp_path / "delivery" / "setl_d.csv").read_text(encoding="utf-8").replace(CARD, f"{CARD}\t")
    frame = pl.read_csv(text.encode(), infer_schema=False)
    if form == "gb18030":
        (other / "setl_d.csv").write_bytes(text.encode("gb18030"))
    elif form == "gz":
        (other / "setl_d.csv.gz").write_bytes(gzip.compress(text.encode()))
    elif form == "zip":
        with zipfile.ZipFile(other / "export.zip", "w") as packed:
            packed.writestr("month/setl_d.csv", text)
    elif form == "parquet":
        frame.write_parquet(other / "setl_d.parquet")
    else:
        frame.write_excel(other / "setl_d.xlsx")
    copied(other, tmp_path / "again", tmp_path / "home")
    first, again = (read(tmp_path / place / "setl_d_001.csv") for place in ("out", "again"))
    assert [r["psn_no"] for r in first] == [r["psn_no"] for r in again]
    assert [r["certno"] for r in first] == [r["certno"] for r in again]
    copied(other, tmp_path / "third", tmp_path / "another home")
    assert read(tmp_path / "third" / "setl_d_001.csv")[0]["psn_no"] != first[0]["psn_no"]


def test_lines_that_are_no_record_are_left_out_and_counted(told, delivery, tmp_path):
    folder = delivery(told)
    with (folder / "setl_d.csv").open("a", encoding="utf-8") as handle:
        handle.write(f"制表人：{NAME}" + "," * (len(told["setl_d.csv"][0]) - 1) + "\n")
    copy, said = copied(folder, tmp_path / "out", tmp_path / "home")
    assert NAME not in texts(tmp_path / "out") and "1 lines that are no record left out" in said
    assert next(c for c in copy.contents if c.table == "setl_d").rows == 2


def test_a_copy_is_whole_or_not_there_and_never_over_something(told, delivery, tmp_path):
    folder, home = delivery(told), tmp_path / "home"
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "a").touch()
    for out in (tmp_path / "taken", folder / "inside"):
        with pytest.raises(UsageError, match="nothing was copied"):
            copied(folder, out, home)
    (folder / "mdtrt_d.csv").write_bytes(b"PK\x03\x04 no archive")
    with pytest.raises(InputRefused):
        copied(folder, tmp_path / "out", home)
    assert sorted(p.name for p in tmp_path.iterdir() if "out" in p.name) == []


def test_the_key_is_home_s_and_the_audit_log_knows_of_the_copy(told, delivery, tmp_path):
    folder, home = delivery(told), tmp_path / "home"
    take_in = next(s for s in steps.STEPS if s.name == "ingest")
    key = tmp_path / "safe" / "the.key"
    key.parent.mkdir()
    settings = Settings(home=home, input=folder, pseudonyms=True, pseudonym_key=str(key))
    steps.perform(take_in, settings)
    assert key.exists() and not (home / "pseudonym.key").exists()
    pseudonymising.write(settings, folder, tmp_path / "out", lambda _: None)
    last = json.loads((home / "audit.log").read_text(encoding="utf-8").splitlines()[-1])
    assert last["event"] == "pseudonymise" and last["files"]["setl_d_001.csv"] == 2 and NAME not in str(last)
    key.rename(tmp_path / "gone")
    with pytest.raises(UsageError, match=r"the\.key, is missing"):
        pseudonymising.write(settings, folder, tmp_path / "later", lambda _: None)
    assert not key.exists() and not (tmp_path / "later").exists()
