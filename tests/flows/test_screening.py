"""screen: settlements taken out of a loaded town get the answers that the full run gave their lines."""

import hashlib
import json
import re
import shutil
from pathlib import Path

import polars as pl
import pytest

from data.errors import InputRefused, UsageError
from data.warehouse.connection import FILE_NAME, frame, open_warehouse
from flows import steps
from flows.cli import main
from flows.home.settings import Settings
from flows.prepay import screening
from flows.publish import artefacts as export

TABLES = {"setl_d": "setl_id", "mdtrt_d": "mdtrt_id", "fee_list_d": "setl_id", "mdcs_fund_setl_list_diag_d": "setl_id"}


@pytest.fixture(scope="module")
def full(finished):
    """(settlement, line or null, rule) of the full run's hits by rules that screening asks."""
    settings, _ = finished
    asked = [s.id for s in steps.sources(settings) if screening._is_asked(s)]
    with open_warehouse(settings.home, read_only=True) as con:
        hits = frame(con, "select distinct settlement_id, line_id, source from model.finding where outcome = 'hit'")
        refunds = frame(con, "select original_settlement_id as settlement_id from record.settlement where is_refund")
    return hits.filter(pl.col("source").is_in(asked)).join(refunds, on="settlement_id", how="anti")


@pytest.fixture(scope="module")
def parted(town, full, tmp_path_factory):
    """(HOME of the town without some settlements, the delivery of those): some with hits, some by their number."""
    rest, new = tmp_path_factory.mktemp("rest"), tmp_path_factory.mktemp("new")
    home = tmp_path_factory.mktemp("screened")
    settlements = _read(town, "setl_d").filter(pl.col("refd_setl_flag") != "1").select("setl_id", "mdtrt_id")
    hit = full.select("settlement_id").unique().sort("settlement_id").gather_every(3)
    keys = settlements.join(hit, left_on="setl_id", right_on="settlement_id", how="semi")
    keys = pl.concat([keys, settlements.gather_every(60)]).unique()
    shutil.copytree(town, rest, dirs_exist_ok=True)
    for table, key in TABLES.items():
        rows = _read(town, table)
        ours = keys.select(pl.col(key).unique())
        rows.join(ours, on=key, how="semi").write_csv(new / f"{table}.csv")
        for path in rest.glob(f"{table}.*"):
            path.unlink()
        rows.join(ours, on=key, how="anti").write_csv(rest / f"{table}.csv")
    settings = Settings(home=home, input=rest)
    for step in steps.STEPS[:3]:
        steps.perform(step, settings)
    return settings, new


def _read(folder, table):
    (path,) = folder.glob(f"{table}.*")
    return pl.read_csv(path, infer_schema=False)


def _contents(home):
    return {p.relative_to(home): hashlib.sha256(p.read_bytes()).hexdigest() for p in home.rglob("*") if p.is_file()}


@pytest.mark.slow
def test_answers_agree_with_the_full_run_and_home_stays(parted, full):
    settings, new = parted
    before = _contents(settings.home)
    found = screening.screen(settings, new)
    assert _contents(settings.home) == before and Path(FILE_NAME) in before
    lines = _read(new, "fee_list_d")
    assert found.answers.select("settlement_id", "line_id").rows() == lines.select("setl_id", "bkkp_sn").rows()
    places = found.answers.select("settlement_id", "line_id")
    whole = full.filter(pl.col("line_id").is_null()).drop("line_id").join(places, on="settlement_id")
    single = full.drop_nulls("line_id").join(places, on=["settlement_id", "line_id"], how="semi")
    wanted = {*single.select("settlement_id", "line_id", "source").rows()}
    wanted |= {*whole.select("settlement_id", "line_id", "source").rows()}
    hit = found.answers.filter(pl.col("answer").is_in(["suspected", "definite"]))
    given = hit.with_columns(pl.col("rules").str.split(";")).explode("rules")
    assert {*given.select("settlement_id", "line_id", "rules").rows()} == wanted and len(wanted) >= 15
    assert hit["reason"].null_count() == hit["clause"].null_count() == hit["amount"].null_count() == 0
    assert found.counts().get("pass", 0) > 20


def test_the_command_writes_the_answers(parted, tmp_path, capsys, read_csv):
    settings, new = parted
    out = tmp_path / "answers.csv"
    main(["screen", str(new), "--home", str(settings.home), "--out", str(out), "--json", "--quiet"])
    said = json.loads(capsys.readouterr().out)
    rows = read_csv(out)
    logged = json.loads((settings.home / "audit.log").read_text(encoding="utf-8").splitlines()[-1])
    assert (logged["event"], logged["files"], logged["lines"]) == ("screen", ["answers.csv"], len(rows))
    assert list(rows[0]) == ["settlement_id", "line_id", "item", "answer", "rules", "reason", "clause", "amount"]
    assert said["lines"] == len(rows) == sum(said["answers"].values()) and said["rejected"] == 0


def test_the_answers_are_chinese_when_asked_for(parted, tmp_path, capsys, read_csv):
    settings, new = parted
    out = tmp_path / "answers.csv"
    main(["screen", str(new), "--home", str(settings.home), "--language", "zh", "--labels", "zh", "--out", str(out)])
    rows = read_csv(out)
    assert list(rows[0]) == ["结算ID", "记账流水号", "项目", "审核结论", "规则", "原因", "依据", "涉及金额"]
    assert {"通过", "明确违规"} <= {r["审核结论"] for r in rows} <= {"通过", "可疑", "明确违规", "无法判定"}
    ids = {s.id for s in steps.sources(settings)}
    assert not [r for r in rows if ids & set(r["规则"].split("；")) or re.search(r"[a-z] [a-z]", r["原因"])]
    said = capsys.readouterr().out
    assert "结算" in said and "settlements" not in said and "suspected" not in said


def test_what_is_missing_is_no_pass(delivery, clean, rows, parted):
    settings, _ = parted
    clean["fee_list_d.csv"].append(rows.fee_line(3))
    clean["setl_d.csv"].append(rows.settlement(4, mdtrt_id="E4"))
    found = screening.screen(settings, delivery(clean)).answers
    answers = {row["settlement_id"]: row for row in found.to_dicts()}
    assert set(answers) == {"S1", "S2", "S3", "S4"} and answers["S4"]["line_id"] is None
    assert answers["S3"]["answer"] == "cannot_judge" and "not in the delivery" in answers["S3"]["reason"]


def test_bad_input_is_one_sentence_and_exit_code_3(parted, tmp_path, capsys, delivery, clean):
    settings, new = parted
    with pytest.raises(InputRefused):
        screening.screen(settings, tmp_path / "nowhere")
    del clean["mdtrt_d.csv"]
    for bad in (tmp_path / "nowhere.zip", delivery(clean), new / "setl_d.csv"):
        with pytest.raises(SystemExit) as left:
            main(["screen", str(bad), "--home", str(settings.home), "--quiet"])
        said = capsys.readouterr()
        assert left.value.code == 3 and said.err.startswith("fundwatch: ") and "Traceback" not in said.err
        assert str(bad) in said.err and "delivery-" not in said.err  # the path as it was given


def test_one_archive_is_a_delivery_and_an_empty_home_is_not(parted, tmp_path, capsys):
    settings, new = parted
    archive = shutil.make_archive(str(tmp_path / "new"), "zip", new)
    main(["screen", archive, "--home", str(settings.home), "--quiet"])
    assert "settlements" in capsys.readouterr().out
    with pytest.raises(SystemExit) as left:
        main(["screen", archive, "--home", str(tmp_path / "empty"), "--quiet"])
    assert left.value.code == 2 and not (tmp_path / "empty").exists()


def test_artefacts_are_published_as_a_list(finished, read_csv):
    settings, said = finished
    folder = settings.home / "runs" / said["publish"].run_id
    text = (folder / "artefacts.csv").read_text(encoding="utf-8-sig").splitlines()
    assert text[0] == "finding_id,source,kind,reason,reason_zh,institution_id,settlement_id,line_id,occurred_on,amount"
    classed = pl.read_parquet(folder / "findings.parquet").filter(pl.col("outcome") == "artefact")
    assert {r["finding_id"] for r in read_csv(folder / "artefacts.csv")} == set(classed["finding_id"])


def test_the_list_names_each_artefact_with_its_reasons(tmp_path, read_csv):
    with open_warehouse(tmp_path) as con:
        con.execute("insert into model.artefact values ('f1', 'quantity_slip', '=1+1', '单位不同')")
        con.execute(
            "insert into model.finding by name select 'f1' as finding_id, 'oversupply' as source, 'artefact' as outcome,"
            " 'person' as subject_type, 'P1' as subject_id, '990125000000000087' as settlement_id, 7 as amount"
        )
        assert export.write(con, tmp_path / "artefacts.csv") == 1
    (row,) = read_csv(tmp_path / "artefacts.csv")
    assert row["reason"] == "'=1+1" and row["reason_zh"] == "单位不同" and row["amount"] == "7.00"
    assert "990125000000000087\t" in (tmp_path / "artefacts.csv").read_text(encoding="utf-8-sig")


def test_stale_knowledge_is_refused(parted, monkeypatch):
    settings, new = parted
    monkeypatch.setattr("data.knowledge.load.version", lambda *_: "newer")
    with pytest.raises(UsageError, match="fundwatch features"):
        screening.screen(settings, new)


def test_an_out_that_cannot_be_written_is_refused_before_the_work(parted, tmp_path, capsys, monkeypatch):
    settings, new = parted
    (tmp_path / "file").write_text("x", encoding="utf-8")
    monkeypatch.setattr(screening, "screen", lambda *_: pytest.fail("screened all the same"))
    with pytest.raises(SystemExit) as left:
        main(["screen", str(new), "--home", str(settings.home), "--out", str(tmp_path / "file" / "a.csv"), "--quiet"])
    assert left.value.code == 2 and "cannot be written" in capsys.readouterr().err
