"""verdict import as its user meets it: dry run first, then for good, with its line in the audit log."""

import json
import shutil

import pytest

from flows.cli import main
from flows.home import audit_log


@pytest.fixture
def home(finished, tmp_path):
    """A copy of the finished run's home."""
    shutil.copytree(finished[0].home, tmp_path / "home")
    return tmp_path / "home"


@pytest.fixture
def call(call, home):
    return lambda *arguments: call(*arguments, "--home", home)


@pytest.fixture
def lead(call):
    return json.loads(call("watchlist", "institution", "--json")[1])[0]


@pytest.fixture
def verdicts(tmp_path, lead):
    path = tmp_path / "核查结论.csv"
    path.write_text(
        f"线索编号,核查结论,确认违规金额,追回金额\n{lead['lead_id']}\t,确认违规,1200.50,1000\nL0,确认违规,,\n",
        encoding="gb18030",
    )
    return path


def test_a_dry_run_says_what_it_would_do_and_writes_nothing(call, home, verdicts, lead):
    before = audit_log.verify(home)[0]
    code, out, _ = call("verdict", "import", verdicts)
    assert code == 0 and "Nothing was written" in out and lead["lead_id"] in out and "there is no lead L0" in out
    said = json.loads(call("verdict", "import", verdicts, "--json")[1])
    assert (said["new"], said["refused"], said["written"], said["is_dry_run"]) == (1, 1, 0, True)
    assert said["refused_rows"] == [{"row_number": 2, "why": "there is no lead L0"}]
    assert audit_log.verify(home)[0] == before


def test_with_yes_it_appends_once_closes_the_lead_and_leaves_a_line_in_the_audit_log(call, home, verdicts, lead):
    before = audit_log.verify(home)[0]
    code, out, _ = call("verdict", "import", verdicts, "--yes")
    assert code == 0 and "1 verdicts appended" in out
    said = json.loads(call("verdict", "import", verdicts, "--yes", "--json")[1])
    assert (said["new"], said["known"], said["written"]) == (0, 1, 0)
    assert audit_log.verify(home) == (before + 1, None)
    line = json.loads((home / audit_log.FILE_NAME).read_text(encoding="utf-8").splitlines()[-1])
    assert line["event"] == "verdict" and line["confirmed"] == 1 and lead["subject_id"] not in str(line)


def test_evaluate_with_verdicts_measures_this_home(call, verdicts):
    code, out, _ = call("evaluate", "--verdicts")
    assert code == 0 and "No verdict" in out
    call("verdict", "import", verdicts, "--yes")
    said = json.loads(call("evaluate", "--verdicts", "--json")[1])
    assert said["lists"]["institution"]["fundwatch"]["planted"] == 1
    code, out, _ = call("evaluate", "--verdicts")
    assert code == 0 and "1 confirmed of 1 judged" in out and "Horvitz-Thompson" in out


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        (None, 3, "does not exist"),
        ("a,b\n1,2\n", 3, "holds no verdicts"),
        ("lead_id,conclusion\nL0,confirmed\n", 3, "No row of"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_exit_code_3(call, tmp_path, text, code, words):
    path = tmp_path / "v.csv"
    if text is not None:
        path.write_text(text, encoding="utf-8")
    found, _, err = call("verdict", "import", path)
    assert found == code and words in err and "Traceback" not in err


def test_verdicts_are_listed_and_one_taken_back_opens_its_lead_again(call, tmp_path, lead):
    for day, said, yuan in (("2026-01-31", "查实", "12.50"), ("2026-02-01", "撤销", "")):
        path = tmp_path / "v.csv"
        path.write_text(
            f"线索编号,核查结论,确认违规金额,核查日期\n{lead['lead_id']},{said},{yuan},{day}\n", encoding="utf-8"
        )
        assert call("verdict", "import", path, "--yes")[0] == 0
        (row,) = json.loads(call("verdict", "list", "--json")[1])
        assert (row["lead_id"], row["conclusion_said"], row["stands"]) == (lead["lead_id"], said, True)
    every = json.loads(call("verdict", "list", "--every", "--json")[1])
    assert [(row["conclusion_said"], row["stands"]) for row in every] == [("撤销", True), ("查实", False)]
    code, out, _ = call("verdict", "list", "--every", "--language", "zh")
    assert code == 0 and "现行有效" in out and "核查结论2条" in out
    _, out, _ = call("explain", lead["lead_id"])
    assert "closed on" not in out
    assert "unsure (撤销" in out


def test_what_is_odd_about_a_file_is_told_by_name(call, tmp_path, lead):
    path = tmp_path / "v.csv"
    path.write_text(f"线索编号,核查结论,确认违规金额,理由\n{lead['lead_id']},查实,99999999,多收\n", encoding="utf-8")
    code, out, _ = call("verdict", "import", path)
    assert (
        code == 0
        and f"Row 1: {lead['lead_id']} has 99,999,999.00 yuan confirmed and {lead['amount_at_risk']:,.2f} at issue"
        in out
    )
    assert "1 rows give no day: theirs is the day of the import, 20" in out and "without a meaning" not in out


@pytest.mark.parametrize("labels", ["names", "zh"])
def test_a_form_comes_back_as_verdicts(call, home, tmp_path, read_csv, labels):
    path, before = tmp_path / "form.csv", audit_log.verify(home)[0]
    code, out, _ = call("verdict", "form", path, "person", "--top", 3, "--labels", labels)
    assert code == 0 and "3 leads in" in out and audit_log.verify(home) == (before + 1, None)
    wanted = json.loads(call("watchlist", "person", "--top", 3, "--json")[1])
    lead_id, conclusion = ("线索编号", "核查结论") if labels == "zh" else ("lead_id", "conclusion")
    assert [r[lead_id] for r in read_csv(path)] == [r["lead_id"] for r in wanted]
    code, out, _ = call("verdict", "import", path)
    assert code == 0 and "3 rows are not filled in yet" in out and "0 new verdicts" in out
    head, first, *rest = path.read_text(encoding="utf-8-sig").splitlines()
    cells = head.split(",")
    filled = (
        first.rsplit("," * (len(cells) - cells.index(conclusion)), 1)[0]
        + ",查实"
        + "," * (len(cells) - cells.index(conclusion) - 1)
    )
    path.write_text("\n".join([head, filled, *rest]), encoding="utf-8")
    told = json.loads(call("verdict", "import", path, "--yes", "--json")[1])
    assert (told["new"], told["blank"], told["refused"], told["closed"]) == (1, 2, 0, [wanted[0]["lead_id"]])


def test_a_home_without_a_warehouse_is_named(capsys, tmp_path, verdicts):
    with pytest.raises(SystemExit) as left:
        main(["verdict", "import", str(verdicts), "--home", str(tmp_path / "other")])
    assert left.value.code == 2 and "no warehouse yet" in capsys.readouterr().err
