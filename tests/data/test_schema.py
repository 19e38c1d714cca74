"""The schema, the mapping and the contract say the same."""

import csv
import re
from pathlib import Path

import duckdb
import pytest

from data.contract import mapping
from data.ingest.normalise import TYPES
from data.warehouse.connection import ddl

CONTRACT = Path(__file__).parents[3] / "shared" / "standard" / "contract.csv"


@pytest.fixture(scope="module")
def columns():
    con = duckdb.connect()
    con.execute(ddl())
    rows = con.sql("select schema_name, table_name, column_name, data_type from duckdb_columns()").fetchall()
    return {(s, t, c): kind.lower() for s, t, c, kind in rows}


def test_every_mapped_field_has_its_typed_column(columns):
    for table in mapping.tables().values():
        for field in table.fields:
            if not field.is_personal:
                kind = columns["record", table.target, field.column]
                assert kind == TYPES.get(field.kind, "varchar"), (table.target, field.column)


def test_every_column_of_the_schema_is_commented_or_explained():
    text = ddl()
    for match in re.finditer(r"create table if not exists (record\.\w+) \((.*?)\n\);", text, re.DOTALL):
        for line in match[2].strip().splitlines():
            assert "--" in line, f"{match[1]}: {line.strip()}"


def test_keys_are_columns_of_their_table():
    for table in mapping.tables().values():
        assert set(table.key) <= {f.column for f in table.fields}, table.source


@pytest.mark.skipif(not CONTRACT.exists(), reason="the contract is not here")
def test_the_mapping_is_the_contract():
    with CONTRACT.open(encoding="utf-8") as handle:
        wanted = {(r["table"], r["field"]): (r["field_required"], r["field_zh"]) for r in csv.DictReader(handle)}
    have = {
        (t.source, f.source): ("1" if f.is_required else "0", f.name_zh)
        for t in mapping.tables().values()
        for f in t.fields
    }
    assert wanted.items() <= have.items()  # extensions of our own come on top
    assert {t for t, _ in have.keys() - wanted.keys()} == {
        "setl_d",
        "mdtrt_d",
        "fee_list_d",
        "mdcs_fund_setl_list_oprn_d",
        "mdcs_fund_setl_list_scs_d",
        "mdcs_fund_setl_list_d",
        "drord_d",
        "rx_d",
        "stock_d",
        "medins_info_b",
        "medins_equip_d",
        "psn_status_d",
        "tip_d",
        "drug_trac_d",
        "ltc_serv_d",
        "acct_inc_detl_d",
        "fmly_sign_serv_d",
        "vbp_agre_d",
        "drug_purc_d",
        "drg_grp_d",
        "outmed_setl_d",
    }
