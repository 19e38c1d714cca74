"""What leaves the office, by reader: nothing of another place, no person, no small cell, and a line in the audit log."""

import json
import re
import shutil

import numpy as np
import polars as pl
import pytest
from scipy.optimize import linprog

from data.warehouse.connection import open_warehouse
from flows.home import audit_log
from flows.publish import package_before

CONTRACT = ["--contract", "甲公司", "--from", "2026-01-01", "--to", "2999-12-31"]


@pytest.fixture(scope="module")
def home(finished, tmp_path_factory):
    home = tmp_path_factory.mktemp("packages") / "home"
    shutil.copytree(finished[0].home, home)
    return home


@pytest.fixture(scope="module")
def known(home):
    """Every code and name that could tell of somebody."""
    with open_warehouse(home, read_only=True) as con:

        def column(query):
            return {str(v) for (v,) in con.sql(query).fetchall() if v}

        return {
            "places": column("select institution_id from feature.institution"),
            "place_names": column("select institution_name from feature.institution"),
            "persons": column("select person_id from feature.person"),
            "names": column("select person_name from record.person_identity"),
            "practitioners": column("select practitioner_id from feature.practitioner"),
            "practitioner_names": column("select practitioner_name from feature.practitioner"),
            "settlements": dict(con.sql("select settlement_id, institution_id from feature.settlement").fetchall()),
            "leads": column("select lead_id from model.lead"),
            "tips": column("select tip_id from record.tip") | column("select content from record.tip"),
        }


@pytest.fixture(scope="module")
def place(home):
    """The hospital with most lines of its own."""
    from flows.publish.packages import lines_query

    with open_warehouse(home, read_only=True) as con:
        rows = con.execute(
            f"select institution_id from ({lines_query()}) group by 1 order by count(*) desc, 1 limit 1",
            {"institution": None},
        ).fetchall()
    return rows[0][0]


def package(call, home, out, role, *more):
    code, _, error = call("publish", "--for", role, *more, "--out", out, "--home", home)
    assert code == 0, error
    return "\n".join(p.read_text(encoding="utf-8-sig", errors="ignore") for p in sorted(out.rglob("*")) if p.is_file())


def told(words, text):
    """Those of the words that stand in the text as a whole."""
    codes = set(re.findall(r"[0-9A-Za-z]+", text))
    return {w for w in words if (w in codes if w.isascii() and w.isalnum() else w in text)}


@pytest.mark.parametrize("labels", ["names", "zh"])
def test_an_institution_gets_its_own_lines_and_nothing_of_another_place(
    call, home, tmp_path, known, place, labels, read_csv
):
    out = tmp_path / "p"
    text = package(call, home, out, "institution", "--institution", place, "--labels", labels)
    column = "settlement_id" if labels == "names" else "结算编号"
    lines = read_csv(out / "lines.csv")
    assert lines and {known["settlements"][r[column]] for r in lines} == {place}
    for kind in ("persons", "names", "practitioners", "practitioner_names", "leads", "tips"):
        assert not told(known[kind], text), kind
    assert told(known["places"], text) <= {place}
    assert not re.search(r"\b(score|rank|tier|propensity)\b|风险分|线索等级", text)


def test_the_rule_sheet_tells_clauses_and_published_limits_and_no_threshold(call, home, tmp_path, place, read_csv):
    package(call, home, tmp_path / "p", "institution", "--institution", place)
    rules = read_csv(tmp_path / "p" / "rules.csv")
    assert {r["stage"] for r in rules} == {"reminder", "audit"} and all(r["clause"] for r in rules)
    assert not any(re.search(r"\d", r["parameters"]) for r in rules)
    assert any(r["parameters"] for r in rules)
    assert "bill_reimbursed_twice" not in {r["source"] for r in rules}, "a rule about persons alone"
    limits = read_csv(tmp_path / "p" / "reminders.csv")
    assert limits and all(r["limit_zh"] and r["basis"] for r in limits)


def test_a_third_party_gets_pseudonyms_of_its_contract_and_no_name(call, home, tmp_path, known, read_csv):
    text = package(call, home, tmp_path / "p", "third-party", *CONTRACT)
    assert read_csv(tmp_path / "p" / "lines.csv")
    for kind in ("persons", "names", "practitioners", "practitioner_names", "places", "place_names", "leads", "tips"):
        assert not told(known[kind], text), kind
    assert not told(known["settlements"], text)
    again = package(call, home, tmp_path / "q", "third-party", *CONTRACT)
    assert again == text, "the same contract, the same pseudonyms"
    package(call, home, tmp_path / "r", "third-party", "--contract", "乙公司", *CONTRACT[2:])
    first, other = ({r["person_ref"] for r in read_csv(tmp_path / p / "lines.csv")} for p in "pr")
    assert len(first) == len(other) and not first & other


def test_an_inspector_and_a_lead_get_masked_names_and_a_lead_no_evidence(call, home, tmp_path, known, read_csv):
    package(call, home, tmp_path / "i", "inspector")
    lead = package(call, home, tmp_path / "l", "lead")
    for out in ("i", "l"):
        persons = read_csv(tmp_path / out / "watchlist_person.csv") + read_csv(
            tmp_path / out / "watchlist_practitioner.csv"
        )
        assert persons and all(re.fullmatch(r".\*\*|", r["subject_name"]) for r in persons)
    assert (tmp_path / "i" / "visits").is_dir() and not (tmp_path / "l" / "visits").exists()
    assert (tmp_path / "l" / "totals.csv").is_file() and not told(known["settlements"], lead)
    assert all(not r["members"] for r in read_csv(tmp_path / "l" / "watchlist_group.csv"))


def test_no_cell_under_ten_of_the_public_tables_can_be_computed(call, home, tmp_path, read_csv, known):
    text = package(call, home, tmp_path / "p", "public", "--year", "2025")
    for kind in ("persons", "names", "practitioners", "leads", "settlements"):
        assert not told(known[kind], text), kind
    with open_warehouse(home, read_only=True) as con:
        real = con.sql(
            """
            select coalesce(i.division, ''), s.institution_id, case when i.is_pharmacy then 'pharmacy' else 'institution' end,
                coalesce(s.care_setting, 'other'), count(*), count(distinct s.person_id)
            from feature.settlement as s join feature.institution as i on i.institution_id = s.institution_id
            where extract(year from s.settled_on) = 2025 group by all order by all
            """
        ).fetchall()
    places = read_csv(tmp_path / "p" / "institutions.csv")
    sums = read_csv(tmp_path / "p" / "regions.csv")
    assert any(r["is_hidden"] == "0" for r in places) and any(r["is_hidden"] == "1" for r in places)
    for row in places + sums:
        assert (row["settlements"] == "") == (row["is_hidden"] == "1") == (row["fund_amount"] == "")
        assert row["settlements"] == "" or int(row["settlements"]) >= 10
    for region in {r[0] for r in real}:
        own = [r for r in real if r[0] == region]
        shown, hidden = [], []
        for row in places + sums:
            if row["region"] != region:
                continue
            cell = [
                float(
                    row.get("institution_id", "") in ("", r[1])
                    and row["subject_type"] in ("", r[2])
                    and row["care_setting"] in ("all", r[3])
                )
                for r in own
            ]
            (hidden if row["is_hidden"] == "1" else shown).append((cell, row["settlements"]))
        if not shown:
            continue
        equal, values = [c for c, _ in shown], [int(n) for _, n in shown]
        for cell, _ in hidden:
            count = sum(r[4] for r, part in zip(own, cell, strict=True) if part)
            if count >= 10:
                continue
            known_of = {"A_eq": equal, "b_eq": values}
            known_of |= {"A_ub": -np.array([c for c, _ in hidden]), "b_ub": -np.ones(len(hidden))}
            high = linprog(-np.array(cell), **known_of)
            assert high.status == 3 or -high.fun >= 10 - 1e-6, (region, cell)


def test_confirmed_violations_are_told_by_kind_and_few_of_a_kind_are_not(finished, call, tmp_path, read_csv):
    """Of one table, and of two tables of the year that are held one against the other."""
    home = tmp_path / "home"
    shutil.copytree(finished[0].home, home)

    def table(name):
        package(call, home, tmp_path / name, "public", "--year", "2025")
        return {r["title"]: r["matters"] for r in read_csv(tmp_path / name / "violations.csv")}

    place = _matters(home, {"item_for_other_sex": 12, "exclusive_items_together": 11, "split_admission": 2})
    first = table("first")
    assert len(first) == 4 and sorted(first.values(), reverse=True)[0] == "25", "the sum is told"
    assert sum(v != "" for v in first.values()) == 2, "with two, one more hides, or the sum would tell it"
    assert place not in (tmp_path / "first" / "violations.csv").read_text("utf-8-sig")
    _matters(home, {"item_for_other_sex": 3}, first=12)
    assert table("second") == first and "is the one published on" in (tmp_path / "second" / "about.txt").read_text()
    _matters(home, {"item_for_other_sex": 8}, first=15)
    third = table("third")
    assert third["Total"] == "36" and "published on" not in (tmp_path / "third" / "about.txt").read_text()


def _kinds(**counts):
    """A table of confirmed violations: kind -> its number, below nought where it is hidden."""
    counts = counts | {"Total": sum(map(abs, counts.values()))}
    rows = [(2025, kind, kind, abs(n), n < 0) for kind, n in counts.items()]
    schema = {"year": pl.Int32, "title": pl.String, "title_zh": pl.String, "matters": pl.Int64, "is_hidden": pl.Boolean}
    return pl.DataFrame(rows, schema=schema, orient="row")


@pytest.mark.parametrize(
    ("before", "after", "leaves"),
    [
        ({"a": 20, "b": 30}, {"a": 20, "b": 30}, True),
        ({"a": 20, "b": 30}, {"a": 21, "b": 30}, False),
        ({"a": 20, "b": 30}, {"a": 19, "b": 30}, False),
        ({"a": 20, "b": 30}, {"a": 30, "b": 45}, True),
        ({"a": 20, "b": 30}, {"a": 30, "b": 29}, False),
        ({"a": 20}, {"a": 20, "b": 12}, True),
        ({"a": 20}, {"a": -20, "b": -3}, False),
        ({}, {"a": 3}, False),
        # The one that covered a small one must go on covering it.
        ({"a": -3, "b": -20, "c": 40}, {"a": -3, "b": 20, "c": -60}, False),
        ({"a": -3, "b": -20, "c": 40}, {"a": -3, "b": -20, "c": 60}, True),
    ],
)
def test_two_tables_of_violations_differ_by_none_or_by_ten(tmp_path, before, after, leaves):
    first, logged, _ = package_before.held_against(tmp_path, "2025", _kinds(**before))
    said = {"year": "2025", "figures": "f", "matters": logged, "matters_of": ""}
    audit_log.record(tmp_path, "package", None, said)
    second, again, as_of = package_before.held_against(tmp_path, "2025", _kinds(**after))
    assert second.equals(first) == (not leaves or before == after) and (as_of == "") == leaves
    assert len(again) == second.height
    assert second.filter("is_hidden")["matters"].null_count() == second["is_hidden"].sum()


def _matters(home, counts, first=0):
    with open_warehouse(home) as con:
        (place,) = con.sql("select min(institution_id) from feature.institution where not is_pharmacy").fetchall()[0]
        for source, times in counts.items():
            con.execute(
                """
                insert into casebook.verdict by name
                select $s || i as verdict_id, timestamp '2025-01-01' as imported_at, 'f' as file, i as row_number,
                    'institution' as subject_type, $p as subject_id, $s as rule, $s as sources, 'confirmed' as conclusion,
                    '查实' as conclusion_said, date '2025-06-01' as decided_on, true as is_closing, $s || i as case_no
                from range($first, $first + $n) as t(i)
                """,
                {"s": source, "p": place, "n": times, "first": first},
            )
    return place


def test_each_package_has_its_line_in_the_log_and_the_chain_holds(call, home, tmp_path, place):
    asked = {
        "inspector": [],
        "lead": [],
        "third-party": CONTRACT,
        "institution": ["--institution", place],
        "public": [],
    }
    for role, more in asked.items():
        package(call, home, tmp_path / role, role, *more)
    lines = [json.loads(line) for line in (home / "audit.log").read_text("utf-8").splitlines()][-5:]
    assert [(e["event"], e["for"], e["unmasked"]) for e in lines] == [("package", role, False) for role in asked]
    assert lines[2]["contract"] == "甲公司" and lines[3]["institution"] == place and all(e["files"] for e in lines)
    assert audit_log.verify(home)[1] is None


@pytest.mark.parametrize(
    ("more", "why"),
    [
        (["--for", "press"], "--for is 'press'"),
        (["--for", "institution"], "--institution whose"),
        (["--for", "institution", "--institution", "H0"], "knows no institution 'H0'"),
        (["--for", "third-party"], "needs --contract"),
        (
            ["--for", "third-party", "--contract", "a", "--from", "2020-01-01", "--to", "2020-12-31"],
            "ended on 2020-12-31",
        ),
        (["--for", "public", "--institution", "H1"], "does not go with"),
        (["--for", "public", "--year", "1999"], "No bill of 1999"),
        (["--for", "lead", "--unmask"], "masked and whole"),
        (["--for", "lead", "--year", "2025"], "goes with --for public"),
    ],
)
def test_what_no_package_can_be(call, home, tmp_path, more, why):
    before = (home / "audit.log").read_bytes()
    code, _, error = call("publish", *more, "--out", tmp_path / "p", "--home", home)
    assert code == 2 and why in error and not (tmp_path / "p").exists()
    assert (home / "audit.log").read_bytes() == before


def test_a_year_that_changed_since_it_was_published_is_not_published_again(call, home, tmp_path):
    """Of two summaries that differ by a few bills the difference tells whose they were."""
    shutil.copytree(home, tmp_path / "home")
    for name in ("first", "again in Chinese"):
        package(call, tmp_path / "home", tmp_path / name, "public", "--labels", "zh" if "Chinese" in name else "names")
    with open_warehouse(tmp_path / "home") as con:
        con.execute(
            "update feature.settlement set fund_amount = fund_amount + 1, settled_on = date '2026-03-31' where"
            " settlement_id = (select settlement_id from feature.settlement where extract(year from settled_on) = 2025"
            " order by 1 limit 1)"
        )
    entries = audit_log.verify(tmp_path / "home")
    public = ("publish", "--for", "public", "--out", tmp_path / "p", "--home", tmp_path / "home")
    code, _, error = call(*public)
    assert code == 2 and "left the office on" in error and "with other figures" in error
    code, _, error = call(*public, "--year", "2026")
    assert code == 2 and "The bills of 2026 end on 2026-03-31" in error, "its part would bar its whole"
    assert not (tmp_path / "p").exists() and audit_log.verify(tmp_path / "home") == entries


def test_a_folder_that_holds_something_is_left_alone(call, home, tmp_path):
    (tmp_path / "p").mkdir()
    (tmp_path / "p" / "mine.txt").write_text("x")
    code, _, error = call("publish", "--for", "lead", "--out", tmp_path / "p", "--home", home)
    assert (
        code == 2
        and "holds something already" in error
        and [p.name for p in (tmp_path / "p").iterdir()] == ["mine.txt"]
    )
    code, _, error = call("publish", "--for", "lead", "--home", home)
    assert code == 2 and "Give --out DIR" in error


def test_the_office_alone_tells_who_is_behind_a_pseudonym_and_the_log_says_so(call, home, tmp_path, known, read_csv):
    package(call, home, tmp_path / "p", "third-party", *CONTRACT)
    row = read_csv(tmp_path / "p" / "lines.csv")[0]
    asked = [row["settlement_ref"], row["person_ref"], "0" * 24]
    code, _, error = call("reveal", *asked, *CONTRACT, "--reason", " ", "--home", home)
    assert code == 2 and "--reason" in error
    code, out, _ = call("reveal", *asked, *CONTRACT, "--reason", "复核属实", "--json", "--home", home)
    told_of = {r["reference"]: (r["what"], r["id"]) for r in json.loads(out)}
    assert told_of[asked[0]][1] in known["settlements"] and told_of[asked[1]][1] in known["persons"]
    assert told_of[asked[0]][0] == "settlement" and told_of[asked[2]] == (None, None)
    entry = json.loads((home / "audit.log").read_text("utf-8").splitlines()[-1])
    assert (
        entry["event"] == "reveal" and entry["reason"] == "复核属实" and told_of[asked[1]][1] not in json.dumps(entry)
    )
    code, out, _ = call(
        "reveal", *asked, "--contract", "乙公司", *CONTRACT[2:], "--reason", "x", "--json", "--home", home
    )
    assert all(r["id"] is None for r in json.loads(out)), "another contract's key tells nothing"
