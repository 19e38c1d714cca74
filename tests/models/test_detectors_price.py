"""Prices beside the peers', the public ones, the maker's other packs, other makers', and one's own of before."""

import json
from datetime import date, timedelta

import polars as pl
import pytest

from features import build
from models import detectors
from models.sources import detector, source
from models.sources.work import Work

DRUG = "XC08CAA001A001010100107"
OWN = ("drug_product", "drug_price", "item_price_month")


def line(institution, price, day=0, item=DRUG, quantity=10, **other):
    """One fee line; `day` counts from the start of 2025."""
    amount = round(price * quantity, 2)
    return {
        "institution_id": institution, "item_code": item, "catalogue_code": item, "item_name": f"药{item[6:10]}",
        "specification": "5mg*28片", "dosage_form": "片剂", "unit_price": price, "quantity": quantity, "amount": amount,
        "eligible_amount": amount, "charged_on": date(2025, 1, 1) + timedelta(days=day),
        "is_pharmacy": institution.startswith("P"), "person_id": f"N{day}", "over_limit_amount": 0.0,
    } | other  # fmt: skip


def settle(con, lines, owners=None, levels=None):
    """Put the lines into the record and the features, and make the price features of them."""
    frame = pl.DataFrame(lines).with_row_index("n").with_columns(
        settlement_id=pl.format("S{}", "n"), encounter_id=pl.format("E{}", "n"), line_id=pl.format("L{}", "n"),
        charged_at=pl.col("charged_on").cast(pl.Datetime),
    )  # fmt: skip
    con.register("given", frame.drop("n").to_arrow())
    for table in ("record.fee_line", "feature.fee_line"):
        held = {c for (c,) in con.sql(f"select column_name from (describe {table})").fetchall()}
        columns = ", ".join(c for c in frame.columns if c in held)
        con.execute(f"insert into {table} by name select {columns} from given")
    places = pl.DataFrame({"institution_id": frame["institution_id"].unique().sort()}).with_columns(
        is_pharmacy=pl.col("institution_id").str.starts_with("P"),
        ownership=pl.col("institution_id").replace_strict(owners or {}, default="1"),
        institution_level=pl.col("institution_id").replace_strict(levels or {}, default=2).cast(pl.Int32),
        division=pl.lit("990101"),
    )
    con.register("places", places.to_arrow())
    con.execute("insert into feature.institution by name select * from places")
    con.execute("insert into record.hospital by name select institution_id, ownership from places")
    con.execute(
        "insert into feature.institution_peer_group by name select institution_id, 'hospital|2|1' as key_1,"
        " 'hospital|2' as key_2, 'hospital' as key_3, 'all' as key_4, 1 as breadth from places"
    )
    for name in OWN:
        con.execute(f"create or replace table feature.{name} as {build.load()[name].query.text}")


def run(con, name, **params):
    (chosen,) = [d for d in detectors.load({name: params}) if d.id == name]
    card = chosen.card
    source.run(con, chosen, "x")
    rows = con.sql(
        "select subject_id, occurred_on, amount, weight, detail, line_id from model.finding order by subject_id, occurred_on, line_id"
    ).fetchall()
    for *_, detail, _ in rows:
        said = json.loads(detail) | {"amount": 1, "occurred_on": ""}
        assert card.sentence.format(**said) and card.sentence_zh.format(**said)
    return [(s, float(a or 0), json.loads(d)) for s, _, a, _, d, _ in rows]


def coverage(con):
    return con.sql("select judged, hits, cannot_judge, reason from model.coverage").fetchall()[0]


def town(price=10.0, kind="H", n=8, **other):
    """Every institution sells the drug three times at nearly one price."""
    return [line(f"{kind}{i}", price * (1 + 0.01 * (i % 3)), day, **other) for i in range(n) for day in (3, 40, 80)]


def test_nobody_stands_out_where_all_charge_alike(con):
    settle(con, town() + town(13.0, "P"))
    for name in ("drug_price_above_peers", "two_prices_of_one_drug", "price_step", "drug_price_other_pack"):
        assert run(con, name) == []


def test_price_above_the_peers_is_the_lines_excess_over_their_median(con):
    settle(con, [*town(), *[line("H9", 20.0, d) for d in (5, 6, 7)]])
    hits = run(con, "drug_price_above_peers")
    assert [(s, a) for s, a, _ in hits] == [("H9", 99.0)] * 3  # (20 - 10.10) x 10
    assert hits[0][2]["peers"] == 8 and hits[0][2]["usual"] == 10.1 and hits[0][2]["ratio"] == 1.98
    assert coverage(con) == (9, 1, 0, None)


def test_drugstores_are_not_compared_with_hospitals(con):
    settle(con, town() + town(16.0, "P"))
    assert run(con, "drug_price_above_peers") == []


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([*town(n=4), line("H9", 20.0), line("H9", 20.0, 1)], (0, 0, 5, "too few others with the drug (5)")),
        ([*town(), line("H9", 100.0), line("H9", 100.0, 1)], (8, 0, 1, "the price is of another unit (1)")),
        ([*town(), line("H9", 20.0)], (9, 0, 0, None)),  # one line alone
        ([*town(), *[line("H9", 20.0, d, quantity=1) for d in range(3)]], (9, 0, 0, None)),  # 30 yuan
        (
            [line(f"H{i}", p, d) for i, p in enumerate((5, 6, 8, 11, 15, 20, 26)) for d in (1, 2)],
            (7, 0, 0, None),
        ),  # prices differ everywhere
    ],
)
def test_what_the_price_comparison_leaves_out(con, lines, expected):
    settle(con, lines)
    assert run(con, "drug_price_above_peers") == [] and coverage(con) == expected


def test_what_was_the_persons_own_is_not_at_issue(con):
    settle(con, [*town(), *[line("H9", 20.0, d, over_limit_amount=60.0) for d in (5, 6, 7)]])
    assert [a for _, a, _ in run(con, "drug_price_above_peers")] == [39.0] * 3


def test_two_prices_by_turns_are_the_dear_lines(con):
    turns = [line("P9", 10.0 if d % 2 else 20.0, d) for d in range(6)]
    settle(con, [*town(10.0, "P"), *turns])
    hits = run(con, "two_prices_of_one_drug")
    assert [(s, a) for s, a, _ in hits] == [("P9", 100.0)] * 3
    assert hits[0][2]["turns"] == 5 and hits[0][2]["low"] == 10.0 and hits[0][2]["high_lines"] == 3
    assert coverage(con) == (9, 1, 0, None)


@pytest.mark.parametrize(
    ("prices", "cannot"),
    [
        ((10, 10, 10, 20, 20, 20), 0),
        ((10, 10, 20, 20, 10, 10), 0),
        ((10, 11, 10, 11, 10, 11), 0),
        ((1, 28, 1, 28, 1), 1),
        ((10, 20, 20, 20, 20, 20, 20) * 5, 0),
    ],
    ids=["a rise", "a rise taken back", "small change", "pack and piece", "members' day once a week"],
)
def test_what_is_not_two_prices(con, prices, cannot):
    settle(con, [line("P9", float(p), d) for d, p in enumerate(prices)])
    assert run(con, "two_prices_of_one_drug") == [] and coverage(con)[2] == cannot


def test_a_low_price_on_one_weekday_that_is_not_for_all_is_two_prices(con):
    prices = (10, 20, 20, 20, 20, 20, 20) * 5
    others = [line("P9", 20.0, d) for d in range(0, 35, 7)]
    settle(con, [*[line("P9", float(p), d) for d, p in enumerate(prices)], *others])
    assert {s for s, *_ in run(con, "two_prices_of_one_drug")} == {"P9"}


def test_a_members_day_by_the_date_is_one_price_for_all(con):
    days = range(0, 90, 3)
    digits = [(date(2025, 1, 1) + timedelta(days=d)).day % 10 for d in days]
    settle(con, [line("P9", 10.0 if digit == 8 else 20.0, d) for d, digit in zip(days, digits, strict=True)])
    assert run(con, "two_prices_of_one_drug") == []


def monthly(institution, prices, **other):
    return [line(institution, p, 31 * m + 4, **other) for m, p in enumerate(prices)]


def test_price_step_names_its_month_and_the_lines_after(con):
    settle(
        con,
        [x for i in range(8) for x in monthly(f"H{i}", [10.0] * 8)]
        + monthly("H9", [10.0] * 5 + [16.0] * 3, quantity=20),
    )
    hits = run(con, "price_step")
    assert [(s, a) for s, a, _ in hits] == [("H9", 120.0)] * 3
    assert hits[0][2]["month"] == "2025-06" and hits[0][2]["ratio"] == 1.6 and hits[0][2]["months_after"] == 3


@pytest.mark.parametrize(
    "prices",
    [
        [10, 10, 10, 10, 10, 10, 10, 16],
        [10, 16, 10, 16, 10, 16, 10, 16],
        [16, 16, 16, 16, 10, 10, 10, 10],
        [10] * 4 + [11] * 4,
    ],
    ids=["one month", "back and forth", "a fall", "small"],
)
def test_other_courses_are_no_step(con, prices):
    lines = [x for i in range(8) for x in monthly(f"H{i}", [10.0] * 8)]
    settle(con, lines + monthly("H9", [float(p) for p in prices], quantity=50))
    assert run(con, "price_step") == []


def test_step_that_the_peers_take_is_none_and_short_series_cannot_be_judged(con):
    settle(con, [x for i in range(8) for x in monthly(f"H{i}", [10.0] * 4 + [16.0] * 4, quantity=50)])
    assert run(con, "price_step") == []
    con.execute("delete from feature.item_price_month where month > date '2025-03-01'")
    assert run(con, "price_step") == [] and coverage(con) == (0, 0, 8, "too few months or peers (8)")


def test_private_is_held_against_the_public_median_of_its_level_and_public_against_the_market(con):
    owners = {"H7": "2", "H6": None}
    lines = [line(f"H{i}", 10.0, d) for i in range(7) for d in (1, 2)]
    lines += [line("H7", 12.0, d, quantity=50) for d in (1, 2)] + [line("P1", 14.0, d, quantity=50) for d in (1, 2)]
    settle(con, lines, owners)
    hits = run(con, "drug_price_against_public")
    assert sorted((s, a, d["reference"]) for s, a, d in hits) == [
        ("H7", 100.0, "median of the public institutions of the level"),
        ("H7", 100.0, "median of the public institutions of the level"),
        ("P1", 200.0, "median of the public institutions"),
        ("P1", 200.0, "median of the public institutions"),
    ]
    assert coverage(con)[3] == "too few to compare with (6); ownership unknown (1)"


def test_public_above_the_market_and_payment_standard_first(con):
    lines = [line("H1", 12.0, d, quantity=50) for d in (1, 2)] + town(10.0, "P", 5) + [line("H2", 12.0, 1, quantity=50)]
    settle(con, lines, {"H2": "2"})
    con.execute(
        "insert into record.price_limit (item_code, limit_type, price_limit, division) values"
        f" ('{DRUG}', '102', 9, '990100'), ('{DRUG}', '103', 20, '990100'), ('{DRUG}', '102', 1, '880100')"
    )
    hits = {(s, d["reference"], d["usual"]) for s, _, d in run(con, "drug_price_against_public")}
    assert hits == {("H1", "median of the drugstores", 10.1), ("H2", "payment standard of the level", 9.0)}


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ("20mg*28片/盒", (20, "mg", None, "", 28)), ("0.5g×24粒", (500, "mg", None, "", 24)),
        ("1mg:2ml*5支", (1, "mg", 2, "", 5)), ("3ml:300U*1支", (300, "U", 3, "", 1)), ("100片", (None, None, None, "", 100)),
        ("10片*2板", (None, None, None, "", 20)), ("5%*250ml", (None, None, 250, "5%", 1)), ("50μg * 100片", (0.05, "mg", None, "", 100)),
        ("7cm*10cm*8贴", (None, None, None, "7cm*10cm", 8)), ("100万单位*1瓶", (1e6, "U", None, "", 1)), ("复方", (None, None, None, "", None)),
    ],
)  # fmt: skip
def test_specification_is_read(con, spec, said):
    settle(con, [line("H1", 1.0, specification=spec)])
    unit = detector.read(detectors.FOLDER / "prices" / "drug_price_other_pack")
    Work(con, unit.card, {}, unit.scripts, unit.folder).run("shared/drug_pack")
    [found] = con.sql("select strength, strength_unit, volume, rest, pieces, is_read from drug_pack").fetchall()
    assert found == (*said, said[-1] is not None)


BIG = "XC08CAA001A001020100107"


def test_makers_other_pack_is_converted_by_content_and_pieces(con):
    lines = town() + [
        line(f"H{i}", 30.0, d, item=BIG, specification="10mg*28片", quantity=20) for i in (1, 2) for d in (1, 2)
    ]
    settle(con, lines)
    hits = run(con, "drug_price_other_pack")
    assert {s for s, _, _ in hits} == {"H1", "H2"} and hits[0][2]["usual"] == pytest.approx(1.7 * 10.1, abs=0.01)
    assert hits[0][1] == pytest.approx((30 - 1.7 * 10.1) * 20, abs=0.01)
    con.execute("update feature.drug_product set specification = '复方' where product_code = $c", {"c": BIG})
    assert run(con, "drug_price_other_pack") == []
    assert coverage(con)[3] == "the specification cannot be read (10)"


def test_content_of_nothing_is_not_read(con):
    settle(con, town() + [line("H1", 30.0, d, item=BIG, specification="0mg*28片") for d in (1, 2)])
    assert run(con, "drug_price_other_pack") == []
    assert coverage(con)[3] == "the specification cannot be read (9)"


def test_twice_the_content_at_twice_the_price_and_other_volumes_are_no_hits(con):
    settle(con, town() + [line("H1", 21.0, d, item=BIG, specification="10mg*28片", quantity=50) for d in (1, 2)])
    assert run(con, "drug_price_other_pack") == []
    con.execute("update feature.drug_product set specification = '10mg:5ml*1支' where product_code = $c", {"c": BIG})
    assert run(con, "drug_price_other_pack") == []
    assert "volume, share or size differ: not converted" in coverage(con)[3]


BRAND = "XC08CAA001A001010100538"


def mixed(institution, brand, total=30):
    return [
        line(institution, 60.0 if d < brand else 10.0, d, item=BRAND if d < brand else DRUG, quantity=1)
        for d in range(total)
    ]


def test_dear_makers_are_seen_in_the_mean_price_of_a_piece(con):
    settle(con, [x for i in range(8) for x in mixed(f"H{i}", 3)] + mixed("H9", 24))
    [(subject, amount, detail)] = run(con, "dear_makers_preferred")
    assert subject == "H9" and detail["makers"] == 2 and detail["ratio"] == pytest.approx(50 / 15, abs=0.01)
    assert amount == pytest.approx(24 * 60 + 60 - 30 * 15, abs=1)


def test_drug_given_for_nothing_has_no_price_to_compare(con):
    free = [x | {"amount": 0.0, "eligible_amount": 0.0} for x in mixed("H7", 3)]
    settle(con, [x for i in range(7) for x in mixed(f"H{i}", 3)] + free + mixed("H9", 24))
    [(subject, _, detail)] = run(con, "dear_makers_preferred")
    assert subject == "H9" and detail["peers"] == 7


def test_price_comparisons_carry_both_prices_and_the_peers(con):
    settle(con, [*town(), *[line("H9", 20.0, d) for d in (5, 6, 7)]])
    run(con, "drug_price_above_peers")
    told = con.sql("select distinct indicator_title, indicator_title_zh, unit, own, usual, peers from model.finding")
    assert told.fetchall() == [("药A001, yuan a unit", "药A001单价", "¥", 20.0, 10.1, 8)]


def test_drugs_bought_in_volume_and_drugs_of_one_maker_are_left_out(con):
    con.execute(f"insert into record.procurement_drug (catalogue_code, is_selected) values ('{DRUG}', true)")
    settle(con, [x for i in range(8) for x in mixed(f"H{i}", 3)] + mixed("H9", 24))
    assert run(con, "dear_makers_preferred") == [] and coverage(con)[:3] == (0, 0, 0)


def selected(con):
    con.execute(
        "insert into record.procurement_drug (catalogue_code, is_selected, selected_price, valid_from, valid_to) values"
        f" ('{DRUG}', true, 10, date '2025-01-01', date '2025-12-31'), ('{BRAND}', false, 60, date '2025-01-01', null)"
    )


def test_hospital_that_avoids_the_selected_product_is_told_with_what_it_costs(con):
    selected(con)
    settle(con, [x for i in range(9) for x in mixed(f"H{i}", 10 + i % 3, 60)] + mixed("H9", 50, 60))
    [(subject, amount, detail)] = run(con, "selected_product_avoided")
    assert subject == "H9" and detail["own"] == 16.7 and detail["never"] == 0 and detail["worst"] == "药A001"
    assert detail["usual"] == pytest.approx(100 * (1 - 98.5 / 541), abs=0.2)
    assert amount == pytest.approx(50 * 50 * (1 - 60 * 98.5 / 541 / 50), rel=0.02)


def test_drugstores_few_lines_and_other_years_are_not_asked(con):
    selected(con)
    con.execute("update record.procurement_drug set valid_to = date '2024-12-31', valid_from = date '2024-01-01'")
    settle(con, [x for i in range(9) for x in mixed(f"H{i}", 10, 60)] + mixed("H9", 50, 60))
    assert run(con, "selected_product_avoided") == [] and coverage(con)[0] == 0
    con.execute("update record.procurement_drug set valid_to = null")
    con.execute("update feature.fee_line set is_pharmacy = true where institution_id = 'H9'")
    assert run(con, "selected_product_avoided") == []
    con.execute("delete from feature.fee_line where charged_on > date '2025-01-20'")
    assert run(con, "selected_product_avoided") == [] and coverage(con)[3] == "too few lines of such drugs (9)"


SCREW = "C03060100200000012345"


def screws(owned, levels=None, here=20.0, price=10.0, months=(0, 1, 2), item=SCREW):
    """H0 to H`n` sell the screw at about `price` once a month, H9 at `here`; gives lines and owners."""
    lines = [
        line(f"H{i}", price * (1 + 0.01 * (i % 3)), 31 * m + 4, item=item) for i in range(len(owned)) for m in months
    ]
    lines += [line("H9", here, 31 * m + d, item=item) for m in months for d in (6, 7)]
    return lines, {f"H{i}": o for i, o in enumerate(owned)} | {"H9": "2"}


def test_consumable_is_held_against_the_public_of_its_level_in_its_month(con):
    lines, owners = screws("11122")
    settle(con, lines, owners)
    hits = run(con, "consumable_price_above_peers")
    assert [(s, a) for s, a, _ in hits] == [("H9", 99.0)] * 6  # (20 - 10.10) x 10
    detail = hits[0][2]
    assert (detail["peers"], detail["usual"], detail["month"]) == (3, 10.1, "2025-01")
    assert (detail["dear_months"], detail["months"], detail["maker"]) == (3, 3, "")
    assert detail["reference"] == "public institutions of the level"
    # Two others are public for a public institution: judged against its whole level.
    assert coverage(con) == (18, 3, 0, None)


def test_public_institution_is_compared_without_itself(con):
    lines, owners = screws("1112")
    settle(con, lines, owners | {"H9": "1"})
    (usual,) = {d["usual"] for _, _, d in run(con, "consumable_price_above_peers")}
    assert usual == 10.1  # 10, 10.1, 10.2 and not its own 20


@pytest.mark.parametrize(
    ("owned", "levels", "reference"),
    [
        ("111222", {"H0": 3, "H1": 3, "H2": 3}, "public institutions"),
        ("22222", {}, "institutions of the level"),
    ],
)
def test_consumable_s_wider_peers(con, owned, levels, reference):
    lines, owners = screws(owned)
    settle(con, lines, owners, levels)
    assert {(s, d["reference"]) for s, _, d in run(con, "consumable_price_above_peers")} == {("H9", reference)}


def test_code_without_maker_says_so(con):
    lines, owners = screws("1111", item=SCREW[:-5] + "00000")
    settle(con, lines, owners)
    assert {d["maker_zh"] for *_, d in run(con, "consumable_price_above_peers")} == {"（编码不含生产企业）"}


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"here": 12.0}, (15, 0, 0, None)),  # a fifth more
        ({"months": (0,)}, (5, 0, 0, None)),  # one month
        ({"here": 80.0}, (12, 0, 3, "the price is of another unit (3)")),
        ({"price": 1.0, "here": 1.6}, (15, 0, 0, None)),  # 36 yuan in all
        ({"item": "local-7"}, (0, 0, 0, "nothing of the kind in the data")),
    ],
)
def test_what_the_comparison_of_consumables_leaves_out(con, said, expected):
    lines, owners = screws("1111", **said)
    settle(con, lines, owners)
    assert run(con, "consumable_price_above_peers") == [] and coverage(con) == expected


def test_few_peers_wide_prices_and_drugstores_are_no_hits(con):
    lines, owners = screws("11")
    settle(con, lines, owners)
    assert run(con, "consumable_price_above_peers") == []
    assert coverage(con) == (0, 0, 9, "too few others with the consumable in the month (9)")
    con.execute("delete from feature.fee_line")
    con.execute("delete from feature.institution")
    wide = [line(f"H{i}", p, 31 * m, item=SCREW) for i, p in enumerate((5.0, 8.0, 14.0, 22.0)) for m in (0, 1)]
    settle(con, wide + [line("H9", 30.0, 31 * m, item=SCREW) for m in (0, 1)])
    assert run(con, "consumable_price_above_peers") == [] and coverage(con)[1:3] == (0, 0)
    con.execute("update feature.item_price_month set is_pharmacy = true")
    assert run(con, "consumable_price_above_peers") == [] and coverage(con)[0] == 0


def test_same_answer_twice(con):
    settle(con, [*town(), *[line("H9", 20.0, d) for d in (5, 6, 7)]])
    assert run(con, "drug_price_above_peers") == run(con, "drug_price_above_peers")
