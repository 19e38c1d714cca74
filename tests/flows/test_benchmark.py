"""The benchmark: towns of any size, what was slowest, how costs grow; the detectors of groups size by size."""

import re

import duckdb
import pytest

from data.ingest.normalise import WEIGHTS
from data.warehouse.connection import ddl
from flows.evaluate import benchmark, towns
from flows.evaluate.benchmark import GROUP_DETECTORS, rings
from flows.home.settings import Settings


@pytest.mark.slow
def test_rings_are_measured_at_every_size(tmp_path):
    said, sizes = [], [150, 300]
    rows = rings(Settings(home=tmp_path), sizes, said.append)
    heads = [re.fullmatch(r"(\d+) persons, ([\d,]+) visits: (\w+)", what).groups() for what, *_ in rows]
    assert [(int(persons), name) for persons, _, name in heads] == [(s, d) for s in sizes for d in GROUP_DETECTORS]
    visits = {int(persons): int(n.replace(",", "")) for persons, n, _ in heads}
    assert 0 < visits[150] < visits[300]
    first = {name: float(each) for (_, _, name), (_, _, each, _) in zip(heads[:2], rows[:2], strict=True)}
    for (persons, _, name), (_, seconds, each, ratio) in zip(heads, rows, strict=True):
        assert float(each) > 0 and abs(float(each) * visits[int(persons)] / 1e6 - float(seconds)) < 0.01
        assert abs(float(ratio) - float(each) / first[name]) < 0.01
    assert [ratio for *_, ratio in rows[:2]] == ["1.00", "1.00"]
    assert said.count("features ...") == 2 and list(tmp_path.iterdir()) == []


def test_a_town_is_copied_with_numbers_of_its_own(tmp_path, monkeypatch):
    monkeypatch.setattr(towns, "MOST_SIMULATED", 3_200)
    said = []
    once, twice = towns.town(tmp_path, 3_200, 1, said.append), towns.town(tmp_path, 6_400, 1, said.append)
    assert towns.town(tmp_path, 6_400, 1, lambda line: pytest.fail(line)) == twice  # it is kept
    assert [line.split()[0] for line in said] == ["simulating", "writing", "writing"]
    for name, key in [("fee_list_d", "bkkp_sn"), ("setl_d", "setl_id"), ("drug_trac_d", "drug_trac_codg"),
                      ("psn_info_b", "certno"), ("medins_info_b", "medins_code")]:  # fmt: skip
        rows, keys = _counts(once / f"{name}.csv", key)
        assert _counts(twice / f"{name}.csv", key) == (2 * rows, 2 * keys), name
    for name in ("hilist_b", "vbp_drug_d"):  # everybody's
        assert _counts(twice / f"{name}.csv", "*") == _counts(once / f"{name}.csv", "*")
    numbers = f"select certno from read_csv('{twice / 'psn_info_b.csv'}', all_varchar = true)"
    sums = [
        sum(int(n[i]) * w for i, w in enumerate(WEIGHTS)) for (n,) in duckdb.sql(numbers).fetchall() if len(n) == 18
    ]
    ends = [n[-1] for (n,) in duckdb.sql(numbers).fetchall() if len(n) == 18]
    sound = sum("10X98765432"[s % 11] == end for s, end in zip(sums, ends, strict=True))
    assert sound > 0.9 * len(ends)  # some of the simulated ones are wrong on purpose


def test_an_empty_cell_in_quotation_marks_stays_empty(tmp_path):
    lines = [f"990{n:015},2025-01-01,1,药片{n}" for n in range(30_000)]
    lines[25_000] = '990000000000025000,"",,"药片"'
    (tmp_path / "a.csv").write_text("bkkp_sn,fee_ocur_time,cnt,name\n" + "\n".join(lines) + "\n", encoding="utf-8")
    with duckdb.connect() as con:
        towns._copy(con, tmp_path / "a.csv", tmp_path / "b.csv", 1)
    assert '"""' not in (tmp_path / "b.csv").read_text(encoding="utf-8")


def _counts(path, key):
    counted = f"count(distinct {key})" if key != "*" else "count(*)"
    return duckdb.sql(f"select count(*), {counted} from read_csv('{path}', all_varchar = true)").fetchall()[0]


@pytest.mark.parametrize(
    ("text", "lines"), [("1m", 1_000_000), ("250k", 250_000), ("2.5M", 2_500_000), (" 70 ", 70), ("100m", 100_000_000)]
)
def test_a_number_of_lines_as_people_write_it(text, lines):
    assert towns.lines_of(text) == lines


@pytest.mark.parametrize("text", [" ", "m", "1g", "-1m", "0", "1,000", "abc"])
def test_what_is_no_number_of_lines_is_refused(text):
    with pytest.raises(ValueError, match=re.escape(text)):
        towns.lines_of(text)


def test_growth_is_the_exponent():
    assert benchmark.growth([(1, 3.0), (10, 30.0), (100, 300.0)]) == 1.0
    assert benchmark.growth([(1, 1.0), (4, 8.0), (16, 64.0)]) == 1.5
    assert benchmark.growth([(7, 2.0)]) is None and benchmark.growth([]) is None


def test_the_slowest_are_named_with_their_share():
    with duckdb.connect() as con:
        con.execute(ddl())
        for name, kind, seconds in [("a", "rule", 3.0), ("b", "rule", 1.0), ("c", "detector", 2.0)]:
            con.execute("insert into model.coverage by name select $name as source, $kind as kind, 'live' as status,"
                        " 0 as judged, 0 as hits, 0 as cannot_judge, $seconds as seconds, '' as fingerprint",
                        {"name": name, "kind": kind, "seconds": seconds})  # fmt: skip
        for step, second in [("feature.x", 0), ("feature.y", 3), ("features", 4)]:
            at = f"timestamp '2026-01-01 00:00:0{second}'"
            con.execute(f"insert into run.step values ('{step}', '', {at}, null, null)")
        slow = benchmark.slowest(con)
    assert slow["slowest_rules"] == [
        {"name": "a", "seconds": 3.0, "share": 0.75}, {"name": "b", "seconds": 1.0, "share": 0.25}
    ]  # fmt: skip
    assert slow["slowest_features"][0] == {"name": "x", "seconds": 3.0, "share": 0.75}
    assert [row["name"] for row in slow["slowest_detectors"]] == ["c"]
