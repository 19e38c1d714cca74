"""Rules that people write, attacked: nobody's name, no file, no other statement, no end; and a broken one stops nobody.

Each trick is tried twice: on the guard, which must refuse it, and past the guard on the connection that judges, which
must not give what it is after.
"""

import itertools
import shutil
from collections import Counter
from dataclasses import replace
from typing import get_type_hints

import duckdb
import pytest

from data.errors import FundwatchError, UsageError
from data.warehouse import confined, guard
from flows import steps
from flows.home.settings import Settings
from flows.home.state import State
from flows.prepay import screening
from flows.publish.replay_sql import replay_sql
from models.sources import card, rule
from models.sources.case_file import Case
from models.sources.cases import Bench
from models.workbench import located, ruleset, template, trial

NAME, PHONE = "机密姓名", "13900000000"
ZERO_WIDTH = ("\u200b", "\u200c", "\u200d", "\ufeff", "\u2060", "\u00ad", "\u00a0", "\u3000", "\u2028", "\x00", "\x1f")


def spellings(table):
    """Ways to write a table's name that an engine takes for it, or might."""
    schema, name = table.split(".")
    yield from (
        table,
        table.upper(),
        f'{schema}."{name}"',
        f'"{schema}".{name}',
        f'"{schema.upper()}"."{name.title()}"',
    )
    yield from (f"{schema} . {name}", f"{schema}/**/./* x */{name}", f"{schema}.--\n{name}", f"{schema}.{name.title()}")
    yield from (f"warehouse.{table}", f'"warehouse"."{schema}"."{name}"', f"{schema}.{name} ")
    yield from (f"{table}{letter}" for letter in ZERO_WIDTH)
    yield from (f"{schema}{letter}.{name}" for letter in ZERO_WIDTH[:4])


#: Where a name may stand; {} is the table.
PLACES = (
    "select * from {}",
    "select * from feature.person join {} as x on true",
    "select (select max(person_id) from {}) as x from feature.person",
    "select person_id from feature.person where exists (select 1 from {})",
    "with a as (with b as (select * from {}) select * from b) select * from a",
    "with feature as (select 1 as x) select * from {}",
    "with person_identity as (select 1 as x) select * from {}",
    "select person_id from feature.person union all select person_id from {}",
    "from {}",
    "unpivot {} on person_id",
    "select * from (unpivot {} on person_id)",
    "pivot {} on person_id using count(*)",
    "select * from feature.person, lateral (select * from {}) as x",
    "table {}",
    "summarize {}",
    "describe {}",
    "select * from (values (1)) as v, {}",
    "select * from {} tablesample 10 rows",
)
#: Each trick of the attack, and more of their kind.
TRICKS = (
    'with "{file}" as (select * from "{file}") select * from "{file}"',
    'with a as (with "{file}" as (select * from "{file}") select * from "{file}") select * from a',
    'with a as (select * from "{file}"), "{file}" as (select 1 as x) select * from a',
    'with recursive "{file}" as (select * from "{file}") select * from "{file}"',
    "select * from '{file}'",
    'select * from "record.csv"',
    "select * from 'record.csv'",
    "select * from 'record.d/../../{file}'",
    'select * from record."{file}"',
    "select * from read_csv('{file}')",
    "select * from read_text('{file}')",
    "select * from \"read_text\"('{file}')",
    "select * from read_blob('{file}')",
    "select * from read_json_auto('{file}')",
    "select * from parquet_scan('{file}')",
    "select * from glob('{file}*')",
    "select * from sniff_csv('{file}')",
    "select * from query('select * from record.person_identity')",
    "select * from query_table('record.person_identity')",
    "select * from query_table(['record.person_identity'])",
    "select * from duckdb_settings()",
    "select * from duckdb_tables()",
    "select * from duckdb_databases()",
    "select * from pragma_table_info('record.person_identity')",
    "select * from information_schema.columns",
    "select * from main.sqlite_master",
    "select * from sqlite_master",
    "select * from pg_catalog.pg_class",
    "select * from 'https://example.invalid/x.csv'",
    'select * from "s3://example.invalid/x.parquet"',
    'select * from "x.xlsx"',
    "select getvariable('x') as x from feature.person",
    "select current_setting('temp_directory') as x from feature.person",
    "select getenv('HOME') as x from feature.person",
    "select nextval('x') as x from feature.person",
    "select 1 as x; copy (select 1) to '{file}.out'",
    "select 1 as x; select * from record.person_identity",
    "copy (select * from record.person_identity) to '{file}.out'",
    "attach '{file}' as other",
    "install httpfs",
    "load httpfs",
    "set enable_external_access = true",
    "pragma database_list",
    "export database '{file}.out'",
    "create table record.x as select 1",
    "insert into record.person_phone values ('1', '2')",
    "delete from record.person_phone",
    "update record.person_phone set phone = '1'",
    "drop table record.person_phone",
    "select * from feature.person for update",
    "select person_id from feature.person where person_id like any ('a', 'b')",
    "select * from record.settlement at (timestamp => now())",
    "select $$x$$ as x, * from record.person_identity",
    "with recursive r as (select 1 as i union all select i + 1 from r) select count(*) as n from r",
    "select " + "(" * 3000 + "1" + ")" * 3000 + " as x",
    "select " + "+".join(["1"] * 3000) + " as x",
    "select 1 as x from feature.person where " + " or ".join(["true"] * 3000),
    "select columns('.*') from record.person_identity",
    "select x.* from (from record.person_phone) as x",
    "select * from a, record.person_identity as a",
    "with a as (select * from b), b as (select 1 as x) select * from a",
)
VARIATIONS = [
    place.format(spelling)
    for number, (table, place) in enumerate(itertools.product(sorted(guard.PERSONAL), PLACES))
    for spelling in itertools.islice(itertools.cycle(spellings(table)), 3 * number, 3 * number + 3)
]


@pytest.fixture(scope="module")
def world(empty_warehouse, tmp_path_factory):
    """The connection that judges, over a record of one person; and a file that nobody may read."""
    folder = tmp_path_factory.mktemp("attack")
    secret = folder / "secret.csv"
    secret.write_text(f"name\n{NAME}\n", encoding="utf-8")
    with duckdb.connect(str(shutil.copy(empty_warehouse, folder / "warehouse.duckdb"))) as con:
        con.execute("insert into record.person_identity (person_id, address) values ('P1', $n)", {"n": NAME})
        con.execute("insert into record.person_phone (person_id, phone) values ('P1', $p)", {"p": PHONE})
        con.execute("insert into record.tip by name select 'T1' as tip_id, $n as content", {"n": NAME})
        con.execute("insert into feature.person (person_id) values ('P1')")
        confined.prepare(con)
        yield con, secret


def test_there_are_enough_of_them():
    assert len(set(VARIATIONS)) >= 200 and len(Counter(VARIATIONS)) > 0.9 * len(VARIATIONS)
    texts = "".join(VARIATIONS)
    assert all(table.split(".")[1] in texts.lower() for table in guard.PERSONAL)
    assert all(letter in texts for letter in ZERO_WIDTH)


def refused(text):
    """Whether the guard refuses a query, in a sentence."""
    try:
        guard.check_foreign(rule.guard.check(text, rule.MAY_READ, rule.BUT_NOT))
    except guard.SqlRefused as error:
        assert str(error) and "\n" not in str(error)[:40]
        return True
    return False


def test_every_variation_is_refused(world):
    passed = [text for text in VARIATIONS if not refused(text)]
    assert passed == []


@pytest.mark.parametrize("trick", TRICKS, ids=range(len(TRICKS)))
def test_every_trick_is_refused(world, trick):
    assert refused(trick.replace("{file}", str(world[1])))


def test_past_the_guard_no_file_and_no_name_is_to_be_had(world):
    con, secret = world
    leaked = []
    for text in (*TRICKS, *VARIATIONS):
        sql = text.replace("{file}", str(secret))
        # the full path, which names the warehouse, is for the guard alone to refuse: the engine has no users
        if "warehouse" in sql.lower().replace(str(secret).lower(), "") or "recursive" in sql:
            continue
        with confined.restored(con):
            con.execute("begin")
            try:
                with confined.inside(con):
                    found = str(con.execute(sql).fetchall())
            except (duckdb.Error, RuntimeError):
                found = ""
            finally:
                con.execute("rollback")
        if NAME in found or PHONE in found or list(secret.parent.glob("*.out*")):
            leaked.append(sql)
    assert leaked == []
    with pytest.raises(duckdb.Error, match="locked"):
        con.execute("set enable_external_access = true")


def test_what_rules_are_written_like_passes(world):
    con, _ = world
    queries = (
        "with person as (select person_id from feature.person) select p.person_id from person as p",
        "with a as (select 1 as x), b as (with a as (select 2 as y) select y from a) select a.x, b.y from a, b",
        "select * from (select 1 as x union all select 2) as u where x in (select y from (values (1)) as v(y))",
        "select s.settlement_id, '；' as mark from record.settlement as s -- record.person_identity is not read\n",
        'select count(*) as "笔数" from feature.settlement as FS where FS.settlement_id is not null',
    )
    for text in queries:
        query = guard.check(text, rule.MAY_READ, rule.BUT_NOT)
        guard.check_foreign(query)
        with confined.inside(con):
            con.execute(query.text).fetchall()


def test_every_rule_that_ships_passes_as_if_people_had_written_it():
    for one in rule.load()[::8]:
        guard.check_foreign(rule.query(one.code))


def test_a_rule_without_end_is_stopped_by_its_time(world):
    con, _ = world
    endless = "select count(*) from range(100000000000) as a(i), range(1000) as b(j) where a.i * b.j % 7 = 3"
    with pytest.raises(confined.TookTooLong, match=r"within 0\.3 seconds"), confined.within(con, 0.3):
        con.execute(endless).fetchall()
    assert con.execute("select 1").fetchall() == [(1,)], "the connection goes on"
    with confined.within(con, 30), pytest.raises(duckdb.ConversionException):
        con.execute("select cast('x' as integer)")


CASE = """## something

feature.settlement

| {header} |
|---|
| S1 |

finds nothing
"""


HEADERS = (
    "settlement_id) values ('S1'); copy (select 1) to '{file}'; insert into feature.settlement (settlement_id",
    "settlement_id\") values ('S1'); copy (select 1) to '{file}'; --",
    "no_such_column",
    "",
    "settlement_id --",
)


def test_a_header_of_a_case_is_a_name_and_nothing_else(tmp_path):
    target = tmp_path / "out"
    for number, header in enumerate(HEADERS):
        path = write(tmp_path, f"rule_{number}")
        path.with_suffix(".md").write_text(CASE.format(header=header.format(file=target)), encoding="utf-8")
    results = trial.run(tmp_path, [ruleset.one(tmp_path, f"rule_{number}") for number in range(len(HEADERS))])
    assert len(results) == len(HEADERS)
    for result in results:
        assert any("has no column" in failure.why for failure in result.failures)
    assert not target.exists()


def test_cases_run_behind_closed_doors():
    bench = Bench()
    with bench.con, pytest.raises(duckdb.Error):
        bench.con.execute("select * from read_text('/etc/hostname')").fetchall()


@pytest.mark.parametrize(
    ("entry", "sentence"),
    [
        ("effective_from = \"2020-01-01', true); copy (select 1) to 'x'; select ...\"", "effective_from is .*a day"),
        ("effective_to = 2020-01-01T00:00:00", "effective_to is .*a day"),
        ("title = 5", "title is 5; it must be text"),
        ('title = "a\\u200bb"', "title holds a character that is not seen"),
        ('official = ["1"]', "official is .*whole numbers"),
        ('exclusions = "none"', "exclusions is 'none'; it must be a list of texts"),
        ("params = [1]", r"params is \[1\]; it must be a table"),
        ("params = { over_amount = 5 }", "over_amount is 5; write"),
        ('params = { "a); drop" = { value = 1 } }', "is no name"),
        ("params = { a = { value = nan } }", "a: value is nan"),
        ("params = { a = { value = 1, unti = 2 } }", "unknown entries: unti"),
        ("strength = 3", "strength is 3; it must be a table"),
        ('strength = { by = "a", halving = "b" }', "halving is 'b'; it must be a number"),
    ],
)
def test_entries_of_a_card_are_of_their_kind(entry, sentence):
    head = template.RULE.partition("/*")[2].partition("[params]")[0]
    name = entry.partition(" ")[0]
    kept = "\n".join(line for line in head.splitlines() if not line.startswith(f"{name} "))
    with pytest.raises(card.CardError, match=sentence):
        card.parse(f"{kept}\n{entry}\n")


def test_every_entry_of_a_card_has_a_kind():
    parts = (card.Card, card.Parameter, card.Strength)
    kinds = [kind for part in parts for kind in get_type_hints(part).values()]
    assert [kind for kind in kinds if kind not in [declared for declared, _, _ in card.KINDS]] == []


def write(home, rule_id="big_bill", status="trial", query=None, **changed):
    """A filled-in rule of HOME; `query` replaces its query."""
    path, _ = template.write(home, rule_id)
    text = path.read_text(encoding="utf-8").replace(template.TO_FILL, "Big bill")
    text = text.replace('status      = "trial"', f'status = "{status}"')
    if query is not None:
        text = text.partition("*/")[0].partition("[params]")[0] + "*/\n" + query
    for old, new in changed.items():
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")
    return path


#: A query that gives every column; {} is its last part.
WHOLE = """select 'hit' as outcome, null as reason, s.settlement_id, null as line_id, s.encounter_id, s.person_id,
    s.institution_id, null as practitioner_id, {} as occurred_on, {} as amount{} from feature.settlement as s"""
#: What only the engine refuses, what the guard refuses, what fails on the data alone, and what has no end.
BROKEN = {
    "column": WHOLE.format("s.settled_onn", "1", ""),
    "table": WHOLE.format("s.settled_on", "1", "").replace("feature.settlement", "feature.nothing"),
    "semicolon": WHOLE.format("s.settled_on", "1", "") + ";",
    "day": WHOLE.format("'no day'", "1", ""),
    "cast": WHOLE.format("s.settled_on", "cast(s.settlement_id as integer)", ""),
    "twice": WHOLE.format("s.settled_on", "1", ", 1 as amount"),
    "deep": WHOLE.format("s.settled_on", "(" * 400 + "1" + ")" * 400, ""),
    "star": WHOLE.format("s.settled_on", "1", ", s.*"),
    "names": "select * from record.person_identity",
    "no_end": WHOLE.format("s.settled_on", "1", "")
    + " where exists (select 1 from record.catalogue_item as a, record.catalogue_item as b, record.catalogue_item as c,"
    " record.catalogue_item as d where concat(a.item_code, b.item_code, c.item_code, d.item_code) = s.settlement_id)",
}


@pytest.fixture
def detect(empty_warehouse, tmp_path, monkeypatch):
    """`fundwatch detect` of a HOME in which only its own rules stand; gives what it said, the outcome, coverage."""
    home = tmp_path / "home"
    home.mkdir()
    shutil.copy(empty_warehouse, home / "warehouse.duckdb")
    settings = Settings(home=home, rule_minutes=0.02)
    with duckdb.connect(str(home / "warehouse.duckdb")) as con:
        con.execute("insert into run.input_file (file_id, file, source_table) values ('F', 'f', 'setl_d')")
        con.execute(
            "insert into feature.settlement (settlement_id, settled_on, institution_id, eligible_amount)"
            " select 'S' || i, date '2025-01-01', 'H1', 2000000 from range(3) as t(i)"
        )
        con.execute("insert into record.settlement (settlement_id, eligible_amount) values ('S1', 2000000)")
        con.execute("insert into record.catalogue_item (item_code) select 'X' || i from range(2000) as t(i)")
        steps.journal.done(con, "features", State(settings, con).record, "")
    monkeypatch.setattr(ruleset.rule, "load", lambda *_, **__: [])
    monkeypatch.setattr(ruleset.detectors, "load", lambda *_, **__: [])

    def act():
        said = []
        outcome = steps.perform(next(s for s in steps.STEPS if s.name == "detect"), settings, said.append)
        with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as con:
            rows = con.sql("select source, hits, reason from model.coverage order by 1").fetchall()
        return said, outcome, rows

    return home, act


def test_broken_rules_on_trial_are_left_out_and_named_and_the_others_judge(detect):
    home, act = detect
    write(home, "a_sound_rule")
    for kind, query in BROKEN.items():
        write(home, f"broken_{kind}", query=query)
    said, outcome, ((_, hits, _), *broken) = act()
    assert hits == 3 and [(name, none) for name, none, _ in broken] == [(f"broken_{k}", 0) for k in sorted(BROKEN)]
    for name, _, reason in broken:
        assert reason.startswith("left out: ") and f"{name}.sql" in reason and "Traceback" not in reason
        assert name in outcome.sentence and any(f"{name}, on trial, is left out" in line for line in said)
    assert act()[1].sentence == "nothing new", "what was left out is not tried again until it changes"


@pytest.mark.parametrize("kind", ["column", "semicolon", "cast", "no_end", "names"])
def test_a_broken_live_rule_stops_the_run_in_one_sentence(detect, kind):
    home, act = detect
    write(home, "broken_rule", status="live", query=BROKEN[kind])
    with pytest.raises(FundwatchError) as caught:
        act()
    text = str(caught.value)
    assert "broken_rule.sql" in text and "Error:\n" not in text and len(text.splitlines()) <= 2


def test_a_mended_rule_and_more_time_are_tried_again(detect):
    home, act = detect
    write(home, "broken_rule", query=BROKEN["cast"])
    act()
    (home / "rules" / "broken_rule.sql").unlink()
    (home / "rules" / "broken_rule.md").unlink()
    write(home, "broken_rule")
    assert act()[2] == [("broken_rule", 3, None)]


def test_a_file_that_is_no_rule_stops_only_if_nothing_says_it_is_on_trial(tmp_path):
    folder = tmp_path / "rules"
    folder.mkdir()
    (folder / "draft.sql").write_text('/*\nstatus = "trial"\ntitle = "\n*/\nselect', encoding="utf-8")
    (draft,) = [s for s in ruleset.ruleset(tmp_path) if s.id == "draft"]
    assert draft.refusal and draft.card.status == "trial"
    with pytest.raises(UsageError, match="not TOML"):
        located.bind(None, draft)
    ruleset.write(tmp_path, {"draft": ruleset.Switch("live", "by hand")}, lambda: None)
    with pytest.raises(UsageError, match=r"draft\.sql"):
        ruleset.ruleset(tmp_path)
    (tmp_path / ruleset.SWITCHES).unlink()
    (folder / "x'); drop.sql").write_text("", encoding="utf-8")
    with pytest.raises(UsageError, match="no rule id"):
        ruleset.ruleset(tmp_path)


def test_a_screened_rule_sees_no_names_and_its_card_is_no_sql(world, tmp_path):
    con, _ = world
    con.execute("create temp table new_settlement (settlement_id varchar, encounter_id varchar)")
    con.execute("insert into new_settlement values ('S9', 'E9')")
    con.execute("insert into feature.settlement (settlement_id, settled_on) values ('S9', date '2025-01-01')")
    con.execute(
        "create temp table screened (source varchar, certainty varchar, outcome varchar, reason varchar,"
        " settlement_id varchar, line_id varchar, encounter_id varchar, person_id varchar, institution_id varchar,"
        " practitioner_id varchar, occurred_on date, amount decimal(16,2), detail varchar)"
    )
    text = WHOLE.format("s.settled_on", "1", ', 2 as "笔 数"')
    one = located.read(write(tmp_path, query=text, **{"window ": "effective_from = 2025-01-01\nwindow "}))
    screening._judge(con, one, 10)
    assert con.sql("select source, detail from screened").fetchall() == [("big_bill", '{"笔 数":2}')]
    spy = replace(one, id="x'); drop table screened; --")
    screening._judge(con, spy, 10)
    assert con.sql("select count(*) from screened").fetchall() == [(2,)]


def test_the_queries_beside_a_lead_are_no_others_statements():
    lead = {"lead_id": "L1", "run_id": "R", "subject_type": "institution"}
    lead["subject_id"] = "H1\ncopy (select 1) to 'x'; --\r\x85\u2028select 2; '"
    text = replay_sql(lead, rule.load()[:2])
    kinds = [s.type for s in duckdb.extract_statements(text)]
    assert kinds == [duckdb.StatementType.SELECT] * 2
    assert text.splitlines()[0].startswith("-- Lead L1") and "\\u000a" in text.splitlines()[0]


def test_a_new_rule_on_a_full_disk_leaves_nothing(tmp_path, monkeypatch):
    calls = []

    def full(path, text):
        calls.append(path)
        if path.suffix == ".sql":
            raise OSError(28, "No space left on device", str(path))
        path.write_text(text, encoding="utf-8")

    monkeypatch.setattr(template.texts, "write_whole", full)
    with pytest.raises(OSError, match="No space"):
        template.write(tmp_path, "big_bill")
    assert len(calls) == 2 and list((tmp_path / "rules").iterdir()) == []


def test_cases_name_what_they_do_not_find():
    bench = Bench()
    with bench.con, pytest.raises(ValueError, match=r"no table feature\.nothing"):
        bench.run(rule.load()[0], Case("x", tables={"feature.nothing": [{"a": "1"}]}))
