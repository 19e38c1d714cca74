"""Cards and the loader: what is wrong is said, every broken file at once."""

import re

import pytest

from data.errors import UsageError
from models import detectors
from models.sources import card, rule, wording

QUERY = """
select 'hit' as outcome, null as reason, settlement_id, line_id, encounter_id, person_id, institution_id,
    practitioner_id, charged_on as occurred_on, eligible_amount as amount, item_name
from feature.fee_line where quantity > $most
"""
CARD = """/*
title = "t"
title_zh = "题"
violation = "v"
subjects = ["institution"]
certainty = "definite"
basis = ["clause"]
sentence = "{item_name}"
sentence_zh = "{item_name}"
[params]
most = { value = 3, unit = "units", meaning = "allowed" }
*/
"""


@pytest.fixture
def folder(tmp_path):
    def write(name="r", text=CARD + QUERY):
        (tmp_path / f"{name}.sql").write_text(text, encoding="utf-8")
        return tmp_path

    return write


def test_a_rule_is_its_file(folder):
    (one,) = rule.load(folder=folder("many_units"))
    assert (one.id, one.params, one.card.status) == ("many_units", {"most": 3}, "live")


def test_overrides_change_parameters_and_unknown_ones_are_errors(folder):
    where = folder()
    assert rule.load({"r": {"most": 5}}, where)[0].params == {"most": 5}
    with pytest.raises(UsageError, match="no parameter least"):
        rule.load({"r": {"least": 5}}, where)
    with pytest.raises(UsageError, match=r"\[rules.x\] names no rule"):
        rule.load({"x": {"most": 5}}, where)


def test_every_broken_rule_is_reported_at_once(folder):
    folder("a", "select 1")
    folder("b", CARD.replace('"definite"', '"sure"') + QUERY)
    folder("c", CARD + QUERY.replace("feature.fee_line", "model.lead"))
    folder("d", CARD + QUERY.replace("$most", "3"))
    folder("e", CARD + QUERY.replace("eligible_amount as amount, ", ""))
    folder("f", CARD.replace("{item_name}", "{colour}") + QUERY)
    where = folder("g", CARD.replace('["clause"]', "[]") + QUERY)
    with pytest.raises(UsageError) as refused:
        rule.load(folder=where)
    said = str(refused.value)
    for words in (
        "a.sql: it must begin with its card",
        "b.sql: certainty is 'sure'",
        "c.sql: line",
        "d.sql: card and query disagree about the parameter most",
        "e.sql: the query lacks the column amount",
        "f.sql: the sentence names colour",
        "g.sql: basis is empty",
    ):
        assert words in said


def test_an_unknown_entry_is_an_error():
    with pytest.raises(card.CardError, match="unknown entries: colour"):
        card.parse('colour = "red"')


@pytest.fixture(scope="module")
def every_card():
    return {source.id: source.card for source in [*rule.load(), *detectors.load()]}


def test_the_package_cards_say_their_exclusions_and_limits_in_chinese_too(every_card):
    """The inspector reads Chinese; a bureau's own rules may do without."""
    lacking = [
        name
        for name, c in every_card.items()
        if len(c.exclusions_zh) != len(c.exclusions) or bool(c.limits_zh) != bool(c.limits)
    ]
    assert len(every_card) > 140 and not lacking, lacking


def test_the_chinese_of_a_card_accuses_nobody(every_card):
    """Titles may quote the official rule base, which says 患者."""
    said = {name: "".join((c.sentence_zh, c.limits_zh, *c.exclusions_zh)) for name, c in every_card.items()}
    found = [(name, word) for name, text in said.items() for word in ("骗保", "拒付", "处罚", "患者") if word in text]
    assert not found, found


def test_exclusions_in_two_languages_must_be_as_many():
    said = CARD.removeprefix("/*\n").split("[params]")[0] + 'exclusions = ["a", "b"]\n'
    assert card.parse(said + 'exclusions_zh = ["甲", "乙"]').exclusions_zh == ("甲", "乙")
    assert card.parse(said).exclusions_zh == (), "English alone will do"
    with pytest.raises(card.CardError, match="differ in number"):
        card.parse(said + 'exclusions_zh = ["甲"]')


def _texts(c):
    return (*c.exclusions, *c.exclusions_zh, c.limits, c.limits_zh)


def test_a_card_s_texts_say_the_value_in_force_and_no_name_of_a_parameter_or_table():
    """An inspector cannot know what min_used is: the page says 25%."""
    odd = []
    for source in [*rule.load(), *detectors.load()]:
        assert not wording.holes(wording.filled(t, source.params) for t in _texts(source.card)), source.id
        for text in _texts(source.card):
            bare = wording.HOLE.sub("", text)
            odd += [
                (source.id, w) for w in re.findall(r"[a-z]+_[a-z_]+|\b(?:knowledge|feature|record|model)\.[a-z]+", bare)
            ]
        for text in (*source.card.exclusions_zh, source.card.limits_zh):
            bare = wording.HOLE.sub("", text)
            odd += [(source.id, p) for p in source.card.params if re.search(rf"(?<![A-Za-z]){p}(?![A-Za-z])", bare)]
    assert not odd, odd


def test_an_overridden_parameter_is_said_as_it_is_in_force(folder):
    text = CARD.replace(
        "[params]", 'exclusions = ["up to {most:unit} a day"]\nexclusions_zh = ["每日不超过 {most}"]\n[params]'
    )
    (one,) = rule.load({"r": {"most": 1}}, folder("r", text + QUERY))
    assert [wording.filled(e, one.params) for e in _texts(one.card)[:2]] == ["up to 1 unit a day", "每日不超过 1"]
    shares = {"share": 0.05, "words": ["a", "b"], "whole": 8.0}
    said = "{share:%}, {share:pp} points, {words}, {whole:minute}, {other}"
    assert wording.filled(said, shares) == "5%, 5 points, a、b, 8 minutes, {other}"


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        ('limits = "below {least}"', "exclusions or limits name least, which is no parameter"),
        ('fetch = ["tea"]', "fetch names tea, which is no material"),
    ],
)
def test_a_text_without_its_parameter_and_a_material_that_does_not_exist_are_refused(folder, entry, why):
    with pytest.raises(UsageError, match=f"r.sql: {why}"):
        rule.load(folder=folder("r", CARD.replace("[params]", f"{entry}\n[params]") + QUERY))


def test_what_to_fetch_follows_the_rule_and_not_only_its_family(every_card):
    asked = {name: "；".join(c.asks("zh")) for name, c in every_card.items()}
    assert "离职" in asked["ordered_after_leaving"] and "报销" not in asked["ordered_after_leaving"]
    assert "发票原件" in asked["bill_reimbursed_twice"] and "执业" not in asked["bill_reimbursed_twice"]
    assert "工伤认定" in asked["third_party_liable"] and "交通事故" in asked["third_party_liable"]
    assert "死亡" in asked["care_after_death"] and "出入境" in asked["care_while_abroad"]
    assert all(asked.values()), [name for name, ask in asked.items() if not ask]
    for language in ("en", "zh"):
        assert all(wording.materials(language).values())


@pytest.mark.parametrize(
    ("parameter", "good", "bad"),
    [
        ({"value": 3, "unit": "days"}, [0, 2.5, 9999], [-1, -99999, float("nan"), float("inf")]),
        ({"value": 0.4, "unit": "share"}, [0, 1], [-0.1, 1.1]),
        ({"value": 2.0, "unit": "share"}, [0, 3.0], [-0.1]),
        ({"value": -2.0, "unit": "degrees"}, [-9, 0], [1]),
        ({"value": 7, "unit": "hour", "min": 1, "max": 24}, [1, 24], [0, 25]),
    ],
)
def test_a_number_that_makes_no_sense_is_refused(parameter, good, bad):
    source = card.make(
        {"title": "t", "title_zh": "题", "violation": "v", "subjects": ["person"], "certainty": "definite", "sentence": "",
         "sentence_zh": "", "basis": ["b"], "params": {"most": parameter}}
    )  # fmt: skip
    assert [source.values({"most": value})["most"] for value in good] == good
    for value in bad:
        with pytest.raises(card.SettingError, match=f"most is {value:g}; it must be a number .*not (below|above)"):
            source.values({"most": value})


def test_what_ships_lies_within_its_own_bounds(tmp_path):
    for source in [*rule.load(), *detectors.load()]:
        numbers = {k: p for k, p in source.card.params.items() if isinstance(p.value, int | float)}
        assert source.card.values({k: p.value for k, p in numbers.items()}) == dict(source.card.values()), source.id


def test_a_code_of_payment_that_was_a_parameter_is_a_row_of_knowledge_now():
    with pytest.raises(UsageError, match=r"\[rules.idle_stay\].*bed_day_method any more.*knowledge/payment_method.csv"):
        rule.load({"idle_stay": {"bed_day_method": "7"}})
