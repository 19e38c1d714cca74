"""same, not-same: two codes that people say to be one subject make one lead, and two again when it is taken back."""

import csv
import json

import pytest

from data.warehouse.connection import open_warehouse
from flows.cli import main


def leads(home):
    """Subject -> (lead, findings) of the hospitals' leads, and the codes their findings came with."""
    with open_warehouse(home, read_only=True) as con:
        return {
            subject: (lead, findings, codes)
            for subject, lead, findings, codes in con.execute(
                """
                select l.subject_id, l.lead_id, l.findings, list_sort(list(distinct f.institution_id))
                from model.lead as l
                join model.finding as f on f.subject_type = l.subject_type and f.subject_id = l.subject_id
                where l.subject_type = 'institution' group by all
                """
            ).fetchall()
        }


@pytest.fixture(scope="module")
def home(few, hamlet, tmp_path_factory):
    home = few(tmp_path_factory.mktemp("same") / "home")
    main(["run", str(hamlet), "--home", str(home), "--quiet"])
    return home


@pytest.mark.slow
def test_two_codes_make_one_lead_until_it_is_taken_back(home, hamlet, call):
    before = leads(home)
    kept, other, *_ = sorted(before, key=lambda subject: -before[subject][1])
    assert call("same", kept, other, "--reason", "该院更换编码", "--owner", "王", "--home", home)[0] == 0
    assert call("run", hamlet, "--home", home, "--quiet")[0] == 0
    joined = leads(home)
    assert other not in joined and set(before) - set(joined) == {other}
    assert joined[kept] == (before[kept][0], before[kept][1] + before[other][1], sorted([kept, other]))
    run = max((home / "runs").iterdir(), key=lambda folder: folder.stat().st_mtime)
    with (run / "leads" / before[kept][0] / "evidence.csv").open(encoding="utf-8-sig", newline="") as handle:
        codes = {row["institution_id"].strip() for row in csv.DictReader(handle)}
    assert codes <= {kept, other} and other in codes, "evidence keeps the codes the bills came with"
    code, text, _ = call("same", "--home", home, "--json")
    (said,) = json.loads(text)
    assert (code, said["kept_id"], said["subject_id"], said["reason"]) == (0, kept, other, "该院更换编码")

    assert call("not-same", other, kept, "--reason", "两家医院", "--home", home)[0] == 0
    assert call("run", hamlet, "--home", home, "--quiet")[0] == 0
    again = leads(home)
    assert {s: again[s][1:] for s in again} == {s: before[s][1:] for s in before}
    events = [json.loads(line)["event"] for line in (home / "audit.log").read_text(encoding="utf-8").splitlines()]
    assert events.count("same") == events.count("not same") == 1
    assert call("doctor", "--home", home)[0] == 0


def test_what_is_no_pair_is_one_sentence(home, call):
    with open_warehouse(home, read_only=True) as con:
        (hospital,), (second,), (third,) = con.execute(
            "select institution_id from feature.institution where not is_pharmacy order by 1 limit 3"
        ).fetchall()
        ((doctor,),) = con.execute("select practitioner_id from feature.practitioner order by 1 limit 1").fetchall()

    def refused(*words):
        code, _, err = call(*words, "--home", home)
        assert code == 2 and err.count("\n") == 1, err
        return err

    assert "has the code X1 here" in refused("same", hospital, "X1", "--reason", "r")
    assert "is given twice" in refused("same", hospital, hospital, "--reason", "r")
    assert "they are not one subject" in refused("same", hospital, doctor, "--reason", "r")
    assert "the reason" in refused("same", hospital, second)
    assert "so they are two" in refused("not-same", hospital, second, "--reason", "r")
    assert call("same", hospital, second, "--reason", "r", "--home", home)[0] == 0
    assert f"is the same as {hospital} already" in refused("same", hospital, second, "--reason", "r")
    assert f"{second} is the same as {hospital} already" in refused("same", second, third, "--reason", "r")
    assert f"Others are the same as {hospital}" in refused("same", third, hospital, "--reason", "r")
    assert call("not-same", hospital, second, "--reason", "r", "--home", home)[0] == 0
