"""`definite` rests on published knowledge alone: on a row of layer starter or derived a finding is suspected."""

from dataclasses import replace
from pathlib import Path

import pytest

from data.errors import UsageError
from data.knowledge.load import tables
from features import build
from models.sources import case_file, cases, detector, rule

RULES = {r.id: r for r in rule.load() if r.card.certainty == "definite"}
#: Days of rest only lower what is found on them.
EXCUSING = {"knowledge.calendar"}
LAYERED = {f"knowledge.{name}" for name, (columns, _) in tables().items() if "layer" in columns} - EXCUSING
FIRING = [
    (name, case)
    for name, case in case_file.all_cases(Path(__file__).with_name("rules"))
    if name in RULES and case.finds and LAYERED & set(case.tables)
]


@pytest.fixture(scope="module")
def bench():
    return cases.Bench()


def in_layer(case, layer, chosen=LAYERED):
    given = {
        table: [row | {"layer": layer} for row in rows] if table in chosen else rows
        for table, rows in case.tables.items()
    }
    return replace(case, tables=given)


@pytest.mark.parametrize(("name", "case"), FIRING, ids=[f"{n}: {c.title}" for n, c in FIRING])
@pytest.mark.parametrize("layer", rule.OURS)
def test_no_finding_on_a_row_of_ours_is_definite(bench, name, case, layer):
    before, after = bench.run(RULES[name], case), bench.run(RULES[name], in_layer(case, layer))
    assert len(after.hits) == len(before.hits) > 0
    assert {hit["certainty"] for hit in after.hits} == {"suspected"}


def test_what_is_tried_reaches_every_definite_rule_over_layered_knowledge():
    over = {name for name, r in RULES.items() if r.reads & LAYERED or "feature.level_limited_use" in r.reads}
    assert {name for name, _ in FIRING} >= over


#: Features that read layered knowledge and do not carry its layer on, and why no accusation rests on their rows.
ASIDE = {
    "fee_line": "a bureau's own map of its codes to national ones",
    "stay": "read by suspected rules alone",
    "encounter": "signs of courses excuse",
    "serial_visit": "signs of courses excuse",
    "institution": "a community of hospitals excuses",
    "edition_gap": "where an edition has ended nothing is judged",
    "indicated_use": "read by suspected rules alone",
    "institution_quarter_share": "read by suspected rules alone",
    "practitioner_indicator": "read by detectors alone",
}


def test_a_feature_carries_the_layer_of_what_limits_or_only_excuses():
    features = build.load()
    over = {name for name, feature in features.items() if feature.query.tables & LAYERED}
    assert {name for name in over if "layer" not in features[name].query.columns} <= set(ASIDE)
    alone = {f"feature.{name}" for name, why in ASIDE.items() if "alone" in why}
    assert not [name for name, r in RULES.items() if r.reads & alone]


QUERY = """/*
title = "t"
title_zh = "题"
violation = "v"
subjects = ["institution"]
certainty = "definite"
basis = ["clause"]
sentence = "{amount}"
sentence_zh = "{amount}"
*/
select case when k.item_code is not null and e.item_code is null then 'hit' else 'clear' end as outcome,
    cast(null as varchar) as reason, l.settlement_id, l.line_id, l.encounter_id, l.person_id, l.institution_id,
    l.practitioner_id, l.charged_on as occurred_on, l.eligible_amount as amount
from feature.fee_line as l
left join knowledge.item_sex as k on k.item_code = l.item_code
left join knowledge.item_age as e on e.item_code = l.item_code
"""


def test_rows_of_ours_lower_what_rests_on_them_and_not_what_they_excuse(bench, tmp_path):
    path = tmp_path / "made.sql"
    path.write_text(QUERY, encoding="utf-8")
    sex = {"sex": "1", "official": "67", "basis": "b"}
    case = case_file.Case(
        "made",
        {
            "feature.fee_line": [
                {"settlement_id": "S", "line_id": n, "item_code": code, "eligible_amount": "5"}
                for n, code in (("1", "A"), ("2", "B"), ("3", "C"))
            ],
            "knowledge.item_sex": [
                sex | {"item_code": code, "layer": layer}
                for code, layer in (("A", "nation"), ("B", "starter"), ("C", "nation"))
            ],
            "knowledge.item_age": [{"item_code": "C", "official": "7", "basis": "b", "layer": "starter"}],
        },
    )
    hits = bench.run(rule.read(path), case).hits
    assert {hit["line_id"]: hit["certainty"] for hit in hits} == {"1": "", "2": "suspected"}


def test_a_detector_is_never_definite(tmp_path):
    folder = tmp_path / "family"
    folder.mkdir()
    (folder / "d.sql").write_text(QUERY, encoding="utf-8")
    sources, problems = detector.load(tmp_path)
    assert not sources and "a detector infers" in problems[0]
    with pytest.raises(UsageError):
        raise UsageError(problems[0])
