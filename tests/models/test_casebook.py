"""Verdicts: read as they are written, resolved or refused, appended for good, and what they teach."""

import shutil
from datetime import date

import polars as pl
import pytest

from data.errors import InputRefused, UsageError
from data.knowledge import load as knowledge_load
from data.warehouse.connection import open_warehouse
from features import build
from models.casebook import estimates, rates, verdicts
from models.casebook.read import read
from models.evaluation import judged
from models.learning import examples
from models.ranking.rank import rank
from models.sources.card import make
from models.sources.source import Source, run

TODAY = date(2026, 1, 31)
CARD = {"title": "T", "title_zh": "标题", "violation": "v", "sentence": "s", "sentence_zh": "s", "basis": ["clause"]}


def a_source(name, where, certainty="definite", subjects=("institution",), official=()):
    said = CARD | {"certainty": certainty, "family": name, "subjects": list(subjects), "official": list(official)}

    def judge(con, params):
        con.execute(
            f"""
            insert into judged by name
            select 'hit' as outcome, null as reason, settlement_id, null as line_id, encounter_id, person_id,
                institution_id, null as practitioner_id, settled_on as occurred_on,
                cast(40 as decimal(16,2)) as amount, cast(null as varchar) as detail, cast(null as varchar) as part,
                cast(null as double) as weight, cast(null as varchar) as group_key, 1 as units
            from feature.settlement where {where}
            """
        )

    return Source(name, "rule", make(said), {}, name, judge)


SOURCES = [
    a_source("a", "true", official=[49]),
    a_source("b", "institution_id in ('H1', 'H2')", "suspected"),
    a_source("c", "person_id = 'P1'", subjects=("person",)),
]


@pytest.fixture(scope="module")
def ranked(tmp_path_factory):
    """A home of four institutions and seven persons, judged by three sources and ranked."""
    home = tmp_path_factory.mktemp("ranked")
    with open_warehouse(home) as con:
        knowledge_load.load(con)
        con.execute(
            """
            insert into record.settlement (settlement_id, encounter_id, person_id, institution_id, started_on,
                ended_on, settled_at, medical_category, total_amount, eligible_amount, fund_amount)
            select 'S' || i, 'E' || i, 'P' || (i % 7), 'H' || (i % 4), date '2025-01-01' + cast(i as integer),
                date '2025-01-01' + cast(i as integer),
                timestamp '2025-01-01 10:00:00' + to_days(cast(i as integer)), '11', 100, 80, 40
            from range(80) as t(i)
            """
        )
        build.build(con, "test")
        for one in SOURCES:
            run(con, one, "x")
        rank(con, SOURCES, "20250601-aaaa")
    return home


@pytest.fixture
def con(ranked, tmp_path):
    shutil.copytree(ranked, tmp_path / "home")
    with open_warehouse(tmp_path / "home") as con:
        yield con


@pytest.fixture
def leads(con):
    return dict(con.sql("select subject_id, lead_id from model.lead").fetchall())


@pytest.fixture
def write(tmp_path):
    def to(text, name="verdicts.csv", encoding="utf-8"):
        (tmp_path / name).write_bytes(text.encode(encoding))
        return tmp_path / name

    return to


def planned(con, path, today=TODAY):
    return verdicts.plan(con, read(path), SOURCES, today)


def take_in(con, path, today=TODAY):
    made = planned(con, path, today)
    return made, verdicts.append(con, made)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("mark", [",", "\t", "|"])
def test_a_file_is_read_in_its_encoding_and_with_its_delimiter(con, leads, write, encoding, mark):
    rows = [
        ["线索编号", "核查结论", "确认违规金额", "日期"],
        [f"'{leads['H1']}", "确认违规", "¥800.00元", "2025年7月1日"],
    ]
    made = planned(con, write("\n".join(mark.join(r) for r in rows), encoding=encoding))
    row = made.rows.row(0, named=True)
    assert (row["state"], row["lead_id"], row["conclusion"]) == ("new", leads["H1"], "confirmed"), row
    assert float(row["confirmed_amount"]) == 800 and row["decided_on"] == date(2025, 7, 1)


def test_a_workbook_is_read_from_the_sheet_that_fits(con, leads, tmp_path):
    import xlsxwriter

    with xlsxwriter.Workbook(tmp_path / "v.xlsx") as book:
        book.add_worksheet("notes").write_row(0, 0, ["a", "b"])
        sheet = book.add_worksheet("verdicts")
        sheet.write_row(0, 0, ["lead_id", "conclusion", "amount_confirmed", "comment"])
        sheet.write_row(1, 0, [leads["H2"], "partly_confirmed", 120.5, "x"])
    made = planned(con, tmp_path / "v.xlsx")
    row = made.rows.row(0, named=True)
    assert (row["state"], float(row["confirmed_amount"]), row["decided_on"]) == ("new", 120.5, TODAY)
    assert made.ignored == ("comment",)


@pytest.mark.parametrize(
    ("text", "name"),
    [("a,b\n1,2\n", "v.csv"), ("", "v.csv"), ("lead_id,conclusion\n", "v.csv"), ("x", "v.docx"), ("junk", "v.xlsx")],
)
def test_what_is_no_file_of_verdicts_is_refused(con, write, text, name):
    with pytest.raises(InputRefused):
        planned(con, write(text, name))


def test_a_missing_file_and_a_home_without_run_are_named(tmp_path, write):
    with pytest.raises(InputRefused, match="does not exist"):
        read(tmp_path / "nowhere.csv")
    with open_warehouse(tmp_path / "empty") as con, pytest.raises(UsageError, match="no run yet"):
        planned(con, write("lead_id,conclusion\nL1,confirmed\n"))


def test_refused_rows_say_why_and_the_others_go_in(con, leads, write):
    path = write(
        "lead_id,subject_type,subject_id,conclusion,confirmed_amount,date\n"
        f"{leads['H1']},,,confirmed,500,2025-07-01\n"
        "L000000000000,,,confirmed,,\n"
        f"{leads['H2']},,,perhaps,,\n"
        f"{leads['H2']},,,,5,\n"
        ",,,confirmed,,\n"
        ",institution,H99,confirmed,,\n"
        ",planet,H1,confirmed,,\n"
        f"{leads['H2']},institution,H3,confirmed,,\n"
        f"{leads['H2']},,,dismissed,500,\n"
        f"{leads['H2']},,,confirmed,-5,\n"
        f"{leads['H2']},,,confirmed,many,\n"
        f"{leads['H2']},,,confirmed,5,2031-01-01\n"
    )
    made, written = take_in(con, path)
    why = dict(made.of("refused").select("row_number", "why").iter_rows())
    words = [
        "there is no lead", "'perhaps' is not known", "no conclusion", "neither a lead nor a subject",
        "knows no institution H99", "'planet' is not known", "not about H3", "500.00 yuan confirmed", "确认违规金额 -5.00 is below 0",
        "confirmed_amount: not a number", "has not come yet",
    ]  # fmt: skip
    assert sorted(why) == list(range(2, 13))
    for row, word in enumerate(words, 2):
        assert word in why[row], (row, why[row])
    assert written == 1 and con.sql("select count(*) from casebook.verdict").fetchall() == [(1,)]


def test_two_conclusions_of_one_day_are_refused_both(con, leads, write):
    lead = leads["H1"]
    made, written = take_in(con, write(f"lead_id,conclusion\n{lead},confirmed\n{lead},dismissed\n{lead},confirmed\n"))
    assert written == 0 and set(made.of("refused")["why"]) == {"two conclusions of one day, see row 1"}


def test_a_verdict_keeps_what_its_lead_looked_like_and_closes_it(con, leads, write):
    _, written = take_in(
        con, write(f"lead_id,conclusion,confirmed_amount,date\n{leads['H1']},确认违规,500,2025-07-01\n")
    )
    assert written == 1
    said = con.sql(
        "select subject_type, subject_id, sources, run_id, rank, settlements from casebook.verdict"
    ).fetchall()
    assert said[0][:2] == ("institution", "H1") and said[0][3] == "20250601-aaaa" and said[0][5] == 20
    assert set(said[0][2].split(";")) == {"a", "b"}
    assert con.execute(
        "select closed_on from casebook.lead_register where lead_id = $l", {"l": leads["H1"]}
    ).fetchall() == [(date(2025, 7, 1),)]
    assert con.sql("select count(*) from casebook.judged_finding").fetchall() == [(40,)]
    rank(con, SOURCES, "20250801-bbbb")
    assert con.sql("select lead_id from model.lead where subject_id = 'H1'").fetchall() == []  # nothing new was found
    assert con.sql("select sources from casebook.verdict").fetchall() == [(said[0][2],)]


def test_the_same_rows_again_add_nothing_and_a_later_verdict_counts_in_place_of_the_earlier(con, leads, write):
    first = write(f"lead_id,conclusion,date\n{leads['H1']},dismissed,2025-07-01\n{leads['H1']},dismissed,2025-07-01\n")
    assert take_in(con, first)[1] == 1
    made, written = take_in(con, first)
    assert written == 0 and made.counts["known"] == 2
    second, written = take_in(con, write(f"lead_id,conclusion,date\n{leads['H1']},confirmed,2025-08-01\n", "w.csv"))
    assert written == 1 and second.counts["superseding"] == 1
    assert con.sql("select conclusion from casebook.current_verdict").fetchall() == [("confirmed",)]
    assert con.sql("select conclusion from casebook.verdict order by event_number").fetchall() == [
        ("dismissed",),
        ("confirmed",),
    ]
    assert con.sql("select closed_on from casebook.lead_register where closed_on is not null").fetchall() == [
        (date(2025, 7, 1),)
    ]


def test_a_verdict_without_a_day_follows_what_was_imported_before_it_whatever_the_clock_says(con, leads, write):
    """Under another time zone, or with the clock set back, its day of import may lie before the earlier one's."""
    for conclusion, today in (("confirmed", date(2026, 1, 31)), ("dismissed", date(2026, 1, 29)), ("unsure", TODAY)):
        take_in(con, write(f"lead_id,conclusion\n{leads['H1']},{conclusion}\n{leads['H2']},confirmed\n"), today)
        standing = con.execute("select conclusion from casebook.current_verdict where lead_id = $l", {"l": leads["H1"]})
        assert standing.fetchall() == [(conclusion,)]
    days = con.sql("select decided_on from casebook.verdict where conclusion = 'dismissed'").fetchall()
    assert days == [(date(2026, 1, 31),)]


def test_a_verdict_keeps_the_evidence_also_when_a_later_one_takes_its_place(con, leads, write):
    take_in(con, write(f"lead_id,conclusion,date\n{leads['H1']},dismissed,2025-07-01\n"))
    kept = "select e.* exclude (verdict_id) from casebook.verdict_evidence as e join casebook.current_verdict as v"
    kept += " on v.verdict_id = e.verdict_id order by source"
    first = con.sql(kept).fetchall()
    assert [row[0] for row in first] == ["a", "b"] and first[0][4] == 20
    rank(con, SOURCES, "20250801-bbbb")
    take_in(con, write(f"lead_id,conclusion,date\n{leads['H1']},confirmed,2025-08-01\n", "w.csv"))
    assert con.sql("select conclusion from casebook.current_verdict").fetchall() == [("confirmed",)]
    assert con.sql(kept).fetchall() == first
    row = examples.load(con).leads.row(0, named=True)
    assert (row["truth"], row["settlements"], row["run_id"], row["owner"]) == (1.0, 20.0, "20250601-aaaa", "H1")


def test_what_awaits_evidence_leaves_the_lead_open(con, leads, write):
    made, _ = take_in(con, write(f"lead_id,conclusion\n{leads['H1']},证据不足-暂缓\n{leads['H2']},无法核实\n"))
    assert made.closing == [leads["H2"]] and set(made.rows["conclusion"]) == {"unsure"}
    open_ = con.sql("select lead_id from casebook.lead_register where closed_on is null").pl()["lead_id"]
    assert leads["H1"] in open_ and leads["H2"] not in open_


def test_a_subject_finds_its_lead_unless_the_verdict_is_older_than_the_evidence(con, leads, write):
    head = "case_id,subject_type,subject_id,rule_id,insp_date,result,vola_amt,refd_amt,pnsh_amt,transfer_to\n"
    path = write(
        f"{head}C1,定点医疗机构,H1,49,2025-07-01,查实,300,300,0,\n"
        "C2,hospital,H2,,2024-03-01,rejected,,,,\n"
        "C3,person,P6,,2025-07-01,confirmed,10,,,\n",
        "insp_result_d.csv",
    )
    made, written = take_in(con, path)
    rows = made.rows.select("subject_type", "subject_id", "lead_id", "rule", "sources", "case_no").rows()
    assert rows[0] == ("institution", "H1", leads["H1"], "49", "a", "C1")
    assert rows[1][:3] == ("institution", "H2", None) and rows[2][:3] == ("person", "P6", None)
    assert written == 3 and made.counts["without_lead"] == 2 and made.closing == [leads["H1"]]


def test_nothing_is_appended_when_the_audit_log_cannot_be_written(con, leads, write):
    made = planned(con, write(f"lead_id,conclusion\n{leads['H1']},confirmed\n"))

    def fail():
        raise OSError("full")

    with pytest.raises(OSError, match="full"):
        verdicts.append(con, made, fail)
    assert con.sql("select count(*) from casebook.verdict").fetchall() == [(0,)]
    assert con.sql("select count(*) from casebook.lead_register where closed_on is not null").fetchall() == [(0,)]


def test_rates_start_at_the_prior_and_move_with_verdicts_and_inspections(con, leads, write):
    start = {r["source"]: r for r in rates.rates(con, SOURCES).to_dicts()}
    assert [start[s]["rate"] for s in "abc"] == [0.3, 0.1, 0.3]
    version = rates.version(con)
    take_in(
        con,
        write(
            f"lead_id,conclusion\n{leads['H1']},confirmed\n{leads['H2']},部分确认\n{leads['H3']},排除\n{leads['H0']},暂缓\n"
        ),
    )
    con.execute(
        "insert into record.inspection_result (case_id, subject_type, subject_id, rule_id, result) values"
        " ('C8', 'institution', 'H7', 'GZ10000204001000', 'confirmed'), ('C9', 'institution', 'H8', 'nothing', '查实')"
    )
    now = {r["source"]: r for r in rates.rates(con, SOURCES).to_dicts()}
    assert (now["b"]["confirmed"], now["b"]["dismissed"]) == (1.5, 0.5)
    said = dict(con.sql("select source, chance from model.lead_evidence").fetchall())
    assert now["b"]["expected"] == pytest.approx(2 * said["b"], abs=1e-6)  # what b said of H1 and of H2
    of_lead = 1 - (1 - said["a"]) * (1 - said["b"])
    assert now["b"]["credited"] == pytest.approx(1.5 * said["b"] / of_lead, abs=1e-6)
    assert now["b"]["rate"] == pytest.approx(0.1 * (1 + now["b"]["credited"]) / (1 + now["b"]["expected"]))
    assert (now["a"]["confirmed"], now["a"]["dismissed"]) == (2.5, 1.5)  # the official code of rule 49 is a's
    assert now["c"]["rate"] == 0.3 and rates.version(con) != version


@pytest.mark.parametrize("dash", ["-", "—", "——", "–", " — ", "－", "‑", "―"])
def test_any_dash_says_the_same_in_verdicts_in_rates_and_in_the_history(con, leads, write, dash):
    word = f"申诉成立{dash}排除"
    (row,) = planned(con, write(f"lead_id,conclusion\n{leads['H1']},{word}\n")).rows.to_dicts()
    assert (row["state"], row["conclusion"]) == ("new", "dismissed")
    con.execute(
        "insert into record.inspection_result (case_id, subject_type, subject_id, rule_id, result) values"
        " ('C1', '医疗机构　', 'H1', 'b', $word)", {"word": word},
    )  # fmt: skip
    (b,) = rates.rates(con, SOURCES).filter(pl.col("source") == "b").to_dicts()
    assert (b["confirmed"], b["dismissed"]) == (0.0, 1.0) and b["rate"] < b["prior"]
    assert con.sql("select subject_type, conclusion from inspection").fetchall() == [("institution", "dismissed")]


def test_every_official_code_names_its_rule(con):
    codes = dict(con.sql("select number, code from knowledge.official_rule where code is not null").fetchall())
    assert codes[9] == "GZ10000101009000"
    sources = [a_source(f"s{n}", "true", official=[n]) for n in codes]
    named = dict(verdicts.source_names(con, sources).select("name", "source").rows())
    assert {n: named[code] for n, code in codes.items()} == {n: f"s{n}" for n in codes}


def test_the_dossier_s_own_fields_are_understood(con, leads, write):
    made = planned(con, write(f"线索编号,核查结论,理由,核查人\n{leads['H1']},排除,有手术记录,李某\n"))
    row = made.rows.row(0, named=True)
    assert (row["reason"], row["handled_by"], made.ignored) == ("有手术记录", "李某", ())


def test_rows_not_filled_in_are_passed_over_and_half_filled_ones_refused(con, leads, write):
    made = planned(
        con,
        write(
            f"lead_id,conclusion,confirmed_amount,date\n{leads['H1']},,,\n{leads['H2']},,500,\n{leads['H3']},查实,,2026-01-02\n"
        ),
    )
    assert made.rows["state"].to_list() == ["blank", "refused", "new"]
    assert made.counts["blank"] == 1 and made.counts["undated"] == 0
    assert "no conclusion" in made.of("refused")["why"][0]
    assert verdicts.append(con, made) == 1


def test_more_than_the_lead_and_a_missing_day_are_told(con, leads, write):
    made = planned(
        con,
        write(
            f"lead_id,conclusion,confirmed_amount,date\n{leads['H1']},查实,999999,\n{leads['H2']},查实,1,2026-01-02\n"
        ),
    )
    assert made.counts["new"] == 2 and made.counts["beyond_lead"] == 1 and made.counts["undated"] == 1
    (row,) = made.rows.filter(pl.col("beyond").is_not_null()).to_dicts()
    at_risk = con.execute("select amount_at_risk from model.lead where lead_id = $l", {"l": leads["H1"]}).fetchall()
    assert row["lead_id"] == leads["H1"] and [(row["beyond"],)] == at_risk


def test_an_inspection_imported_as_a_verdict_counts_once(con, write):
    con.execute(
        "insert into record.inspection_result (case_id, subject_type, subject_id, rule_id, inspected_on, result)"
        " values ('C1', 'institution', 'H1', 'a', date '2025-07-01', 'confirmed')"
    )
    take_in(
        con,
        write("case_id,subject_type,subject_id,rule_id,insp_date,result\nC1,institution,H1,a,2025-07-01,confirmed\n"),
    )
    assert rates.rates(con, SOURCES).filter(pl.col("source") == "a")["confirmed"][0] == 1.0


def a_round(ranked, drawn, probability):
    """A work list: outcomes of its ranked places and of its drawn ones (None = not judged)."""
    rows = [("rank", 1.0, 0, t) for t in ranked] + [("control", probability, 0, t) for t in drawn]
    return pl.DataFrame(
        [(*r, None if r[3] is None else 100.0 * r[3]) for r in rows],
        schema={
            "arm": pl.String,
            "probability": pl.Float64,
            "stratum": pl.Int64,
            "is_true": pl.Float64,
            "yuan": pl.Float64,
        },
        orient="row",
    )


def test_the_control_arm_speaks_for_those_nobody_chose():
    said = estimates.estimate(a_round([1.0] * 6 + [0.0] * 2, [1.0] + [0.0] * 3, 0.1))
    assert said["precision"] == 0.75 == said["precision_low"] == said["precision_high"]  # all places are judged
    assert said["rate_below"] == 0.25 and said["leads"] == 48
    assert said["prevalence"] == pytest.approx((6 + 0.25 * 40) / 48)
    assert said["yuan"] == pytest.approx(600 + 0.25 * 40 * 100)
    assert 600 <= said["yuan_low"] < said["yuan"] < said["yuan_high"]
    assert said["prevalence_low"] < said["prevalence"] < said["prevalence_high"]
    nobody = estimates.estimate(a_round([1.0, None], [None, None], 0.5))
    assert nobody["prevalence"] is None and nobody["yuan"] is None and nobody["precision"] == 1.0


def test_what_filled_the_days_a_draw_left_over_moves_no_estimate():
    part = a_round([1.0] * 6 + [0.0] * 2, [1.0] + [0.0] * 3, 0.1)
    spare = part.head(3).with_columns(arm=pl.lit("spare"), is_true=pl.lit(0.0))
    before, after = estimates.estimate(part), estimates.estimate(pl.concat([part, spare]))
    for name in ("precision", "rate_below", "leads", "prevalence", "yuan"):
        assert after[name] == before[name]


def test_the_estimates_of_many_rounds_are_right_on_average_and_their_intervals_hold():
    import numpy as np

    draw = np.random.default_rng(3)
    truth = draw.random(400) < np.linspace(0.6, 0.02, 400)
    top, places = 40, 30
    worth = np.round(draw.lognormal(6, 0.6, 400), 2)
    means, yuan, inside, inside_yuan = [], [], 0, 0
    for _ in range(300):
        chosen = draw.choice(np.arange(top, 400), places, replace=False)
        drawn = truth[chosen].astype(float).tolist()
        part = a_round(truth[:top].astype(float).tolist(), drawn, places / (400 - top))
        rows = np.concatenate([np.arange(top), chosen])
        said = estimates.estimate(part.with_columns(yuan=pl.Series(np.where(truth[rows], worth[rows], 0.0))))
        means.append(said["prevalence"])
        yuan.append(said["yuan"])
        inside += said["prevalence_low"] <= truth.mean() <= said["prevalence_high"]
        inside_yuan += said["yuan_low"] <= worth[truth].sum() <= said["yuan_high"]
    assert np.mean(means) == pytest.approx(truth.mean(), abs=0.01) and inside / 300 > 0.92
    # thirty of three hundred and sixty, most of them worth nothing: a normal interval is a little too short
    assert np.mean(yuan) == pytest.approx(worth[truth].sum(), rel=0.05) and inside_yuan / 300 > 0.85


def test_lists_are_measured_with_this_home_s_own_verdicts(con, leads, write):
    con.execute(
        "insert into casebook.selection values ('20250601-aaaa', 'institution', 3, $a, 'rank', 1, null, 1, 'h'),"
        " ('20250601-aaaa', 'institution', 3, $b, 'rank', 1, null, 1, 'h'),"
        " ('20250601-aaaa', 'institution', 3, $c, 'control', 0.5, 0, 1, 'h')",
        {"a": leads["H1"], "b": leads["H2"], "c": leads["H3"]},
    )
    take_in(
        con,
        write(
            f"lead_id,conclusion,confirmed_amount\n{leads['H1']},confirmed,900\n{leads['H2']},confirmed,100\n{leads['H3']},dismissed,\n"
        ),
    )
    kept = con.sql("select subject_id, arm, selection_probability from casebook.verdict order by 1").fetchall()
    assert kept == [("H1", "rank", 1.0), ("H2", "rank", 1.0), ("H3", "control", 0.5)]
    ours = judged.lists(con)["institution"]["fundwatch"]
    assert ours["base_rate"] == pytest.approx(2 / 4) and ours["average_precision"] == 1.0
    row = estimates.rounds(con).row(0, named=True)
    assert (row["judged"], row["precision"], row["leads"], row["prevalence"]) == (3, 1.0, 4, 0.5)
