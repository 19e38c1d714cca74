"""The guard: one read-only query, its own layer, portable."""

import re

import pytest

from data.warehouse import guard

MAY = frozenset({"record", "feature"})


def test_a_plain_query_passes_and_is_described():
    query = guard.check(
        "with x as (select a, b from feature.t where a > $limit) select a, count(*) as n from x group by a", MAY
    )
    assert query.tables == {"feature.t"}
    assert query.parameters == {"limit"}
    assert query.columns == ("a", "n")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("delete from feature.t", "one select"),
        ("select 1; select 2", "one select"),
        ("select a from model.finding", "reads model.finding"),
        ("select a from t", "reads t"),
        ("select a from truth.scheme_subject", "may read only"),
        ("select a from record.secret", "reads record.secret"),
        ("select a / b from feature.t", "nullif"),
        ("select date_diff('month', a, b) from feature.t", "'day'"),
        ("select dayofweek(a) from feature.t", "no form known"),
        ("select mad(a) from feature.t", "no form known"),
        ("select list(a order by b) from feature.t", "no form known"),
        ("select hash(a) from feature.t", "no form known"),
        ("select quantile_cont(a, 0.5) from feature.t", "cast x to double"),
        ("select date_trunc('week', a) from feature.t", "date_trunc"),
        ("select cast(100 * a as integer) from feature.t", "round"),
        ("select round(a, 2) from feature.t", "cast\\(x as decimal"),
        ("select * from read_csv('x')", "no form known"),
        ("select random() from feature.t", "no form known"),
        ("selec a from feature.t", "line 1"),
    ],
)
def test_anything_else_is_refused(text, why):
    with pytest.raises(guard.SqlRefused, match=why):
        guard.check(text, MAY, but_not=frozenset({"record.secret"}))


def test_a_refusal_says_where():
    with pytest.raises(guard.SqlRefused, match="line 3, column 6"):
        guard.check("select a\n-- model.finding\nfrom model.finding", MAY)


def test_percentiles_are_exact_on_spark():
    said = guard.to_spark("select quantile_cont(cast(a as double), 0.5) as m from feature.t")
    assert "PERCENTILE(CAST(a AS DOUBLE), 0.5)" in said


@pytest.mark.parametrize(
    ("duck", "spark"),
    [
        ("cast(a * b as decimal(16, 2))", "CAST(ROUND((a * b) * 100) / 100 AS DECIMAL(16, 2))"),
        ("cast(a as integer)", "CAST(ROUND(a) AS INT)"),
        ("cast(round(a) as integer)", "CAST(ROUND(a) AS INT)"),
        ("cast(null as decimal(16, 2))", "CAST(NULL AS DECIMAL(16, 2))"),
        ("cast(ceil(a) as varchar)", "CAST(CAST(CEIL(a) AS DOUBLE) AS STRING)"),
        ("cast(date_trunc('month', a) as date)", "CAST(CAST(DATE_TRUNC('MONTH', a) AS TIMESTAMP_NTZ) AS DATE)"),
        (
            "cast(quantile_cont(cast(a as double), 0.5) as decimal(16, 1))",
            "CAST(ROUND((PERCENTILE(CAST(a AS DOUBLE), 0.5)) * 10) / 10 AS DECIMAL(16, 1))",
        ),
    ],
)
def test_what_rounds_otherwise_is_said_otherwise(duck, spark):
    said = guard.to_spark(f"select {duck} as x from feature.t")
    assert re.sub(r"(?<=\() | (?=\))", "", " ".join(said.split())) == f"SELECT {spark} AS x FROM feature.t"
