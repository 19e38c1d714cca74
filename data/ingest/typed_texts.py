"""SQL of the typed values of a small file's texts, and of what is wrong with each row: one for all forms handed in."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from data.contract.mapping import Field
from data.ingest import normalise


def query(kinds: Mapping[str, str], source: str, sentence: Callable[[str, str, str, str], str], more: str = "") -> str:
    """A query of `source` (row_number and a text a column): row_number, the values, `more`, and `fault`.

    `kinds` is column -> kind of value; `sentence` makes the SQL of a fault from column, kind, the text's name and the
    SQL of its reason. What a day or time means is a step before the rest, as the rest asks for it six times a column,
    and a step per name costs a hundredth of planning the whole text six times. `more` is SQL over texts as `t`.
    """
    fields = {name: Field(name, name, kind, False, False, name) for name, kind in kinds.items()}
    raws = {name: f't."{name}"' for name in kinds}
    moments = {name: normalise.moment(raws[name], field) for name, field in fields.items()}
    values, faults = [], []
    for name, field in fields.items():
        local = f"t.m_{name}" if moments[name] is not None else None
        values.append(f"{normalise.typed(raws[name], field, local)} as v_{name}")
        reason = normalise.fault(raws[name], f"t.v_{name}", field, local)
        if reason is not None:
            faults.append(sentence(name, field.kind, raws[name], reason))
    steps = [f", {sql} as m_{name}" for name, sql in moments.items() if sql is not None]
    return f"""
        with local as (select t.*{"".join(steps)} from {source} as t),
        valued as (select t.*, {", ".join(values)} from local as t)
        select t.row_number, {", ".join(f"t.v_{name} as {name}" for name in kinds)}{more},
            coalesce({", ".join([*faults, "cast(null as varchar)"])}) as fault
        from valued as t order by t.row_number
    """
