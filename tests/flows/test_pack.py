"""Packs by domain: what belongs to one, whom it names, its money, its files."""

import csv
from decimal import Decimal

import pytest

from data.knowledge import diff
from data.warehouse.connection import open_warehouse
from flows import steps
from flows.publish import domain as packs
from flows.publish import history
from models import detectors
from models.sources import rule
from tests.conftest import read_csv

ASKED = "骨科 肿瘤 检查检验 眼科 口腔 普外 神内 精神 长护险 异地 慢特病 双通道 集采"
#: Schemes that the shared town plants in care of a domain, each with somebody whom the domain's pack must name.
PLANTED = {
    "chronic": "collector_gang",
    "dialysis": "upcoding",
    "general_surgery": "manual_reimbursement",
    "oncology": "manual_reimbursement",
    "ophthalmology": "upcoding",
    "orthopaedics": "co_visit_ring",
    "out_of_area": "manual_reimbursement",
    "psychiatry": "prolonged_stay",
    "rehabilitation": "bed_holding",
    "volume_purchase": "price_gaming",
}


@pytest.fixture(scope="module")
def knowledge():
    return diff.state()


@pytest.fixture(scope="module")
def made(finished):
    """Domain id -> its pack of the shared run."""
    settings, _ = finished
    with open_warehouse(settings.home, read_only=True) as con:
        run_id, sources = history.last_run(con), steps.sources(settings)
        return {d.id: packs.pack(con, sources, d, run_id, language="en") for d in packs.domains(con)}


def test_every_domain_of_the_campaigns_is_there(knowledge):
    assert set(ASKED.split()) <= set(knowledge["domain"]["name_zh"])
    assert set(knowledge["domain"]["domain"]) == set(knowledge["domain_part"]["domain"]), "each with something in it"


def test_what_a_domain_names_exists(knowledge):
    parts = knowledge["domain_part"]
    ids = {s.id for s in [*rule.load(), *detectors.load()]}
    there = {
        "source": ids,
        "area": set(knowledge["problem_item"]["area_zh"]),
        "problem": set(knowledge["problem_item"]["item_id"]),
        "setting": {"chronic", "care", "out_of_area", "negotiated"},
    }
    odd = [(d, k, p) for d, k, p in parts.select("domain", "kind", "part").rows() if k in there and p not in there[k]]
    assert not odd, odd
    named = parts.filter(kind="source")
    assert {"long_term_care", "dual_channel", "volume_purchase", "out_of_area"} <= set(named["domain"])


@pytest.mark.slow
@pytest.mark.parametrize("domain", PLANTED)
def test_a_pack_names_the_planted_scheme_of_its_domain(made, town, domain):
    with open(town / "truth" / "scheme_line.csv", encoding="utf-8-sig", newline="") as handle:
        lines = [row for row in csv.DictReader(handle) if row["scheme"] == PLANTED[domain]]
    with open(town / "truth" / "scheme_subject.csv", encoding="utf-8-sig", newline="") as handle:
        guilty = {row["subject_id"] for row in csv.DictReader(handle) if row["scheme"] == PLANTED[domain]}
    pack = made[domain]
    listed = {subject for rows in pack.lists.values() for subject in rows["subject_id"]}
    members = set(pack.lines["person_id"].drop_nulls())
    settlements = {row["settlement_id"].strip() for row in lines}
    assert listed & guilty or members & guilty, f"{len(listed)} listed"
    assert settlements & set(pack.lines["settlement_id"].drop_nulls()), "and it shows a line of the scheme"


def test_its_money_is_the_domain_s_alone_and_each_yuan_once(made, finished):
    settings, _ = finished
    with open_warehouse(settings.home, read_only=True) as con:
        whole = dict(con.sql("select lead_id, amount_at_risk from model.lead").fetchall())
        eligible = dict(con.sql("select settlement_id, eligible_amount from feature.settlement").fetchall())
    assert sum(pack.amount > 0 for pack in made.values()) >= 8
    for pack in made.values():
        sums = {}
        for row in pack.lines.iter_rows(named=True):
            sums[row["lead_id"]] = sums.get(row["lead_id"], Decimal(0)) + row["counted_amount"]
        listed = {r["lead_id"]: r["amount_at_risk"] for rows in pack.lists.values() for r in rows.to_dicts()}
        assert sums == listed, pack.domain
        assert all(amount <= whole[lead] for lead, amount in listed.items()), pack.domain
        assert pack.amount <= sum(listed.values(), Decimal(0))
        touched = set(pack.lines["settlement_id"].drop_nulls())
        assert pack.amount <= sum((eligible[s] for s in touched), Decimal(0))
        own = set(pack.lines["finding_id"])
        assert set(pack.lines["also_in"].drop_nulls()) <= own, "money is carried by nothing outside the domain"


def test_every_line_shown_is_of_the_domain(made, finished, knowledge):
    settings, _ = finished
    with open_warehouse(settings.home, read_only=True) as con:
        diagnoses = dict(con.sql("select encounter_id, principal_diagnosis_code from feature.encounter").fetchall())
        care = dict(con.sql("select settlement_id, care_setting from feature.settlement").fetchall())
    parts = {}
    for domain, kind, part in knowledge["domain_part"].select("domain", "kind", "part").rows():
        parts.setdefault((domain, kind), []).append(part)

    def fits(domain, row):
        match row["belongs_by"]:
            case "source":
                return row["source"] in parts[domain, "source"]
            case "diagnosis":
                return (diagnoses[row["encounter_id"]] or "").startswith(tuple(parts[domain, "diagnosis_prefix"]))
            case "department":
                return any(word in row["department_name"] for word in parts[domain, "department_word"])
            case "item":
                begins = tuple(parts.get((domain, "item_prefix"), ["-"]))
                words = parts.get((domain, "name_word"), [])
                return row["item_code"].startswith(begins) or any(word in row["item_name"] for word in words)
        return domain != "chronic" or care[row["settlement_id"]] == "chronic"

    shown = [(domain, row) for domain, pack in made.items() for row in pack.lines.to_dicts()]
    odd = [(domain, row["finding_id"], row["belongs_by"]) for domain, row in shown if not fits(domain, row)]
    assert not odd, odd[:5]
    seen = {row["belongs_by"] for _, row in shown}
    assert seen == {"source", "setting", "item", "department", "diagnosis"}


def test_what_could_not_be_judged_is_said_where_nobody_is_named(made):
    pack = made["long_term_care"]
    (row,) = pack.coverage.to_dicts()
    assert not pack.lists and pack.amount == 0
    assert (row["source"], row["status"]) == ("long_term_care_not_possible", "trial") and "ltc_serv_d" in row["reason"]


def test_the_command_writes_lists_lines_coverage_and_report(call, finished, tmp_path):
    settings, _ = finished
    out = tmp_path / "pack"
    options = ("--home", settings.home, "--out", out, "--language", "zh", "--labels", "zh")
    code, said, _ = call("pack", "精神", *options)
    assert code == 0 and "同一笔费用只计一次" in said
    names = {p.name for p in out.iterdir()}
    assert {"watchlist_institution.csv", "evidence.csv", "coverage.csv", "problems.csv", "report.html"} <= names
    rows = read_csv(out / "watchlist_institution.csv")
    assert [r["排名"] for r in rows] == [str(n + 1) for n in range(len(rows))] and "总名单排名" in rows[0]
    page = (out / "report.html").read_text(encoding="utf-8")
    assert "专项线索包：精神" in page and rows[0]["对象编码"] in page and "精神科挂床或冒名住院" in page
    first = {p.name: p.read_bytes() for p in out.iterdir()}
    assert call("pack", "psychiatry", *options)[0] == 0
    assert {p.name: p.read_bytes() for p in out.iterdir()} == first, "the same bytes"
    log = (settings.home / "audit.log").read_text(encoding="utf-8")
    assert '"pack"' in log and rows[0]["对象编码"] not in log
    code, said, _ = call("pack", "oncology", *options)
    kept = {p.name for p in out.iterdir()}
    assert code == 0 and "watchlist_group.csv" not in kept, "no list of the pack before stays behind"


def test_a_list_of_a_domain_is_shown_and_a_word_that_is_none_refused(call, finished, tmp_path):
    settings, _ = finished
    home = ("--home", settings.home)
    code, said, _ = call("watchlist", "institution", "--domain", "精神", *home)
    assert code == 0 and "psychiatry" in said
    code, _, wrong = call("watchlist", "--domain", "骨", *home)
    assert code == 2 and "There is no domain '骨'" in wrong and "orthopaedics (骨科)" in wrong
    code, _, wrong = call("pack", "精神", *home)
    assert code == 2 and "--out DIR" in wrong
    code, _, wrong = call("publish", "--domain", "精神", *home)
    assert code == 2 and "--out DIR" in wrong
    code, _, wrong = call("publish", "--domain", "精神", "--top", "5", "--out", tmp_path, *home)
    assert code == 2 and "--top" in wrong and not list(tmp_path.iterdir())


def test_publish_writes_the_pack_in_place_of_the_lists(call, finished, tmp_path):
    settings, _ = finished
    code, said, _ = call("publish", "--domain", "psychiatry", "--out", tmp_path, "--home", settings.home)
    assert code == 0, said
    assert {"evidence.csv", "report.html"} <= {p.name for p in tmp_path.iterdir()}
