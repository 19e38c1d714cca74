"""Practices in a town: a draw of the library in its own tables, and none of them in a town too small for them."""

import csv

from data.simulate import honest, simulate
from data.simulate.honest import town


def read(path):
    with path.open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def test_a_town_contains_a_draw_and_ten_towns_the_library():
    drawn = {seed: [p.id for p in town.drawn(20_000, seed)] for seed in range(10)}
    assert all(len(set(ids)) == 40 for ids in drawn.values())
    assert drawn[1] != drawn[2] and len({name for ids in drawn.values() for name in ids}) >= 130
    assert town.drawn(4_999, 1) == [] and len(town.drawn(5_000, 1)) == 10


def test_practices_stand_in_the_towns_tables_and_its_truth(tmp_path):
    simulate(tmp_path, persons=5000, seed=2, schemes=())
    ids = {honest.number_of(p.id): p.id for p in town.drawn(5000, 2)}
    own = [row for row in read(tmp_path / "truth" / "confounder.csv") if row["kind"] in ids.values()]
    assert {row["kind"] for row in own} == set(ids.values())
    hospitals = {row["medins_code"]: row["admdvs"] for row in read(tmp_path / "medins_info_b.csv")}
    places = {row["subject_id"] for row in own if row["subject_type"] == "institution"} & set(hospitals)
    assert places and {hospitals[code][:4] for code in places} <= {"9901", "9902"}
