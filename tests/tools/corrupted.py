"""Make a corrupted delivery of a clean one: `python -m tests.tools.corrupted CLEAN CORRUPTED --seed 1`.

Unlike dirt (tests/tools/dirty.py), corruption changes what the data say, at the source, as hospital systems and their
interfaces do: items mapped to a wrong national code, collecting codes, sexes that contradict the id number,
tablets counted where boxes are usual, lost decimal points, charges posted in bulk, default times, one code for all.
Nobody did anything wrong. Every cell that was spoilt stands in CORRUPTED.ledger.csv: kind, institution, settlement,
line, person, field, before, after. `truth` is copied, so that the lists can be judged afterwards:
`python -m tests.tools.corrupted --compare HOME_OF_CLEAN HOME_OF_CORRUPTED CORRUPTED`.
"""

from __future__ import annotations

import argparse
import gzip
import random
import shutil
from pathlib import Path

import polars as pl

KNOWLEDGE = Path(__file__).parents[2] / "data" / "knowledge" / "tables"
KEYS = ("fixmedins_code", "setl_id", "bkkp_sn", "psn_no")
LEDGER = ("kind", "institution_id", "settlement_id", "line_id", "person_id", "field", "before", "after")
PACK = 24  # tablets of a box
SCATTERED = 60  # single slips of each kind
BUCKETED = 40  # own items that are sent to one collecting code
MISSEXED = 20  # persons


class Export:
    """The tables of a delivery as text, what was spoilt in them, and whom to spoil next."""

    def __init__(self, folder, seed):
        self.tables = {
            p.name.split(".")[0]: pl.read_csv(p, infer_schema=False) for p in sorted(folder.iterdir()) if p.is_file()
        }
        self.files = {p.name.split(".")[0]: p.name for p in sorted(folder.iterdir()) if p.is_file()}
        self.draw = random.Random(seed)
        self.ledger = []
        truth = folder / "truth"
        guilty, lines = [], []
        if truth.is_dir():
            guilty = pl.read_csv(truth / "scheme_subject.csv", infer_schema=False)["subject_id"].to_list()
            lines = pl.read_csv(truth / "scheme_line.csv", infer_schema=False)["line_id"].to_list()
        self.guilty, self.deeds = set(guilty), set(lines)
        self.lines = self.lines.with_columns(row=pl.int_range(pl.len()))

    @property
    def lines(self):
        return self.tables["fee_list_d"]

    @lines.setter
    def lines(self, frame):
        self.tables["fee_list_d"] = frame

    def places(self, guilty=False):
        """Hospitals by their lines, those without any planted deed of their own, or those with."""
        known = self.tables["medins_info_b"]["medins_code"].to_list()
        counted = self.lines.group_by("fixmedins_code").len().sort("len", "fixmedins_code", descending=True)
        return [c for c in counted["fixmedins_code"] if c in known and (c in self.guilty) == guilty]

    def change(self, kind, of, **fields):
        """Write `fields` (expressions) into the lines where `of` holds; what changed goes to the ledger."""
        old = self.lines
        new = old.with_columns(**{f: pl.when(of).then(e).otherwise(pl.col(f)) for f, e in fields.items()})
        for field in fields:
            differs = old[field].fill_null("") != new[field].fill_null("")
            self.note(
                kind,
                old.filter(differs).select(*KEYS, before=field).with_columns(after=new.filter(differs)[field]),
                field,
            )
        self.lines = new

    def note(self, kind, rows, field):
        self.ledger.append(
            rows.select(
                kind=pl.lit(kind),
                institution_id="fixmedins_code",
                settlement_id="setl_id",
                line_id="bkkp_sn",
                person_id="psn_no",
                field=pl.lit(field),
                before=pl.col("before").cast(pl.String),
                after=pl.col("after").cast(pl.String),
            )
        )

    def some(self, of, count=SCATTERED):
        """`count` lines out of those where `of` holds, no planted ones and none that were spoilt before."""
        touched = set(pl.concat(self.ledger)["line_id"]) if self.ledger else set()
        rows = self.lines.filter(of).select("row", "bkkp_sn").rows()
        free = [row for row, line in rows if line not in self.deeds and line not in touched]
        return pl.col("row").is_in(sorted(self.draw.sample(free, min(count, len(free)))))

    def write(self, folder):
        folder.mkdir(parents=True, exist_ok=True)
        self.lines = self.lines.drop("row")
        for name, frame in self.tables.items():
            text = frame.write_csv().encode()
            if self.files[name].endswith(".gz"):
                text = gzip.compress(text, 1, mtime=0)
            (folder / self.files[name]).write_bytes(text)
        pl.concat(self.ledger).select(LEDGER).write_csv(ledger_of(folder))


def ledger_of(folder):
    return folder.with_name(folder.name + ".ledger.csv")


def number(expression, places=2):
    """A computed number as the delivery writes it."""
    return expression.round(places).cast(pl.Decimal(18, places)).cast(pl.String)


def value(field):
    return pl.col(field).cast(pl.Float64, strict=False)


def listed(export, table, named="", catalogue="201"):
    """An item of the town's catalogue that a table of the knowledge restricts."""
    known = pl.read_csv(KNOWLEDGE / f"{table}.csv", infer_schema=False)["item_code"].to_list()
    found = export.tables["hilist_b"].filter(
        pl.col("hilist_code").is_in(known), pl.col("list_type") == catalogue, pl.col("hilist_name").str.contains(named)
    )
    return found.sort("hilist_code").row(0, named=True)


def own_item(export, place, rank=0, catalogue="201", setting=None):
    """Own code of one of the place's commonest items, a test or treatment rather than a bed or a consultation."""
    used = export.lines.filter(
        pl.col("fixmedins_code") == place,
        pl.col("list_type") == catalogue,
        ~pl.col("med_chrgitm_type").is_in(["01", "02", "07"]),
        pl.lit(True) if setting is None else pl.col("med_type").is_in(setting),
    )
    counted = used.group_by("medins_list_codg").len().sort("len", "medins_list_codg", descending=[True, False])
    return counted["medins_list_codg"][min(rank, counted.height - 1)] if counted.height else None


def remap(export, kind, place, own, target, months=(2, 9)):
    """For some months one own item of the place is sent under another item's national code; no item, no slip."""
    if own is None:
        return
    month = pl.col("fee_ocur_time").str.slice(5, 2).cast(pl.Int64)
    export.change(
        kind,
        (pl.col("fixmedins_code") == place)
        & (pl.col("medins_list_codg") == own)
        & month.is_between(*months)
        & (pl.col("hilist_code") != target["hilist_code"]),
        hilist_code=pl.lit(target["hilist_code"]),
        med_list_codg=pl.lit(target["hilist_code"]),
        hilist_name=pl.lit(target["hilist_name"]),
    )


def map_other_sex(export, place):
    remap(export, "map_other_sex", place, own_item(export, place), listed(export, "item_sex", "前列腺|阴道"))


def map_child(export, place):
    own = own_item(export, place, catalogue="101", setting=["11", "14"])
    remap(export, "map_child", place, own, listed(export, "item_age", "小儿", "101"))


def map_daily_limit(export, place):
    own = own_item(export, place, catalogue="101", setting=["21"])
    remap(export, "map_daily_limit", place, own, listed(export, "item_frequency", "动态血压监测"))


def map_higher_level(export, place):
    own = own_item(export, place, 1, catalogue="101", setting=["21"])
    remap(export, "map_higher_level", place, own, listed(export, "item_institution_level", "", "101"))


def map_cheaper(export, place):
    """A test is sent under the code of a cheap one, at its own price; the platform adds the cheap one's limit."""
    limits = export.tables["hilist_lmtpric_d"].with_columns(limit=value("hilist_pric_uplmt_amt"))
    cheap = export.tables["hilist_b"].join(
        limits.filter(pl.col("limit") > 0).group_by("hilist_code").agg(pl.col("limit").max()), on="hilist_code"
    )
    target = cheap.filter(list_type="201", med_chrgitm_type="04").sort("limit", "hilist_code").row(0, named=True)
    remap(export, "map_cheaper", place, own_item(export, place), target)
    spoilt = export.ledger[-1]["line_id"]
    export.change(
        "map_cheaper", pl.col("bkkp_sn").is_in(spoilt.implode()), pric_uplmt_amt=pl.lit(f"{target['limit']:.2f}")
    )


def item_bucket(export, place):
    """Many own items that nobody mapped are sent under one national code."""
    owns = [own_item(export, place, rank) for rank in range(6, 6 + BUCKETED)]
    target = listed(export, "item_frequency", "心电监测")
    export.change(
        "item_bucket",
        (pl.col("fixmedins_code") == place) & pl.col("medins_list_codg").is_in(owns),
        hilist_code=pl.lit(target["hilist_code"]),
        med_list_codg=pl.lit(target["hilist_code"]),
        hilist_name=pl.lit(target["hilist_name"]),
    )


def own_bucket(export, place):
    """The place's system sends a third of its drugs and tests under one own code, 'other'."""
    of = export.some(
        (pl.col("fixmedins_code") == place) & ~pl.col("med_chrgitm_type").is_in(["01", "02", "07"]),
        export.lines.filter(fixmedins_code=place).height // 3,
    )
    export.change("own_bucket", of, medins_list_codg=pl.lit("999999"), medins_list_name=pl.lit("其他"))


def sex_contradicted(export, place):
    """Persons with stays or sex-bound care whose sex is delivered wrongly everywhere; their id number is right."""
    bound = pl.read_csv(KNOWLEDGE / "item_sex.csv", infer_schema=False)["item_code"].to_list()
    seen = export.lines.filter(
        pl.col("hilist_code").is_in(bound) | pl.col("hilist_name").str.contains("子宫|产|阴道|前列腺|妊娠")
    )
    people = [p for p in sorted(set(seen["psn_no"])) if p not in export.guilty]
    chosen = sorted(export.draw.sample(people, min(MISSEXED, len(people))))
    for name in ("psn_info_b", "setl_d", "mdtrt_d"):
        table = export.tables[name]
        hit = pl.col("psn_no").is_in(chosen)
        flipped = table.with_columns(
            gend=pl.when(hit).then(pl.col("gend").replace({"1": "2", "2": "1"})).otherwise("gend")
        )
        if name == "psn_info_b":
            rows = table.filter(hit).select("psn_no", before="gend").with_columns(after=flipped.filter(hit)["gend"])
            rows = rows.with_columns(pl.lit(None, pl.String).alias(k) for k in ("fixmedins_code", "setl_id", "bkkp_sn"))
            export.note("sex_contradicted", rows, "gend")
        export.tables[name] = flipped


def honest(export):
    return pl.col("fixmedins_code").is_in(sorted(export.guilty)).not_()


def drug_boxes():
    return (pl.col("list_type") == "101") & pl.col("med_type").is_in(["11", "14", "41"]) & (value("cnt") <= 6)


def service():
    return (pl.col("list_type") == "201") & (value("pric") >= 5) & (value("cnt") <= 3)


def tablets(export, place):
    """Tablets in place of boxes, the price to match."""
    of = export.some(honest(export) & drug_boxes())
    export.change("tablets", of, cnt=number(value("cnt") * PACK), pric=number(value("pric") / PACK, 4))


def tablets_of_boxes(export, place):
    """Tablets in place of boxes, price and amount left as they were."""
    of = export.some(honest(export) & drug_boxes())
    export.change("tablets_of_boxes", of, cnt=number(value("cnt") * PACK))


def decimal_count(export, place):
    """A lost decimal point: ten times the units, price and amount as they were."""
    of = export.some(honest(export) & service())
    export.change("decimal_count", of, cnt=number(value("cnt") * 10))


def cents(export, place):
    """Prices in cents, the amounts in yuan."""
    of = export.some(honest(export) & service())
    export.change("cents", of, pric=number(value("pric") * 100))


def decimal_amount(export, place):
    """A lost decimal point in the amounts of a line; the settlement is as it was."""
    of = export.some(honest(export) & service() & pl.col("det_item_fee_sumamt").is_not_null())
    export.change(
        "decimal_amount",
        of,
        det_item_fee_sumamt=number(value("det_item_fee_sumamt") * 10),
        inscp_amt=number(value("inscp_amt") * 10),
    )


def bulk_month(export, place):
    """Everything charged in two months is posted in one second of the month's last day."""
    for day in ("2025-04-30", "2025-05-31"):
        export.change(
            "bulk_month",
            (pl.col("fixmedins_code") == place) & (pl.col("fee_ocur_time").str.slice(0, 7) == day[:7]),
            fee_ocur_time=pl.lit(f"{day} 23:30:00"),
        )


def bulk_stay(export, place):
    """All lines of a stay are posted when it ends."""
    end = export.tables["mdtrt_d"].filter(med_type="21").select("mdtrt_id", posted="endtime")
    export.lines = export.lines.join(end, on="mdtrt_id", how="left", maintain_order="left")
    export.change(
        "bulk_stay",
        (pl.col("fixmedins_code") == place) & pl.col("posted").is_not_null() & (pl.col("posted") != ""),
        fee_ocur_time=pl.col("posted"),
    )
    export.lines = export.lines.drop("posted")


def midnight(export, place):
    """Times of day are not kept."""
    of = pl.col("fixmedins_code") == place
    export.change("midnight", of, fee_ocur_time=pl.col("fee_ocur_time").str.slice(0, 10) + " 00:00:00")
    for table, fields in (("mdtrt_d", ("begntime", "endtime")), ("setl_d", ("setl_time",))):
        export.tables[table] = export.tables[table].with_columns(
            pl.when(of).then(pl.col(f).str.slice(0, 10) + " 00:00:00").otherwise(f).alias(f) for f in fields
        )


def one_practitioner(export, place):
    """The interface puts the director's code on every line and visit."""
    of = pl.col("fixmedins_code") == place
    who = export.lines.filter(of)["bilg_dr_code"].drop_nulls()[0]
    export.change("one_practitioner", of, bilg_dr_code=pl.lit(who), acord_dr_code=pl.lit(who))
    export.tables["mdtrt_d"] = export.tables["mdtrt_d"].with_columns(
        chfpdr_code=pl.when(of).then(pl.lit(who)).otherwise("chfpdr_code")
    )


def one_department(export, place):
    """The interface puts one department on every line and visit."""
    of = pl.col("fixmedins_code") == place
    where = export.lines.filter(of)["bilg_dept_codg"].drop_nulls()[0]
    export.change("one_department", of, bilg_dept_codg=pl.lit(where), acord_dept_codg=pl.lit(where))
    export.tables["mdtrt_d"] = export.tables["mdtrt_d"].with_columns(
        adm_dept_codg=pl.when(of).then(pl.lit(where)).otherwise("adm_dept_codg"),
        dscg_dept_codg=pl.when(of & (pl.col("dscg_dept_codg") != "")).then(pl.lit(where)).otherwise("dscg_dept_codg"),
    )


# The larger the place the earlier the kind: each takes the next hospital, the first one again after the last.
KINDS = (
    bulk_stay, map_other_sex, map_child, map_cheaper, item_bucket, one_practitioner, bulk_month, midnight, own_bucket,
    map_daily_limit, map_higher_level, one_department, sex_contradicted, tablets, tablets_of_boxes, decimal_count,
    cents, decimal_amount,
)  # fmt: skip


def corrupt(clean, corrupted, seed=1, guilty=False, kinds=KINDS):
    """Write the corrupted delivery and its ledger; returns {kind: cells spoilt}."""
    export = Export(clean, seed)
    places = export.places(guilty)[: len(kinds)]
    for number_of, kind in enumerate(kinds):
        kind(export, places[number_of % len(places)])
    export.write(corrupted)
    if (clean / "truth").is_dir():
        shutil.copytree(clean / "truth", corrupted / "truth", dirs_exist_ok=True)
    return dict(pl.concat(export.ledger).group_by("kind", maintain_order=True).len().rows())


def run_of(home):
    return next(p for p in sorted((home / "runs").iterdir(), reverse=True) if p.is_dir())


def lists_of(run):
    """Every lead: type, id, tier, sources."""
    frames = [
        pl.read_csv(run / f"watchlist_{kind}.csv", infer_schema=False)
        .select("subject_type", pl.col("subject_id").str.strip_chars_end("\t"), "tier", "score", "rules")
        for kind in ("institution", "pharmacy", "practitioner", "person", "group")
    ]  # fmt: skip
    return pl.concat(frames)


def implicated(findings, spoilt):
    """The findings that may come of what was spoilt: on the line, or about the person, or the place and its stays."""
    line = findings.join(
        spoilt.select("settlement_id", "line_id").drop_nulls().unique(), on=["settlement_id", "line_id"], how="semi"
    )
    settlements = spoilt.select("settlement_id").drop_nulls().unique()
    whole = findings.filter(pl.col("line_id").is_null()).join(settlements, on="settlement_id", how="semi")
    person = findings.join(
        spoilt.filter(pl.col("line_id").is_null()).select("person_id").unique(), on="person_id", how="semi"
    )
    places = spoilt.select("institution_id").drop_nulls().unique()
    place = findings.filter(pl.col("settlement_id").is_null()).join(places, on="institution_id", how="semi")
    return pl.concat([line, whole, person, place]).unique("finding_id")


def compare(clean, corrupted, folder):
    """What the corrupted run made of what was spoilt; gives (per kind, false leads, lost leads, over-claimed)."""
    ledger = pl.read_csv(ledger_of(folder), infer_schema=False)
    before, after = (pl.read_parquet(run_of(h) / "findings.parquet") for h in (clean, corrupted))
    live = pl.read_csv(run_of(corrupted) / "coverage.csv", infer_schema=False).filter(status="live")["source"]
    after = after.with_columns(is_live=pl.col("source").is_in(live.implode()))
    new = after.join(before, on="finding_id", how="anti")
    rows = []
    for (kind,), spoilt in ledger.group_by("kind", maintain_order=True):
        came = implicated(new, spoilt)
        named = came.filter(outcome="artefact")
        hits = came.filter(outcome="hit", is_live=True)
        rows.append(
            {
                "kind": kind,
                "cells": spoilt.height,
                "new": came.height,
                "named": named.height,
                "live_new": came.filter("is_live").height,
                "live_left": hits.height,
                "left_by": ", ".join(
                    f"{s} {n}" for s, n in hits.group_by("source").len().sort("len", "source", descending=True).rows()
                ),
            }
        )
    planted = (
        pl.read_csv(folder / "truth" / "scheme_subject.csv", infer_schema=False)
        .select("subject_type", "subject_id")
        .unique()
    )
    old, now = lists_of(run_of(clean)), lists_of(run_of(corrupted))
    who = ["subject_type", "subject_id"]
    top = pl.col("tier").is_in(["A", "B"])
    false = now.filter(top).join(old.filter(top), on=who, how="anti").join(planted, on=who, how="anti")
    lost = old.filter(top).join(planted, on=who, how="semi").join(now.filter(top), on=who, how="anti")
    spoilt_lines = ledger.select("settlement_id", "line_id").drop_nulls().unique()
    deeds = (
        pl.read_csv(folder / "truth" / "scheme_line.csv", infer_schema=False)
        .select("settlement_id", "line_id")
        .unique()
    )
    over = (
        after.filter(outcome="artefact")
        .join(before.filter(outcome="hit"), on="finding_id", how="semi")
        .join(spoilt_lines, on=["settlement_id", "line_id"], how="anti")
        .with_columns(
            is_planted=pl.struct("settlement_id", "line_id").is_in(
                deeds.select(pl.struct("settlement_id", "line_id").alias("k"))["k"].implode()
            )
        )
    )
    return pl.DataFrame(rows), false, lost, over


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("paths", type=Path, nargs="+")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--guilty", action="store_true", help="spoil the places with planted deeds instead")
    parser.add_argument("--compare", action="store_true")
    options = parser.parse_args()
    if options.compare:
        with pl.Config(tbl_rows=100, tbl_width_chars=220, fmt_str_lengths=120, tbl_hide_dataframe_shape=True):
            for what, frame in zip(
                ("kinds", "false leads", "lost leads", "over-claimed"), compare(*options.paths), strict=True
            ):
                print(f"{what}: {frame.height}")
                print(frame)
    else:
        for kind, cells in corrupt(*options.paths, options.seed, options.guilty).items():
            print(kind, cells)
