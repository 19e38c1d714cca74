"""--accept-partial: a bad file is left out and said everywhere, and never the only one of an indispensable table."""

import csv
import json
import shutil
from pathlib import Path

import pytest

from data.errors import InputRefused
from data.ingest import Intake, ingest
from data.warehouse.connection import open_warehouse

BAD = {
    "no header": "a,b\n1,2\n",
    "a column less": "hilist_code,hilist_name\nX1,tablets\n",
    "an open workbook": None,
}


@pytest.fixture
def con(tmp_path):
    with open_warehouse(tmp_path / "home") as con:
        yield con


@pytest.fixture(params=BAD)
def spoilt(request, delivery, clean):
    """A delivery whose drugs' file cannot be taken."""
    folder = delivery(clean)
    text = BAD[request.param]
    if text is None:
        (folder / "vbp_drug_d.xlsx").write_bytes(b"PK\x03\x04 half a file")
    else:
        (folder / "vbp_drug_d.csv").write_text(text, encoding="utf-8")
    return folder


def test_without_the_option_one_bad_file_stops_all(con, spoilt):
    with pytest.raises(InputRefused, match="vbp_drug_d"):
        ingest(con, spoilt)
    assert con.sql("select count(*) from record.settlement").fetchall() == [(0,)]


def test_with_it_the_others_go_on_and_the_account_says_so(con, spoilt):
    said = []
    accounts = ingest(con, spoilt, said.append, Intake(is_partial=True))
    (left,) = [a for a in accounts if a.refused]
    assert left.file.startswith("vbp_drug_d") and (left.rows_in, left.loaded) == (0, 0)
    assert "nothing was loaded" not in left.refused.lower()
    assert any(line.startswith(f"{left.file}: left out whole: ") for line in said)
    assert con.sql("select count(*) from record.settlement").fetchall() == [(2,)]
    assert con.sql("select file, refused from run.account where refused is not null").fetchall() == [
        (left.file, left.refused)
    ]


def test_a_file_whose_values_are_all_wrong_is_left_out_too(con, delivery, clean, rows):
    clean["setl_d_02.csv"] = [rows.settlement(n, medfee_sumamt="x") for n in range(5, 9)]
    accounts = ingest(con, delivery(clean), intake=Intake(is_partial=True))
    assert [a.file for a in accounts if a.refused] == ["setl_d_02.csv"]
    assert con.sql("select count(*) from record.settlement").fetchall() == [(2,)]


@pytest.mark.parametrize("table", ["setl_d.csv", "mdtrt_d.csv", "fee_list_d.csv"])
@pytest.mark.parametrize("how", ["header", "values"])
def test_the_only_file_of_an_indispensable_table_is_never_left_out(con, delivery, clean, rows, tmp_path, table, how):
    ingest(con, delivery(clean, tmp_path / "before"))  # that an earlier month has the table does not help this one
    month = {
        "setl_d.csv": [rows.settlement(n) for n in (7, 8)],
        "mdtrt_d.csv": [rows.encounter(n) for n in (7, 8)],
        "fee_list_d.csv": [rows.fee_line(n) for n in (7, 8)],
    }
    column = {"setl_d.csv": "setl_time", "mdtrt_d.csv": "begntime", "fee_list_d.csv": "fee_ocur_time"}[table]
    for row in month[table]:
        row[column] = "whenever"
        if how == "header":
            del row[column]
    with pytest.raises(InputRefused, match=f"cannot be left out.*{table.partition('.')[0]}"):
        ingest(con, delivery(month, tmp_path / "month"), intake=Intake(is_partial=True))
    assert con.sql("select count(*) from record.settlement").fetchall() == [(2,)]


def test_an_archive_that_may_hold_what_is_lacking_is_not_left_out(con, delivery, clean):
    clean.pop("setl_d.csv")
    folder = delivery(clean)
    (folder / "january.zip").write_bytes(b"PK\x03\x04 half a file")
    with pytest.raises(InputRefused, match=r"january\.zip.*cannot be left out"):
        ingest(con, folder, intake=Intake(is_partial=True))


def test_two_files_that_contradict_each_other_are_no_bad_file(con, delivery, clean, rows):
    clean["setl_d_old.csv"] = [rows.settlement(1, medfee_sumamt="99.00")]
    with pytest.raises(InputRefused, match="contradict each other"):
        ingest(con, delivery(clean), intake=Intake(is_partial=True))


@pytest.mark.slow
def test_a_run_says_it_in_answer_account_and_report_until_the_file_comes(call, few, hamlet, tmp_path, read_csv):
    home, folder = few(tmp_path / "home"), shutil.copytree(hamlet, tmp_path / "delivery")
    good = (folder / "vbp_drug_d.csv").read_bytes()
    (folder / "vbp_drug_d.csv").write_text("hilist_code,hilist_name\nX1,<i>x\n", encoding="utf-8")
    code, _, err = call("run", folder, "--home", home, "--quiet")
    assert code == 3 and "vbp_drug_d.csv" in err
    code, out, err = call("run", folder, "--home", home, "--accept-partial", "--language", "zh")
    assert code == 0 and "整份未接收：vbp_drug_d.csv" in out and "缺少列" in out, out + err
    (run,) = [p for p in (home / "runs").iterdir() if not p.name.startswith(".")]
    (row,) = [r for r in read_csv(run / "account.csv") if r["file"] == "vbp_drug_d.csv"]
    assert row["refused"] and row["loaded"] == "0"
    page = (run / "report.html").read_text(encoding="utf-8")
    assert "vbp_drug_d.csv整份未接收" in page
    code, out, err = call("replay", run.name, "--home", home, "--quiet", "--json")
    assert code == 0, out + err
    told = json.loads(call("run", folder, "--home", home, "--accept-partial", "--quiet", "--json")[1])
    assert told["steps"]["ingest"]["refused_files"] == 1
    (folder / "vbp_drug_d.csv").write_bytes(good)
    told = json.loads(call("run", folder, "--home", home, "--quiet", "--json")[1])
    assert not [r for r in read_csv(Path(told["folder"]) / "account.csv") if r["refused"]]


def test_serve_leaves_nothing_out_on_its_own(call, tmp_path):
    code, _, err = call("serve", "--input", tmp_path, "--accept-partial", "--home", tmp_path / "home", "--quiet")
    assert code == 2 and "--accept-partial is for one run" in err


@pytest.mark.slow
def test_a_replay_knows_what_was_dismissed_before_the_run(call, few, hamlet, tmp_path, read_csv):
    home, folder = few(tmp_path / "home"), shutil.copytree(hamlet, tmp_path / "delivery")
    with open(folder / "hilist_b.csv", encoding="utf-8-sig", newline="") as handle:
        rows = list(csv.DictReader(handle))
    rows[7]["begndate"] = "whenever"
    with open(folder / "hilist_b.csv", "w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)
    assert call("ingest", folder, "--home", home, "--quiet")[0] == 0
    code, _, err = call("rejected", "dismiss", "--file", "hilist_b.csv", "--all", "--reason", "x", "--home", home)
    assert code == 0, err
    told = json.loads(call("run", folder, "--home", home, "--quiet", "--json")[1])
    account = {r["file"]: r for r in read_csv(Path(told["folder"]) / "account.csv")}
    assert account["hilist_b.csv"]["dismissed"] == "1"
    code, out, err = call("replay", told["run_id"], "--home", home, "--quiet", "--json")
    assert code == 0, out + err
