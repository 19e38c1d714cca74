"""HOME/spill: a folder of one's own, gone afterwards; what a killed process left is swept, what a living one has is not."""

import os
import subprocess
import sys
from pathlib import Path

from data.warehouse import spill
from data.warehouse.connection import open_warehouse
from flows.home import lock

HOLD = (
    "import sys, time; from pathlib import Path; from data.warehouse import spill\n"
    "with spill.folder(Path(sys.argv[1]), 'delivery') as place:\n"
    "    (place / 'names.csv').write_text('x'); print(place, flush=True); time.sleep(60)"
)


def holder(parent):
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(parent)], stdout=subprocess.PIPE, text=True)
    return process, Path(process.stdout.readline().strip())


def test_a_folder_is_gone_afterwards_and_so_is_the_home_that_it_alone_made(tmp_path):
    with spill.folder(tmp_path / "home" / "spill", "delivery") as place:
        assert place.is_dir() and oct(place.stat().st_mode)[-3:] == "700"
    assert not (tmp_path / "home").exists()
    (tmp_path / "home").mkdir()
    with spill.folder(tmp_path / "home" / "spill", "delivery"):
        (tmp_path / "home" / "kept").touch()
    assert [p.name for p in (tmp_path / "home").iterdir()] == ["kept"]


def test_what_a_killed_process_left_is_swept_with_the_lock_and_what_a_living_one_has_is_not(tmp_path):
    killed, left = holder(tmp_path / "spill")
    living, held = holder(tmp_path / "spill")
    try:
        killed.kill()
        killed.wait()
        assert (left / "names.csv").exists()
        for old in ("delivery-abc", "duckdb_temp_storage_DEFAULT-0.tmp"):  # as an earlier version left them
            (tmp_path / "spill" / old).mkdir() if old.startswith("delivery") else (tmp_path / "spill" / old).touch()
        with lock.hold(tmp_path):
            assert sorted(os.listdir(tmp_path / "spill")) == sorted([held.name, held.name + spill.HELD])
            assert (held / "names.csv").exists()
    finally:
        living.kill()
        living.wait()
    with lock.hold(tmp_path):
        assert os.listdir(tmp_path / "spill") == []


def test_queries_spill_into_a_folder_of_their_own(tmp_path):
    with open_warehouse(tmp_path) as con:
        (place,) = con.sql("select current_setting('temp_directory')").fetchall()[0]
        assert Path(place).parent == tmp_path / "spill" and Path(place).is_dir()
    assert not Path(place).exists()
