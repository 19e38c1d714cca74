"""One known record in any combination of forms: the same record is found, or a refusal, never something else."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

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


@settings(max_examples=25, **CALM)
@given(CHOICES, st.integers(0, 99))
def test_any_forms_together(con, tmp_path_factory, choice, seed):
    check(con, tmp_path_factory, choice, seed)


@pytest.mark.long
@settings(max_examples=10_000, **CALM)
@given(CHOICES, st.integers(0, 10**6))
def test_many_forms_together(con, tmp_path_factory, choice, seed):
    check(con, tmp_path_factory, choice, seed)
