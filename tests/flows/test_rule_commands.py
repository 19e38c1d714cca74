"""The workbench as its user meets it: rule new, test, backtest, sweep, promote, retire."""

import json
import shutil

import pytest

from flows.home import audit_log
from models.workbench import ruleset


@pytest.fixture
def call(call, tmp_path):
    return lambda *arguments, home=tmp_path / "home": call(*arguments, "--home", home)


@pytest.fixture
def filled(call, tmp_path):
    """HOME with one rule of its own, filled in."""
    home = tmp_path / "home"
    assert call("rule", "new", "big_bill")[0] == 0
    for path in (home / ruleset.RULES).iterdir():
        text = path.read_text(encoding="utf-8").replace("FILL IN", "Big bill").replace("1000000", "500")
        path.write_text(text, encoding="utf-8")
    return home


def test_new_then_test_fails_then_filled_passes(call, tmp_path):
    code, out, _ = call("rule", "new", "big_bill")
    assert code == 0 and "big_bill.sql" in out and "big_bill.md" in out
    code, out, err = call("rule", "test", "big_bill")
    assert code == 1 and "expected, not found" in out and "big_bill" in err
    assert call("rule", "new", "big_bill")[0] == 2
    assert call("rule", "test", "nothing")[0] == 2


def test_the_filled_rule_passes_and_a_broken_one_is_refused_with_its_place(call, filled):
    code, out, _ = call("rule", "test", "big_bill", "--json")
    assert code == 0 and json.loads(out)["rules"] == [{"rule": "big_bill", "cases": 3, "failures": 0}]
    path = filled / ruleset.RULES / "big_bill.sql"
    path.write_text(path.read_text(encoding="utf-8") + "where where", encoding="utf-8")
    lines = path.read_text(encoding="utf-8").count("\n") + 1
    for command in ("test", "backtest"):
        code, _, err = call("rule", command, "big_bill")
        assert code == 2 and f"big_bill.sql, line {lines}, column 7" in err


def test_promote_and_retire_leave_switch_reason_and_audit(call, filled):
    assert call("rule", "promote", "big_bill")[0] == 2, "no reason"
    assert call("rule", "promote", "big_bill", "--reason", " ")[0] == 2
    code, out, _ = call("rule", "promote", "big_bill", "--reason", "three of four held", "--owner", "Office 3")
    assert code == 0 and "three of four held" in out and "live" in out
    switch = ruleset.switches(filled)["big_bill"]
    assert (switch.status, switch.reason, switch.owner) == ("live", "three of four held", "Office 3") and switch.date
    assert call("rule", "promote", "big_bill", "--reason", "again")[0] == 2
    code, out, _ = call("rule", "retire", "big_bill", "--reason", "noise", "--json")
    assert code == 0 and json.loads(out)["to"] == "retired"
    assert ruleset.one(filled, "big_bill").card.status == "retired"
    lines = [json.loads(line) for line in (filled / audit_log.FILE_NAME).read_text(encoding="utf-8").splitlines()]
    assert [(e["event"], e["rule"], e["from"], e["to"], e["reason"]) for e in lines] == [
        ("rule", "big_bill", "trial", "live", "three of four held"),
        ("rule", "big_bill", "live", "retired", "noise"),
    ]
    assert audit_log.verify(filled) == (2, None)


def test_promote_refuses_what_is_unknown_or_fails_its_cases(call, filled):
    assert call("rule", "promote", "nothing", "--reason", "x")[0] == 2
    path = filled / ruleset.RULES / "big_bill.sql"
    path.write_text(path.read_text(encoding="utf-8").replace("value = 500", "value = 900"), encoding="utf-8")
    code, _, err = call("rule", "promote", "big_bill", "--reason", "x")
    assert code == 2 and "stays trial" in err
    assert not (filled / ruleset.SWITCHES).exists() and not (filled / audit_log.FILE_NAME).exists()


def test_backtest_and_sweep_on_a_finished_run(call, filled, finished):
    shutil.copy(finished[0].home / "warehouse.duckdb", filled)
    tables = json.loads(call("rule", "backtest", "big_bill", "--json")[1])
    said = {r["what"]: r["value"] for r in tables["summary"]}
    assert said["status"] == "trial" and int(said["hits"]) > 0 and len(tables["examples"]) == 5
    code, out, _ = call("rule", "backtest", "big_bill", "--against", filled / "rules" / "big_bill.sql")
    assert code == 0 and "both" in out and "only here" not in out and "By month" in out
    rows = json.loads(
        call("rule", "sweep", "big_bill", "--param", "over_amount", "--values", "100", "1000", "--json")[1]
    )
    assert [r["over_amount"] for r in rows] == [100, 1000] and rows[0]["hits"] > rows[1]["hits"]
    for wrong in (
        ("backtest", "nothing"),
        ("backtest", "big_bill", "--against", "nofile"),
        ("backtest", "big_bill", "--from", "march"),
        ("backtest", "big_bill", "--from", "2025-03-01", "--to", "2025-02-01"),
        ("sweep", "big_bill", "--param", "nothing", "--values", "1"),
        ("sweep", "big_bill", "--param", "over_amount", "--values", "x"),
        ("sweep", "big_bill", "--param", "over_amount", "--values", "1", "--leads-per-day", "0"),
    ):
        assert call("rule", *wrong)[0] == 2, wrong


def test_the_list_says_where_a_rule_comes_from(call, tmp_path):
    rows = json.loads(call("rule", "list", "--json")[1])
    assert {r["origin"] for r in rows} == {"package"}


def test_coverage_says_what_a_home_sets_itself_and_where(call, filled, finished):
    shutil.copy(finished[0].home / "warehouse.duckdb", filled)
    (filled / "fundwatch.toml").write_text("[rules.split_admission]\nmax_gap = 3\n", encoding="utf-8")
    (filled / "knowledge").mkdir()
    (filled / "knowledge" / "item_sex.csv").write_text(
        "item_code,item_name,sex,official,basis,layer,switched_off\n"
        "X1,a,1,67,b,province,\nX2,a,1,67,b,,\nX3,,,,,city,not here\n",
        encoding="utf-8",
    )
    (filled / "knowledge" / "code_map.csv").write_text("local_code,national_code\nL1,X1\n", encoding="utf-8")
    assert call("rule", "retire", "frequent_visits", "--reason", "own way", "--owner", "Li")[0] == 0
    rows = {r["source"]: r["set_here"] for r in json.loads(call("rule", "coverage", "--json")[1])}
    told = {name: [(r["what"], r["value"], r["ships_as"], r["set_in"]) for r in given] for name, given in rows.items()}
    mapped = ("knowledge.code_map", "city: 1", "", "knowledge/code_map.csv")
    assert told["split_admission"] == [("max_gap", 3, 7, "fundwatch.toml"), mapped]
    assert told["frequent_visits"] == [("status", "retired", "live", "switches.toml"), mapped]
    assert rows["frequent_visits"][0]["reason"] == "own way" and rows["frequent_visits"][0]["owner"] == "Li"
    counted = [value for what, value, *_ in told["item_for_other_sex"] if what == "knowledge.item_sex"]
    assert counted == ["city: 1 switched off", "city: 1", "province: 1"]
    assert told["care_after_death"] == [mapped]
    _, out, _ = call("rule", "coverage")
    assert "Set in this HOME" in out and "rules/big_bill.sql" in out and "every source" in out
    assert "Set in fundwatch.toml without reason, owner and date: 1" in out


def test_a_parameter_is_set_with_its_reason_owner_and_date(call, filled, finished):
    shutil.copy(finished[0].home / "warehouse.duckdb", filled)
    given = '{ value = 3, reason = "one hospital", owner = "Li", date = 2026-03-01 }'
    (filled / "fundwatch.toml").write_text(f"[rules.split_admission]\nmax_gap = {given}\n", encoding="utf-8")
    told = next(r for r in json.loads(call("rule", "coverage", "--json")[1]) if r["source"] == "split_admission")
    row = told["set_here"][0]
    assert [row[k] for k in ("what", "value", "reason", "owner", "date")] == [
        "max_gap",
        3,
        "one hospital",
        "Li",
        "2026-03-01",
    ]
    assert "without reason" not in call("rule", "coverage")[1]
    assert (
        "max_gap = 3 (set in fundwatch.toml: one hospital; Li, 2026-03-01)"
        in call("rule", "show", "split_admission")[1]
    )


def test_a_parameter_of_another_kind_is_refused(call, tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    (home / "fundwatch.toml").write_text('[rules.split_admission]\nmax_gap = "abc"\n', encoding="utf-8")
    code, _, err = call("rule", "list")
    assert code == 2 and "max_gap is 'abc'; it must be a number" in err


def test_refusals_speak_to_the_analyst(call, filled):
    path = filled / ruleset.RULES / "big_bill.sql"
    whole = path.read_text(encoding="utf-8")
    path.write_text(whole.replace("> $over_amount", "> $over"), encoding="utf-8")
    line = next(n for n, text in enumerate(whole.splitlines(), 1) if "$over_amount" in text)
    code, _, err = call("rule", "test", "big_bill")
    assert code == 2 and f"big_bill.sql, line {line}, column " in err and "over_amount" in err
    path.write_text(whole.rstrip() + " where (\n", encoding="utf-8")
    code, _, err = call("rule", "test", "big_bill")
    assert code == 2 and "something is missing here" in err and "class" not in err
    path.write_text(whole, encoding="utf-8")
    code, _, err = call("rule", "sweep", "big_bill", "--param", "over_amount", "--values", "x")
    assert code == 2 and "--values is 'x'; over_amount must be a whole number." in err
