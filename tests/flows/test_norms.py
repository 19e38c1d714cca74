"""norms export and import: what a province gives its counties."""

import polars as pl
import pytest

from data.knowledge import load as knowledge_load
from data.warehouse.connection import open_warehouse
from flows.cli import main
from models.detectors.peers import norms


@pytest.fixture(scope="module")
def exported(finished, tmp_path_factory):
    """The norms of a finished run as a province would give them away."""
    file = tmp_path_factory.mktemp("norms") / "norms.csv"
    main(["norms", "export", str(file), "--basis", "某省", "--home", str(finished[0].home), "--quiet"])
    return file


def test_what_leaves_names_no_institution_and_no_practitioner(exported, finished):
    text = exported.read_text(encoding="utf-8")
    with open_warehouse(finished[0].home, read_only=True) as con:
        names = con.execute(
            """
            select institution_id from feature.institution union all select practitioner_id from feature.practitioner
            union all select institution_name from feature.institution where institution_name is not null
            """
        ).fetchall()
    assert len(names) > 50
    assert not [name for (name,) in names if name in text]
    rows = pl.read_csv(exported)
    assert {"institution", "practitioner"} == set(rows["subject"]) and rows["members"].min() >= norms.LEAST_MEMBERS


def test_a_county_lays_them_and_removing_the_file_takes_them_away(exported, finished, call, tmp_path):
    home = tmp_path / "home"
    code, text, _ = call("norms", "import", exported, "--home", home)
    assert code == 0 and "they hold from the next run on" in text
    before = knowledge_load.version(home / "knowledge")
    with open_warehouse(home) as con:
        assert knowledge_load.load(con, home / "knowledge")["peer_norm"] == pl.read_csv(exported).height
        whose = con.execute("select distinct basis, layer from knowledge.peer_norm").fetchall()
        assert [(basis[:2], layer) for basis, layer in whose] == [("某省", "province")]
        (home / "knowledge" / "peer_norm.csv").unlink()
        assert knowledge_load.load(con, home / "knowledge")["peer_norm"] == 0
    assert knowledge_load.version(home / "knowledge") != before, "sources that read them judge again"


@pytest.mark.parametrize(
    ("spoilt", "sentence"),
    [
        (lambda file: file.write_text(file.read_text().replace("province", "city", 1)), "was changed on the way"),
        (lambda file: file.with_name("norms.csv.sha256").unlink(), "Bring the two files"),
        (lambda file: file.unlink(), "Bring the two files"),
    ],
)
def test_what_is_not_whole_is_refused(exported, call, tmp_path, spoilt, sentence):
    folder, home = tmp_path / "given", tmp_path / "home"
    folder.mkdir()
    for path in (exported, exported.with_name("norms.csv.sha256")):
        (folder / path.name).write_bytes(path.read_bytes())
    spoilt(folder / "norms.csv")
    code, _, err = call("norms", "import", folder / "norms.csv", "--home", home)
    assert code == 3 and sentence in err and not (home / "knowledge").exists()
