"""The benchmark of the detectors of groups: a row a size and detector, with ratios to the first size."""

import re

from flows.evaluate.benchmark import GROUP_DETECTORS, rings
from flows.home.settings import Settings


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
