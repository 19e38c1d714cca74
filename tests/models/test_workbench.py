"""The workbench: a bureau's rules and switches, refusals with their place, cases, what a rule would change."""

import shutil
from dataclasses import replace
from datetime import date

import pytest

from data.errors import UsageError
from data.warehouse.connection import open_warehouse
from flows import steps
from flows.home.settings import Settings
from models.ranking.rank import rank
from models.sources import source as sources
from models.workbench import backtest, bench, located, ruleset, sweep, template, trial


@pytest.fixture
def fill():
    """A new rule, filled in: settlements above 500 yuan by default."""

    def write(home, rule_id="big_bill", **changed):
        query, cases = template.write(home, rule_id)
        for path in (query, cases):
            text = path.read_text(encoding="utf-8").replace(template.TO_FILL, "Big bill")
            for old, new in {"1000000": "500", **changed}.items():
                text = text.replace(old, new)
            path.write_text(text, encoding="utf-8")
        return query

    return write


@pytest.fixture(scope="module")
def ready_home(tmp_path_factory, deliver, rows):
    """A HOME with six settlements of three months at two institutions, ready to be judged."""
    amounts = [100, 200, 300, 600, 700, 800]
    place = tmp_path_factory.mktemp("workbench")
    many = [
        rows.settlement(
            n,
            psn_no=f"P{n % 2}",
            fixmedins_code=f"H{n % 2}",
            medfee_sumamt=a,
            inscp_amt=a,
            fund_pay_sumamt=a / 2,
            begndate=f"2025-0{n // 2 + 1}-01",
            enddate=f"2025-0{n // 2 + 1}-01",
            setl_time=f"2025-0{n // 2 + 1}-01 10:00:00",
        )
        for n, a in enumerate(amounts)
    ]
    folder = deliver(
        {
            "setl_d.csv": many,
            "mdtrt_d.csv": [rows.encounter(n, psn_no=f"P{n % 2}", fixmedins_code=f"H{n % 2}") for n in range(6)],
            "fee_list_d.csv": [rows.fee_line(n, psn_no=f"P{n % 2}", fixmedins_code=f"H{n % 2}") for n in range(6)],
        },
        place / "delivery",
    )
    settings = Settings(home=place / "home", input=folder)
    for step in steps.STEPS[:3]:
        steps.perform(step, settings)
    return settings.home


@pytest.fixture
def loaded(ready_home, tmp_path):
    """A copy of that HOME for one test."""
    return shutil.copytree(ready_home, tmp_path / "home")


def values(table):
    return {row["what"]: row["value"] for row in table.to_dicts()}


def tried(home, source, other=None, period=None):
    with bench.bench(home) as con:
        return backtest.backtest(con, source, other, period or backtest.Period())


def test_a_new_rule_loads_as_trial_fails_until_it_is_filled_in_and_passes_then(tmp_path, fill):
    template.write(tmp_path, "fresh")
    fresh = ruleset.one(tmp_path, "fresh")
    assert fresh.card.status == "trial"
    (said,) = trial.run(tmp_path, [fresh])
    whys = [f.why for f in said.failures]
    assert "it still says FILL IN" in whys and "other rows" in whys
    missed = next(f for f in said.failures if f.rows)
    assert missed.columns == ("settlement_id", "amount") and missed.rows == ((trial.MISSED, "S1", "600"),)
    fill(tmp_path)
    (said,) = trial.run(tmp_path, [ruleset.one(tmp_path, "big_bill")])
    assert (said.cases, said.failures) == (3, ())


def test_what_a_rule_should_not_find_is_a_row_too(tmp_path, fill):
    fill(tmp_path, **{"1000000": "400"})
    (said,) = trial.run(tmp_path, [ruleset.one(tmp_path, "big_bill")])
    (failure,) = said.failures
    assert "at the border" in failure.case and failure.rows[0][:2] == (trial.UNWANTED, "S1")


@pytest.mark.parametrize("rule_id", ["Big", "a__b", "../x", "1a", "split_admission", ""])
def test_an_id_that_is_none_or_taken_is_refused(tmp_path, rule_id):
    with pytest.raises(UsageError):
        template.write(tmp_path, rule_id)


@pytest.mark.parametrize(
    ("old", "new", "marked", "words"),
    [
        ("s.person_id,", "s.person_id x zz,", "zz,", "Unexpected token"),
        ("s.person_id,", "list_sum(s.person_id) as person_id,", "list_sum", "equal on Spark"),
        ("feature.settlement as s", "model.finding as s", "model.finding", "may read only"),
        ("s.encounter_id,", "s.encounter_number,", "s.encounter_number", "lacks the column encounter_id"),
    ],
)
def test_a_refused_query_is_placed_in_its_file(tmp_path, fill, old, new, marked, words):
    path = fill(tmp_path, **{old: new})
    with pytest.raises(UsageError, match=words) as caught:
        located.read(path)
    if "lacks" not in words:
        lines = path.read_text(encoding="utf-8").splitlines()
        line = next(n for n, text in enumerate(lines, 1) if marked in text)
        assert f"big_bill.sql, line {line}, column {lines[line - 1].index(marked) + 1}: " in str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "marked"),
    [
        ("feature.settlement as s", "feature.settlements as s", "feature.settlements"),
        ("s.settlement_id,", "s.settlement_key as settlement_id,", "s.settlement_key"),
    ],
)
def test_a_name_that_does_not_exist_is_placed_before_the_rule_runs(tmp_path, fill, old, new, marked):
    path = fill(tmp_path, **{old: new})
    lines = path.read_text(encoding="utf-8").splitlines()
    line = next(n for n, text in enumerate(lines, 1) if marked in text)
    with pytest.raises(UsageError, match=f"line {line}, column {lines[line - 1].index(marked) + 1}: "):
        trial.run(tmp_path, [ruleset.one(tmp_path, "big_bill")])


def test_a_rule_of_home_takes_the_place_of_the_packages_and_says_so(tmp_path, fill):
    path = fill(tmp_path)
    path.rename(path.with_name("split_admission.sql"))
    found = {s.id: s for s in ruleset.ruleset(tmp_path, {"split_admission": {"over_amount": 7}})}
    assert found["split_admission"].params == {"over_amount": 7}
    assert ruleset.origin(tmp_path, "split_admission") == ruleset.REPLACED
    assert ruleset.origin(tmp_path, "same_bill_twice") == ruleset.PACKAGE
    with pytest.raises(UsageError, match=r"\[rules.nothing\]"):
        ruleset.ruleset(tmp_path, {"nothing": {}})


def test_switches_change_status_and_fingerprint_and_nothing_else(tmp_path):
    before = ruleset.one(tmp_path, "split_admission")
    version = ruleset.version(tmp_path)
    switch = ruleset.Switch("retired", 'too "noisy"\nhere', "Office 3", date(2026, 1, 2))
    ruleset.write(tmp_path, {"split_admission": switch}, lambda: None)
    assert ruleset.switches(tmp_path)["split_admission"] == replace(switch, reason='too "noisy" here')
    after = ruleset.one(tmp_path, "split_admission")
    assert after.card == replace(before.card, status="retired") and after.params == before.params
    assert after.fingerprint("x") != before.fingerprint("x") and ruleset.version(tmp_path) != version


@pytest.mark.parametrize(
    "text",
    [
        "[nothing]\nstatus='live'\nreason='x'",
        "[split_admission]\nstatus='off'\nreason='x'",
        "split_admission = 1",
        "[[",
    ],
)
def test_a_broken_file_of_switches_is_refused(tmp_path, text):
    (tmp_path / ruleset.SWITCHES).write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=r"switches\.toml"):
        ruleset.sources(tmp_path)


def test_a_write_of_switches_that_is_not_witnessed_leaves_the_old_file(tmp_path):
    ruleset.write(tmp_path, {"split_admission": ruleset.Switch("trial", "a")}, lambda: None)

    def full():
        raise OSError

    with pytest.raises(OSError):
        ruleset.write(tmp_path, {}, full)
    assert list(ruleset.switches(tmp_path)) == ["split_admission"]
    assert [p.name for p in tmp_path.iterdir()] == [ruleset.SWITCHES]


def test_a_backtest_counts_what_a_rule_finds_and_leaves_the_warehouse_as_it_was(loaded, fill):
    fill(loaded)
    before = (loaded / "warehouse.duckdb").read_bytes()
    tables = tried(loaded, ruleset.one(loaded, "big_bill"))
    said = values(tables["summary"])
    assert (said["judged"], said["hits"], said["settlements"]) == ("6", "3", "3")
    assert (said["yuan"], said["fund_yuan"]) == ("2100.00", "1050.00")
    (subjects,) = tables["subjects"].to_dicts()
    assert (subjects["subjects"], subjects["new"], subjects["only_this"]) == (2, 2, 2)
    leads = {r["subject_id"]: (r["change"], r["hits"], int(r["yuan"])) for r in tables["leads"].to_dicts()}
    assert leads == {"H1": ("new", 2, 1400), "H0": ("new", 1, 700)}
    months = [(r["month"], r["hits"], int(r["yuan"])) for r in tables["months"].to_dicts()]
    assert months == [("2025-02", 1, 600), ("2025-03", 2, 1500)]
    assert tables["examples"].height == 3 and "settlement S" in tables["examples"]["sentence"][0]
    assert (loaded / "warehouse.duckdb").read_bytes() == before


def test_a_rule_without_anything_to_judge_says_so(loaded, fill):
    fill(loaded, **{"from feature.settlement as s": "from feature.settlement as s where s.settlement_id = 'none'"})
    said = values(tried(loaded, ruleset.one(loaded, "big_bill"))["summary"])
    assert said["judged"] == said["cannot_judge"] == "0" and said["why"] == sources.NOTHING


def test_a_backtest_counts_its_period_alone(loaded, fill):
    fill(loaded)
    period = backtest.Period(date(2025, 3, 1), date(2025, 3, 31))
    tables = tried(loaded, ruleset.one(loaded, "big_bill"), period=period)
    assert values(tables["summary"])["hits"] == "2" and tables["months"]["month"].to_list() == ["2025-03"]
    assert tables["examples"].height == 2


def test_a_backtest_compares_with_another_version(loaded, fill):
    fill(loaded)
    now = replace(ruleset.one(loaded, "big_bill"), params={"over_amount": 750})
    earlier = replace(now, params={"over_amount": 250})
    tables = tried(loaded, now, earlier)
    sides = {r["side"]: r["hits"] for r in tables["against"].to_dicts()}
    assert sides == {"both": 1, "only there": 3}
    assert {(r["change"], r["subject_id"]) for r in tables["leads"].to_dicts()} == {("lost", "H0")}


def test_a_backtest_sees_other_sources_leads_and_verdicts(loaded, fill):
    fill(loaded)
    mine = ruleset.one(loaded, "big_bill")
    live = replace(mine, id="neighbour", card=replace(mine.card, status="live"), params={"over_amount": 750})
    with open_warehouse(loaded) as con:
        sources.run(con, live, "x")
        rank(con, [live], "R1")
        con.execute(
            """
            insert into casebook.verdict by name
            select subject_id as verdict_id, now() as imported_at, 'f' as file, 1 as row_number,
                'institution' as subject_type, subject_id, conclusion, conclusion as conclusion_said,
                date '2025-06-01' as decided_on, true as is_closing
            from (values ('H1', 'confirmed'), ('H0', 'dismissed'), ('H9', 'confirmed')) as v(subject_id, conclusion)
            """
        )
    tables = tried(loaded, mine)
    assert tables["overlap"].rows() == [("neighbour", 1, pytest.approx(0.333))]
    (subjects,) = tables["subjects"].to_dicts()
    assert (subjects["new"], subjects["already_leads"], subjects["in_top_20"], subjects["gain_it"]) == (1, 1, 1, 1)
    assert tables["verdicts"].rows() == [("institution", 2, 1, 0.5)]


def test_a_sweep_shows_each_value(loaded, fill):
    fill(loaded)
    mine = ruleset.one(loaded, "big_bill")
    wanted = sweep.values_of(mine, "over_amount", ["150,500", "750"])
    with bench.bench(loaded) as con:
        rows = sweep.sweep(con, mine, "over_amount", wanted, 4).to_dicts()
    assert [(r["over_amount"], r["hits"], int(r["yuan"]), r["leads"], r["inspector_days"]) for r in rows] == [
        (150, 5, 2600, 2, 0.5),
        (500, 3, 2100, 2, 0.5),
        (750, 1, 800, 1, 0.2),
    ]
    assert [r["in_force"] for r in rows] == [False, True, False]
    for name, texts in (("nothing", ["1"]), ("over_amount", ["x"]), ("over_amount", [","])):
        with pytest.raises(UsageError):
            sweep.values_of(mine, name, texts)


def test_a_trial_rule_runs_and_is_reported_and_never_enters_a_list(loaded, fill):
    fill(loaded)
    for status, leads in (("trial", 0), ("live", 2)):
        ruleset.write(loaded, {"big_bill": ruleset.Switch(status, "because")}, lambda: None)
        mine = ruleset.one(loaded, "big_bill")
        with open_warehouse(loaded) as con:
            sources.run(con, mine, "x")
            rank(con, [mine], "R1")
            assert con.sql("select status, hits from model.coverage").fetchall() == [(status, 3)]
            assert con.sql("select count(*) from model.lead").fetchall() == [(leads,)]
