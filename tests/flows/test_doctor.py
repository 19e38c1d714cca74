"""doctor on a delivery: every fault in one pass, values and not only headers, what would mend it, what HOME has."""

import json

import pytest

from data.contract import mapping
from data.contract.proposal import proposals
from data.ingest import look
from flows import doctor, steps
from flows.home.settings import Settings


@pytest.fixture
def told(tmp_path, delivery):
    """What doctor says of a delivery: (what, state, sentence) beyond the installation."""

    def run(tables, home=None, is_full=False):
        folder = delivery(tables, tmp_path / "looked")
        return doctor.look(Settings(home=home or tmp_path / "home", input=folder), is_full)

    return run


def of(report, what, state=None):
    return [s for w, st, s in report if w == what and state in (None, st)]


def without(table, *columns):
    return [{k: v for k, v in row.items() if k not in columns} for row in table]


def many(rows, count=40, **spoilt):
    """Settlements with their encounters and lines; `spoilt`: table -> {row: fields}."""
    makers = {"setl_d.csv": rows.settlement, "mdtrt_d.csv": rows.encounter, "fee_list_d.csv": rows.fee_line}
    return {
        name: [make(n) | spoilt.get(name.partition(".")[0], {}).get(n, {}) for n in range(1, count + 1)]
        for name, make in makers.items()
    }


def test_every_file_s_fault_is_found_in_one_pass_and_good_files_are_shown(told, clean):
    clean["setl_d.csv"] = without(clean["setl_d.csv"], "medfee_sumamt")
    clean["mdtrt_d.csv"] = without(clean["mdtrt_d.csv"], "begntime", "med_type")
    clean["fee_list_d.csv"] = without(clean["fee_list_d.csv"], "setl_id")
    clean["hilist_b.csv"] = [{"hilist_code": "X1", "hilist_name": "tablets", "list_type": "101"}]
    report = told(clean)
    assert "lacks the column medfee_sumamt" in of(report, "setl_d.csv", "bad")[0]
    assert "lacks the column med_type, begntime" in of(report, "mdtrt_d.csv", "bad")[0]
    assert "lacks the column setl_id" in of(report, "fee_list_d.csv", "bad")[0]
    assert of(report, "hilist_b", "ok")[0].startswith("1 rows in 1 file")
    assert "indispensable and missing" not in [s for _, _, s in report], "they are there, and faulty"
    assert not [s for w, _, s in report if w == "excessive_quantity" and "setl_d" in s]


def test_two_faults_of_one_header_are_both_said(told, clean, tmp_path):
    folder = tmp_path / "looked"
    folder.mkdir()
    (folder / "setl_d.csv").write_text("setl_id,mdtrt_id,psn_no,医疗费总额(万元)\n1,2,3,3\n", encoding="utf-8")
    told_of = " ".join(of(told({k: v for k, v in clean.items() if k != "setl_d.csv"}), "setl_d.csv", "bad"))
    assert "lacks the column" in told_of and "万元" in told_of


@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [
        ("psn_no", "5.199E+17", "scientific notation"),
        ("setl_time", "not a day", "not a date"),
        ("medfee_sumamt", "many", "not a number"),
    ],
)
def test_values_that_a_run_would_refuse_are_seen_before(told, rows, column, value, reason):
    report = told(many(rows, setl_d={n: {column: value} for n in range(1, 41)}))
    said = " ".join(of(report, "setl_d.csv", "bad"))
    assert f"{column} is {reason}" in said and "40 rows would be rejected, the first is data row 1" in said
    assert of(report, "setl_d", "bad") == ["indispensable, and no file of it has a row that can be read"]


def test_all_faulty_columns_are_listed_and_few_rows_are_no_refusal(told, rows):
    spoilt = {"setl_d": {3: {"medfee_sumamt": "x"}}, "fee_list_d": {5: {"cnt": "y"}, 6: {"fee_ocur_time": "z"}}}
    report = told(many(rows, **spoilt))
    assert of(report, "setl_d.csv", "off") == [
        "medfee_sumamt is not a number: 1 row would be rejected, the first is data row 3",
        "columns without any value: init_setl_id",
    ]
    assert {s.partition(":")[0] for s in of(report, "fee_list_d.csv", "off")} >= {
        "cnt is not a number",
        "fee_ocur_time is not a date and time",
    }
    assert not [line for line in report if line[1] == "bad"]


def test_a_header_without_rows_is_no_table(told, rows, tmp_path):
    tables = many(rows)
    header = ",".join(tables.pop("setl_d.csv")[0])
    (tmp_path / "looked").mkdir()
    (tmp_path / "looked" / "setl_d.csv").write_text(header + "\n", encoding="utf-8")
    assert of(told(tables), "setl_d", "bad") == ["indispensable, and no file of it has a row that can be read"]


def test_rows_days_and_months_without_a_row_are_said_of_each_table(told, rows):
    tables = many(rows, 3)
    for row, month in zip(tables["setl_d.csv"], ("01", "02", "05"), strict=True):
        row["setl_time"] = f"2025-{month}-07 10:00:00"
    assert of(told(tables), "setl_d") == [
        "3 rows in 1 file, 2025-01-07 to 2025-05-07, 3 months; no row in 2025-03, 2025-04"
    ]


def test_of_a_long_file_the_first_rows_are_looked_at_and_all_of_it_with_full(told, rows, monkeypatch):
    monkeypatch.setattr(look, "SAMPLE", 10)
    tables = many(rows, setl_d={30: {"medfee_sumamt": "x", "setl_time": "2025-06-01"}})
    report = told(tables)
    assert any(s.startswith("40 rows in 1 file, 2025-03-01 to 2025-06-01") for s in of(report, "setl_d"))
    assert "only the first 10 rows of a file" in " ".join(of(report, "setl_d", "off"))
    assert not [s for s in of(report, "setl_d.csv") if "not a number" in s]
    report = told(tables, is_full=True)
    assert [s for s in of(report, "setl_d.csv") if "not a number" in s and "data row 30" in s]
    assert not of(report, "setl_d", "off")


@pytest.mark.parametrize(
    ("table", "cell", "field"),
    [
        ("setl_d", "医疗总费用", "medfee_sumamt"),
        ("setl_d", "psn_num", "psn_no"),
        ("setl_d", "medfee_sum_amt", "medfee_sumamt"),
        ("fee_list_d", "明细费用总额", "det_item_fee_sumamt"),
    ],
)
def test_the_mapping_line_for_an_unknown_column_is_proposed_and_works(tmp_path, table, cell, field):
    contract, names = mapping.tables()[table], mapping.names()
    header = [cell if f.source == field else f.source for f in contract.fields if f.is_required]
    (near,) = proposals(contract, header, names)
    assert (near.cell, near.field) == (cell, field)
    (tmp_path / "names.csv").write_text(f"table,name,field\n{near.line}\n", encoding="utf-8")
    assert mapping.names(tmp_path).match(contract, [cell])[cell].source == field


def test_a_column_like_none_is_proposed_as_none():
    contract, names = mapping.tables()["setl_d"], mapping.names()
    assert proposals(contract, ["setl_id", "天气", "xyzzy"], names) == []


def test_the_refusal_of_a_run_names_the_line_too(call, tmp_path, clean, delivery):
    clean["setl_d.csv"] = [
        {("医疗总费用" if k == "medfee_sumamt" else k): v for k, v in row.items()} for row in clean["setl_d.csv"]
    ]
    code, _, err = call("run", delivery(clean), "--home", tmp_path / "home", "--quiet")
    assert code == 3 and "setl_d,医疗总费用,medfee_sumamt" in err and len(err.strip().splitlines()) == 1


def test_contradicting_copies_are_found_by_looking(told, clean, rows):
    clean["setl_d_old.csv"] = [rows.settlement(1, medfee_sumamt="99.00")]
    assert any("contradict each other" in s for w, st, s in told(clean) if st == "bad" and w.startswith("setl_d"))


def test_home_s_tables_are_not_missed_and_its_files_are_known(told, clean, delivery, tmp_path, rows):
    home = tmp_path / "home"
    clean["rtal_phac_b.csv"] = [{"rtal_phac_code": "D1", "rtal_phac_name": "store"}]
    steps.perform(steps.STEPS[0], Settings(home=home, input=delivery(clean, tmp_path / "first")))
    month = {
        "setl_d.csv": [rows.settlement(9, setl_time="2025-04-02 10:00:00")],
        "rtal_phac_b.csv": clean["rtal_phac_b.csv"],
    }
    report = told(month, home)
    assert not [line for line in report if line[1] == "bad"], report
    assert of(report, "rtal_phac_b.csv", "off")[0] == "this HOME has taken it before: it would load nothing"
    assert not [s for _, _, s in report if "(mdtrt_d" in s and "cannot judge" in s and "mdtrt_d)" in s]


def test_mended_rejects_are_looked_at_against_home(told, delivery, rows, tmp_path):
    home = tmp_path / "home"
    tables = many(rows, setl_d={3: {"medfee_sumamt": "x"}})
    steps.perform(steps.STEPS[0], Settings(home=home, input=delivery(tables, tmp_path / "first")))
    text = (home / "rejected" / "rejected.csv").read_text(encoding="utf-8-sig")
    (tmp_path / "looked").mkdir()
    (tmp_path / "looked" / "rejected.csv").write_text(
        text.replace("2025-03-01 10:00:00,11,x", "2025-03-01 10:00:00,11,50.00")
    )
    report = told({}, home)
    assert of(report, "rejected.csv", "ok") == ["mended rejects"] and not [line for line in report if line[1] == "bad"]
    assert of(told({}, tmp_path / "other"), "rejected.csv", "bad"), "a HOME that never took the file cannot mend it"


def test_the_page_for_the_makers_of_the_export_is_one_file_escaped_and_chinese(call, tmp_path, clean, delivery):
    clean["setl_d.csv"] = [
        {("<b>医疗总费用" if k == "medfee_sumamt" else k): v for k, v in row.items()} for row in clean["setl_d.csv"]
    ]
    page = tmp_path / "look.html"
    code, out, err = call(
        "doctor", delivery(clean), "--home", tmp_path / "home", "--language", "zh", "--html", page, "--json"
    )
    text = page.read_text(encoding="utf-8")
    assert code == 1 and json.loads(out) and "异常" in err
    assert "&lt;b&gt;医疗总费用" in text and "<b>医" not in text and "src=" not in text and "href=" not in text
    assert "须更正后方可接收" in text and "缺少" in text and "lacks the column" not in text


def test_a_home_in_use_is_not_said_to_lack_what_nobody_could_ask(told, clean, tmp_path, delivery, rows):
    import subprocess
    import sys

    home = tmp_path / "home"
    steps.perform(steps.STEPS[0], Settings(home=home, input=delivery(clean, tmp_path / "first")))
    held = subprocess.Popen(
        [sys.executable, "-c", f"import duckdb; c = duckdb.connect({str(home / 'warehouse.duckdb')!r}); print(1, flush=True); input()"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    try:
        held.stdout.readline()
        report = told({"setl_d.csv": [rows.settlement(9)]}, home)
    finally:
        held.communicate(b"\n")
    assert ("mdtrt_d", "off", "not in this delivery; this HOME is in use and could not be asked") in report
    assert not [line for line in report if line[1] == "bad"]
