"""Rejected rows stand until mended, in full for who mends and masked for all others; every account balances."""

import csv
import dataclasses
import json

import pytest

from data.errors import InputRefused, UsageError
from data.ingest.masked import MASK
from data.warehouse.connection import open_warehouse
from flows import steps
from flows.home.settings import Settings
from flows.publish import tables

NAME, CARD = "甲乙丙", "519901194903071039"


@pytest.fixture
def settings(tmp_path):
    return Settings(home=tmp_path / "home", input=tmp_path / "delivery")


@pytest.fixture
def spoiled(clean, rows):
    """100 settlements, three of which cannot be read: an amount in words, a day that is none, an empty id."""
    clean["setl_d.csv"] = [
        rows.settlement(n, psn_name=NAME, certno=CARD, dise_name=f"电话 {CARD}。") for n in range(1, 101)
    ]
    for row, (field, value) in enumerate({"medfee_sumamt": "壹佰元", "begndate": "2025-02-30", "setl_id": ""}.items()):
        clean["setl_d.csv"][row][field] = value
    return clean


def take_in(settings):
    step = next(s for s in steps.STEPS if s.name == "ingest")
    return str(steps.perform(step, settings))


def outputs(settings):
    """(account, rejected) as a run published now would have them; every line of the account balances."""
    from flows.publish.publish import ingest_of

    with open_warehouse(settings.home) as con:
        account, rejected = tables.account(con, ingest_of(con)), tables.rejected(con)
    for row in account.to_dicts():
        fates = ("loaded", "duplicate", "replaced", "rejected")
        assert row["rows_in"] == sum(row[f] for f in fates), row
        assert row["yuan_in"] == sum(row[f"yuan_{f}"] for f in fates), row
    assert account["rejected"].sum() == rejected.height
    return account, rejected


def full(settings):
    with open(settings.home / "rejected" / "rejected.csv", encoding="utf-8-sig", newline="") as handle:
        return list(csv.DictReader(handle))


def hand_in(rows, folder, encoding="utf-8-sig", name="rejected.csv"):
    folder.mkdir(exist_ok=True)
    with open(folder / name, "w", encoding=encoding, newline="") as handle:
        writer = csv.DictWriter(handle, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)
    return folder


def mended(row):
    return row | {"raw": row["raw"].replace("壹佰元", "100.00").replace("2025-02-30", "2025-02-28")}


def test_rejected_rows_are_there_after_any_number_of_runs(settings, delivery, spoiled, tmp_path, rows):
    delivery(spoiled)
    said = take_in(settings)
    path = settings.home / "rejected" / "rejected.csv"
    assert "3 rows rejected" in said and str(path) in said and len(full(settings)) == 3
    again = take_in(settings)
    assert "nothing new" in again and "came before" in again and "3 rejected rows stand" in again and str(path) in again
    account, rejected = outputs(settings)
    assert rejected["row_number"].to_list() == [1, 2, 3]
    february = {"setl_d.csv": [rows.settlement(n) for n in range(200, 240)]}
    delivery(february, tmp_path / "february")
    take_in(Settings(home=settings.home, input=tmp_path / "february"))
    account, rejected = outputs(settings)
    assert rejected.height == 3 and account["rows_in"].sort().to_list() == [40, 100]


def test_names_and_identity_numbers_are_in_the_full_file_only_and_that_is_its_owner_s_alone(
    settings, delivery, spoiled
):
    delivery(spoiled)
    take_in(settings)
    _, rejected = outputs(settings)
    shown = "\n".join(rejected["raw"])
    assert NAME not in shown and CARD not in shown and MASK in shown and "壹佰元" in shown and "电话" in shown
    path = settings.home / "rejected" / "rejected.csv"
    assert NAME in full(settings)[0]["raw"] and CARD in full(settings)[0]["raw"]
    assert oct(path.stat().st_mode)[-3:] == "600" and oct(path.parent.stat().st_mode)[-3:] == "700"


def test_with_pseudonyms_the_person_s_number_is_masked_too(delivery, spoiled, tmp_path):
    settings = Settings(home=tmp_path / "home", input=tmp_path / "delivery", pseudonyms=True)
    for row in spoiled["setl_d.csv"]:
        row["psn_no"] = "519900000000676448"
    delivery(spoiled)
    take_in(settings)
    _, rejected = outputs(settings)
    assert "519900000000676448" not in "\n".join(rejected["raw"])
    assert "519900000000676448" in full(settings)[0]["raw"]


def test_what_the_reader_cannot_split_and_what_nobody_knows_is_masked_whole(settings, delivery, spoiled):
    for row in spoiled["setl_d.csv"]:
        row["经办联系人"] = "丁戊己"
    folder = delivery(spoiled)
    lines = (folder / "setl_d.csv").read_text(encoding="utf-8").splitlines()
    lines[9] += f",{NAME}"
    (folder / "setl_d.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    take_in(settings)
    _, rejected = outputs(settings)
    assert rejected.height == 4 and rejected["raw"].to_list()[-1] == MASK
    assert "丁戊己" not in "\n".join(rejected["raw"]) and NAME not in "\n".join(rejected["raw"])


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
def test_mended_rows_load_and_leave_the_list_and_what_is_not_mended_stays(
    settings, delivery, spoiled, tmp_path, encoding
):
    delivery(spoiled)
    take_in(settings)
    folder = hand_in([mended(row) for row in full(settings)], tmp_path / "mended", encoding)
    take_in(Settings(home=settings.home, input=folder))
    account, rejected = outputs(settings)
    assert rejected["field"].to_list() == ["setl_id"] and len(full(settings)) == 1
    by_file = {row["file"]: row for row in account.to_dicts()}
    assert (by_file["rejected.csv!setl_d.csv"]["loaded"], by_file["rejected.csv!setl_d.csv"]["duplicate"]) == (2, 1)
    assert (by_file["setl_d.csv"]["replaced"], by_file["setl_d.csv"]["rejected"]) == (2, 1)
    with open_warehouse(settings.home) as con:
        assert con.sql("select count(*) from record.settlement").fetchall() == [(99,)]
    last = full(settings)
    last[0]["raw"] = "S3" + last[0]["raw"]
    hand_in(last, tmp_path / "last")
    take_in(Settings(home=settings.home, input=tmp_path / "last"))
    assert outputs(settings)[1].is_empty() and not (settings.home / "rejected" / "rejected.csv").exists()


@pytest.mark.parametrize("is_hidden", [False, True], ids=["own numbers", "pseudonyms"])
def test_a_masked_copy_may_be_mended_and_gets_its_persons_back(is_hidden, delivery, spoiled, tmp_path):
    settings = Settings(home=tmp_path / "home", input=tmp_path / "delivery", pseudonyms=is_hidden)
    delivery(spoiled)
    take_in(settings)
    _, rejected = outputs(settings)
    assert MASK in "".join(rejected["raw"])
    folder = hand_in([mended(row) for row in rejected.to_dicts()], tmp_path / "mended")
    later = dataclasses.replace(settings, input=folder)
    take_in(later)
    _, left = outputs(settings)
    assert left["field"].to_list() == ["setl_id"]
    with open_warehouse(settings.home) as con:
        assert con.sql("select count(*) from record.settlement").fetchall() == [(99,)]
        named = con.sql("select count(*) from record.person_identity where person_name = $name", params={"name": NAME})
        assert named.fetchall()[0][0] and not con.sql("select 1 from record.person_identity where person_name = $m",
            params={"m": MASK}).fetchall()  # fmt: skip
    assert "nothing new" in take_in(later)  # the same mended file once more


def test_a_masked_cell_that_somebody_wrote_into_is_refused_and_one_that_is_written_anew_is_taken(
    settings, delivery, spoiled, tmp_path
):
    delivery(spoiled)
    take_in(settings)
    rows = [mended(row) for row in outputs(settings)[1].to_dicts()]
    half = [row | {"raw": row["raw"].replace(MASK, MASK + "李", 1)} for row in rows]
    gone = [row | {"row_number": "77"} for row in rows]
    short = [row | {"raw": row["raw"].partition(",")[2]} for row in rows]
    for number, (bad, words) in enumerate(((half, "changed in part"), (gone, "no rejected row"), (short, "as many"))):
        folder = hand_in(bad, tmp_path / f"bad{number}")
        with pytest.raises(InputRefused, match=rf"rejected\.csv, row \d+.*{words}.*nothing was loaded"):
            take_in(Settings(home=settings.home, input=folder))
    anew = hand_in([row | {"raw": row["raw"].replace(MASK, "李四", 1)} for row in rows], tmp_path / "anew")
    take_in(Settings(home=settings.home, input=anew))
    with open_warehouse(settings.home) as con:
        assert con.sql("select count(*) from record.settlement").fetchall() == [(99,)]


def test_the_full_file_leaves_a_line_in_the_audit_log_when_it_says_something_new(settings, delivery, spoiled):
    delivery(spoiled)
    take_in(settings)
    take_in(settings)
    lines = [json.loads(x) for x in (settings.home / "audit.log").read_text(encoding="utf-8").splitlines()]
    assert [(e["event"], e["for"], e["files"]) for e in lines] == [
        ("unmask", "rejected rows", {"rejected.csv": 3})
    ]  # fmt: skip


def test_a_whole_file_delivered_again_takes_its_rejected_rows_with_it(settings, delivery, spoiled, tmp_path):
    delivery(spoiled)
    take_in(settings)
    for row, (field, value) in enumerate({"medfee_sumamt": "100", "begndate": "2025-02-28", "setl_id": "S3"}.items()):
        spoiled["setl_d.csv"][row][field] = value
    delivery(spoiled, tmp_path / "again")
    take_in(Settings(home=settings.home, input=tmp_path / "again"))
    assert outputs(settings)[1].is_empty()


def test_another_month_s_file_of_the_same_name_mends_nothing_but_the_keys_it_brings(
    settings, delivery, spoiled, tmp_path, rows
):
    delivery(spoiled)
    take_in(settings)
    delivery({"setl_d.csv": [rows.settlement(n) for n in [2, *range(200, 230)]]}, tmp_path / "again")
    take_in(Settings(home=settings.home, input=tmp_path / "again"))
    assert outputs(settings)[1]["row_number"].to_list() == [1, 3]


def test_a_full_file_that_somebody_works_on_is_not_written_over(settings, delivery, spoiled, tmp_path, rows):
    delivery(spoiled)
    take_in(settings)
    path = settings.home / "rejected" / "rejected.csv"
    hand_in([mended(row) for row in full(settings)], path.parent)
    edited = path.read_bytes()
    delivery({"setl_d.csv": [rows.settlement(n) for n in range(200, 230)]}, tmp_path / "next")
    take_in(Settings(home=settings.home, input=tmp_path / "next"))
    assert (path.parent / "edited-1.csv").read_bytes() == edited and len(full(settings)) == 3


def test_a_home_of_an_earlier_version_shows_its_rows_masked_whole(settings, delivery, spoiled):
    delivery(spoiled)
    take_in(settings)
    with open_warehouse(settings.home) as con:
        for column in ("file_id", "masked", "yuan", "row_key", "mended_by"):
            con.execute(f"alter table run.rejected drop column {column}")
        con.execute("delete from run.step where step = 'schema'")
    assert set(outputs(settings)[1]["raw"]) == {MASK}


@pytest.fixture
def call(capsys):
    from flows.cli import main

    def run(*arguments):
        code = 0
        try:
            main([str(a) for a in arguments])
        except SystemExit as left:
            code = left.code or 0
        return code, *capsys.readouterr()

    return run


PLAIN_TO_HIDDEN = r"own numbers; with pseudonyms = true each would become two"
HIDDEN_TO_PLAIN = r"under pseudonyms; with pseudonyms = false each would become two"


@pytest.mark.parametrize("before", [False, True])
@pytest.mark.parametrize("is_old", [False, True])
def test_persons_are_named_in_one_way_from_the_first_load_on(delivery, clean, tmp_path, before, is_old):
    at = {"home": tmp_path / "home", "input": delivery(clean)}
    take_in(Settings(**at, pseudonyms=before))
    if is_old:
        with open_warehouse(at["home"]) as con:
            con.execute("delete from run.pseudonym")
    with open_warehouse(at["home"]) as con:
        persons = con.sql("select distinct person_id from record.settlement").fetchall()
    for step in steps.STEPS:
        with pytest.raises(UsageError, match=HIDDEN_TO_PLAIN if before else PLAIN_TO_HIDDEN):
            steps.perform(step, Settings(**at, pseudonyms=not before))
    assert (at["home"] / "pseudonym.key").exists() == before
    assert "nothing new" in take_in(Settings(**at, pseudonyms=before))
    with open_warehouse(at["home"]) as con:
        assert con.sql("select distinct person_id from record.settlement").fetchall() == persons


def test_another_key_and_a_lost_key_are_refused(delivery, clean, tmp_path):
    settings = Settings(home=tmp_path / "home", input=delivery(clean), pseudonyms=True)
    take_in(settings)
    key = settings.home / "pseudonym.key"
    kept = key.read_text(encoding="ascii")
    key.unlink()
    with pytest.raises(UsageError, match=r"pseudonym\.key, is missing"):
        take_in(settings)
    assert not key.exists()  # a fresh one would hide that the right one is gone
    key.write_text("ab" * 32, encoding="ascii")
    with pytest.raises(UsageError, match=r"another key.*pseudonym\.key.*nothing was changed"):
        take_in(settings)
    key.write_text(kept, encoding="ascii")
    assert "nothing new" in take_in(settings)


def test_the_key_may_lie_elsewhere_and_is_known_by_what_it_is(delivery, clean, tmp_path):
    key = tmp_path / "safe.key"
    at = {"home": tmp_path / "home", "input": delivery(clean), "pseudonyms": True}
    take_in(Settings(**at, pseudonym_key=str(key)))
    assert key.exists() and not (at["home"] / "pseudonym.key").exists()
    assert Settings(**at, pseudonym_key="keys/k").key == at["home"] / "keys" / "k"
    with pytest.raises(UsageError, match=r"pseudonym\.key, is missing"):
        take_in(Settings(**at))
    moved = key.rename(tmp_path / "moved.key")
    assert "nothing new" in take_in(Settings(**at, pseudonym_key=str(moved)))


@pytest.mark.parametrize("words", ["screen {new}", "verdict import {verdicts}", "doctor {new}", "check"])
@pytest.mark.parametrize("how", ["gone", "another", "off"])
def test_no_command_makes_a_key_or_goes_on_with_another(call, delivery, clean, tmp_path, words, how):
    home, new = tmp_path / "home", delivery(clean)
    take_in(Settings(home=home, input=new, pseudonyms=True))
    with open_warehouse(home) as con:
        con.execute("create or replace table feature.settlement as select 1 as a")
    key = home / "pseudonym.key"
    (home / "fundwatch.toml").write_text(f"pseudonyms = {str(how != 'off').lower()}", encoding="utf-8")
    if how != "off":
        key.unlink()
    if how == "another":
        key.write_text("cd" * 32, encoding="ascii")
    verdicts = tmp_path / "verdicts.csv"
    verdicts.write_text("subject_type,subject_id,conclusion\nperson,P1,confirmed\n", encoding="utf-8")
    code, out, err = call(*words.format(new=new, verdicts=verdicts).split(), "--home", home, "--json")
    said = {"gone": "is missing", "another": "hidden with another key", "off": "with pseudonyms = false"}[how]
    assert code in (1, 2) and said in out + err
    assert key.exists() == (how != "gone") and (how != "another" or key.read_text(encoding="ascii") == "cd" * 32)


@pytest.mark.parametrize("value", ["1", "yes", "on", "True ", "TRUE", "0", "no", "off", "False", "ture"])
def test_only_true_and_false_switch_pseudonyms(value, tmp_path):
    from flows.home.settings import load

    with pytest.raises(UsageError, match=r"FUNDWATCH_PSEUDONYMS is .*; it must be true or false"):
        load(tmp_path, {"FUNDWATCH_PSEUDONYMS": value.replace("True ", "True")})
    assert load(tmp_path, {"FUNDWATCH_PSEUDONYMS": "true"}).pseudonyms is True
    assert load(tmp_path, {"FUNDWATCH_PSEUDONYMS": "false"}).pseudonyms is False
    for text in (f"'{value}'", "1", "0", "'true'"):
        (tmp_path / "fundwatch.toml").write_text(f"pseudonyms = {text}", encoding="utf-8")
        with pytest.raises(UsageError, match="it must be true or false"):
            load(tmp_path, {})


def test_practitioners_are_masked_in_rejected_rows_too(settings, delivery, clean, rows):
    clean["fee_list_d.csv"] = [rows.fee_line(n, bilg_dr_code="D7", bilg_dr_name="司马丙") for n in range(1, 60)]
    clean["fee_list_d.csv"][0]["cnt"] = "许多"
    delivery(clean)
    take_in(settings)
    (shown,) = outputs(settings)[1]["raw"]
    assert "D7" in shown and "司马丙" not in shown and "司马丙" in full(settings)[0]["raw"]
