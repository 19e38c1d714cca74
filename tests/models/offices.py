"""A small world for the casebook's tests: places, persons, a year of bills, and a source that finds what it is told to."""

from data.knowledge import load as knowledge_load
from data.warehouse.connection import open_warehouse
from features import build
from flows.home import audit_log, audit_states
from models.ranking.rank import rank
from models.sources.card import make
from models.sources.source import Source, run

CARD = {
    "title": "Title", "title_zh": "标题", "violation": "v", "sentence": "s", "sentence_zh": "s", "basis": ["clause"],
    "subjects": ["institution"], "certainty": "suspected",
}  # fmt: skip


def make_home(home):
    """HOME of four hospitals, two drugstores and six persons with ten bills each over 2025, features built."""
    with open_warehouse(home) as con:
        knowledge_load.load(con)
        con.execute(
            """
            insert into record.hospital (institution_id, institution_name) values
                ('H1', '安泽县第一人民医院'), ('H2', '安泽县中医医院'), ('H3', '康宁医院'), ('H4', '城关镇卫生院')
            """
        )
        con.execute(
            "insert into record.pharmacy (institution_id, institution_name) values ('Y1', '百信大药房'), ('Y2', '仁和大药房')"
        )
        con.execute(
            """
            insert into record.settlement (settlement_id, encounter_id, person_id, institution_id, started_on,
                ended_on, settled_at, medical_category, total_amount, eligible_amount, fund_amount)
            select 'S' || i, 'E' || i, 'P' || (i % 6), 'H' || (1 + i % 4), date '2025-01-05' + cast(6 * i as integer),
                date '2025-01-05' + cast(6 * i as integer),
                timestamp '2025-01-05 10:00:00' + to_days(cast(6 * i as integer)), '11', 100, 80, 40
            from range(60) as t(i)
            """
        )
        con.execute(
            """
            insert into record.fee_line (line_id, encounter_id, settlement_id, person_id, institution_id, charged_at,
                item_code, quantity, unit_price, amount, eligible_amount)
            select 'L' || i, 'E' || i, 'S' || i, 'P' || (i % 6), 'H' || (1 + i % 4),
                timestamp '2025-01-05 10:00:00' + to_days(cast(6 * i as integer)), 'X', 1, 100, 100, 80
            from range(60) as t(i)
            """
        )
        con.execute(
            "insert into record.person_identity (person_id, id_number, id_key) values ('P1', '519925194901265317', '519925194901265317')"
        )
        build.build(con, "test")
    return home


def past_the_log(home):
    """What the commands of a test changed of the casebook without a line of the audit log that says so."""
    with open_warehouse(home, read_only=True) as con:
        states = audit_states.now(home, con)
        anchored = {n for (n,) in con.execute("select entries from run.audit_head").fetchall()}
    return audit_states.announced(audit_log.read(home).entries, states, anchored)[1]


def source(where, name="a", problem=(), amount=40):
    """A source that finds every bill that `where` picks."""

    def judge(con, params):
        con.execute(
            f"""
            insert into judged by name
            select 'hit' as outcome, null as reason, settlement_id, line_id, encounter_id, person_id, institution_id,
                null as practitioner_id, charged_on as occurred_on, cast({amount} as decimal(16,2)) as amount,
                cast(null as varchar) as detail, cast(null as varchar) as part, cast(null as double) as weight,
                cast(null as varchar) as group_key, 1 as units
            from feature.fee_line where {where}
            """
        )

    return Source(name, "rule", make(CARD | {"family": name, "problem": list(problem)}), {}, where + str(amount), judge)


def ranked(con, run_id, *sources):
    """Judge and rank; gives subject -> lead id."""
    for one in sources:
        run(con, one, "x")
    rank(con, sources, run_id)
    return dict(con.sql("select subject_id, lead_id from model.lead").fetchall())
