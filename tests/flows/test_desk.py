"""The page on which leads are searched, opened and given their verdicts: it needs nothing else and gives nothing away."""

import base64
import csv
import hashlib
import html
import json
import re
import shutil

import polars as pl
import pytest

from data.warehouse.connection import open_warehouse
from flows.publish import desk, watchlists
from models.casebook import read as verdict_file

CONCLUSIONS = verdict_file.FOLDER / "conclusions.csv"


def parts(page):
    """The page's data and its script."""
    data, script = re.findall(r"<script[^>]*>(.*?)</script>", page, re.DOTALL)
    return json.loads(data), script


@pytest.fixture(scope="module")
def lists(finished):
    with open_warehouse(finished[0].home, read_only=True) as con:
        return watchlists.lists(con, "r", language="en", unmask=False)


def test_the_run_s_page_has_every_lead_and_asks_nobody(finished, call):
    settings, _ = finished
    (folder,) = (p for p in (settings.home / "runs").iterdir())
    code, out, _ = call("desk", "--home", settings.home, "--json")
    assert code == 0 and json.loads(out)["page"] == str((folder / "desk.html").resolve())
    page = (folder / "desk.html").read_text(encoding="utf-8")
    data, script = parts(page)
    rows = [row for kind in watchlists.SUBJECT_TYPES for row in table(folder / f"watchlist_{kind}.csv")]
    assert [lead["lead_id"] for lead in data["leads"]] == [row["lead_id"] for row in rows]
    assert {lead["lead_id"] for lead in data["leads"] if lead["has_pack"]} == {
        p.name for p in (folder / "leads").iterdir() if p.is_dir()
    }
    assert not re.search(r"https?://|src=|@import|fetch\(|XMLHttp|localStorage|innerHTML", page)
    seal = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{html.escape(seal)}'" in page and "default-src 'none'" in page


def table(path):
    with path.open(encoding="utf-8-sig", newline="") as handle:
        return list(csv.DictReader(handle))


def test_no_text_of_a_delivery_ends_the_data_or_becomes_markup(lists, tmp_path):
    hostile = "</script><script>alert(1)</script><!--&'\""
    named = {k: rows.with_columns(subject_name=pl.lit(hostile), region=pl.lit(hostile)) for k, rows in lists.items()}
    desk.write(named, tmp_path / "d.html", "r", "zh")
    page = (tmp_path / "d.html").read_text(encoding="utf-8")
    data, _ = parts(page)
    assert {lead["subject_name"] for lead in data["leads"]} == {hostile}
    assert page.count("<script") == 2 and hostile not in page


@pytest.mark.parametrize("language", ["en", "zh"])
def test_what_it_saves_is_a_file_of_verdicts(lists, tmp_path, language):
    desk.write(lists, tmp_path / "d.html", "r", language)
    data, _ = parts((tmp_path / "d.html").read_text(encoding="utf-8"))
    (conclusions,) = (column["choices"] for column in data["blank"] if column["choices"])
    filled = {"confirmed_amount": "12.50", "date": "2026-11-30", "reason": "a, b"}
    saved = tmp_path / "verdicts.csv"
    with saved.open("w", encoding="utf-8-sig", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerow([column["label"] for column in (*data["named"], *data["blank"])])
        for lead, conclusion in zip(data["leads"], conclusions, strict=False):
            answers = filled | {"conclusion": conclusion}
            named = [lead[column["name"]] for column in data["named"]]
            writer.writerow([*named, *(answers.get(column["name"]) for column in data["blank"])])
    rows = verdict_file.read(saved, tmp_path / "spill").rows
    assert rows["conclusion"].to_list() == [*conclusions][: len(data["leads"])]
    assert rows["confirmed_amount"].to_list() == ["12.50"] * rows.height
    assert set(rows["conclusion"]) <= {row["word"] for row in table(CONCLUSIONS)}


def test_a_run_of_an_earlier_version_has_none(finished, call, tmp_path):
    home = shutil.copytree(finished[0].home, tmp_path / "home", ignore=shutil.ignore_patterns("desk.html"))
    code, _, err = call("desk", "--home", home)
    assert code == 2 and "has no desk.html" in err
