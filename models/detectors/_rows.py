"""The columns of `judged` that a detector of institutions as a whole does not fill."""

from __future__ import annotations

#: After outcome and reason: nothing but the institution.
PLACE = (
    "cast(null as varchar) as settlement_id, cast(null as varchar) as line_id, cast(null as varchar) as encounter_id,"
    " cast(null as varchar) as person_id, institution_id"
)

#: A row that only counts: `{count}` things of one outcome and reason.
COUNTED = "null, null, null, null, null, null, cast(null as date), cast(null as decimal(16, 2)), null, null, null, null"
