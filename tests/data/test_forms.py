"""One known record in any combination of forms: the same record is found, or a refusal, never something else."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data.errors import InputRefused
from tests import forms

ALONE = [(kind, name) for kind, of_kind in forms.ALL.items() for name in of_kind]
CHOICES = st.fixed_dictionaries({kind: st.sampled_from(sorted(of_kind)) for kind, of_kind in forms.ALL.items()})
CALM = {"deadline": None, "suppress_health_check": list(HealthCheck), "derandomize": True}


@pytest.fixture(scope="module")
def con():
    with forms.warehouse() as con:
        yield con


@pytest.mark.parametrize(("kind", "name"), ALONE)
def test_each_form_alone_is_read_right(con, tmp_path, kind, name):
    forms.write(tmp_path, {kind: name})
    said = forms.fault(con, tmp_path)
    assert (said or "").startswith(("refused: ", "rejected: ")) if name in forms.REFUSED else said is None


def check(con, folders, choice, seed):
    folder = folders.mktemp("forms")
    forms.write(folder, choice, seed)
    said = forms.fault(con, folder)
    assert forms.is_honest(said), said


@pytest.mark.slow
@settings(max_examples=25, **CALM)
@given(CHOICES, st.integers(0, 99))
def test_any_forms_together(con, tmp_path_factory, choice, seed):
    check(con, tmp_path_factory, choice, seed)


@pytest.mark.long
@settings(max_examples=10_000, **CALM)
@given(CHOICES, st.integers(0, 10**6))
def test_many_forms_together(con, tmp_path_factory, choice, seed):
    check(con, tmp_path_factory, choice, seed)


def told(con, folder, table, name="setl_d.csv", beside=None):
    """What is said while the table is loaded."""
    folder.mkdir()
    (folder / name).write_bytes(forms.written(table))
    for other, text in (beside or {}).items():
        (folder / other).write_text(text)
    said = []
    forms.ingest(con, folder, said.append)
    return "\n".join(said)


def renamed(table, old, new):
    return replace(table, header=[new if c == old else c for c in table.header])


def test_what_a_later_content_lacks_is_said(con, tmp_path):
    table = forms.Table(list(forms.HEADER), [list(r.values()) for r in forms.record()])
    forms.clear(con)
    assert "come again" not in told(con, tmp_path / "a", replace(table, rows=table.rows[:8]), "setl_d_1.csv")
    said = told(con, tmp_path / "b", replace(table, rows=table.rows[:6]), "setl_d_2.csv")
    assert "2 of 8 rows that setl_d_1.csv brought do not come again, and stand as they were" in said
    said = told(con, tmp_path / "c", replace(table, rows=table.rows[7:]), "setl_d_3.csv")
    assert "come again" not in said  # one row of eight is an overlap of two months
    said = told(
        con, tmp_path / "d", renamed(replace(table, rows=table.rows[8:]), "inscp_amt", "符合费用"), "setl_d_4.csv"
    )
    assert "it lacks inscp_amt, which setl_d_3.csv before it had" in said


@pytest.mark.parametrize(
    ("rows", "change", "is_refused"),
    [
        (slice(0, 8), True, True),  # the state of four days earlier
        (slice(0, 8), False, False),  # the same things once more
        (slice(0, 12), True, False),  # the whole time again, corrected
        (slice(2, 4), True, False),  # a correction of two days
        (slice(4, 12), True, False),  # the last days again, corrected
    ],
)
def test_an_older_state_after_a_newer_one_is_refused(con, tmp_path, rows, change, is_refused):
    table = forms.Table(list(forms.HEADER), [list(r.values()) for r in forms.record()])
    forms.clear(con)
    told(con, tmp_path / "a", table, "setl_d_new.csv")
    place = forms.HEADER.index("medfee_sumamt")
    changed = [[v if i != place or not change else "999.00" for i, v in enumerate(r)] for r in table.rows[rows]]
    if not is_refused:
        told(con, tmp_path / "b", replace(table, rows=changed), "setl_d_again.csv")
        return
    with pytest.raises(InputRefused) as refused:
        told(con, tmp_path / "b", replace(table, rows=changed), "setl_d_old.csv")
    assert "setl_d_old.csv ends on 2025-03-08 and seems older than setl_d_new.csv" in str(refused.value)
    assert "--newer" in str(refused.value)
    kept = con.execute("select count(*) from record.settlement where total_amount = 999").fetchall()
    assert kept == [(0,)]


PLACES = "medins_code,medins_name,medins_type\nH51990410098,{},1\nH51990410099,丙,1\nH51990410098,{},1\n"


@pytest.mark.parametrize(("names", "is_said"), [(("甲", "乙"), True), (("甲", "甲"), False)])
def test_rows_of_a_register_that_contradict_each_other_are_said(con, tmp_path, names, is_said):
    table = forms.Table(list(forms.HEADER), [list(r.values()) for r in forms.record()])
    forms.clear(con)
    said = told(con, tmp_path / "a", table, beside={"medins_info_b.csv": PLACES.format(*names)})
    assert ("1 key has several rows that say different things (medins_code, first in data row 1)" in said) == is_said


@pytest.mark.parametrize(
    ("write", "sentence"),
    [
        (lambda v: v.replace(".", ""), "none of the first 60 amounts has parts of a yuan"),
        (lambda v: f"{float(v) / 10000:.6f}", "has parts of a fen in 60 of the first 60 rows"),
        (lambda v: f"{float(v) - 1e-10:.10f}", None),  # a float that was written as it is kept
    ],
)
def test_amounts_in_a_unit_that_nobody_names(con, tmp_path, write, sentence):
    place = forms.HEADER.index("medfee_sumamt")
    rows = [
        [f"{int(v) + 100 * k}" if i < 2 else write(v) if i == place else v for i, v in enumerate(r.values())]
        for k in range(5)
        for r in forms.record()
    ]
    forms.clear(con)
    try:
        said = told(con, tmp_path / "a", forms.Table(list(forms.HEADER), rows))
    except InputRefused as refused:
        said = str(refused)
    assert sentence in said if sentence else "parts of" not in said


@pytest.mark.parametrize(("end", "is_said"), [(b"", True), (b"\n", False), (b"\r\n", False), (b"\n\x1a", False)])
def test_a_last_line_that_does_not_end_is_said(con, tmp_path, end, is_said):
    table = forms.Table(list(forms.HEADER), [list(r.values()) for r in forms.record()])
    (tmp_path / "setl_d.csv").write_bytes(forms.written(table).rstrip(b"\n") + end)
    said = []
    forms.clear(con)
    forms.ingest(con, tmp_path, said.append)
    assert ("its last line does not end" in "\n".join(said)) == is_said
