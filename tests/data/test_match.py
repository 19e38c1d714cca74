"""Lists of other departments: whom they mean, in the words and numbers that offices write; what means nobody is said."""

import pytest

from data.errors import InputRefused
from data.ingest import Intake, Pseudonyms, ingest
from data.warehouse.connection import open_warehouse

CARD, OLD_CARD = "51990119490307103X", "519901490307103"


@pytest.fixture
def con(tmp_path):
    with open_warehouse(tmp_path / "home") as con:
        yield con


@pytest.fixture(params=["plain", "pseudonyms"])
def intake(request, tmp_path):
    (tmp_path / "keys").mkdir()
    return Intake(pseudonyms=Pseudonyms.of(tmp_path / "keys") if request.param == "pseudonyms" else None)


@pytest.fixture
def known(clean, rows):
    """The record's persons: P1 with an identity number, P2 whose number nobody else has, P3 and P4 who share one."""
    clean["setl_d.csv"] = [
        rows.settlement(1, certno=CARD),
        rows.settlement(2, psn_no="P2", certno="519902198001015678"),
        rows.settlement(3, psn_no="P3", certno="519903198001015670"),
        rows.settlement(4, psn_no="P4", certno="519903198001015670"),
    ]
    return clean


def status(kind="死亡", **other):
    return {"stas_type": kind, "begndate": "2025-02-01"} | other


def told(con):
    """Whom the record's statuses are about, as the settlements name them."""
    return con.sql(
        "select distinct s.settlement_id, p.status_type from record.person_status as p"
        " join record.settlement as s on s.person_id = p.person_id order by all"
    ).fetchall()


def unmatched(con):
    return con.sql("select kind, delivered, unmatched from record.list_match order by all").fetchall()


@pytest.mark.parametrize(
    "written",
    [
        CARD,
        OLD_CARD,
        CARD.lower(),
        " 519901 19490307 103x",
        "５１９９０１１９４９０３０７１０３Ｘ",
        "'" + CARD,
        CARD + "\t",
        "P1",
    ],
)
@pytest.mark.parametrize("heading", ["psn_no", "证件号码", "公民身份号码"])
def test_a_list_means_the_person_by_either_number_under_either_heading(con, delivery, known, intake, written, heading):
    if written == "P1" and heading != "psn_no":
        pytest.skip("a person number is no identity number")
    known["psn_status_d.csv"] = [status() | {heading: written}]
    ingest(con, delivery(known), intake=intake)
    assert told(con) == [("S1", "death")]
    assert unmatched(con) == [("death", 1, 0)]


def test_the_person_number_goes_before_the_identity_number_and_both_may_stand(con, delivery, known, intake):
    known["psn_status_d.csv"] = [
        status(psn_no="P2", certno=CARD),
        status("服刑", psn_no="unheard of", certno=CARD.lower()),
    ]
    ingest(con, delivery(known), intake=intake)
    assert told(con) == [("S1", "custody"), ("S2", "death")]


def test_a_number_that_two_persons_share_names_none_of_them(con, delivery, known, intake):
    known["psn_status_d.csv"] = [status(psn_no="519903198001015670")]
    ingest(con, delivery(known), intake=intake)
    assert told(con) == [] and unmatched(con) == [("death", 1, 1)]


def test_a_person_who_comes_later_is_found_then(con, delivery, known, intake, rows, tmp_path):
    late = known["setl_d.csv"].pop(0)
    known["psn_status_d.csv"] = [status(certno=CARD), status(certno="519902198001015678")]
    ingest(con, delivery(known), intake=intake)
    assert told(con) == [("S2", "death")] and unmatched(con) == [("death", 2, 1)]
    ingest(con, delivery({"setl_d.csv": [late]}, tmp_path / "second"), intake=intake)
    assert told(con) == [("S1", "death"), ("S2", "death")] and unmatched(con) == [("death", 2, 0)]


def test_the_same_row_twice_is_a_duplicate_however_it_names_the_person(con, delivery, known, intake, tmp_path):
    known["psn_status_d.csv"] = [status(certno=CARD), status(certno="519999198001010000")]
    ingest(con, delivery(known), intake=intake)
    again = {"psn_status_d.csv": [status(psn_no="P1"), status(psn_no="519999198001010000")]}
    (account,) = ingest(con, delivery(again, tmp_path / "second"), intake=intake)
    assert (account.loaded, account.duplicate, account.replaced) == (0, 2, 0)
    assert unmatched(con) == [("death", 2, 1)]


@pytest.mark.parametrize(
    ("word", "code"),
    [
        ("死亡", "death"),
        ("已死亡/火化", "death"),
        ("死亡（火化）", "death"),
        ("服刑", "custody"),
        ("在押", "custody"),
        ("收监", "custody"),
        ("强制隔离戒毒", "custody"),
        ("羁押、服刑", "custody"),
        ("出境", "overseas"),
        ("出国", "overseas"),
        ("境外", "overseas"),
        ("工伤", "work_injury"),
        ("工伤认定", "work_injury"),
        ("第三方责任", "third_party"),
        ("交通事故", "third_party"),
        ("肇事", "third_party"),
        ("DEATH", "death"),
        ("保外就医", "none"),
    ],
)
def test_the_words_that_offices_write_are_read(con, delivery, known, word, code):
    known["psn_status_d.csv"] = [status(word, psn_no="P1")]
    ingest(con, delivery(known))
    assert con.sql("select status_type from record.person_status").fetchall() == [(code,)]


@pytest.mark.parametrize("word", ["退休", "解除羁押", "死亡/工伤", "死亡（误报）", "99"])
def test_a_word_that_nobody_knows_is_said_by_name_and_spoils_no_other_row(con, delivery, known, word):
    known["psn_status_d.csv"] = [status(word, psn_no="P2"), status("死亡", psn_no="P1")]
    said = []
    ingest(con, delivery(known), said.append)
    assert told(con) == [("S1", "death")]
    ((reason,),) = con.sql("select reason from run.rejected").fetchall()
    assert word in reason and any(word in line and "状态类型" in line for line in said)


def test_a_bureau_s_own_word_is_one_line_of_its_mapping(con, delivery, known, tmp_path):
    own = tmp_path / "mappings"
    own.mkdir()
    (own / "city.csv").write_text("table,name,field,code\npsn_status_d,核减,stas_type,death\n", encoding="utf-8")
    known["psn_status_d.csv"] = [status("核减", psn_no="P1")]
    ingest(con, delivery(known), intake=Intake(dialects=own))
    assert told(con) == [("S1", "death")]


@pytest.mark.parametrize("table", ["tip_d.csv", "insp_result_d.csv"])
def test_tips_and_inspections_mean_persons_by_identity_number_too(con, delivery, known, intake, table):
    row = {"subject_type": "参保人", "recv_date": "2025-01-01", "insp_date": "2025-01-01", "result": "查实"}
    kinds = [
        ("1", CARD, "参保人"),
        ("2", "P2", "个人"),
        ("3", "H1", "医院"),
        ("4", "H9", "医院"),
        ("5", "nobody", "患者"),
    ]
    known[table] = [row | {"tip_id": n, "case_id": n, "subject_id": s, "subject_type": k} for n, s, k in kinds]
    ingest(con, delivery(known), intake=intake)
    target = "tip" if table == "tip_d.csv" else "inspection_result"
    assert con.sql(
        f"select distinct s.settlement_id from record.{target} as t join record.settlement as s on s.person_id ="
        " t.subject_id where t.subject_type = 'person' order by 1"
    ).fetchall() == [("S1",), ("S2",)]
    assert unmatched(con) == [("institution", 2, 1), ("person", 3, 1)]
    shown = {s for (s,) in con.sql(f"select subject_id from record.{target}").fetchall()}
    assert "H1" in shown and CARD not in shown and (intake.pseudonyms is None or "nobody" not in shown)


def test_a_list_without_either_number_is_refused_by_name(con, delivery, known):
    known["psn_status_d.csv"] = [status()]
    with pytest.raises(InputRefused, match=r"psn_status_d\.csv .* lacks the column psn_no"):
        ingest(con, delivery(known))


def test_a_row_without_a_number_is_rejected_and_says_so(con, delivery, known):
    known["psn_status_d.csv"] = [status(certno=CARD if n else "", begndate=f"2025-01-{n + 1:02}") for n in range(25)]
    ingest(con, delivery(known))
    assert con.sql("select field, reason from run.rejected").fetchall() == [("psn_no", "empty, and it names the row")]


def test_the_lists_of_an_earlier_version_are_read_at_the_next_load(con, delivery, known):
    folder = delivery(known)
    ingest(con, folder)
    for who, kind in ((CARD, "死亡"), ("P2", "服刑"), ("519999198001010000", "死亡")):
        con.execute(
            "insert into record.person_status (person_id, status_type, status_from) values (?, ?, '2025-02-01')",
            [who, kind],
        )
    con.execute("insert into run.step values ('feature.person', 'as it was', now(), null, null)")
    ingest(con, folder)
    assert told(con) == [("S1", "death"), ("S2", "custody")]
    assert unmatched(con) == [("custody", 1, 0), ("death", 2, 1)]
    assert con.sql("select 1 from run.step where step = 'feature.person'").fetchall() == []
