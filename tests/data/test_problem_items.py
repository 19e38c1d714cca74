"""The official self-check items: all of 2025, the selection of 2026 that is at hand, each with an honest state and sources that exist."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import polars as pl
import pytest

from flows.cli import main
from models import detectors, problem_items
from models.sources import rule

LIST = Path(__file__).parents[3] / "shared" / "domain" / "problem_items_2025.csv"
FORBIDDEN = "骗保|拒付|处罚"


@pytest.fixture(scope="module")
def found() -> pl.DataFrame:
    return problem_items.items([*rule.load(), *detectors.load()])


@pytest.fixture(scope="module")
def sources() -> dict[str, str]:
    return {s.id: s.card.status for s in [*rule.load(), *detectors.load()]}


def test_every_item_is_here_once_in_order(found):
    hospital, pharmacy = (
        [f"{kind}-{n}" for n in range(1, last + 1)] for kind, last in (("hospital", 183), ("pharmacy", 19))
    )
    listed = found["item_id"].to_list()
    assert [item for item in listed if "2026" not in item] == hospital + pharmacy
    assert sum(item.startswith("hospital2026-") for item in listed) == 58 == len(listed) - 202
    assert found.filter(pl.col("item_id").str.contains("2026"))["basis"].str.contains("2026年版，选录").all()
    by_kind = {
        item.split("-")[0].removesuffix("2026"): subject for item, subject in found.select("item_id", "subject").rows()
    }
    assert by_kind == dict(zip(("hospital", "pharmacy"), problem_items.SUBJECTS, strict=True))
    assert set(found["subject"]) == set(problem_items.SUBJECTS)
    assert found["problem_zh"].n_unique() == 260 and found["problem_zh"].str.len_chars().max() <= 30
    assert not found.select(pl.col("problem_zh", "needs_zh").str.contains(FORBIDDEN).any()).row(0)[0]


def test_every_source_exists(found, sources):
    named = problem_items.by_source(found)
    assert set(named["source"]) <= set(sources)
    assert not named.is_duplicated().any()
    retired = {name for name, status in sources.items() if status == "retired"}
    assert not set(named["source"]) & retired


def test_states_agree_with_sources_and_needs(found):
    assert set(found["state"]) == set(problem_items.STATES) - {"no_rule"}, "each is screened or needs records"
    has_source, has_need = pl.col("screened_by").is_not_null(), pl.col("needs_zh").is_not_null()
    assert found.select((has_source == pl.col("state").is_in(["screened", "partly"])).all()).item()
    assert found.select((has_need == (pl.col("state") != "screened")).all()).item()
    assert found.filter(state="needs_records").select(pl.col("needs_zh").str.contains("^需").all()).item()


def test_the_knowledge_it_asks_for_has_a_table(found):
    from data.knowledge.load import tables

    asked = {word for need in found["needs_zh"].drop_nulls() for word in re.findall(r"补知识 ([a-z_]+)", need)}
    assert asked and asked <= set(tables())


def test_pairs_asked_for_are_not_yet_there(found):
    pairs = pl.read_csv(
        Path(problem_items.__file__).parents[1] / "data" / "knowledge" / "tables" / "exclusive_pair.csv"
    )
    held = set(pairs.select("item_a_name", "item_b_name").rows())
    assert ("血液灌流", "血液透析") in held  # hospital-62 is screened by it
    assert ("甲状腺癌扩大根治术", "甲状腺癌根治术") in held  # hospital-140
    assert not any("洗胃" in a or "膀胱灌注" in a or "肺癌" in a for a, _ in held)  # 11, 12, 139


@pytest.mark.skipif(not LIST.exists(), reason="the official list is not at hand")
def test_areas_and_types_are_those_of_the_list(found):
    with LIST.open(encoding="utf-8", newline="") as file:
        listed = list(csv.DictReader(file))
    found = found.filter(~pl.col("item_id").str.contains("2026"))
    areas = [
        row["domain"].removesuffix("类") if row["domain"].startswith("各科室") else row["domain"] for row in listed
    ]
    assert found["area_zh"].to_list() == areas
    types = [row["type"] for row in listed]
    assert all(basis.endswith(f"：{kind}") for basis, kind in zip(found["basis"], types, strict=True))
    copied = [row["no"] for row, own in zip(listed, found["problem_zh"], strict=True) if own.strip("。") in row["text"]]
    assert len(copied) < 5


def test_counts_by_area_add_up(found, sources):
    live = [name for name, status in sources.items() if status == "live"]
    counts = problem_items.by_area(found, live)
    assert counts["items"].sum() == 260 and counts["area_zh"].is_unique().all()
    assert counts.select((pl.sum_horizontal(problem_items.STATES) == pl.col("items")).all()).item()
    nobody = problem_items.by_area(found, [])
    assert nobody["only_trial"].sum() == found["screened_by"].count() > counts["only_trial"].sum() > 0


def test_a_bureau_s_overlay_counts(tmp_path):
    row = "item_id,subject,area_zh,problem_zh,state,needs_zh,basis,layer\n"
    row += "hospital-11,institution,各科室通用,洗胃又收插胃管,screened,,本市已补知识,city\n"
    (tmp_path / "problem_item.csv").write_text(row, encoding="utf-8")
    (changed,) = (
        problem_items.items([*rule.load(), *detectors.load()], tmp_path).filter(item_id="hospital-11").to_dicts()
    )
    assert (changed["state"], changed["layer"]) == ("screened", "city")


def test_the_command(tmp_path, capsys):
    main(["problems", "--json", "--home", str(tmp_path)])
    said = json.loads(capsys.readouterr().out)
    assert len(said["items"]) == 260 and sum(area["items"] for area in said["areas"]) == 260
    main(["problems", "--area", "血液净化", "--state", "screened", "--home", str(tmp_path)])
    out = capsys.readouterr().out
    assert "hospital-62" in out and "hospital-61" not in out
    with pytest.raises(SystemExit) as left:
        main(["problems", "--state", "done", "--home", str(tmp_path)])
    assert left.value.code == 2 and "no_rule" in capsys.readouterr().err
