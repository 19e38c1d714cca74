"""Rounds of inspection in a small town: judged leads leave, the order learns, the points add up, twice the same."""

import shutil
from datetime import date

import polars as pl
import pytest

from data.warehouse.connection import FILE_NAME, open_warehouse
from flows import steps
from models.evaluation import learning, truth
from models.learning import learn
from models.ranking import capacity
from models.ranking.capacity import Capacity
from models.ranking.rank import rank

pytestmark = pytest.mark.slow

#: A fifth of the verdicts is wrong: the first leads of so small a town are nearly all true, and a model learns from both.
PLAN = learning.Plan(rounds=2, per_round=12, noise=0.2)


@pytest.fixture(scope="module")
def played(finished, town, tmp_path_factory):
    """(connection, sources, curve) after two rounds in one town, with its twin as the fresh one."""
    settings, _ = finished
    homes = [tmp_path_factory.mktemp(name) for name in ("played", "fresh")]
    for home in homes:
        shutil.copy(settings.home / FILE_NAME, home)
    with open_warehouse(homes[0]) as con, open_warehouse(homes[1]) as fresh:
        for one in (con, fresh):
            truth.load(one, town / "truth")
        sources = steps.sources(settings)
        yield con, sources, learning.curve(con, sources, PLAN, 1, fresh), fresh


def test_the_curve_says_what_was_judged_and_how_good_the_next_list_is(played):
    con, _, curve, fresh = played
    assert [row["judged"] for row in curve] == [0, 12, 24]
    assert curve[0]["precision"] == curve[0]["unlearned"] == curve[0]["never"] and curve[0][
        "fresh_ap"
    ] == pytest.approx(curve[0]["ap"])
    assert all(0 <= row[name] <= row["possible"] for row in curve for name in ("precision", "unlearned"))
    assert curve[1]["never_confirmed"] == curve[1]["confirmed"]  # the first list is the same
    assert con.sql("select count(*) from casebook.verdict_evidence").fetchall()[0][0] >= 24
    assert fresh.sql("select count(*) from casebook.verdict").fetchall() == [(0,)]  # given back as it was


def test_judged_leads_leave_the_list(played):
    con, *_ = played
    assert con.sql(
        "select count(*) from model.lead as l join casebook.verdict as v on v.lead_id = l.lead_id"
    ).fetchall() == [(0,)]


def test_the_points_of_a_lead_sum_to_its_score_whoever_ranks(played, monkeypatch):
    con, sources, *_ = played
    apart = (
        "select max(abs(p.points - l.score)), count(*) from model.lead as l left join"
        " (select lead_id, sum(points) as points from model.lead_part group by lead_id) as p on p.lead_id = l.lead_id"
    )
    leads = con.sql("select count(*) from model.lead").fetchall()[0][0]
    assert con.sql(apart).fetchall() == [(0, leads)]
    monkeypatch.setattr(learn, "FEWEST", 2)
    monkeypatch.setattr("models.learning.contest.Contest.is_won", True)
    monkeypatch.setattr("models.learning.contest.run", lambda *_: [learn.Contest("logistic", 12, 0.8, 0.7, 0.05)])
    rank(con, sources, "learned")
    assert con.sql(apart).fetchall() == [(0, leads)]
    said = con.sql("select ranked_by, learned_on, model, said from model.ranking").fetchall()[0]
    assert said[:3] == ("learned model", date(2026, 3, 2), "logistic")
    assert said[3].startswith("ranked by: learned model (logistic) of 2026-03-02, 24 verdicts, average precision 0.80")
    assert con.sql("select count(*) from model.lead_part where part = 'verdicts' and points <> 0").fetchall()[0][0] > 0
    bounds = "select bool_and(score between 0 and 100 and expected_yield <= amount_at_risk) from model.lead"
    assert con.sql(bounds).fetchall() == [(True,)]
    assert con.sql("select bool_and(rate between 0 and 1) from model.lead_line").fetchall() == [(True,)]


def test_the_same_verdicts_give_the_same_order_and_no_learning_is_as_if_there_were_none(played):
    con, sources, *_ = played
    everything = "select lead_id, score, rank, rank_low, rank_high, expected_yield from model.lead order by lead_id"
    rank(con, sources, "again")
    first = con.sql(everything).fetchall()
    rank(con, sources, "again")
    assert con.sql(everything).fetchall() == first
    said = con.sql("select said from model.ranking").fetchall()[0][0]
    assert said.startswith("ranked by: prior rates moved by 24 verdicts; a learned model needs 30 confirmed")
    rank(con, sources, "plain", learning=False)
    assert con.sql(everything).fetchall() != first
    assert con.sql("select said from model.ranking").fetchall() == [("ranked by: prior rates",)]


def test_tips_and_confirmed_inspections_raise_a_lead_and_say_so(played):
    con, sources, *_ = played
    rank(con, sources, "before")
    query = "select subject_id, lead_id, score, tips, prior_confirmed from model.lead where subject_type = 'person'"
    subject, lead, score, *_ = con.sql(f"{query} and score < 60 order by rank limit 1").fetchall()[0]
    con.execute(
        "insert into record.tip (tip_id, subject_type, subject_id, received_on) values ('T1', '参保人', $id, '2025-01-05')",
        {"id": subject},
    )
    con.execute(
        "insert into record.inspection_result (case_id, subject_type, subject_id, result) values ('C', 'person', $id, '查实')",
        {"id": subject},
    )
    rank(con, sources, "after")
    after = con.sql(f"{query} and subject_id = '{subject}'").fetchall()[0]
    assert after[2] > score and after[3:] == (1, 1)
    parts = dict(con.sql(f"select part, points from model.lead_part where lead_id = '{lead}'").fetchall())
    assert parts["tips"] > parts["history"] > 0 and sum(parts.values()) == after[2]


def test_what_a_check_takes_grows_with_records_and_only_the_ensemble_s_own_leads_are_its(played):
    con, sources, *_ = played
    rank(con, sources, "again")
    suspected = "select lead_id from model.lead_evidence where certainty = 'suspected'"
    lead = con.sql(
        f"select lead_id from model.lead where subject_type = 'institution' and lead_id in ({suspected})"
        " order by rank limit 1"
    ).fetchall()
    key = {"lead": lead[0][0]}
    before = capacity.leads(con, Capacity())
    assert before.height == con.sql("select count(*) from model.lead").fetchall()[0][0]
    assert not before["is_ensemble"].any() and before["effort"].min() >= 0.1 and before["effort"].max() <= 15
    (own,) = before.filter(lead_id=key["lead"]).to_dicts()
    records = con.execute("select settlements from model.lead where lead_id = $lead", key).fetchall()[0][0]
    assert own["visit_days"] >= 3 and own["rule"] and (records == 0 or own["effort"] > 3)
    proven = con.sql(f"select lead_id from model.lead where lead_id not in ({suspected})").fetchall()
    desk = before.filter(pl.col("lead_id").is_in([lead_id for (lead_id,) in proven]))
    assert desk.height and desk["visit_days"].is_null().all() and desk["desk_days"].is_not_null().all()
    con.execute("update model.lead_evidence set source = 'institution_ensemble' where lead_id = $lead", key)
    after = capacity.leads(con, Capacity(institution=7.0))
    assert after.filter("is_ensemble")["lead_id"].to_list() == [key["lead"]]
    assert after.filter(lead_id=key["lead"])["effort"][0] == pytest.approx(min(15, own["effort"] + 4))
