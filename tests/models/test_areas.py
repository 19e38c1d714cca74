"""A record of two pooling areas: each is judged with its own parameters, both in one HOME."""

from pathlib import Path

import pytest

from data.errors import UsageError
from data.knowledge import by_area
from data.knowledge import load as knowledge_load
from features import build
from flows.home import settings
from flows.publish import dossier
from flows.publish.replay_sql import replay_sql
from models.sources import areas, source
from models.workbench import ruleset
from tests.features import built

NOWHERE = Path("nowhere")
FREQUENCY = "item_code,item_name,max_quantity,time_window,official,basis,layer\nI,Item,{},day,27,市规,city\n"


def priced(con, *bills):
    """A line at 130 under a limit of 100 for each (settlement, pooling area, division of the place)."""
    for bill, pooling_area, division in bills:
        con.execute(
            "insert into record.settlement by name select $b as settlement_id, 'E' || $b as encounter_id,"
            " 'P' || $b as person_id, 'H' || $d as institution_id, $a as pooling_area, $d as institution_division,"
            " timestamp '2025-03-01 10:00:00' as settled_at, date '2025-03-01' as started_on, '11' as medical_category,"
            " date '2025-03-01' as ended_on, 260 as total_amount, 260 as eligible_amount, 200 as fund_amount,"
            " date '1980-01-01' as birth_on",
            {"b": bill, "a": pooling_area, "d": division},
        )
    built.again(con, "institution", "person", "settlement")
    con.execute(
        "insert into feature.fee_line by name select settlement_id, settlement_id || '-1' as line_id, encounter_id,"
        " person_id, institution_id, date '2025-03-01' as charged_on, 'I' as item_code, 'Item' as item_name,"
        " 2 as quantity, 130 as unit_price, 260 as eligible_amount, 100 as price_limit, '201' as catalogue_type,"
        " false as is_pharmacy from record.settlement"
    )
    con.execute(
        "insert into record.fee_line by name select line_id, encounter_id, unit_price, quantity,"
        " timestamp '2025-03-01 09:00:00' as charged_at from feature.fee_line"
    )


def hits(con, name="price_over_limit"):
    return {s for (s,) in con.execute("select settlement_id from model.finding where source = $1", [name]).fetchall()}


def judged(con, name):
    return con.execute("select judged, hits from model.coverage where source = $1", [name]).fetchall()[0]


def rule(name, overrides):
    return ruleset.one(NOWHERE, name, areas={a: {"rules": {name: params}} for a, params in overrides.items()})


@pytest.mark.parametrize(
    ("overrides", "accused"),
    [
        ({}, {"A", "B", "C"}),
        ({"3401": {"tolerance": 50}}, {"B", "C"}),
        ({"340100": {"tolerance": 50}, "510400": {"tolerance": 50}}, {"B"}),
        ({"34": {"tolerance": 50}}, {"C"}),
        ({"34": {"tolerance": 50}, "3402": {"tolerance": 20}}, {"B", "C"}),
        # what the wider area sets still holds in the narrower one that sets something else
        ({"34": {"tolerance": 50}, "3402": {"child_years": 10}}, {"C"}),
        ({"3403": {"tolerance": 50}}, {"A", "B", "C"}),
    ],
)
def test_another_tolerance_clears_in_its_area_alone(con, overrides, accused):
    # C has no pooling area delivered: that of the place stands in.
    priced(con, ("A", "340100", "340104"), ("B", "340200", "340203"), ("C", None, "510402"))
    one = rule("price_over_limit", overrides)
    source.run(con, one, "x")
    assert hits(con) == accused
    assert judged(con, one.id) == (3, len(accused))


def test_a_county_within_its_city_s_books_has_its_own(con):
    priced(con, ("A", "340100", "340104"), ("B", "340100", "340122"), ("C", "340199", "340122"))
    assert con.sql("select area from feature.settlement order by settlement_id").fetchall() == [
        ("340104",), ("340122",), ("340199",),
    ]  # fmt: skip
    source.run(con, rule("price_over_limit", {"340122": {"tolerance": 50}}), "x")
    assert hits(con) == {"A", "C"}


def test_a_rule_of_people_s_own_is_judged_by_area_behind_its_doors(con, tmp_path):
    text = (ruleset.rule.FOLDER / "price_over_limit.sql").read_text(encoding="utf-8")
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "our_limit.sql").write_text(text, encoding="utf-8")
    priced(con, ("A", "340100", "340104"), ("B", "340200", "340203"))
    one = ruleset.one(tmp_path, "our_limit", areas={"3401": {"rules": {"our_limit": {"tolerance": 50}}}})
    source.run(con, one, "x")
    assert hits(con, "our_limit") == {"B"}


def test_what_no_area_sets_is_the_source_it_was():
    plain = ruleset.one(NOWHERE, "price_over_limit")
    assert plain.fingerprint("x") == rule("price_over_limit", {}).fingerprint("x")
    assert plain.fingerprint("x") != rule("price_over_limit", {"3401": {"tolerance": 2}}).fingerprint("x")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[areas.'3401'.rules.nothing]\na = 1", "[areas.'3401'.rules.nothing] names no rule."),
        ("[areas.'3401'.detectors.nothing]\na = 1", "[areas.'3401'.detectors.nothing] names no detector."),
        (
            "[areas.'3401'.rules.split_admission]\nmax_gap = -9",
            "[areas.'3401'.rules.split_admission] in fundwatch.toml: max_gap is -9; it must be a number (days)",
        ),
        ("[areas.'3401'.rules.split_admission]\nmax = 9", "has no parameter max"),
        ("[areas.'3401'.rules.split_admission]\nmax_gap = 'x'", "max_gap is 'x'; it must be a number"),
        ("[areas.'合肥'.rules.split_admission]\nmax_gap = 9", "[areas.'合肥'] is no area; write its code"),
        ("[areas.'3401'.rule.split_admission]\nmax_gap = 9", "[areas.'3401'] sets rule; write [areas.'3401'.rules.ID]"),
        ("[areas]\n3401 = 9", "areas sets 3401; write [areas.'3401'.rules.ID]"),
        ("[areas.'3401'.rules]\nmax_gap = 9", "[areas.'3401'.rules] sets max_gap; write"),
        ("areas.'3401'.rules.a.b = 1\nareas.'340100'.rules.a.b = 1", "areas '3401' and '340100' are one"),
        (
            "areas.'3401'.rules.split_admission.max_gap = {value = 3, reason = 'a'}",
            "[areas.'3401'.rules.split_admission] max_gap has reason, value; it needs value, reason, owner, date.",
        ),
        ("areas = 3", "areas is 3; it is a table, written [areas]."),
    ],
)
def test_what_an_area_cannot_set_is_refused_in_one_sentence(tmp_path, text, words):
    (tmp_path / "fundwatch.toml").write_text(text, encoding="utf-8")
    with pytest.raises(UsageError) as refused:
        given = settings.load(tmp_path)
        ruleset.sources(tmp_path, given.rules, given.detectors, given.areas)
    assert words in str(refused.value) and "\n" not in str(refused.value)


def test_the_reason_beside_an_area_s_value_is_kept(tmp_path):
    (tmp_path / "fundwatch.toml").write_text(
        "areas.'340100'.rules.split_admission.max_gap"
        " = {value = 3, reason = 'one hospital', owner = 'Li', date = 2026-03-01}",
        encoding="utf-8",
    )
    given = settings.load(tmp_path)
    assert given.why["split_admission", "max_gap", "3401"].reason == "one hospital"
    assert given.deciding()["areas"] == {"340100": {"rules": {"split_admission": {"max_gap": 3}}}}
    assert "areas" not in settings.Settings().deciding()


def test_a_list_of_an_area_s_own_holds_there_alone_and_everybody_s_stands_as_it_was(con, tmp_path):
    for area, most in (("", 3), ("3401", 1), ("340122", 9)):
        place = tmp_path / "areas" / area if area else tmp_path
        place.mkdir(parents=True, exist_ok=True)
        (place / "item_frequency.csv").write_text(FREQUENCY.format(most), encoding="utf-8")
    (tmp_path / "areas" / "3401" / "medical_category.csv").write_text(
        "code_prefix,care_setting,name_zh,basis\n11,inpatient,家庭病床,市规\n", encoding="utf-8"
    )
    before = knowledge_load.version(tmp_path)
    knowledge_load.load(con, tmp_path)
    everybody = con.sql("select * from knowledge.item_frequency where item_code = 'I'").fetchall()
    priced(con, ("A", "340100", "340104"), ("B", "340100", "340122"), ("C", "510400", "510402"))
    settings_of = con.sql("select settlement_id, care_setting from feature.settlement order by 1").fetchall()
    assert settings_of == [("A", "inpatient"), ("B", "inpatient"), ("C", "outpatient")]
    source.run(con, ruleset.one(NOWHERE, "item_over_daily_limit"), "x")
    assert hits(con, "item_over_daily_limit") == {"A"}
    assert con.sql("select * from knowledge.item_frequency where item_code = 'I'").fetchall() == everybody
    (tmp_path / "areas" / "3401" / "item_frequency.csv").unlink()
    assert knowledge_load.version(tmp_path) != before


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("areas/3401/institution_grade.csv", "institution_grade\n1\n", "institution_grade is one for all areas"),
        ("areas/3401/nothing.csv", "a\n1\n", "nothing is one for all areas"),
        ("areas/合肥/item_frequency.csv", FREQUENCY.format(1), "is no folder of an area"),
        ("areas/3401/medical_category.csv", "code_prefix,care_setting,basis,area\n1,x,y,3402\n", "has a column area"),
        (
            "medical_category.csv",
            "code_prefix,care_setting,basis,area\n11,outpatient,市规,合肥\n",
            "area is '合肥'; write",
        ),
        ("areas/3401/item_frequency.csv", "item,most\nI,1\n", "the columns must be item_code"),
    ],
)
def test_knowledge_that_no_area_can_have_is_refused(con, tmp_path, name, text, words):
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(UsageError) as refused:
        knowledge_load.load(con, tmp_path)
    assert words in str(refused.value) and "\n" not in str(refused.value)


def test_two_areas_pay_by_the_same_code_in_two_ways(con):
    con.execute(
        "insert into knowledge.payment_method values ('9', 'item', '按项目', 'x', null),"
        " ('9', 'case', '按病种分值', 'x', '34'), ('9', 'bed_day', '按床日', 'x', '3402')"
    )
    con.execute(
        "insert into feature.encounter by name select 'E' || unnest as encounter_id, '9' as payment_method,"
        " unnest as area from unnest(['340104', '340203', '510402'])"
    )
    built.again(con, "encounter_excuse")
    ways = con.sql("select encounter_id, payment_way, is_case_paid from feature.encounter_excuse order by 1").fetchall()
    assert ways == [("E340104", "case", True), ("E340203", "bed_day", False), ("E510402", "item", False)]


def test_what_an_area_can_set_is_read_by_sources_and_by_no_feature_of_all_areas():
    by_features = {t for name, f in build.load().items() if name != "edition_gap" for t in f.query.tables}
    by_sources = {t for s in ruleset.unswitched(NOWHERE) for t in s.reads}
    tables = {f"knowledge.{table}" for table in by_area.SETTABLE}
    assert not tables & by_features and not tables - by_sources


def test_a_finding_says_whose_parameters_it_was_judged_with_and_its_pack_finds_it_again(con, tmp_path):
    (tmp_path / "areas" / "3401").mkdir(parents=True)
    (tmp_path / "areas" / "3401" / "item_frequency.csv").write_text(FREQUENCY.format(1), encoding="utf-8")
    knowledge_load.load(con, tmp_path)
    priced(con, ("A", "340100", "340104"), ("B", "340200", "340203"), ("C", "510400", "510402"))
    limit = rule("price_over_limit", {"3401": {"tolerance": 50}, "3402": {"tolerance": 20}})
    daily = ruleset.one(NOWHERE, "item_over_daily_limit")
    found = {"H340104": ["A"], "H340203": ["B"], "H510402": ["C"]}
    for one, accused in ((limit, {"H340203", "H510402"}), (daily, {"H340104"})):
        source.run(con, one, "x")
        known = {one.id: areas.knowing(con, one.reads)}
        for place, bills in found.items():
            lead = {"lead_id": "L", "run_id": "R", "subject_type": "institution", "subject_id": place}
            rows = [
                r for s in replay_sql(lead, [one], known).split(";\n") if s for r in con.sql(s).pl().rows(named=True)
            ]
            assert [r["settlement_id"] for r in rows] == (bills if place in accused else [])
    noted = dossier._areas(con)
    assert noted["institution", "H340203", "price_over_limit"] == "3402"
    assert noted["institution", "H510402", "price_over_limit"] == ""
    assert areas.of("3402", limit.params, limit.areas)["tolerance"] == 20
    assert areas.of("", limit.params, limit.areas) == limit.params
