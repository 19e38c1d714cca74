"""The made-up town: reproducible, arithmetically exact, and honest about what it planted."""

from __future__ import annotations

import hashlib
import importlib
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from data.simulate import drawn_schemes, make_town, scheme_names, simulate
from data.simulate.care.bill import make_bill
from data.simulate.export.truth import planted_lines, planted_subjects
from data.simulate.town.town import Town

PERSONS = 600
SPLIT = ("fulamt_ownpay_amt", "overlmt_selfpay", "preselfpay_amt", "inscp_amt")
FUNDS = (
    "hifp_pay",
    "cvlserv_pay",
    "hifes_pay",
    "hifmi_pay",
    "hifob_pay",
    "hifdm_pay",
    "maf_pay",
    "othfund_pay",
)
IDENTITY_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


class Export:
    """The tables of a folder, read once as text."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.counts = simulate(folder, persons=PERSONS, seed=7, schemes=scheme_names())

    def __getitem__(self, name: str) -> pl.DataFrame:
        path = self.folder / f"{name}.csv"
        return pl.read_csv(path if path.exists() else self.folder / f"{name}.csv.gz", infer_schema=False)


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Export:
    return Export(tmp_path_factory.mktemp("town"))


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("honest")
    simulate(folder, persons=PERSONS, seed=7, schemes=())
    return folder


def cents(*columns: str) -> pl.Expr:
    return pl.sum_horizontal((pl.col(c).cast(pl.Float64) * 100).round().cast(pl.Int64) for c in columns)


def digests(folder: Path) -> dict[str, str]:
    files = sorted(p for p in folder.rglob("*") if p.is_file())
    return {str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


def test_same_seed_same_bytes(town: Export, tmp_path: Path) -> None:
    simulate(tmp_path, persons=PERSONS, seed=7, schemes=scheme_names())
    assert digests(tmp_path) == digests(town.folder)


def test_another_seed_is_another_town(honest: Path, tmp_path: Path) -> None:
    simulate(tmp_path, persons=PERSONS, seed=8, schemes=())
    assert digests(tmp_path)["psn_info_b.csv.gz"] != digests(honest)["psn_info_b.csv.gz"]


def test_counts_are_the_rows_written(town: Export) -> None:
    assert town.counts == {name: len(town[name]) for name in town.counts}
    assert len(town["medins_info_b"]) >= 20 and len(town["rtal_phac_b"]) >= 20


def test_line_amounts_split_exactly(town: Export) -> None:
    lines = town["fee_list_d"].with_columns(cnt=pl.col("cnt").cast(pl.Float64).cast(pl.Int64))
    assert lines.filter(cents("det_item_fee_sumamt") != pl.col("cnt") * cents("pric")).is_empty()
    assert lines.filter(cents("det_item_fee_sumamt") != cents(*SPLIT)).is_empty()


def test_settlement_amounts_add_up(town: Export) -> None:
    settled = town["setl_d"]
    assert settled.filter(cents("medfee_sumamt") != cents(*SPLIT)).is_empty()
    assert settled.filter(cents("fund_pay_sumamt") != cents(*FUNDS)).is_empty()
    paid = cents("fund_pay_sumamt", "acct_pay", "cash_payamt", "acct_mulaid_pay")
    assert settled.filter(cents("medfee_sumamt") != paid).is_empty()
    of_lines = (
        town["fee_list_d"]
        .group_by("setl_id")
        .agg(total=cents("det_item_fee_sumamt").sum(), eligible=cents("inscp_amt").sum())
    )
    joined = settled.join(of_lines, on="setl_id", how="full", coalesce=True)
    assert joined.filter(cents("medfee_sumamt") != pl.col("total")).is_empty()
    assert joined.filter(cents("inscp_amt") != pl.col("eligible")).is_empty()
    assert joined["total"].null_count() == 0 and joined["med_type"].null_count() == 0


@pytest.mark.parametrize(
    ("table", "key"),
    [
        ("setl_d", "setl_id"),
        ("mdtrt_d", "mdtrt_id"),
        ("fee_list_d", "bkkp_sn"),
        ("psn_info_b", "psn_no"),
        ("psn_info_b", "certno"),
        ("medins_info_b", "medins_code"),
        ("rtal_phac_b", "rtal_phac_code"),
        ("dr_info_b", "dr_code"),
        ("hilist_b", "hilist_code"),
    ],
)
def test_keys_are_unique(town: Export, table: str, key: str) -> None:
    column = town[table][key]
    assert column.null_count() == 0 and column.n_unique() == len(column)


@pytest.mark.parametrize(
    ("table", "column", "other", "key"),
    [
        ("setl_d", "mdtrt_id", "mdtrt_d", "mdtrt_id"),
        ("setl_d", "psn_no", "psn_info_b", "psn_no"),
        ("mdtrt_d", "psn_no", "psn_info_b", "psn_no"),
        ("fee_list_d", "setl_id", "setl_d", "setl_id"),
        ("fee_list_d", "mdtrt_id", "mdtrt_d", "mdtrt_id"),
        ("fee_list_d", "hilist_code", "hilist_b", "hilist_code"),
        ("fee_list_d", "bilg_dr_code", "dr_info_b", "dr_code"),
        ("mdtrt_d", "chfpdr_code", "dr_info_b", "dr_code"),
        ("mdcs_fund_setl_list_diag_d", "setl_id", "setl_d", "setl_id"),
        ("opsp_reg_d", "psn_no", "psn_info_b", "psn_no"),
        ("mdcs_fund_setl_list_oprn_d", "setl_id", "setl_d", "setl_id"),
        ("psn_status_d", "psn_no", "psn_info_b", "psn_no"),
    ],
)
def test_references_resolve(town: Export, table: str, column: str, other: str, key: str) -> None:
    used = town[table].select(column).drop_nulls().unique()
    assert len(used) > 0
    assert used.join(town[other], left_on=column, right_on=key, how="anti").is_empty()


def test_every_settlement_is_at_a_known_institution(town: Export) -> None:
    known = pl.concat([town["medins_info_b"]["medins_code"], town["rtal_phac_b"]["rtal_phac_code"]])
    assert town["setl_d"]["fixmedins_code"].is_in(known.implode()).all()


def test_days_are_in_order(town: Export) -> None:
    settled = town["setl_d"]
    assert settled.filter(pl.col("begndate") > pl.col("enddate")).is_empty()
    assert settled.filter(pl.col("enddate") > pl.col("setl_time").str.head(10)).is_empty()
    assert town["mdtrt_d"].filter(pl.col("begntime") > pl.col("endtime")).is_empty()


def test_identity_numbers_check(town: Export) -> None:
    people = town["psn_info_b"]
    digit = [pl.col("certno").str.slice(n, 1).cast(pl.Int64) * w for n, w in enumerate(IDENTITY_WEIGHTS)]
    check = pl.sum_horizontal(digit) % 11
    letters = dict(enumerate("10X98765432"))
    wrong = people.filter(pl.col("certno").str.tail(1) != check.replace_strict(letters, return_dtype=pl.String))
    assert wrong.is_empty()
    assert people["certno"].str.starts_with("9901").all()
    assert people.filter(pl.col("certno").str.slice(6, 8) != pl.col("brdy").str.replace_all("-", "")).is_empty()


def test_refunds_pair(town: Export) -> None:
    settled = town["setl_d"]
    back = settled.filter(pl.col("refd_setl_flag") == "1")
    pairs = back.join(settled, left_on="init_setl_id", right_on="setl_id", suffix="_first")
    assert 0 < len(back) == len(pairs)
    assert pairs.filter(cents("medfee_sumamt") != -cents("medfee_sumamt_first")).is_empty()
    assert pairs.filter(
        (pl.col("refd_setl_flag_first") != "0") | (pl.col("psn_no") != pl.col("psn_no_first"))
    ).is_empty()
    lines = town["fee_list_d"]
    undone = lines.filter(pl.col("init_feedetl_sn").is_not_null())
    both = undone.join(lines, left_on="init_feedetl_sn", right_on="bkkp_sn", suffix="_first")
    assert len(both) == len(undone) and both.filter(pl.col("hilist_code") != pl.col("hilist_code_first")).is_empty()
    whole = both.filter(pl.col("setl_id") != pl.col("setl_id_first"))
    assert whole.filter(cents("det_item_fee_sumamt") != -cents("det_item_fee_sumamt_first")).is_empty()
    within = both.filter(pl.col("setl_id") == pl.col("setl_id_first"))
    assert within.filter(pl.col("cnt").cast(pl.Float64) != -1).is_empty()


def test_interim_settlements_share_an_encounter(town: Export) -> None:
    interim = town["setl_d"].filter(pl.col("mid_setl_flag") == "1")
    assert len(interim) > 0
    final = town["setl_d"].filter(pl.col("mid_setl_flag") == "0")
    assert interim.join(final, on="mdtrt_id", how="anti").is_empty()


@pytest.mark.parametrize("scheme", scheme_names())
def test_scheme_plants_what_its_truth_says(town: Export, scheme: str) -> None:
    planted = town["truth/scheme_line"].filter(pl.col("scheme") == scheme)
    lines = town["fee_list_d"]
    joined = planted.join(lines, left_on=["settlement_id", "line_id"], right_on=["setl_id", "bkkp_sn"])
    assert 0 < len(planted) == len(joined)
    assert joined.filter((cents("amount") > cents("inscp_amt")) | (cents("amount") < 0)).is_empty()
    subjects = town["truth/scheme_subject"].filter(pl.col("scheme") == scheme)
    keys = ["subject_type", "subject_id", "group_id"]
    summed = planted.group_by(keys).agg(total=cents("amount").sum())
    both = subjects.join(summed, on=keys, nulls_equal=True)
    assert len(both) == len(subjects) == len(summed)
    assert both.filter(cents("amount") != pl.col("total")).is_empty()


def test_planted_subjects_are_real(town: Export) -> None:
    subjects = town["truth/scheme_subject"]
    owner = {
        "institution": ("medins_info_b", "medins_code"),
        "pharmacy": ("rtal_phac_b", "rtal_phac_code"),
        "practitioner": ("dr_info_b", "dr_code"),
        "person": ("psn_info_b", "psn_no"),
    }
    for subject_type, (table, key) in owner.items():
        rows = subjects.filter(pl.col("subject_type") == subject_type)
        assert len(rows) > 0
        assert rows.join(town[table], left_on="subject_id", right_on=key, how="anti").is_empty()
    groups = subjects.filter(pl.col("subject_type") == "group")
    assert len(groups) >= 2 and (groups["subject_id"] == groups["group_id"]).all()


def test_honest_town_has_an_empty_truth(honest: Path) -> None:
    for name in ("scheme_subject", "scheme_line"):
        assert pl.read_csv(honest / "truth" / f"{name}.csv", infer_schema=False).is_empty()
    assert len(pl.read_csv(honest / "truth" / "confounder.csv", infer_schema=False)) > 0


def test_honest_persons_are_in_one_hospital_at_a_time(honest: Path) -> None:
    stays = pl.read_csv(honest / "mdtrt_d.csv.gz", infer_schema=False).filter(pl.col("med_type").is_in(["21", "52"]))
    before = pl.col("endtime").shift(1).over("psn_no", order_by="begntime")
    assert stays.filter(pl.col("begntime") < before).is_empty()


def test_schemes_leave_the_people_alone(town: Export, honest: Path) -> None:
    mine, theirs = digests(town.folder), digests(honest)
    for table in ("psn_info_b.csv.gz", "dr_info_b.csv", "opsp_reg_d.csv", "hilist_b.csv"):
        assert mine[table] == theirs[table]


def test_dose_scales_what_is_planted(tmp_path: Path) -> None:
    def planted(dose: float) -> float:
        folder = tmp_path / str(dose)
        simulate(folder, persons=2500, seed=3, schemes=["drugstore_cash_out"], dose=dose)
        return float(pl.read_csv(folder / "truth" / "scheme_line.csv")["amount"].sum())

    assert planted(6.0) > 2 * planted(1.0) > 0


def test_unknown_scheme_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="unknown scheme"):
        simulate(tmp_path, persons=PERSONS, schemes=["no_such_scheme"])


@pytest.fixture(scope="module")
def untouched() -> Town:
    return make_town(persons=1500, seed=5, schemes=(), dose=1.0, year=2025)


def shares(town: Town) -> pl.DataFrame:
    """Planted subjects with their share of their business, where they are institutions or drugstores."""
    bill = make_bill(town)
    business = bill.settlements.group_by("place").agg(eligible=pl.col("eligible").sum() / 100)
    business = business.with_columns(subject_id=town.places["code"].gather(business["place"]))
    subjects = planted_subjects(planted_lines(town, bill))
    joined = subjects.join(business, on="subject_id", how="left")
    return joined.with_columns(share=pl.col("amount") / pl.col("eligible"))


@pytest.mark.parametrize("scheme", scheme_names())
def test_a_scheme_leaves_the_rest_of_the_town_as_it_was_and_keeps_its_share(scheme: str, untouched: Town) -> None:
    town = make_town(persons=1500, seed=5, schemes=[scheme], dose=1.0, year=2025)
    for table in ("people", "places", "doctors", "statuses"):
        assert getattr(town, table).equals(getattr(untouched, table)), table
    assert (town.price == untouched.price).all() and (town.limit == untouched.limit).all()
    honest = town.base_lines["plant"] == 0
    assert town.base_lines.filter(honest).equals(untouched.base_lines.filter(honest))
    dirty = pl.concat([town.base_lines.filter(~honest), *town.lines])["visit"]
    clean = ~town.base["visit"].is_in(dirty.implode())
    assert town.base.filter(clean).equals(untouched.base.filter(clean))
    found = shares(town)
    declared = importlib.import_module(f"data.simulate.schemes.{scheme}").SUBJECTS
    assert set(found["subject_type"]) <= set(declared) and declared[0] in set(found["subject_type"])
    of_places = found.filter(pl.col("subject_type").is_in(["institution", "pharmacy"]))["share"]
    # Rings ask for no share: two of them in so small a town may be half of a store's business.
    assert of_places.is_between(0.002, 0.6 if scheme == "co_visit_ring" else 0.42).all()


def test_five_towns_in_a_row_see_every_scheme() -> None:
    for persons in (600, 3_000, 20_000, 100_000):
        for first in (1, 6):
            dealt = [drawn_schemes(persons, seed) for seed in range(first, first + 5)]
            assert set().union(*dealt) == set(scheme_names())
            assert dealt == [drawn_schemes(persons, seed) for seed in range(first, first + 5)]
    always = set.intersection(*(set(drawn_schemes(20_000, seed)) for seed in range(1, 6)))
    assert {"card_lending", "co_visit_ring"} <= always and "phantom_stay" not in always


def test_most_of_a_town_is_honest() -> None:
    town = make_town(persons=20_000, seed=2, schemes=None, dose=1.0, year=2025)
    found = shares(town)
    everyone = {"institution": ~town.places["is_store"], "pharmacy": town.places["is_store"]}
    for kind, of in everyone.items():
        dirty = found.filter(pl.col("subject_type") == kind)["subject_id"].n_unique()
        assert 0.08 <= dirty / of.sum() <= 0.16, kind


def test_a_scheme_is_the_same_alone_and_among_others(town: Export, tmp_path: Path) -> None:
    simulate(tmp_path, persons=PERSONS, seed=7, schemes=["drug_resale"])
    alone = pl.read_csv(tmp_path / "truth" / "scheme_subject.csv", infer_schema=False)
    among = town["truth/scheme_subject"].filter(pl.col("scheme") == "drug_resale")
    assert alone.equals(among) and len(alone) > 0


def test_more_people_lie_in_bed_than_there_are_beds() -> None:
    town = make_town(persons=6_000, seed=1, schemes=["over_capacity"], dose=1.0, year=2025)
    place = int(town.visits[0]["place"][0])
    lying = pl.concat([town.base, town.visits[0].select(town.base.columns)])
    lying = lying.filter((pl.col("place") == place) & (pl.col("kind") == 21))
    change = np.zeros(800)
    np.add.at(change, lying["begin"].to_numpy() // 86_400, 1)
    np.add.at(change, lying["end"].to_numpy() // 86_400, -1)
    census = np.cumsum(change)
    assert (census > town.place("beds")[place]).sum() >= 5
    assert census.max() < 2 * town.place("beds")[place]
