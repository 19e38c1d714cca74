"""Events are numbered in the order in which they are kept."""

from datetime import UTC, datetime, timedelta

import pytest

from data.warehouse.connection import open_warehouse, transaction
from data.warehouse.events import stamp


def test_numbers_grow_and_what_is_rolled_back_leaves_no_gap(tmp_path):
    with open_warehouse(tmp_path) as con:
        with transaction(con):
            first = stamp(con)
        with pytest.raises(ValueError, match="stopped"), transaction(con):
            stamp(con)
            raise ValueError("stopped")
    with open_warehouse(tmp_path) as con, transaction(con):
        second = stamp(con)
    assert (first.number, second.number) == (1, 2)
    assert abs(second.at.replace(tzinfo=UTC) - datetime.now(UTC)) < timedelta(minutes=1)
