"""Small made-up worlds of hospital stays for the detectors: one row a stay, everything else follows from it."""

import json
from datetime import date, timedelta

import polars as pl
import pytest

from models import detectors
from tests.features import built

DAY = date(2025, 1, 6)
PLAIN = {
    "department_code": "A03", "was_sent_on": False, "payment_method": "4", "discharge_way": "1", "diagnosis_code": "J44.900",
    "diagnosis_name": "慢阻肺", "chapter": "J", "sex": "1", "age_band": "60", "age_years": 65.0, "stratum": "60|1|J",
    "is_expected": False, "is_ward_day": False, "is_holiday_start": False, "eligible_amount": 4000.0,
    "total_amount": 5000.0, "self_paid_amount": 0.0, "lines": 30, "unsorted_lines": 0, "exam_amount": 1000.0,
    "care_amount": 2500.0, "drug_amount": 1500.0, "exam_kinds": 8, "injections": 3, "is_operated": False,
    "charged_days": 7, "busiest_share": 0.2, "visits_elsewhere": 0, "around_amount": 0.0,
    "own_around_amount": 0.0,
}  # fmt: skip


def facts(stay):
    """What feature.stay says besides of a stay with these columns."""
    way, left, money = stay["payment_method"], stay["discharge_way"], stay["eligible_amount"]
    return {
        "is_bed_day_paid": way == "5",
        "is_case_paid": way in ("2", "3", "4"),
        "is_sent_on": left in ("2", "3"),
        "is_died": left == "5",
        "is_sent_home": left not in ("2", "3", "5"),
        "charged_amount": money,
        "exam_share": stay["exam_amount"] / money,
        "care_share": stay["care_amount"] / money,
    }


class World:
    """A warehouse with institutions and stays; `judge` runs one detector and gives its findings.

    What is added waits until somebody asks the warehouse, and goes in at once, a table each: a statement costs more
    than its rows.
    """

    def __init__(self, con):
        self._con = con
        self._waiting = {}
        self.stays = 0

    @property
    def con(self):
        for table, frames in self._waiting.items():
            self._con.register("given", pl.concat(frames, how="diagonal_relaxed").to_arrow())
            self._con.execute(f"insert into {table} by name select * from given")
            self._con.unregister("given")
        self._waiting.clear()
        return self._con

    def hospitals(self, names, kind="A100", level=2, beds=50, staff=40, ownership="1", pharmacy=False):
        group = "drugstore" if pharmacy else "hospital"
        frame = pl.DataFrame({"institution_id": list(names)})
        self.add("feature.institution", frame, institution_kind=kind, institution_level=level, approved_beds=beds,
                 is_pharmacy=pharmacy, ownership=ownership)  # fmt: skip
        self.add("record.hospital", frame, approved_beds=beds, clinical_staff=staff)
        self.add("feature.institution_peer_group", frame, key_1=f"{group}|{level}|{ownership}",
                 key_2=f"{group}|{level}", key_3=group, key_4="all", breadth=1)  # fmt: skip
        return list(names)

    def stay(self, institution, count=1, start=DAY, every=3, nights=7, persons=None, idle_days=0, **said):
        """`count` stays, one every `every` days, of new persons or of `persons` in turn; gives their ids.

        The last `idle_days` of their charged days have a bed and nothing else.
        """
        stay = PLAIN | said
        first = self.stays
        self.stays += count
        ids = [f"E{first + i:05}" for i in range(count)]
        rows = [
            {
                "encounter_id": e,
                "person_id": persons[i % len(persons)] if persons else f"P{first + i:05}",
                "institution_id": institution,
                "started_on": start + timedelta(days=i * every),
                "ended_on": None if nights is None else start + timedelta(days=i * every + nights),
                "days": nights,
            }
            for i, e in enumerate(ids)
        ]
        frame = pl.DataFrame(rows, schema_overrides={"ended_on": pl.Date, "days": pl.Int64})
        self.add("feature.stay", frame, **(facts(stay) | stay))
        days = frame.select("encounter_id", "institution_id", "started_on").join(
            pl.DataFrame({"number": range(stay["charged_days"])}), how="cross"
        )
        active = pl.when(pl.col("number") < stay["charged_days"] - idle_days).then(100.0).otherwise(0.0)
        days = days.with_columns(active_amount=active, charged_on=pl.col("started_on") + pl.duration(days="number"))
        self.add("feature.stay_day", days.drop("started_on", "number"), is_inside=True, has_bed=True)
        fund = frame.select("encounter_id", "person_id", "institution_id", "started_on").with_columns(
            settlement_id=pl.lit("S") + pl.col("encounter_id"), settled_on="started_on"
        )
        money = {k: stay[k] for k in ("eligible_amount", "total_amount", "payment_method")}
        self.add("feature.settlement", fund, care_setting="inpatient", is_pharmacy=False, fund_rate=0.7, **money)
        self.add("record.settlement", fund.select("settlement_id", "encounter_id", "person_id", "institution_id"))
        return ids

    def lines(self, encounters, item, name, category="04", quantity=1.0, amount=30.0, **said):
        stays = self.con.sql(
            "select encounter_id, person_id, institution_id, started_on, department_code from feature.stay"
        ).pl()
        frame = pl.DataFrame({"encounter_id": list(encounters)}).join(stays, on="encounter_id", maintain_order="left")
        frame = frame.with_columns(
            settlement_id=pl.lit("S") + pl.col("encounter_id"),
            line_id=pl.lit(item + "-") + pl.int_range(pl.len()).cast(pl.String) + pl.col("encounter_id"),
            charged_on="started_on",
        ).drop("started_on")
        values = {"item_code": item, "item_name": name, "fee_category": category, "quantity": quantity,
                  "amount": amount, "eligible_amount": amount, "care_setting": "inpatient", "is_pharmacy": False,
                  "catalogue_type": "201"}  # fmt: skip
        self.add("feature.fee_line", frame, **(values | said))

    def add(self, table, frame, **values):
        """Rows of `frame` with these values more, by name."""
        self._waiting.setdefault(table, []).append(frame.with_columns(**{k: pl.lit(v) for k, v in values.items()}))

    def judge(self, name, **params):
        """(subject, detail, amount) of each finding about institutions; the card's sentences must be filled."""
        built.again(self.con, "encounter_excuse", "institution_posting")
        (one,) = [d for d in detectors.load({name: params}) if d.id == name]
        one.judge(self.con, one.params)
        rows = self.con.sql(
            "select institution_id, detail, amount, occurred_on, practitioner_id from judged where outcome = 'hit'"
            " order by all"
        ).fetchall()
        found = []
        for institution, detail, amount, day, practitioner in rows:
            said = json.loads(detail)
            more = {"amount": amount, "occurred_on": day, "practitioner_id": practitioner}
            for sentence in (one.card.sentence, one.card.sentence_zh):
                assert "None" not in sentence.format(**(more | said)).replace("None元", "")
            found.append((institution, said, float(amount) if amount is not None else None))
        return found

    def cannot(self):
        """reason -> units of what the last detector could not judge."""
        query = "select reason, cast(sum(units) as bigint) from judged where outcome = 'cannot_judge' group by 1"
        return dict(self.con.sql(query).fetchall())

    def clear(self):
        """Units that the last detector judged and found nothing in."""
        return self.con.sql("select coalesce(sum(units), 0) from judged where outcome = 'clear'").fetchall()[0][0]


@pytest.fixture
def world(con):
    return World(con)
