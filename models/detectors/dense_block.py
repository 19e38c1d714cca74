"""Groups of persons who collect the same drugs at the same many places: blocks too dense for chance."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import duckdb

from models import card
from models.detectors import _judged

if TYPE_CHECKING:
    import polars as pl

PARTS = ("models.detectors._judged", "models.detectors._dense")

#: group_key of this detector's groups, so that it replaces its own and nobody else's.
PREFIX = "dense-"

CARD = card.make(
    {
        "title": "Persons who collect the same drugs at the same many places",
        "title_zh": "多人在相同多家机构取同样药品（稠密团块）",
        "violation": "drug_resale_group",
        "family": "ring",
        "subjects": ["group", "person"],
        "certainty": "suspected",
        "sentence": "{members} persons collected the same {drugs} drugs at the same {places} places; {filled}% of all"
        " combinations occur; density {density} where shuffled places reach at most {by_chance} in {runs} runs over"
        " {peers} persons; here {drug} on {occurred_on}, {amount} yuan",
        "sentence_zh": "{members}人在同样{places}家机构取同样{drugs}种药品，组合出现率{filled}%；密度{density}，"
        "{peers}人随机置换{runs}次最高仅{by_chance}；本条{occurred_on}“{drug}”{amount}元",
        "basis": [
            "《医疗保障基金使用监督管理条例》第十七条、第四十一条：转卖药品",
            "国家医保局医保药品倒卖模型；筛查模型 C09、C11",
        ],
        "scope": ["outpatient", "chronic", "drugstore"],
        "window": "the whole delivered window",
        "needs": ["record.fee_line.item_code"],
        "params": {
            "min_members": {"value": 4, "unit": "persons", "meaning": "least persons of a block"},
            "min_places": {"value": 3, "unit": "places", "meaning": "least places of a block"},
            "min_drugs": {"value": 2, "unit": "drugs", "meaning": "least drugs of a block"},
            "min_drug_places": {
                "value": 3,
                "unit": "places",
                "meaning": "least places from which a member has one drug: two are a prescriber's and a store",
            },
            "min_own_places": {
                "value": 3,
                "unit": "places",
                "meaning": "least places of the block at which a member collected; others are left out",
            },
            "min_own_share": {
                "value": 0.4,
                "unit": "share",
                "meaning": "least share of the block's combinations that a member has; others are left out",
            },
            "times_chance": {"value": 1.2, "unit": "x", "meaning": "least density to that of the densest by chance"},
            "max_blocks": {"value": 5, "unit": "blocks", "meaning": "looked for at most"},
            "runs": {"value": 9, "min": 1, "unit": "runs", "meaning": "times the places are dealt to other persons"},
            "seed": {"value": 20250101, "meaning": "of dealing"},
        },
        "exclusions": [
            "a drug that a person has from fewer than {min_drug_places:place}",
            "popular drugs and busy places: a combination counts less the more persons have it",
            "busy places, and patients with the same diseases: the shuffled runs have both",
            "groups of fewer than {min_members:person}, at fewer than {min_places:place}",
        ],
        "exclusions_zh": [
            "参保人取得某药品的机构少于 {min_drug_places} 家",
            "常用药品和繁忙机构：拥有某组合的人越多，其权重越低",
            "繁忙机构及同病参保人：随机置换中同样存在",
            "少于 {min_members} 人、少于 {min_places} 家机构的群体",
        ],
        "limits": "Neighbours who share places raise the density a little everywhere (by a tenth in made-up towns),"
        " which the margin of {times_chance} times chance allows for. A village whose chronically ill"
        " follow one doctor through the same places would look alike. Members who share drugs but"
        " each go elsewhere are left to the detector of professional buyers.",
        "limits_zh": "共用机构的邻里会使密度普遍略高（模拟城镇约高一成），故须达随机水平的 {times_chance} 倍。"
        "同村慢性病参保人随同一医师去相同机构也会呈现相同情形。成员药品相同但各去不同机构的，"
        "由“多机构高频开取易倒卖药品”模型判断。",
    }
)


def judge(con: duckdb.DuckDBPyConnection, params: Mapping[str, Any]) -> None:
    """One hit a fee line of a member in its block; fills model.group_member. Units are drug lines."""
    import polars as pl

    from models.detectors import _dense

    frame = con.sql(_COLLECTED).pl()
    codes = {c: frame[c].rank("dense").cast(pl.Int64).to_numpy() - 1 for c in ("person_id", "drug", "institution_id")}
    person, drug, place = codes["person_id"], codes["drug"], codes["institution_id"]
    edge, column = _dense.several_places(person, drug, place, int(params["min_drug_places"]))
    _judged.empty(con)
    con.execute("delete from model.group_member where starts_with(group_key, $p)", {"p": PREFIX})
    everyone = frame["person_id"].n_unique()
    places = int(place.max(initial=0)) + 1
    chance = max(_dense.by_chance(edge, column, places, int(params["runs"]), int(params["seed"])))
    names = {c: frame[c].unique().sort() for c in ("person_id", "drug", "institution_id")}
    bar = params["times_chance"] * max(chance, 1e-9)
    blocks = [_none()]
    for _ in range(int(params["max_blocks"])):
        block = _dense.densest(edge, column, _dense.weights(column))
        if block.density < bar:
            break
        for part in (p for p in _dense.parts(edge, column, block) if p.density >= bar):
            pairs = _pairs(edge, column, part.persons, part.columns, names, places)
            blocks.append(_members(pairs.with_columns(density=pl.lit(round(part.density, 2))), params))
        kept = ~_in(edge, block.persons)
        edge, column = edge[kept], column[kept]
    found = pl.concat(blocks)
    if found.height:
        con.register("dense_found", found.to_arrow())
        con.execute(_HITS, {"chance": round(chance, 2), "runs": int(params["runs"]), "peers": everyone})
        con.execute(_GROUP)
        con.unregister("dense_found")
    hits = _judged.number(con, "select count(*) from judged")
    _judged.count(con, _judged.number(con, _LINES) - hits)


def _in(codes: Any, wanted: Any) -> Any:
    import numpy as np

    return np.isin(codes, wanted)


def _pairs(
    edge: Any, column: Any, persons: Any, columns: Any, names: Mapping[str, pl.Series], places: int
) -> pl.DataFrame:
    """The block's edges by name: person_id, drug, institution_id."""
    import polars as pl

    inside = _in(edge, persons) & _in(column, columns)
    return pl.DataFrame(
        {
            "person_id": names["person_id"].gather(edge[inside].tolist()),
            "drug": names["drug"].gather((column[inside] // places).tolist()),
            "institution_id": names["institution_id"].gather((column[inside] % places).tolist()),
        }
    )


def _members(block: pl.DataFrame, params: Mapping[str, Any]) -> pl.DataFrame:
    """The block without those who share too few of its places, named and measured; no row where too little stays."""
    import polars as pl

    columns = block.select("drug", "institution_id").n_unique()
    own = block.group_by("person_id").agg(own_places=pl.col("institution_id").n_unique(), edges=pl.len())
    enough = (pl.col("own_places") >= params["min_own_places"]) & (pl.col("edges") >= params["min_own_share"] * columns)
    block = block.join(own.filter(enough), on="person_id", how="semi")
    members, places, drugs = (block[c].n_unique() for c in ("person_id", "institution_id", "drug"))
    if members < params["min_members"] or places < params["min_places"] or drugs < params["min_drugs"]:
        return _none()
    columns = block.select("drug", "institution_id").n_unique()
    key = PREFIX + hashlib.sha256(";".join(block["person_id"].unique().sort()).encode()).hexdigest()[:12]
    return block.with_columns(
        group_key=pl.lit(key), members=pl.lit(members, pl.Int32), places=pl.lit(places, pl.Int32),
        drugs=pl.lit(drugs, pl.Int32), filled=pl.lit(round(100 * block.height / (members * columns), 1)),
    )  # fmt: skip


def _none() -> pl.DataFrame:
    import polars as pl

    return pl.DataFrame(
        schema={
            "person_id": pl.String, "drug": pl.String, "institution_id": pl.String, "density": pl.Float64,
            "group_key": pl.String, "members": pl.Int32, "places": pl.Int32, "drugs": pl.Int32, "filled": pl.Float64,
        }
    )  # fmt: skip


_LINES = """
    select count(*) from feature.fee_line
    where catalogue_type = '101' and eligible_amount > 0 and person_id is not null and item_name is not null
        and institution_id is not null and care_setting in ('outpatient', 'chronic', 'drugstore')
"""

#: Who collected which drug where, outside hospital stays.
_COLLECTED = """
    select distinct person_id, item_name as drug, institution_id
    from feature.fee_line
    where catalogue_type = '101' and eligible_amount > 0 and person_id is not null and item_name is not null
        and institution_id is not null and care_setting in ('outpatient', 'chronic', 'drugstore')
    order by person_id, drug, institution_id
"""

_HITS = """
    insert into judged by name
    select 'hit' as outcome, l.settlement_id, l.line_id, l.encounter_id, l.person_id, l.institution_id,
        l.practitioner_id, l.charged_on as occurred_on, l.eligible_amount as amount, f.group_key,
        f.group_key as part, 1 as units, round(greatest(0.5, 1 - $chance / f.density), 4) as weight,
        cast(to_json(struct_pack(members := f.members, places := f.places, drugs := f.drugs, filled := f.filled,
            density := f.density, by_chance := $chance, runs := $runs, peers := $peers, group_key := f.group_key,
            drug := f.drug, occurred_on := l.charged_on, amount := l.eligible_amount)) as varchar) as detail
    from dense_found as f
    join feature.fee_line as l on l.person_id = f.person_id and l.item_name = f.drug
        and l.institution_id = f.institution_id
    where l.catalogue_type = '101' and l.eligible_amount > 0
        and l.care_setting in ('outpatient', 'chronic', 'drugstore')
"""

_GROUP = """
    insert into model.group_member by name
    select f.group_key, f.person_id,
        round(cast(count(distinct f.institution_id) as double) / max(f.places), 4) as share
    from dense_found as f group by f.group_key, f.person_id order by 1, 2
"""
