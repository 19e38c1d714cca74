"""The benchmark of the detectors of groups: a row a size and detector, with ratios to the first size."""

from flows.benchmark import GROUP_DETECTORS, rings
from flows.settings import Settings


def test_rings_are_measured_at_every_size(tmp_path):
    said = []
    rows = rings(Settings(home=tmp_path), [300], said.append)
    assert [what.split(": ")[1] for what, *_ in rows] == list(GROUP_DETECTORS)
    assert all(float(seconds) >= 0 and float(each) > 0 for _, seconds, each, _ in rows)
    assert [float(ratio) for *_, ratio in rows[:2]] == [1.0, 1.0]
    assert "features ..." in said and list(tmp_path.iterdir()) == []
