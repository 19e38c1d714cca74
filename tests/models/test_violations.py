"""Every rule finds the violations planted of it in a made-up town, and stays silent on what only resembles them."""

from __future__ import annotations

import csv
import gzip
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RULES = sorted(p.stem for p in (ROOT / "models" / "rules").glob("*.sql"))
KEYS = ("settlement_id", "line_id", "person_id", "institution_id", "practitioner_id", "occurred_on")
MATCH = " and ".join(f"(t.{k} is null or t.{k} = cast(f.{k} as varchar))" for k in KEYS)

#: What a city's own tables would hold, for the rules whose tables the package leaves empty or short.
OVERLAY = {
    "item_frequency": [
        {"item_code": "002507990990000", "max_quantity": "2", "time_window": "每月", "unit_zh": "次", "official": "27"},
    ],
    "total_limit": [
        {"item_prefix": "C090104001", "max_amount": "1000", "time_window": "visit", "official": "34"},
    ],
    "composite_item": [
        {"parent_code": "002501010150000", "child_code": code}
        for code in ("002501010010000", "002501010020000", "002501010050000")
    ],
    "item_includes_consumable": [{"service_prefix": "003110000010000", "name_word": "腹膜透析置管套件"}],
    "disease_drug_list": [
        {"disease_code": "M07101", "item_prefix": "XH02AB"},
        {"disease_code": "M07102", "item_prefix": "XC10AA"},
    ],
    "drug_dose": [
        {
            "item_prefix": "XR06AE",
            "care_setting": "outpatient",
            "is_chronic": "false",
            "max_days": "14",
            "official": "68",
        },
    ],
    "medical_category": [{"code_prefix": "17", "care_setting": "internet"}],
    "item_institution_level": [{"item_code": "002507009990000", "min_level": "2", "official": "24"}],
}

#: Lines of the honest town that definite rules may speak of, each a slip that its care makes by chance: a clinic
#: repeats a test, a second stay goes on with a course that is over, the one herb drawn is not paid alone.
BY_CHANCE = {"item_period_too_short": 3, "drug_over_course_days": 2, "herb_not_paid": 1}


def write_overlay(folder):
    from data.knowledge import load as knowledge_load

    folder.mkdir(parents=True)
    for table, rows in OVERLAY.items():
        key = knowledge_load.tables()[table][1]
        with open(folder / f"{table}.csv", "w", encoding="utf-8", newline="") as handle:
            writer = csv.DictWriter(handle, dict.fromkeys([*key, *rows[0], "basis"]))
            writer.writeheader()
            writer.writerows(row | {"basis": "市文件"} for row in rows)


@pytest.fixture(scope="module")
def judged(tmp_path_factory):
    """Connection to a town with every violation, judged by every rule; its answers are in violation."""
    from data.simulate import simulate
    from data.warehouse.connection import open_warehouse
    from flows import steps
    from flows.home.settings import Settings
    from models.sources import source

    folder, home = tmp_path_factory.mktemp("planted"), tmp_path_factory.mktemp("judged")
    simulate(folder, persons=1500, seed=7, schemes=(), violations=True)
    write_overlay(home / "knowledge")
    settings = Settings(home=home, input=folder)
    for step in steps.STEPS[:3]:
        if step.name != "check":
            steps.perform(step, settings)
    with open_warehouse(home) as con:
        for one in steps.sources(settings):
            if one.kind == "rule":
                source.run(con, one, "planted")
        con.execute(
            "create temp table violation as select * from read_csv($path, all_varchar = true, nullstr = '')",
            {"path": str(folder / "truth" / "violation.csv")},
        )
        yield con


def found(con, rule, role):
    """(things of this role, those of them the rule found)."""
    return con.execute(
        f"""
        with thing as (select row_number() over () as number, * from violation where rule = $rule and role = $role)
        select count(distinct t.number), count(distinct case when f.source is not null then t.number end)
        from thing as t
        left join model.finding as f on f.source = t.rule and {MATCH}
        """,
        {"rule": rule, "role": role},
    ).fetchall()[0]


@pytest.mark.slow
@pytest.mark.parametrize("role", ["look_alike", "honest"])
def test_definite_rules_say_nothing_of_who_did_nothing(judged, role):
    """The town's own care, look-alikes of schemes included, and what resembles the violation of another rule."""
    whose = "f.settlement_id not in (select settlement_id from violation where settlement_id is not null)"
    if role == "look_alike":
        whose = f"exists (select 1 from violation as t where t.role = 'look_alike' and {MATCH})"
    said = judged.execute(
        f"""
        select f.source, count(distinct (f.settlement_id, f.line_id))
        from model.finding as f
        where f.certainty = 'definite' and {whose}
        group by f.source
        order by f.source
        """
    ).fetchall()
    assert {source: n for source, n in said if n > (role == "honest") * BY_CHANCE.get(source, 0)} == {}


def test_every_rule_has_a_module_of_violations():
    modules = {p.stem for p in (ROOT / "data" / "simulate" / "violations").glob("*.py")} - {"__init__"}
    assert modules == set(RULES)


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_finds_its_violations_and_passes_their_likes(judged, rule):
    planted, hit = found(judged, rule, "planted")
    alike, wrong = found(judged, rule, "look_alike")
    assert planted > 0 and hit == planted, f"{hit} of {planted} planted found"
    assert alike > 0 and wrong == 0, f"{wrong} of {alike} look-alikes found"


#: Domains that no scheme of the packs' town is of, each with a rule whose planted violation its pack must take in; of
#: long-term care only a rule on trial exists, whose findings are on no list until an office switches it on.
OF_DOMAIN = {
    "dental": "service_within_service",
    "dual_channel": "pooled_purchase_without_prescription",
    "long_term_care": "long_term_care_not_possible",
    "neurology": "exclusive_items_together",
    "tests": "test_without_indication",
}


@pytest.mark.parametrize("domain", OF_DOMAIN)
def test_a_pack_takes_in_the_planted_violation_of_its_domain(judged, domain):
    from flows.publish import in_force

    selected = in_force.query(judged, "domain_finding")
    judged.execute(f"create or replace temp table of_domain as {selected}", {"domain": domain})
    taken = judged.execute(
        f"""
        select count(distinct case when t.role = 'planted' then f.finding_id end),
            count(distinct case when t.role = 'look_alike' then f.finding_id end)
        from of_domain as d
        join model.finding as f on f.finding_id = d.finding_id and f.source = $rule
        join violation as t on t.rule = f.source and {MATCH}
        """,
        {"rule": OF_DOMAIN[domain]},
    ).fetchall()[0]
    assert taken[0] > 0 and taken[1] == 0


def rows(folder):
    return {p.name: gzip.open(p).read() if p.suffix == ".gz" else p.read_bytes() for p in sorted(folder.glob("*.csv*"))}


def test_violations_stand_beside_the_town_and_only_on_request(tmp_path, capsys):
    from flows.cli import main

    for name, more in (("plain", ()), ("planted", ("--violations",)), ("again", ("--violations",))):
        main(["simulate", str(tmp_path / name), "--persons", "300", "--quiet", *more])
    plain, planted, again = (rows(tmp_path / name) for name in ("plain", "planted", "again"))
    assert planted == again and plain.keys() < planted.keys()
    assert not (tmp_path / "plain" / "truth" / "violation.csv").exists()
    head, *own = plain["opsp_reg_d.csv"].splitlines()
    assert planted["opsp_reg_d.csv"].splitlines()[1 : len(own) + 1] == own and planted["opsp_reg_d.csv"].startswith(
        head
    )
