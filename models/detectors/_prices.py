"""What the price detectors share: the peers' median without oneself, and hits as the lines above a price."""

from __future__ import annotations

import duckdb

#: A drug line's national code: what its catalogue code is, else its item code.
PRODUCT = (
    "case when l.catalogue_code in (select product_code from feature.drug_product) then l.catalogue_code"
    " else l.item_code end"
)


def others(source: str, keys: str, value: str) -> str:
    """A query: the rows of table `source` with `others`, how many other rows share `keys`, `usual`, the median of their
    `value`, and `spread`, the robust deviation of the logarithms of all. Rows need institution_id and value > 0."""
    return f"""
        with ordered as (
            select *, row_number() over (partition by {keys} order by {value}, institution_id) - 1 as place
            from {source}
        ),
        held as (
            select {keys}, list({value} order by {value}, institution_id) as held, count(*) - 1 as others,
                1.4826 * mad(ln({value})) as spread
            from {source} group by {keys}
        ),
        half as (
            select o.*, h.held, h.others, h.spread, (h.others - 1) // 2 as low, h.others // 2 as high
            from ordered as o join held as h using ({keys})
        )
        select * exclude (held, low, high, place),
            case when others > 0 then
                (held[1 + low + cast(low >= place as integer)] + held[1 + high + cast(high >= place as integer)]) / 2
            end as usual
        from half
    """


def lines(con: duckdb.DuckDBPyConnection, key: str = PRODUCT, column: str = "product_code") -> None:
    """Add to `judged` the lines above the price allowed them, from the temporary table price_hit.

    price_hit has institution_id, the key's `column`, allowed (yuan a unit: what is beyond is at issue), above
    (only lines dearer than that), from_on (a day or null), part, weight and facts (JSON). A hit's units are 1 on its
    first line and 0 on the others, so that units are rows of price_hit.
    """
    con.execute(
        f"""
        insert into judged by name
        with above as (
            select l.settlement_id, l.line_id, l.encounter_id, l.person_id, l.institution_id, l.practitioner_id,
                l.charged_on as occurred_on, h.{column}, h.part, h.weight, h.facts, l.item_name,
                cast(l.unit_price as double) as unit_price, cast(l.quantity as double) as quantity,
                cast(round(least(
                    cast(l.eligible_amount as double),
                    (cast(l.unit_price as double) - h.allowed) * cast(l.quantity as double)
                        - cast(coalesce(l.over_limit_amount, 0) as double)
                ), 2) as decimal(16, 2)) as amount
            from feature.fee_line as l
            join price_hit as h on h.institution_id = l.institution_id and h.{column} = {key}
                and l.charged_on >= coalesce(h.from_on, l.charged_on)
            where l.eligible_amount > 0 and l.quantity > 0
                and cast(l.unit_price as double) > greatest(h.allowed, h.above)
        )
        select 'hit' as outcome, * exclude ({column}, facts, item_name, unit_price, quantity),
            cast(json_merge_patch(facts, to_json(struct_pack(
                item_name := item_name, unit_price := unit_price, quantity := quantity
            ))) as varchar) as detail,
            cast(row_number() over (
                partition by institution_id, {column}, part order by occurred_on, settlement_id, line_id
            ) = 1 as bigint) as units
        from above where amount >= 0.01
        """
    )
    con.execute("drop table price_hit")
