"""A rule of definite findings may say of one row that it is only suspected; a row never rises above its card."""

import pytest

from models.sources import rule, source

CARD = """/*
title = "t"
title_zh = "t"
violation = "v"
subjects = ["institution"]
certainty = "{certainty}"
basis = ["b"]
sentence = "{{amount}}"
sentence_zh = "{{amount}}"
*/
select 'hit' as outcome, cast(null as varchar) as reason, settlement_id, line_id, encounter_id, person_id,
    institution_id, practitioner_id, charged_on as occurred_on, eligible_amount as amount,
    case when line_id = '2' then 'suspected' when line_id = '3' then 'definite' end as certainty
from feature.fee_line
"""


@pytest.mark.parametrize(
    ("card", "rows"),
    [("definite", ["definite", "suspected", "definite"]), ("suspected", ["suspected"] * 3)],
)
def test_certainty_of_a_row(con, tmp_path, card, rows):
    path = tmp_path / "made.sql"
    path.write_text(CARD.format(certainty=card), encoding="utf-8")
    con.execute(
        """
        create or replace table feature.settlement as select 'S' as settlement_id, 1.0 as fund_rate;
        create or replace table feature.institution as select 'H' as institution_id, false as is_pharmacy;
        create or replace table feature.fee_line as
        select 'S' as settlement_id, n as line_id, 'E' as encounter_id, 'A' as person_id, 'H' as institution_id,
            'D' as practitioner_id, date '2025-03-01' as charged_on, 1.0 as eligible_amount
        from unnest(['1', '2', '3']) as t(n)
        """
    )
    source.run(con, rule.read(path), "made")
    given = con.sql("select certainty, detail from model.finding order by line_id").fetchall()
    assert [certainty for certainty, _ in given] == rows
    assert all("certainty" not in (detail or "") for _, detail in given), "it is a column of the finding, no detail"


def test_a_row_may_implicate_one_of_the_subjects_alone_and_say_what_the_funds_paid(con, tmp_path):
    path = tmp_path / "made.sql"
    text = CARD.format(certainty="definite").replace('["institution"]', '["institution", "person"]')
    answer = "case when line_id = '1' then 'person' when line_id = '2' then 'institution' end as implicates"
    share = "case when line_id = '3' then cast(0.25 as decimal(16, 2)) end as fund_at_issue"
    path.write_text(text.replace("from feature.fee_line", f", {answer}, {share} from feature.fee_line"), "utf-8")
    con.execute(
        """
        create or replace table feature.settlement as select 'S' as settlement_id, 0.5 as fund_rate;
        create or replace table feature.institution as select 'H' as institution_id, true as is_pharmacy;
        create or replace table feature.fee_line as
        select 'S' as settlement_id, n as line_id, 'E' as encounter_id, 'A' as person_id, 'H' as institution_id,
            'D' as practitioner_id, date '2025-03-01' as charged_on, 1.0 as eligible_amount
        from unnest(['1', '2', '3']) as t(n)
        """
    )
    made = rule.read(path)
    source.run(con, made, "made")
    query = "select subject_type, line_id, fund_amount from model.finding order by line_id, subject_type"
    assert [(kind, line) for kind, line, _ in con.sql(query).fetchall()] == [("person", "1"), ("person", "3")]
    path.write_text(path.read_text("utf-8").replace('["institution", ', '["pharmacy", '), "utf-8")
    source.run(con, rule.read(path), "made")
    rows = [(kind, line, float(fund)) for kind, line, fund in con.sql(query).fetchall()]
    assert rows == [("person", "1", 0.5), ("pharmacy", "2", 0.5), ("person", "3", 0.25), ("pharmacy", "3", 0.25)]
