"""Clean deliveries: everything typed, accounted for, once; anything else refused whole, in one sentence."""

import gzip
import shutil
from decimal import Decimal

import pytest

from data.errors import InputRefused
from data.ingest import Intake, Pseudonyms, ingest
from data.warehouse.connection import open_warehouse


@pytest.fixture
def con(tmp_path):
    with open_warehouse(tmp_path / "home") as con:
        yield con


def all_of(con, query):
    return con.sql(query).fetchall()


def test_rows_are_loaded_with_their_types(con, delivery, clean):
    accounts = ingest(con, delivery(clean))
    assert {a.source_table: (a.rows_in, a.loaded, a.yuan_in) for a in accounts} == {
        "fee_list_d": (2, 2, Decimal("100.00")),
        "mdtrt_d": (2, 2, Decimal("0.00")),
        "setl_d": (2, 2, Decimal("100.00")),
    }
    assert all_of(con, "select typeof(total_amount), typeof(settled_at), typeof(is_refund) from record.settlement")[
        0
    ] == ("DECIMAL(16,2)", "TIMESTAMP", "BOOLEAN")
    assert all_of(con, "select file_id is not null, row_number from record.settlement order by 2") == [
        (True, 1),
        (True, 2),
    ]


def test_the_same_file_twice_loads_nothing(con, delivery, clean):
    folder = delivery(clean)
    ingest(con, folder)
    before = all_of(con, "select * from record.fee_line")
    again = ingest(con, folder)
    assert [(a.loaded, a.duplicate) for a in again] == [(0, 2)] * 3
    assert all_of(con, "select * from record.fee_line") == before


def test_a_gzipped_file_in_a_sub_folder_with_capital_headers(con, delivery, clean):
    folder = delivery(clean)
    (folder / "2025").mkdir()
    text = (folder / "fee_list_d.csv").read_text(encoding="utf-8")
    header, _, rest = text.partition("\n")
    with gzip.open(folder / "2025" / "FEE_LIST_D_202503.csv.gz", "wt", encoding="utf-8") as handle:
        handle.write(header.upper() + "\n" + rest)
    (folder / "fee_list_d.csv").unlink()
    assert {a.file: a.loaded for a in ingest(con, folder)}["2025/FEE_LIST_D_202503.csv.gz"] == 2


def test_a_corrected_row_replaces_and_an_equal_row_does_not(con, delivery, clean, rows):
    ingest(con, delivery(clean))
    clean["setl_d.csv"] = [rows.settlement(1), rows.settlement(2, medfee_sumamt="60.00"), rows.settlement(3)]
    clean["mdtrt_d.csv"].append(rows.encounter(3))
    account = next(a for a in ingest(con, delivery(clean)) if a.source_table == "setl_d")
    assert (account.loaded, account.duplicate, account.replaced) == (1, 1, 1)
    assert (account.yuan_loaded, account.yuan_duplicate, account.yuan_replaced) == (50, 50, 60)
    assert all_of(con, "select settlement_id, total_amount from record.settlement order by 1") == [
        ("S1", 50),
        ("S2", 60),
        ("S3", 50),
    ]


def test_versions_of_a_row_inside_one_file_end_with_the_newest(con, delivery, clean, rows):
    newer = rows.settlement(1, medfee_sumamt="70.00") | {"updt_time": "2025-05-02 00:00:00"}
    clean["setl_d.csv"] = [rows.settlement(1) | {"updt_time": "2025-05-01 00:00:00"}, newer, newer]
    account = next(a for a in ingest(con, delivery(clean)) if a.source_table == "setl_d")
    assert (account.loaded, account.duplicate, account.replaced) == (1, 1, 1)
    assert all_of(con, "select total_amount from record.settlement") == [(70,)]


def test_identities_are_kept_apart(con, delivery, clean, rows):
    clean["setl_d.csv"] = [rows.settlement(1, psn_name="甲乙丙", certno="990101198001010029")]
    ingest(con, delivery(clean))
    assert all_of(con, "select person_id, person_name, id_number from record.person_identity") == [
        ("P1", "甲乙丙", "990101198001010029")
    ]
    columns = all_of(
        con,
        "select column_name from duckdb_columns() where schema_name = 'record' and table_name <> 'person_identity'"
        " and table_name <> 'person_phone' and column_name in ('person_name', 'id_number', 'phone', 'address')",
    )
    assert columns == []


def test_every_telephone_number_given_for_a_person_is_kept_once(con, delivery, clean, rows):
    given = ["13900000001", "13900000009", "", "13900000001"]
    clean["mdtrt_d.csv"] = [rows.encounter(n, psn_no="P1", tel=tel) for n, tel in enumerate(given, start=1)]
    ingest(con, delivery(clean))
    numbers = "select person_id, phone from record.person_phone order by 2"
    assert all_of(con, numbers) == [("P1", "13900000001"), ("P1", "13900000009")]
    clean["mdtrt_d.csv"] = [rows.encounter(7, psn_no="P1", tel="13900000009")]
    ingest(con, delivery(clean))
    assert len(all_of(con, numbers)) == 2


def test_the_registers_extensions_are_taken_where_delivered(con, delivery, clean):
    """Devices under their national or their Chinese names, nurses as one more column of the hospitals."""
    clean["medins_equip_d.csv"] = [
        {"fixmedins_code": "H1", "equip_type": "CT", "equip_cnt": "2", "begndate": "2024-01-01", "enddate": ""}
    ]
    clean["设备台账_2025.csv"] = [{"医疗机构代码": "H1", "设备类型": "血液透析机", "设备数量": "12"}]
    clean["medins_info_b.csv"] = [
        {"medins_code": "H1", "medins_name": "某院", "pro_techstf_psncnt": "90", "nurs_psncnt": "40"}
    ]
    ingest(con, delivery(clean))
    said = all_of(
        con, "select equipment_type, devices, cast(valid_from as varchar), valid_to from record.equipment order by 1"
    )
    assert said == [("CT", 2, "2024-01-01", None), ("血液透析机", 12, None, None)]
    assert all_of(con, "select clinical_staff, nurses from record.hospital") == [(90, 40)]


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda f: shutil.rmtree(f), ["does not exist"]),
        (lambda f: (shutil.rmtree(f), f.write_text("no folder")), ["is a file", "Give the folder"]),
        (
            lambda f: [p.write_text("a,b\n1,2\n") and p.rename(p.with_name("x_" + p.name)) for p in f.iterdir()],
            ["no table"],
        ),
        (lambda f: (f / "mdtrt_d.csv").unlink(), ["indispensable", "mdtrt_d"]),
        (lambda f: replace(f / "setl_d.csv", "medfee_sumamt", "sum"), ["setl_d.csv", "column medfee_sumamt"]),
        (
            lambda f: replace(f / "setl_d.csv", "50.00", "fifty"),
            ["setl_d.csv, data row 1", "medfee_sumamt is not a number"],
        ),
        (lambda f: replace(f / "setl_d.csv", "2025-03-01 10:00:00", "soon"), ["setl_time is not a date and time"]),
        (lambda f: replace(f / "fee_list_d.csv", "L2-1", ""), ["fee_list_d.csv, data row 2", "bkkp_sn is empty"]),
        (
            lambda f: replace(f / "fee_list_d.csv", "L2-1,", "L2-1,more,"),
            ["fee_list_d.csv, data row 2", "the 12 columns"],
        ),
        (lambda f: (f / "setl_d.csv").write_bytes(b"setl_id\0,b\n"), ["setl_d.csv", "NUL bytes"]),
    ],
    ids="folder file tables indispensable column number date key ragged binary".split(),
)
def test_bad_input_is_one_plain_sentence_and_loads_nothing(con, delivery, clean, spoil, words):
    folder = delivery(clean)
    spoil(folder)
    with pytest.raises(InputRefused) as refused:
        ingest(con, folder)
    said = str(refused.value)
    assert all(word in said for word in words), said
    assert "\n" not in said and refused.value.exit_code == 3
    tables = all_of(con, "select table_name from duckdb_tables() where schema_name = 'record'")
    assert sum(all_of(con, f"select count(*) from record.{t}")[0][0] for (t,) in tables) == 0
    assert all_of(con, "select count(*) from run.input_file") == [(0,)]


def replace(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


TIP = {"tip_id": "T1", "recv_date": "2025-03-01", "subject_type": "institution", "subject_id": "H1", "channel": "来信"}


def test_what_a_tip_says_is_kept_and_a_corrected_tip_replaces(con, delivery, clean):
    clean["tip_d.csv"] = [TIP | {"content": "多收费"}]
    ingest(con, delivery(clean))
    clean["tip_d.csv"] = [TIP | {"content": "空挂床"}]
    account = next(a for a in ingest(con, delivery(clean)) if a.source_table == "tip_d")
    assert (account.loaded, account.duplicate, account.replaced) == (0, 0, 1)
    assert all_of(con, "select tip_id, content from record.tip") == [("T1", "空挂床")]


@pytest.mark.parametrize("is_hidden", [False, True], ids=["own numbers", "pseudonyms"])
def test_tips_listed_by_the_name_of_the_place_are_taken_without_codes(con, delivery, clean, tmp_path, is_hidden):
    clean["举报线索.csv"] = [
        {
            "举报编号": "T1",
            "受理时间": "2025年3月1日",
            "被举报单位": "安泽县第一医院",
            "举报渠道": "来信",
            "举报内容": "多收费",
        }
    ]
    ingest(con, delivery(clean), intake=Intake(pseudonyms=Pseudonyms.of(tmp_path) if is_hidden else None))
    query = "select tip_id, cast(received_on as varchar), subject_id, subject_name, channel, content from record.tip"
    assert all_of(con, query) == [("T1", "2025-03-01", None, "安泽县第一医院", "来信", "多收费")]


def test_tips_that_name_neither_codes_nor_places_are_refused(con, delivery, clean):
    clean["tip_d.csv"] = [{"tip_id": "T1", "recv_date": "2025-03-01", "content": "多收费"}]
    with pytest.raises(InputRefused, match="subject_type, subject_id"):
        ingest(con, delivery(clean))


def test_under_pseudonyms_a_tip_or_inspection_about_a_person_names_their_pseudonym(con, delivery, clean, tmp_path):
    clean["tip_d.csv"] = [TIP, TIP | {"tip_id": "T2", "subject_type": "参保人", "subject_id": "P1"}]
    case = {"case_id": "C1", "subject_type": "person", "subject_id": "P1", "insp_date": "2025-01-01", "result": "查实"}
    clean["insp_result_d.csv"] = [case]
    ingest(con, delivery(clean), intake=Intake(pseudonyms=Pseudonyms.of(tmp_path)))
    ((person,),) = all_of(con, "select distinct person_id from record.settlement")
    assert all_of(con, "select subject_id from record.tip order by tip_id") == [("H1",), (person,)]
    assert all_of(con, "select subject_id from record.inspection_result") == [(person,)] != [("P1",)]


def test_tips_loaded_before_their_words_were_kept_are_read_once_more(con, delivery, clean):
    clean["tip_d.csv"] = [TIP | {"content": "多收费"}]
    folder = delivery(clean)
    ingest(con, folder)
    con.execute("update record.tip set content = null")
    con.execute("delete from run.step where step = 'schema'")
    con.execute(  # the schema of now came after that delivery, whatever the clocks said
        "insert into run.step select 'schema', 'x', timestamp '2020-01-01', null, last_number from run.event_counter"
    )
    files = all_of(con, "select file_id from run.input_file order by 1")
    account = next(a for a in ingest(con, folder) if a.source_table == "tip_d")
    assert account.replaced == 1 and all_of(con, "select content from record.tip") == [("多收费",)]
    assert all_of(con, "select file_id from run.input_file order by 1") == files
    account = next(a for a in ingest(con, folder) if a.source_table == "tip_d")
    assert (account.replaced, account.duplicate) == (0, 1)


def test_trace_codes_of_two_bills_with_one_line_number_are_both_kept(con, delivery, clean):
    scan = {"bkkp_sn": "1", "drug_trac_codg": "81084391000000000001", "trdn_flag": "0", "sel_retn_cnt": "1"}
    clean["drug_trac_d.csv"] = [scan | {"mdtrt_id": "E1"}, scan | {"mdtrt_id": "E2", "trdn_flag": "是"}]
    account = next(a for a in ingest(con, delivery(clean)) if a.source_table == "drug_trac_d")
    assert (account.loaded, account.duplicate, account.replaced, account.rejected) == (2, 0, 0, 0)
    rows = "select encounter_id, is_split, cast(quantity as integer) from record.trace_code order by encounter_id"
    assert all_of(con, rows) == [("E1", False, 1), ("E2", True, 1)]


def test_a_pack_taken_back_replaces_its_sale(con, delivery, clean):
    scan = {"mdtrt_id": "E1", "bkkp_sn": "1", "drug_trac_codg": "81084391000000000001"}
    clean["drug_trac_d.csv"] = [scan | {"sel_retn_cnt": "1"}, scan | {"sel_retn_cnt": "-1"}]
    account = next(a for a in ingest(con, delivery(clean)) if a.source_table == "drug_trac_d")
    assert (account.rows_in, account.loaded, account.replaced) == (2, 1, 1)
    assert all_of(con, "select cast(quantity as integer) from record.trace_code") == [(-1,)]


def test_trace_codes_without_encounter_still_load_and_the_same_again_is_a_duplicate(con, delivery, clean, tmp_path):
    clean["drug_trac_d.csv"] = [{"bkkp_sn": "L1", "drug_trac_codg": "81084391000000000001"}]
    ingest(con, delivery(clean))
    clean["drug_trac_d.csv"].append({"bkkp_sn": "L2", "drug_trac_codg": "81084391000000000002"})
    account = next(a for a in ingest(con, delivery(clean)) if a.source_table == "drug_trac_d")
    assert (account.loaded, account.duplicate) == (1, 1)
    assert all_of(con, "select line_id, encounter_id, is_split from record.trace_code order by 1") == [
        ("L1", None, None),
        ("L2", None, None),
    ]
