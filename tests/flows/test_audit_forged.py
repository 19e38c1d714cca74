"""Whatever is done to the audit log, the casebook or the switches past the program, doctor says that something is wrong."""

import hashlib
import json
import re
import shutil
from dataclasses import replace

import pytest

from data.errors import FundwatchError
from data.warehouse import commit, events
from data.warehouse.connection import FILE_NAME, open_warehouse, transaction
from flows import doctor_audit
from flows.home import audit_head, audit_key, audit_log, audit_states, decisions
from models.workbench import ruleset

RUN = "20260101-abcdef01"
OTHER_KEY = bytes(range(32))
VERDICT = """
    insert into casebook.verdict by name select $id as verdict_id, now()::timestamp as imported_at, 'f' as file,
        1 as row_number, 'institution' as subject_type, 'H1' as subject_id, $said as conclusion,
        $said as conclusion_said, date '2026-01-02' as decided_on, true as is_closing
"""
SUPPRESS = """
    insert into casebook.suppression by name select 'institution' as subject_type, $id as subject_id, 'r' as reason,
        $lift as is_lifted, now()::timestamp as made_at
"""


def change(con, home, event, query, params, what=None):
    with transaction(con):
        con.execute(query, params)
        audit_log.record(home, event, None, what or {"id": params.get("id")}, con)


def switch(home, rule, status):
    said = {**ruleset.switches(home), rule: ruleset.Switch(status, "because")}
    what = {"rule": rule, "to": status}
    ruleset.write(home, said, decisions.witness_switches(home, home / ruleset.DRAFT, what))


def publish(con, home, run=RUN):
    folder = home / "runs" / run
    folder.mkdir(parents=True)
    text = json.dumps({"run_id": run, "fingerprint": "f", "audit": decisions.anchor(home, con)}).encode()
    (folder / "manifest.json").write_bytes(text)
    more = {"files": {}, "manifest": hashlib.sha256(text).hexdigest()}
    audit_log.record(home, "publish", run, more, con)
    con.execute("insert into run.run (run_id, fingerprint) values ($run, 'f')", {"run": run})


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A HOME in which every kind of event took place, those of the casebook before and after a run."""
    home = tmp_path_factory.mktemp("forged") / "home"
    with open_warehouse(home) as con:
        con.execute(
            "insert into run.rejected (ingest_id, file, source_table, reason) values ('i', 'f.csv', 'setl_d', 'x')"
        )
        change(con, home, "verdict", VERDICT, {"id": "V1", "said": "confirmed"}, {"new": 1})
        change(con, home, "suppress", SUPPRESS, {"id": "H1", "lift": False})
        switch(home, "split_admission", "retired")
        publish(con, home)
        audit_log.record(home, "draw", RUN, {"seed": 1}, con)
        audit_log.record(home, "unmask", RUN, {"for": "copy"}, con)
        audit_log.record(home, "copy", RUN, {"files": {"a.csv": 3}, "to": "/x"}, con)
        change(con, home, "suppress", SUPPRESS, {"id": "H1", "lift": True})
        change(con, home, "dismiss rejected", "update run.rejected set dismissed = 'so'", {}, {"count": 1})
        change(con, home, "verdict", VERDICT, {"id": "V2", "said": "dismissed"}, {"new": 1})
        audit_log.record(home, "knowledge", None, {"file": "k.xlsx"}, con)
    switch(home, "split_admission", "live")
    audit_log.record(home, "burden", None, {"files": {"b.csv": 5}})
    audit_log.record(home, "form", None, {"files": {"v.csv": 2}})
    audit_log.record(home, "screen", None, {"lines": 4})
    return home


def wrong(home, seen=None):
    """What doctor says is wrong; `seen`: what the warehouse shows, where only the log was touched."""
    judged = doctor_audit.judged(home, audit_log.read(home), seen or doctor_audit.seen(home))
    return [text for _, state, text in judged if state == "bad"]


def entries_of(home):
    return [json.loads(line) for line in (home / audit_log.FILE_NAME).read_bytes().splitlines()]


def chained(entries, key=None, numbered=True):
    """The entries as a log of their own: each follows from the one before, with plain hashes or another's key."""
    previous, lines = audit_log.START, []
    for number, entry in enumerate(entries, 1):
        entry = {k: v for k, v in entry.items() if k not in ("mac", "hash", "previous", "seq")}
        if key is not None or numbered:
            entry = {"seq": number, **entry}
        entry["previous"] = previous
        text = audit_head.text(entry)
        code = {"hash": hashlib.sha256(text).hexdigest()} if key is None else {"mac": audit_key.mac(key, text)}
        lines.append(audit_head.text(entry | code))
        previous = hashlib.sha256(lines[-1]).hexdigest()
    return b"".join(line + b"\n" for line in lines), len(lines), previous


def put(home, entries, way):
    """Write the entries as somebody would who has HOME and the code, but not the key."""
    key = None if way in ("hashed", "as of an earlier version") else OTHER_KEY
    text, count, head = chained(entries, key, numbered=way == "hashed")
    (home / audit_log.FILE_NAME).write_bytes(text)
    if way in ("with its head", "with its head and key"):
        audit_head.write(home, OTHER_KEY, audit_head.Head(count, head))
    if way == "with its head and key":
        (home / audit_key.FILE_NAME).write_text(OTHER_KEY.hex())
    if way == "as of an earlier version":
        (home / audit_head.FILE_NAME).unlink()
        (home / audit_key.FILE_NAME).unlink()


WAYS = ("hashed", "as of an earlier version", "under another key", "with its head", "with its head and key")
LINES = 15
FORGED = {"at": "2026-01-01T00:00:00+00:00", "user": "x", "event": "unmask", "run_id": None, "for": "burden"}


def edits():
    """Name -> what is done to the entries of the log, which is then made anew."""
    made = {f"the last {n} cut": (lambda e, n=n: e[:-n]) for n in range(1, 8)}
    made |= {f"line {n + 1} edited": (lambda e, n=n: [*e[:n], e[n] | {"user": "y"}, *e[n + 1 :]]) for n in range(LINES)}
    made |= {f"line {n + 1} taken out": (lambda e, n=n: e[:n] + e[n + 1 :]) for n in range(LINES)}
    made |= {f"forged before line {n + 1}": (lambda e, n=n: [*e[:n], FORGED, *e[n:]]) for n in range(LINES + 1)}
    made |= {f"{n + 1} and {n + 2} swapped": (lambda e, n=n: [*e[:n], e[n + 1], e[n], *e[n + 2 :]]) for n in range(14)}
    kinds = "verdict suppress rule draw unmask copy burden form screen knowledge".split()
    made |= {f"every {k} taken out": (lambda e, k=k: [x for x in e if x["event"] != k]) for k in kinds}
    made["nothing but publish left"] = lambda e: [x for x in e if x["event"] == "publish"]
    made["turned round"] = lambda e: e[::-1]
    made["made anew as it was"] = lambda e: e
    return made


@pytest.fixture
def spoilt(home, tmp_path):
    """A copy of the HOME to do something to."""
    return shutil.copytree(home, tmp_path / "home")


def test_what_nobody_touched_is_intact(home):
    assert wrong(home) == [] and len(entries_of(home)) == LINES


@pytest.mark.parametrize("way", WAYS)
def test_a_log_made_anew_is_noticed_whatever_was_changed(spoilt, way):
    entries = entries_of(spoilt)
    before = {name: (spoilt / name).read_bytes() for name in (audit_head.FILE_NAME, audit_key.FILE_NAME)}
    unnoticed, seen = [], doctor_audit.seen(spoilt)
    for name, edit in edits().items():
        put(spoilt, edit(entries), way)
        if not wrong(spoilt, seen):
            unnoticed.append(name)
        for file, content in before.items():
            (spoilt / file).write_bytes(content)
    assert unnoticed == []


def cut(lines, n):
    return b"".join(lines[:-n])


#: Name -> what is done to the file as it is, without making the chain anew.
RAW = {f"the last {n} lines cut": (lambda lines, n=n: cut(lines, n)) for n in range(1, 8)} | {
    "the last newline cut": lambda lines: b"".join(lines)[:-1],
    "half of the last line cut": lambda lines: b"".join(lines)[:-60],
    "emptied": lambda lines: b"",
    "a byte changed": lambda lines: b"".join(lines).replace(b'"new":1', b'"new":2', 1),
    "a line doubled": lambda lines: b"".join([*lines, lines[-1]]),
    "a word added": lambda lines: b"".join(lines) + b"x\n",
    "an empty line put in": lambda lines: b"".join([*lines[:3], b"\n", *lines[3:]]),
    "zeros at the end": lambda lines: b"".join(lines)[:-100] + bytes(100),
}


@pytest.mark.parametrize("more", ["", "head", "head and key"])
def test_whatever_is_done_to_the_files_is_noticed(spoilt, more):
    path, unnoticed, seen = spoilt / audit_log.FILE_NAME, [], doctor_audit.seen(spoilt)
    lines = path.read_bytes().splitlines(keepends=True)
    if more:
        (spoilt / audit_head.FILE_NAME).unlink()
    if more == "head and key":
        (spoilt / audit_key.FILE_NAME).unlink()
    for name, edit in RAW.items():
        path.write_bytes(edit(lines))
        unnoticed += [] if wrong(spoilt, seen) else [name]
    path.unlink()
    assert unnoticed == [] and wrong(spoilt)


@pytest.mark.parametrize(
    "query",
    [
        "update casebook.verdict set conclusion = 'dismissed' where verdict_id = 'V1'",
        "update casebook.verdict set confirmed_amount = 1 where verdict_id = 'V2'",
        "delete from casebook.verdict where verdict_id = 'V1'",
        "delete from casebook.verdict where verdict_id = 'V2'",
        "insert into casebook.verdict by name select * replace ('V3' as verdict_id) from casebook.verdict limit 1",
        "update casebook.suppression set reason = 'z'",
        "delete from casebook.suppression where is_lifted",
        "delete from casebook.suppression",
        "insert into casebook.suppression by name select * replace ('H2' as subject_id) from casebook.suppression",
        "update run.rejected set dismissed = null",
        "update run.rejected set dismissed = 'for another reason'",
        "insert into run.run (run_id, fingerprint) values ('20260202-00000000', 'g')",
    ],
)
def test_what_is_changed_past_the_log_is_noticed(spoilt, query):
    with open_warehouse(spoilt) as con:
        con.execute(query)
    assert wrong(spoilt)


def test_switches_and_manifests_changed_past_the_log_are_noticed(spoilt):
    switches, manifest = spoilt / ruleset.SWITCHES, spoilt / "runs" / RUN / "manifest.json"
    seen = doctor_audit.seen(spoilt)
    for path in (switches, manifest):
        text = path.read_text()
        for changed in (text.replace("because", "why"), text + "\n", text.replace('"f"', '"g"'), ""):
            path.write_text(changed)
            assert bool(wrong(spoilt, None if path == switches else seen)) is (changed != text), changed
        path.write_text(text)
    switches.unlink()
    assert wrong(spoilt)


def test_a_manifest_remembers_the_decisions_before_it(spoilt):
    path = spoilt / "runs" / RUN / "manifest.json"
    said = json.loads(path.read_bytes())["audit"]
    assert said["decisions"] == 3
    entries = audit_log.read(spoilt).entries
    assert decisions.hold(entries, set(), said)
    for n in range(3):
        assert not decisions.hold(entries[:n] + entries[n + 1 :], set(), said)


def filled(con, table, mark):
    """Put one row into a table, whatever its columns are, with the mark in its texts."""
    columns = con.execute(
        "select column_name, data_type from duckdb_columns() where schema_name || '.' || table_name = $t", {"t": table}
    ).fetchall()
    values = {"DATE": "date '2026-01-02'", "TIMESTAMP": "now()::timestamp", "BOOLEAN": "true", "VARCHAR": f"'{mark}'"}
    given = ", ".join(f"{values.get(kind, '1')} as {name}" for name, kind in columns)
    con.execute(f"insert into {table} by name select {given}")


def test_whatever_people_wrote_is_watched_table_by_table(spoilt):
    """Each table of the casebook: a row that the log tells of, then one changed, one removed, one put in by hand."""
    tables = {name: re.search(r"from (\w+\.\w+)", query)[1] for name, query in audit_states.watched().items()}
    with open_warehouse(spoilt) as con:
        by_runs = {"selection", "group_membership", "run_profile", "ranked_run", "lead_history"}
        there = con.sql("select table_name from duckdb_tables() where schema_name = 'casebook'").fetchall()
        assert {f"casebook.{name}" for (name,) in there if name not in by_runs} | {"run.rejected"} == set(
            tables.values()
        )
        with transaction(con):
            for table in tables.values():
                filled(con, table, "A")
            audit_log.record(spoilt, "case", None, {}, con)
        entries = audit_log.read(spoilt).entries
        assert set(entries[-1]["states"]) == set(tables), "an entry says all that its transaction changed"
    seen, key, unnoticed = doctor_audit.seen(spoilt), audit_key.read(spoilt), []
    assert wrong(spoilt, seen) == []
    with open_warehouse(spoilt) as con:
        for name, table in tables.items():
            *_, column = (c for c, kind, *_ in con.sql(audit_states.watched()[name]).description if kind == "VARCHAR")
            by_hand = {
                "changed": f"update {table} set {column} = 'Z' where {column} = 'A'",
                "removed": f"delete from {table} where {column} = 'A'",
                "put in": None,
            }
            for kind, query in by_hand.items():
                con.execute("begin")
                filled(con, table, "B") if query is None else con.execute(query)
                state = {name: audit_states.of_table(con, name, key)}
                con.execute("rollback")
                if not wrong(spoilt, replace(seen, states=seen.states | state)):
                    unnoticed.append((name, kind))
    assert unnoticed == []


def test_rows_put_in_before_the_first_entry_are_noticed(tmp_path):
    with open_warehouse(tmp_path) as con:
        filled(con, "casebook.points_note", "A")
    assert "points_note hold 1 rows" in wrong(tmp_path)[0]
    with open_warehouse(tmp_path) as con:
        audit_log.record(tmp_path, "burden", None, {}, con)
    assert "points_note hold 1 rows" in wrong(tmp_path)[0]


def test_a_view_changed_by_hand_is_noticed(spoilt):
    with open_warehouse(spoilt) as con:
        con.execute("create or replace view casebook.current_suppression as select * from casebook.suppression")
    assert "the view casebook.current_suppression was changed" in wrong(spoilt)[0]


def test_changes_cut_off_at_the_edge_of_a_record_are_noticed(spoilt, tmp_path):
    """The engine takes a log that ends between two records for whole: only what is kept outside tells."""
    lost = {"an act": tmp_path / "act", "a delivery": tmp_path / "delivery"}
    wal = spoilt / f"{FILE_NAME}.wal"
    with open_warehouse(spoilt) as con:
        change(con, spoilt, "suppress", SUPPRESS, {"id": "H7", "lift": False})
        before = wal.stat().st_size
        change(con, spoilt, "suppress", SUPPRESS, {"id": "H8", "lift": False})
        shutil.copytree(spoilt, lost["an act"])
        before_event = wal.stat().st_size
        with transaction(con):
            events.stamp(con)
        shutil.copytree(spoilt, lost["a delivery"])
    assert wrong(spoilt) == []
    for (what, home), size in zip(lost.items(), (before, before_event), strict=True):
        assert wrong(home) == [], "killed and whole"
        with (home / wal.name).open("r+b") as handle:
            handle.truncate(size)
        assert any("its last changes are lost" in text for text in wrong(home)), what
    with pytest.raises(FundwatchError, match=r"warehouse\.last beside it tells of 1"), open_warehouse(home):
        pass
    (home / commit.FILE_NAME).unlink()
    with open_warehouse(home):
        pass


def test_an_event_that_was_killed_before_its_change_is_said_and_is_no_fault(spoilt):
    class Killed(BaseException):
        pass

    def killed():
        raise Killed

    with open_warehouse(spoilt) as con, pytest.raises(Killed):
        with transaction(con):
            con.execute(SUPPRESS, {"id": "H9", "lift": False})
            audit_log.record(spoilt, "suppress", None, {}, con)
            killed()
    for _ in range(2):  # as it was left, and when the same was done again
        assert wrong(spoilt) == []
        notes = [text for _, _, text in doctor_audit.lines(spoilt) if "announced and not done" in text]
        assert notes == ["entry 16 (suppress) was announced and not done: it was interrupted"]
        with open_warehouse(spoilt) as con:
            if con.sql("select count(*) from casebook.suppression").fetchall() == [(2,)]:
                change(con, spoilt, "suppress", SUPPRESS, {"id": "H9", "lift": False})


def test_the_log_of_an_earlier_version_is_taken_over_once_and_that_is_said(home, tmp_path):
    old = tmp_path / "old"
    with open_warehouse(old) as con:
        con.execute("insert into run.run (run_id, fingerprint) values ($run, 'f')", {"run": RUN})
        con.execute(VERDICT, {"id": "V1", "said": "confirmed"})
    (old / "runs" / RUN).mkdir(parents=True)
    (old / "runs" / RUN / "manifest.json").write_text('{"fingerprint": "f"}')
    what = {"at": "2025-01-01T00:00:00+00:00", "user": "x"}
    earlier = [what | {"event": "publish", "run_id": RUN}, what | {"event": "verdict", "run_id": None, "new": 1}]
    (old / audit_log.FILE_NAME).write_bytes(chained(earlier, numbered=False)[0])
    assert wrong(old) == []
    assert any("2 entries are of an earlier version" in text for _, _, text in doctor_audit.lines(old))
    audit_log.record(old, "burden", None, {})
    audit_log.record(old, "burden", None, {})
    assert [e["event"] for e in entries_of(old)] == ["publish", "verdict", audit_log.TAKEN_OVER, "burden", "burden"]
    assert wrong(old) == []
    lines = (old / audit_log.FILE_NAME).read_bytes().splitlines(keepends=True)
    (old / audit_log.FILE_NAME).write_bytes(
        chained([earlier[0], earlier[1] | {"new": 2}], numbered=False)[0] + b"".join(lines[2:])
    )
    assert wrong(old)
