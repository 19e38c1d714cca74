"""The measures on lists small enough to count by hand; a measured town; the negative control."""

import csv
import gzip
import json
import math
import shutil

import numpy as np
import polars as pl
import pytest

from data.warehouse.connection import FILE_NAME, open_warehouse
from flows.cli import main
from flows.commands import evaluate
from models.evaluation import doses, measure, report, truth
from models.evaluation.metrics import at_random, metrics, wilson
from models.evaluation.permuted import permute

SCORES = [9.0, 8.0, 7.0, 6.0, 5.0, 4.0]
PLANTED = [True, False, True, False, False, False]
YUAN = [100.0, 0.0, 300.0, 0.0, 0.0, 0.0]


def test_the_measures_of_a_toy_list():
    said = metrics(SCORES, PLANTED, YUAN)
    assert (said["subjects"], said["planted"], said["listed"]) == (6, 2, 6)
    assert said["precision_at_r"] == 0.5 and said["recall_at_r"] == 0.5 and said["recall_at_2r"] == 1.0
    assert said["average_precision"] == pytest.approx((1 + 2 / 3) / 2)
    assert said["yuan_share_at_r"] == pytest.approx(100 / 400)
    assert said["yuan_share_at_2r"] == pytest.approx(1.0)
    assert said["ndcg_at_r"] == pytest.approx(100 / (300 + 100 / math.log2(3)))
    assert said["auc"] == pytest.approx(7 / 8)
    assert said["lift_at_r"] == pytest.approx(0.5 / (2 / 6))
    assert said["precision_at_10"] == pytest.approx(2 / 6)  # a list of six ends at six


def test_a_perfect_and_an_upside_down_order():
    best = metrics([3, 2, 1, 0], [True, True, False, False], [5, 1, 0, 0])
    worst = metrics([0, 1, 2, 3], [True, True, False, False], [5, 1, 0, 0])
    for name in ("average_precision", "auc", "ndcg_at_r", "yuan_share_at_r", "precision_at_r"):
        assert best[name] == pytest.approx(1.0), name
    assert worst["auc"] == 0.0 and worst["precision_at_r"] == 0.0
    assert worst["average_precision"] == pytest.approx((1 / 3 + 2 / 4) / 2)


def test_ties_are_broken_by_amount_and_never_by_what_was_planted():
    planted = [False, True, False]
    assert metrics([1, 1, 1], planted, [0, 9, 0], amount=[1, 5, 2])["precision_at_r"] == 1.0
    assert metrics([1, 1, 1], planted, [0, 9, 0], amount=[7, 5, 6])["precision_at_r"] == 0.0
    assert metrics([1, 1, 1], planted, [0, 9, 0])["auc"] == 0.5


def test_who_is_not_on_the_list_is_never_found():
    said = metrics([2.0, math.nan, math.nan], [True, True, False], [1, 1, 0])
    assert said["listed"] == 1 and said["recall_at_2r"] == 0.5
    assert said["average_precision"] == 0.5 and said["precision_at_10"] == 1.0
    nobody = metrics([math.nan] * 3, [True, False, False], [1, 0, 0])
    assert nobody["average_precision"] == 0.0 and math.isnan(nobody["precision_at_r"])


def test_nothing_planted_has_no_recall_and_does_not_fail():
    said = metrics(SCORES, [False] * 6, [0] * 6)
    assert said["base_rate"] == 0.0 and math.isnan(said["average_precision"]) and math.isnan(said["auc"])
    assert metrics([], [], [])["subjects"] == 0


def test_who_was_drawn_counts_for_all_it_stands_for():
    said = metrics([3, 2, 1], [True, False, True], [1, 0, 1], weight=[1, 1, 8])
    assert said["base_rate"] == pytest.approx(0.9)
    assert said["recall_at_r"] == pytest.approx(1 / 9)
    assert said["precision_at_10"] == pytest.approx(0.9)


def test_unequal_lengths_are_refused():
    with pytest.raises(ValueError, match="one entry a subject"):
        metrics([1, 2], [True], [1])


def test_wilson_intervals():
    assert wilson(0.5, 10) == pytest.approx((0.2366, 0.7634), abs=1e-4)
    low, high = wilson(1.0, 10)
    assert (low, high) == pytest.approx((0.7225, 1.0), abs=1e-4)
    assert wilson(math.nan, 0) == (0.0, 1.0)


def test_the_random_order_is_the_mean_of_random_orders():
    draw = np.random.default_rng(1)
    planted, yuan = np.arange(30) < 4, np.where(np.arange(30) < 4, np.arange(30) + 1.0, 0.0)
    drawn = [metrics(draw.random(30), planted, yuan) for _ in range(1000)]
    said = at_random(planted, yuan)
    for name in ("average_precision", "precision_at_10", "recall_at_2r", "ndcg_at_r", "yuan_share_at_r", "auc"):
        assert said[name] == pytest.approx(float(np.mean([d[name] for d in drawn])), abs=0.02), name


def test_size_auc_sees_what_size_alone_does_not_give():
    draw = np.random.default_rng(2)
    amount = draw.lognormal(0, 1, 400)
    planted = draw.random(400) < amount / amount.max()
    by_size = metrics(amount, planted, planted, amount)
    assert by_size["auc"] > 0.65 and abs(by_size["size_auc"] - 0.5) < abs(by_size["auc"] - 0.5)


@pytest.fixture(scope="module")
def ranked_town(finished):
    """Settings of a ranked home of the town: it is copied, never written."""
    return finished[0]


@pytest.fixture(scope="module")
def measured(town, ranked_town, tmp_path_factory):
    """(connection, sources) of a copy of the ranked home with the truth loaded."""
    from flows import steps

    home = tmp_path_factory.mktemp("measured")
    shutil.copy(ranked_town.home / FILE_NAME, home)
    with open_warehouse(home) as con:
        truth.load(con, town / "truth")
        yield con, steps.sources(ranked_town)


def test_a_town_is_measured_over_everybody_who_does_business(measured):
    con, _ = measured
    lists = measure.lists(con)
    assert set(lists) == {"institution", "pharmacy", "practitioner", "person", "group"}
    everybody = con.sql("select count(distinct person_id) from feature.settlement").fetchall()[0][0]
    planted = con.sql(
        "select count(distinct subject_id) from truth.scheme_subject where subject_type = 'person'"
    ).fetchall()[0][0]
    for name in measure.METHODS:
        assert lists["person"][name]["subjects"] == everybody and lists["person"][name]["planted"] == planted
    assert lists["person"]["fundwatch"]["average_precision"] > 3 * lists["person"]["random"]["average_precision"]
    tops = {kind: (planted, hit) for kind, planted, _, hit in truth.hits_at(con, 10)}
    ours = lists["person"]["fundwatch"]
    looked = min(10, ours["listed"])
    assert tops["person"] == (planted, round(ours["precision_at_10"] * looked))


def test_rings_schemes_and_look_alikes_are_counted(measured):
    con, _ = measured
    rings, schemes, honest = measure.rings(con), measure.schemes(con), measure.confounders(con)
    groups = con.sql("select count(*) from truth.scheme_subject where subject_type = 'group'").fetchall()[0][0]
    everyone, *by_scheme = rings
    assert everyone["scheme"] == "all" and everyone["planted"] == groups and 0 <= everyone["found"] <= groups
    assert sum(r["planted"] for r in by_scheme) == groups and sum(r["found"] for r in by_scheme) == everyone["found"]
    assert {r["scheme"] for r in by_scheme} >= {"co_visit_ring", "collector_gang", "agents_phone"}
    assert set(schemes["scheme"]) == set(con.sql("select distinct scheme from truth.scheme_subject").pl()["scheme"])
    assert schemes.filter(pl.col("recall") > pl.col("listed")).height == 0
    assert honest.filter(pl.col("tier_a") > pl.col("tier_ab")).height == 0 and honest["subjects"].min() > 0


def test_without_its_own_sources_a_scheme_is_harder_and_the_list_comes_back(measured):
    con, sources = measured
    before = con.sql("select lead_id, rank from model.lead order by all").fetchall()
    status = con.sql("select source, status from model.coverage order by all").fetchall()
    novel, as_it_was = measure.novel(con, sources), measure.schemes(con)
    assert con.sql("select lead_id, rank from model.lead order by all").fetchall() == before
    assert con.sql("select source, status from model.coverage order by all").fetchall() == status
    both = novel.join(as_it_was, on=["scheme", "subject_type"], suffix="_full")
    lent = both.filter(pl.col("scheme") == "card_lending")
    assert lent["recall"][0] < lent["recall_full"][0] and "item_for_other_sex" in lent["own"][0]


def test_other_rank_seeds_share_the_first_places(measured):
    con, sources = measured
    said = measure.stability(con, sources, (1, 2))
    assert all(0 <= s["overlap"] <= 1 and s["rank_interval"] >= 0 for s in said.values()) and "person" in said


def test_permuted_institutions_keep_their_business_and_lose_what_they_did(town, tmp_path):
    permute(town, tmp_path / "a", seed=1)
    permute(town, tmp_path / "b", seed=1)

    def rows(folder):
        with gzip.open(folder / "mdtrt_d.csv.gz", "rt", encoding="utf-8", newline="") as handle:
            return {r["mdtrt_id"]: r for r in csv.DictReader(handle)}

    was, now = rows(town), rows(tmp_path / "a")
    assert now == rows(tmp_path / "b") and was.keys() == now.keys()

    def business(encounters):
        return sorted((r["fixmedins_code"], r["med_type"]) for r in encounters.values())

    assert business(was) == business(now)
    moved = sum(was[k]["fixmedins_code"] != now[k]["fixmedins_code"] for k in was)
    assert moved > 0.8 * len(was)
    with gzip.open(tmp_path / "a" / "setl_d.csv.gz", "rt", encoding="utf-8", newline="") as handle:
        assert all(now[r["mdtrt_id"]]["fixmedins_code"] == r["fixmedins_code"] for r in csv.DictReader(handle))
    assert not (tmp_path / "a" / "truth").exists()


def town_of(seed, precision):
    figures = metrics(SCORES, PLANTED, YUAN) | {"precision_at_10": precision, "listed": 10}
    return {
        "seed": seed,
        "lists": {"person": {"fundwatch": figures, "random": at_random(PLANTED, YUAN)}},
        "rings": [
            {"scheme": "all", "planted": 2, "groups": 3, "found": 2, "found_share": 1.0, "member_precision": math.nan}
            | {"member_recall_of_found": 0.5}
        ],
        "schemes": [{"scheme": "s", "subject_type": "person", "planted": 2, "recall": 0.5, "listed": 1.0}],
        "novel": [{"scheme": "s", "subject_type": "person", "planted": 2, "recall": 0.0, "listed": 0.5}],
        "confounders": [],
        "stability": {"person": {"overlap": 1.0, "rank_interval": 3.0}},
    }


def test_mean_and_spread_over_towns_and_the_markdown_that_shows_them():
    results = report.summarise([town_of(1, 0.4), town_of(2, 0.6)])
    found = results["lists"]["person"]["fundwatch"]["precision_at_10"]
    assert found["mean"] == 0.5 and found["sd"] == pytest.approx(0.1414, abs=1e-4)
    assert (found["low"], found["high"]) == pytest.approx(wilson(0.5, 20))
    said = report.report_markdown(results)
    assert "0.50 ± 0.14 (0.30–0.70)" in said and "| s | person | 2 ± 0 | 0.50 ± 0.00 |" in said
    assert "nan" not in said and all(line.count("|") > 2 for line in said.splitlines() if line.startswith("|"))


@pytest.mark.slow
def test_evaluate_from_the_command_line(capsys, monkeypatch, town, ranked_town):
    """With the towns of both seeds already made and ranked: all else is the real thing."""

    def made(folder, **said):
        assert said["persons"] == 1500 and said["schemes"] in (None, ())
        shutil.copytree(town, folder)

    def ranked(settings):
        settings.home.mkdir()
        shutil.copy(ranked_town.home / FILE_NAME, settings.home)

    monkeypatch.setattr("data.simulate.simulate", made)
    monkeypatch.setattr(evaluate, "run_town", ranked)
    main(["evaluate", "--seeds", "1", "--persons", "1500", "--json", "--quiet"])
    said = json.loads(capsys.readouterr().out)
    assert said["persons"] == 1500 and said["seeds"] == [1]
    assert set(said["lists"]["institution"]) == set(measure.METHODS)
    assert {row["subject_type"] for row in said["honest"]} == set(said["lists"])
    assert {row["subject_type"] for row in said["permuted"]} == {"institution", "pharmacy"}
    main(["evaluate", "--seeds", "1", "--persons", "1500", "--controls", "0", "--quiet"])
    said = capsys.readouterr().out
    assert all(words in said for words in ("isolation forest", "own sources off", "honest look-alikes"))


def dosed(seed, dose, found):
    """A measured town with the scheme `s` at one store and four persons, of whom `found` are found."""
    subjects = [
        {"scheme": "s", "subject_type": "person", "subject_id": str(n), "share": dose * 0.1, "is_found": n < found}
        for n in range(4)
    ]
    store = {"scheme": "s", "subject_type": "pharmacy", "subject_id": "p", "share": None, "is_found": False}
    alarms = [
        {"kind": "k", "subject_type": "person", "subjects": 2, "tier_a": 0.0, "tier_ab": 0.0, "first_2r": dose / 4}
    ]
    return {"seed": seed, "dose": dose, "subjects": [*subjects, store], "confounders": alarms}


def test_the_least_dose_is_where_half_are_found():
    towns = [dosed(1, 0.5, 0), dosed(1, 1.0, 1), dosed(1, 2.0, 4), dosed(2, 0.5, 1), dosed(2, 1.0, 1), dosed(2, 2.0, 4)]
    said = doses.summarise(towns)
    person, store = said["schemes"]
    assert [d["recall"] for d in person["by_dose"]] == [0.125, 0.25, 1.0] and person["by_dose"][0]["planted"] == 8
    assert person["least_dose"] == pytest.approx(1 + 1 / 3) and person["least_share"] == pytest.approx(0.4 / 3)
    assert store["least_dose"] is None and not store["is_below"]
    assert doses.summarise([dosed(1, 0.5, 3), dosed(1, 1.0, 2)])["schemes"][0]["is_below"]
    shown, honest = doses.tables(said)
    assert shown[2][0][-2:] == ["20.0%: 1.00", "13.3%"] and shown[2][1][-1] == "not found"
    assert honest[2] == [["k", "person", "4", "0.12", "0.25", "0.50"]]


def test_doses_from_the_command_line_are_measured_once(capsys, monkeypatch, tmp_path, town, ranked_town):
    ran = []

    def made(folder, **said):
        shutil.copytree(town, folder)

    def ranked(settings):
        ran.append(settings.input)
        settings.home.mkdir()
        shutil.copy(ranked_town.home / FILE_NAME, settings.home)

    monkeypatch.setattr("data.simulate.simulate", made)
    monkeypatch.setattr(evaluate, "run_town", ranked)
    asked = ["evaluate", "--seeds", "1", "--persons", "1500", "--doses", "1,0.5", "--home", str(tmp_path)]
    main([*asked, "--json", "--quiet"])
    first = capsys.readouterr().out
    said = json.loads(first)
    assert said["doses"] == [0.5, 1.0] and len(ran) == 2
    schemes = {row["scheme"]: row for row in said["schemes"] if row["subject_type"] == "person"}
    assert all(0 <= d["recall"] <= 1 and d["planted"] > 0 for d in schemes["card_lending"]["by_dose"])
    main([*asked, "--json", "--quiet"])
    assert capsys.readouterr().out == first and len(ran) == 2
    main([*asked, "--markdown", "--quiet"])
    said = capsys.readouterr().out
    assert "| card_lending | person |" in said and "honest look-alikes" in said


@pytest.mark.slow
def test_what_rounds_of_verdicts_teach_from_the_command_line(capsys, monkeypatch, town, ranked_town):
    def ranked(settings):
        settings.home.mkdir()
        shutil.copy(ranked_town.home / FILE_NAME, settings.home)

    monkeypatch.setattr("data.simulate.simulate", lambda folder, **_: shutil.copytree(town, folder))
    monkeypatch.setattr(evaluate, "run_town", ranked)
    asked = ["evaluate", "--learning", "--persons", "1500", "--rounds", "1", "--per-round", "10", "--quiet"]
    main([*asked, "--seeds", "2", "--json"])
    said = json.loads(capsys.readouterr().out)
    assert [row["round"] for row in said["rounds"]] == [0, 1] and len(said["towns"]) == 2
    assert said["rounds"][1]["judged"]["mean"] == 10 and "fresh_ap" in said["towns"][0][1]
    main([*asked, "--seeds", "1", "--markdown"])
    said = capsys.readouterr().out
    assert "| round | judged |" in said and "never learned" in said and "| its AP |" not in said


@pytest.mark.parametrize("wrong", [["--noise", "0.7"], ["--rounds", "0"], ["--per-round", "1"]])
def test_rounds_that_make_no_sense_are_a_usage_error(wrong):
    with pytest.raises(SystemExit) as left:
        main(["evaluate", "--learning", *wrong])
    assert left.value.code == 2


@pytest.mark.parametrize(
    "wrong",
    [["--schemes", "nothing"], ["--seeds", "0"], ["--persons", "5"], ["--doses", "0,1"], ["--doses", "much"]],
)
def test_what_cannot_be_evaluated_is_a_usage_error(wrong, capsys):
    with pytest.raises(SystemExit) as left:
        main(["evaluate", *wrong])
    assert left.value.code == 2
