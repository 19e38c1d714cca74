"""Local item codes: those that nobody mapped are counted by the check, those mapped are not."""

from __future__ import annotations

import duckdb

from data.checks import checking
from data.warehouse.connection import ddl

FORMAT = next(c for c in checking.load() if c.name == "code_item_format")
NATIONAL, LOCAL = "003101000010000", "L-0815"


def test_unmapped_local_codes_are_counted():
    with duckdb.connect() as con:
        con.execute(ddl())
        con.executemany(
            "insert into record.fee_line (line_id, encounter_id, institution_id, item_code, institution_item_code)"
            " values (?, ?, ?, ?, ?)",
            [
                ["1", "E1", "H1", NATIONAL, "A"],
                ["2", "E1", "H1", LOCAL, "B"],
                ["3", "E2", "H2", LOCAL, "B"],
                ["4", "E2", "H2", None, "C"],
            ],
        )
        result, _ = checking.judge(con, FORMAT)
        assert (result.rows, result.state) == (2, "warn") and LOCAL in (result.example or "")
        rows = [[LOCAL, "H1", NATIONAL], ["C", None, NATIONAL]]
        con.executemany(
            "insert into knowledge.code_map (local_code, institution_id, national_code, reason, layer)"
            " values (?, ?, ?, 'made', 'city')",
            rows,
        )
        result, _ = checking.judge(con, FORMAT)
        assert result.rows == 1 and "fee_lines=1" in (result.example or "")
        con.execute("update knowledge.code_map set institution_id = null")
        assert checking.judge(con, FORMAT)[0].rows == 0
