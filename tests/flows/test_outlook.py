"""fund, prices and burden: asked for on their own, never part of a watchlist."""

import datetime
import json
import shutil
import stat

import polars as pl
import pytest

from data.errors import InputRefused
from data.warehouse.connection import open_warehouse
from features import build
from flows.home import audit_log
from flows.publish import outlook
from models.outlook import ask, fund


@pytest.fixture
def con(tmp_path):
    """An empty warehouse whose features are built."""
    with open_warehouse(tmp_path / "home") as connection:
        for name, feature in build.load().items():
            connection.execute(f"create table feature.{name} as {feature.query.text}")
        yield connection


def pay(con, rows):
    """Settlements of (day, insurance type, fund yuan, insured division)."""
    frame = pl.DataFrame(rows, schema=["settled_on", "insurance_type", "fund_amount", "insured_division"], orient="row")
    frame = frame.with_columns(
        settled_on=pl.col("settled_on").str.to_date(), institution_division=pl.lit("990101"), total_amount=pl.col("fund_amount") * 2,
        person_id=pl.lit("N1"), person_paid_amount=pl.col("fund_amount"),
    ).with_columns(month=pl.col("settled_on").dt.truncate("1mo"))  # fmt: skip
    con.register("given", frame.to_arrow())
    con.execute("insert into feature.settlement by name select * from given")
    con.execute(f"create or replace table feature.delivery_span as {build.load()['delivery_span'].query.text}")


def two_years(con, growth=1.2, outside="990101"):
    """310 in every month of two years: 100 yuan a month, then that times the growth; 390 the same without growth."""
    rows = [("2024-01-01", "310", 0.0, "990101"), ("2025-12-31", "310", 0.0, "990101")]
    for month in range(1, 13):
        rows += [(f"2024-{month:02}-15", kind, 100.0, "990101") for kind in ("310", "390")]
        rows += [(f"2025-{month:02}-15", "310", 100.0 * growth, outside if month == 6 else "990101")]
        rows += [(f"2025-{month:02}-15", "390", 100.0, "990101")]
    pay(con, rows)


def at(rows, month, kind="all"):
    [found] = rows.filter(
        (pl.col("month") == datetime.date.fromisoformat(month)) & (pl.col("insurance_type") == kind)
    ).to_dicts()
    return found


def test_outlay_is_held_against_last_year_and_projected_by_its_course(con):
    two_years(con)
    rows = fund.months(con)
    june = at(rows, "2025-06-01", "310")
    assert (june["fund_amount"], june["fund_last_year"], june["growth"]) == (120.0, 100.0, 20.0)
    assert (june["fund_to_date"], june["to_date_growth"], june["projected_year"]) == (720.0, 20.0, 1440.0)
    assert at(rows, "2025-06-01")["growth"] == 10.0 and at(rows, "2025-06-01", "390")["growth"] == 0.0
    assert at(rows, "2024-06-01")["growth"] is None and at(rows, "2024-06-01")["projected_year"] == 2400.0
    assert fund.lacking(rows)[0].startswith("no balance") and len(fund.lacking(rows)) == 2


def test_month_delivered_in_part_is_compared_with_nothing(con):
    two_years(con)
    pay(con, [("2026-01-02", "310", 5.0, "990101")])
    rows = fund.months(con)
    part = at(rows, "2026-01-01")
    assert part["is_whole"] is False and part["fund_to_date"] == 5.0
    assert [part[c] for c in ("growth", "fund_last_year", "projected_year", "outflow_change", "budget_used")] == [
        None
    ] * 5
    assert at(rows, "2025-12-01", "310")["fund_to_date"] == 1440.0


def test_an_unfinished_month_adds_to_the_whole_months_before_it(con):
    two_years(con)
    con.execute("delete from feature.settlement where settled_on >= date '2025-07-01'")
    pay(con, [("2025-06-30", "310", 0.0, "990101"), ("2025-07-02", "310", 7.0, "990101")])
    july = at(fund.months(con), "2025-07-01", "310")
    assert july["is_whole"] is False and july["fund_to_date"] == 727.0 and july["growth"] is None


def test_what_flows_to_other_cities_and_the_funds_own_figures_give_warnings(con):
    two_years(con, outside="770101")
    account = pl.DataFrame(
        {
            "month": [datetime.date(2025, m, 1) for m in range(1, 7)],
            "insurance_type": ["all"] * 6,
            "income": [200.0] * 6,
            "balance": [2000.0] * 4 + [1000.0, 500.0],
            "budget": [200.0] * 6,
        }
    )
    rows = fund.warnings(fund.months(con, account))
    june = at(rows, "2025-06-01")
    assert june["outflow_amount"] == 120.0 and june["outflow_share"] == 54.5 and june["outflow_change"] == 54.5
    assert june["budget_used"] == 110.0 and june["reserve_months"] == pytest.approx(500 / 210, abs=0.1)
    assert june["warnings"] == "outlay ahead of the budget; reserve below 3 months; outflow share rising"
    assert "reserve below 6 months" in at(rows, "2025-05-01")["warnings"]
    assert at(rows, "2025-07-01")["budget_used"] is None and at(rows, "2024-05-01")["warnings"] == ""
    assert "支出超预算进度" in at(fund.warnings(rows, language="zh"), "2025-06-01")["warnings"]


def test_budget_told_for_some_months_only_is_not_added_up(con):
    two_years(con)
    account = pl.DataFrame(
        {"month": [datetime.date(2025, 6, 1)], "insurance_type": ["all"], "income": [None], "balance": [None], "budget": [200.0]}
    )  # fmt: skip
    assert at(fund.months(con, account), "2025-06-01")["budget_used"] is None


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
def test_the_funds_account_is_read_as_offices_write_it(tmp_path, encoding):
    path = tmp_path / "account.csv"
    path.write_text(
        '月份,险种,收入,累计结余\n2025-01,合计,"1,000.50",\n202502,310,2000,30\n2025年3月,,1,2\n', encoding=encoding
    )
    rows = outlook.read_account(path).to_dicts()
    assert [(str(r["month"]), r["insurance_type"], r["income"], r["balance"], r["budget"]) for r in rows] == [
        ("2025-01-01", "all", 1000.5, None, None), ("2025-02-01", "310", 2000.0, 30.0, None), ("2025-03-01", "all", 1.0, 2.0, None),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a,b\n1,2\n", "needs a column month"),
        ("month,income\nsoon,1\n", "like 2025-01"),
        ("month,income\n2025-01,much\n", "no number"),
    ],
)
def test_an_account_that_cannot_be_read_is_refused(tmp_path, text, words):
    path = tmp_path / "account.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputRefused, match=words):
        outlook.read_account(path)


def test_burden_counts_a_persons_own_payments_of_a_year(con):
    con.execute("insert into record.settlement (settlement_id, person_paid_amount) values ('S', 1)")
    pay(
        con,
        [
            ("2024-12-31", "310", 900.0, "990101"),
            ("2025-01-01", "310", 600.0, "990101"),
            ("2025-06-01", "310", 500.0, "990101"),
        ],
    )
    assert [(r["person_id"], r["year"], float(r["paid_amount"])) for r in ask.burden(con, 1000).to_dicts()] == [
        ("N1", 2025, 1100.0)
    ]
    assert ask.burden(con, 1200).height == 0
    assert ask.burden(con, 800, year=2024).height == 1


def test_fund_on_a_town_says_what_is_missing(call, finished, tmp_path):
    home = finished[0].home
    code, out, _ = call("fund", "--home", home)
    assert code == 0 and "Missing: no balance of the fund" in out and "Missing: no budget" in out
    assert " 2025-01 " in out and "2025-01-01" not in out
    code, out, _ = call("fund", "--home", home, "--json", "--out", tmp_path / "fund.csv", "--labels", "zh")
    said = json.loads(out)
    assert (
        code == 0
        and len(said["missing"]) == 3
        and {r["insurance_type"] for r in said["months"]} >= {"310", "390", "all"}
    )
    assert (tmp_path / "fund.csv").read_text(encoding="utf-8-sig").startswith("月份,险种,整月")


def test_prices_of_a_town_beside_each_other(call, finished, tmp_path, read_csv):
    home, path = finished[0].home, tmp_path / "prices.csv"
    code, out, _ = call("prices", "--home", home, "--kind", "pharmacy", "--peers", 5, "--out", path)
    rows = read_csv(path)
    shown = [r["institution_name"] for r in sorted(rows, key=lambda r: -float(r["ratio"]))[:3]]
    assert all(name[:4] in out for name in shown)
    assert code == 0 and f"{len(rows):,} prices" in out and {r["kind"] for r in rows} == {"pharmacy"}
    for row in rows:
        assert float(row["lowest"]) <= float(row["price"]) <= float(row["highest"]) and int(row["peers"]) >= 5
    dearest = {r["item_code"]: r for r in rows if r["place"] == "1"}
    assert all(r["price"] == r["highest"] for r in dearest.values())
    code, out, _ = call(
        "prices", rows[0]["item_code"], "--home", home, "--institution", rows[0]["institution_id"], "--json"
    )
    assert [r["institution_id"] for r in json.loads(out)] == [rows[0]["institution_id"]]


def test_a_maker_s_drugs_beside_others_and_who_took_whose_place(con):
    rows = [
        ("XA0001AAAA00100100011111", "11111", "H1", 10.0, "2025-01-01", "2025-03-31", 100),
        ("XA0001AAAA00100100022222", "22222", "H1", 30.0, "2025-04-10", "2025-12-31", 300),
        ("XA0001AAAA00100100022222", "22222", "H2", 45.0, "2025-01-01", "2025-12-31", 450),
        ("XB0001AAAA00100100022222", "22222", "H2", 5.0, "2025-01-01", "2025-12-31", 50),
    ]
    for code, maker, place, price, first, last, amount in rows:
        con.execute(
            "insert into feature.drug_price by name select $code as product_code, $place as institution_id, false as"
            " is_pharmacy, 1 as lines, 1 as quantity, $price as price, $amount as amount, $amount as eligible_amount,"
            " cast($first as date) as first_on, cast($last as date) as last_on",
            {"code": code, "place": place, "price": price, "first": first, "last": last, "amount": amount},
        )
        con.execute(
            "insert into feature.drug_product by name select $code as product_code, 'x' as item_name, '1g' as"
            " specification, substr($code, 1, 10) as generic_key, 'f' as form_key, $maker as maker_key"
            " where $code not in (select product_code from feature.drug_product)",
            {"code": code, "maker": maker},
        )
    told = {(row["maker"], row["item_code"][:2]): row for row in ask.makers(con).to_dicts()}
    dear, cheap, other = told["22222", "XA"], told["11111", "XA"], told["22222", "XB"]
    assert (dear["places"], dear["total_amount"], dear["spread"], dear["ratio"]) == (2, 750, 1.5, 3.75)
    assert (dear["taken_over"], dear["given_way"], cheap["taken_over"], cheap["given_way"]) == (1, 0, 0, 1)
    assert (other["peers"], other["ratio"], other["taken_over"]) == (0, None, 0)
    assert set(ask.makers(con, "22222")["maker"]) == {"22222"}


def test_makers_of_a_town_hold_all_its_drug_money(call, finished, tmp_path, read_csv):
    home, out = finished[0].home, tmp_path / "makers.csv"
    code, text, _ = call("makers", "--out", out, "--home", home, "--json")
    rows = json.loads(text)
    with open_warehouse(home, read_only=True) as con:
        ((whole,),) = con.execute("select sum(eligible_amount) from feature.drug_price").fetchall()
    assert code == 0 and sum(row["total_amount"] for row in rows) == pytest.approx(float(whole))
    assert len(read_csv(out)) == len(rows) > 10
    code, _, err = call("makers", "nobody", "--home", home)
    assert code == 2 and "is of the maker 'nobody'" in err


@pytest.mark.parametrize("words", ["prices --out", "burden --line 3000 --out", "verdict form"])
def test_ids_of_a_file_are_kept_for_a_spreadsheet_or_plain(call, finished, tmp_path, words):
    home, texts = finished[0].home, {}
    for ids in ("text", "plain"):
        code, *_ = call(*words.split(), tmp_path / ids, "--home", home, "--ids", ids)
        texts[ids] = (tmp_path / ids).read_text(encoding="utf-8-sig")
        assert code == 0
    assert ("\t" in texts["text"] or words.startswith("prices")) and texts["text"].replace("\t", "") == texts["plain"]


def test_burden_masks_names_and_leaves_its_line_in_the_audit_log(call, finished, tmp_path, read_csv):
    home, path, full = finished[0].home, tmp_path / "burden.csv", tmp_path / "full.csv"
    before, _ = audit_log.verify(home)
    code, *_ = call("burden", "--home", home, "--line", 3000, "--out", path)
    rows = read_csv(path)
    assert code == 0 and rows and all(r["person_name"].endswith("**") for r in rows)
    assert all(float(r["paid_amount"]) >= 3000 for r in rows) and stat.S_IMODE(path.stat().st_mode) == 0o600
    assert audit_log.verify(home) == (before + 1, None)
    call("burden", "--home", home, "--line", 3000, "--out", full, "--unmask")
    assert not any(r["person_name"].endswith("**") for r in read_csv(full)) and audit_log.verify(home) == (
        before + 3,
        None,
    )
    last = json.loads((home / audit_log.FILE_NAME).read_text(encoding="utf-8").splitlines()[-1])
    assert last["event"] == "burden" and last["unmasked"] and not any(r["person_id"] in str(last) for r in rows)


def test_the_line_may_come_from_the_environment(call, finished, monkeypatch):
    monkeypatch.setenv("FUNDWATCH_BURDEN_LINE", "3000")
    code, out, _ = call("burden", "--home", finished[0].home, "--json")
    assert code == 0 and all(r["person_name"].endswith("**") for r in json.loads(out))


def test_the_line_may_stand_in_the_file_and_the_nearer_word_wins(call, finished, tmp_path, monkeypatch):
    home = tmp_path / "home"
    home.mkdir()
    shutil.copy(finished[0].home / "warehouse.duckdb", home)

    def told(*options):
        code, out, err = call("burden", "--home", home, "--json", *options)
        return min((float(r["paid_amount"]) for r in json.loads(out)), default=None) if code == 0 else (code, err)

    (home / "fundwatch.toml").write_text("burden_line = 3000\n", encoding="utf-8")
    low = told()
    assert low >= 3000
    monkeypatch.setenv("FUNDWATCH_BURDEN_LINE", "4000.5")
    assert told() >= 4000.5 and told("--line", 3000) == low
    monkeypatch.setenv("FUNDWATCH_BURDEN_LINE", "much")
    assert told() == (2, "fundwatch: FUNDWATCH_BURDEN_LINE is 'much'; it must be a number.\n")
    for wrong, words in (("'3000'", "must be a number of yuan"), ("true", "must be a number of yuan"), ("0", "--line")):
        monkeypatch.delenv("FUNDWATCH_BURDEN_LINE", raising=False)
        (home / "fundwatch.toml").write_text(f"burden_line = {wrong}\n", encoding="utf-8")
        code, err = told()
        assert code == 2 and words in err


def test_no_watchlist_holds_what_was_asked_for_beside_it(finished):
    with open_warehouse(finished[0].home, read_only=True) as con:
        families = {f for (f,) in con.sql("select distinct family from model.finding").fetchall()}
    assert not families & {"burden", "fund", "fund_month"}


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["burden"], 2, "Say --line YUAN"),
        (["burden", "--line", "5000", "--unmask"], 2, "--unmask goes with --out"),
        (["prices", "--kind", "clinic"], 2, "--kind is 'clinic'"),
        (["fund", "--insurance", "999"], 2, "--insurance is '999'"),
        (["fund", "--account", "nowhere.csv"], 3, "nowhere.csv cannot be read"),
        (["fund", "--language", "fr"], 2, "language is 'fr'"),
    ],
)
def test_what_goes_wrong_is_one_plain_sentence_with_its_exit_code(call, finished, arguments, code, words):
    found, _, err = call(*arguments, "--home", finished[0].home)
    assert found == code and words in err and err.count("\n") == 1 and err.startswith("fundwatch: ")


def test_a_home_without_warehouse_or_features_is_told_what_to_run(call, tmp_path):
    for command in (["fund"], ["prices"], ["burden", "--line", "1"]):
        code, _, err = call(*command, "--home", tmp_path / "none")
        assert code == 2 and "no warehouse yet" in err
    with open_warehouse(tmp_path / "empty") as con:
        con.execute("insert into record.settlement (settlement_id, person_paid_amount) values ('S', 1)")
    for command in (["fund"], ["prices"], ["burden", "--line", "1"]):
        code, _, err = call(*command, "--home", tmp_path / "empty")
        assert code == 2 and "Run `fundwatch features` first" in err


def test_burden_needs_to_know_what_persons_paid(call, tmp_path):
    with open_warehouse(tmp_path / "home") as con:
        con.execute("insert into record.settlement (settlement_id) values ('S')")
    code, _, err = call("burden", "--line", "1", "--home", tmp_path / "home")
    assert code == 1 and "个人支付金额" in err
