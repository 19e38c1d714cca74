"""What is given locally, and since when the record would show a person's care."""

import pytest

from features import build

FEATURES = build.load()


@pytest.mark.parametrize(
    ("code", "name", "form", "route", "is_local"),
    [
        ("XD01AC08", "酮康唑乳膏", None, None, True),
        ("XS01AA17", "红霉素眼膏", None, None, True),
        ("XJ01MA14", "莫西沙星滴眼液", None, None, True),
        ("XM01AB01", "吲哚美辛搽剂", None, None, True),
        ("XM01AB05", "双氯芬酸钠", "栓剂", None, True),
        ("XJ01GB01", "妥布霉素注射液", "注射剂", "雾化吸入", True),
        ("XN02AE01", "丁丙诺啡透皮贴剂", "贴剂", None, False),
        ("XC01DA02", "硝酸甘油喷雾剂", "喷雾剂", "舌下", False),
        ("XJ01MA14", "莫西沙星片", "片剂", "口服", False),
        ("T000100001", "益母草膏", None, None, False),
    ],
)
def test_what_is_given_locally(con, code, name, form, route, is_local):
    con.execute(
        "insert into feature.settlement (settlement_id, encounter_id, person_id, fund_rate, started_on, ended_on)"
        " values ('S1', 'E1', 'P1', 0.5, '2025-03-01', '2025-03-01')"
    )
    con.execute(
        "insert into record.fee_line (settlement_id, line_id, encounter_id, charged_at, quantity, unit_price, amount,"
        " eligible_amount, item_code, item_name, dosage_form, route)"
        " values ('S1', '1', 'E1', '2025-03-01', 1, 10, 10, 10, $1, $2, $3, $4)",
        [code, name, form, route],
    )
    found = con.sql(f"select is_local from ({FEATURES['fee_line'].query.text}) as l").fetchall()
    assert found == [(is_local,)]
