"""Leads from findings: one a subject, money once, ids that last, states that tell what changed."""

import shutil
from decimal import Decimal

import pytest

from data import knowledge_load
from data.errors import UsageError
from data.warehouse import FILE_NAME, open_warehouse
from features import build
from models.card import make
from models.ranking.rank import rank
from models.source import Source, run

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


def a_source(name, lines="true", amount="40", whole=False, subjects=("institution",), **card):
    said = BASIS | {"subjects": list(subjects), "certainty": "definite", "family": name} | card
    line = "null" if whole else "line_id"

    def judge(con, params):
        con.execute(
            f"""
            create or replace temp table judged as
            select distinct 'hit' as outcome, null as reason, settlement_id, {line} as line_id, encounter_id,
                person_id, institution_id, null as practitioner_id, charged_on as occurred_on,
                cast({amount} as decimal(16,2)) as amount, cast(null as varchar) as detail,
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
