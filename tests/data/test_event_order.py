"""What came later counts as later, in any time zone and with the clock set back; an old warehouse is numbered once."""

import time
from datetime import datetime, timedelta

import duckdb
import polars as pl
import pytest

from data.warehouse import events
from data.warehouse.connection import open_warehouse
from models.casebook import suppressions, verdicts
from models.casebook.verdicts import Plan

WAYS = ("another zone", "clock set back", "as it should be")


@pytest.fixture(params=WAYS)
def later(request, monkeypatch):
    """Do what makes the next event seem older, in one of the ways in which it happens."""

    def zone(name):
        monkeypatch.setenv("TZ", name)
        time.tzset()

    def turn():
        if request.param == "another zone":
            zone("America/Los_Angeles")
        if request.param == "clock set back":

            class Earlier(datetime):
                @classmethod
                def now(cls, tz=None):
                    return datetime.now(tz) - timedelta(days=2)

            monkeypatch.setattr(events, "datetime", Earlier)

    zone("Asia/Shanghai")
    yield turn
    monkeypatch.undo()
    time.tzset()


def suppress(con, lift):
    suppressions.add(con, "institution", "H1", source=None, until=None, reason="r", owner="", lift=lift)


def test_a_suppression_is_lifted_by_what_is_said_later(later, tmp_path):
    with open_warehouse(tmp_path) as con:
        con.execute("insert into model.lead (lead_id, subject_type, subject_id) values ('L', 'institution', 'H1')")
        con.execute("create schema if not exists feature")
        con.execute("create table feature.fee_line (institution_id varchar)")
        suppress(con, False)
        assert suppressions.standing(con).height == 1
    later()
    with open_warehouse(tmp_path) as con:
        suppress(con, True)
        assert suppressions.standing(con).is_empty()
        suppress(con, False)
        assert suppressions.standing(con).height == 1


def planned(verdict_id, conclusion, day):
    rows = pl.DataFrame(
        {
            "row_number": [1], "lead_id": ["L"], "verdict_id": [verdict_id], "subject_type": ["institution"],
            "subject_id": ["H1"], "conclusion": [conclusion], "conclusion_said": [conclusion], "decided_on": [day],
            "is_closing": [True], "state": ["new"], "why": [None], "about": [""], "is_superseding": [False],
            "beyond": [None], "is_undated": [True], "is_void": [False],
        }
    )  # fmt: skip
    return Plan("f.csv", rows, ())


def test_a_later_verdict_of_the_same_day_beats_the_earlier(later, tmp_path):
    day = datetime(2026, 1, 5).date()
    for number, conclusion in enumerate(("confirmed", "dismissed", "confirmed")):
        with open_warehouse(tmp_path) as con:
            verdicts.append(con, planned(f"V{number}", conclusion, day))
            assert con.sql("select verdict_id from casebook.current_verdict").fetchall() == [(f"V{number}",)]
        later()


def test_two_deliveries_stand_in_the_order_in_which_they_came(later, con, delivery, rows):
    from data.ingest import ingest

    clean = {
        "setl_d.csv": [rows.settlement(1)],
        "mdtrt_d.csv": [rows.encounter(1)],
        "fee_list_d.csv": [rows.fee_line(1)],
    }
    ingest(con, delivery(clean))
    later()
    ingest(con, delivery({"setl_d.csv": [rows.settlement(2)]}))
    kept = con.sql("select file, event_number from run.input_file order by event_number, file").fetchall()
    assert [file for file, _ in kept] == ["fee_list_d.csv", "mdtrt_d.csv", "setl_d.csv", "setl_d.csv"]
    assert len({number for _, number in kept[:3]}) == 1 and kept[3][1] > kept[0][1]


def test_a_warehouse_from_before_is_numbered_by_its_times_once(tmp_path, monkeypatch):
    monkeypatch.setenv("TZ", "Asia/Shanghai")
    time.tzset()
    with open_warehouse(tmp_path) as con:
        con.execute("drop view casebook.current_suppression")
        con.execute("alter table casebook.suppression drop column event_number")
        con.execute("alter table run.run drop column event_number")
        con.execute("alter table run.input_file drop column event_number")
        con.execute("drop table run.event_counter")
        con.execute("delete from run.step")
        moments = {"a": "2026-03-01 09:00", "b": "2026-03-01 10:00", "c": "2026-03-02 08:00"}
        con.execute(
            "insert into run.input_file (file_id, file, source_table, loaded_at) values"
            f" ('1', 'x', 'setl_d', '{moments['a']}'), ('2', 'y', 'setl_d', '{moments['a']}')"
        )
        con.execute(f"insert into run.run values ('R', 'f', '{moments['b']}', '{moments['b']}', null, null)")
        con.execute(
            "insert into casebook.suppression values"
            f" ('institution', 'H', null, null, 'r', null, false, '{moments['c']}')"
        )
    for _ in range(2):
        with open_warehouse(tmp_path) as con:
            rows = con.sql(
                "select event_number, loaded_at from run.input_file union all"
                " select event_number, finished_at from run.run union all"
                " select event_number, made_at from casebook.suppression order by 1"
            ).fetchall()
            assert [number for number, _ in rows] == [1, 1, 2, 3]
            assert rows[2][1] == datetime(2026, 3, 1, 2, 0) and rows[3][1] == datetime(2026, 3, 2, 0, 0)
            assert suppressions.standing(con)["made_at"].to_list() == [datetime(2026, 3, 2, 8, 0)]
    with open_warehouse(tmp_path) as con:
        assert events.stamp(con).number == 4
    monkeypatch.undo()
    time.tzset()


def test_a_warehouse_that_is_only_read_is_ordered_by_what_it_has(tmp_path):
    with duckdb.connect() as con:
        con.execute("create schema run; create table run.run (run_id varchar, finished_at timestamp)")
        assert events.order(con, "run.run") == "finished_at"
        con.execute("alter table run.run add column event_number bigint")
        assert events.order(con, "run.run") == "event_number"
