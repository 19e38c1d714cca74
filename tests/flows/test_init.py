"""A settings file to begin with: it sets nothing until somebody uncomments a line, and then each line is right."""

import csv
import re
import tomllib

import pytest

from flows.home import settings, settings_file


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_setting_stands_in_it_and_each_line_can_be_uncommented(tmp_path, call, language):
    code, out, _ = call("init", "--home", tmp_path / "home", "--language", language)
    path = tmp_path / "home" / "fundwatch.toml"
    assert code == 0 and str(path) in out and path.stat().st_mode & 0o777 == 0o600
    text = path.read_text(encoding="utf-8")
    assert (
        tomllib.loads(text) == {} and settings.load(tmp_path / "home", {}).deciding() == settings.Settings().deciding()
    )
    uncommented = re.sub(r"^# (?=\[|[a-z_]+ = )", "", text, flags=re.MULTILINE)
    tables = {"rules", "detectors", "areas", "capacity"}
    assert {*settings.LASTING, *settings.HOOKS} == set(tomllib.loads(uncommented)) - tables
    path.write_text(uncommented, encoding="utf-8")
    loaded = settings.load(tmp_path / "home", {})
    assert loaded.keep_runs == 12 and loaded.rules["split_admission"] == {"max_gap": 3}
    assert loaded.areas == {"3401": {"rules": {"split_admission": {"max_gap": 5}}}}
    assert loaded.workload().institution == 3.0


def test_an_earlier_file_is_left_as_it_is(tmp_path, call):
    (tmp_path / "fundwatch.toml").write_text("seed = 7\n", encoding="utf-8")
    code, _, err = call("init", "--home", tmp_path)
    assert code == 2 and "is there already" in err
    assert (tmp_path / "fundwatch.toml").read_text(encoding="utf-8") == "seed = 7\n"


def test_what_a_setting_means_is_said_in_both_languages():
    with settings_file.MEANINGS.open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))
    assert [row["name"] for row in rows if not (row["meaning"] and row["meaning_zh"])] == []
