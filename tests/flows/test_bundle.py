"""Wheels for a machine without a package index: all that is needed and nothing else, at the versions that work here."""

from importlib import metadata

import pytest

from data.errors import FundwatchError, UsageError
from flows import bundling


def test_what_is_needed_is_all_that_a_run_imports_and_nothing_of_the_tests():
    versions = bundling.needed()
    assert {"duckdb", "polars", "prefect", "scikit-learn", "pyod", "numpy", "sqlalchemy"} <= set(versions)
    assert not {"pytest", "ruff", "mypy", "pyspark", "fundwatch"} & set(versions)
    assert versions["duckdb"] == metadata.version("duckdb")


def test_each_package_is_asked_for_at_its_version_and_fundwatch_is_built_from_here(tmp_path):
    asked = []
    packages = bundling.bundle(tmp_path / "wheels", asked.append)
    (wheel, download) = asked
    assert wheel[:2] == ["wheel", "--no-deps"] and wheel[-1] == str(bundling.ROOT)
    pinned = [word for word in download if "==" in word]
    assert len(pinned) == packages - 1 and f"polars=={metadata.version('polars')}" in pinned
    assert (tmp_path / "wheels" / bundling.LIST).read_text().splitlines() == pinned


def test_what_pip_cannot_do_is_one_sentence(tmp_path):
    with pytest.raises(FundwatchError, match=r"^pip download failed: .* It needs pip and a package index in reach\.$"):
        bundling._pip(["download", "--no-index", "--dest", str(tmp_path), "no-such-package-anywhere"])
    with pytest.raises(UsageError, match="is not installed here"):
        bundling.needed("no-such-package-anywhere")
