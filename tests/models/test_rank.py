"""Leads from findings: one a subject, money once, ids that last, states that tell what changed."""

import shutil
from decimal import Decimal

import pytest

from data.errors import UsageError
from data.knowledge import load as knowledge_load
from data.warehouse.connection import FILE_NAME, open_warehouse
from features import build
from models.ranking import capacity
from models.ranking.rank import rank
from models.sources.card import make
from models.sources.source import Source, run

BASIS = {
    "title": "Title",
    "title_zh": "标题",
    "violation": "v",
    "sentence": "s",
    "sentence_zh": "s",
    "basis": ["clause"],
}


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """HOME of sixty settlements with two lines each, its features built."""
    home = tmp_path_factory.mktemp("built")
    with open_warehouse(home) as con:
        knowledge_load.load(con)
        con.execute(
            """
            insert into record.settlement (settlement_id, encounter_id, person_id, institution_id, started_on,
                ended_on, settled_at, medical_category, total_amount, eligible_amount, fund_amount)
            select 'S' || i, 'E' || i, 'P' || (i % 7), 'H' || (i % 3), date '2025-01-01' + cast(i as integer),
                date '2025-01-01' + cast(i as integer),
                timestamp '2025-01-01 10:00:00' + to_days(cast(i as integer)), '11', 100, 80, 40
            from range(60) as t(i)
            """
        )
        con.execute(
            """
            insert into record.fee_line (line_id, encounter_id, settlement_id, person_id, institution_id, charged_at,
                item_code, quantity, unit_price, amount, eligible_amount)
            select 'L' || i || '-' || j, 'E' || i, 'S' || i, 'P' || (i % 7), 'H' || (i % 3),
                timestamp '2025-01-01 10:00:00' + to_days(cast(i as integer)), 'X', 1, 50, 50, 40
            from range(60) as t(i), range(2) as u(j)
            """
        )
        build.build(con, "test")
    return home


@pytest.fixture
def con(built, tmp_path):
    shutil.copy(built / FILE_NAME, tmp_path)
    with open_warehouse(tmp_path) as con:
        yield con


def a_source(name, lines="true", amount="40", whole=False, subjects=("institution",), innocent=None, **card):
    said = BASIS | {"subjects": list(subjects), "certainty": "definite", "family": name} | card
    line = "null" if whole else "line_id"
    detail = "null" if innocent is None else f"""'{{"innocent": "{innocent}"}}'"""

    def judge(con, params):
        con.execute(
            f"""
            insert into judged by name
            select distinct 'hit' as outcome, null as reason, settlement_id, {line} as line_id, encounter_id,
                person_id, institution_id, null as practitioner_id, charged_on as occurred_on,
                cast({amount} as decimal(16,2)) as amount, cast({detail} as varchar) as detail,
                cast(null as varchar) as part, cast(null as double) as weight, cast(null as varchar) as group_key,
                1 as units
            from feature.fee_line where {lines}
            """
        )

    return Source(name, "rule", make(said), {}, name, judge)


def lead_of(con, subject):
    rows = con.execute("select * from model.lead where subject_id = $s", {"s": subject})
    names = [d[0] for d in rows.description]
    return dict(zip(names, rows.fetchall()[0], strict=True))


def ranked(con, sources, run_id="run-1", **options):
    for one in sources:
        run(con, one, "x")
    rank(con, sources, run_id, **options)


def test_a_line_counts_once_however_many_rules_hit_it(con):
    ranked(con, [a_source("a", "institution_id = 'H1'"), a_source("b", "institution_id = 'H1'", amount="30")])
    lead = lead_of(con, "H1")
    assert lead["amount_at_risk"] == Decimal("1600.00")  # 20 settlements, 2 lines of 40, not 40 + 30
    assert lead["fund_at_risk"] == Decimal("800.00")
    assert (lead["findings"], lead["settlements"]) == (80, 20)


def test_a_whole_settlement_contains_its_lines_and_never_claims_more_than_was_billed(con):
    whole = a_source("a", "institution_id = 'H1'", amount="500", whole=True)
    ranked(con, [whole, a_source("b", "institution_id = 'H1'")])
    assert lead_of(con, "H1")["amount_at_risk"] == Decimal("1600.00")  # 20 settlements of 80 eligible
    assert con.sql("select count(*) from model.lead_line where line_id is not null").fetchall() == [(0,)]


def test_trial_rules_are_kept_and_never_listed(con):
    ranked(con, [a_source("a", status="trial")])
    assert con.sql("select count(*) from model.finding").fetchall()[0][0] > 0
    assert con.sql("select count(*) from model.lead").fetchall() == [(0,)]


def test_more_evidence_ranks_higher_and_ranks_lie_in_their_interval(con):
    ranked(con, [a_source("a"), a_source("b", "institution_id = 'H2'")])
    assert lead_of(con, "H2")["rank"] == 1
    bounds = con.sql("select bool_and(rank_low <= rank and rank <= rank_high) from model.lead").fetchall()
    assert bounds == [(True,)]


def test_the_same_input_gives_the_same_leads(con):
    sources = [a_source("a"), a_source("b", "institution_id = 'H2'")]
    ranked(con, sources)
    first = con.sql("select * from model.lead").fetchall()
    ranked(con, sources)
    assert con.sql("select * from model.lead").fetchall() == first


def test_a_lead_keeps_its_id_and_says_what_changed(con):
    ranked(con, [a_source("a", "institution_id = 'H1' and settlement_id < 'S3'")], "run-1")
    first = lead_of(con, "H1")
    assert first["status"] == "new"
    ranked(con, [a_source("a", "institution_id = 'H1'")], "run-2")
    second = lead_of(con, "H1")
    assert (second["lead_id"], second["status"]) == (first["lead_id"], "grown")
    ranked(con, [a_source("a", "institution_id = 'H1'")], "run-3")
    assert lead_of(con, "H1")["status"] == "persisting"


def test_after_its_verdict_new_evidence_opens_a_new_lead_that_names_the_old(con):
    ranked(con, [a_source("a", "institution_id = 'H1'")], "run-1")
    first = lead_of(con, "H1")["lead_id"]
    con.execute("update casebook.lead_register set closed_on = date '2025-06-01'")
    ranked(con, [a_source("a", "institution_id = 'H1'")], "run-2")
    second = lead_of(con, "H1")
    assert second["lead_id"] != first and second["status"] == "reopened"
    assert con.execute(
        "select previous_lead_id from casebook.lead_register where lead_id = $l", {"l": second["lead_id"]}
    ).fetchall() == [(first,)]


def test_finding_ids_are_stable_and_unique(con):
    ranked(con, [a_source("a")])
    first = con.sql("select finding_id from model.finding order by 1").fetchall()
    assert len(set(first)) == len(first)
    con.execute("delete from model.finding")
    ranked(con, [a_source("a")], "run-2")
    assert con.sql("select finding_id from model.finding order by 1").fetchall() == first


def test_findings_name_hospitals_and_drugstores_apart(con):
    con.execute("insert into record.pharmacy (institution_id) values ('H1')")
    build.build(con, "with a drugstore")
    ranked(con, [a_source("a", subjects=("institution", "pharmacy", "person"))])
    kinds = con.sql(
        "select distinct subject_type, subject_id from model.lead where subject_type <> 'person' order by 1, 2"
    )
    assert kinds.fetchall() == [("institution", "H0"), ("institution", "H2"), ("pharmacy", "H1")]


def test_earlier_confirmed_inspections_are_counted(con):
    con.execute(
        "insert into record.inspection_result (case_id, subject_type, subject_id, inspected_on, result) values"
        " ('C1', 'institution', 'H1', date '2024-01-01', 'confirmed'),"
        " ('C2', 'institution', 'H1', date '2024-02-01', 'rejected')"
    )
    ranked(con, [a_source("a")])
    assert lead_of(con, "H1")["prior_confirmed"] == 1


def test_an_inspection_counts_in_whatever_words_and_dashes(con):
    con.execute(
        "insert into record.inspection_result (case_id, subject_type, subject_id, inspected_on, result) values"
        " ('C1', '医院', 'H1', date '2024-01-01', ' 查实 '), ('C2', '医院', 'H1', date '2024-02-01', '申诉成立——排除')"
    )
    ranked(con, [a_source("a")])
    assert lead_of(con, "H1")["prior_confirmed"] == 1


def test_an_unknown_objective_is_refused(con):
    with pytest.raises(UsageError, match="hit_rate"):
        rank(con, [], "run-1", objective="luck")


def test_missing_data_is_cannot_judge_never_clear(con):
    run(con, a_source("a", needs=["record.price_limit"]), "x")
    run(con, a_source("b", needs=["record.settlement.sex"]), "x")
    said = con.sql("select judged, hits, reason from model.coverage order by source").fetchall()
    assert said == [
        (0, 0, "needs 医保目录限价信息 (hilist_lmtpric_d)"),
        (0, 0, "needs 性别 (setl_d.gend)"),
    ]


def test_what_each_finding_counts_for_adds_up_to_its_lead(con):
    whole = a_source("whole", "settlement_id < 'S3'", amount="45.55", whole=True, subjects=("institution", "person"))
    large = a_source("large", amount="70", whole=True, certainty="suspected")
    both = ("institution", "person")
    lines = a_source("lines", "settlement_id > 'S2' and line_id < 'L5'", amount="33.33", subjects=both)
    same = a_source("same", "settlement_id > 'S4'", amount="33.33", subjects=both, certainty="suspected")
    con.execute("update feature.settlement set fund_rate = 0.3337")  # so that cents of lines and settlements differ
    ranked(con, [whole, large, lines, same])
    said = con.sql(
        """
        select l.lead_id, any_value(l.amount_at_risk), any_value(l.fund_at_risk), sum(c.counted_amount),
            sum(c.counted_fund), any_value(l.findings), count(*)
        from model.lead as l join model.finding_counted as c on c.lead_id = l.lead_id group by l.lead_id
        """
    ).fetchall()
    assert len(said) == 10
    for _, amount, fund, counted, counted_fund, findings, rows in said:
        assert (counted, counted_fund, rows) == (amount, fund, findings)
        assert fund > 0
    carriers = con.sql(
        """
        select count(*) filter (where c.counted_amount > 0), count(*) filter (where o.also_in is not null),
            count(*) filter (where c.lead_id <> o.lead_id), count(*)
        from model.finding_counted as c join model.finding_counted as o on o.finding_id = c.also_in
        """
    ).fetchall()[0]
    assert carriers[:3] == (0, 0, 0) and carriers[3] > 0


def test_a_line_is_carried_by_its_largest_finding_and_the_more_certain_of_equals(con):
    at = "line_id = 'L1-0'"
    ranked(
        con,
        [
            a_source("a", at, amount="30", certainty="suspected"),
            a_source("b", at, amount="30"),
            a_source("c", at, amount="30"),
            a_source("d", at, amount="29.99"),
            a_source("e", at, amount="null"),
        ],
    )
    said = con.sql(
        "select f.source, c.counted_amount, o.source from model.finding_counted as c"
        " join model.finding as f on f.finding_id = c.finding_id"
        " left join model.finding as o on o.finding_id = c.also_in order by f.source"
    ).fetchall()
    nothing = Decimal("0.00")
    assert said == [(s, Decimal("30.00") if s == "b" else nothing, None if s == "b" else "b") for s in "abcde"]


def test_lines_dearer_than_what_the_whole_settlement_is_said_to_hold_carry_it_up_to_what_was_eligible(con):
    at = "settlement_id = 'S1'"
    con.execute("update feature.settlement set eligible_amount = 60.01")
    ranked(con, [a_source("whole", at, amount="20", whole=True), a_source("lines", at, amount="40")])
    said = con.sql(
        "select f.source, f.line_id, c.counted_amount, c.also_in is null from model.finding_counted as c"
        " join model.finding as f on f.finding_id = c.finding_id order by f.source, f.line_id"
    ).fetchall()
    assert said == [
        ("lines", "L1-0", Decimal("40.00"), True),
        ("lines", "L1-1", Decimal("20.01"), True),
        ("whole", None, Decimal("0.00"), False),
    ]
    assert lead_of(con, "H1")["amount_at_risk"] == Decimal("60.01")


def test_trial_and_judged_findings_count_for_no_lead(con):
    ranked(con, [a_source("a", "institution_id = 'H1'"), a_source("t", "institution_id = 'H1'", status="trial")])
    sources = "select distinct f.source from model.finding_counted as c join model.finding as f using (finding_id)"
    assert con.sql(sources).fetchall() == [("a",)]


def test_an_indicator_is_no_money_of_a_lead(con):
    """What stands without a line neither raises the money, nor the yield, nor the tier."""
    ranked(con, [a_source("a", "institution_id = 'H1'")])
    before = lead_of(con, "H1")
    ranked(con, [a_source("a", "institution_id = 'H1'"), an_indicator("peers", 2300)], "run-2")
    lead, alone = lead_of(con, "H1"), lead_of(con, "H2")
    for column in ("amount_at_risk", "fund_at_risk"):
        assert lead[column] == before[column]
    assert lead["indicator_amount"] == Decimal("1600.00")  # never more than its business
    assert before["indicator_amount"] is None
    assert lead["expected_yield"] == before["expected_yield"]
    assert [alone[c] for c in ("amount_at_risk", "fund_at_risk", "expected_yield")] == [0, 0, 0]
    assert alone["indicator_amount"] == Decimal("1600.00") and alone["tier"] == "C"


def test_whom_only_an_ensemble_names_is_told_apart_and_stays_in_the_last_tier(con):
    pattern = an_indicator("pattern", 0, certainty="suspected", judges=["pattern"])
    ranked(con, [a_source("a", "institution_id = 'H1'"), pattern])
    told_apart = capacity.leads(con, capacity.of({}, 2, None)).filter("is_ensemble")["lead_id"].to_list()
    assert sorted(told_apart) == sorted(lead_of(con, subject)["lead_id"] for subject in ("H0", "H2"))
    assert [lead_of(con, subject)["tier"] for subject in ("H0", "H2")] == ["C", "C"]


def an_indicator(name, amount, **card):
    """A detector that says of every institution, with all its weight, what it has beyond its peers; no settlement."""
    said = BASIS | {"subjects": ["institution"], "certainty": "definite", "family": name} | card

    def judge(con, params):
        con.execute(
            f"""
            insert into judged by name
            select 'hit' as outcome, null as reason, null as settlement_id, null as line_id, null as encounter_id,
                null as person_id, institution_id, null as practitioner_id, date '2025-01-31' as occurred_on,
                cast({amount} as decimal(16,2)) as amount, cast(i as varchar) as detail,
                'part-' || i as part, cast(1 as double) as weight, cast(null as varchar) as group_key, 1 as units
            from (select distinct institution_id from feature.settlement) as s, range(40) as t(i)
            """
        )

    return Source(name, "detector", make(said), {}, name, judge)


def test_small_money_and_none_of_the_funds_stay_out_of_the_upper_tiers(con):
    def tiers(sources, **options):
        ranked(con, sources, **options)
        return dict(con.sql("select subject_id, tier from model.lead").fetchall())

    small = a_source("a", "institution_id = 'H1'", amount="0.70")  # 28 yuan in forty lines
    assert tiers([small]) == {"H1": "C"}
    assert tiers([small], least_yuan=28) == {"H1": "A"}
    assert tiers([a_source("a", "institution_id = 'H1'", amount="0.75")]) == {"H1": "A"}  # thirty
    con.execute("update feature.settlement set fund_rate = 0")
    assert tiers([a_source("a")], least_yuan=0) == {"H0": "C", "H1": "C", "H2": "C"}


def test_what_names_an_ordinary_reading_itself_lifts_nobody_alone(con):
    """However often it is found; beside another family it counts as one more that agrees."""
    at = "institution_id = 'H1'"
    doubtful = a_source("doubt", at, certainty="suspected", innocent="a drug day")
    ranked(con, [doubtful])
    assert lead_of(con, "H1")["tier"] == "C"
    ranked(con, [a_source("doubt", at, certainty="suspected")])
    assert lead_of(con, "H1")["tier"] in ("A", "B")
    ranked(con, [doubtful, a_source("plain", at, certainty="suspected")])
    assert lead_of(con, "H1")["tier"] in ("A", "B")
